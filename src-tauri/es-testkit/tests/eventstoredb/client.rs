//! A client that says what the tests mean.

use std::collections::HashMap;

use es_testkit::eventstoredb::TestServer;
use es_testkit::eventstoredb::wire::common::{self, Empty, StreamIdentifier};
use es_testkit::eventstoredb::wire::streams::append_req::options::ExpectedStreamRevision;
use es_testkit::eventstoredb::wire::streams::read_req::options::all_options::AllOption;
use es_testkit::eventstoredb::wire::streams::read_req::options::filter_options::{Expression, Filter, Window};
use es_testkit::eventstoredb::wire::streams::read_req::options::stream_options::RevisionOption;
use es_testkit::eventstoredb::wire::streams::read_req::options::{
    AllOptions, ControlOption, CountOption, FilterOption, FilterOptions, Position as PositionMessage, ReadDirection,
    StreamOption, StreamOptions, SubscriptionOptions, UuidOption, uuid_option,
};
use es_testkit::eventstoredb::wire::streams::read_req::{self};
use es_testkit::eventstoredb::wire::streams::read_resp::Content;
use es_testkit::eventstoredb::wire::streams::read_resp::ReadEvent;
use es_testkit::eventstoredb::wire::streams::streams_client::StreamsClient;
use es_testkit::eventstoredb::wire::streams::{AppendReq, ReadReq, ReadResp, append_req, append_resp};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use uuid::Uuid;

pub use append_resp::Result as Appended;

/// A client of one server, with the password of one user or none.
#[derive(Clone)]
pub struct Client {
    pub channel: Channel,
    pub authorization: Option<String>,
    pub requires_leader: bool,
}

/// Connects to a server.
pub async fn connect(server: &TestServer) -> Client {
    try_connect(server).await.expect("the server listens")
}

pub async fn try_connect(server: &TestServer) -> Result<Client, tonic::transport::Error> {
    let port = server.address().port();
    let endpoint = match server.authority() {
        None => Endpoint::try_from(format!("http://127.0.0.1:{port}")).unwrap(),
        Some(authority) => {
            let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority));
            Endpoint::try_from(format!("https://localhost:{port}")).unwrap().tls_config(tls).unwrap()
        }
    };
    Ok(Client { channel: endpoint.connect().await?, authorization: None, requires_leader: false })
}

/// An event with JSON data.
pub fn event(event_type: &str, data: &str) -> append_req::ProposedMessage {
    let metadata = HashMap::from([
        ("type".to_owned(), event_type.to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ]);
    append_req::ProposedMessage {
        id: Some(common::Uuid { value: Some(common::uuid::Value::String(Uuid::new_v4().to_string())) }),
        metadata,
        custom_metadata: Vec::new().into(),
        data: data.as_bytes().to_vec().into(),
    }
}

/// As many events as wanted.
pub fn events(count: usize) -> Vec<append_req::ProposedMessage> {
    (0..count).map(|number| event("Happened", &format!("{{\"number\":{number}}}"))).collect()
}

pub fn any() -> ExpectedStreamRevision {
    ExpectedStreamRevision::Any(Empty {})
}

pub fn no_stream() -> ExpectedStreamRevision {
    ExpectedStreamRevision::NoStream(Empty {})
}

pub fn exists() -> ExpectedStreamRevision {
    ExpectedStreamRevision::StreamExists(Empty {})
}

pub fn exactly(revision: u64) -> ExpectedStreamRevision {
    ExpectedStreamRevision::Revision(revision)
}

pub fn identifier(stream: &str) -> Option<StreamIdentifier> {
    Some(StreamIdentifier { stream_name: stream.as_bytes().to_vec().into() })
}

/// What a read of a stream is to give.
pub fn of_stream(stream: &str, from: RevisionOption, backward: bool, count: Option<u64>) -> read_req::Options {
    let option =
        StreamOption::Stream(StreamOptions { stream_identifier: identifier(stream), revision_option: Some(from) });
    options(option, backward, count)
}

/// What a read of `$all` is to give.
pub fn of_all(from: AllOption, backward: bool, count: Option<u64>) -> read_req::Options {
    options(StreamOption::All(AllOptions { all_option: Some(from) }), backward, count)
}

fn options(stream: StreamOption, backward: bool, count: Option<u64>) -> read_req::Options {
    let direction = if backward { ReadDirection::Backwards } else { ReadDirection::Forwards };
    read_req::Options {
        read_direction: direction.into(),
        resolve_links: false,
        uuid_option: Some(UuidOption { content: Some(uuid_option::Content::String(Empty {})) }),
        control_option: Some(ControlOption { compatibility: 1 }),
        stream_option: Some(stream),
        count_option: Some(count.map_or(CountOption::Subscription(SubscriptionOptions {}), CountOption::Count)),
        filter_option: Some(FilterOption::NoFilter(Empty {})),
    }
}

pub fn start() -> RevisionOption {
    RevisionOption::Start(Empty {})
}

pub fn end() -> RevisionOption {
    RevisionOption::End(Empty {})
}

pub fn all_start() -> AllOption {
    AllOption::Start(Empty {})
}

pub fn all_end() -> AllOption {
    AllOption::End(Empty {})
}

pub fn all_at(commit: u64, prepare: u64) -> AllOption {
    AllOption::Position(PositionMessage { commit_position: commit, prepare_position: prepare })
}

/// A filter by a regular expression, or by prefixes if there is none.
pub fn filtered(mut options: read_req::Options, by_stream: bool, regex: &str, prefixes: &[&str]) -> read_req::Options {
    let expression =
        Expression { regex: regex.to_owned(), prefix: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect() };
    let filter = if by_stream { Filter::StreamIdentifier(expression) } else { Filter::EventType(expression) };
    options.filter_option = Some(FilterOption::Filter(FilterOptions {
        checkpoint_interval_multiplier: 1,
        filter: Some(filter),
        window: Some(Window::Max(4)),
    }));
    options
}

impl Client {
    /// The same client with a password.
    pub fn logged_in(&self, name: &str, password: &str) -> Self {
        use base64::Engine;
        let login = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        Self { authorization: Some(format!("Basic {login}")), ..self.clone() }
    }

    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.parse().unwrap());
        }
        if self.requires_leader {
            request.metadata_mut().insert("requires-leader", "true".parse().unwrap());
        }
        request
    }

    pub fn streams(&self) -> StreamsClient<Channel> {
        StreamsClient::new(self.channel.clone()).max_decoding_message_size(usize::MAX)
    }

    pub async fn append(
        &self,
        stream: &str,
        expected: ExpectedStreamRevision,
        events: Vec<append_req::ProposedMessage>,
    ) -> Result<Appended, Status> {
        let options =
            append_req::Options { stream_identifier: identifier(stream), expected_stream_revision: Some(expected) };
        let mut messages = vec![AppendReq { content: Some(append_req::Content::Options(options)) }];
        messages.extend(
            events.into_iter().map(|event| AppendReq { content: Some(append_req::Content::ProposedMessage(event)) }),
        );
        let request = self.request(tokio_stream::iter(messages));
        Ok(self.streams().append(request).await?.into_inner().result.expect("a result"))
    }

    /// Appends, and tells the stream's last revision.
    pub async fn appended(&self, stream: &str, events: Vec<append_req::ProposedMessage>) -> u64 {
        match self.append(stream, any(), events).await.expect("it can be appended") {
            Appended::Success(success) => revision(&success).expect("a stream with events"),
            Appended::WrongExpectedVersion(wrong) => panic!("nothing was expected, but: {wrong:?}"),
        }
    }

    pub async fn read(&self, options: read_req::Options) -> Result<Streaming<ReadResp>, Status> {
        Ok(self.streams().read(self.request(ReadReq { options: Some(options) })).await?.into_inner())
    }

    /// All answers of a read.
    pub async fn answers(&self, options: read_req::Options) -> Result<Vec<Content>, Status> {
        let mut answers = self.read(options).await?;
        let mut contents = Vec::new();
        while let Some(answer) = answers.message().await? {
            contents.push(answer.content.expect("an answer says something"));
        }
        Ok(contents)
    }

    /// The events of a read.
    pub async fn events(&self, options: read_req::Options) -> Vec<ReadEvent> {
        let answers = self.answers(options).await.expect("it can be read");
        answers
            .into_iter()
            .filter_map(|content| if let Content::Event(event) = content { Some(event) } else { None })
            .collect()
    }

    /// The revisions that a stream has, as far as they can be seen.
    pub async fn revisions(&self, stream: &str) -> Vec<u64> {
        self.events(of_stream(stream, start(), false, Some(u64::MAX)))
            .await
            .iter()
            .map(|read| recorded(read).0)
            .collect()
    }
}

/// Revision, commit and prepare position of what was read.
pub fn recorded(read: &ReadEvent) -> (u64, u64, u64) {
    let event = read.link.as_ref().or(read.event.as_ref()).expect("an event");
    (event.stream_revision, event.commit_position, event.prepare_position)
}

/// The data of what was read.
pub fn data(read: &ReadEvent) -> String {
    String::from_utf8(read.event.as_ref().expect("an event").data.to_vec()).unwrap()
}

/// The last revision after an append.
pub fn revision(success: &append_resp::Success) -> Option<u64> {
    use append_resp::success::CurrentRevisionOption;
    match success.current_revision_option {
        Some(CurrentRevisionOption::CurrentRevision(revision)) => Some(revision),
        _ => None,
    }
}

/// Where an append ended.
pub fn position(success: &append_resp::Success) -> Option<(u64, u64)> {
    use append_resp::success::PositionOption;
    match success.position_option {
        Some(PositionOption::Position(position)) => Some((position.commit_position, position.prepare_position)),
        _ => None,
    }
}

/// The success of an append that must have been one.
pub fn succeeded(appended: Result<Appended, Status>) -> append_resp::Success {
    match appended.expect("an answer") {
        Appended::Success(success) => success,
        Appended::WrongExpectedVersion(wrong) => panic!("it was refused: {wrong:?}"),
    }
}

/// The refusal of an append that must have been refused: what the stream's last revision is, if it has any.
pub fn refused(appended: Result<Appended, Status>) -> Option<u64> {
    use append_resp::wrong_expected_version::CurrentRevisionOption;
    match appended.expect("a refusal is a message, not an error") {
        Appended::Success(success) => panic!("it was appended: {success:?}"),
        Appended::WrongExpectedVersion(wrong) => match wrong.current_revision_option.expect("a current revision") {
            CurrentRevisionOption::CurrentRevision(revision) => Some(revision),
            CurrentRevisionOption::CurrentNoStream(_) => None,
        },
    }
}

/// Checks code and exception of an error.
pub fn assert_error<T: std::fmt::Debug>(result: Result<T, Status>, code: Code, exception: &str) -> Status {
    let status = result.expect_err("an error was wanted");
    assert_eq!(status.code(), code, "{status:?}");
    let found = status.metadata().get("exception").map(|value| value.to_str().unwrap()).unwrap_or_default();
    assert_eq!(found, exception, "{status:?}");
    status
}
