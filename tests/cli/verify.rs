//! One changed byte, anywhere, is found and its position named.

use crate::support::Bench;

#[test]
fn one_changed_byte_is_found_and_its_position_named() {
    let intact = Bench::demo(300);
    let report = intact.json(&["verify"]).ended_with(0).json();
    assert_eq!(report["intact"], true);
    for position in [1, 137, intact.dump().len()] {
        for change in [
            "payload = CAST(CAST(substr(payload, 1, length(payload) - 1) AS TEXT) || ' }' AS TEXT)",
            "payload = replace(payload, substr(payload, 3, 1), '~')",
            "metadata = replace(metadata, 'actor', 'actOr')",
            "stream_version = stream_version + 100000",
            "recorded_at = recorded_at + 1",
            "recorded_at = recorded_at - 1",
            "content_hash = X'01' || substr(content_hash, 2)",
            "chain_hash = substr(chain_hash, 1, 31) || X'7F'",
            "event_id = X'00' || substr(event_id, 2)",
            "event_type = event_type || 'x'",
            "schema_version = schema_version + 1",
        ] {
            let bench = intact.copy();
            bench.tampered(&format!("UPDATE es_event SET {change} WHERE position = {position}"));
            let ended = bench.json(&["verify"]).ended_with(6);
            let report = ended.json();
            assert_eq!(report["intact"], false);
            let named: Vec<_> = report["findings"].as_array().expect("a list").iter().map(|f| &f["position"]).collect();
            assert!(named.iter().any(|p| **p == position.to_string()), "{change}: {position} in {named:?}");
        }
    }
}

#[test]
fn a_removed_event_and_a_cut_end_are_found() {
    let intact = Bench::demo(300);
    let last = intact.dump().len();
    for position in [100, last] {
        let bench = intact.copy();
        bench.tampered(&format!("DELETE FROM es_event WHERE position = {position}"));
        let report = bench.json(&["verify"]).ended_with(6).json();
        assert!(!report["findings"].as_array().expect("a list").is_empty(), "{report}");
    }
}

#[test]
fn people_are_told_where() {
    let bench = Bench::demo(300);
    let intact = bench.run(&["verify"]).ended_with(0);
    assert!(intact.out.starts_with("Intact: "), "{}", intact.out);
    bench.tampered("UPDATE es_event SET recorded_at = recorded_at + 1 WHERE position = 42");
    let harmed = bench.run(&["verify"]).ended_with(6);
    assert!(harmed.out.contains("NOT INTACT") && harmed.out.contains("position 42"), "{}", harmed.out);
}
