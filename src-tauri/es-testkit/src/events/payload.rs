use std::collections::BTreeSet;

use es_core::{
    AppendError, AppendRequest, Direction, EventFilter, ExpectedVersion, InvalidAppend, NewEvent, Payload,
    StreamAppend, StreamOrder, StreamQuery, limits,
};
use uuid::Uuid;

use super::Fixture;
use crate::generate::{metadata, new_event, numbered, stream};

async fn invalid(fixture: &Fixture, event: NewEvent) -> InvalidAppend {
    match fixture.append(&stream("account-1"), ExpectedVersion::Any, vec![numbered(0), event]).await {
        Err(AppendError::Invalid(invalid)) => invalid,
        other => panic!("the event must be refused as invalid, not {other:?}"),
    }
}

pub async fn json_is_kept_byte_for_byte(fixture: &Fixture) {
    let texts = [
        "{}",
        " { \"b\" : 1 ,\n\t\"a\":2, \"b\": 3 }\r\n",
        "1.10",
        "100000000000000000000000000000000000000001",
        "[1e400,-0,-0.0,1E+2,0.1000]",
        "[9007199254740993,-9223372036854775809,18446744073709551616,123456789.10000000000000000000000001]",
        "[0.1e-399,1E400,1e00,0e0]",
        "\"\\u00e9\\/\\ud83d\\ude00 é 😀 \\u0000\"",
        "[\"\\ud800\",\"\\udc00\\ud800\",\"\u{7f}\u{85}\u{feff}\u{fffd}\u{10ffff}\"]",
        "[\"É\",\"E\u{301}\",\"\\u00c9\"]",
        "null",
        "{\"\":{\"日本\":\"\u{2028}\"},\"amount\":\"007.50\"}",
    ];
    for text in texts {
        let mut event = new_event("Odd", text);
        event.metadata = text.into();
        let id = fixture.write(&stream("odd-1"), vec![event]).await.events[0].event_id;
        let stored = fixture.read_stream(&stream("odd-1")).await.pop().expect("an event");
        assert_eq!(stored.event_id, id, "the last event");
        assert_eq!(stored.payload, Payload::json(text), "the payload is kept byte for byte");
        assert_eq!(&*stored.metadata, text, "the metadata is kept byte for byte");
        assert_eq!(fixture.all().await.pop(), Some(stored), "and in the log, too");
    }
}

/// Lists within lists.
fn nested(depth: usize) -> String {
    format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
}

pub async fn json_as_deep_as_allowed_is_kept_and_deeper_json_is_refused(fixture: &Fixture) {
    let max = limits::JSON_DEPTH;
    let wide = format!("[{}1]", "[],{},".repeat(max));
    let quoted = format!("[\"\\\"{}\",1]", "[{".repeat(max));
    let deep = [nested(max), format!("{}7{}", "{\"a\":[".repeat(max / 2), "]}".repeat(max / 2)), wide, quoted];
    let kept = deep.len();
    for text in deep {
        let event = NewEvent { metadata: text.as_str().into(), ..new_event("Deep", text.as_str()) };
        fixture.write(&stream("deep-1"), vec![event]).await;
        let stored = fixture.read_stream(&stream("deep-1")).await.pop().expect("an event");
        assert_eq!((stored.payload, &*stored.metadata), (Payload::json(text.as_str()), &*text), "kept as it is");
    }
    for actual in [max + 1, 30_000] {
        let over = InvalidAppend::OverLimit { what: "depth of nested JSON", actual, max };
        assert_eq!(invalid(fixture, new_event("Deep", nested(actual))).await, over, "payload");
        let metadata = NewEvent { metadata: nested(actual).into(), ..numbered(1) };
        assert_eq!(invalid(fixture, metadata).await, over, "metadata");
    }
    fixture.assert_length(kept, "nothing deeper was written").await;
}

pub async fn malformed_json_is_refused(fixture: &Fixture) {
    for text in [
        "",
        " ",
        "{",
        "{'a':1}",
        "{\"a\":1}x",
        "NaN",
        "[1,]",
        "\"\n\"",
        "\"\0\"",
        "{\"a\"}",
        "undefined",
        "01",
        "\u{feff}{}",
    ] {
        let event = new_event("Numbered", text);
        let (wanted, event_id) = (text, event.event_id);
        match invalid(fixture, event).await {
            InvalidAppend::NotJson { what: "payload", event_id: named, .. } => {
                assert_eq!(named, event_id, "{wanted:?}")
            }
            other => panic!("{wanted:?} is not JSON, but the answer was {other}"),
        }
        let event = NewEvent { metadata: text.into(), ..numbered(1) };
        let refused = invalid(fixture, event).await;
        assert!(matches!(refused, InvalidAppend::NotJson { what: "metadata", .. }), "metadata {wanted:?}: {refused}");
    }
    fixture.assert_length(0, "nothing malformed was written, nor its neighbours").await;
}

pub async fn binary_payloads_are_kept_byte_for_byte(fixture: &Fixture) {
    for bytes in [&[][..], &[0, 159, 146, 150], b"{\"json\":1}", &[0xff; 1000]] {
        let event = NewEvent { payload: Payload::Binary(bytes.into()), ..numbered(1) };
        fixture.write(&stream("binary-1"), vec![event]).await;
        let stored = fixture.read_stream(&stream("binary-1")).await.pop().expect("an event");
        assert_eq!(stored.payload, Payload::Binary(bytes.into()), "binary stays binary, byte for byte");
        assert_eq!(fixture.all().await.pop(), Some(stored), "in the log, too");
        // What is not text has no text that could be looked for.
        let filter = EventFilter { contains: Some("json".to_owned()), ..EventFilter::default() };
        assert_eq!(fixture.read(Direction::Forward, &filter, 10).await, [], "whatever its bytes say");
    }
}

pub async fn limits_are_enforced_with_their_numbers(fixture: &Fixture) {
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    let over = |what, actual, max| InvalidAppend::OverLimit { what, actual, max };
    let big = limits::PAYLOAD_BYTES + 1;
    let refused = invalid(fixture, new_event("Big", text(big))).await;
    assert_eq!(refused, over("payload in bytes", big, limits::PAYLOAD_BYTES));
    let big = limits::METADATA_BYTES + 1;
    let refused = invalid(fixture, NewEvent { metadata: text(big).into(), ..numbered(1) }).await;
    assert_eq!(refused, over("metadata in bytes", big, limits::METADATA_BYTES));
    let over_type = limits::TYPE_NAME_BYTES + 1;
    for event_type in [String::new(), "x".repeat(over_type), "Nul\0".to_owned(), "Line\n".to_owned()] {
        let refused = invalid(fixture, new_event(&event_type, "{}")).await;
        assert!(matches!(refused, InvalidAppend::BadType { .. }), "a type of {} bytes: {refused}", event_type.len());
    }
    let refused = invalid(fixture, NewEvent { schema_version: 0, ..numbered(1) }).await;
    assert!(matches!(refused, InvalidAppend::BadType { schema_version: 0, .. }), "{refused}");

    let count = limits::EVENTS_PER_APPEND + 1;
    let many = (0..count as u64).map(numbered).collect();
    let outcome = fixture.append(&stream("account-1"), ExpectedVersion::Any, many).await;
    let expected = over("number of events", count, limits::EVENTS_PER_APPEND);
    assert_eq!(outcome, Err(AppendError::Invalid(expected)), "too many events");
    fixture.assert_length(0, "nothing over a limit was written").await;
    let many: Vec<_> = (0..limits::EVENTS_PER_APPEND as u64).map(numbered).collect();
    let appended = fixture.write(&stream("account-1"), many).await;
    assert_eq!(appended.events.len(), limits::EVENTS_PER_APPEND, "as many events as allowed are written at once");
    let versions = appended.events.iter().map(|event| event.version.get());
    assert!(versions.eq(1..=limits::EVENTS_PER_APPEND as u64), "one after the other");
}

pub async fn as_many_streams_as_allowed_are_written_at_once_and_one_more_is_refused(fixture: &Fixture) {
    let parts = |count: usize| {
        let part = |n| StreamAppend {
            stream: stream(&format!("account-{n}")),
            expected: ExpectedVersion::NoStream,
            events: vec![numbered(1)],
        };
        AppendRequest { parts: (0..count).map(part).collect() }
    };
    let (actual, max) = (limits::STREAMS_PER_APPEND + 1, limits::STREAMS_PER_APPEND);
    let outcome = fixture.store.append(parts(actual)).await;
    let expected = InvalidAppend::OverLimit { what: "number of streams", actual, max };
    assert_eq!(outcome, Err(AppendError::Invalid(expected)), "too many streams");
    fixture.assert_length(0, "nothing over a limit was written").await;
    fixture.store.append(parts(max)).await.expect("as many as allowed");
    fixture.assert_length(max, "one in each").await;
}

/// Payload and metadata of the largest event that the store takes, as far as the engine's limits allow.
fn largest(fixture: &Fixture) -> (usize, usize) {
    let metadata = limits::METADATA_BYTES;
    let payload = fixture.append_bytes.map_or(limits::PAYLOAD_BYTES, |most| limits::PAYLOAD_BYTES.min(most - metadata));
    (payload, metadata)
}

pub async fn an_append_over_the_stores_own_limit_is_refused_with_it(fixture: &Fixture) {
    let Some(most) = fixture.append_bytes else {
        // The engine's limit is the only one: a request with the largest events that there are is taken.
        let many = (0..4).map(|_| new_event("Big", format!("\"{}\"", "x".repeat(limits::PAYLOAD_BYTES - 2)))).collect();
        fixture.write(&stream("big-1"), many).await;
        return;
    };
    let event = |bytes: usize| new_event("Big", format!("\"{}\"", "x".repeat(bytes - 4)));
    for bytes in [vec![most / 2 + 1, most / 2 + 1], vec![most / 3 + 1; 4]] {
        let many = bytes.iter().map(|bytes| event(*bytes)).collect();
        match fixture.append(&stream("big-1"), ExpectedVersion::Any, many).await {
            Err(AppendError::Invalid(InvalidAppend::OverLimit { actual, max, .. })) => assert!(actual > max),
            other => panic!("events of {bytes:?} bytes are more than {most}, but the answer was {other:?}"),
        }
    }
    fixture.assert_length(0, "nothing of them was written").await;
}

pub async fn the_largest_allowed_event_is_kept(fixture: &Fixture) {
    let (payload, metadata) = largest(fixture);
    let payload = format!("\"{}\"", "é".repeat((payload - 2) / 2));
    let metadata = format!("\"{}\"", "m".repeat(metadata - 2));
    let mut event = new_event(&"T".repeat(limits::TYPE_NAME_BYTES), payload);
    event.metadata = metadata.into();
    event.schema_version = u32::MAX;
    let name = format!("big-{}", "n".repeat(limits::STREAM_NAME_BYTES - 4));
    fixture.write(&stream(&name), vec![event.clone()]).await;
    let stored = fixture.read_stream(&stream(&name)).await.pop().expect("an event");
    assert!(stored.payload == event.payload && stored.metadata == event.metadata, "the bytes are kept");
    assert_eq!((stored.event_type, stored.schema_version), (event.event_type, u32::MAX), "type and version are kept");
}

pub async fn empty_requests_are_refused(fixture: &Fixture) {
    let empty_part = StreamAppend { stream: stream("account-1"), expected: ExpectedVersion::Any, events: vec![] };
    for parts in [vec![], vec![empty_part]] {
        let outcome = fixture.store.append(AppendRequest { parts }).await;
        assert_eq!(outcome, Err(AppendError::Invalid(InvalidAppend::Empty)), "there is nothing to append");
    }
    assert!(fixture.read_stream(&stream("account-1")).await.is_empty(), "no stream was created");
}

pub async fn odd_stream_names_are_kept_and_found(fixture: &Fixture) {
    let names = [
        "it's-\"quoted\"",
        "100%-_",
        "a;DROP TABLE es_event;--",
        "emoji-😀🏦",
        "größe-É",
        "größe-E\u{301}",
        "日本-東京",
        "a-b-c-",
        "-",
        "--",
        "a\\b-\\",
        "case-A",
        "case-a",
        "?1-:x@y$z",
        "[x]-*",
        "null-NULL",
        "$suite",
        "ﬁ-ﬁ",
        "fi-fi",
        "K-\u{212a}",
        "K-K",
        "\u{1f1e9}\u{1f1ea}-\u{200d}",
        "..-../..",
        "'; --",
    ];
    for name in names {
        fixture.write(&stream(name), vec![numbered(1)]).await;
    }
    for name in names {
        let events = fixture.read_stream(&stream(name)).await;
        assert_eq!(events.len(), 1, "{name} has its own event only");
        assert_eq!(events[0].stream.as_str(), name, "the name is kept byte for byte");
        let filter = EventFilter { stream_prefix: Some(name.to_owned()), ..EventFilter::default() };
        let expected: Vec<_> = names.iter().filter(|other| other.starts_with(name)).collect();
        let found = fixture.read(Direction::Forward, &filter, 100).await;
        assert_eq!(found.len(), expected.len(), "streams that begin with {name}");
        let contains = |other: &&&str| other.to_ascii_lowercase().contains(&name.to_ascii_lowercase());
        let mut expected: Vec<_> = names.iter().filter(contains).map(|name| stream(name)).collect();
        expected.sort();
        let order = StreamOrder::Name;
        let query =
            StreamQuery { category: None, contains: Some(name.to_owned()), system: true, order, offset: 0, limit: 99 };
        let found: Vec<_> = fixture.list(&query).await.into_iter().map(|info| info.stream).collect();
        assert_eq!(found, expected, "streams whose names contain {name}");
    }
    let categories: BTreeSet<String> = names.iter().map(|name| stream(name).category().to_owned()).collect();
    let listed = fixture.store.categories().await.expect("categories").into_iter().map(|count| count.category);
    let own: BTreeSet<String> = listed.filter(|category| fixture.is_own(category)).collect();
    assert_eq!(own, categories, "categories are told apart byte for byte");
}

pub async fn ids_of_the_metadata_are_columns(fixture: &Fixture) {
    let (correlation, causation) = (Uuid::new_v4(), Uuid::new_v4());
    let target = stream("account-1");
    let with = NewEvent { metadata: metadata(correlation, causation), ..numbered(1) };
    let odd = NewEvent { metadata: r#"{"$correlationId":"not an id","$causationId":7}"#.into(), ..numbered(2) };
    let list = NewEvent { metadata: "[1,2]".into(), ..numbered(3) };
    fixture.write(&target, vec![with, odd, list]).await;
    let events = fixture.read_stream(&target).await;
    let found: Vec<_> = events.iter().map(|event| (event.correlation_id, event.causation_id)).collect();
    assert_eq!(found, [(Some(correlation), Some(causation)), (None, None), (None, None)], "ids come from the metadata");
}
