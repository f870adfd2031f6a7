//! Standard output: JSON for programs, tables for people.

use std::io::{BufWriter, Stdout, Write};

use es_core::Language;
use serde::Serialize;
use serde_json::value::RawValue;

use super::failure::Failure;

/// Where results go.
pub(super) struct Output {
    pub(super) json: bool,
    /// What people are told in.
    pub(super) language: Language,
    out: BufWriter<Stdout>,
}

impl Output {
    pub(super) fn new(json: bool, language: Language) -> Self {
        Self { json, language, out: BufWriter::new(std::io::stdout()) }
    }

    /// One JSON object on a line of its own.
    pub(super) fn object(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let written = serde_json::to_writer(&mut self.out, value).map_err(std::io::Error::from);
        written.and_then(|()| self.out.write_all(b"\n")).map_err(|error| Failure::output(&error))
    }

    /// A line for people.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{}", text.trim_end()).map_err(|error| Failure::output(&error))
    }

    /// Rows for people, aligned.
    pub(super) fn table(&mut self, table: &Table) -> Result<(), Failure> {
        table.lines().try_for_each(|line| self.line(&line))
    }

    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::output(&error))
    }
}

/// Aligned columns. The last one is never padded.
pub(super) struct Table {
    headings: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
    with_headings: bool,
    widths: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

impl Table {
    pub(super) fn new(headings: &[(&'static str, Align)]) -> Self {
        let widths = headings.iter().map(|(heading, _)| heading.chars().count()).collect();
        Self { headings: headings.to_vec(), rows: Vec::new(), with_headings: true, widths }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        let cells: Vec<_> = cells.into_iter().map(|cell| printable(&cell)).collect();
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets the rows but keeps the widths, so that the next page stands below this one.
    pub(super) fn next_page(&mut self) {
        self.rows.clear();
        self.with_headings = false;
    }

    fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let headings: Vec<_> = self.headings.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        let headings = self.with_headings.then(|| self.line(&headings));
        headings.into_iter().chain(self.rows.iter().map(|row| self.line(row)))
    }

    fn line(&self, cells: &[String]) -> String {
        let mut line = String::new();
        for (at, cell) in cells.iter().enumerate() {
            let pad = " ".repeat(self.widths[at].saturating_sub(cell.chars().count()));
            let last = at + 1 == cells.len();
            match self.headings[at].1 {
                Align::Right => line.extend([pad.as_str(), cell]),
                Align::Left if last => line.push_str(cell),
                Align::Left => line.extend([cell.as_str(), &pad]),
            }
            if !last {
                line.push_str("  ");
            }
        }
        line
    }
}

/// Stored text may hold anything; what would steer a terminal is shown as an escape instead.
pub(super) fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(steers) {
        return text.to_owned();
    }
    text.chars().map(|c| if steers(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// JSON text embedded as it is, on one line and with every digit; a text that is not JSON as a string.
pub(super) fn embedded(text: &str) -> Box<RawValue> {
    let exact = inspector::json::compact(text).ok().and_then(|compact| RawValue::from_string(compact).ok());
    let string = || RawValue::from_string(serde_json::Value::String(text.to_owned()).to_string()).ok();
    exact.or_else(string).unwrap_or_else(|| RawValue::NULL.to_owned())
}

/// Time for programs: UTC with microseconds, as the store keeps it.
pub(super) fn exact_time(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// Time for people: UTC with seconds.
pub(super) fn short_time(time: chrono::DateTime<chrono::Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_json_keeps_digits_and_stays_on_one_line() {
        let text = "{\n  \"a\": 12345678901234567890123.10,\n  \"b\": \"x\\ny\"\n}";
        assert_eq!(embedded(text).get(), r#"{"a":12345678901234567890123.10,"b":"x\ny"}"#);
        assert_eq!(embedded("not json").get(), "\"not json\"");
    }

    #[test]
    fn nothing_stored_steers_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(printable("Größe 日本"), "Größe 日本");
    }

    #[test]
    fn columns_stand_below_each_other() {
        let mut table = Table::new(&[("N", Align::Right), ("NAME", Align::Left), ("REST", Align::Left)]);
        table.row(vec!["7".into(), "ä".into(), "x".into()]);
        table.row(vec!["1234".into(), "longer".into(), "y".into()]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines, ["   N  NAME    REST", "   7  ä       x", "1234  longer  y"]);
    }
}
