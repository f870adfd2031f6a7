//! Command execution, subscriptions, projections, rebuilds, processes and timers over any store.
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use es_core::memory::{MemoryEventStore, MemoryReadModels};
//! use es_core::{Domain, SystemClock};
//! use es_runtime::{CommandEnvelope, Engine, EngineParts, Outcome};
//!
//! # async fn example(domain: Arc<Domain>) -> Result<(), Box<dyn std::error::Error>> {
//! let events = Arc::new(MemoryEventStore::new(Arc::new(SystemClock)));
//! let engine = Engine::start(EngineParts::new(events, Arc::new(MemoryReadModels::new()), domain));
//!
//! let command = CommandEnvelope::new("Deposit", r#"{"accountId":"100234","amount":"5"}"#).by("ada", "cli");
//! match engine.execute(&command).await? {
//!     done @ (Outcome::Executed { .. } | Outcome::AlreadyDone { .. }) => {
//!         // Read your own writes: wait until every read model has seen them.
//!         engine.wait_until(done.position().unwrap_or_default(), Duration::from_secs(10)).await?;
//!     }
//!     Outcome::Rejected(rejection) => println!("refused: {}", rejection.message),
//!     Outcome::Conflict { stream, attempts, .. } => println!("{stream} was busy {attempts} times"),
//!     Outcome::Unavailable(unavailable) => println!("later: {}", unavailable.message()),
//!     Outcome::Invalid(error) => println!("not a command: {error}"),
//! }
//! engine.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! A command line does without background tasks: [`Engine::new`], [`Engine::execute`],
//! [`Engine::drive_processes_until_idle`], [`Engine::catch_up`], [`Engine::shutdown`].

mod batch;
mod cache;
mod commands;
mod config;
mod copy;
mod decide;
mod engine;
mod execute;
mod file;
mod lease;
mod load;
mod outcome;
mod overlay;
mod parity;
mod processes;
mod progress;
mod projections;
mod queries;
mod receipts;
mod rehearsal;
mod retention;
mod sealing;
mod snapshots;
mod stopwatch;

pub use batch::Poison;
pub use commands::CommandEnvelope;
pub use config::{EngineConfig, SnapshotPolicy};
pub use copy::{
    COPIED_BINARY_KEY, COPIED_FROM_KEY, CopiedKeys, CopyComparison, CopyConflict, CopyDifference, CopyDifferenceKind,
    CopyError, CopyNote, CopyNoteExample, CopyNoteKind, CopyNotes, CopyReport, CopySide, StoreCopy,
};
pub use decide::{Decided, Decision, DryRun, dry_run};
pub use engine::{Engine, EngineParts};
pub use file::{
    EventFile, Export, ExportError, ExportReport, FileError, FileFormat, FileImport, ImportError, Sieve, Sifted,
};
pub use load::LoadError;
pub use outcome::{ExecuteError, Outcome, Unavailable};
pub use parity::{
    ActionTiming, BackendTimings, ParityAction, ParityBackend, ParityError, ParityReport, ParityScenario, ParityStep,
    ParityStepReport, ParityVerdict, run_parity,
};
pub use processes::{
    DriveReport, InstanceFilter, InstancePage, InstancePaging, Offer, Operator, PendingCommand, PendingTimer,
    ProcessError, ProcessInstance, ProcessState, ProcessStatus, StuckInstance,
};
pub use progress::{NoProgress, Progress, ProgressSink};
pub use projections::{
    DoctorError, DoctorReport, PartingEvent, PartingKind, ProjectionState, ProjectionStatus, RebuildError,
    RebuildOptions, RebuildOutcome, RebuildReport, ReleasedStream, Replay, RolledBack, RowDifference, RowFault,
    SkippedEvent, TableChecksum, TablesComparison, TablesVersion, UpkeepError, fold_at,
};
pub use queries::{Behind, Queries, SeenUpTo, WaitError};
pub use rehearsal::Rehearsal;
pub use retention::{
    KeptStream, Retention, RetentionError, RetentionStatus, ScavengeReport, Selection, TruncateReport, Wanted,
};
/// Stops long work: rebuilds, catching up, driving.
pub use sealing::RevealError;
pub use snapshots::{DifferingSnapshot, SnapshotAudit, SnapshotFault};
pub use stopwatch::{Stopwatch, SystemStopwatch};
pub use tokio_util::sync::CancellationToken;
