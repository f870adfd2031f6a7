use chrono::{DateTime, TimeDelta, Utc};
use es_core::{
    Direction, EventFilter, ExpectedVersion, NewEvent, Position, ReadAll, ReadStream, RecordedEvent, StreamVersion,
    limits,
};
use uuid::Uuid;

use super::{Fixture, SYSTEM_STREAM, positions};
use crate::generate::{Dice, metadata, new_event, numbered, stream, time};

const STREAMS: [&str; 10] = [
    "account-1",
    "account-10",
    "account-2",
    "accounting-1",
    "Account-1",
    "transfer-1",
    "journal",
    "acc%t_1",
    "größe-ß",
    SYSTEM_STREAM,
];
const TYPES: [&str; 4] = ["Opened", "Deposited", "deposited", "Closed"];
const TEXTS: [&str; 5] = ["Grüße", "100%", "it's", "a_b", "\\\"quoted\\\""];

/// Metadata without ids: what may stand where an actor is looked for.
const ODD_METADATA: [&str; 10] = [
    "{}",
    r#"{"actor":"grace"}"#,
    r#"{ "a\u0063tor" : "gr\u0061ce" }"#,
    r#"{"actor":"ada","actor":"grace"}"#,
    r#"{"actor":"grace","actor":7}"#,
    r#"{"by":{"actor":"grace"}}"#,
    r#"{"actor":"Grüße \"100%\" it's a_b"}"#,
    r#"{"actor":"nul\u0000"}"#,
    r#"{"actor":{"name":"grace"}}"#,
    r#"{"actor":""}"#,
];
const ACTORS: [&str; 9] =
    ["tester", "grace", "ada", "Grace", "", "7", "Grüße \"100%\" it's a_b", r#"{"name":"grace"}"#, "nul\0"];

/// How many matches are read one by one.
const ONE_BY_ONE: usize = 5;

fn correlation(number: u64) -> Uuid {
    Uuid::from_u128(0xC0_0000 + u128::from(number))
}

/// A log with some of everything, in which time passes if the clock can be set.
pub(super) async fn written(fixture: &Fixture) -> Vec<RecordedEvent> {
    let mut dice = Dice::new(7);
    for number in 0..90_u64 {
        if let Some(clock) = &fixture.clock {
            clock.set(time(i64::try_from(number / 3).expect("small")));
        }
        let text = dice.pick(&TEXTS);
        let mut event = new_event(dice.pick(&TYPES), format!(r#"{{"number":{number},"text":"{text}"}}"#));
        event.metadata = if number % 3 == 0 {
            dice.pick(&ODD_METADATA).into()
        } else {
            metadata(correlation(dice.below(4)), Uuid::from_u128(u128::from(number)))
        };
        fixture.write(&stream(dice.pick(&STREAMS)), vec![event]).await;
    }
    fixture.all().await
}

/// Reads in both directions at once: stores serve many readers.
async fn assert_same(fixture: &Fixture, all: &[RecordedEvent], filter: &EventFilter, limit: usize) {
    let expected: Vec<RecordedEvent> = all.iter().filter(|event| filter.matches(event)).cloned().collect();
    let (forward, backward) = tokio::join!(
        fixture.read(Direction::Forward, filter, limit),
        fixture.read(Direction::Backward, filter, limit),
    );
    assert_eq!(positions(&forward), positions(&expected), "forward in pages of {limit}: {filter:?}");
    assert_eq!(forward, expected, "a filtered read returns the same events as a full read");
    let expected: Vec<RecordedEvent> = expected.into_iter().rev().collect();
    assert_eq!(positions(&backward), positions(&expected), "backward in pages of {limit}: {filter:?}");
}

/// The last matches in each direction, one a page. Each page costs a store as much as a long one, and where pages end is the same
/// question after the third as after the thirtieth.
async fn assert_same_one_by_one(fixture: &Fixture, all: &[RecordedEvent], filter: &EventFilter) {
    let mut expected: Vec<RecordedEvent> = all.iter().filter(|event| filter.matches(event)).cloned().collect();
    for direction in [Direction::Forward, Direction::Backward] {
        let (from, last) = match expected.len().checked_sub(ONE_BY_ONE + 1) {
            Some(before) => (expected[before].position, &expected[before + 1..]),
            None if direction == Direction::Forward => (Position::ZERO, &expected[..]),
            None => (Position::MAX, &expected[..]),
        };
        let found = fixture.read_from(from, direction, filter, 1).await;
        assert_eq!(positions(&found), positions(last), "{direction:?} from {from} one by one: {filter:?}");
        expected.reverse();
    }
}

fn prefix(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub async fn each_filter_means_the_same_in_both_directions(fixture: &Fixture) {
    let all = written(fixture).await;
    let none = EventFilter::default;
    let middle = all[45].recorded_at;
    let mut filters = vec![none()];
    filters.extend(STREAMS.map(|name| EventFilter { stream: Some(stream(name)), ..none() }));
    filters.extend(
        [
            "",
            "acc",
            "account-1",
            "acc%",
            "acc_",
            "Acc",
            "größe",
            "gr\u{f6}",
            "gro\u{308}",
            "ß",
            "account-1é",
            "$",
            "$s",
        ]
        .map(|text| EventFilter { stream_prefix: prefix(text), ..none() }),
    );
    filters.extend(
        ["account", "acc", "journal", "größe", "acc%t_1", "missing", "$suite"]
            .map(|name| EventFilter { categories: vec![name.to_owned(), "transfer".to_owned()], ..none() }),
    );
    filters.extend(TYPES.map(|name| EventFilter { event_types: vec![name.to_owned()], ..none() }));
    filters.extend((0..5).map(|number| EventFilter { correlation_id: Some(correlation(number)), ..none() }));
    filters.extend(
        ["Grüße", "grüße", "100%", "it's", "a_b", "axb", "quoted", "\\\"", "", "tester", "number\":1"]
            .map(|text| EventFilter { contains: Some(text.to_owned()), ..none() }),
    );
    filters.extend(ACTORS.map(|name| EventFilter { actor: Some(name.to_owned()), ..none() }));
    filters.extend(STREAMS.map(|name| EventFilter { streams: vec![stream(name), stream("journal")], ..none() }));
    let (third, last) = (all[30].position, all[89].position);
    let ranges = [
        (None, Some(third)),
        (Some(third), None),
        (Some(third), Some(all[60].position)),
        (Some(third), Some(third)),
        (Some(last), Some(third)),
        (Some(Position(third.get() + 1)), Some(Position(last.get() - 1))),
        (Some(Position::ZERO), Some(Position(u64::MAX))),
        (Some(Position(u64::MAX)), None),
        (None, Some(Position::ZERO)),
    ];
    filters.extend(ranges.map(|(after, through)| EventFilter { after, through, ..none() }));
    filters.push(EventFilter { recorded_from: Some(middle), ..none() });
    filters.push(EventFilter { recorded_until: Some(middle), ..none() });
    filters.push(EventFilter { recorded_from: Some(middle), recorded_until: Some(middle), ..none() });
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    filters.push(EventFilter { recorded_from: Some(first), recorded_until: Some(last), ..none() });
    filters.push(EventFilter { recorded_from: Some(last), ..none() });
    filters.push(EventFilter { recorded_until: Some(first), ..none() });
    filters.push(EventFilter { recorded_until: Some(middle + TimeDelta::nanoseconds(999)), ..none() });
    // No text that can be asked for is a fault: it is just nowhere.
    let nul = || "acc\0ount".to_owned();
    filters.push(EventFilter { stream_prefix: Some(nul()), ..none() });
    filters.push(EventFilter { categories: vec![nul()], ..none() });
    filters.push(EventFilter { event_types: vec![nul(), "Opened".to_owned()], ..none() });
    filters.push(EventFilter { contains: Some(nul()), ..none() });
    filters.push(EventFilter { actor: Some(nul()), ..none() });
    let many = (0..2000).map(|number| stream(&format!("account-{number}")));
    filters.push(EventFilter { streams: many.collect(), ..none() });
    filters.push(EventFilter { stream_prefix: Some("a".repeat(10_000)), ..none() });
    let many = (0..2000).map(|number| format!("account{number}")).chain(["account".to_owned()]);
    filters.push(EventFilter { categories: many.collect(), ..none() });
    let many = (0..2000).map(|number| format!("Type{number}")).chain(["Opened".to_owned()]);
    filters.push(EventFilter { event_types: many.collect(), ..none() });
    for filter in &filters {
        tokio::join!(
            assert_same_one_by_one(fixture, &all, filter),
            assert_same(fixture, &all, filter, 7),
            assert_same(fixture, &all, filter, 1000),
        );
    }
}

pub async fn random_filters_mean_the_same_in_both_directions(fixture: &Fixture) {
    let all = written(fixture).await;
    assert_random_filters(fixture, &all).await;
}

/// Reads with many filters; `all` is what the store holds.
pub(super) async fn assert_random_filters(fixture: &Fixture, all: &[RecordedEvent]) {
    let mut dice = Dice::new(11);
    for _ in 0..200 {
        let mut filter = EventFilter::default();
        if dice.below(4) == 0 {
            filter.stream = Some(stream(dice.pick(&STREAMS)));
        }
        if dice.below(3) == 0 {
            filter.stream_prefix = prefix(dice.pick(&["a", "acc", "account-", "account-1", "t", "J", ""]));
        }
        if dice.below(3) == 0 {
            filter.categories = vec![dice.pick(&["account", "journal", "transfer", "Account"]).to_owned(); 2];
        }
        if dice.below(3) == 0 {
            filter.event_types = vec![dice.pick(&TYPES).to_owned(), dice.pick(&TYPES).to_owned()];
        }
        if dice.below(3) == 0 {
            filter.correlation_id = Some(correlation(dice.below(5)));
        }
        if dice.below(3) == 0 {
            filter.recorded_from = Some(dice.pick(all).recorded_at);
        }
        if dice.below(3) == 0 {
            filter.recorded_until = Some(dice.pick(all).recorded_at);
        }
        if dice.below(3) == 0 {
            filter.streams = vec![stream(dice.pick(&STREAMS)), stream(dice.pick(&STREAMS))];
        }
        if dice.below(3) == 0 {
            filter.actor = prefix(dice.pick(&ACTORS));
        }
        if dice.below(4) == 0 {
            filter.after = Some(dice.pick(all).position);
        }
        if dice.below(4) == 0 {
            filter.through = Some(dice.pick(all).position);
        }
        if dice.below(3) == 0 {
            filter.contains = prefix(dice.pick(&TEXTS));
        }
        let limit = dice.pick(&[1, 2, 5, 50, 1000]);
        assert_same(fixture, all, &filter, limit).await;
    }
}

pub async fn reads_exclude_where_they_start(fixture: &Fixture) {
    let all = written(fixture).await;
    let (here, index) = (all[40].position, 40);
    let forward = fixture.page(ReadAll::forward(here, 3)).await;
    assert_eq!(forward.events, all[index + 1..index + 4], "forward begins after the position");
    assert_eq!(forward.next, all[index + 3].position, "and goes on after the last event of the page");
    assert!(!forward.end, "there is more");
    let backward = fixture.page(ReadAll::backward(here, 3)).await;
    let expected: Vec<_> = all[index - 3..index].iter().rev().cloned().collect();
    assert_eq!(backward.events, expected, "backward begins before the position");
    assert_eq!(backward.next, all[index - 3].position, "and goes on before the last event of the page");
    assert!(!backward.end, "there is more");
    for page in [forward, backward] {
        fixture.assert_head(page.head, all[89].position, "every page tells the head");
    }
}

pub async fn a_filtered_read_begins_exactly_where_it_is_told(fixture: &Fixture) {
    let all = written(fixture).await;
    let filters = [
        EventFilter::default(),
        EventFilter { stream: Some(stream("account-1")), ..EventFilter::default() },
        EventFilter { stream_prefix: prefix("acc"), event_types: vec!["Opened".to_owned()], ..EventFilter::default() },
        EventFilter {
            categories: vec!["account".to_owned(), "$suite".to_owned()],
            contains: prefix("number\":"),
            recorded_from: Some(all[10].recorded_at),
            recorded_until: Some(all[80].recorded_at),
            ..EventFilter::default()
        },
        EventFilter { correlation_id: Some(correlation(2)), ..EventFilter::default() },
        EventFilter { actor: prefix("grace"), ..EventFilter::default() },
        EventFilter { after: Some(all[20].position), through: Some(all[70].position), ..EventFilter::default() },
        EventFilter { streams: vec![stream("account-1"), stream("journal")], ..EventFilter::default() },
    ];
    let mut places = vec![Position::ZERO, Position::MAX, Position(u64::MAX)];
    places.extend(positions(&all));
    for filter in &filters {
        for from in places.iter().copied() {
            let matching = || all.iter().filter(|event| filter.matches(event));
            let after: Vec<_> = matching().filter(|event| event.position > from).take(3).cloned().collect();
            let mut found = fixture.page(ReadAll::forward(from, 3).filtered(filter.clone())).await;
            while found.events.len() < 3 && !found.end {
                let rest = ReadAll::forward(found.next, 3 - found.events.len()).filtered(filter.clone());
                let more = fixture.page(rest).await;
                found.events.extend(more.events);
                (found.next, found.end) = (more.next, more.end);
            }
            assert_eq!(positions(&found.events), positions(&after), "forward from {from}: {filter:?}");
            let before: Vec<_> = matching().rev().filter(|event| event.position < from).take(3).cloned().collect();
            let mut found = fixture.page(ReadAll::backward(from, 3).filtered(filter.clone())).await;
            while found.events.len() < 3 && !found.end {
                let rest = ReadAll::backward(found.next, 3 - found.events.len()).filtered(filter.clone());
                let more = fixture.page(rest).await;
                found.events.extend(more.events);
                (found.next, found.end) = (more.next, more.end);
            }
            assert_eq!(positions(&found.events), positions(&before), "backward from {from}: {filter:?}");
            let expected: Vec<_> = matching().map(|event| event.position).filter(|at| *at > from).collect();
            assert_eq!(fixture.scan(from, filter).await.positions, expected, "a scan after {from}: {filter:?}");
        }
    }
}

pub async fn pages_of_one_event_walk_the_whole_log(fixture: &Fixture) {
    let all = written(fixture).await;
    assert_same(fixture, &all, &EventFilter::default(), 1).await;
}

pub async fn reads_beyond_the_ends_are_empty(fixture: &Fixture) {
    for empty in [ReadAll::forward(Position::ZERO, 10), ReadAll::backward(Position::MAX, 10)] {
        let page = fixture.page(empty).await;
        assert!(page.events.is_empty() && page.end, "an empty log has nothing to read");
        fixture.assert_head(page.head, Position::ZERO, "the head of an empty log is 0");
    }
    let all = written(fixture).await;
    let (first, last) = (all[0].position, all[89].position);
    for read in [
        ReadAll::forward(last, 10),
        ReadAll::forward(Position::MAX, 10),
        ReadAll::forward(Position(last.get() + 1000), 10),
        ReadAll::backward(first, 10),
        ReadAll::backward(Position::ZERO, 10),
    ] {
        let page = fixture.page(read.clone()).await;
        assert!(page.events.is_empty() && page.end, "{read:?} has nothing to return");
        fixture.assert_head(page.head, last, "every page tells the head");
        if read.direction == Direction::Forward && (fixture.is_alone() || read.from > page.head) {
            assert_eq!(page.next, read.from, "a follower's checkpoint does not move where nothing was examined");
        }
    }
}

pub async fn a_page_moves_past_what_does_not_match(fixture: &Fixture) {
    let all = written(fixture).await;
    let nothing = EventFilter { event_types: vec!["Missing".to_owned()], ..EventFilter::default() };
    let read = ReadAll::forward(Position::ZERO, 10).filtered(nothing.clone());
    let page = fixture.page(read).await;
    assert!(page.events.is_empty() && page.end, "nothing matches, and the log is short");
    fixture.assert_head(page.next, all[89].position, "everything was examined, so the checkpoint moves to the head");
    let page = fixture.scan(Position::ZERO, &nothing).await;
    assert!(page.positions.is_empty() && page.end, "nothing matches");
    fixture.assert_head(page.next, all[89].position, "a scan moves on likewise");
}

pub async fn pages_are_cut_to_the_limit(fixture: &Fixture) {
    let target = stream("long-1");
    let count = limits::PAGE_EVENTS + 50;
    let events: Vec<NewEvent> = (0..count as u64).map(numbered).collect();
    for part in events.chunks(1000) {
        fixture.write(&target, part.to_vec()).await;
    }
    let page = fixture.page(ReadAll::forward(Position::ZERO, usize::MAX)).await;
    assert_eq!((page.events.len(), page.end), (limits::PAGE_EVENTS, false), "a page is cut to the limit");
    let read = |from| ReadStream { stream: target.clone(), from, direction: Direction::Forward, limit: usize::MAX };
    let page = fixture.store.read_stream(read(StreamVersion::ZERO)).await.expect("a page");
    assert_eq!((page.events.len(), page.end), (limits::PAGE_EVENTS, false), "a stream's page is cut to the limit");
    let from = page.events.last().expect("an event").version;
    let page = fixture.store.read_stream(read(from)).await.expect("a page");
    assert_eq!((page.events.len(), page.end), (50, true), "the next page has the rest");
}

pub async fn a_page_of_none_moves_nothing_and_tells_the_head(fixture: &Fixture) {
    let all = written(fixture).await;
    let (here, last) = (all[40].position, all[89].position);
    for read in [ReadAll::forward(here, 0), ReadAll::backward(here, 0)] {
        let page = fixture.store.read_all(read.clone()).await.expect("a page");
        assert_eq!((page.events.len(), page.next, page.end), (0, here, false), "{read:?} examines nothing");
        fixture.assert_head(page.head, last, "and tells the head");
    }
    let version = fixture.read_stream(&all[40].stream).await.len() as u64;
    for (direction, from) in [(Direction::Forward, StreamVersion::ZERO), (Direction::Backward, StreamVersion::MAX)] {
        let read = ReadStream { stream: all[40].stream.clone(), from, direction, limit: 0 };
        let page = fixture.store.read_stream(read).await.expect("a page");
        assert_eq!((page.events.len(), page.end), (0, false), "{direction:?}: there are events, none was asked for");
        assert_eq!(page.stream.map(|info| info.version.get()), Some(version), "and the stream is told");
    }
}

pub async fn scanned_positions_are_those_of_a_filtered_read(fixture: &Fixture) {
    let all = written(fixture).await;
    for filter in [
        EventFilter::default(),
        EventFilter { categories: vec!["account".to_owned()], ..EventFilter::default() },
        EventFilter { contains: Some("Grüße".to_owned()), ..EventFilter::default() },
        EventFilter { correlation_id: Some(correlation(1)), ..EventFilter::default() },
    ] {
        for after in [Position::ZERO, all[30].position, all[89].position] {
            let expected = all.iter().filter(|event| event.position > after && filter.matches(event));
            let expected: Vec<_> = expected.map(|event| event.position).collect();
            let page = fixture.scan(after, &filter).await;
            assert!(page.end, "the log is shorter than one scan");
            assert_eq!(page.positions, expected, "after {after}: {filter:?}");
            fixture.assert_head(page.head, all[89].position, "a scan tells the head");
            assert_eq!(page.next, page.head, "and has reached it");
        }
    }
}

pub async fn events_are_read_at_given_positions_in_the_given_order(fixture: &Fixture) {
    let all = written(fixture).await;
    let wanted = [70, 3, 44, 4, 0, 89];
    let mut asked: Vec<Position> = wanted.iter().map(|index| all[*index].position).collect();
    asked.insert(2, Position::ZERO);
    asked.insert(4, Position(all[89].position.get() + 100));
    asked.extend([Position::MAX, Position(u64::MAX), all[3].position]);
    let found = fixture.store.read_positions(&asked).await.expect("a read");
    let expected: Vec<_> = wanted.iter().chain(&[3]).map(|index| all[*index].clone()).collect();
    assert_eq!(found, expected, "events come in the order asked for; positions without one are left out");
    let many: Vec<Position> = all.iter().rev().map(|event| event.position).collect();
    let found = fixture.store.read_positions(&many).await.expect("a read");
    assert_eq!(positions(&found), many, "the whole log at once");
    assert!(fixture.store.read_positions(&[]).await.expect("a read").is_empty(), "no positions, no events");
}

pub async fn a_stream_is_read_in_both_directions(fixture: &Fixture) {
    let all = written(fixture).await;
    let target = stream("account-1");
    let expected: Vec<_> = all.iter().filter(|event| event.stream == target).cloned().collect();
    assert!(expected.len() > 3, "the log has enough of this stream");
    let versions: Vec<_> = expected.iter().map(|event| event.version.get()).collect();
    assert_eq!(versions, (1..=expected.len() as u64).collect::<Vec<_>>(), "versions are 1, 2, 3 …");
    for limit in [1, 2, expected.len(), 1000] {
        for (direction, start) in [(Direction::Forward, StreamVersion::ZERO), (Direction::Backward, StreamVersion::MAX)]
        {
            let mut from = start;
            let mut found = Vec::new();
            loop {
                let read = ReadStream { stream: target.clone(), from, direction, limit };
                let page = fixture.store.read_stream(read).await.expect("a page");
                let info = page.stream.expect("the stream exists");
                assert_eq!(info.version.get(), expected.len() as u64, "every page tells the stream's version");
                assert!(!page.events.is_empty() || page.end, "a page that is not the last one has events");
                from = page.events.last().map_or(from, |event| event.version);
                found.extend(page.events);
                if page.end {
                    break;
                }
            }
            if direction == Direction::Backward {
                found.reverse();
            }
            assert_eq!(found, expected, "{direction:?} in pages of {limit}");
        }
    }
    for from in 0..=expected.len() + 1 {
        let read = |direction| {
            let read = ReadStream { stream: target.clone(), from: StreamVersion(from as u64), direction, limit: 2 };
            async { fixture.store.read_stream(read).await.expect("a page") }
        };
        let after = &expected[from.min(expected.len())..];
        let page = read(Direction::Forward).await;
        assert_eq!((&page.events[..], page.end), (&after[..after.len().min(2)], after.len() <= 2), "after {from}");
        let mut before: Vec<_> = expected[..from.saturating_sub(1).min(expected.len())].to_vec();
        before.reverse();
        let page = read(Direction::Backward).await;
        assert_eq!((&page.events[..], page.end), (&before[..before.len().min(2)], before.len() <= 2), "before {from}");
    }
    for (direction, from) in [(Direction::Forward, StreamVersion::ZERO), (Direction::Backward, StreamVersion::MAX)] {
        let read = ReadStream { stream: target.clone(), from, direction, limit: expected.len() };
        let page = fixture.store.read_stream(read).await.expect("a page");
        assert!(page.end, "{direction:?}: a page that holds the whole stream says that nothing follows");
    }
    for (direction, from) in [
        (Direction::Forward, StreamVersion(expected.len() as u64)),
        (Direction::Forward, StreamVersion::MAX),
        (Direction::Forward, StreamVersion(u64::MAX)),
        (Direction::Backward, StreamVersion(1)),
        (Direction::Backward, StreamVersion::ZERO),
    ] {
        let read = ReadStream { stream: target.clone(), from, direction, limit: 10 };
        let page = fixture.store.read_stream(read).await.expect("a page");
        assert!(page.events.is_empty() && page.end, "{direction:?} from {from} has nothing to return");
    }
}

pub async fn a_missing_stream_reads_as_empty(fixture: &Fixture) {
    fixture.append(&stream("account-1"), ExpectedVersion::Any, vec![numbered(1)]).await.expect("an append");
    for name in ["account-2", "account", "Account-1", "account-1 x"] {
        let (from, direction) = (StreamVersion::ZERO, Direction::Forward);
        let read = ReadStream { stream: stream(name), from, direction, limit: 10 };
        let page = fixture.store.read_stream(read).await.expect("a page");
        assert_eq!((page.events.len(), page.stream, page.end), (0, None, true), "{name} does not exist");
    }
}

pub async fn an_event_is_found_by_its_id(fixture: &Fixture) {
    let all = written(fixture).await;
    for event in all.iter().step_by(9) {
        let found = fixture.store.event_by_id(event.event_id).await.expect("a look-up");
        assert_eq!(found.as_ref(), Some(event), "an event is found by its id");
    }
    let missing = fixture.store.event_by_id(Uuid::new_v4()).await.expect("a look-up");
    assert_eq!(missing, None, "an unknown id is not found");
}
