//! Retention at work: gathers the facts, lets the planner of `es-core` decide, and carries out what it permits.
//!
//! Nothing is decided here. Every change is made against the version of the store's record that the plan was made on, so
//! that a legal hold that is placed meanwhile wins.

mod facts;
mod hidden;
mod run;

use std::sync::Arc;

use es_core::retention::plan::{Purpose, RetentionPlan, check_rule};
use es_core::retention::record::{
    Authorship, LegalHold, RetentionEvent, RetentionLedger, RetentionRule, Scope, UnreadableRecord,
};
use es_core::retention::{StorageFigures, stream as record_stream};
use es_core::{
    Direction, ReadStream, RetainError, RetentionChange, RetentionStore, StoreError, StreamInfo, StreamName,
    StreamOrder, StreamQuery, StreamVersion, limits,
};
use tokio_util::sync::CancellationToken;

use crate::engine::Inner;
use crate::load::LoadError;
use crate::progress::ProgressSink;

pub(crate) use hidden::first_versions;
pub use run::{ScavengeReport, TruncateReport};

/// Streams to look at. Nothing set: all of the domain's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Only this stream.
    pub stream: Option<StreamName>,
    /// Only this category.
    pub category: Option<String>,
}

/// What is to be done with a selection of streams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Which streams.
    pub selection: Selection,
    /// A rule to truncate by, instead of the recorded ones; their minimum age stays in force. Not for a scavenge.
    pub rule: Option<RetentionRule>,
    /// How many events the preview said would go: anything else is refused. Nothing: whatever goes.
    pub expect_events: Option<u64>,
}

/// A stream that was truncated or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptStream {
    /// The stream.
    pub info: StreamInfo,
    /// Truncated events that are not scavenged yet.
    pub hidden: u64,
}

/// What is in force and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionStatus {
    /// Rules and holds.
    pub ledger: RetentionLedger,
    /// Room taken.
    pub storage: StorageFigures,
    /// Streams that were truncated or closed.
    pub streams: Vec<KeptStream>,
}

/// Why nothing, or not everything, was done. What was done before stays done and is recorded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RetentionError {
    /// The guard refuses all of it.
    #[error("nothing may go: {}", first_refusals(plan))]
    Refused {
        /// The plan with every refusal.
        plan: Box<RetentionPlan>,
    },
    /// The numbers are not those of the preview any more.
    #[error("{expected} events were to go according to the preview; now there are {found}")]
    NotAsPreviewed {
        /// What the caller was told.
        expected: u64,
        /// What would go now.
        found: u64,
    },
    /// A rule that cannot be.
    #[error("no such rule for {scope}: {reason}")]
    BadRule {
        /// What it is for.
        scope: Scope,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no rule for this.
    #[error("there is no rule for {scope}")]
    UnknownRule {
        /// Stream or category.
        scope: Scope,
    },
    /// The name of the hold is taken.
    #[error("there is a legal hold {} on {} already", hold.hold, hold.scope)]
    HoldExists {
        /// The hold in force.
        hold: Box<LegalHold>,
    },
    /// There is no such hold.
    #[error("there is no legal hold {hold}")]
    UnknownHold {
        /// The name.
        hold: String,
    },
    /// Who changes what is kept says who and why.
    #[error("{what} is missing")]
    Unsigned {
        /// `the actor` or `the reason`.
        what: &'static str,
    },
    /// The store's own record cannot be read.
    #[error(transparent)]
    Unreadable(#[from] UnreadableRecord),
    /// The state of a process instance cannot be loaded, so nobody knows what it needs.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The store refused or failed.
    #[error(transparent)]
    Retain(#[from] RetainError),
}

impl From<StoreError> for RetentionError {
    fn from(error: StoreError) -> Self {
        Self::Retain(error.into())
    }
}

/// Refusals that a message names; the plan has all.
const REFUSALS_TOLD: usize = 3;

fn first_refusals(plan: &RetentionPlan) -> String {
    let all = plan
        .streams
        .iter()
        .flat_map(|stream| stream.refusals.iter().map(move |refusal| format!("{}: {}", stream.stream, refusal.reason)));
    let told: Vec<String> = all.take(REFUSALS_TOLD).collect();
    let left = plan.refused.saturating_sub(told.len() as u64);
    let more = if left > 0 { format!("; and {left} more reasons") } else { String::new() };
    format!("{}{more}", told.join("; "))
}

impl RetentionError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "retention_refused",
            Self::NotAsPreviewed { .. } => "not_as_previewed",
            Self::BadRule { .. } => "bad_rule",
            Self::UnknownRule { .. } => "unknown_rule",
            Self::HoldExists { .. } => "hold_exists",
            Self::UnknownHold { .. } => "unknown_hold",
            Self::Unsigned { .. } => "unsigned",
            Self::Unreadable(_) => "unreadable_record",
            Self::Load(LoadError::Store(error)) => error.code(),
            Self::Load(LoadError::Undecodable { .. }) => "undecodable_event",
            Self::Retain(error) => error.code(),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused { .. } => {
                "Remove the reasons (catch up, finish, lift the hold), or ask for less. Nothing was changed."
            }
            Self::NotAsPreviewed { .. } => "Preview again and confirm the new number. Nothing was changed.",
            Self::BadRule { .. } | Self::Unsigned { .. } => "Correct it and try again. Nothing was changed.",
            Self::UnknownRule { .. } | Self::UnknownHold { .. } => "Look at the status for what is in force.",
            Self::HoldExists { .. } => "Choose another name; several holds may cover the same streams.",
            Self::Unreadable(_) => "A newer version of the program may know it. Nothing was changed.",
            Self::Load(LoadError::Store(error)) => error.hint(),
            Self::Load(LoadError::Undecodable { .. }) => "Open the event in the inspector. Nothing was changed.",
            Self::Retain(RetainError::Append(error)) => match error {
                es_core::AppendError::Store(error) => error.hint(),
                _ => "Somebody else changes what is kept at the same time; try again.",
            },
            Self::Retain(_) => "Ask for a stream and a version that exist. Nothing was changed.",
        }
    }
}

/// Rules, holds, previews, truncation and scavenge of an engine's store.
#[derive(Clone, Copy)]
pub struct Retention<'a> {
    inner: &'a Arc<Inner>,
    store: &'a dyn RetentionStore,
}

impl<'a> Retention<'a> {
    pub(crate) fn of(inner: &'a Arc<Inner>) -> Result<Self, StoreError> {
        let store = inner.events.retention().ok_or(StoreError::Unsupported { what: "retention" })?;
        Ok(Self { inner, store })
    }

    /// What would go, and what stays for which reasons. Changes nothing; the real run plans with the same function.
    ///
    /// # Errors
    /// The store fails, its record cannot be read, or a process instance cannot be loaded.
    pub async fn preview(
        &self,
        purpose: Purpose,
        wanted: &Wanted,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<RetentionPlan, RetentionError> {
        let ledger = self.ledger().await?;
        self.plan(purpose, wanted, &ledger, progress, cancel).await
    }

    /// Hides what the rules (or the rule asked for) let go and the guard permits. Effective at once.
    ///
    /// # Errors
    /// As [`Retention::preview`]; [`RetentionError::Refused`] if nothing of it may go, and
    /// [`RetentionError::NotAsPreviewed`].
    pub async fn truncate(
        &self,
        wanted: &Wanted,
        by: &Authorship,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<TruncateReport, RetentionError> {
        check_signed(by)?;
        run::truncate(self, wanted, by, progress, cancel).await
    }

    /// Moves truncated events to the archive, batch by batch. Cancelling or dying at any point leaves nothing half done;
    /// running it again goes on.
    ///
    /// # Errors
    /// As [`Retention::truncate`].
    pub async fn scavenge(
        &self,
        wanted: &Wanted,
        by: &Authorship,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<ScavengeReport, RetentionError> {
        check_signed(by)?;
        run::scavenge(self, wanted, by, progress, cancel).await
    }

    /// Records a rule for a stream or a category, in place of its former one. Hides nothing by itself.
    ///
    /// # Errors
    /// A rule that cannot be, an unsigned change, or the store fails.
    pub async fn set_rule(&self, scope: Scope, rule: RetentionRule, by: &Authorship) -> Result<(), RetentionError> {
        check_rule(&scope, &rule).map_err(|reason| RetentionError::BadRule { scope: scope.clone(), reason })?;
        self.record(by, |_| Ok((RetentionEvent::RetentionRuleSet { scope: scope.clone(), rule }, None))).await
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// There is none, an unsigned change, or the store fails.
    pub async fn remove_rule(&self, scope: &Scope, by: &Authorship) -> Result<(), RetentionError> {
        let removed = |ledger: &RetentionLedger| match ledger.rules.get(scope) {
            Some(_) => Ok((RetentionEvent::RetentionRuleRemoved { scope: scope.clone() }, None)),
            None => Err(RetentionError::UnknownRule { scope: scope.clone() }),
        };
        self.record(by, removed).await
    }

    /// Places a legal hold: nothing of what it covers goes until it is lifted, whatever the rules say.
    ///
    /// # Errors
    /// The name is taken, an unsigned change, or the store fails.
    pub async fn place_hold(&self, hold: &str, scope: Scope, by: &Authorship) -> Result<(), RetentionError> {
        if hold.trim().is_empty() {
            return Err(RetentionError::Unsigned { what: "the hold's name" });
        }
        let placed = |ledger: &RetentionLedger| match ledger.holds.get(hold) {
            Some(taken) => Err(RetentionError::HoldExists { hold: Box::new(taken.clone()) }),
            None => Ok((RetentionEvent::LegalHoldPlaced { hold: hold.to_owned(), scope: scope.clone() }, None)),
        };
        self.record(by, placed).await
    }

    /// Lifts a legal hold.
    ///
    /// # Errors
    /// There is none, an unsigned change, or the store fails.
    pub async fn lift_hold(&self, hold: &str, by: &Authorship) -> Result<(), RetentionError> {
        let lifted = |ledger: &RetentionLedger| match ledger.holds.get(hold) {
            Some(_) => Ok((RetentionEvent::LegalHoldLifted { hold: hold.to_owned() }, None)),
            None => Err(RetentionError::UnknownHold { hold: hold.to_owned() }),
        };
        self.record(by, lifted).await
    }

    /// Closes a stream for further events.
    ///
    /// # Errors
    /// A missing stream or one of the store itself, an unsigned change, or the store fails.
    pub async fn close(&self, stream: &StreamName, by: &Authorship) -> Result<(), RetentionError> {
        let closed =
            |_: &RetentionLedger| Ok((RetentionEvent::StreamClosed { stream: stream.clone() }, Some(stream.clone())));
        self.record(by, closed).await
    }

    /// Rules and holds in force, what was truncated or closed, and the room taken.
    ///
    /// # Errors
    /// The store fails, or its record cannot be read.
    pub async fn status(&self) -> Result<RetentionStatus, RetentionError> {
        let mut streams = Vec::new();
        let mut offset = 0;
        loop {
            let page = self.stream_page(&Selection::default(), offset).await?;
            if page.is_empty() {
                break;
            }
            offset += page.len() as u64;
            for info in page.into_iter().filter(|info| info.truncated_before.get() > 1 || info.closed_at.is_some()) {
                let first = self.store.outline(&info.stream, StreamVersion::ZERO).await?;
                let stored_from = first.first().map_or(info.version.next(), |event| event.version);
                let hidden = info.truncated_before.get().max(1).saturating_sub(stored_from.get());
                streams.push(KeptStream { info, hidden });
            }
        }
        Ok(RetentionStatus { ledger: self.ledger().await?, storage: self.store.storage().await?, streams })
    }

    /// Makes a change that depends on nothing but the record itself.
    async fn record(
        &self,
        by: &Authorship,
        decide: impl Fn(&RetentionLedger) -> Result<(RetentionEvent, Option<StreamName>), RetentionError>,
    ) -> Result<(), RetentionError> {
        check_signed(by)?;
        let mut attempts = 0;
        loop {
            let ledger = self.ledger().await?;
            let (event, close) = decide(&ledger)?;
            let change = RetentionChange {
                truncate: Vec::new(),
                close: close.into_iter().collect(),
                record: vec![event],
                by: by.clone(),
                decided_on: ledger.version,
            };
            attempts += 1;
            match self.store.retain(change).await {
                Ok(_) => return Ok(()),
                Err(error) if error.is_conflict() && attempts < limits::RETENTION_ATTEMPTS => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The record, folded.
    async fn ledger(&self) -> Result<RetentionLedger, RetentionError> {
        let mut ledger = RetentionLedger::default();
        loop {
            let read = ReadStream {
                stream: record_stream(),
                from: ledger.version,
                direction: Direction::Forward,
                limit: limits::PAGE_EVENTS,
            };
            let page = self.inner.events.read_stream(read).await?;
            for event in &page.events {
                ledger.take(event)?;
            }
            if page.end || page.events.is_empty() {
                return Ok(ledger);
            }
        }
    }

    /// A page of the selected streams, by name.
    async fn stream_page(&self, selection: &Selection, offset: u64) -> Result<Vec<StreamInfo>, StoreError> {
        if let Some(stream) = &selection.stream {
            let (from, direction) = (StreamVersion::MAX, Direction::Backward);
            let read = ReadStream { stream: stream.clone(), from, direction, limit: 1 };
            let found = self.inner.events.read_stream(read).await?.stream;
            return Ok(found.into_iter().filter(|_| offset == 0).collect());
        }
        let query = StreamQuery {
            category: selection.category.clone(),
            contains: None,
            system: false,
            order: StreamOrder::Name,
            offset,
            limit: limits::PAGE_EVENTS,
        };
        Ok(self.inner.events.streams(&query).await?.streams)
    }
}

fn check_signed(by: &Authorship) -> Result<(), RetentionError> {
    for (what, said) in [("the actor", &by.actor), ("the reason", &by.reason)] {
        if said.trim().is_empty() {
            return Err(RetentionError::Unsigned { what });
        }
    }
    Ok(())
}
