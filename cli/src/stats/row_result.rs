//! The results that are written after a row's own cells.

use serde_json::{Map, Number, Value};

use super::api::{Failed, Stats};
use super::encoding::Encoding;

/// The columns behind a sheet's own.
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
/// The fields that are numbers.
const NUMBERS: [&str; 5] = ["views", "likes", "comments", "shares", "engagement_rate"];
/// The places of some.
const POST_ID: usize = 1;
const STATUS: usize = 9;

/// A row's status where all is well; else it is an error's code, or one of these.
const OK: &str = "ok";
const NO_LINK: &str = "no_link";
const NOT_ASKED: &str = "not_asked";

/// Characters that make a spreadsheet read a cell as a formula.
const FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// A mark that makes a cell text.
const TEXT_MARK: char = '\'';

/// The result of a row's post: the fields as strings, empty where unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult([String; FIELDS.len()]);

impl RowResult {
    fn new(status: &str, message: &str) -> Self {
        let mut fields: [String; FIELDS.len()] = Default::default();
        status.clone_into(&mut fields[STATUS]);
        // One line, which no spreadsheet needs to grow for.
        fields[STATUS + 1] = message.split_whitespace().collect::<Vec<_>>().join(" ");
        Self(fields)
    }

    /// Of a post that was answered.
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

    /// The result of a post that was refused, or that isn't found.
    pub fn failed(failed: &Failed) -> Self {
        Self::new(&failed.code, &failed.error)
    }

    /// Of a link that isn't one to a post.
    pub fn refused(code: &str, message: &str) -> Self {
        Self::new(code, message)
    }

    /// Of a row without a link.
    pub fn no_link() -> Self {
        Self::new(NO_LINK, "the row has no link to a post")
    }

    /// Of a post that is still to be asked for.
    pub fn not_asked() -> Self {
        Self::new(NOT_ASKED, "run this again with the same -o to ask for it")
    }

    /// As an earlier run wrote it, and a spreadsheet perhaps after it.
    pub fn of_cells(cells: &[Vec<u8>]) -> Self {
        let mut fields: [String; FIELDS.len()] = Default::default();
        for (field, cell) in fields.iter_mut().zip(cells) {
            let text = String::from_utf8_lossy(cell);
            let is_marked = text.strip_prefix(TEXT_MARK).is_some_and(|text| text.starts_with(FORMULAS));
            text[usize::from(is_marked)..].clone_into(field);
        }
        Self(fields)
    }

    /// The result as cells, none of which a spreadsheet reads as a formula.
    pub fn cells(&self, encoding: Encoding) -> Vec<Vec<u8>> {
        let harmless = |field: &String| {
            let text = encoding.writable(field);
            if text.starts_with(FORMULAS) { format!("{TEXT_MARK}{text}") } else { text }.into_bytes()
        };
        self.0.iter().map(harmless).collect()
    }

    /// The result as members of an object: numbers as numbers, unknown values as null.
    pub fn members(&self) -> Vec<(&'static str, Value)> {
        let member = |(name, text): (&&'static str, &String)| {
            let number = NUMBERS.contains(name).then(|| text.parse::<Number>().ok()).flatten();
            let text = || if text.is_empty() { Value::Null } else { text.as_str().into() };
            (*name, number.map_or_else(text, Value::Number))
        };
        FIELDS.iter().zip(&self.0).map(member).collect()
    }

    /// As an earlier run wrote it into an object.
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

    /// Whether there is nothing to ask for.
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
    fn what_a_provider_wrote_is_no_formula_and_reads_back() {
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
