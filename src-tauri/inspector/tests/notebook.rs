//! Notebooks: what is kept reads back, whatever is in it; nothing in a report becomes markup; pins say when they no longer match.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

mod common;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::{Fixture, domain, event, fixture, put};
use es_core::retention::record::{Authorship, RetentionEvent};
use es_core::{
    EventFilter, EventReader, Hash, Language, NewEvent, Position, RetentionChange, StreamCut, StreamName, StreamVersion,
};
use inspector::notebook::{
    Aspect, Cell, ChangeKind, Checked, Checker, Excerpt, Gone, NotSelected, Notebook, NotebookError, Pin, Queries,
    Report, ReportError, Seen, SeenChange, SeenDiff, SeenEvent, SeenQuery, SeenRow, SeenState, Selection, Standing,
    StoreIdentity, TextCell, Verdict, anchor, read_report, write_report,
};
use inspector::what_if::{ClockStep, CommandStep, Edit, EventRef, Fork, Insertion, JsonText, Scenario, Step, Through};
use inspector::{Inspector, Pace, View, limits};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const HOSTILE: &str =
    "</style></template><script>alert('x')</script><img src=x onerror=alert(1)> & \"q\" \u{202e}\u{0}\n";

fn moment(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("in range")
}

fn store(link: &str) -> StoreIdentity {
    StoreIdentity { name: "Bank".into(), location: "/bank".into(), backend: "SQLite file".into(), link: link.into() }
}

fn written(notebook: &Notebook, checks: &[Checked], language: Language) -> String {
    let view = View::default();
    let against = store("a");
    write_report(&Report {
        notebook,
        checks,
        against: Some(&against),
        at: moment(0),
        by: "Ledgerscope 0",
        language,
        view: &view,
    })
}

// What may be in a notebook.

fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        "\\PC{0,40}",
        any::<String>(),
        Just(HOSTILE.to_owned()),
        Just("</template>\n</body>\n</html>\n".to_owned()),
        Just("<template data-ledgerscope-notebook=\"1\" data-text-sha256=\"".to_owned()),
    ]
    .boxed()
}

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_u64, Just(9_007_199_254_740_993), Just(i64::MAX as u64)]
}

fn any_stream() -> impl Strategy<Value = StreamName> {
    prop_oneof![Just("account-1"), Just("transfer-T-1<b>"), Just("$retention")]
        .prop_map(|name| StreamName::new(name).expect("valid"))
}

fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    (0..4_000_000_000_000_000_i64).prop_map(moment)
}

fn any_excerpt() -> BoxedStrategy<Excerpt> {
    prop_oneof![
        any_text().prop_map(|text| Excerpt::of(&text)),
        Just(Excerpt::of(r#"{"minor":"9007199254740993","x":[1e400,{"</script>":null}]}"#)),
        any_text().prop_map(|text| Excerpt { bytes: text.len() as u64 + 7, text }),
    ]
    .boxed()
}

fn any_row() -> BoxedStrategy<SeenRow> {
    (any_number(), any_stream(), any_number(), any_text(), any_time(), proptest::option::of(any_text()), any_hash())
        .prop_map(|(position, stream, version, event_type, recorded_at, sentence, content_hash)| SeenRow {
            position: Position(position),
            stream,
            version: StreamVersion(version),
            event_type,
            recorded_at,
            sentence,
            content_hash,
        })
        .boxed()
}

fn any_change() -> BoxedStrategy<SeenChange> {
    let kinds = prop_oneof![Just(ChangeKind::Added), Just(ChangeKind::Removed), Just(ChangeKind::Changed)];
    (any_text(), kinds, proptest::option::of(any_text()), proptest::option::of(any_text()))
        .prop_map(|(path, kind, before, after)| SeenChange { path, kind, before, after })
        .boxed()
}

fn any_seen() -> BoxedStrategy<Seen> {
    let event = (any_row(), any_hash(), proptest::option::of(any_hash()), any::<bool>(), any_excerpt(), any_excerpt())
        .prop_map(|(row, content_hash, chain_hash, binary, payload, metadata)| {
            Seen::Event(Box::new(SeenEvent {
                position: row.position,
                stream: row.stream,
                version: row.version,
                event_id: Uuid::from_u128(7),
                event_type: row.event_type,
                schema_version: 3,
                recorded_at: row.recorded_at,
                actor: row.sentence.clone(),
                sentence: row.sentence.clone(),
                problem: row.sentence,
                correlation_id: None,
                causation_id: Some(Uuid::from_u128(8)),
                content_hash,
                chain_hash,
                binary,
                payload,
                metadata,
            }))
        });
    let state = (any_stream(), any_number(), proptest::option::of(any_row()), any_hash(), any_excerpt()).prop_map(
        |(stream, version, event, hash, state)| {
            let problem = event.as_ref().and_then(|event| event.sentence.clone());
            Seen::State(Box::new(SeenState { stream, version: StreamVersion(version), event, problem, hash, state }))
        },
    );
    let diff = (any_stream(), any_number(), any_hash(), any_hash(), proptest::collection::vec(any_change(), 0..3))
        .prop_map(|(stream, total, from_hash, to_hash, changes)| {
            let (from, to) = (StreamVersion(1), StreamVersion(2));
            Seen::Diff(SeenDiff { stream, from, to, from_hash, to_hash, problem: None, changes, total })
        });
    let query = (any_text(), any_number(), any_hash(), any::<bool>(), proptest::collection::vec(any_row(), 0..3))
        .prop_map(|(text, matches, hash, newest_first, rows)| {
            let query = serde_json::json!({ "contains": text }).to_string();
            let query = JsonText::new(query).expect("JSON");
            Seen::Query(SeenQuery { query, matches, undecided: 0, hash, newest_first, rows })
        });
    prop_oneof![event, state, diff, query].boxed()
}

fn any_cell() -> BoxedStrategy<Cell> {
    let text = any_text().prop_map(|text| Cell::Text(TextCell { id: Uuid::nil(), text }));
    let pin =
        (any_text(), any_text(), any_text(), any_time(), any_number(), proptest::option::of(any_hash()), any_seen())
            .prop_map(|(title, note, address, taken_at, head, head_hash, seen)| {
                Cell::Pin(Box::new(Pin {
                    id: Uuid::nil(),
                    taken_at,
                    title,
                    note,
                    address,
                    store: store("a"),
                    head: Position(head),
                    head_hash,
                    seen,
                }))
            });
    prop_oneof![1 => text, 3 => pin].boxed()
}

fn any_notebook() -> BoxedStrategy<Notebook> {
    (any_text(), any_time(), proptest::collection::vec(any_cell(), 0..5))
        .prop_map(|(title, changed_at, cells)| {
            let mut notebook = Notebook::new(Uuid::from_u128(1), title, changed_at);
            for (number, mut cell) in (2..).zip(cells) {
                match &mut cell {
                    Cell::Text(text) => text.id = Uuid::from_u128(number),
                    Cell::Pin(pin) => pin.id = Uuid::from_u128(number),
                }
                notebook.cells.push(cell);
            }
            notebook
        })
        .boxed()
}

/// What stands in front of the pins: all that a browser shows.
fn shown(page: &str) -> &str {
    page.rsplit_once("<template data-ledgerscope-notebook").expect("it has pins").0
}

proptest! {
    #[test]
    fn whatever_is_in_a_notebook_reads_back_from_its_file_and_from_its_report(notebook in any_notebook()) {
        let text = notebook.to_text();
        let read = Notebook::parse(&text).expect("what was written is read");
        prop_assert_eq!(&read, &notebook);
        prop_assert_eq!(read.to_text(), text, "the same notebook, the same bytes");
        for language in [Language::English, Language::German] {
            let page = written(&notebook, &[], language);
            let opened = read_report(&page).expect("what was exported is read");
            prop_assert_eq!(&opened.notebook, &notebook);
            prop_assert!(opened.text_intact, "nobody has changed it");
            let crlf = read_report(&page.replace('\n', "\r\n")).expect("line ends do not matter");
            prop_assert_eq!(&crlf.notebook, &notebook);
        }
    }

    #[test]
    fn nothing_in_a_notebook_becomes_markup(notebook in any_notebook()) {
        let page = written(&notebook, &[], Language::English);
        let body = shown(&page).split_once("</style>").expect("one style").1;
        prop_assert_eq!(page.matches("</style>").count(), 1, "the style ends once");
        for one in body.split('<').skip(1) {
            let tag = one.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            prop_assert!(
                ["head", "body", "main", "header", "section", "nav", "article", "footer", "div", "p", "h1", "h2", "h3",
                 "ol", "li", "a", "span", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "pre"].contains(&tag),
                "<{} was not written by the report", one
            );
            let attributes = one.split('>').next().unwrap_or_default();
            prop_assert!(!attributes.contains(" on") && !attributes.contains("style="), "<{}", attributes);
        }
        for link in body.split("href=\"").skip(1) {
            prop_assert!(link.starts_with("#cell-") || link.starts_with("ledgerscope://"), "{}", link);
        }
    }
}

#[test]
fn a_report_whose_pins_or_text_were_changed_says_so() {
    let mut notebook = Notebook::new(Uuid::from_u128(1), "Case 7", moment(0));
    notebook.add_text(None, Uuid::from_u128(2), "The deposit is missing".into()).expect("there is room");
    let page = written(&notebook, &[], Language::English);
    let text = page.replacen("<h1>Case 7", "<h1>Case 8", 1);
    let opened = read_report(&text).expect("the pins are as they were");
    assert!(!opened.text_intact && opened.notebook == notebook, "what people read is not what the pins say");
    let pins = page.replace("The deposit is missing\"", "The deposit is there\"");
    assert!(matches!(read_report(&pins), Err(ReportError::Altered { .. })), "pins were changed");
    assert_eq!(read_report(&page[..page.len() - 40]).expect_err("cut"), ReportError::Incomplete);
    assert_eq!(read_report("<html></html>").expect_err("another page"), ReportError::NoPins);
}

#[test]
fn a_file_that_is_not_understood_is_refused_with_the_reason() {
    let refused = |text: &str| Notebook::parse(text).expect_err(text);
    assert!(matches!(refused("[]"), NotebookError::NotANotebook { .. }));
    assert!(matches!(refused(r#"{"format":"other"}"#), NotebookError::NotANotebook { .. }));
    assert_eq!(refused(r#"{"format":"ledgerscope-notebook","version":2}"#), NotebookError::Newer { found: 2 });
    let notebook = Notebook::new(Uuid::from_u128(1), "x", moment(0)).to_text();
    let unknown = notebook.replace("\"title\"", "\"mood\": \"sad\", \"title\"");
    assert!(matches!(refused(&unknown), NotebookError::Misfit { reason } if reason.contains("mood")));
    let mut twice = Notebook::new(Uuid::from_u128(1), "x", moment(0));
    let cell = Cell::Text(TextCell { id: Uuid::from_u128(2), text: String::new() });
    twice.cells = vec![cell.clone(), cell];
    assert!(matches!(refused(&twice.to_text()), NotebookError::Misfit { .. }));
}

// Pins over a store.

/// Events that weigh more than a float can tell.
const HEAVY: u64 = (1 << 60) + 1;

struct Anything;

#[async_trait]
impl Queries for Anything {
    async fn select(&self, query: &JsonText) -> Result<Selection, NotSelected> {
        let value: serde_json::Value = serde_json::from_str(query.as_str()).expect("JSON");
        let event_types = value["types"].as_array().into_iter().flatten().filter_map(|name| name.as_str());
        let filter = EventFilter { event_types: event_types.map(Into::into).collect(), ..EventFilter::default() };
        Ok(Selection { filter, sieve: None })
    }
}

struct Board {
    inspector: Inspector,
    fixture: Fixture,
    identity: StoreIdentity,
}

async fn board(link: &str, events: Vec<NewEvent>) -> Board {
    let fixture = fixture(events).await;
    let inspector = Inspector::new(fixture.store.clone(), Arc::new(domain()), View::default());
    Board { inspector, fixture, identity: store(link) }
}

impl Board {
    async fn pin(&self, seen: Seen) -> Pin {
        let (head, head_hash) = anchor(&*self.fixture.store, None).await.expect("it answers");
        Pin {
            id: Uuid::from_u128(9),
            taken_at: moment(0),
            title: "pin".into(),
            note: String::new(),
            address: "#/events".into(),
            store: self.identity.clone(),
            head,
            head_hash,
            seen,
        }
    }

    /// A pin of each kind but a what-if.
    async fn pins(&self) -> Vec<Pin> {
        let cancel = CancellationToken::new();
        let pace = Pace::quiet(&cancel);
        let (stream, inspector) = (&self.fixture.stream, &self.inspector);
        let query = JsonText::new(r#"{"types":["Put"]}"#).expect("JSON");
        let selection = Anything.select(&query).await.expect("selected");
        let head = es_core::EventReader::head(&*self.fixture.store).await.expect("it answers");
        let seen = [
            Seen::Event(Box::new(inspector.seen_event(Position(2)).await.expect("there"))),
            Seen::State(Box::new(inspector.seen_state(stream, StreamVersion(2), pace).await.expect("there"))),
            Seen::Diff(inspector.seen_diff(stream, (StreamVersion(1), StreamVersion(2)), pace).await.expect("there")),
            Seen::Query(inspector.seen_query(query, &selection, (head, true), pace).await.expect("found")),
        ];
        let mut pins = Vec::new();
        for seen in seen {
            pins.push(self.pin(seen).await);
        }
        pins
    }

    async fn check(&self, pin: &Pin) -> Standing {
        let cancel = CancellationToken::new();
        let checker = Checker::new(&self.inspector, &Anything, &self.identity);
        checker.check(pin, Pace::quiet(&cancel)).await.expect("not cancelled")
    }

    async fn append(&self, event: NewEvent) {
        let any = es_core::ExpectedVersion::Any;
        let request = es_core::AppendRequest::to_stream(self.fixture.stream.clone(), any, vec![event]);
        es_core::EventStore::append(&*self.fixture.store, request).await.expect("appended");
    }
}

fn three() -> Vec<NewEvent> {
    vec![put(1, 1, HEAVY), put(2, 2, 5), event(3, "Taken", 1, "\"b1\"")]
}

#[tokio::test]
async fn pins_hold_exact_values_and_match_while_the_log_grows() {
    let board = board("a", three()).await;
    let pins = board.pins().await;
    let Seen::State(state) = &pins[1].seen else { panic!("a state") };
    assert!(state.state.is_whole() && state.state.text.contains(&(HEAVY + 5).to_string()), "{}", state.state.text);
    let Seen::Diff(diff) = &pins[2].seen else { panic!("a difference") };
    let weight = diff.changes.iter().find(|change| change.path == "/weight").expect("it changed");
    assert_eq!(
        (weight.before.as_deref(), weight.after.as_deref()),
        (Some("1152921504606846977"), Some("1152921504606846982"))
    );
    for pin in &pins {
        assert_eq!(board.check(pin).await, Standing::Matches, "{pin:?}");
    }
    board.append(put(4, 4, 1)).await;
    for pin in &pins[..3] {
        assert_eq!(board.check(pin).await, Standing::Matches, "versions do not change");
    }
    let grown = board.check(&pins[3]).await;
    assert_eq!(grown, Standing::Grown { then: 2, now: 3, head: Position(4) });
    assert_eq!(grown.verdict(), Verdict::Holds, "what was found is still what is found there");
}

#[tokio::test]
async fn another_event_at_the_same_place_is_told_of_every_kind_of_pin() {
    let pins = board("a", three()).await.pins().await;
    let mut changed = three();
    changed[1] = put(2, 2, 6);
    let other = board("a", changed).await;
    let aspects = |standing: Standing| match standing {
        Standing::Differs { differences, .. } => differences.into_iter().map(|one| one.aspect).collect::<Vec<_>>(),
        other => panic!("it differs, but {other:?}"),
    };
    assert!(aspects(other.check(&pins[0]).await).contains(&Aspect::Content));
    let state = aspects(other.check(&pins[1]).await);
    assert_eq!(state[0], Aspect::State(StreamVersion(2)));
    assert!(state.contains(&Aspect::Value("/weight".into())), "the values that differ are named: {state:?}");
    assert!(aspects(other.check(&pins[2]).await).contains(&Aspect::Value("/weight".into())));
    assert!(
        aspects(other.check(&pins[3]).await).contains(&Aspect::Row(Position(2))),
        "the same number, another content"
    );
}

#[tokio::test]
async fn a_log_that_differs_elsewhere_is_told_beside_what_is_as_it_was() {
    let first = board("a", three()).await;
    let seen = first.inspector.seen_event(Position(1)).await.expect("there");
    let pin = first.pin(Seen::Event(Box::new(seen))).await;
    let mut changed = three();
    changed[2] = event(3, "Taken", 1, "\"b2\"");
    let Standing::Differs { differences, total } = board("a", changed).await.check(&pin).await else {
        panic!("another log is no match")
    };
    let aspects: Vec<_> = differences.iter().map(|one| one.aspect.clone()).collect();
    assert_eq!((aspects, total), (vec![Aspect::Log(Position(3))], 1), "the event itself is as it was");
}

#[tokio::test]
async fn what_would_have_happened_is_fixed_at_its_head_and_checked_to_the_letter() {
    let first = board("a", three()).await;
    let cancel = CancellationToken::new();
    let mut scenario = Scenario::new("if", Fork::Position(Position(1)), vec![first.fixture.stream.clone()]);
    scenario.through = Through::Head;
    let seen = first.inspector.seen_what_if(scenario, Pace::quiet(&cancel)).await.expect("it runs");
    assert_eq!((seen.events, seen.scenario.through), (2, Through::Position(Position(3))), "what was the head is named");
    let pin = first.pin(Seen::WhatIf(Box::new(seen))).await;
    assert_eq!(first.check(&pin).await, Standing::Matches);
    first.append(put(4, 4, 1)).await;
    assert_eq!(first.check(&pin).await, Standing::Matches, "what comes later is no part of it");
    // As many events of the same types, at the same places: only what is in them differs.
    let mut changed = three();
    changed[1] = put(2, 2, 6);
    let Standing::Differs { differences, .. } = board("a", changed).await.check(&pin).await else {
        panic!("another weight would have come of it")
    };
    assert!(differences.iter().any(|one| one.aspect == Aspect::WhatIf), "{differences:?}");
}

#[tokio::test]
async fn a_report_tells_the_steps_of_a_what_if_and_how_events_came_in_its_own_language() {
    let board = board("a", three()).await;
    let cancel = CancellationToken::new();
    let mut scenario = Scenario::new("if", Fork::Position(Position(1)), vec![board.fixture.stream.clone()]);
    scenario.through = Through::Head;
    scenario.steps = vec![Step::Clock(ClockStep::BySeconds(60)), Step::Processes];
    let seen = board.inspector.seen_what_if(scenario, Pace::quiet(&cancel)).await.expect("it runs");
    let mut notebook = Notebook::new(Uuid::from_u128(1), "if", moment(0));
    notebook.cells.push(Cell::Pin(Box::new(board.pin(Seen::WhatIf(Box::new(seen))).await)));
    let told = |language| written(&notebook, &[], language);
    let (german, english) = (told(Language::German), told(Language::English));
    for word in [
        "<td>Zeit vergeht</td>",
        "<td>Prozesse arbeiten</td>",
        "<td>erledigt\nBefehle: 0\nTimer: 0</td>",
        "<td>aufgezeichnet</td>",
    ] {
        assert!(german.contains(word), "{word}: {german}");
    }
    for word in ["<td>Time passes</td>", "<td>done\ncommands: 0\ntimers: 0</td>", "<td>recorded</td>"] {
        assert!(english.contains(word), "{word}: {english}");
    }
}

#[tokio::test]
async fn why_something_is_not_there_is_told() {
    let pins = board("a", three()).await.pins().await;
    let short = board("a", three()[..1].to_vec()).await;
    let gone = short.check(&pins[0]).await;
    assert_eq!(gone, Standing::Gone(Gone::BeyondHead { position: Position(2), head: Position(1) }));
    let stream = short.fixture.stream.clone();
    let (version, last) = (StreamVersion(2), StreamVersion(1));
    assert_eq!(short.check(&pins[1]).await, Standing::Gone(Gone::Shorter { stream: stream.clone(), version, last }));
    let empty = board("a", Vec::new()).await;
    assert_eq!(empty.check(&pins[1]).await, Standing::Gone(Gone::NoStream { stream }));
}

#[tokio::test]
async fn a_version_that_retention_has_hidden_is_told_as_that_and_not_as_a_difference() {
    let board = board("a", three()).await;
    let pins = board.pins().await;
    let (stream, begins_at) = (board.fixture.stream.clone(), StreamVersion(3));
    let change = RetentionChange {
        truncate: vec![StreamCut { stream: stream.clone(), before: begins_at }],
        close: Vec::new(),
        record: vec![RetentionEvent::StreamTruncated {
            stream: stream.clone(),
            before: begins_at,
            events: 2,
            bytes: 1,
        }],
        by: Authorship {
            change_id: Uuid::from_u128(1),
            actor: "ada".into(),
            channel: "cli".into(),
            reason: "it is old".into(),
        },
        decided_on: StreamVersion::ZERO,
    };
    let reader: &dyn EventReader = &*board.fixture.store;
    reader.retention().expect("it retains").retain(change).await.expect("truncated");
    let hidden = |version| Standing::Gone(Gone::Hidden { stream: stream.clone(), version, begins_at });
    assert_eq!(board.check(&pins[1]).await, hidden(StreamVersion(2)), "the state cannot be folded any more");
    assert_eq!(board.check(&pins[2]).await, hidden(StreamVersion(1)), "nor the first of both");
    assert_eq!(board.check(&pins[0]).await, Standing::Matches, "the event itself is still there");
}

#[tokio::test]
async fn another_store_is_no_difference_and_a_copy_of_the_log_elsewhere_is_the_same_store() {
    let pins = board("a", three()).await.pins().await;
    let mut other_events = three();
    other_events[0] = put(1, 9, 9);
    let other = board("b", other_events).await;
    let told = other.check(&pins[0]).await;
    assert!(matches!(&told, Standing::OtherStore { .. }), "{told:?}");
    assert_eq!(told.verdict(), Verdict::Unknown, "nothing is said about the pin");
    let copy = board("b", three()).await;
    assert_eq!(copy.check(&pins[0]).await, Standing::Matches, "the same log at another place");
    let listed = board("c.7", three()).await;
    let elsewhere = Pin { store: store("d.7"), head_hash: None, ..pins[0].clone() };
    assert_eq!(listed.check(&elsewhere).await, Standing::Matches, "the same connection");
}

#[tokio::test]
async fn a_long_check_is_stopped() {
    let board = board("a", three()).await;
    let pins = board.pins().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let checker = Checker::new(&board.inspector, &Anything, &board.identity);
    for pin in &pins {
        checker.check(pin, Pace::quiet(&cancel)).await.expect_err("it was cancelled");
    }
}

#[tokio::test]
async fn what_is_too_long_is_cut_between_letters_and_its_hash_covers_the_whole() {
    let note = "é".repeat(limits::PIN_TEXT_BYTES);
    let long = |last: &str| event(1, "Taken", 1, &format!("\"x{note}{last}\""));
    let first = board("a", vec![long("1")]).await;
    let seen = first.inspector.seen_event(Position(1)).await.expect("there");
    assert!(!seen.payload.is_whole() && seen.payload.text.len() <= limits::PIN_TEXT_BYTES);
    let other = board("a", vec![long("2")]).await;
    let pin = first.pin(Seen::Event(Box::new(seen))).await;
    assert_eq!(other.check(&pin).await.code(), "differs", "the last letter is beyond what is kept");
}

// Pins of what-ifs.

/// The same JSON in one of the ways in which people and programs lay it out.
fn laid_out(text: &str, way: u8) -> JsonText {
    let text = match way % 3 {
        0 => text.to_owned(),
        1 => inspector::pretty(text).expect("JSON"),
        _ => format!("\r\n\t{} ", text.replace(':', " :\t").replace(',', "\n, ")),
    };
    JsonText::new(text).expect("JSON")
}

/// A payload with a number that no float has, keys in no order, and one that the domain does not know.
fn heavy(id: u64, way: u8) -> JsonText {
    laid_out(&format!(r#"{{"zone":[1.10,1e400,{{}}],"weight":{},"id":"b{id}","a":null}}"#, HEAVY + id), way)
}

/// Any edit of the three events: something is inserted, replaced, moved, left out, with times and without.
fn any_edit() -> BoxedStrategy<Edit> {
    let event = || (1..=3_u64).prop_map(|position| EventRef::Position(Position(position)));
    let time = || proptest::option::of((3_000_001..3_900_000_i64).prop_map(moment));
    let metadata =
        |way: u8| (way.is_multiple_of(2)).then(|| laid_out(r#"{"actor":"tess","n":9007199254740993.0}"#, way));
    prop_oneof![
        event().prop_map(|event| Edit::Skip { event }),
        (event(), 4..9_u64, any::<u8>()).prop_map(|(event, id, way)| Edit::Replace {
            event,
            payload: Some(heavy(id, way)),
            recorded_at: None
        }),
        (time(), 4..9_u64, any::<u8>()).prop_map(move |(recorded_at, id, way)| Edit::Insert {
            after: Some(EventRef::Position(Position(3))),
            inserted: Insertion {
                stream: StreamName::new("shelf-1").expect("valid"),
                event_type: "Put".into(),
                schema_version: 2,
                payload: heavy(id, way),
                metadata: metadata(way),
                recorded_at,
            },
        }),
        (event(), proptest::option::of(event())).prop_map(|(event, after)| Edit::Move { event, after }),
    ]
    .boxed()
}

fn any_step() -> BoxedStrategy<Step> {
    let command = any::<u8>().prop_map(|way| {
        Step::Command(CommandStep {
            command_type: "Dust".into(),
            payload: heavy(1, way),
            actor: "tess".into(),
            reason: Some("spring".into()),
            business_date: None,
        })
    });
    prop_oneof![
        command,
        Just(Step::Processes),
        (0..90_u32).prop_map(|seconds| Step::Clock(ClockStep::BySeconds(seconds))),
        (5_000_000..9_000_000_i64).prop_map(|micros| Step::Clock(ClockStep::To(moment(micros)))),
    ]
    .boxed()
}

fn any_scenario() -> BoxedStrategy<Scenario> {
    let through = prop_oneof![3 => Just(Through::Head), 1 => Just(Through::Position(Position(3)))];
    let clock = proptest::option::of((4_000_000..5_000_000_i64).prop_map(moment));
    (
        any_text(),
        through,
        clock,
        proptest::collection::vec(any_edit(), 0..4),
        proptest::collection::vec(any_step(), 0..3),
    )
        .prop_map(|(title, through, clock, edits, steps)| {
            let shelf = StreamName::new("shelf-1").expect("valid");
            let fork = Fork::Stream { name: shelf.clone(), version: StreamVersion(0) };
            let mut scenario = Scenario::new(title, fork, vec![shelf]);
            (scenario.through, scenario.clock, scenario.edits, scenario.steps) = (through, clock, edits, steps);
            scenario
        })
        .boxed()
}

/// What has become of a pin of a what-if once its notebook was kept and opened again, and the pin as it was opened.
async fn kept(board: &Board, scenario: Scenario) -> Option<(Standing, Pin)> {
    let cancel = CancellationToken::new();
    // What cannot be carried out cannot be pinned.
    let seen = board.inspector.seen_what_if(scenario, Pace::quiet(&cancel)).await.ok()?;
    let mut notebook = Notebook::new(Uuid::from_u128(1), "What if", moment(0));
    notebook.cells.push(Cell::Pin(Box::new(board.pin(Seen::WhatIf(Box::new(seen))).await)));
    let opened = Notebook::parse(&notebook.to_text()).expect("what was written is read");
    assert_eq!(opened, notebook, "what was pinned is what is kept");
    let Some(Cell::Pin(pin)) = opened.cells.into_iter().next() else { panic!("a pin") };
    Some((board.check(&pin).await, *pin))
}

fn waits<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_pin_of_a_what_if_matches_after_it_was_kept_however_its_payloads_were_laid_out(scenario in any_scenario()) {
        let standing = waits(async { kept(&board("a", three()).await, scenario).await });
        if let Some((standing, _)) = standing {
            prop_assert_eq!(standing, Standing::Matches);
        }
    }
}

#[tokio::test]
async fn a_pin_of_a_what_if_holds_numbers_exactly_and_breaks_when_one_digit_differs() {
    let board = board("a", three()).await;
    let shelf = board.fixture.stream.clone();
    let event = EventRef::Position(Position(2));
    let mut scenario = Scenario::new("t", Fork::Position(Position(0)), vec![shelf]);
    scenario.through = Through::Head;
    scenario.edits = vec![
        Edit::Replace { event, payload: Some(heavy(4, 1)), recorded_at: None },
        Edit::Move { event: EventRef::Position(Position(3)), after: Some(EventRef::Position(Position(1))) },
    ];
    let (standing, mut pin) = kept(&board, scenario).await.expect("it is carried out");
    assert_eq!(standing, Standing::Matches);
    let Seen::WhatIf(seen) = &mut pin.seen else { panic!("a what-if") };
    let Edit::Replace { payload, .. } = &mut seen.scenario.edits[0] else { panic!("a replacement") };
    let text = payload.as_ref().expect("a payload").as_str().to_owned();
    assert!(text.contains("1152921504606846981") && text.contains("1.10,1e400"), "as it was written: {text}");
    assert!(text.starts_with(r#"{"zone""#), "keys stay in their order: {text}");
    *payload = Some(JsonText::new(text.replace("846981", "846980")).expect("JSON"));
    assert!(matches!(board.check(&pin).await, Standing::Differs { .. }), "one digit of a number differs");
}
