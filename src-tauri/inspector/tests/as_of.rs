//! Read models at a position: those of the bank, on random histories.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use bank::simulator::{Simulator, SimulatorConfig};
use chrono::{DateTime, TimeDelta, Utc};
use es_core::memory::{MemoryEventStore, MemoryRows};
use es_core::{
    AppendRequest, Domain, EventReader, EventStore, ExpectedVersion, ManualClock, NewEvent, Payload, Position,
    Projection, ReadAll, Row, RowQuery, RowSource, StoreError, StreamName, StreamOrder, StreamQuery,
};
use es_runtime::{CancellationToken, NoProgress, RebuildError, fold_at};
use inspector::as_of::{InstancesAt, STREAMS};
use inspector::{AsOf, Inspector, Moment, RowsAsOf, RowsAt, View};
use proptest::prelude::*;
use uuid::Uuid;

static DOMAIN: LazyLock<Arc<Domain>> = LazyLock::new(|| Arc::new(bank::domain().expect("the domain is sound")));

async fn bank_of(seed: u64, events: u64) -> Arc<MemoryEventStore> {
    let store = Arc::new(MemoryEventStore::new(Arc::new(ManualClock::new(DateTime::<Utc>::UNIX_EPOCH))));
    let appends: Vec<_> = Simulator::new(SimulatorConfig { seed, events }).expect("the domain is sound").collect();
    store.import(appends).await.expect("a simulated history is taken");
    store
}

/// An event that no read model can take.
async fn spoil(store: &MemoryEventStore, stream: &StreamName, event_type: &str, schema_version: u32) {
    let event = NewEvent {
        event_id: Uuid::new_v4(),
        event_type: event_type.into(),
        schema_version,
        payload: Payload::json(r#"{"spoilt":true}"#),
        metadata: "{}".into(),
    };
    let request = AppendRequest::to_stream(stream.clone(), ExpectedVersion::Any, vec![event]);
    store.append(request).await.expect("the store takes any event");
}

async fn events_of(store: &MemoryEventStore) -> Vec<es_core::RecordedEvent> {
    store.read_all(ReadAll::forward(Position::ZERO, 4096)).await.expect("a page").events
}

fn as_of(store: &Arc<MemoryEventStore>) -> Arc<AsOf> {
    Arc::new(AsOf::new(Arc::clone(store) as Arc<dyn EventReader>, Arc::clone(&DOMAIN)))
}

async fn rows(as_of: &AsOf, model: &str, position: Position) -> RowsAt {
    let rows = as_of.rows(model, position, &|_, _| {}, &CancellationToken::new()).await;
    rows.unwrap_or_else(|error| panic!("{model} at {position}: {error}"))
}

async fn replayed(
    store: &MemoryEventStore,
    projection: &dyn Projection,
    position: Position,
) -> Result<MemoryRows, RebuildError> {
    fold_at(store, &DOMAIN, projection.name(), position, &NoProgress, &CancellationToken::new()).await
}

/// Compares all rows with those of a fresh replay; where an event cannot be applied, with those before it.
async fn assert_as_replayed(store: &MemoryEventStore, as_of: &AsOf, projection: &dyn Projection, position: Position) {
    let name = projection.name();
    let found = rows(as_of, name, position).await;
    let expected = match replayed(store, projection, position).await {
        Ok(expected) => {
            assert_eq!(found.halted(), None, "{name} at {position} has no event that it cannot apply");
            expected
        }
        Err(RebuildError::Poison { poison, .. }) => {
            assert_eq!(found.halted(), Some(&poison), "{name} at {position} halts where a replay does");
            let before = replayed(store, projection, poison.position.previous()).await;
            before.unwrap_or_else(|error| panic!("{name} takes what is before {}: {error}", poison.position))
        }
        Err(error) => panic!("{name} at {position}: {error}"),
    };
    for table in projection.tables() {
        let found: Vec<&Row> = found.rows().rows_of(table).collect();
        let expected: Vec<&Row> = expected.rows_of(table).collect();
        assert_eq!(found, expected, "{} at {position}", table.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    /// Every position of a random bank, in a random order, so that the clock goes back and forth.
    #[test]
    fn read_models_at_every_position_are_those_of_a_fresh_replay(
        seed in any::<u64>(),
        length in 100_u64..140,
        order in any::<u64>(),
        spoilt in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..4),
    ) {
        es_testkit::run(async {
            let store = bank_of(seed, length).await;
            let events = events_of(&store).await;
            for (which, unknown) in spoilt {
                let event = &events[which.index(events.len())];
                let (event_type, version) =
                    if unknown { ("NobodyKnowsThis", 1) } else { (&*event.event_type, event.schema_version) };
                spoil(&store, &event.stream, event_type, version).await;
            }
            let head = store.head().await.expect("a head").get();
            let as_of = as_of(&store);
            // A step that has no divisor in common with the number of positions visits each of them.
            let positions = head + 1;
            let step = (0..).map(|more| order % positions + more).find(|step| gcd(*step, positions) == 1);
            let step = step.expect("there is always one");
            for visit in 0..positions {
                let position = Position(visit * step % positions);
                for projection in &DOMAIN.projections {
                    assert_as_replayed(&store, &as_of, &**projection, position).await;
                }
            }
        });
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn streams_at_a_position_are_those_of_the_log_up_to_it() {
    es_testkit::run(async {
        let store = bank_of(7, 150).await;
        spoil(&store, &StreamName::new("account-x").expect("valid"), "NobodyKnowsThis", 9).await;
        spoil(&store, &StreamName::new("$projection-x").expect("valid"), "Decision", 1).await;
        let (as_of, events) = (as_of(&store), events_of(&store).await);
        let cancel = CancellationToken::new();
        for position in [events.len(), 1, 60, 0, 61, events.len() - 1] {
            let prefix = &events[..position];
            let at = Position(position as u64);
            let query =
                |order, system| StreamQuery { category: None, contains: None, system, order, offset: 0, limit: 4096 };
            let all = as_of.streams(&query(StreamOrder::Name, true), at, &|_, _| {}, &cancel).await.expect("a list");
            let mut names: Vec<_> = prefix.iter().map(|event| event.stream.clone()).collect();
            names.sort();
            names.dedup();
            assert_eq!(all.streams.iter().map(|info| info.stream.clone()).collect::<Vec<_>>(), names, "at {at}");
            for info in &all.streams {
                let last = prefix.iter().rev().find(|event| event.stream == info.stream).expect("it has an event");
                assert_eq!(
                    (info.version, info.last_position, info.last_recorded_at, &info.last_event_type),
                    (last.version, last.position, last.recorded_at, &last.event_type),
                    "{} at {at}",
                    info.stream
                );
            }
            let own = names.iter().filter(|name| name.is_system()).count() as u64;
            let listed =
                as_of.streams(&query(StreamOrder::Length, false), at, &|_, _| {}, &cancel).await.expect("a list");
            assert_eq!(listed.total, all.total - own, "the store's own streams are left out at {at}");
            let lengths: Vec<_> = listed.streams.iter().map(|info| info.version).collect();
            assert!(lengths.is_sorted_by(|a, b| a >= b), "longest first at {at}");
            let categories = as_of.categories(at, &cancel).await.expect("categories");
            let events: u64 = categories.iter().map(|count| count.events).sum();
            assert_eq!(events, prefix.iter().filter(|event| !event.stream.is_system()).count() as u64, "at {at}");
            assert_eq!(categories.iter().map(|count| count.streams).sum::<u64>(), listed.total, "at {at}");
        }
    });
}

/// A reader that counts how many events were read from the log.
struct Counting {
    store: Arc<MemoryEventStore>,
    read: AtomicU64,
}

impl Counting {
    fn taken(&self) -> u64 {
        self.read.swap(0, Ordering::Relaxed)
    }
}

#[async_trait::async_trait]
impl EventReader for Counting {
    fn capabilities(&self) -> es_core::Capabilities {
        self.store.capabilities()
    }
    async fn read_all(&self, read: ReadAll) -> Result<es_core::AllPage, StoreError> {
        let page = self.store.read_all(read).await?;
        self.read.fetch_add(page.events.len() as u64, Ordering::Relaxed);
        Ok(page)
    }
    async fn scan_positions(
        &self,
        after: Position,
        filter: &es_core::EventFilter,
    ) -> Result<es_core::PositionPage, StoreError> {
        self.store.scan_positions(after, filter).await
    }
    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<es_core::RecordedEvent>, StoreError> {
        self.store.read_positions(positions).await
    }
    async fn read_stream(&self, read: es_core::ReadStream) -> Result<es_core::StreamPage, StoreError> {
        self.store.read_stream(read).await
    }
    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<es_core::RecordedEvent>, StoreError> {
        self.store.event_by_id(event_id).await
    }
    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }
    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        self.store.position_at(time).await
    }
    async fn streams(&self, query: &StreamQuery) -> Result<es_core::StreamListPage, StoreError> {
        self.store.streams(query).await
    }
    async fn categories(&self) -> Result<Vec<es_core::CategoryCount>, StoreError> {
        self.store.categories().await
    }
    async fn wait_for_events(&self, after: Position, at_most: std::time::Duration) -> Result<Position, StoreError> {
        self.store.wait_for_events(after, at_most).await
    }
    fn retention(&self) -> Option<&dyn es_core::retention::RetentionStore> {
        self.store.retention()
    }
}

#[test]
fn nothing_is_folded_twice_and_steps_near_a_position_fold_next_to_nothing() {
    es_testkit::run(async {
        let store = bank_of(11, 12_000).await;
        let head = store.head().await.expect("a head");
        let reader = Arc::new(Counting { store, read: AtomicU64::new(0) });
        let as_of = Arc::new(AsOf::new(Arc::clone(&reader) as Arc<dyn EventReader>, Arc::clone(&DOMAIN)));
        let at = Position(head.get() - 100);
        let views: Vec<_> = (0..8)
            .map(|_| {
                let as_of = Arc::clone(&as_of);
                tokio::spawn(async move { rows(&as_of, STREAMS, at).await.rows().len() })
            })
            .collect();
        for view in views {
            view.await.expect("answered");
        }
        let once = reader.taken();
        assert!((at.get()..at.get() + 2048).contains(&once), "eight views at once fold the log once: {once}");
        rows(&as_of, STREAMS, at).await;
        assert_eq!(reader.taken(), 0, "and never again");
        for back in 1..=200 {
            rows(&as_of, STREAMS, Position(at.get() - back)).await;
        }
        let back = reader.taken();
        assert!(back < 200 * 8, "200 steps back fold {back} events");
        for on in 1..=100 {
            rows(&as_of, STREAMS, Position(at.get() + on)).await;
        }
        let on = reader.taken();
        assert!(on <= 400, "100 steps on fold {on} events");
        rows(&as_of, STREAMS, Position(3)).await;
        reader.taken();
        rows(&as_of, STREAMS, Position(at.get() / 2)).await;
        let far = reader.taken();
        assert!(far <= 4096 + 2048, "a jump back to the middle starts from a checkpoint: {far}");
    });
}

#[test]
fn a_read_model_too_big_for_the_memory_is_refused_and_earlier_moments_are_not() {
    es_testkit::run(async {
        let store = bank_of(5, 4000).await;
        let head = store.head().await.expect("a head");
        let reader: Arc<dyn EventReader> = store.clone();
        let as_of = AsOf::new(reader, Arc::clone(&DOMAIN)).within(100_000, 10_000_000);
        let cancel = CancellationToken::new();
        for attempt in ["folded", "remembered"] {
            let refused = as_of.rows("statement", head, &|_, _| {}, &cancel).await;
            let error = refused.err().unwrap_or_else(|| panic!("must be refused ({attempt})"));
            assert!(matches!(&error, StoreError::TooMuchMemory { what, limit: 100_000 } if what.contains("statement")));
        }
        let early = as_of.rows("statement", Position(100), &|_, _| {}, &cancel).await;
        assert!(early.is_ok(), "what fits is answered");
    });
}

#[test]
fn what_is_kept_stays_within_its_bytes_and_stays_right() {
    es_testkit::run(async {
        let store = bank_of(3, 9000).await;
        let head = store.head().await.expect("a head").get();
        let reader: Arc<dyn EventReader> = store.clone();
        let as_of = AsOf::new(reader, Arc::clone(&DOMAIN)).within(u64::MAX, 200_000);
        for position in [head, head / 2, head - 1, 10] {
            for projection in &DOMAIN.projections {
                assert_as_replayed(&store, &as_of, &**projection, Position(position)).await;
            }
        }
    });
}

#[test]
fn a_cancelled_fold_says_so_and_what_it_has_done_is_not_lost() {
    es_testkit::run(async {
        let store = bank_of(13, 9000).await;
        let head = store.head().await.expect("a head");
        let reader = Arc::new(Counting { store, read: AtomicU64::new(0) });
        let as_of = AsOf::new(Arc::clone(&reader) as Arc<dyn EventReader>, Arc::clone(&DOMAIN));
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let tell = move |done: u64, total: u64| {
            if done > total * 3 / 4 {
                stop.cancel();
            }
        };
        let ended = as_of.rows(STREAMS, head, &tell, &cancel).await;
        assert_eq!(ended.err(), Some(StoreError::Cancelled), "it ends as asked");
        reader.taken();
        rows(&as_of, STREAMS, head).await;
        let rest = reader.taken();
        assert!(rest < head.get() * 3 / 4, "the second attempt goes on from a checkpoint: {rest} of {head}");
    });
}

/// Positions right after events of transfers: money is on its way at some of them.
fn transfers_at_work(events: &[es_core::RecordedEvent]) -> Vec<Position> {
    let of_transfers = events.iter().filter(|event| event.stream.category() == "transfer");
    of_transfers.map(|event| event.position).skip(40).take(12).collect()
}

#[test]
fn the_queries_of_the_bank_are_answered_as_of_a_position() {
    es_testkit::run(async {
        let store = bank_of(21, 2500).await;
        let (as_of, events) = (as_of(&store), events_of(&store).await);
        let mut moved = false;
        for at in transfers_at_work(&events) {
            let source = RowsAsOf::new(Arc::clone(&as_of), at, CancellationToken::new());
            let balance = bank::queries::trial_balance(&source).await.expect("a trial balance");
            assert!(balance.balanced && balance.transit_explained, "the ledger balances at {at}");
            let flights = bank::queries::transfers_in_flight(&source, 1000).await.expect("flights");
            moved |= !flights.is_empty();
            let accounts = bank::queries::accounts(&source, None, 0, 1000).await.expect("accounts");
            let opened =
                |event: &&es_core::RecordedEvent| event.position <= at && &*event.event_type == "AccountOpened";
            let opened = events.iter().filter(opened).count() as u64;
            assert_eq!(accounts.total, opened, "accounts that were opened by {at}");
        }
        assert!(moved, "some transfer was in flight at one of these moments");
        let nothing = RowsAsOf::new(as_of, Position::ZERO, CancellationToken::new());
        let accounts = nothing.query("accounts", RowQuery::all(&bank::projections::ACCOUNTS)).await.expect("answered");
        assert_eq!(accounts.total, 0, "before the first event there is nothing");
    });
}

#[test]
fn a_decision_to_skip_an_event_changes_what_the_past_shows_at_once() {
    es_testkit::run(async {
        let store = bank_of(2, 120).await;
        let events = events_of(&store).await;
        let account = events.iter().find(|event| event.stream.category() == "account").expect("there is an account");
        spoil(&store, &account.stream, "NobodyKnowsThis", 1).await;
        let (as_of, spoilt) = (as_of(&store), store.head().await.expect("a head"));
        let halted = rows(&as_of, "accounts", spoilt).await;
        assert_eq!(halted.halted().map(|poison| poison.position), Some(spoilt), "it halts at the spoilt event");
        let decision = NewEvent {
            event_id: Uuid::new_v4(),
            event_type: "EventSkipped".into(),
            schema_version: 1,
            payload: Payload::json(&*format!(
                r#"{{"position":"{spoilt}","stream":"{}","eventType":"NobodyKnowsThis","problem":"p","actor":"a","reason":"r"}}"#,
                account.stream
            )),
            metadata: "{}".into(),
        };
        let stream = StreamName::new("$projection-accounts").expect("valid");
        let request = AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![decision]);
        store.append(request).await.expect("recorded");
        let accounts = DOMAIN.projection("accounts").expect("it is there");
        assert_as_replayed(&store, &as_of, &**accounts, spoilt).await;
        assert_eq!(rows(&as_of, "accounts", spoilt).await.halted(), None, "the event is left out by now");
    });
}

#[test]
fn instances_of_processes_are_folded_to_the_position() {
    es_testkit::run(async {
        let store = bank_of(33, 1500).await;
        let (as_of, events) = (as_of(&store), events_of(&store).await);
        let inspector = Inspector::new(store.clone(), Arc::clone(&DOMAIN), View { display: None });
        let cancel = CancellationToken::new();
        let mut under_way = 0;
        for at in transfers_at_work(&events) {
            let at = &events[at.get() as usize - 1];
            let asked = InstancesAt {
                process: "transfer",
                filter: es_runtime::InstanceFilter::All,
                paging: es_runtime::InstancePaging { offset: 0, limit: 500 },
                position: at.position,
                time: at.recorded_at,
            };
            let page = as_of.instances(&inspector, asked, &cancel).await.expect("a page");
            let begun: std::collections::BTreeSet<_> = events
                .iter()
                .filter(|event| event.position <= at.position && event.stream.category() == "transfer")
                .map(|event| &event.stream)
                .collect();
            assert_eq!(page.total, begun.len() as u64, "transfers begun by {}", at.position);
            under_way += page.instances.iter().filter(|instance| !instance.finished).count();
            assert!(page.instances.iter().all(|instance| instance.stuck.is_none()), "all of them fold");
            assert!(page.instances.iter().all(|instance| instance.changed_at <= at.recorded_at), "nothing is later");
        }
        assert!(under_way > 0, "some transfer was under way at one of these moments");
    });
}

#[test]
fn a_moment_is_right_after_an_event_and_knows_its_neighbours() {
    es_testkit::run(async {
        let clock = Arc::new(ManualClock::new(DateTime::<Utc>::UNIX_EPOCH));
        let store = MemoryEventStore::new(clock.clone());
        let empty = Moment::at(&store, Position(7)).await.expect("a moment");
        assert_eq!((empty.position, empty.previous, empty.next), (Position::ZERO, None, None), "an empty log");
        let stream = StreamName::new("account-1").expect("valid");
        let begin = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(1);
        for seconds in [10, 20, 20, 20, 30] {
            clock.set(begin + TimeDelta::seconds(seconds));
            spoil(&store, &stream, "Anything", 1).await;
        }
        let at = |seconds| Moment::at_time(&store, begin + TimeDelta::seconds(seconds));
        assert_eq!(at(9).await.expect("a moment").position, Position::ZERO, "before the first event");
        assert_eq!(at(9).await.expect("a moment").next, Some(Position(1)), "from which the first one is a step");
        let tie = at(20).await.expect("a moment");
        assert_eq!((tie.position, tie.previous, tie.next), (Position(4), Some(Position(3)), Some(Position(5))));
        assert_eq!(at(29).await.expect("a moment"), tie, "nothing happened in between");
        let last = at(3000).await.expect("a moment");
        assert_eq!((last.position, last.next), (Position(5), None), "later than everything is the head");
        assert_eq!(Moment::at(&store, Position::MAX).await.expect("a moment"), last, "and so is beyond it");
        assert_eq!(Moment::at(&store, Position(1)).await.expect("a moment").previous, Some(Position::ZERO));
    });
}
