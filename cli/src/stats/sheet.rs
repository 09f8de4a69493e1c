//! A CSV file as spreadsheets write it. The owner's cells stay byte for byte, and our cells follow
//! them.

use anyhow::{Context, ensure};
use csv::{ByteRecord, QuoteStyle, ReaderBuilder, WriterBuilder};

use super::encoding::Encoding;
use super::row_result::{FIELDS, RowResult};

/// The characters that may separate two cells.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many rows are read to find the delimiter.
const TRIED_ROWS: usize = 50;

#[derive(Debug)]
pub struct Sheet {
    pub encoding: Encoding,
    pub delimiter: u8,
    /// Excel's optional first line, which names the delimiter.
    preamble: Vec<u8>,
    line_end: &'static str,
    /// None if the first row has links.
    header: Option<Row>,
    pub rows: Vec<Row>,
    /// The number of the owner's columns.
    width: usize,
}

#[derive(Debug)]
pub struct Row {
    /// The owner's cells.
    pub cells: Vec<Vec<u8>>,
    /// The results of an earlier run, from the cells after the owner's.
    pub told: Option<RowResult>,
    /// The owner's cells as bytes of the file.
    text: Vec<u8>,
    /// The line breaks before and after the row.
    around: [Vec<u8>; 2],
}

impl Sheet {
    pub fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let (encoding, text) = Encoding::read(bytes)?;
        let (preamble, named) = preamble(&text);
        let body = &text[preamble.len()..];
        let delimiter = named.unwrap_or_else(|| likeliest_delimiter(body));
        let mut rows = rows(body, delimiter)?;
        ensure!(!rows.is_empty(), "the file is empty");
        let line_end = if body.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
        let has_header = !rows[0].cells.iter().any(|cell| cell.windows(3).any(|part| part == b"://"));
        let header = has_header.then(|| rows.remove(0));
        let preamble = preamble.to_owned();
        let mut sheet = Self { encoding, delimiter, preamble, line_end, header, rows, width: 0 };
        sheet.take_told();
        let widths = sheet.header.iter().chain(&sheet.rows).map(|row| row.cells.len());
        sheet.width = widths.max().unwrap_or_default();
        Ok(sheet)
    }

    /// Separates the results of an earlier run from the owner's cells.
    fn take_told(&mut self) {
        let Some(header) = &mut self.header else { return };
        let first = header.cells.len().saturating_sub(FIELDS.len());
        if !header.cells[first..].iter().map(Vec::as_slice).eq(FIELDS.iter().map(|name| name.as_bytes())) {
            return;
        }
        for row in [header].into_iter().chain(&mut self.rows) {
            row.take_told(first, self.delimiter);
        }
        if let Some(header) = &mut self.header {
            header.told = None;
        }
    }

    /// The names of all columns; `column 1` and so on without a header.
    pub fn names(&self) -> Vec<String> {
        let named = self.header.iter().flat_map(|header| &header.cells);
        let mut all: Vec<String> = named.map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        for place in all.len()..self.width {
            all.push(if self.header.is_some() { String::new() } else { format!("column {}", place + 1) });
        }
        all
    }

    /// The sheet with these results after its rows.
    pub fn with<'a>(&'a self, told: impl Iterator<Item = &'a RowResult>) -> Vec<u8> {
        let mut text = self.preamble.clone();
        let names: Vec<Vec<u8>> = FIELDS.iter().map(|name| name.as_bytes().to_owned()).collect();
        if let Some(header) = &self.header {
            self.write(header, &names, &mut text);
        } else {
            let own: Vec<Vec<u8>> = self.names().into_iter().map(String::into_bytes).collect();
            text.extend(line([own, names].concat(), self.delimiter));
            text.extend_from_slice(self.line_end.as_bytes());
        }
        for (row, told) in self.rows.iter().zip(told) {
            self.write(row, &told.cells(self.encoding), &mut text);
        }
        self.encoding.stored(text)
    }

    fn write(&self, row: &Row, more: &[Vec<u8>], text: &mut Vec<u8>) {
        let [before, behind] = &row.around;
        text.extend_from_slice(before);
        text.extend_from_slice(&row.text);
        // Fill a short row up to the sheet's width, so that our cells are in their columns.
        text.extend(std::iter::repeat_n(self.delimiter, self.width - row.cells.len() + 1));
        text.extend(line(more.to_vec(), self.delimiter));
        text.extend_from_slice(if behind.is_empty() { self.line_end.as_bytes() } else { behind });
    }
}

impl Row {
    /// The owner's cells without empty ones at the end.
    pub fn owned(&self) -> &[Vec<u8>] {
        let last = self.cells.iter().rposition(|cell| !cell.is_empty());
        &self.cells[..last.map_or(0, |last| last + 1)]
    }

    fn take_told(&mut self, first: usize, delimiter: u8) {
        if self.cells.len() <= first {
            return;
        }
        let told = self.cells.split_off(first);
        let ours = [&[delimiter][..], &line(told.clone(), delimiter)].concat();
        match self.text.strip_suffix(&*ours) {
            Some(own) => self.text = own.to_owned(),
            // A spreadsheet has written the row again, with other quotes.
            None => self.text = line(self.cells.clone(), delimiter),
        }
        self.told = Some(RowResult::of_cells(&told));
    }
}

/// Excel's line `sep=;` with its delimiter, if the text begins with one.
fn preamble(text: &[u8]) -> (&[u8], Option<u8>) {
    let end = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| end + 1);
    let line = text[..end].trim_ascii_end();
    match line.get(..4).filter(|name| name.eq_ignore_ascii_case(b"sep=")).and(line.get(4..)) {
        Some([delimiter]) => (&text[..end], Some(*delimiter)),
        // `trim_ascii_end` has removed a tab, so look for it in the whole line.
        Some([]) if text[..end].contains(&b'\t') => (&text[..end], Some(b'\t')),
        _ => (&[], None),
    }
}

/// The delimiter with which the most rows have as many cells as the first row.
fn likeliest_delimiter(body: &[u8]) -> u8 {
    let score = |delimiter: u8| {
        let mut widths = reader(body, delimiter).into_byte_records().take(TRIED_ROWS).flatten().map(|row| row.len());
        let first = widths.next().unwrap_or_default();
        let (mut same, mut all) = (1, 1);
        widths.for_each(|width| {
            all += 1;
            same += usize::from(width == first);
        });
        if first > 1 { (same * 1_000 / all, first) } else { (0, 0) }
    };
    // The first delimiter wins a draw.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(DELIMITERS[0])
}

fn reader(body: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(body)
}

fn rows(body: &[u8], delimiter: u8) -> anyhow::Result<Vec<Row>> {
    let records: Vec<ByteRecord> = reader(body, delimiter).into_byte_records().collect::<Result<_, _>>()?;
    let starts = records.iter().map(|record| record.position().and_then(|at| usize::try_from(at.byte()).ok()));
    let mut starts: Vec<usize> = starts.collect::<Option<_>>().context("the file is too large")?;
    if let Some(first) = starts.first_mut() {
        *first = 0;
    }
    let ends = starts.iter().skip(1).copied().chain([body.len()]);
    let rows =
        records.iter().zip(starts.iter().zip(ends)).map(|(record, (start, end))| row(record, &body[*start..end]));
    let rows: Vec<Row> = rows.collect();
    if let Some(last) = rows.last() {
        let more = [&last.text, &[delimiter][..]].concat();
        let again = reader(&more, delimiter).into_byte_records().next().transpose()?;
        // Otherwise our cells would become a part of that row's last cell.
        ensure!(
            again.is_some_and(|again| again.len() == last.cells.len() + 1),
            "a quotation mark is never closed; the last row begins with {:?}",
            String::from_utf8_lossy(&last.text).chars().take(40).collect::<String>()
        );
    }
    Ok(rows)
}

fn row(record: &ByteRecord, text: &[u8]) -> Row {
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = text.iter().position(|byte| !is_break(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_break(byte)).map_or(start, |last| last + 1);
    Row {
        cells: record.iter().map(<[u8]>::to_owned).collect(),
        told: None,
        text: text[start..end].to_owned(),
        around: [text[..start].to_owned(), text[end..].to_owned()],
    }
}

/// Cells as one line of CSV, without its line break.
fn line(cells: Vec<Vec<u8>>, delimiter: u8) -> Vec<u8> {
    let mut writer =
        WriterBuilder::new().delimiter(delimiter).quote_style(QuoteStyle::Necessary).from_writer(Vec::new());
    // A write to memory can't fail.
    let _ = writer.write_record(&cells);
    let mut line = writer.into_inner().unwrap_or_default();
    line.pop();
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(sheet: &Sheet) -> Vec<Vec<String>> {
        let text = |cell: &Vec<u8>| String::from_utf8_lossy(cell).into_owned();
        sheet.rows.iter().map(|row| row.cells.iter().map(text).collect()).collect()
    }

    #[test]
    fn the_owners_cells_stay_byte_for_byte() {
        for text in [
            "Link;Name\r\nhttps://a;\"x;y\"\r\n",
            "\u{feff}Name,Link\r\n\"quoted, for no reason\",https://a\r\n",
            "sep=;\r\nName;Link\r\n\"a\r\nline break \"\"in quotes\"\"\";https://a\r\n",
            "Name\tLink\n\n5\" tape\thttps://a\n\n\nlast\thttps://b",
            "short,row\na,b\nx\ny,z,more\n",
            "https://a\nhttps://b\n",
            "Name;Link\r\n\r\n=1+1;\"\"\r\n;\r\n",
        ] {
            let sheet = Sheet::read(text.as_bytes()).unwrap();
            let told: Vec<RowResult> = sheet.rows.iter().map(|_| RowResult::refused("x", "-1; \"2\",\t3")).collect();
            let out = String::from_utf8(sheet.with(told.iter())).unwrap();
            let again = Sheet::read(out.as_bytes()).unwrap();
            assert!(again.rows.iter().all(|row| row.told.as_ref() == Some(&told[0])), "{out}");
            let texts = |sheet: &Sheet| sheet.rows.iter().map(|row| row.text.clone()).collect::<Vec<_>>();
            let padded = |text: Vec<u8>| {
                let end = text.iter().rposition(|byte| *byte != sheet.delimiter).map_or(0, |last| last + 1);
                text[..end].to_owned()
            };
            let [one, other] = [&sheet, &again].map(|sheet| texts(sheet).into_iter().map(padded).collect::<Vec<_>>());
            assert_eq!(one, other, "{out}");
            assert!(one.iter().all(|row| out.contains(&*String::from_utf8_lossy(row))), "{out}");
            assert_eq!(String::from_utf8(again.with(told.iter())).unwrap(), out, "the same again");
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_columns() {
        for (text, delimiter) in [
            ("a;b\n1,5;2\n1,7;3\n", b';'),
            ("a,b;c\n1,2\n3,4\n", b','),
            ("a\tb, c\n1\t2\n", b'\t'),
            ("link\nhttps://a?b=1,2\n", b','),
            ("sep=|\na;b|c;d\n", b'|'),
        ] {
            assert_eq!(Sheet::read(text.as_bytes()).unwrap().delimiter, delimiter, "{text}");
        }
    }

    #[test]
    fn rows_are_read_with_line_breaks_in_quotes_and_without_a_header() {
        let sheet = Sheet::read(b"Name;Link\r\n\"two\r\nlines\";https://a\r\n").unwrap();
        assert_eq!(cells(&sheet), [["two\r\nlines", "https://a"]]);
        assert_eq!(sheet.names(), ["Name", "Link"]);
        let sheet = Sheet::read(b"https://a\nhttps://b").unwrap();
        assert_eq!((cells(&sheet).len(), sheet.names()), (2, vec!["column 1".to_owned()]));
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_refused() {
        let refused = Sheet::read(b"Name,Link\na,https://a\n\"b,https://b\nc,https://c\n").unwrap_err();
        assert!(refused.to_string().contains("never closed"), "{refused}");
        assert!(Sheet::read(b"").is_err());
    }
}
