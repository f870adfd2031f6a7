//! The append lane: decides appends by the index, and has the server carry them out under an exact revision.
//!
//! The server alone compares ids only, in one stream, and forgets them where nothing is expected. So each append is decided as on
//! any other store (same planner) with what the index knows of its stream and ids, and goes to the server with the revision that
//! was seen. Whoever writes in between makes the server refuse, and the append is decided anew. Since the revision is always
//! exact, sending an append again is harmless when its outcome is unknown. See docs/adr/0029.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use es_core::plan::{Examined, KnownEvent, LogHead, PlanInput, StreamHead, TimedRequest, plan_batch};
use es_core::{AppendError, AppendRequest, Appended, InvalidAppend, StoreError, StreamName, StreamVersion, limits};
use eventstore::{AppendToStreamOptions, CurrentRevision, Error, StreamState};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::connection::{Cure, Failure};
use crate::event;
use crate::follow::Follower;
use crate::index::{Indexed, StreamRow, by_ids, stream};
use crate::limits::APPEND_ATTEMPTS;

/// An append that waits for its answer.
struct Job {
    request: AppendRequest,
    examined: Examined,
    answer: oneshot::Sender<Result<Appended, AppendError>>,
    started: Instant,
    attempts: u32,
    /// Whether an earlier attempt ended without an answer: it may have been carried out.
    unknown: Option<StoreError>,
    /// The stream's last version as the server told it, where it knows more than the index.
    told: Option<StreamVersion>,
}

/// The lane's entrance.
pub(crate) struct Lane {
    jobs: mpsc::Sender<Job>,
}

/// What the server did with an append.
enum Sent {
    Written,
    /// The stream's last version is another one.
    Moved(StreamVersion),
    Tombstoned,
    /// Refused for a reason that does not change.
    Refused(AppendError),
    /// Not carried out; another attempt may be.
    Failed(StoreError),
    /// Nobody knows.
    Unknown(StoreError),
}

impl Lane {
    /// Starts the lane. When it is cancelled it finishes what was begun.
    pub fn start(follower: Arc<Follower>, cancel: CancellationToken) -> (Self, JoinHandle<()>) {
        let (jobs, waiting) = mpsc::channel(limits::LANE_QUEUE_REQUESTS);
        let running = tokio::spawn(run(follower, waiting, cancel));
        (Self { jobs }, running)
    }

    /// See [`es_core::EventStore::append`].
    pub async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let streams = request.stream_count();
        let examined = Examined::of(&request, true).map_err(AppendError::Invalid)?;
        if streams > 1 {
            return Err(AppendError::Invalid(InvalidAppend::SeveralStreams(streams)));
        }
        let (answer, answered) = oneshot::channel();
        let started = Instant::now();
        let job = Job { request, examined, answer, started, attempts: 0, unknown: None, told: None };
        if self.jobs.send(job).await.is_err() {
            return Err(AppendError::Store(StoreError::Closed));
        }
        answered.await.unwrap_or(Err(AppendError::Store(StoreError::Closed)))
    }
}

async fn run(follower: Arc<Follower>, mut waiting: mpsc::Receiver<Job>, cancel: CancellationToken) {
    let mut jobs: VecDeque<Job> = VecDeque::new();
    loop {
        if jobs.is_empty() {
            let next = tokio::select! {
                () = cancel.cancelled() => None,
                next = waiting.recv() => next,
            };
            match next {
                Some(job) => jobs.push_back(job),
                None => break,
            }
        }
        while jobs.len() < limits::LANE_BATCH_REQUESTS
            && let Ok(job) = waiting.try_recv()
        {
            jobs.push_back(job);
        }
        jobs = round(&follower, jobs).await;
    }
    waiting.close();
    while let Ok(job) = waiting.try_recv() {
        answer(job, Err(AppendError::Store(StoreError::Closed)));
    }
}

fn answer(job: Job, outcome: Result<Appended, AppendError>) {
    // Nobody waits any more: the caller was dropped, which changes nothing about the append.
    let _ = job.answer.send(outcome);
}

impl Job {
    fn stream(&self) -> &StreamName {
        // A request without parts was refused before.
        &self.request.parts[0].stream
    }

    fn ids(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.request.parts.iter().flat_map(|part| &part.events).map(|event| event.event_id)
    }
}

/// Decides all waiting appends, has those carried out that are independent of each other, and answers what can be answered.
/// Returns the others.
async fn round(follower: &Arc<Follower>, jobs: VecDeque<Job>) -> VecDeque<Job> {
    let timeout = follower.connection.config().timeout;
    let mut later = VecDeque::new();
    let jobs: VecDeque<Job> = jobs
        .into_iter()
        .filter_map(|job| {
            let over = job.started.elapsed() >= timeout;
            if over { give_up(job, timeout.as_millis()) } else { Some(job) }
        })
        .collect();
    if jobs.is_empty() {
        return later;
    }
    let known = match Known::of(follower, &jobs).await {
        Ok(known) => known,
        Err(error) => {
            // Nothing was sent in this round; what was sent in an earlier one may have been carried out.
            for mut job in jobs {
                let error = job.unknown.take().unwrap_or_else(|| error.clone());
                answer(job, Err(AppendError::Store(error)));
            }
            return later;
        }
    };
    let mut sending = JoinSet::new();
    let (mut streams, mut ids): (HashSet<StreamName>, HashSet<Uuid>) = (HashSet::new(), HashSet::new());
    for job in jobs {
        if streams.contains(job.stream()) || job.ids().any(|id| ids.contains(&id)) {
            later.push_back(job);
            continue;
        }
        match known.decide(&job) {
            Ok(Decision::Answer(appended)) => {
                // What was sent before without an answer was written by this very append.
                let replayed = job.unknown.is_none();
                answer(job, Ok(Appended { replayed, ..appended }));
            }
            Ok(Decision::Send(base)) => {
                streams.insert(job.stream().clone());
                ids.extend(job.ids());
                let follower = Arc::clone(follower);
                sending.spawn(async move {
                    let sent = send(&follower, &job, base).await;
                    (job, sent)
                });
            }
            Err(error) => answer(job, Err(error)),
        }
    }
    let mut written = Vec::new();
    while let Some(sent) = sending.join_next().await {
        // A task that panicked has dropped its job, whose caller is told that the store is closed.
        let Ok((job, sent)) = sent else { continue };
        match sent {
            Sent::Written => written.push(job),
            other => later.extend(after(job, other)),
        }
    }
    later.extend(confirm(follower, written).await);
    later
}

/// Gives up on an append whose time is over. Whether it was carried out is unknown if it was ever sent in vain.
fn give_up(mut job: Job, waited_ms: u128) -> Option<Job> {
    let waited_ms = u64::try_from(waited_ms).unwrap_or(u64::MAX);
    let timeout = StoreError::Timeout { operation: format!("appending to {}", job.stream()), waited_ms };
    let error = job.unknown.take().unwrap_or(timeout);
    answer(job, Err(AppendError::Store(error)));
    None
}

/// What becomes of an append that the server did not carry out, or not for certain. Returns it if it is to be decided anew.
fn after(mut job: Job, sent: Sent) -> Option<Job> {
    job.attempts += 1;
    match sent {
        Sent::Written => Some(job),
        Sent::Tombstoned => {
            let stream = job.stream().clone();
            answer(job, Err(AppendError::StreamClosed { stream }));
            None
        }
        Sent::Moved(actual) if job.attempts >= APPEND_ATTEMPTS => {
            let part = &job.request.parts[0];
            let (stream, expected) = (part.stream.clone(), part.expected);
            answer(job, Err(AppendError::WrongExpectedVersion { stream, expected, actual }));
            None
        }
        Sent::Moved(actual) => {
            job.told = Some(actual);
            Some(job)
        }
        Sent::Refused(error) => {
            answer(job, Err(error));
            None
        }
        Sent::Failed(error) if !error.retryable() => {
            let error = job.unknown.take().unwrap_or(error);
            answer(job, Err(AppendError::Store(error)));
            None
        }
        Sent::Failed(_) => Some(job),
        Sent::Unknown(error) => {
            job.unknown = Some(error);
            Some(job)
        }
    }
}

/// Answers appends that the server carried out, with the places where the index finds their events.
async fn confirm(follower: &Arc<Follower>, mut jobs: Vec<Job>) -> Vec<Job> {
    while !jobs.is_empty() {
        let all: VecDeque<Job> = jobs.drain(..).collect();
        let known = match Known::of(follower, &all).await {
            Ok(known) => known,
            Err(error) => {
                // They are written, but where is not known; asking again will tell.
                let written = |mut job: Job| {
                    job.unknown = Some(error.clone());
                    job
                };
                return all.into_iter().map(written).collect();
            }
        };
        for job in all {
            match known.decide(&job) {
                Ok(Decision::Answer(appended)) => answer(job, Ok(Appended { replayed: false, ..appended })),
                // A node that is behind does not show them yet.
                Ok(Decision::Send(_)) if job.started.elapsed() < follower.connection.config().timeout => jobs.push(job),
                Ok(Decision::Send(_)) => {
                    give_up(job, follower.connection.config().timeout.as_millis());
                }
                Err(error) => answer(job, Err(error)),
            }
        }
        if !jobs.is_empty() {
            tokio::time::sleep(crate::limits::FIRST_PAUSE).await;
        }
    }
    jobs
}

/// What the index knows of the streams and ids of some appends.
struct Known {
    events: HashMap<Uuid, Indexed>,
    streams: HashMap<StreamName, StreamRow>,
}

/// What is to be done with an append.
enum Decision {
    /// It was carried out before.
    Answer(Appended),
    /// It is to be carried out on a stream with this last version.
    Send(StreamVersion),
}

impl Known {
    async fn of(follower: &Follower, jobs: &VecDeque<Job>) -> Result<Self, StoreError> {
        let timeout = follower.connection.config().timeout;
        let caught = follower.catch_up(timeout).await?;
        if !caught.up {
            let operation = format!("indexing the log, of which {} events are known by now,", caught.cursor.events);
            let waited_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
            return Err(StoreError::Timeout { operation, waited_ms });
        }
        let ids: Vec<Uuid> = jobs.iter().flat_map(Job::ids).collect();
        let names: HashSet<StreamName> = jobs.iter().map(|job| job.stream().clone()).collect();
        let known = follower.index.read(move |index| {
            let events = by_ids(index, &ids)?;
            let mut streams = HashMap::new();
            for name in names {
                if let Some(row) = stream(index, &name, Utc::now())? {
                    streams.insert(name, row);
                }
            }
            Ok(Self { events, streams })
        });
        known.await
    }

    /// Decides an append by the planner that all stores share. Positions of what it plans mean nothing here.
    fn decide(&self, job: &Job) -> Result<Decision, AppendError> {
        let stream = job.stream();
        let row = self.streams.get(stream);
        let version = row.map_or(StreamVersion::ZERO, |row| row.info.version).max(job.told.unwrap_or_default());
        let closed = row.is_some_and(|row| row.info.closed_at.is_some());
        let known = job.ids().filter_map(|id| {
            let event = self.events.get(&id)?;
            let known = KnownEvent {
                stream: event.stream.clone(),
                version: event.version,
                position: event.position,
                content_hash: event.content_hash,
            };
            Some((id, known))
        });
        let timed = [TimedRequest { request: &job.request, recorded_at: None, examined: Some(&job.examined) }];
        let mut plan = plan_batch(PlanInput {
            head: LogHead::EMPTY,
            streams: HashMap::from([(stream.clone(), StreamHead { version, closed })]),
            known: known.collect(),
            requests: &timed,
            now: Utc::now(),
            binary_payloads: true,
        });
        match plan.outcomes.pop() {
            Some(Ok(appended)) if appended.replayed => Ok(Decision::Answer(appended)),
            Some(Ok(_)) => Ok(Decision::Send(version)),
            Some(Err(error)) => Err(error),
            None => Err(AppendError::Store(StoreError::Closed)),
        }
    }
}

/// Has the server carry out an append on a stream whose last version is `base`.
async fn send(follower: &Follower, job: &Job, base: StreamVersion) -> Sent {
    let connection = &follower.connection;
    let state = event::revision_of(base).map_or(StreamState::NoStream, StreamState::StreamRevision);
    // Half of the time, so that some is left to find out what became of an append without an answer.
    let timeout = connection.config().timeout;
    let left = (timeout / 2).min(timeout.saturating_sub(job.started.elapsed()));
    // Writes go to the leader, whichever node is read from.
    let mut options = AppendToStreamOptions::default().stream_state(state).requires_leader(true).deadline(left);
    if let Some(credentials) = connection.credentials() {
        options = options.authenticated(credentials);
    }
    let events: Vec<_> = job.request.parts.iter().flat_map(|part| &part.events).map(event::to_append).collect();
    let stream = job.stream();
    let sent = connection.attempt(left, |client| async move {
        client.append_to_stream(stream.as_str(), &options, events).await.map_err(Failure::from)
    });
    let failure = match sent.await {
        Ok(_) => return Sent::Written,
        Err(failure) => failure,
    };
    let operation = format!("appending to {stream}");
    match failure {
        Failure::Client(Error::WrongExpectedVersion { current, .. }) => Sent::Moved(match current {
            CurrentRevision::Current(revision) => event::version_of(revision),
            CurrentRevision::NoStream => StreamVersion::ZERO,
        }),
        Failure::Client(Error::ResourceDeleted) => Sent::Tombstoned,
        Failure::Client(Error::Grpc { ref message, .. }) if let Some(max) = size_limit(message) => {
            let actual = job.request.byte_count();
            Sent::Refused(AppendError::Invalid(InvalidAppend::OverLimit { what: APPEND_BYTES, actual, max }))
        }
        // These come before anything was sent.
        Failure::Client(Error::ConnectionClosed | Error::GrpcConnectionError(_) | Error::NotLeaderException(_)) => {
            Sent::Failed(connection.explain(&operation, failure).await)
        }
        Failure::Store(error) => Sent::Failed(error),
        failure if failure.cure() == Cure::None => {
            Sent::Refused(AppendError::Store(connection.explain(&operation, failure).await))
        }
        failure => {
            let error = connection.explain(&operation, failure).await;
            Sent::Unknown(if error.outcome_unknown() {
                error
            } else {
                let server = connection.config().server();
                StoreError::ConnectionLost { server, operation, reason: error.to_string() }
            })
        }
    }
}

/// What is too large where the server's own limit is passed, which this program does not know beforehand.
const APPEND_BYTES: &str = "append in bytes (the server's limit)";

/// The limit that a server names when it refuses an append for its size.
fn size_limit(message: &str) -> Option<usize> {
    let rest = message.strip_prefix("Maximum Append Size of ")?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_limit_is_read_from_its_refusal() {
        assert_eq!(size_limit("Maximum Append Size of 1048576 Exceeded."), Some(1_048_576));
        assert_eq!(size_limit("Maximum Append Size of none"), None);
        assert_eq!(size_limit("anything else"), None);
    }
}
