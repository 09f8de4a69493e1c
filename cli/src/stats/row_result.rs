//! The results that are written after the owner's cells of a row.

use serde_json::{Map, Number, Value};

use super::api::{Failed, Stats};
use super::encoding::Encoding;

/// The columns of the results, in their order.
pub const FIELDS: [&str; 11] = [
    "platform",
    "post_id",
    "views",
    "views_kind",
    "likes",
    "comments",
    "shares",
    "engagement_rate",
    "published_at",
    "status",
    "message",
];
const NUMBERS: [&str; 5] = ["views", "likes", "comments", "shares", "engagement_rate"];
/// The positions of some columns.
const POST_ID: usize = 1;
const STATUS: usize = 9;

/// The status of an answered row. Other rows have an error's code or one of the next two.
const OK: &str = "ok";
const NO_LINK: &str = "no_link";
const NOT_ASKED: &str = "not_asked";

/// If a cell begins with one of these characters, spreadsheets read it as a formula.
const FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// Before such a cell, this character makes it a string.
const TEXT_MARK: char = '\'';

/// A row's result: the fields as strings; unknown ones are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult([String; FIELDS.len()]);

impl RowResult {
    fn new(status: &str, message: &str) -> Self {
        let mut fields: [String; FIELDS.len()] = Default::default();
        status.clone_into(&mut fields[STATUS]);
        // On one line, so that spreadsheets don't make the row higher.
        fields[STATUS + 1] = message.split_whitespace().collect::<Vec<_>>().join(" ");
        Self(fields)
    }

    /// The result of an answered post.
    pub fn answered(stats: Stats) -> Self {
        let Stats { platform, post_id, views, views_kind, likes, comments, shares, engagement_rate, details } = stats;
        let number = |value: Option<Number>| value.map(|value| value.to_string()).unwrap_or_default();
        Self([
            platform,
            post_id,
            number(views),
            views_kind.unwrap_or_default(),
            number(likes),
            number(comments),
            number(shares),
            number(engagement_rate),
            details.and_then(|details| details.published_at).unwrap_or_default(),
            OK.to_owned(),
            String::new(),
        ])
    }

    /// The result of a post that was refused or not found.
    pub fn failed(failed: &Failed) -> Self {
        Self::new(&failed.code, &failed.error)
    }

    /// The result of a link that isn't a link to a post.
    pub fn refused(code: &str, message: &str) -> Self {
        Self::new(code, message)
    }

    /// The result of a row without a link.
    pub fn no_link() -> Self {
        Self::new(NO_LINK, "the row has no link to a post")
    }

    /// The result of a post that hasn't been asked for.
    pub fn not_asked() -> Self {
        Self::new(NOT_ASKED, "run this again with the same -o to ask for it")
    }

    /// Reads the cells of an earlier run, which a spreadsheet may have written again since.
    pub fn of_cells(cells: &[Vec<u8>]) -> Self {
        let mut fields: [String; FIELDS.len()] = Default::default();
        for (field, cell) in fields.iter_mut().zip(cells) {
            let text = String::from_utf8_lossy(cell);
            let is_marked = text.strip_prefix(TEXT_MARK).is_some_and(|text| text.starts_with(FORMULAS));
            text[usize::from(is_marked)..].clone_into(field);
        }
        Self(fields)
    }

    /// The result as cells that no spreadsheet reads as formulas.
    pub fn cells(&self, encoding: Encoding) -> Vec<Vec<u8>> {
        let harmless = |field: &String| {
            let text = encoding.writable(field);
            if text.starts_with(FORMULAS) { format!("{TEXT_MARK}{text}") } else { text }.into_bytes()
        };
        self.0.iter().map(harmless).collect()
    }

    /// The result as JSON members: numbers as numbers, unknown values as null.
    pub fn members(&self) -> Vec<(&'static str, Value)> {
        let member = |(name, text): (&&'static str, &String)| {
            let number = NUMBERS.contains(name).then(|| text.parse::<Number>().ok()).flatten();
            let text = || if text.is_empty() { Value::Null } else { text.as_str().into() };
            (*name, number.map_or_else(text, Value::Number))
        };
        FIELDS.iter().zip(&self.0).map(member).collect()
    }

    /// Reads the JSON members that an earlier run wrote.
    pub fn of_members(members: &Map<String, Value>) -> Self {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        Self(FIELDS.map(|name| members.get(name).map(text).unwrap_or_default()))
    }

    /// Whether the post was answered.
    pub fn is_ok(&self) -> bool {
        self.0[STATUS] == OK
    }

    /// Whether the row needs no request.
    pub fn is_no_link(&self) -> bool {
        self.0[STATUS] == NO_LINK
    }

    /// The post's id.
    pub fn post_id(&self) -> &str {
        &self.0[POST_ID]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_can_not_write_a_formula_and_its_message_is_read_back_unchanged() {
        for message in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "plain", "'quoted"] {
            let told = RowResult::refused("upstream_failed", message);
            let cells = told.cells(Encoding::Utf8 { is_marked: false });
            assert!(cells.iter().all(|cell| !cell.starts_with(b"=") && !cell.starts_with(b"+")), "{message}");
            assert!(cells.iter().all(|cell| !cell.starts_with(b"-") && !cell.starts_with(b"@")), "{message}");
            assert_eq!(RowResult::of_cells(&cells), told);
            let members = told.members().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            assert_eq!(RowResult::of_members(&members), told);
        }
    }

    #[test]
    fn a_message_is_one_line() {
        let told = RowResult::refused("x", "\t=1\r\n+2");
        assert_eq!(told.cells(Encoding::Bytes)[STATUS + 1], b"'=1 +2");
    }
}
