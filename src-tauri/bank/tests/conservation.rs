//! No money is made or lost, wherever the bank's program dies: its memory is lost, its log is not, and whatever was under way
//! is sent again.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{
    AnyState, CommandContext, CommandDraft, Domain, EncodedEvent, References, Rejection, Settlement, StreamName,
    event_id_of,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

static DOMAIN: LazyLock<Domain> = LazyLock::new(|| bank::domain().expect("the domain is sound"));
const PROCESS: &str = "process:transfer";

/// Where the program dies while it carries out a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    Not,
    BeforeWriting,
    /// The events are stored, and nobody was told.
    AfterWriting,
}

/// What the program was doing when it died is not known to it afterwards.
#[derive(Debug)]
struct Died;

/// What lives in the store, and what lives in memory.
struct Bank {
    log: Vec<(StreamName, Uuid, EncodedEvent)>,
    memory: BTreeMap<StreamName, AnyState>,
    now: DateTime<Utc>,
    commands: u128,
}

fn eur(minor: i64) -> Value {
    json!({ "minor": minor.to_string(), "currency": "EUR" })
}

fn stream_of(transfer: usize) -> StreamName {
    StreamName::new(format!("transfer-T-{transfer}")).expect("a name")
}

impl Bank {
    /// A customer with three accounts of 100.00 EUR each.
    fn new() -> Self {
        let now = "2031-05-05T09:00:00Z".parse().expect("a time");
        let mut bank = Self { log: Vec::new(), memory: BTreeMap::new(), now, commands: 0 };
        let id = "C-1";
        let setup = [
            (
                "RegisterCustomer",
                json!({"customerId": id, "givenName": "Ada", "familyName": "B", "birthDate": "1990-12-10"}),
            ),
            (
                "SubmitIdentification",
                json!({"customerId": id, "document": "passport", "documentNumber": "P1", "validUntil": "2033-06-30"}),
            ),
            ("RecordScreening", json!({"customerId": id, "outcome": "clear", "note": "lists searched"})),
            ("AssessRisk", json!({"customerId": id, "rating": "low", "rationale": "salaried"})),
        ];
        for (command_type, payload) in setup {
            bank.person(command_type, &payload, "maker").expect("accepted");
        }
        bank.person("ApproveOnboarding", &json!({"customerId": id}), "checker").expect("approved");
        for account in ["0", "1", "2"] {
            let open = json!({"accountId": account, "customerId": id, "currency": "EUR", "product": "current"});
            bank.person("OpenAccount", &open, "maker").expect("opened");
            bank.person("Deposit", &json!({"accountId": account, "amount": eur(10_000)}), "maker").expect("paid in");
        }
        bank
    }

    fn fresh_id(&mut self) -> Uuid {
        self.commands += 1;
        Uuid::from_u128(self.commands)
    }

    /// What a person asks for; a rule may refuse.
    fn person(&mut self, command_type: &str, payload: &Value, actor: &str) -> Result<(), Rejection> {
        let (command_id, command_type) = (self.fresh_id(), command_type.to_owned());
        let draft = CommandDraft { command_id, command_type, payload: payload.to_string() };
        match self.execute(&draft, actor, Death::Not) {
            Ok(Settlement::Done) => Ok(()),
            Ok(Settlement::Rejected(rejection)) => Err(rejection),
            Err(Died) => unreachable!("nobody has died"),
        }
    }

    /// The state in memory, folded from the log where it is not.
    fn state(&mut self, stream: &StreamName) -> AnyState {
        let aggregate = DOMAIN.aggregate(stream.category()).expect("an aggregate");
        if let Some(state) = self.memory.get(stream) {
            return state.clone();
        }
        let mut state = aggregate.initial();
        for (_, _, event) in self.log.iter().filter(|(of, ..)| of == stream) {
            aggregate.evolve(&mut state, event.event_type, &event.payload).expect("an event folds");
        }
        self.memory.insert(stream.clone(), state.clone());
        state
    }

    /// Carries a command out as the engine does: a receipt, a decision on the state, one atomic append.
    fn execute(&mut self, draft: &CommandDraft, actor: &str, death: Death) -> Result<Settlement, Died> {
        let first = event_id_of(draft.command_id, 0);
        if self.log.iter().any(|(_, id, _)| *id == first) {
            return self.live_on(death, Settlement::Done);
        }
        let (aggregate, parsed) = DOMAIN.parse_command(&draft.command_type, &draft.payload).expect("fits its schema");
        let mut references = References::default();
        for stream in &parsed.references {
            references.insert(stream.clone(), self.state(stream));
        }
        let context = CommandContext {
            command_id: draft.command_id,
            now: self.now,
            business_date: self.now.date_naive(),
            actor: actor.to_owned(),
            channel: "test".to_owned(),
            reason: None,
            correlation_id: draft.command_id,
            causation_id: draft.command_id,
        };
        let mut state = self.state(&parsed.stream);
        let decided = aggregate.decide(&state, &parsed, &context, &references);
        let events = match decided {
            Ok(events) if death != Death::BeforeWriting => events,
            Ok(_) => return self.live_on(death, Settlement::Done),
            Err(rejection) => return self.live_on(death, Settlement::Rejected(rejection)),
        };
        for (index, event) in events.into_iter().enumerate() {
            aggregate.evolve(&mut state, event.event_type, &event.payload).expect("an event folds");
            self.log.push((parsed.stream.clone(), event_id_of(draft.command_id, index), event));
        }
        self.memory.insert(parsed.stream, state);
        self.live_on(death, Settlement::Done)
    }

    fn live_on(&mut self, death: Death, answer: Settlement) -> Result<Settlement, Died> {
        if death == Death::Not {
            return Ok(answer);
        }
        self.memory.clear();
        Err(Died)
    }

    fn pending(&mut self, transfer: usize) -> Option<CommandDraft> {
        let stream = stream_of(transfer);
        let state = self.state(&stream);
        DOMAIN.processes[0].turn(&stream, &state).pending.into_iter().next()
    }

    /// One step of a transfer's process: send what is planned, record the answer. It may die in either.
    fn step(&mut self, transfer: usize, deaths: (Death, Death)) -> Result<(), Died> {
        let Some(planned) = self.pending(transfer) else { return Ok(()) };
        let how = self.execute(&planned, PROCESS, deaths.0)?;
        let own = DOMAIN.command(&planned.command_type).is_some_and(|command| command.category == "transfer");
        match how {
            Settlement::Rejected(rejection) if own => {
                panic!("{} was refused: {}", planned.command_type, rejection.message)
            }
            _ if own => return Ok(()),
            _ => {}
        }
        let stream = stream_of(transfer);
        let state = self.state(&stream);
        let outcome = DOMAIN.processes[0].settle(&stream, &state, &planned, &how);
        match self.execute(&outcome, PROCESS, deaths.1)? {
            Settlement::Done => Ok(()),
            Settlement::Rejected(rejection) => panic!("{} was refused: {}", outcome.command_type, rejection.message),
        }
    }

    fn fire_timers(&mut self, transfer: usize, death: Death) -> Result<(), Died> {
        let stream = stream_of(transfer);
        let state = self.state(&stream);
        for timer in DOMAIN.processes[0].turn(&stream, &state).timers {
            if timer.due_at <= self.now {
                self.execute(&timer.command, PROCESS, death)?;
            }
        }
        Ok(())
    }

    /// Credits less debits by posting account, from the raw payloads; debits and credits of each entry must be equal.
    fn owed(&self) -> BTreeMap<String, i64> {
        let mut owed: BTreeMap<String, i64> = BTreeMap::new();
        for (stream, _, event) in &self.log {
            let payload: Value = serde_json::from_str(&event.payload).expect("JSON");
            let mut sum = 0;
            for leg in payload["postings"].as_array().into_iter().flatten() {
                let minor: i64 = leg["amount"]["minor"].as_str().expect("text").parse().expect("a number");
                let signed = if leg["side"] == "credit" { minor } else { -minor };
                *owed.entry(leg["account"].as_str().expect("an account").to_owned()).or_default() += signed;
                sum += signed;
            }
            assert_eq!(sum, 0, "{} of {stream} balances by itself", event.event_type);
        }
        owed
    }

    /// What must hold at any time, also right after a death.
    fn check(&self, after: &Happening) {
        let (mut left, mut arrived) = (BTreeMap::new(), BTreeSet::new());
        for (_, _, event) in &self.log {
            let payload: Value = serde_json::from_str(&event.payload).expect("JSON");
            let transfer = payload["transferId"].as_str().unwrap_or_default().to_owned();
            let minor = || payload["amount"]["minor"].as_str().expect("text").parse::<i64>().expect("a number");
            match event.event_type {
                "TransferDebited" => {
                    assert_eq!(left.insert(transfer.clone(), minor()), None, "{transfer} leaves once, after {after:?}");
                }
                "TransferCredited" | "TransferDebitReturned" | "TransferParked" => {
                    assert_eq!(left.get(&transfer), Some(&minor()), "{transfer} arrives as it left, after {after:?}");
                    assert!(arrived.insert(transfer.clone()), "{transfer} arrives once, after {after:?}");
                }
                _ => {}
            }
        }
        let flying: i64 =
            left.iter().filter(|(transfer, _)| !arrived.contains(*transfer)).map(|(_, minor)| minor).sum();
        let owed = self.owed();
        let of = |account: &str| owed.get(account).copied().unwrap_or_default();
        assert_eq!(of("gl:transfers-in-transit"), flying, "transit is explained after {after:?}");
        let customers: i64 = owed.iter().filter(|(name, _)| name.starts_with("account:")).map(|(_, owed)| owed).sum();
        let inside = customers + of("gl:transfers-in-transit") + of("gl:suspense") + of("gl:fee-income");
        assert_eq!(inside, -of("gl:vault-cash"), "what was paid in and not paid out is there after {after:?}");
    }
}

/// What may happen.
#[derive(Debug, Clone)]
enum Happening {
    Request {
        transfer: usize,
        source: usize,
        target: usize,
        minor: i64,
    },
    Step {
        transfer: usize,
        deaths: (Death, Death),
    },
    /// The same command once more, as a dispatcher does that does not know of the first.
    Twice {
        transfer: usize,
    },
    /// And under another id, as a person might.
    UnderAnotherId {
        transfer: usize,
    },
    Timers {
        transfer: usize,
        death: Death,
    },
    Cancel {
        transfer: usize,
    },
    Pass {
        seconds: i64,
    },
    Freeze {
        account: usize,
    },
    Unfreeze {
        account: usize,
    },
    PayOut {
        account: usize,
        minor: i64,
    },
    Close {
        account: usize,
    },
    /// The target is closed while the money is on its way, or both accounts are.
    TargetGoes {
        transfer: usize,
        source_too: bool,
    },
    Restart,
}

fn death() -> impl Strategy<Value = Death> {
    prop_oneof![3 => Just(Death::Not), 1 => Just(Death::BeforeWriting), 1 => Just(Death::AfterWriting)]
}

fn happening() -> impl Strategy<Value = Happening> {
    let (transfer, account) = (0..3_usize, 0..3_usize);
    let other = 1..3_usize;
    prop_oneof![
        8 => (transfer.clone(), account.clone(), other, 1_i64..6_000).prop_map(|(transfer, source, other, minor)| {
            Happening::Request { transfer, source, target: (source + other) % 3, minor }
        }),
        40 => (transfer.clone(), death(), death())
            .prop_map(|(transfer, before, after)| Happening::Step { transfer, deaths: (before, after) }),
        4 => transfer.clone().prop_map(|transfer| Happening::Twice { transfer }),
        14 => transfer.clone().prop_map(|transfer| Happening::UnderAnotherId { transfer }),
        8 => (transfer.clone(), prop::bool::weighted(0.3))
            .prop_map(|(transfer, source_too)| Happening::TargetGoes { transfer, source_too }),
        4 => (transfer.clone(), death()).prop_map(|(transfer, death)| Happening::Timers { transfer, death }),
        2 => transfer.prop_map(|transfer| Happening::Cancel { transfer }),
        4 => (1..90_i64).prop_map(|seconds| Happening::Pass { seconds }),
        1 => account.clone().prop_map(|account| Happening::Freeze { account }),
        4 => account.clone().prop_map(|account| Happening::Unfreeze { account }),
        1 => (account.clone(), 1_i64..10_001).prop_map(|(account, minor)| Happening::PayOut { account, minor }),
        1 => account.prop_map(|account| Happening::Close { account }),
        2 => Just(Happening::Restart),
    ]
}

/// Empties an account and closes it.
fn close(bank: &mut Bank, account: &str) {
    let state = bank.state(&StreamName::new(format!("account-{account}")).expect("a name"));
    let open = state.downcast_ref::<bank::account::AccountState>().and_then(|state| state.open());
    let rest = open.map_or(0, |account| account.available.minor());
    if rest > 0 {
        drop(bank.person("Withdraw", &json!({"accountId": account, "amount": eur(rest)}), "somebody"));
    }
    drop(bank.person("CloseAccount", &json!({"accountId": account, "reason": "x"}), "somebody"));
}

/// People may be refused and programs may die: both are told by the value, and neither matters here.
fn happen(bank: &mut Bank, happening: &Happening) {
    let id = |transfer: &usize| format!("T-{transfer}");
    match happening {
        Happening::Request { transfer, source, target, minor } => {
            let (source, target) = (source.to_string(), target.to_string());
            let request = json!({
                "transferId": id(transfer), "source": source, "target": target, "amount": eur(*minor), "reference": "test",
            });
            drop(bank.person("RequestTransfer", &request, "somebody"));
        }
        Happening::Step { transfer, deaths } => drop(bank.step(*transfer, *deaths)),
        Happening::Twice { transfer } => {
            let Some(planned) = bank.pending(*transfer) else { return };
            drop(bank.execute(&planned, PROCESS, Death::AfterWriting));
            drop(bank.execute(&planned, PROCESS, Death::Not));
        }
        Happening::UnderAnotherId { transfer } => {
            let Some(planned) = bank.pending(*transfer) else { return };
            drop(bank.execute(&planned, PROCESS, Death::Not));
            let again = CommandDraft { command_id: bank.fresh_id(), ..planned };
            drop(bank.execute(&again, "operator", Death::Not));
        }
        Happening::Timers { transfer, death } => drop(bank.fire_timers(*transfer, *death)),
        Happening::Cancel { transfer } => {
            drop(bank.person("CancelTransfer", &json!({"transferId": id(transfer), "reason": "x"}), "somebody"));
        }
        Happening::Pass { seconds } => bank.now += TimeDelta::seconds(*seconds),
        Happening::Freeze { account } => {
            let freeze = json!({"accountId": account.to_string(), "caseId": "C", "reason": "x"});
            drop(bank.person("FreezeAccount", &freeze, "somebody"));
        }
        Happening::Unfreeze { account } => {
            drop(bank.person("UnfreezeAccount", &json!({"accountId": account.to_string(), "caseId": "C"}), "somebody"));
        }
        Happening::PayOut { account, minor } => {
            drop(bank.person(
                "Withdraw",
                &json!({"accountId": account.to_string(), "amount": eur(*minor)}),
                "somebody",
            ));
        }
        Happening::Close { account } => close(bank, &account.to_string()),
        Happening::TargetGoes { transfer, source_too } => {
            let state = bank.state(&stream_of(*transfer));
            let state = state.downcast_ref::<bank::transfer::TransferState>().filter(|state| state.is_in_flight());
            if let Some(order) = state.and_then(|state| state.order.as_ref()) {
                close(bank, order.target.as_str());
                if *source_too {
                    close(bank, order.source.as_str());
                }
            }
        }
        Happening::Restart => bank.memory.clear(),
    }
}

proptest! {
    #![proptest_config(cases::cases())]

    #[test]
    fn money_is_conserved_under_crash(happenings in prop::collection::vec(happening(), 1..60)) {
        let mut bank = Bank::new();
        for happening in &happenings {
            happen(&mut bank, happening);
            bank.check(happening);
        }
        // The program is started for good: everything comes to an end.
        bank.memory.clear();
        for transfer in 0..3 {
            for _ in 0..12 {
                bank.step(transfer, (Death::Not, Death::Not)).expect("nobody dies any more");
            }
            prop_assert!(bank.pending(transfer).is_none(), "transfer {} comes to an end", transfer);
        }
        bank.check(&Happening::Restart);
        let owed = bank.owed();
        prop_assert_eq!(owed.get("gl:transfers-in-transit").copied().unwrap_or_default(), 0, "nothing is left in transit");
        for account in 0..3 {
            let state = bank.state(&StreamName::new(format!("account-{account}")).expect("a name"));
            let account = state.downcast_ref::<bank::account::AccountState>().and_then(|state| state.account());
            let account = account.expect("an account");
            prop_assert_eq!(account.held.minor(), 0, "no hold of a transfer is left on {}", account.account_id);
            let posted = owed.get(&format!("account:{}", account.account_id)).copied().unwrap_or_default();
            prop_assert_eq!(account.settled.minor(), posted, "the balance is the sum of the postings");
        }
    }
}

/// A property over transfers that never get anywhere would hold and say nothing.
#[test]
fn what_happens_reaches_every_end_of_a_transfer() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..256 {
        let happenings = prop::collection::vec(happening(), 1..60).new_tree(&mut runner).expect("a sequence").current();
        let mut bank = Bank::new();
        happenings.iter().for_each(|happening| happen(&mut bank, happening));
        for transfer in 0..3 {
            (0..12).for_each(|_| drop(bank.step(transfer, (Death::Not, Death::Not))));
        }
        bank.log.iter().for_each(|(_, _, event)| *seen.entry(event.event_type).or_default() += 1);
    }
    for wanted in [
        "TransferCompleted",
        "TransferRejected",
        "TransferFailed",
        "TransferCancelled",
        "TransferCompensated",
        "TransferParked",
        "SourceReleased",
    ] {
        assert!(seen.get(wanted).is_some_and(|times| *times >= 3), "{wanted} happens: {seen:?}");
    }
}
