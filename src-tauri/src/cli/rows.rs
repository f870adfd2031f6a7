//! `ledgerscope projections rows`: a read model at a position, folded in memory by the core that also serves the window.

use std::sync::Arc;

use es_core::{Cell, EventReader, Position, RowQuery, Table as ModelTable, limits};
use inspector::{AsOf, Moment};
use serde::Serialize;
use serde_json::{Map, Value};

use super::args::RowsAsked;
use super::desk::{Desk, domain};
use super::failure::Failure;
use super::moment;
use super::output::{Align, Output, Table};
use super::progress::{Meter, grouped};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowsJson {
    projection: String,
    table: &'static str,
    /// The position that the rows are of, and the time of its event.
    position: String,
    recorded_at: Option<String>,
    /// Rows of the table.
    total: String,
    /// The event that cannot be applied, if there is one by then: the rows are those before it.
    halted_at: Option<String>,
    problem: Option<String>,
    /// Numbers are texts, as everywhere.
    rows: Vec<Map<String, Value>>,
}

pub(super) async fn run(desk: &Desk, asked: RowsAsked, meter: &Arc<Meter>, out: &mut Output) -> Result<(), Failure> {
    let domain = domain()?;
    let reader: Arc<dyn EventReader> = desk.events.clone();
    let projection = domain.projection(&asked.name).ok_or_else(|| {
        let message = format!("There is no read model {}.", asked.name);
        Failure::bad_input("unknown_projection", message, "`ledgerscope projections` lists them.")
    })?;
    let table = table_of(projection.tables(), &asked)?;
    let at = moment_of(&*reader, asked.at.as_deref()).await?;
    let as_of = AsOf::new(Arc::clone(&reader), Arc::clone(&domain));
    let tell = |done, total| meter.report("folding", done, Some(total));
    let rows = as_of.rows(&asked.name, at.position, &tell, &desk.stop).await?;
    meter.finish();
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX).min(limits::QUERY_ROWS);
    let page = rows.rows().query(&RowQuery::all(table).page(asked.offset, limit))?;
    let halted = rows.halted();
    let recorded_at = at.event.as_ref().map(|event| crate::session::time(event.recorded_at));
    if out.json {
        let row = |row: &Vec<Cell>| {
            let named = table.columns.iter().zip(row);
            named
                .map(|(column, cell)| (column.name.to_owned(), text(cell).map_or(Value::Null, Value::String)))
                .collect()
        };
        return out.object(&RowsJson {
            projection: asked.name,
            table: table.name,
            position: at.position.to_string(),
            recorded_at,
            total: page.total.to_string(),
            halted_at: halted.map(|poison| poison.position.to_string()),
            problem: halted.map(|poison| poison.reason.clone()),
            rows: page.rows.iter().map(row).collect(),
        });
    }
    out.line(&format!(
        "{} as of position {}{}: {} rows",
        table.name,
        grouped(at.position.get()),
        recorded_at.map(|time| format!(", {time}")).unwrap_or_default(),
        grouped(page.total)
    ))?;
    if let Some(poison) = halted {
        let at = grouped(poison.position.get());
        out.line(&format!("halted at position {at}, with the rows before it: {}", poison.reason))?;
    }
    let headings: Vec<_> = table.columns.iter().map(|column| (column.name, align(column.kind))).collect();
    let mut told = Table::new(&headings);
    for row in &page.rows {
        told.row(row.iter().map(|cell| text(cell).unwrap_or_default()).collect());
    }
    out.table(&told)
}

fn table_of(tables: &[&'static ModelTable], asked: &RowsAsked) -> Result<&'static ModelTable, Failure> {
    let found = match &asked.table {
        Some(name) => tables.iter().find(|table| table.name == name),
        None => tables.first(),
    };
    found.copied().ok_or_else(|| {
        let names: Vec<_> = tables.iter().map(|table| table.name).collect();
        let message = format!("{} has no table {}.", asked.name, asked.table.as_deref().unwrap_or_default());
        Failure::bad_input("unknown_table", message, format!("It has {}.", names.join(", ")))
    })
}

/// The moment of a position `@1234` or a time; the head, if nothing is named.
async fn moment_of(reader: &dyn EventReader, text: Option<&str>) -> Result<Moment, Failure> {
    let Some(text) = text else { return Ok(Moment::at(reader, Position::MAX).await?) };
    let number = |digits: &str| digits.parse::<u64>().ok().filter(|number| *number <= Position::MAX.get());
    if let Some(position) = text.strip_prefix('@').and_then(number) {
        return Ok(Moment::at(reader, Position(position)).await?);
    }
    let time = moment::time("--at", text).map_err(|_| {
        let message = format!("--at {text:?} is neither a time nor a position.");
        let hint = "Write a time as 2026-03-01T12:00:00Z, a position of the log as @1234.";
        Failure::bad_input("bad_argument", message, hint)
    })?;
    Ok(Moment::at_time(reader, time).await?)
}

fn align(kind: es_core::ColumnKind) -> Align {
    if kind == es_core::ColumnKind::Int { Align::Right } else { Align::Left }
}

fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Int(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text.clone()),
    }
}
