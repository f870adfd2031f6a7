//! Appends, batches of appends, and deletions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use tokio_stream::StreamExt;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::access::{Caller, Right};
use super::log::{Expected, Position, Proposed, Refusal, Written};
use super::network::Wire;
use super::refusals;
use super::server::{Shared, wire_of};
use super::wire::common::{self, Empty};
use super::wire::rpc;
use super::wire::streams::streams_server::Streams;
use super::wire::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq, ReadResp, TombstoneReq,
    TombstoneResp, append_req, append_resp, batch_append_req, batch_append_resp, delete_req, delete_resp,
    tombstone_req, tombstone_resp,
};
use super::wire::{all_position, identifier, stream_of, uuid_of};

/// How long the server itself tries to carry out a batched append.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

#[tonic::async_trait]
impl Streams for Shared {
    async fn read(self: Arc<Self>, request: Request<ReadReq>) -> Result<Response<BoxStream<ReadResp>>, Status> {
        let caller = self.admit_to_leader(request.metadata()).await?;
        super::reading::read(self, &caller, request.into_inner()).map(Response::new)
    }

    async fn append(self: Arc<Self>, request: Request<Streaming<AppendReq>>) -> Result<Response<AppendResp>, Status> {
        let caller = self.admit_to_leader(request.metadata()).await?;
        let wire = wire_of(&request);
        let mut messages = request.into_inner();
        let Some(append_req::Content::Options(options)) = messages.message().await?.and_then(|first| first.content)
        else {
            return Err(Status::unknown("Exception was thrown by handler."));
        };
        let stream = stream_of(options.stream_identifier.as_ref())?;
        let wanted = options.expected_stream_revision.ok_or_else(expectation_missing)?;
        let expected = of_append(&wanted);
        self.with_log(|log| caller.check(log, &stream, Right::Write))?;

        let mut events = Vec::new();
        let mut size = 0;
        while let Some(message) = messages.message().await? {
            let Some(append_req::Content::ProposedMessage(message)) = message.content else {
                return Err(Status::unknown("Exception was thrown by handler."));
            };
            let event = proposed(message.id.as_ref(), message.metadata, message.data, message.custom_metadata)?;
            if let Some(limit) = self.options.event_limit.filter(|limit| event.size() > *limit) {
                return Err(refusals::event_too_large(event.id, event.size(), limit));
            }
            size += event.size();
            if size > self.options.append_limit {
                return Err(refusals::append_too_large(self.options.append_limit));
            }
            events.push(event);
        }

        let result = match self.change_log(|log, now| log.append(&stream, expected, events, now)) {
            Ok(written) => {
                self.answer_may_get_lost(wire.as_deref()).await;
                append_resp::Result::Success(success(written))
            }
            Err(Refusal::Deleted) => return Err(refusals::stream_deleted(&stream)),
            Err(Refusal::WrongVersion(actual)) => {
                append_resp::Result::WrongExpectedVersion(wrong_version(wanted, actual))
            }
        };
        Ok(Response::new(AppendResp { result: Some(result) }))
    }

    async fn batch_append(
        self: Arc<Self>,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<BoxStream<BatchAppendResp>>, Status> {
        let caller = self.admit_to_leader(request.metadata()).await?;
        let wire = wire_of(&request);
        let mut batches = Batches { shared: self, caller, wire, begun: HashMap::new() };
        let mut messages = request.into_inner();
        Ok(Response::new(Box::pin(async_stream::try_stream! {
            while let Some(message) = messages.next().await {
                if let Some(answer) = batches.take(message?).await {
                    yield answer;
                }
            }
        })))
    }

    async fn delete(self: Arc<Self>, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        use delete_req::options::ExpectedStreamRevision as Wanted;
        let caller = self.admit_to_leader(request.metadata()).await?;
        let wire = wire_of(&request);
        let options = request.into_inner().options.ok_or_else(|| Status::invalid_argument("options are missing"))?;
        let expected = match options.expected_stream_revision.ok_or_else(expectation_missing)? {
            Wanted::Revision(revision) => Expected::Exact(revision),
            Wanted::NoStream(_) => Expected::NoStream,
            Wanted::Any(_) => Expected::Any,
            Wanted::StreamExists(_) => Expected::Exists,
        };
        let stream = stream_of(options.stream_identifier.as_ref())?;
        let position = self.remove(&caller, wire, &stream, expected, Removal::Soft).await?;
        let position = delete_resp::Position { commit_position: position.commit, prepare_position: position.prepare };
        Ok(Response::new(DeleteResp { position_option: Some(delete_resp::PositionOption::Position(position)) }))
    }

    async fn tombstone(self: Arc<Self>, request: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        use tombstone_req::options::ExpectedStreamRevision as Wanted;
        let caller = self.admit_to_leader(request.metadata()).await?;
        let wire = wire_of(&request);
        let options = request.into_inner().options.ok_or_else(|| Status::invalid_argument("options are missing"))?;
        let expected = match options.expected_stream_revision.ok_or_else(expectation_missing)? {
            Wanted::Revision(revision) => Expected::Exact(revision),
            Wanted::NoStream(_) => Expected::NoStream,
            Wanted::Any(_) => Expected::Any,
            Wanted::StreamExists(_) => Expected::Exists,
        };
        let stream = stream_of(options.stream_identifier.as_ref())?;
        let position = self.remove(&caller, wire, &stream, expected, Removal::Tombstone).await?;
        let position =
            tombstone_resp::Position { commit_position: position.commit, prepare_position: position.prepare };
        Ok(Response::new(TombstoneResp { position_option: Some(tombstone_resp::PositionOption::Position(position)) }))
    }
}

/// How a stream is deleted.
#[derive(Clone, Copy)]
enum Removal {
    Soft,
    Tombstone,
}

impl Shared {
    async fn remove(
        &self,
        caller: &Caller,
        wire: Option<Arc<Wire>>,
        stream: &str,
        expected: Expected,
        how: Removal,
    ) -> Result<Position, Status> {
        self.with_log(|log| caller.check(log, stream, Right::Delete))?;
        let removed = self.change_log(|log, now| match how {
            Removal::Soft => log.delete(stream, expected, now),
            Removal::Tombstone => log.tombstone(stream, expected, now),
        });
        let position = removed.map_err(|refusal| match refusal {
            Refusal::Deleted => refusals::stream_deleted(stream),
            Refusal::WrongVersion(actual) => refusals::wrong_version(stream, expected, actual),
        })?;
        self.answer_may_get_lost(wire.as_deref()).await;
        Ok(position)
    }
}

fn expectation_missing() -> Status {
    Status::invalid_argument("'None' is not a valid ExpectedStreamRevisionOneofCase")
}

fn of_append(wanted: &append_req::options::ExpectedStreamRevision) -> Expected {
    use append_req::options::ExpectedStreamRevision as Wanted;
    match wanted {
        Wanted::Revision(revision) => Expected::Exact(*revision),
        Wanted::NoStream(_) => Expected::NoStream,
        Wanted::Any(_) => Expected::Any,
        Wanted::StreamExists(_) => Expected::Exists,
    }
}

fn proposed(
    id: Option<&common::Uuid>,
    mut metadata: HashMap<String, String>,
    data: tonic::codegen::Bytes,
    custom_metadata: tonic::codegen::Bytes,
) -> Result<Proposed, Status> {
    let event_type = metadata.remove("type").ok_or_else(|| refusals::metadata_missing("type"))?;
    let content_type = metadata.remove("content-type").ok_or_else(|| refusals::metadata_missing("content-type"))?;
    Ok(Proposed { id: uuid_of(id)?, event_type, json: content_type == "application/json", data, custom_metadata })
}

fn success(written: Written) -> append_resp::Success {
    use append_resp::success::{CurrentRevisionOption, PositionOption};
    let revision =
        written.last.map_or(CurrentRevisionOption::NoStream(Empty {}), CurrentRevisionOption::CurrentRevision);
    let position = written.position.map_or(PositionOption::NoPosition(Empty {}), |position| {
        PositionOption::Position(append_resp::Position {
            commit_position: position.commit,
            prepare_position: position.prepare,
        })
    });
    append_resp::Success { current_revision_option: Some(revision), position_option: Some(position) }
}

/// Says it twice: as servers say it now, and as those of 20.6.0 did.
fn wrong_version(
    wanted: append_req::options::ExpectedStreamRevision,
    actual: Option<u64>,
) -> append_resp::WrongExpectedVersion {
    use append_req::options::ExpectedStreamRevision as Wanted;
    use append_resp::wrong_expected_version::{
        CurrentRevisionOption, CurrentRevisionOption2060, ExpectedRevisionOption, ExpectedRevisionOption2060,
    };
    let (expected, expected_2060) = match wanted {
        Wanted::Revision(revision) => (
            ExpectedRevisionOption::ExpectedRevision(revision),
            ExpectedRevisionOption2060::ExpectedRevision2060(revision),
        ),
        Wanted::NoStream(empty) => (
            ExpectedRevisionOption::ExpectedNoStream(empty),
            ExpectedRevisionOption2060::ExpectedRevision2060(u64::MAX),
        ),
        Wanted::Any(empty) => (ExpectedRevisionOption::ExpectedAny(empty), ExpectedRevisionOption2060::Any2060(empty)),
        Wanted::StreamExists(empty) => {
            (ExpectedRevisionOption::ExpectedStreamExists(empty), ExpectedRevisionOption2060::StreamExists2060(empty))
        }
    };
    let (current, current_2060) = match actual {
        None => (CurrentRevisionOption::CurrentNoStream(Empty {}), CurrentRevisionOption2060::NoStream2060(Empty {})),
        Some(revision) => {
            (CurrentRevisionOption::CurrentRevision(revision), CurrentRevisionOption2060::CurrentRevision2060(revision))
        }
    };
    append_resp::WrongExpectedVersion {
        current_revision_option_20_6_0: Some(current_2060),
        expected_revision_option_20_6_0: Some(expected_2060),
        current_revision_option: Some(current),
        expected_revision_option: Some(expected),
    }
}

/// The batches of one call.
struct Batches {
    shared: Arc<Shared>,
    caller: Caller,
    wire: Option<Arc<Wire>>,
    begun: HashMap<Uuid, Batch>,
}

/// A batch of which not every part has come yet.
struct Batch {
    stream: String,
    wanted: batch_append_req::options::ExpectedStreamPosition,
    events: Vec<Proposed>,
    size: usize,
}

impl Batches {
    /// Takes a part of a batch; answers if it was the last one, or the batch is refused.
    async fn take(&mut self, message: BatchAppendReq) -> Option<BatchAppendResp> {
        let correlation_id = message.correlation_id.clone();
        let named = message.options.as_ref().and_then(|options| options.stream_identifier.clone());
        let answered = match self.collect(message) {
            Ok(None) => return None,
            Ok(Some(batch)) => {
                let answer = self.append(batch);
                if matches!(answer.result, batch_append_resp::Result::Success(_)) {
                    self.shared.answer_may_get_lost(self.wire.as_deref()).await;
                }
                answer
            }
            Err((stream, error)) => Answer { result: batch_append_resp::Result::Error(error), stream, wanted: None },
        };
        Some(BatchAppendResp {
            correlation_id,
            result: Some(answered.result),
            stream_identifier: answered.stream.map(|stream| identifier(&stream)).or(named),
            expected_stream_position: answered.wanted,
        })
    }

    fn collect(&mut self, message: BatchAppendReq) -> Result<Option<Batch>, (Option<String>, rpc::Status)> {
        let id = uuid_of(message.correlation_id.as_ref()).map_err(|status| (None, errors::bad_request(&status)))?;
        if let Some(options) = message.options {
            let batch = self.begin(options)?;
            self.begun.insert(id, batch);
        }
        // Parts of a batch that was refused already are left unanswered.
        let Some(mut batch) = self.begun.remove(&id) else { return Ok(None) };
        for part in message.proposed_messages {
            let event = proposed(part.id.as_ref(), part.metadata, part.data, part.custom_metadata);
            let event = event.map_err(|status| (Some(batch.stream.clone()), errors::bad_request(&status)))?;
            if let Some(limit) = self.shared.options.event_limit.filter(|limit| event.size() > *limit) {
                return Err((Some(batch.stream), errors::too_large(limit)));
            }
            batch.size += event.size();
            batch.events.push(event);
        }
        let limit = self.shared.options.append_limit;
        if batch.size > limit {
            return Err((Some(batch.stream), errors::too_large(limit)));
        }
        if message.is_final {
            return Ok(Some(batch));
        }
        self.begun.insert(id, batch);
        Ok(None)
    }

    fn begin(&self, options: batch_append_req::Options) -> Result<Batch, (Option<String>, rpc::Status)> {
        let stream = stream_of(options.stream_identifier.as_ref());
        let stream = stream.map_err(|status| (None, errors::bad_request(&status)))?;
        let allowed = self.shared.with_log(|log| self.caller.check(log, &stream, Right::Write));
        if allowed.is_err() {
            return Err((Some(stream), errors::access_denied()));
        }
        if self.time_left(&options) == Duration::ZERO {
            return Err((Some(stream), errors::timeout()));
        }
        let Some(wanted) = options.expected_stream_position else {
            return Err((Some(stream), errors::bad_request(&expectation_missing())));
        };
        Ok(Batch { stream, wanted, events: Vec::new(), size: 0 })
    }

    fn time_left(&self, options: &batch_append_req::Options) -> Duration {
        use batch_append_req::options::DeadlineOption;
        let duration = |seconds: i64, nanos: i32| {
            let seconds = u64::try_from(seconds).ok()?;
            Some(Duration::new(seconds, u32::try_from(nanos).ok()?))
        };
        let left = match &options.deadline_option {
            None => Some(WRITE_TIMEOUT),
            Some(DeadlineOption::Deadline(deadline)) => duration(deadline.seconds, deadline.nanos),
            Some(DeadlineOption::Deadline21100(at)) => {
                let now = self.shared.now();
                duration(at.seconds, at.nanos).map(|at| {
                    let now = now.signed_duration_since(chrono::DateTime::UNIX_EPOCH).to_std().unwrap_or_default();
                    at.saturating_sub(now)
                })
            }
        };
        left.unwrap_or_default().min(WRITE_TIMEOUT)
    }

    fn append(&self, batch: Batch) -> Answer {
        use batch_append_req::options::ExpectedStreamPosition as Wanted;
        use batch_append_resp::ExpectedStreamPosition as Echo;
        let (expected, echo) = match batch.wanted {
            Wanted::StreamPosition(revision) => (Expected::Exact(revision), Echo::StreamPosition(revision)),
            Wanted::NoStream(()) => (Expected::NoStream, Echo::NoStream(())),
            Wanted::Any(()) => (Expected::Any, Echo::Any(())),
            Wanted::StreamExists(()) => (Expected::Exists, Echo::StreamExists(())),
        };
        let appended = self.shared.change_log(|log, now| log.append(&batch.stream, expected, batch.events, now));
        let result = match appended {
            Ok(written) => batch_append_resp::Result::Success(batch_success(written)),
            Err(Refusal::Deleted) => batch_append_resp::Result::Error(errors::stream_deleted(&batch.stream)),
            Err(Refusal::WrongVersion(actual)) => {
                batch_append_resp::Result::Error(errors::wrong_version(expected, actual))
            }
        };
        Answer { result, stream: Some(batch.stream), wanted: Some(echo) }
    }
}

/// What is answered to a batch.
struct Answer {
    result: batch_append_resp::Result,
    stream: Option<String>,
    wanted: Option<batch_append_resp::ExpectedStreamPosition>,
}

fn batch_success(written: Written) -> batch_append_resp::Success {
    use batch_append_resp::success::{CurrentRevisionOption, PositionOption};
    let revision = written.last.map_or(CurrentRevisionOption::NoStream(()), CurrentRevisionOption::CurrentRevision);
    let position = written
        .position
        .map_or(PositionOption::NoPosition(()), |position| PositionOption::Position(all_position(position)));
    batch_append_resp::Success { current_revision_option: Some(revision), position_option: Some(position) }
}

/// The errors that a batch is answered with: messages, since the call itself goes on.
mod errors {
    use super::*;

    fn error(code: rpc::Code, name: &str, details: &impl Message) -> rpc::Status {
        let details = prost_types::Any {
            type_url: format!("type.googleapis.com/event_store.client.{name}"),
            value: details.encode_to_vec(),
        };
        rpc::Status { code: code.into(), message: name.to_owned(), details: Some(details) }
    }

    pub fn access_denied() -> rpc::Status {
        error(rpc::Code::PermissionDenied, "AccessDenied", &common::AccessDenied {})
    }

    pub fn timeout() -> rpc::Status {
        error(rpc::Code::DeadlineExceeded, "Timeout", &common::Timeout {})
    }

    pub fn bad_request(status: &Status) -> rpc::Status {
        let details = common::BadRequest { message: status.message().to_owned() };
        error(rpc::Code::InvalidArgument, "BadRequest", &details)
    }

    pub fn too_large(limit: usize) -> rpc::Status {
        let max_append_size = u32::try_from(limit).unwrap_or(u32::MAX);
        let details = common::MaximumAppendSizeExceeded { max_append_size };
        error(rpc::Code::InvalidArgument, "MaximumAppendSizeExceeded", &details)
    }

    pub fn stream_deleted(stream: &str) -> rpc::Status {
        let details = common::StreamDeleted { stream_identifier: Some(identifier(stream)) };
        error(rpc::Code::NotFound, "StreamDeleted", &details)
    }

    pub fn wrong_version(expected: Expected, actual: Option<u64>) -> rpc::Status {
        use common::wrong_expected_version::{CurrentStreamRevisionOption, ExpectedStreamPositionOption};
        let current = actual.map_or(
            CurrentStreamRevisionOption::CurrentNoStream(()),
            CurrentStreamRevisionOption::CurrentStreamRevision,
        );
        let expected = match expected {
            Expected::Exact(revision) => ExpectedStreamPositionOption::ExpectedStreamPosition(revision),
            Expected::Any => ExpectedStreamPositionOption::ExpectedAny(()),
            Expected::Exists => ExpectedStreamPositionOption::ExpectedStreamExists(()),
            Expected::NoStream => ExpectedStreamPositionOption::ExpectedNoStream(()),
        };
        let details = common::WrongExpectedVersion {
            current_stream_revision_option: Some(current),
            expected_stream_position_option: Some(expected),
        };
        error(rpc::Code::AlreadyExists, "WrongExpectedVersion", &details)
    }
}
