use chrono::{DateTime, Utc};
use es_core::{Hash, Payload, Position, RecordedEvent, StreamName, StreamVersion, UpcasterRegistry};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn event(payload: &str) -> RecordedEvent {
    RecordedEvent {
        position: Position(9_007_199_254_740_993),
        stream: StreamName::new("account-7").expect("valid"),
        version: StreamVersion(4),
        event_id: Uuid::from_u128(1),
        event_type: "Moved".into(),
        schema_version: 2,
        payload: Payload::json(payload),
        metadata: r#"{"actor":"tess","channel":"cli"}"#.into(),
        correlation_id: Some(Uuid::from_u128(2)),
        causation_id: None,
        recorded_at: "2026-03-01T12:30:00Z".parse::<DateTime<Utc>>().expect("a time"),
        content_hash: Hash::ZERO,
        chain_hash: None,
    }
}

const PAYLOAD: &str = r#"{
    "amount":{"minor":"9568226","currency":"EUR"}, "fee":{"minor":"250","currency":"EUR"}, "other":{"minor":"1","currency":"USD"},
    "huge":{"minor":"9007199254740993","currency":"EUR"}, "count":9007199254740993, "most":18446744073709551615, "rate":1.10,
    "beyond":1e400, "name":"Ärger", "nothing":null, "tags":["a","b"], "lines":[{"n":1},{"n":2},{"m":3}], "empty":[],
    "at":"2026-02-28T00:00:00Z", "a-b":1
}"#;

const STATE: &str = r#"{"available":{"minor":"-1","currency":"EUR"},"event":"mine","holds":[{"amount":{"minor":"5","currency":"EUR"}}]}"#;

fn evaluated(text: &str) -> Result<Value, EvaluationError> {
    let event = event(PAYLOAD);
    let expression = Expression::parse_on_state(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    expression.evaluate(&Scope::stored(&event).with_state(STATE))
}

fn assert_text(text: &str, expected: &str) {
    assert_eq!(evaluated(text).map(|value| value.text()), Ok(expected.to_owned()), "{text}");
}

fn holds(text: &str) {
    assert_text(text, "true");
}

#[test]
fn every_field_of_an_event_can_be_named() {
    for text in [
        "event.type == 'Moved'",
        "event.stream == 'account-7' && event.category == 'account'",
        "event.version == 4 && event.schemaVersion == 2",
        "event.position == 9007199254740993 && event.position != 9007199254740992",
        "event.id == '00000000-0000-0000-0000-000000000001'",
        "event.recordedAt > timestamp('2026-03-01T13:29:59+01:00')",
        "event.recordedAt - timestamp(payload.at) == duration('36h30m')",
        "event.recordedAt.getMonth() == 2 && event.recordedAt.getDayOfWeek() == 0",
        "event.actor == 'tess' && metadata.channel == 'cli'",
        "has(event.correlationId) && !has(event.causationId)",
    ] {
        holds(text);
    }
}

#[test]
fn an_event_that_no_longer_decodes_has_a_problem_and_others_have_none() {
    let stored = |schema_version| RecordedEvent { schema_version, ..event(PAYLOAD) };
    let knowing = |types: &[(&'static str, u32)]| UpcasterRegistry::new(types, &[]).expect("a sound registry");
    let matches = |text: &str, schema_version: u32, registry: &UpcasterRegistry| {
        let (event, expression) = (stored(schema_version), Expression::parse(text));
        let expression = expression.unwrap_or_else(|error| panic!("{text}: {error}"));
        expression.matches(&Scope::current(&event, registry))
    };
    assert_eq!(matches("has(event.problem)", 1, &knowing(&[("Moved", 1)])), Ok(false), "it is current");
    assert_eq!(matches("has(event.problem)", 2, &knowing(&[("Moved", 1)])), Ok(true), "it is from the future");
    assert_eq!(matches("has(event.problem)", 1, &knowing(&[])), Ok(true), "nobody knows its type");
    assert_eq!(matches("event.problem.contains('Moved')", 1, &knowing(&[])), Ok(true), "the reason names it");
    assert_eq!(
        evaluated("has(event.problem)").map(|value| value.text()),
        Ok("false".to_owned()),
        "as stored it has none"
    );
}

#[test]
fn numbers_beyond_what_a_float_holds_compare_exactly() {
    for text in [
        "payload.count > 9007199254740992 && payload.count < 9007199254740994",
        "payload.count == 9007199254740993 && payload.count != 9007199254740992",
        "payload.most == 18446744073709551615u && payload.most > 9223372036854775807",
        "payload.most + payload.most > payload.most",
        "payload.rate == 1.1 && payload.rate * 3 == 3.3",
        "0.1 + 0.2 == 0.3",
        "payload.count / 2 == 4503599627370496 && -7 / 2 == -3 && -7 % 2 == -1",
        "double('9007199254740993.25') > payload.count",
        "payload.huge.minor == payload.count",
    ] {
        holds(text);
    }
    assert_text("payload.count + 1", "9007199254740994");
}

#[test]
fn a_number_without_an_exact_form_is_an_error_and_never_rounded() {
    let inexact = EvaluationError::Inexact { text: "1e400".to_owned() };
    assert_eq!(evaluated("payload.beyond > 0"), Err(inexact));
    assert!(matches!(evaluated("payload.most * payload.most * 2"), Err(EvaluationError::Overflow { .. })));
    assert!(matches!(evaluated("payload.rate / 3"), Err(EvaluationError::WrongKind { .. })));
    assert_eq!(evaluated("1 / 0"), Err(EvaluationError::DivisionByZero));
    let rounded = Expression::parse("payload.rate > 0.1000000000000000055").expect_err("the parser would round it");
    assert_eq!(rounded.place, Place { line: 1, column: 16 }, "{rounded}");
    Expression::parse("payload.a == 9223372036854775808").expect_err("beyond what the language writes without a u");
    Expression::parse("payload.a == '0.1000000000000000055' // 0.1000000000000000055").expect("a text and a remark");
}

#[test]
fn amounts_compare_by_minor_units_and_within_a_currency() {
    for text in [
        "available < 0 && state.available < 0 && 0 > available",
        "payload.amount.minor > 100000 && payload.amount.currency == 'EUR'",
        "payload.amount > payload.fee && payload.fee <= payload.amount",
        "payload.huge > payload.amount && payload.huge != 9007199254740992 && payload.huge == 9007199254740993",
        "payload.amount - payload.fee == 9567976",
        "payload.fee * 2 == 500 && -payload.fee < 0",
        "payload.fee != payload.other && !(payload.fee == payload.other)",
        "holds.exists(hold, hold.amount > 4) && holds.all(hold, hold.amount.currency == 'EUR')",
        "has(payload.amount.minor) && !has(payload.amount.major)",
    ] {
        holds(text);
    }
    let mismatch = EvaluationError::CurrencyMismatch { left: "EUR".to_owned(), right: "USD".to_owned() };
    assert_eq!(evaluated("payload.amount > payload.other"), Err(mismatch.clone()));
    assert_eq!(evaluated("payload.amount + payload.other == 1"), Err(mismatch));
    assert!(matches!(evaluated("payload.fee * 0.5 > 0"), Ok(Value::Boolean(true))), "half of 250 is whole");
    assert!(
        matches!(evaluated("payload.other * 0.5 > 0"), Err(EvaluationError::WrongKind { .. })),
        "half a cent is not"
    );
    assert_text("payload.amount - payload.fee", "9567976 EUR");
}

#[test]
fn a_missing_field_is_told_and_has_asks_for_it() {
    for text in ["!has(payload.x)", "has(payload.name) && has(payload.nothing)", "payload.nothing == null"] {
        holds(text);
    }
    let missing = |path: &str| Err(EvaluationError::Missing { path: path.to_owned() });
    assert_eq!(evaluated("payload.x > 1"), missing("payload.x"));
    assert_eq!(evaluated("payload.fee.x > 1"), missing("payload.fee.x"));
    assert_eq!(evaluated("payload['x'] == 1"), missing("payload.x"));
    assert_eq!(evaluated("nowhere > 1"), missing("state.nowhere"));
    assert_eq!(evaluated("event.causationId == ''"), missing("event.causationId"));
    holds("payload.x > 1 || payload.count > 1");
    assert_text("payload.x > 1 && payload.count < 1", "false");
    assert_eq!(evaluated("payload.x > 1 || payload.count < 1"), missing("payload.x"));
    holds("payload.lines.exists(line, line.n == 2)");
    assert_eq!(evaluated("payload.lines.all(line, line.n > 0)"), missing("value.n"));
    assert_text("payload.lines.all(line, line.n > 1)", "false");
}

#[test]
fn texts_lists_and_patterns() {
    for text in [
        "payload.name.startsWith('Ä') && payload.name.endsWith('ger') && payload.name.contains('rg')",
        "payload.name.size() == 5 && size(payload.tags) == 2",
        "payload.name.matches('^.rger$') && !payload.name.matches('^x')",
        "'a' in payload.tags && !('c' in payload.tags) && 'count' in payload",
        "payload.tags == ['a', 'b'] && payload.tags[1] == 'b' && payload['a-b'] == 1",
        "payload.lines.filter(line, has(line.n)).map(line, line.n * 10) == [10, 20]",
        "payload.lines.exists_one(line, has(line.m))",
        "payload.tags.map(x, payload.tags.map(y, x + y)) == [['aa', 'ab'], ['ba', 'bb']]",
        "payload.lines[0] == payload.lines[0] && payload.lines[0] != payload.lines[1]",
        "payload.amount == payload.amount && payload == payload || true",
        "(payload.count > 1 ? 'much' : 'little') == 'much'",
        "string(payload.count) == '9007199254740993' && int('12') == 12",
    ] {
        holds(text);
    }
    assert_eq!(
        evaluated("payload.tags[2] == ''"),
        Err(EvaluationError::NoSuchElement { index: Number::from(2_u64), len: 2 })
    );
    assert!(matches!(evaluated("payload.name > 1"), Err(EvaluationError::WrongKind { .. })), "no order");
    assert_text("payload.name == 1", "false");
}

#[test]
fn what_is_no_expression_is_refused_where_it_is_wrong() {
    for (text, line, column) in [
        ("payload.a >", 1, 12),
        ("event.type == 'Ä' && elsewhere > 1", 1, 22),
        ("event.type == 'Ä' && )", 1, 22),
        ("true\n  && elsewhere", 2, 6),
        ("event.nothing == 1", 1, 6),
        ("payload.a.frobnicate()", 1, 21),
        ("payload.a.matches('(')", 1, 19),
    ] {
        let error = Expression::parse(text).expect_err(text);
        assert_eq!((error.place.line, error.place.column), (line, column), "{text}: {}", error.message);
    }
    for text in ["", "  ", "1 +", "{'a': 1}", "b'a'", "payload.a.matches(payload.b)", "payload.a contains 'b'", "'open"]
    {
        Expression::parse(text).expect_err(text);
    }
}

#[test]
fn what_it_needs_is_told_before_anything_is_computed() {
    let needs = |text| Expression::parse_on_state(text).expect("sound").needs();
    assert_eq!(needs("event.version > 1"), Needs::default());
    assert_eq!(needs("event.actor == 'x'"), Needs { metadata: true, ..Needs::default() });
    assert_eq!(needs("payload.a == 1"), Needs { payload: true, ..Needs::default() });
    assert_eq!(needs("available < 0"), Needs { state: true, ..Needs::default() });
    assert_eq!(needs("payload.a.all(x, x > state.b)"), Needs { payload: true, state: true, ..Needs::default() });
    assert_text("state.event", "mine");
    let odd = event("{");
    let cheap = Expression::parse("event.version == 4").expect("sound");
    assert_eq!(cheap.matches(&Scope::stored(&odd)), Ok(true), "a payload that is not named is not read");
    let reads = Expression::parse("payload.a == 1").expect("sound");
    assert!(matches!(reads.matches(&Scope::stored(&odd)), Err(EvaluationError::NotJson { what: "payload", .. })));
    let state = Expression::parse("state.a == 1").expect("sound");
    assert_eq!(state.matches(&Scope::stored(&odd)), Err(EvaluationError::NotThere { what: "state" }));
}

#[test]
fn texts_and_evaluations_are_bounded() {
    for deep in [
        "(".repeat(2000),
        "!".repeat(2000) + "true",
        "-".repeat(2000) + "1",
        "[".repeat(300),
        "true ? ".repeat(400) + "1",
        format!("payload{}", ".a".repeat(1000)),
        format!("1{}", " + 1".repeat(800)),
        format!("1{}", " == 1".repeat(500)),
        "x".repeat(5000),
        format!("[1]{}", ".map(x, x)".repeat(300)),
    ] {
        Expression::parse(&deep).expect_err("too long or too deep");
    }
    Expression::parse(&format!("true{}", " && event.version > 0".repeat(100))).expect("a long chain is flat");
    let list = (0..2000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let event = event(&format!(r#"{{"l":[{list}],"s":"{}"}}"#, "x".repeat(1000)));
    let run = |text: &str| Expression::parse(text).expect("sound").evaluate(&Scope::stored(&event));
    assert_eq!(
        run("payload.l.filter(x, x > 9).size()"),
        Ok(Value::Number(Number::from(1990_u64))),
        "some thousands are fine"
    );
    let product = "payload.l.all(a, payload.l.all(b, payload.l.all(c, a + b + c >= 0)))";
    assert_eq!(run(product), Err(EvaluationError::TooCostly), "the product of three lengths is not");
    assert_eq!(run(&format!("{product} || true")), Err(EvaluationError::TooCostly), "and nothing absorbs that");
    let doubled = format!("[payload.s]{}", ".map(x, x + x)".repeat(40));
    assert_eq!(run(&doubled), Err(EvaluationError::TooCostly), "a text that doubles forty times");
}

#[test]
fn a_tally_tells_apart_what_does_not_match_and_what_came_to_nothing() {
    let mut tally = Tally::default();
    let missing = EvaluationError::Missing { path: "payload.x".to_owned() };
    let outcomes = [Ok(true), Err(missing.clone()), Ok(false), Err(EvaluationError::DivisionByZero)];
    let matched: Vec<_> = (1..).zip(outcomes).map(|(at, outcome)| tally.take(Position(at), outcome)).collect();
    assert_eq!(matched, [true, false, false, false]);
    assert_eq!((tally.evaluated, tally.matched, tally.not_evaluable), (4, 1, 2));
    assert_eq!(tally.first_not_evaluable, Some((Position(2), missing)));
    assert_eq!(
        tally.to_string(),
        "holds on 1 of 4 events; could not be evaluated on 2, first at position 2: there is no payload.x"
    );
}

proptest! {
    #[test]
    fn integers_and_amounts_compare_as_integers_do(left in any::<i64>(), right in any::<i64>()) {
        let payload = format!(
            r#"{{"n":{left},"m":{right},"a":{{"minor":"{left}","currency":"EUR"}},"b":{{"minor":"{right}","currency":"EUR"}}}}"#
        );
        let event = event(&payload);
        for (operator, expected) in
            [("<", left < right), ("<=", left <= right), ("==", left == right), ("!=", left != right), (">", left > right)]
        {
            for (one, other) in [("n", "m"), ("a", "b"), ("a", "m"), ("n", "b"), ("a.minor", "b.minor")] {
                let text = format!("payload.{one} {operator} payload.{other}");
                let expression = Expression::parse(&text).expect("sound");
                prop_assert_eq!(expression.matches(&Scope::stored(&event)), Ok(expected), "{}", text);
            }
        }
        let sum = Expression::parse("payload.a + payload.b").expect("sound").evaluate(&Scope::stored(&event));
        let exact = Value::Money { minor: i128::from(left) + i128::from(right), currency: "EUR".to_owned() };
        prop_assert_eq!(sum, Ok(exact), "no sum of two 64-bit amounts is wrapped or rounded");
    }

    #[test]
    fn any_text_is_parsed_or_refused_and_evaluated_without_a_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            "payload", ".name", ".lines", "event", ".type", "state", "1", "2.5", "'a'", "(", ")", "[", "]", "&&", "||", "!", "-",
            "<", "==", "+", "*", "/", "%", "?", ":", ".exists(x, ", ".map(x, x", "x", "has(", ",", "in", " ", "\n", "é", "\"", "size(",
        ]), 0..14)
    ) {
        let text = parts.concat();
        let event = event(PAYLOAD);
        if let Ok(expression) = Expression::parse_on_state(&text) {
            let _ = expression.evaluate(&Scope::stored(&event).with_state(STATE));
        }
    }
}
