//! Events, traits, append planning, upcasting, hashing, limits and the memory store: pure, no I/O.
//!
//! Everything else depends on this crate; it depends on nothing that touches a disk, a network or a window.

pub mod append;
pub mod clock;
pub mod decider;
pub mod domain;
pub mod event;
pub mod hash;
pub mod host;
pub mod invariant;
pub mod language;
pub mod limits;
pub mod memory;
pub mod name;
pub mod origin;
pub mod plan;
pub mod probe;
pub mod process;
pub mod projection;
pub mod retention;
pub mod seal;
pub mod secret;
pub mod server;
pub mod store;
mod tables;
pub mod upcast;
pub mod verify;

pub use append::{AppendError, AppendRequest, Appended, ExpectedVersion, InvalidAppend, StreamAppend, WrittenEvent};
pub use clock::{Clock, ManualClock, SystemClock};
pub use decider::{
    Aggregate, AnyState, CommandContext, CommandDescriptor, CommandError, Decider, DecodeError, DomainCommand,
    DomainEvent, EncodedEvent, Erased, EventTypeDescriptor, ParsedCommand, References, Reject, Rejection,
    ShapeViolation,
};
pub use domain::Domain;
pub use event::{EventMetadata, Hash, NewEvent, Payload, RecordedEvent, event_id_of};
pub use host::{HostedStore, HostedViews, VerifyTold};
pub use invariant::{Breach, Invariant, InvariantCheck, Violation, Violations};
pub use language::{ChosenLanguage, Language};
pub use name::{Position, StreamName, StreamNameError, StreamVersion};
pub use origin::{Origin, Tie, tie_views};
pub use probe::{ProbeOutcome, ProbeStage, ProbeStep};
pub use process::{CommandDraft, Intervention, Process, Settlement, TimerDraft, Turn, step_command_id};
pub use projection::{
    Cell, Checkpoint, Column, ColumnKind, Comparison, Condition, FailurePolicy, ProjectedEvent, Projection,
    ProjectionError, ProjectionTables, QuarantineChange, QuarantinedStream, ReadModelCommit, ReadModelStore,
    ReplayOrder, Row, RowPage, RowQuery, RowSource, Rows, Table, Timer,
};
pub use retention::{
    EventOutline, EventStub, RetainError, RetentionChange, RetentionStore, ScavengeRequest, ScavengeStage,
    ScavengedBatch, ScavengedSpan, StorageFigures, StreamCut, StubPage,
};
pub use seal::{Adopted, MasterKey, MemorySubjectKeys, SealError, SubjectKey, SubjectKeys};
pub use secret::Secret;
pub use server::{
    Entry, EntryPage, IndexProgress, LinkTarget, PersistentSubscription, RightSource, ServerInspection,
    ServerProjection, StoreFact, StreamMetadataText, StreamReport, StreamRight, StreamStanding, SystemProjection,
    SystemStream, closest, last_entries, similar_names, similar_queries, stream_report,
};
pub use store::{
    AllPage, Capabilities, CategoryCount, Direction, EventFilter, EventReader, EventStore, ImportedAppend,
    PositionPage, ReadAll, ReadStream, Snapshot, SnapshotStore, StoreError, StreamInfo, StreamListPage, StreamOrder,
    StreamPage, StreamQuery,
};
pub use tables::{ColumnTest, RowsChecksum, catching, physical_name, run_work};
pub use upcast::{
    BadPayload, CurrentEvent, RegistryError, UpcastError, UpcastParts, UpcastStep, Upcasted, Upcaster, UpcasterRegistry,
};
pub use verify::{Finding, FindingKind, VerifyProgress, VerifyReport};
