//! Who did what, when and why: from what every event says of itself.

use es_core::{
    Column, ColumnKind, EventFilter, EventMetadata, FailurePolicy, Position, ProjectedEvent, Projection,
    ProjectionError, Row, Rows, Table,
};

use super::row::{Cells, TableRow, UnusableRow, count_cell};
use super::{contradiction, time_text};

/// One row per event, by actor and position: pages of one actor never shift, whatever is appended.
pub static AUDIT: Table = Table {
    name: "audit",
    columns: &[
        Column { name: "actor", kind: ColumnKind::Text },
        Column { name: "position", kind: ColumnKind::Int },
        Column { name: "recorded_at", kind: ColumnKind::Text },
        Column { name: "command_type", kind: ColumnKind::Text },
        Column { name: "command_id", kind: ColumnKind::Text },
        Column { name: "event_type", kind: ColumnKind::Text },
        Column { name: "schema_version", kind: ColumnKind::Int },
        Column { name: "stream", kind: ColumnKind::Text },
        Column { name: "version", kind: ColumnKind::Int },
        Column { name: "channel", kind: ColumnKind::Text },
        Column { name: "reason", kind: ColumnKind::Text },
        Column { name: "correlation_id", kind: ColumnKind::Text },
    ],
    key_columns: 2,
    indexes: &[],
};

/// One row per actor.
pub static AUDIT_ACTORS: Table = Table {
    name: "audit_actors",
    columns: &[
        Column { name: "actor", kind: ColumnKind::Text },
        Column { name: "events", kind: ColumnKind::Int },
        Column { name: "first_at", kind: ColumnKind::Text },
        Column { name: "last_at", kind: ColumnKind::Text },
        Column { name: "position", kind: ColumnKind::Int },
    ],
    key_columns: 1,
    indexes: &[],
};

/// A row of [`AUDIT`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Who: a person, or for example `process:transfer`.
    pub actor: String,
    /// Position of the event.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: String,
    /// What was asked for.
    pub command_type: String,
    /// Id of the command.
    pub command_id: String,
    /// What came of it, as stored.
    pub event_type: String,
    /// Schema version, as stored.
    pub schema_version: u64,
    /// Stream of the event.
    pub stream: String,
    /// Version of the event in its stream.
    pub version: u64,
    /// Where it came from, for example `desktop`.
    pub channel: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// What it belongs to.
    pub correlation_id: String,
}

impl TableRow for AuditLine {
    const TABLE: &'static Table = &AUDIT;

    fn to_row(&self) -> Row {
        vec![
            self.actor.as_str().into(),
            count_cell(self.position.get()),
            self.recorded_at.as_str().into(),
            self.command_type.as_str().into(),
            self.command_id.as_str().into(),
            self.event_type.as_str().into(),
            count_cell(self.schema_version),
            self.stream.as_str().into(),
            count_cell(self.version),
            self.channel.as_str().into(),
            self.reason.as_deref().into(),
            self.correlation_id.as_str().into(),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            actor: cells.text()?,
            position: cells.position()?,
            recorded_at: cells.text()?,
            command_type: cells.text()?,
            command_id: cells.text()?,
            event_type: cells.text()?,
            schema_version: cells.count()?,
            stream: cells.text()?,
            version: cells.count()?,
            channel: cells.text()?,
            reason: cells.optional_text()?,
            correlation_id: cells.text()?,
        })
    }
}

/// A row of [`AUDIT_ACTORS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorLine {
    /// Who.
    pub actor: String,
    /// How many events.
    pub events: u64,
    /// Time of the first.
    pub first_at: String,
    /// Time of the last.
    pub last_at: String,
    /// Position of the last.
    pub position: Position,
}

impl TableRow for ActorLine {
    const TABLE: &'static Table = &AUDIT_ACTORS;

    fn to_row(&self) -> Row {
        let times = [self.first_at.as_str().into(), self.last_at.as_str().into()];
        let [first_at, last_at] = times;
        vec![self.actor.as_str().into(), count_cell(self.events), first_at, last_at, count_cell(self.position.get())]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            actor: cells.text()?,
            events: cells.count()?,
            first_at: cells.text()?,
            last_at: cells.text()?,
            position: cells.position()?,
        })
    }
}

static OWN: [&Table; 2] = [&AUDIT, &AUDIT_ACTORS];

/// Read model `audit`: the trail of every actor.
pub struct AuditTrail;

impl Projection for AuditTrail {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "Who did what, when and why, by actor."
    }

    fn tables(&self) -> &'static [&'static Table] {
        &OWN
    }

    fn filter(&self) -> EventFilter {
        EventFilter::default()
    }

    /// No sum depends on it, and a trail without one stream is better than none.
    fn failure_policy(&self) -> FailurePolicy {
        FailurePolicy::QuarantineStream
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let recorded = event.recorded;
        // The trail tells what was stored: once, however many parts it is read as.
        if event.current.part > 0 {
            return Ok(());
        }
        let metadata: EventMetadata = serde_json::from_str(&recorded.metadata)
            .map_err(|error| contradiction(event, &format!("its metadata do not say who did it: {error}")))?;
        let at = time_text(recorded.recorded_at);
        let mut actor = ActorLine::load(rows, &[metadata.actor.as_str().into()])?.unwrap_or_else(|| ActorLine {
            actor: metadata.actor.clone(),
            events: 0,
            first_at: at.clone(),
            last_at: String::new(),
            position: Position::ZERO,
        });
        actor.events += 1;
        actor.last_at.clone_from(&at);
        actor.position = recorded.position;
        actor.store(rows)?;
        AuditLine {
            actor: metadata.actor,
            position: recorded.position,
            recorded_at: at,
            command_type: metadata.command_type,
            command_id: metadata.command_id.to_string(),
            event_type: recorded.event_type.to_string(),
            schema_version: recorded.schema_version.into(),
            stream: recorded.stream.to_string(),
            version: recorded.version.get(),
            channel: metadata.channel,
            reason: metadata.reason,
            correlation_id: metadata.correlation_id.to_string(),
        }
        .store(rows)
    }
}
