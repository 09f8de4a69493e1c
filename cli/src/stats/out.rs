//! The destination of the sheet: a file that is whole at every moment, or standard output.

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

/// The member with a row's own cells.
const ROW: &str = "row";

/// The destination and form of the sheet.
pub struct Target {
    path: Option<PathBuf>,
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    /// A list of objects.
    Json,
    /// An object per line.
    JsonLines,
}

impl Target {
    /// A file, whose name says how; or standard output.
    pub fn new(path: Option<PathBuf>, is_json: bool) -> Self {
        let is_named_json = |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
        let format = match &path {
            Some(path) if is_named_json(path) => Format::Json,
            None if is_json => Format::JsonLines,
            _ => Format::Csv,
        };
        Self { path, format }
    }

    /// The file.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The earlier results of the sheet's rows: in the sheet itself, or in the output file.
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
                "{} is there, and isn't what an earlier run made of this sheet; name another file, or take it away",
                path.display()
            )
        })?;
        // Of two rows that are the same, one may have been answered.
        let mut by_key: HashMap<String, RowResult> = HashMap::new();
        for (key, told) in earlier {
            if told.is_ok() || !by_key.contains_key(&key) {
                by_key.insert(key, told);
            }
        }
        Ok(keys.iter().zip(own).map(|(key, own)| by_key.get(key).cloned().or(own)).collect())
    }

    /// The name of each row that tells it from the others, here and in the file.
    fn keys(&self, sheet: &Sheet) -> Vec<String> {
        if self.format == Format::Csv {
            return sheet.rows.iter().map(key_of_cells).collect();
        }
        let names = unique(sheet.names());
        sheet.rows.iter().map(|row| key_of_members(&own_cells(&names, row).0.into_iter().collect())).collect()
    }

    /// The rows that an earlier run wrote, by their keys; None where it was none.
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

    /// The whole sheet as it is now.
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

    /// Writes the present sheet into its file, if it has one: at every moment the file is the old
    /// or the new one.
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

/// Members in an order of their own.
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

/// An object per row: its own cells by their columns' names, and the results.
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
    // Sorted by name.
    format!("{:?}", members.iter().collect::<BTreeMap<_, _>>())
}

/// Names of which none is another's, or empty.
fn unique(names: Vec<String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for (place, name) in names.into_iter().enumerate() {
        let is_taken = name.is_empty() || unique.contains(&name);
        unique.push(if is_taken { format!("{name} (column {})", place + 1).trim().to_owned() } else { name });
    }
    unique
}
