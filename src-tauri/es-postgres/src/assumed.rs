//! A request that comes alone, planned without a look: on the log as the lane's last commit has left it, and on its streams as
//! the request itself expects them. The statement that writes checks all of that in the moment in which it takes the head: if
//! anything is otherwise it writes nothing, and the lane looks. See docs/adr/0038.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use es_core::plan::{LogHead, Plan, StreamHead, TimedRequest};
use es_core::{ExpectedVersion, StreamName, StreamVersion};

use crate::batch::{Snapshot, Together};

/// Most streams whose versions are remembered, for requests that take their stream as it is.
const REMEMBERED_STREAMS: usize = 4096;

/// No stream has so many events. Who expects it is told by a look where the stream stands.
const IMPOSSIBLE: u64 = 1 << 62;

/// What this lane knows of the log from its own last commit, made in the same session of the server.
pub(crate) struct Left {
    /// Where the log ended.
    pub head: LogHead,
    versions: HashMap<StreamName, StreamVersion>,
}

impl Left {
    /// The log as a look has shown it.
    pub fn at(head: LogHead) -> Self {
        Self { head, versions: HashMap::new() }
    }

    /// Takes what a plan has written.
    pub fn note(&mut self, plan: &Plan<'_>) {
        self.head = plan.head;
        if self.versions.len() + plan.streams.len() > REMEMBERED_STREAMS {
            self.versions.clear();
        }
        let versions = plan.streams.iter().map(|(name, head)| (name.clone(), head.version));
        self.versions.extend(versions);
    }

    /// Where the streams of a request should stand: version 0 is that of a stream that is not there. Nothing if one of them
    /// cannot be told.
    pub fn assumed(&self, request: &TimedRequest<'_>) -> Option<Vec<(StreamName, StreamVersion)>> {
        let version = |name: &StreamName, expected: ExpectedVersion| match expected {
            ExpectedVersion::Exact(version) => Some(version).filter(|version| version.get() < IMPOSSIBLE),
            ExpectedVersion::NoStream => Some(StreamVersion::ZERO),
            ExpectedVersion::Any | ExpectedVersion::Exists => self.versions.get(name).copied(),
        };
        let parts = request.request.parts.iter();
        parts.map(|part| Some((part.stream.clone(), version(&part.stream, part.expected)?))).collect()
    }

    /// The plan of a request on these streams, if it would be written whole: whatever is refused, or was there before, is
    /// decided on a look.
    pub fn plan<'a>(
        &self,
        request: &'a [TimedRequest<'a>],
        streams: &[(StreamName, StreamVersion)],
        now: DateTime<Utc>,
    ) -> Option<Plan<'a>> {
        let there = streams.iter().filter(|(_, version)| *version > StreamVersion::ZERO);
        let streams = there.map(|(name, version)| (name.clone(), StreamHead { version: *version, closed: false }));
        let plan = Snapshot::supposed(self.head, streams.collect()).plan(request, now, Together::Each);
        let whole = plan.outcomes.iter().all(|outcome| outcome.as_ref().is_ok_and(|appended| !appended.replayed));
        Some(plan).filter(|plan| whole && !plan.rows.is_empty())
    }
}
