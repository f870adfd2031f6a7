//! The bank as a parity run tries it: the same orders, conflicts, repeats and look-ups on every backend.

use chrono::{DateTime, TimeDelta};
use es_core::{
    AppendRequest, Direction, Domain, ExpectedVersion, NewEvent, Payload, StreamAppend, StreamName, StreamVersion,
};
use es_runtime::{CommandEnvelope, ParityAction, ParityScenario, ParityStep};
use serde_json::{Value, json};
use uuid::Uuid;

/// 2027-01-15 08:00 UTC.
const START: i64 = 1_800_000_000;
const EUROS: [&str; 3] = ["E-1", "E-2", "E-3"];

/// What a parity run does: a small bank with its read models, and so many transfers.
#[must_use]
pub fn scenario(domain: &Domain, transfers: u64) -> ParityScenario {
    let mut script = Script::default();
    script.found();
    script.repeats_and_conflicts();
    script.transfers(transfers);
    script.read_models(domain);
    script.look_back();
    script.plain_appends();
    script.act("the streams", ParityAction::Streams);
    script.act("the whole log", ParityAction::Log);
    let start = DateTime::from_timestamp(START, 0).unwrap_or_default();
    ParityScenario { name: "bank".to_owned(), start, steps: script.steps }
}

#[derive(Default)]
struct Script {
    steps: Vec<ParityStep>,
    /// Ids handed out so far.
    ids: u128,
}

fn euros(minor: u64) -> Value {
    json!({ "minor": minor.to_string(), "currency": "EUR" })
}

fn transfer(number: u64, source: &str, target: &str, minor: u64) -> Value {
    let id = format!("T-{number}");
    json!({ "transferId": id, "source": source, "target": target, "amount": euros(minor), "reference": "thanks" })
}

fn named(name: &str) -> StreamName {
    // The names in this file are sound; the tests run all of them.
    StreamName::new(name).unwrap_or_else(|error| unreachable!("{name}: {error}"))
}

impl Script {
    fn act(&mut self, label: impl Into<String>, action: ParityAction) {
        self.steps.push(ParityStep { label: label.into(), action });
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn command(&mut self, command_type: &str, payload: &Value, actor: &str) -> CommandEnvelope {
        CommandEnvelope::new(command_type, payload.to_string()).with_id(self.id()).by(actor, "parity")
    }

    fn execute(&mut self, label: impl Into<String>, command: &CommandEnvelope) {
        self.act(label, ParityAction::Execute(Box::new(command.clone())));
    }

    /// A command, and what processes make of it. The clock goes on.
    fn order(&mut self, command_type: &str, payload: &Value) {
        let command = self.command(command_type, payload, "clerk");
        self.execute(format!("{command_type} {payload}"), &command);
        self.act(format!("what follows from {command_type}"), ParityAction::Drive);
        self.act("seven seconds go by", ParityAction::Advance(TimeDelta::seconds(7)));
    }

    /// A customer with accounts and money on them.
    fn found(&mut self) {
        let customer = |mut payload: Value| {
            payload["customerId"] = json!("C-1");
            payload
        };
        let name = json!({ "givenName": "Ada", "familyName": "Byron", "birthDate": "1990-12-10" });
        let document = json!({ "document": "passport", "documentNumber": "P1234567", "validUntil": "2060-06-30" });
        self.order("RegisterCustomer", &customer(name));
        self.order("SubmitIdentification", &customer(document));
        self.order("RecordScreening", &customer(json!({ "outcome": "clear", "note": "all lists" })));
        self.order("AssessRisk", &customer(json!({ "rating": "low", "rationale": "salaried" })));
        let approve = self.command("ApproveOnboarding", &customer(json!({})), "clerk");
        self.execute("the one who registered a customer may not approve", &approve);
        let approve = self.command("ApproveOnboarding", &customer(json!({})), "officer");
        self.execute("somebody else may", &approve);
        for account in EUROS {
            self.order(
                "OpenAccount",
                &customer(json!({ "accountId": account, "currency": "EUR", "product": "current" })),
            );
            self.order("Deposit", &json!({ "accountId": account, "amount": euros(100_000) }));
        }
    }

    fn repeats_and_conflicts(&mut self) {
        let payload = json!({ "accountId": "E-1", "amount": euros(500) });
        let deposit = self.command("Deposit", &payload, "clerk");
        self.execute("a deposit", &deposit);
        self.execute("the same deposit again changes nothing", &deposit);
        let reworded = CommandEnvelope { payload: format!(" {payload}"), ..deposit.clone() };
        self.execute("also in other white space", &reworded);
        let other = json!({ "accountId": "E-1", "amount": euros(501) });
        self.execute("its id means one content", &CommandEnvelope { payload: other.to_string(), ..deposit });
        for (label, version) in [("a version that is past is a conflict", 1), ("one that is to come, too", 99)] {
            let mut command = self.command("Deposit", &payload, "clerk");
            command.expected_version = Some(StreamVersion(version));
            self.execute(label, &command);
        }
        self.order("Withdraw", &json!({ "accountId": "E-1", "amount": euros(99_999_999) }));
        self.order("Withdraw", &json!({ "accountId": "E-1", "amount": euros(0) }));
        self.order("Withdraw", &json!({ "accountId": "E-9", "amount": euros(1) }));
        self.order("Withdrow", &json!({ "accountId": "E-1" }));
    }

    fn transfers(&mut self, count: u64) {
        let request = transfer(0, "E-1", "E-2", 2_500);
        self.order("RequestTransfer", &request);
        let again = self.command("RequestTransfer", &request, "clerk");
        self.execute("a transfer's number is taken", &again);
        self.order("CancelTransfer", &json!({ "transferId": "T-0", "reason": "not today" }));
        self.order("RequestTransfer", &transfer(900, "E-1", "E-2", 99_999_999));
        self.order("RequestTransfer", &transfer(901, "E-1", "nowhere", 100));
        self.order("FreezeAccount", &json!({ "accountId": "E-3", "caseId": "K-1", "reason": "a court asks" }));
        self.order("RequestTransfer", &transfer(902, "E-1", "E-3", 100));
        self.order("RequestTransfer", &transfer(903, "E-3", "E-1", 100));
        for number in 1..=count {
            let [source, target] = if number % 3 == 0 { ["E-2", "E-1"] } else { ["E-1", "E-2"] };
            self.order("RequestTransfer", &transfer(number, source, target, 100 + number * 37));
        }
        self.act("a day goes by", ParityAction::Advance(TimeDelta::days(1)));
        self.act("timers that ran out", ParityAction::Drive);
    }

    fn read_models(&mut self, domain: &Domain) {
        self.act("read models catch up", ParityAction::CatchUp);
        for projection in &domain.projections {
            let name = projection.name();
            self.act(format!("{name} as it was built"), ParityAction::Doctor(name));
            self.act(format!("{name} is built anew"), ParityAction::Rebuild(name));
            self.act(format!("{name} as it was rebuilt"), ParityAction::Doctor(name));
            self.act(format!("the rows of {name}"), ParityAction::Rows(name));
        }
    }

    /// Streams and states at versions, forward and backward.
    fn look_back(&mut self) {
        let (account, transfer) = (named("account-E-1"), named("transfer-T-0"));
        for version in [1, 2, 5, 10, 1000] {
            let at =
                |stream: &StreamName| ParityAction::StateAt { stream: stream.clone(), version: StreamVersion(version) };
            self.act(format!("the account at version {version}"), at(&account));
            self.act(format!("the transfer at version {version}"), at(&transfer));
        }
        let mut read = |stream: &StreamName, from, direction, limit| {
            let label = format!("{stream} after {from}, {direction:?}, at most {limit}");
            self.act(label, ParityAction::ReadStream { stream: stream.clone(), from, direction, limit });
        };
        for limit in [1, 3, 1000] {
            read(&account, StreamVersion::ZERO, Direction::Forward, limit);
            read(&account, StreamVersion(4), Direction::Forward, limit);
            read(&account, StreamVersion(4), Direction::Backward, limit);
            read(&account, StreamVersion::MAX, Direction::Backward, limit);
        }
        read(&transfer, StreamVersion::ZERO, Direction::Forward, 1000);
        read(&named("customer-C-1"), StreamVersion::ZERO, Direction::Forward, 1000);
        read(&named("account-none"), StreamVersion::ZERO, Direction::Forward, 10);
    }

    /// What the store itself promises, on streams that the bank does not know.
    fn plain_appends(&mut self) {
        let [one, two] = ["parity-1", "parity-größe 😀"].map(named);
        let exact = |version| ExpectedVersion::Exact(StreamVersion(version));
        let first = [self.event("{ \"a\" : 1.50 }"), self.event("null")];
        let to = |stream: &StreamName, expected, events: &[NewEvent]| {
            AppendRequest::to_stream(stream.clone(), expected, events.to_vec())
        };
        let begin = to(&one, ExpectedVersion::NoStream, &first);
        let changed = NewEvent { payload: Payload::json("{}"), ..first[0].clone() };
        let turned = [first[1].clone(), first[0].clone()];
        let new = self.event("[]");
        let mixed = [first[0].clone(), new.clone()];
        let cases = [
            ("a stream begins", begin.clone()),
            ("the same append again is a replay", begin),
            ("a replay is known though the expectation is stale", to(&one, exact(77), &first)),
            ("the same id with other content", to(&one, ExpectedVersion::Any, &[changed])),
            ("the same ids in another order", to(&one, ExpectedVersion::Any, &turned)),
            ("the same ids in another stream", to(&two, ExpectedVersion::Any, &first)),
            ("known and new ones together", to(&one, ExpectedVersion::Any, &mixed)),
            ("one id twice", to(&one, ExpectedVersion::Any, &[new.clone(), new.clone()])),
            ("a stream that is to be new and is not", to(&one, ExpectedVersion::NoStream, &[self.event("1")])),
            ("a version that is past", to(&one, exact(1), &[self.event("2")])),
            ("a version that is to come", to(&one, exact(3), &[self.event("3")])),
            ("a stream that is to exist and does not", to(&two, ExpectedVersion::Exists, &[self.event("4")])),
            ("the version that it has", to(&one, exact(2), &[new])),
            ("a stream that exists", to(&one, ExpectedVersion::Exists, &[self.event("5")])),
            ("wherever it stands", to(&two, ExpectedVersion::Any, &[self.event("6")])),
            ("nothing to append", to(&one, ExpectedVersion::Any, &[])),
            ("a payload that is not JSON after all", to(&one, ExpectedVersion::Any, &[self.event("{")])),
        ];
        for (label, request) in cases {
            self.act(label, ParityAction::Append(request));
        }
        let bytes = NewEvent { payload: Payload::Binary([0, 255].into()), ..self.event("") };
        self.act("bytes", ParityAction::Append(to(&named("parity-bytes"), ExpectedVersion::Any, &[bytes])));
        let part =
            |stream: &str, expected, event| StreamAppend { stream: named(stream), expected, events: vec![event] };
        let stale = [part("parity-3", exact(0), self.event("7")), part("parity-1", exact(1), self.event("8"))];
        self.act("two streams, one of them stale", ParityAction::Append(AppendRequest { parts: stale.into() }));
        for stream in ["parity-1", "parity-3", "parity-größe 😀"] {
            let (from, direction, limit) = (StreamVersion::ZERO, Direction::Forward, 100);
            let read = ParityAction::ReadStream { stream: named(stream), from, direction, limit };
            self.act(format!("what came of {stream}"), read);
        }
    }

    fn event(&mut self, payload: &str) -> NewEvent {
        NewEvent {
            event_id: self.id(),
            event_type: "ParityTried".into(),
            schema_version: 1,
            payload: Payload::json(payload),
            metadata: "{}".into(),
        }
    }
}
