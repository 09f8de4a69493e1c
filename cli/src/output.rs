//! The output of commands: text for people, or JSON for programs.

use std::io::{self, Write};

use serde::Serialize;

/// A result that can be shown as text and as JSON.
pub trait Shown {
    /// Prints text for people, as wide as the terminal.
    fn text(&self, out: &mut dyn Write) -> io::Result<()>;

    /// The lines for programs: one JSON object each.
    fn json(&self) -> serde_json::Result<Vec<String>>;
}

/// One JSON object per row.
pub fn lines<T: Serialize>(rows: impl IntoIterator<Item = T>) -> serde_json::Result<Vec<String>> {
    rows.into_iter().map(|row| serde_json::to_string(&row)).collect()
}

/// The destination and form of a command's output.
pub struct Output<'a> {
    out: &'a mut dyn Write,
    is_json: bool,
}

impl<'a> Output<'a> {
    pub fn new(out: &'a mut dyn Write, is_json: bool) -> Self {
        Self { out, is_json }
    }

    pub const fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether the command line has `--json`, and the destination.
    pub fn parts(&mut self) -> (bool, &mut dyn Write) {
        (self.is_json, self.out)
    }

    /// Prints a result in the chosen form.
    pub fn show(&mut self, shown: &impl Shown) -> anyhow::Result<()> {
        if !self.is_json {
            return Ok(shown.text(&mut *self.out)?);
        }
        for line in shown.json()? {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }
}

/// A finished change: a sentence for people, a JSON object for programs.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Done<T: Serialize> {
    #[serde(skip)]
    sentence: String,
    row: T,
}

impl<T: Serialize> Done<T> {
    pub fn new(sentence: impl Into<String>, row: T) -> Self {
        Self { sentence: sentence.into(), row }
    }
}

impl<T: Serialize> Shown for Done<T> {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.sentence)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines([self])
    }
}
