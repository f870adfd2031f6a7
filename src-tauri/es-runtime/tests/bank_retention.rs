//! Closing an account's books on SQLite: what came before the period is hidden and archived while holds and interest wait for
//! their timers, and nobody notices.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

use std::path::Path;
use std::sync::Arc;

use bank::queries::{CurrencyBalance, trial_balance};
use chrono::{DateTime, TimeDelta};
use es_core::retention::plan::{Purpose, RefusalReason};
use es_core::retention::record::{Authorship, RetentionRule};
use es_core::{
    Appended, Clock, Direction, Domain, EventReader, ManualClock, ReadModelStore, ReadStream, RecordedEvent,
    RetentionStore, Row, StreamName, StreamVersion,
};
use es_runtime::*;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use serde_json::{Value, json};
use uuid::Uuid;

/// Read models that tell of single events, so that a rebuild can only tell of those that are left. All others promise to be as
/// if nothing were gone.
const OF_WHAT_IS_LEFT: [&str; 5] = ["statement", "daily_activity", "audit", "holds", "limits"];
const ACCOUNT: &str = "E1";

struct Bank {
    engine: Engine,
    events: SqliteEventStore,
    views: Arc<SqliteReadModels>,
    domain: Arc<Domain>,
    clock: Arc<ManualClock>,
}

impl Bank {
    fn open(folder: &Path, clock: Arc<ManualClock>) -> Self {
        let options = OpenOptions { create: true, clock: clock.clone(), ..OpenOptions::default() };
        let events = SqliteEventStore::open(folder.join("bank"), options).expect("the store opens");
        let views = Arc::new(SqliteReadModels::open(folder.join("bank.views")).expect("the views open"));
        let domain = Arc::new(bank::domain().expect("a sound domain"));
        let mut parts = EngineParts::new(Arc::new(events.clone()), views.clone(), domain.clone());
        parts.clock = clock.clone();
        parts.snapshots = Some(views.clone());
        parts.owner = Uuid::new_v4().to_string();
        Self { engine: Engine::new(parts), events, views, domain, clock }
    }

    async fn executed(&self, command: &CommandEnvelope) -> Outcome {
        self.engine.execute(command).await.expect("the stores work")
    }

    async fn done(&self, command_type: &str, payload: Value) -> (CommandEnvelope, Appended) {
        let command = ordered(command_type, payload);
        match self.executed(&command).await {
            Outcome::Executed { appended, .. } => (command, appended),
            other => panic!("{command_type} should be carried out, got {other:?}"),
        }
    }

    async fn settled(&self) {
        let driven = self.engine.drive_processes_until_idle(&token()).await.expect("the stores work");
        assert!(driven.stuck.is_empty() && driven.problem.is_none(), "{driven:?}");
        let behind = self.engine.catch_up(None, &NoProgress, &token()).await.expect("the stores work");
        assert_eq!(behind, [], "every read model gets to the end");
    }

    async fn days_pass(&self, days: i64) {
        self.clock.advance(TimeDelta::days(days));
        self.settled().await;
    }

    async fn stream(&self, account: &str) -> Vec<RecordedEvent> {
        let stream = StreamName::of("account", account).expect("a name");
        let read = ReadStream { stream, from: StreamVersion::ZERO, direction: Direction::Forward, limit: 1000 };
        self.events.read_stream(read).await.expect("readable").events
    }

    async fn types_since(&self, version: StreamVersion) -> Vec<String> {
        let events = self.stream(ACCOUNT).await.into_iter().filter(|event| event.version > version);
        events.map(|event| event.event_type.to_string()).collect()
    }

    /// Debits and credits of every ledger account in every currency.
    async fn trial_balance(&self) -> Vec<CurrencyBalance> {
        let balance = trial_balance(&*self.views).await.expect("readable");
        assert!(balance.balanced && balance.transit_explained, "{balance:?}");
        balance.currencies
    }

    async fn rows(&self, projection: &str) -> Vec<Vec<Row>> {
        let declared = self.domain.projection(projection).expect("a read model");
        let active = self.views.projection(projection).await.expect("readable").active_version.expect("built");
        let mut all = Vec::new();
        for table in declared.tables() {
            all.push(self.views.scan(table, active, None, 100_000).await.expect("readable"));
        }
        all
    }
}

fn token() -> CancellationToken {
    CancellationToken::new()
}

fn ordered(command_type: &str, payload: Value) -> CommandEnvelope {
    let actor = if command_type.starts_with("Approve") { "officer" } else { "clerk" };
    CommandEnvelope::new(command_type, payload.to_string()).with_id(Uuid::new_v4()).by(actor, "test")
}

fn eur(minor: u64) -> Value {
    json!({ "minor": minor.to_string(), "currency": "EUR" })
}

fn by() -> Authorship {
    let (actor, channel, reason) = ("auditor".to_owned(), "test".to_owned(), "the books are closed".to_owned());
    Authorship { change_id: Uuid::new_v4(), actor, channel, reason }
}

/// All of the account's events before its last two.
fn all_but_the_last_two() -> Wanted {
    let stream = Some(StreamName::of("account", ACCOUNT).expect("a name"));
    let rule = Some(RetentionRule { max_count: Some(2), ..RetentionRule::default() });
    Wanted { selection: Selection { stream, category: None }, rule, expect_events: None }
}

async fn customer_with_accounts(bank: &Bank) {
    for (command_type, mut payload) in [
        ("RegisterCustomer", json!({ "givenName": "Ada", "familyName": "Byron", "birthDate": "1990-12-10" })),
        (
            "SubmitIdentification",
            json!({ "document": "passport", "documentNumber": "P1234567", "validUntil": "2060-06-30" }),
        ),
        ("RecordScreening", json!({ "outcome": "clear", "note": "all lists" })),
        ("AssessRisk", json!({ "rating": "low", "rationale": "salaried" })),
        ("ApproveOnboarding", json!({})),
    ] {
        payload["customerId"] = json!("C-1");
        bank.done(command_type, payload).await;
    }
    for account in [ACCOUNT, "E2"] {
        let open = json!({ "accountId": account, "customerId": "C-1", "currency": "EUR", "product": "current" });
        bank.done("OpenAccount", open).await;
    }
}

/// Forty days of an account with everything that waits: open holds, one of them soon over, and interest. Returns what was
/// carried out on the account.
async fn busy(bank: &Bank) -> Vec<(CommandEnvelope, Appended)> {
    let mut carried_out = Vec::new();
    let on_account = |mut payload: Value| {
        payload["accountId"] = json!(ACCOUNT);
        payload
    };
    let today = bank.clock.now().date_naive();
    let rate = json!({ "ratePartsPerMillion": "15000", "dayCount": "ACT/365F", "validFrom": today });
    carried_out.push(bank.done("SetInterestRate", on_account(rate)).await);
    for day in 0..40_u64 {
        let deposit = json!({ "amount": eur(10_000 + day) });
        carried_out.push(bank.done("Deposit", on_account(deposit)).await);
        if day % 3 == 0 {
            let transfer = json!({
                "transferId": format!("T-{day}"), "source": ACCOUNT, "target": "E2", "amount": eur(700 + day),
                "reference": "rent",
            });
            carried_out.push(bank.done("RequestTransfer", transfer).await);
        }
        if day % 5 == 0 {
            carried_out.push(bank.done("Withdraw", on_account(json!({ "amount": eur(500) }))).await);
        }
        bank.days_pass(1).await;
    }
    for (hold, days) in [("H-1", 300), ("H-2", 5)] {
        let expires_at = bank.clock.now() + TimeDelta::days(days);
        let hold = json!({ "holdId": hold, "amount": eur(4_000), "expiresAt": expires_at, "purpose": "Hotel" });
        carried_out.push(bank.done("PlaceHold", on_account(hold)).await);
    }
    bank.settled().await;
    carried_out
}

/// Processes that hold the account's past back.
async fn behind(bank: &Bank) -> Vec<String> {
    let retention = bank.engine.retention().expect("offered");
    let plan = retention.preview(Purpose::Truncate, &all_but_the_last_two(), &NoProgress, &token()).await;
    let refusals = plan.expect("planned").streams.remove(0).refusals.into_iter();
    let process = refusals.filter_map(|refusal| match refusal.reason {
        RefusalReason::ProcessBehind { process, .. } => Some(process),
        _ => None,
    });
    process.collect()
}

/// The period is opened, everything before it is hidden and archived.
async fn close_the_books(bank: &Bank) -> RecordedEvent {
    let today = bank.clock.now().date_naive();
    bank.done("OpenPeriod", json!({ "accountId": ACCOUNT, "periodFrom": today })).await;
    let retention = bank.engine.retention().expect("offered");
    assert!(behind(bank).await.contains(&"interest".to_owned()), "the period concerns it, and it has not seen it");
    bank.settled().await;
    // Of interest to one process alone: the checkpoints of the others stay behind it, and nothing waits for that.
    bank.done("Deposit", json!({ "accountId": ACCOUNT, "amount": eur(1) })).await;
    assert_eq!(bank.engine.catch_up(None, &NoProgress, &token()).await.expect("the stores work"), []);
    assert_eq!(behind(bank).await, ["year_end"]);
    bank.settled().await;
    let whole = bank.stream(ACCOUNT).await;
    let [.., period, deposit] = &whole[..] else { panic!("a history, not {whole:?}") };
    assert_eq!(&*period.event_type, "PeriodOpened");
    let wanted = all_but_the_last_two();
    let plan = retention.preview(Purpose::Truncate, &wanted, &NoProgress, &token()).await.expect("planned");
    assert_eq!(plan.streams.len(), 1);
    assert_eq!(plan.streams[0].refusals, [], "nothing keeps it: {plan:?}");
    assert_eq!(plan.streams[0].timers, 3, "two holds and the month's interest wait for their time");
    assert_eq!(plan.goes.events, whole.len() as u64 - 2, "everything before the period may go");
    let before = bank.trial_balance().await;
    let wanted = Wanted { expect_events: Some(plan.goes.events), ..wanted };
    retention.truncate(&wanted, &by(), &NoProgress, &token()).await.expect("truncated");
    bank.settled().await;
    let moved = retention.scavenge(&Wanted::default(), &by(), &NoProgress, &token()).await.expect("moved");
    assert_eq!(moved.events, plan.goes.events, "all of it is in the archive");
    bank.settled().await;
    assert_eq!(bank.trial_balance().await, before, "closing the books moves no money");
    assert_eq!(bank.stream(ACCOUNT).await, [period.clone(), deposit.clone()], "the period is what is left");
    period.clone()
}

/// What the account does after the period: old holds are captured and expire, interest is settled, transfers go both ways.
async fn life_goes_on(bank: &Bank, period: &RecordedEvent) {
    let capture = json!({ "accountId": ACCOUNT, "holdId": "H-1", "amount": eur(3_900) });
    bank.done("CaptureHold", capture).await;
    for (source, target) in [(ACCOUNT, "E2"), ("E2", ACCOUNT)] {
        let transfer = format!("T-after-{source}");
        let amount = eur(1_234);
        bank.done(
            "RequestTransfer",
            json!({ "transferId": transfer, "source": source, "target": target, "amount": amount, "reference": "r" }),
        )
        .await;
    }
    bank.days_pass(40).await;
    let types = bank.types_since(period.version).await;
    for expected in ["HoldCaptured", "TransferDebited", "TransferCredited", "HoldExpired", "InterestPosted"] {
        assert!(types.iter().any(|found| found == expected), "{expected} is missing: {types:?}");
    }
    let events = bank.stream(ACCOUNT).await;
    let expired = events.iter().find(|event| &*event.event_type == "HoldExpired").expect("expired");
    assert_eq!(
        expired.correlation_id, period.correlation_id,
        "what its process does belongs to where the stream begins"
    );
    assert!(period.correlation_id.is_some(), "which is known");
}

/// Rows that hidden events made are no damage, and rows that none made are.
async fn live_read_models_are_what_the_events_made_of_them(bank: &Bank) {
    let mut outlived = 0;
    for projection in &bank.domain.projections {
        let report = bank.engine.doctor(projection.name(), &NoProgress, &token()).await.expect("examined");
        assert!(report.is_clean(), "{} is as it was made: {:?}", projection.name(), report.faults.first());
        assert!(report.outlived_rows == 0 || OF_WHAT_IS_LEFT.contains(&projection.name()), "{report:?}");
        outlived += report.outlived_rows;
    }
    assert!(outlived > 0, "some rows tell of what is hidden");
}

async fn rebuilt_read_models_equal_the_live_ones(bank: &Bank) {
    for projection in &bank.domain.projections {
        let name = projection.name();
        let live = bank.rows(name).await;
        let options = RebuildOptions { accept_differences: true, ..RebuildOptions::default() };
        bank.engine.rebuild_with(name, options, &NoProgress, &token()).await.expect("rebuilt");
        let rebuilt = bank.rows(name).await;
        if OF_WHAT_IS_LEFT.contains(&name) {
            let (live, rebuilt) = (live.concat(), rebuilt.concat());
            assert!(!rebuilt.is_empty() && rebuilt.len() <= live.len(), "{name} tells of what is left");
        } else {
            assert_eq!(rebuilt, live, "{name} is as if nothing were gone");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_the_books_of_a_busy_account_lets_its_past_go_and_nothing_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::new(DateTime::from_timestamp(1_800_000_000, 0).expect("a time")));
    let bank = Bank::open(folder.path(), clock.clone());
    customer_with_accounts(&bank).await;
    let carried_out = busy(&bank).await;
    let period = close_the_books(&bank).await;
    bank.engine.shutdown().await;

    // Nothing is remembered from before.
    let bank = Bank::open(folder.path(), clock);
    bank.engine.delete_snapshots(None).await.expect("deleted");
    for (command, first) in &carried_out {
        match bank.executed(command).await {
            Outcome::AlreadyDone { appended, .. } => assert_eq!(appended.events, first.events, "{command:?}"),
            other => panic!("{command:?} was carried out before, got {other:?}"),
        }
    }
    bank.settled().await;
    assert_eq!(bank.types_since(period.version).await, ["MoneyDeposited"], "retries change nothing");
    life_goes_on(&bank, &period).await;
    let live = bank.trial_balance().await;
    live_read_models_are_what_the_events_made_of_them(&bank).await;
    rebuilt_read_models_equal_the_live_ones(&bank).await;
    assert_eq!(bank.trial_balance().await, live, "the ledger of what is left is that of everything");
    let verified = bank.events.verify(token(), |_| {}).await.expect("verified");
    assert!(verified.intact() && verified.stubs > 0, "{:?}", verified.findings);
    let archive = bank.events.verify_archive(Box::new(|_| true)).await.expect("verified");
    assert!(archive.intact() && archive.events == verified.stubs, "{:?}", archive.findings);
    bank.engine.shutdown().await;
}
