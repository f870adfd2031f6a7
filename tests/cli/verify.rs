//! One changed byte, anywhere, is found and its position named.

use crate::support::{Bench, Place};

/// Everything that a row consists of, but for the position itself.
const COLUMNS: [&str; 10] = [
    "payload",
    "metadata",
    "stream_version",
    "recorded_at",
    "content_hash",
    "chain_hash",
    "event_id",
    "event_type",
    "schema_version",
    "correlation_id",
];

#[test]
fn one_changed_byte_is_found_and_its_position_named() {
    let intact = Bench::demo(300);
    let report = intact.json(&["verify"]).ended_with(0).json();
    assert_eq!(report["intact"], true);
    for (position, place) in [(1, Place::First), (137, Place::Middle), (intact.dump().len(), Place::Last)] {
        for column in COLUMNS {
            let bench = intact.copy();
            bench.flipped(column, position, place);
            let report = bench.json(&["verify"]).ended_with(6).json();
            assert_eq!(report["intact"], false);
            let findings = report["findings"].as_array().expect("a list");
            let named: Vec<_> = findings.iter().map(|finding| &finding["position"]).collect();
            let wanted = serde_json::Value::from(position.to_string());
            assert!(named.contains(&&wanted), "{column}: {position} in {named:?}");
        }
    }
}

#[test]
fn a_removed_event_and_a_cut_end_are_found() {
    let intact = Bench::demo(300);
    let last = intact.dump().len();
    for position in [100, last] {
        let bench = intact.copy();
        bench.tampered(&format!("DELETE FROM es_event WHERE position = {position}"), []);
        let report = bench.json(&["verify"]).ended_with(6).json();
        assert!(!report["findings"].as_array().expect("a list").is_empty(), "{report}");
    }
}

#[test]
fn people_are_told_where() {
    let bench = Bench::demo(300);
    let intact = bench.run(&["verify"]).ended_with(0);
    assert!(intact.out.starts_with("Intact: "), "{}", intact.out);
    bench.tampered("UPDATE es_event SET recorded_at = recorded_at + 1 WHERE position = 42", []);
    let harmed = bench.run(&["verify"]).ended_with(6);
    assert!(harmed.out.contains("NOT INTACT") && harmed.out.contains("position 42"), "{}", harmed.out);
}
