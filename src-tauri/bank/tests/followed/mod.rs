//! Read models over histories: folded in one go, or kept as a running bank keeps them.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::collections::BTreeMap;
use std::sync::Arc;

use bank::projections::TableRow;
use es_core::memory::{MemoryReadModels, MemoryRows};
use es_core::{
    CurrentEvent, Domain, ProjectedEvent, ProjectionError, ReadModelCommit, ReadModelStore, RecordedEvent, Row, Rows,
    Table,
};

use crate::simulated;

/// An event with its current shape, owned.
pub struct Shaped {
    pub record: RecordedEvent,
    pub parts: Vec<CurrentEvent<'static>>,
}

pub fn shaped(domain: &Domain, history: &[RecordedEvent]) -> Vec<Shaped> {
    let owned = |part: CurrentEvent<'_>| CurrentEvent {
        event_type: part.event_type.into_owned().into(),
        schema_version: part.schema_version,
        payload: part.payload.into_owned().into(),
        part: part.part,
    };
    let shape = |record: &RecordedEvent| Shaped {
        record: record.clone(),
        parts: simulated::current(domain, record).into_iter().map(owned).collect(),
    };
    history.iter().map(shape).collect()
}

pub fn apply(
    projection: &dyn es_core::Projection,
    events: &[Shaped],
    rows: &mut dyn Rows,
) -> Result<(), ProjectionError> {
    let filter = projection.filter();
    for event in events.iter().filter(|event| filter.matches(&event.record)) {
        for part in &event.parts {
            projection.apply(&ProjectedEvent { recorded: &event.record, current: part }, rows)?;
        }
    }
    Ok(())
}

/// All read models, folded in one go.
pub fn folded(domain: &Domain, events: &[Shaped]) -> BTreeMap<&'static str, MemoryRows> {
    let fold = |projection: &Arc<dyn es_core::Projection>| {
        let mut rows = MemoryRows::new(projection.tables());
        let done = apply(&**projection, events, &mut rows);
        assert_eq!(done, Ok(()), "{} takes the whole history", projection.name());
        (projection.name(), rows)
    };
    domain.projections.iter().map(fold).collect()
}

/// All read models as a running bank keeps them: prepared, leased, committed in batches of a size.
pub async fn live(domain: &Domain, events: &Arc<Vec<Shaped>>, batch: usize) -> MemoryReadModels {
    live_in_batches(domain, events, std::iter::repeat(batch)).await
}

/// The same with batches of these sizes; what is left after the last size comes in one.
pub async fn live_in_batches(
    domain: &Domain,
    events: &Arc<Vec<Shaped>>,
    sizes: impl Iterator<Item = usize> + Clone,
) -> MemoryReadModels {
    let store = MemoryReadModels::new();
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    for projection in &domain.projections {
        let (name, version, tables) = (projection.name(), projection.version(), projection.tables());
        store.prepare(name, version, tables).await.expect("tables are made");
        let mut checkpoint = store.acquire(name, version, "test", now).await.expect("the lease is free");
        let (mut from, mut sizes) = (0, sizes.clone());
        while from < events.len() {
            let until = sizes.next().map_or(events.len(), |size| (from + size.max(1)).min(events.len()));
            let (events, projection) = (Arc::clone(events), Arc::clone(projection));
            let to = events[until - 1].record.position;
            let work = Box::new(move |rows: &mut dyn Rows| apply(&*projection, &events[from..until], rows));
            let commit = ReadModelCommit { projection: name, tables, from: checkpoint, to, quarantine: vec![], work };
            checkpoint = store.commit(commit).await.expect("a batch is taken");
            from = until;
        }
        store.activate(name, version).await.expect("the version is used");
    }
    store
}

/// All stored rows of a table.
pub async fn stored(store: &MemoryReadModels, table: &'static Table, version: u32) -> Vec<Row> {
    let mut stored: Vec<Row> = Vec::new();
    loop {
        let after = stored.last().map(|row| row[..table.key_columns].to_vec());
        let page = store.scan(table, version, after, 500).await.expect("a page");
        if page.is_empty() {
            return stored;
        }
        stored.extend(page);
    }
}

pub fn typed<T: TableRow>(rows: &MemoryRows) -> Vec<T> {
    rows.rows_of(T::TABLE).map(|row| T::from_row(row).expect("a row of the table")).collect()
}
