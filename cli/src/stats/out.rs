//! The destination of the sheet: standard output, or a file that is complete at every moment.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::row_result::RowResult;
use super::sheet::{Row, Sheet};
use super::work::Work;

/// The JSON member with the owner's cells of a row.
const ROW: &str = "row";

/// The destination and form of the sheet.
pub struct Target {
    path: Option<PathBuf>,
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    /// A JSON array with one object per row.
    Json,
    /// One JSON object per line.
    JsonLines,
}

impl Target {
    /// A file, whose name chooses its format; or standard output.
    pub fn new(path: Option<PathBuf>, is_json: bool) -> Self {
        let is_named_json = |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
        let format = match &path {
            Some(path) if is_named_json(path) => Format::Json,
            None if is_json => Format::JsonLines,
            _ => Format::Csv,
        };
        Self { path, format }
    }

    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The results of an earlier run for each row, from the sheet itself or from the output file.
    pub fn before(&self, sheet: &Sheet) -> anyhow::Result<Vec<Option<RowResult>>> {
        let own: Vec<Option<RowResult>> = sheet.rows.iter().map(|row| row.told.clone()).collect();
        let Some(path) = &self.path else { return Ok(own) };
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(own),
            Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
        };
        let keys = self.keys(sheet);
        let earlier = self.earlier(&bytes).filter(|earlier| {
            let here: HashSet<&String> = keys.iter().collect();
            earlier.iter().all(|(key, _)| here.contains(key))
        });
        let earlier = earlier.with_context(|| {
            format!(
                "{} exists, but isn't an earlier run's output for this sheet; choose another file, or move that one",
                path.display()
            )
        })?;
        // If two rows are equal, only one may have an answer; keep that one.
        let mut by_key: HashMap<String, RowResult> = HashMap::new();
        for (key, told) in earlier {
            if told.is_ok() || !by_key.contains_key(&key) {
                by_key.insert(key, told);
            }
        }
        Ok(keys.iter().zip(own).map(|(key, own)| by_key.get(key).cloned().or(own)).collect())
    }

    /// The keys by which the sheet's rows are found in the file.
    fn keys(&self, sheet: &Sheet) -> Vec<String> {
        if self.format == Format::Csv {
            return sheet.rows.iter().map(key_of_cells).collect();
        }
        let names = unique(sheet.names());
        sheet.rows.iter().map(|row| key_of_members(&own_cells(&names, row).0.into_iter().collect())).collect()
    }

    /// The rows that an earlier run wrote, with their keys; None if the file has another form.
    fn earlier(&self, bytes: &[u8]) -> Option<Vec<(String, RowResult)>> {
        if self.format == Format::Csv {
            let rows = Sheet::read(bytes).ok()?.rows.into_iter();
            return rows.map(|row| Some((key_of_cells(&row), row.told?))).collect();
        }
        let objects: Vec<Map<String, Value>> = serde_json::from_slice(bytes).ok()?;
        let row = |object: &Map<String, Value>| {
            Some((key_of_members(object.get(ROW)?.as_object()?), RowResult::of_members(object)))
        };
        objects.iter().map(row).collect()
    }

    /// The sheet with the results so far, in the output format.
    pub fn whole(&self, work: &Work) -> serde_json::Result<Vec<u8>> {
        if self.format == Format::Csv {
            return Ok(work.sheet.with(work.told.iter()));
        }
        let objects: Vec<String> = objects(work).iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let text = match self.format {
            Format::Json => format!("[\n{}\n]\n", objects.join(",\n")),
            _ => objects.into_iter().map(|object| object + "\n").collect(),
        };
        Ok(text.into_bytes())
    }

    /// Writes the sheet to the output file, if there is one. A new file replaces the old one in one
    /// step, so that the file is always complete.
    pub fn write(&self, work: &Work) -> anyhow::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let bytes = self.whole(work)?;
        let written = File::create(&part).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            std::fs::rename(&part, path)
        });
        written.with_context(|| format!("can't write {}", path.display()))
    }
}

/// The members of a JSON object, in a fixed order.
struct Members<T>(Vec<(String, T)>);

#[derive(Serialize)]
#[serde(untagged)]
enum Member {
    Own(Members<Value>),
    RowResult(Value),
}

impl<T: Serialize> Serialize for Members<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// One object per row: the owner's cells by column name, and the results.
fn objects(work: &Work) -> Vec<Members<Member>> {
    let names = unique(work.sheet.names());
    let object = |(row, told): (&Row, &RowResult)| {
        let own = (ROW.to_owned(), Member::Own(own_cells(&names, row)));
        let told = told.members().into_iter().map(|(name, value)| (name.to_owned(), Member::RowResult(value)));
        Members([own].into_iter().chain(told).collect())
    };
    work.sheet.rows.iter().zip(&work.told).map(object).collect()
}

fn own_cells(names: &[String], row: &Row) -> Members<Value> {
    let cells = row.cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
    let cells = cells.chain(std::iter::repeat_with(String::new)).map(Value::String);
    Members(names.iter().cloned().zip(cells).collect())
}

fn key_of_cells(row: &Row) -> String {
    format!("{:?}", row.owned())
}

fn key_of_members(members: &Map<String, Value>) -> String {
    // Sorted by name, because the order in the file may differ.
    format!("{:?}", members.iter().collect::<BTreeMap<_, _>>())
}

/// Unique names, none of which is empty.
fn unique(names: Vec<String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for (place, name) in names.into_iter().enumerate() {
        let is_taken = name.is_empty() || unique.contains(&name);
        unique.push(if is_taken { format!("{name} (column {})", place + 1).trim().to_owned() } else { name });
    }
    unique
}
