//! `llms.txt` for assistants without a browser, and other plain texts for programs.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use shared::account::{ApiKey, Mode};

use crate::document::DOCUMENTS;
use crate::expand::expanded;
use crate::visitor::PUBLISHED;

const BEGINNING: &str = include_str!("../../docs/site/llms.md");

/// The whole API on one page, and how to call it.
pub fn short(origin: &str) -> String {
    let mut text = beginning(origin);
    text += "\n## Pages\n\nEach is Markdown.\n\n";
    for document in DOCUMENTS {
        let _ = writeln!(text, "- [{}]({origin}{}): {}", document.title, document.markdown_path(), document.lead());
    }
    let _ =
        writeln!(text, "\nAll of them in one: {origin}/llms-full.txt. The OpenAPI document: {origin}/openapi.json.");
    text
}

/// All pages as one text.
pub fn full(origin: &str) -> String {
    let pages = DOCUMENTS.iter().map(|document| document.markdown(origin));
    std::iter::once(beginning(origin)).chain(pages).collect::<Vec<_>>().join("\n\n---\n\n")
}

fn beginning(origin: &str) -> String {
    expanded(BEGINNING).replace("PUBLIC_KEY", ApiKey::public(Mode::Test).reveal()).replace(PUBLISHED, origin)
}

/// The contact for a security problem (RFC 9116). Each response is valid for 90 days from its own
/// time.
pub fn security(origin: &str, now: Timestamp) -> String {
    let days = SignedDuration::from_hours(24 * 90);
    let expires = now.checked_add(days).unwrap_or(now).strftime("%Y-%m-%dT00:00:00Z");
    format!(
        "Contact: {origin}/docs/security#reporting\nExpires: {expires}\nPreferred-Languages: en\n\
         Canonical: {origin}/.well-known/security.txt\nPolicy: {origin}/docs/security\n"
    )
}
