//! The streams as they were at a position: a read model of every log, whatever its events mean.

use es_core::{
    CategoryCount, Cell, Column, ColumnKind, Comparison, EventFilter, Position, ProjectedEvent, Projection,
    ProjectionError, Row, RowQuery, Rows, StoreError, StreamInfo, StreamListPage, StreamName, StreamOrder, StreamQuery,
    StreamVersion, Table,
};
use tokio_util::sync::CancellationToken;

use super::{AsOf, Tell};

/// Name of the read model.
pub const STREAMS: &str = "streams";

const fn int(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Int }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Text }
}

static LIST: Table = Table {
    name: "streams",
    columns: &[
        text("stream"),
        text("category"),
        int("system"),
        int("version"),
        int("last_position"),
        // Microseconds since 1970.
        int("last_recorded_at"),
        text("last_event_type"),
    ],
    key_columns: 1,
    indexes: &[],
};

static CATEGORIES: Table = Table {
    name: "categories",
    columns: &[text("category"), int("streams"), int("events")],
    key_columns: 1,
    indexes: &[],
};

static TABLES: &[&Table] = &[&LIST, &CATEGORIES];

/// Which streams there are, and how each ends.
pub(super) struct Streams;

impl Projection for Streams {
    fn name(&self) -> &'static str {
        STREAMS
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "Streams with their last events, and how many there are of each category."
    }

    fn tables(&self) -> &'static [&'static Table] {
        TABLES
    }

    fn filter(&self) -> EventFilter {
        EventFilter::default()
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let event = event.recorded;
        let row = vec![
            event.stream.as_str().into(),
            event.stream.category().into(),
            i64::from(event.stream.is_system()).into(),
            number(event.version.get())?,
            number(event.position.get())?,
            event.recorded_at.timestamp_micros().into(),
            (&*event.event_type).into(),
        ];
        let is_new = !rows.read(&LIST, &row[..1], &mut |_| {})?;
        rows.put(&LIST, row)?;
        let mut count = |row: &mut Row| {
            for (column, more) in [(1, i64::from(is_new)), (2, 1)] {
                let former = row[column].as_int().unwrap_or(0);
                row[column] = former.saturating_add(more).into();
            }
            Ok(())
        };
        let category: Cell = event.stream.category().into();
        if !rows.update(&CATEGORIES, std::slice::from_ref(&category), &mut count)? {
            rows.put(&CATEGORIES, vec![category, 1.into(), 1.into()])?;
        }
        Ok(())
    }
}

fn number(number: u64) -> Result<Cell, ProjectionError> {
    let fits = i64::try_from(number).map(Cell::Int);
    fits.map_err(|_| ProjectionError::Contradiction(format!("{number} is larger than any position or version")))
}

impl AsOf {
    /// A list of streams as they were at a position.
    ///
    /// # Errors
    /// The store fails, there are too many for the memory, or it was cancelled.
    pub async fn streams(
        &self,
        query: &StreamQuery,
        position: Position,
        tell: Tell<'_>,
        cancel: &CancellationToken,
    ) -> Result<StreamListPage, StoreError> {
        let at = self.rows(STREAMS, position, tell, cancel).await?;
        let mut rows = RowQuery::all(&LIST).page(query.offset, query.limit);
        if !query.system {
            rows = rows.when("system", Comparison::Eq, 0);
        }
        if let Some(category) = &query.category {
            rows = rows.when("category", Comparison::Eq, category.as_str());
        }
        if let Some(part) = &query.contains {
            rows = rows.when("stream", Comparison::Contains, part.as_str());
        }
        rows = match query.order {
            StreamOrder::Name => rows,
            StreamOrder::LastChange => rows.order_by("last_position", true),
            StreamOrder::Length => rows.order_by("version", true),
        };
        let page = at.rows().query(&rows)?;
        let streams = page.rows.iter().map(info).collect::<Result<_, _>>()?;
        Ok(StreamListPage { streams, total: page.total })
    }

    /// One stream as it was at a position; nothing if it began later.
    ///
    /// # Errors
    /// As [`AsOf::streams`].
    pub async fn stream(
        &self,
        stream: &StreamName,
        position: Position,
        cancel: &CancellationToken,
    ) -> Result<Option<StreamInfo>, StoreError> {
        let at = self.rows(STREAMS, position, &|_, _| {}, cancel).await?;
        let query = RowQuery::all(&LIST).when("stream", Comparison::Eq, stream.as_str());
        at.rows().query(&query)?.rows.first().map(info).transpose()
    }

    /// Categories with their sizes at a position, largest first, without the store's own.
    ///
    /// # Errors
    /// As [`AsOf::streams`].
    pub async fn categories(
        &self,
        position: Position,
        cancel: &CancellationToken,
    ) -> Result<Vec<CategoryCount>, StoreError> {
        let at = self.rows(STREAMS, position, &|_, _| {}, cancel).await?;
        let rows = at.rows().rows_of(&CATEGORIES);
        let counts = rows.map(|row| CategoryCount {
            category: cell_text(row, 0),
            streams: cell_number(row, 1),
            events: cell_number(row, 2),
        });
        let mut counts: Vec<_> = counts.filter(|count| !count.category.starts_with('$')).collect();
        counts.sort_by(|one, other| other.events.cmp(&one.events).then_with(|| one.category.cmp(&other.category)));
        Ok(counts)
    }
}

fn cell_text(row: &Row, column: usize) -> String {
    row[column].as_text().unwrap_or_default().to_owned()
}

fn cell_number(row: &Row, column: usize) -> u64 {
    row[column].as_int().and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

fn info(row: &Row) -> Result<StreamInfo, StoreError> {
    let micros = row[5].as_int().unwrap_or(0);
    Ok(StreamInfo {
        stream: StreamName::new(cell_text(row, 0)).map_err(|error| LIST.misfit(error.to_string()))?,
        version: StreamVersion(cell_number(row, 3)),
        // What was truncated or closed later was not at the position.
        truncated_before: StreamVersion::ZERO,
        closed_at: None,
        last_position: Position(cell_number(row, 4)),
        last_recorded_at: chrono::DateTime::from_timestamp_micros(micros)
            .ok_or_else(|| LIST.misfit(format!("{micros} is no time")))?,
        last_event_type: cell_text(row, 6).into(),
    })
}
