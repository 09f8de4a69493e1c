//! Text in columns, as wide as the terminal.

use std::io::{Write, stdout};

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use terminal_size::{Width, terminal_size_of};

/// The width without a terminal.
const USUAL_WIDTH: u16 = 80;

/// Spaces between two columns.
pub const BETWEEN_COLUMNS: u16 = 2;
/// A space at which a cell's line must not break. [`print`] replaces it with an ordinary space.
pub const NO_BREAK: &str = "\u{a0}";

/// A table without borders. It fills the width of the terminal (or `COLUMNS`) minus `indent`.
pub fn table(indent: u16) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width().saturating_sub(indent));
    table
}

/// A cell with a number, aligned to the right.
pub fn figure(value: impl ToString) -> Cell {
    Cell::new(value).set_alignment(CellAlignment::Right)
}

/// Prints names with values, one per line. A long value continues in its own column.
pub fn facts(facts: &[(&str, String)], out: &mut (impl Write + ?Sized)) -> std::io::Result<()> {
    let mut table = table(0);
    table.add_rows(facts.iter().map(|(name, value)| [(*name).replace(' ', NO_BREAK), value.clone()]));
    print(&mut table, 0, out)
}

/// Prints a table `indent` columns from the left, without spaces at the ends of lines.
pub fn print(table: &mut Table, indent: u16, out: &mut (impl Write + ?Sized)) -> std::io::Result<()> {
    let last = table.column_count().saturating_sub(1);
    for column in table.column_iter_mut() {
        column.set_padding((0, if column.index < last { BETWEEN_COLUMNS } else { 0 }));
    }
    for line in table.lines() {
        writeln!(out, "{:indent$}{}", "", line.trim_end().replace(NO_BREAK, " "), indent = usize::from(indent))?;
    }
    Ok(())
}

/// The terminal's width in columns; the variable `COLUMNS` takes precedence.
pub fn width() -> u16 {
    let set = || std::env::var("COLUMNS").ok()?.trim().parse().ok();
    terminal_size_of(stdout()).map(|(Width(width), _)| width).or_else(set).unwrap_or(USUAL_WIDTH)
}
