//! Replaces references in the documents' Markdown by sections of other files, operations, errors
//! and prices. So each fact is written only once.
//!
//! A line `<!-- KIND ARGUMENT -->` is such a reference.

use crate::reference;
use crate::schema;

const API: &str = include_str!("../../docs/api.md");

/// A line that is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// The section of docs/api.md with this heading.
    Section(&'a str),
    /// The operation with this id in the OpenAPI document.
    Operation(&'a str),
    /// The fields of the schema with this name in the OpenAPI document.
    Fields(&'a str),
    /// All errors.
    Errors,
    /// All prices.
    Prices,
}

impl<'a> Reference<'a> {
    /// The reference in a line; `None` for other lines.
    pub fn of(line: &'a str) -> Option<Self> {
        let inside = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
        match inside.split_once(' ').unwrap_or((inside, "")) {
            ("section", heading) => Some(Self::Section(heading)),
            ("reference", id) => Some(Self::Operation(id)),
            ("fields", schema) => Some(Self::Fields(schema)),
            ("errors", "") => Some(Self::Errors),
            ("prices", "") => Some(Self::Prices),
            _ => None,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Section(heading) => section(heading).to_owned(),
            Self::Operation(id) => reference::of(id),
            Self::Fields(name) => schema::table(schema::named(name), false),
            Self::Errors => reference::all_errors(),
            Self::Prices => reference::prices(),
        }
    }
}

/// The document with its references replaced.
pub fn expanded(text: &str) -> String {
    let line = |line: &str| Reference::of(line).map_or_else(|| line.to_owned(), Reference::text);
    text.lines().map(|text| line(text) + "\n").collect()
}

/// The section with this heading in docs/api.md.
fn section(heading: &str) -> &'static str {
    let behind = API.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_default();
    behind.split("\n## ").next().unwrap_or_default().trim()
}
