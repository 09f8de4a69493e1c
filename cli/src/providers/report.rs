//! The output of the check.

use std::io::Write;

use anyhow::bail;
use comfy_table::ColumnConstraint::ContentWidth;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::contract::Endpoint;
use shared::platform::Platform;
use shared::provider::Failure;

use super::advice;
use super::ask::Shown;
use super::check::Check;
use super::fields::Field;
use super::redact::Redactor;
use crate::table::{self, NO_BREAK, table};

/// The indent of a check's details, in columns.
const INDENT: u16 = 4;

/// The note about an answer that lacks essential fields.
const INCOMPLETE: &str = "incomplete: another provider would be asked as well";

/// Prints checks, and counts those that failed.
pub struct Report<'a> {
    is_json: bool,
    redactor: &'a Redactor,
    all: usize,
    failed: Vec<String>,
}

/// A check as JSON.
#[derive(Serialize)]
struct Row<'a> {
    provider: &'static str,
    platform: Platform,
    operation: &'static str,
    subject: &'a str,
    ok: bool,
    /// Whether the answer is complete, so that no other provider would be asked; null after a
    /// failure.
    complete: Option<bool>,
    latency_ms: u64,
    endpoints: Vec<EndpointRow<'a>>,
    failure: Option<FailureRow>,
}

#[derive(Serialize)]
struct EndpointRow<'a> {
    endpoint: Endpoint,
    fields: &'a [Field],
    data: Box<RawValue>,
}

#[derive(Serialize)]
struct FailureRow {
    kind: &'static str,
    said: String,
    to_do: String,
}

impl<'a> Report<'a> {
    pub const fn new(is_json: bool, redactor: &'a Redactor) -> Self {
        Self { is_json, redactor, all: 0, failed: Vec::new() }
    }

    /// Prints the results of one provider.
    pub fn print(&mut self, checks: &[Check<'_>], out: &mut dyn Write) -> anyhow::Result<()> {
        if !self.is_json
            && let Some(first) = checks.first()
        {
            writeln!(out, "{}", first.entry.name)?;
        }
        for check in checks {
            self.all += 1;
            if check.word.result.is_err() {
                self.failed.push(format!("{} {}", check.entry.name, asked(check)));
            }
            if self.is_json { self.print_json(check, out)? } else { self.print_text(check, out)? }
        }
        Ok(())
    }

    /// Prints the number of answers; an error if any check failed.
    pub fn end(self, out: &mut dyn Write) -> anyhow::Result<()> {
        if !self.failed.is_empty() {
            bail!("{} of {} checks failed: {}", self.failed.len(), self.all, self.failed.join(", "));
        }
        if !self.is_json {
            writeln!(out, "answered: {0} of {0}", self.all)?;
        }
        Ok(())
    }

    fn print_json(&self, check: &Check<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let told = check.word.result.as_ref();
        let shown = told.map(|told| &told.shown[..]).unwrap_or_default();
        let endpoints = shown.iter().map(|shown| {
            let data = self.redactor.body(shown.data.get().as_bytes())?;
            Ok(EndpointRow { endpoint: shown.endpoint, fields: &shown.fields, data })
        });
        let row = Row {
            provider: check.entry.name,
            platform: check.platform,
            operation: check.operation.into(),
            subject: check.question.url(),
            ok: told.is_ok(),
            complete: told.ok().map(|told| told.is_complete),
            latency_ms: u64::try_from(check.word.latency.as_millis())?,
            endpoints: endpoints.collect::<serde_json::Result<_>>()?,
            failure: told.err().map(|failure| FailureRow {
                kind: failure.into(),
                said: self.redactor.text(&failure.to_string()),
                to_do: advice::about(failure, check.entry),
            }),
        };
        writeln!(out, "{}", serde_json::to_string(&row)?)?;
        Ok(())
    }

    fn print_text(&self, check: &Check<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let latency = check.word.latency.as_millis();
        let mut rows = Vec::new();
        let outcome = match &check.word.result {
            Ok(told) => {
                rows.extend(told.shown.iter().flat_map(shown_rows));
                if !told.is_complete {
                    rows.push(["note".to_owned(), INCOMPLETE.to_owned()]);
                }
                format!("answered in {latency} ms")
            }
            Err(failure) => {
                rows.push(["failure".to_owned(), self.redactor.text(&failure.to_string())]);
                rows.push(["to do".to_owned(), advice::about(failure, check.entry)]);
                failed_in(failure, latency)
            }
        };
        writeln!(out, "  {}: {outcome}", asked(check))?;
        // Not in the table, so that the link stays in one line and can be copied.
        writeln!(out, "{:indent$}{}", "", check.question.url(), indent = usize::from(INDENT))?;
        let mut details = table(INDENT);
        details.set_constraints([ContentWidth]).add_rows(rows);
        table::print(&mut details, INDENT, out)?;
        Ok(())
    }
}

fn asked(check: &Check<'_>) -> String {
    format!("{} {}", check.platform, <&str>::from(check.operation))
}

fn failed_in(failure: &Failure, latency: u128) -> String {
    match failure {
        Failure::NotAsked(_) => "NOT ASKED".to_owned(),
        _ => format!("FAILED after {latency} ms"),
    }
}

/// The names of the fields with values, with values in some places, and without values.
fn shown_rows(shown: &Shown) -> Vec<[String; 2]> {
    let rows = [
        (shown.endpoint.to_string(), named(&shown.fields, |field| field.there == field.of)),
        ("  partly".to_owned(), named(&shown.fields, Field::is_partly_there)),
        ("  missing".to_owned(), named(&shown.fields, Field::is_missing)),
    ];
    rows.into_iter().filter(|(_, fields)| !fields.is_empty()).map(|(label, fields)| [label, fields]).collect()
}

fn named(fields: &[Field], is_wanted: impl Fn(&Field) -> bool) -> String {
    let named = fields.iter().filter(|field| is_wanted(field)).map(|field| match field {
        Field { name, there, of } if name.contains("[]") => {
            [name, &there.to_string(), "of", &of.to_string()].join(NO_BREAK)
        }
        Field { name, .. } => name.clone(),
    });
    named.collect::<Vec<_>>().join(", ")
}
