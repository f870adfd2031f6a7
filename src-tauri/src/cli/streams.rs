//! `ledgerscope streams`.

use es_core::{StreamInfo, StreamOrder, StreamQuery};
use serde::Serialize;

use super::args::{Order, Streams};
use super::desk::Desk;
use super::failure::Failure;
use super::output::{Align, Output, Table, exact_time, short_time};
use super::progress::grouped;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    streams: Vec<StreamJson>,
    /// How many match in all.
    total: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StreamJson {
    stream: String,
    category: String,
    version: String,
    last_position: String,
    last_recorded_at: String,
    last_event_type: String,
}

pub(super) async fn run(desk: &Desk, asked: Streams, out: &mut Output) -> Result<(), Failure> {
    let query = StreamQuery {
        category: asked.category,
        contains: asked.contains,
        system: asked.system,
        order: match asked.order {
            Order::Name => StreamOrder::Name,
            Order::LastChange => StreamOrder::LastChange,
            Order::Length => StreamOrder::Length,
        },
        offset: asked.offset,
        limit: asked.limit,
    };
    let page = desk.stoppable(desk.events.streams(&query)).await?;
    if out.json {
        let streams = page.streams.into_iter().map(json).collect();
        return out.object(&Listed { streams, total: page.total.to_string() });
    }
    if page.streams.is_empty() {
        return out.line("No stream matches.");
    }
    let mut table = Table::new(&[
        ("STREAM", Align::Left),
        ("EVENTS", Align::Right),
        ("LAST CHANGE (UTC)", Align::Left),
        ("LAST EVENT", Align::Left),
    ]);
    let shown = page.streams.len() as u64;
    for stream in page.streams {
        table.row(vec![
            stream.stream.to_string(),
            grouped(stream.version.get()),
            short_time(stream.last_recorded_at),
            stream.last_event_type.into(),
        ]);
    }
    out.table(&table)?;
    if shown < page.total {
        out.line(&format!("{} of {} streams; more with --offset and --limit", grouped(shown), grouped(page.total)))?;
    }
    Ok(())
}

fn json(stream: StreamInfo) -> StreamJson {
    StreamJson {
        category: stream.stream.category().to_owned(),
        stream: stream.stream.to_string(),
        version: stream.version.to_string(),
        last_position: stream.last_position.to_string(),
        last_recorded_at: exact_time(stream.last_recorded_at),
        last_event_type: stream.last_event_type.into(),
    }
}
