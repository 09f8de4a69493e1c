//! The output of commands: text for people, JSON for machines.

use std::io::{self, Write};

use serde::Serialize;

/// The result of a command, in both forms.
pub trait Shown {
    /// Prints it for people, in as many columns as the terminal has.
    fn text(&self, out: &mut dyn Write) -> io::Result<()>;

    /// The form for machines: a JSON object per line.
    fn json(&self) -> serde_json::Result<Vec<String>>;
}

/// A JSON object for each of these.
pub fn lines<T: Serialize>(rows: impl IntoIterator<Item = T>) -> serde_json::Result<Vec<String>> {
    rows.into_iter().map(|row| serde_json::to_string(&row)).collect()
}

/// The destination and form of a command's output.
pub struct Output<'a> {
    out: &'a mut dyn Write,
    is_json: bool,
}

impl<'a> Output<'a> {
    /// Prints there, as text or as JSON.
    pub fn new(out: &'a mut dyn Write, is_json: bool) -> Self {
        Self { out, is_json }
    }

    /// Whether JSON is wanted.
    pub const fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether JSON is wanted, and where to print.
    pub fn parts(&mut self) -> (bool, &mut dyn Write) {
        (self.is_json, self.out)
    }

    /// Prints it.
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

/// Something that was done: a sentence for people, an object for machines.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Done<T: Serialize> {
    #[serde(skip)]
    sentence: String,
    row: T,
}

impl<T: Serialize> Done<T> {
    /// The result of a change, in both forms.
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
