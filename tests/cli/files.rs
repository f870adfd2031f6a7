//! Exports and imports: whole matches, exact files, refusals with their codes.

use std::path::Path;

use crate::support::Bench;

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn an_export_imported_elsewhere_is_the_same_store_in_both_formats() {
    let bench = Bench::demo(400);
    let chain = |path: &Path| bench.json(&["verify", "--store", text(path)]).ended_with(0).json()["chainHash"].clone();
    for format in ["ndjson", "csv"] {
        let (file, into) = (bench.folder().join(format), bench.folder().join(format!("{format}.ledgerscope")));
        let report = bench.json(&["export", "--format", format, "--into", text(&file)]).ended_with(0).json();
        assert_eq!(report["bytes"], std::fs::metadata(&file).expect("written").len().to_string());
        let imported = bench.json(&["import", text(&file), "--into", text(&into)]).ended_with(0).json();
        assert_eq!((&imported["imported"], &imported["identical"]), (&report["events"], &true.into()), "{imported}");
        assert_eq!(chain(&into), chain(&bench.store), "{format}: down to the chain's hash");
        let again = bench.json(&["import", text(&file), "--into", text(&into)]).ended_with(0).json();
        assert_eq!((&again["imported"], &again["already"]), (&"0".into(), &report["events"]));
        bench.json(&["export", "--into", text(&file)]).ended_with(2);
        bench.json(&["export", "--format", format, "--into", text(&file), "--replace"]).ended_with(0);
    }
    let journal = std::fs::read_to_string(bench.folder().join("journal.ndjson")).expect("the journal");
    let what = |what: &str| journal.lines().filter(|line| line.contains(&format!(r#""what":"{what}""#))).count();
    assert_eq!((what("export"), what("import")), (4, 8), "each export, begin and end of each import: {journal}");
}

#[test]
fn the_whole_match_is_exported_and_partial_streams_are_renumbered_only_if_asked() {
    let bench = Bench::accounts();
    let (file, into) = (bench.folder().join("deposits"), bench.folder().join("deposits.ledgerscope"));
    let report = bench.json(&["export", "--type", "MoneyDeposited", "--into", text(&file)]).ended_with(0).json();
    assert_eq!((&report["events"], &report["partialStreams"]), (&"1".into(), &"1".into()));
    let import = ["import", text(&file), "--into", text(&into)];
    let refused = bench.json(&import).ended_with(2).json();
    assert_eq!(refused["error"]["code"], "partial_streams");
    assert!(refused["error"]["message"].as_str().is_some_and(|told| told.contains("account-A-1")), "{refused}");
    let done = bench.json(&[&import[..], &["--renumber"]].concat()).ended_with(0).json();
    assert_eq!(done["imported"], "1");
    let other = Bench::demo(200);
    other.json(&["import", text(&file), "--renumber"]).ended_with(4);
    std::fs::write(&file, "{}\n").expect("written");
    let refused = bench.json(&import).ended_with(2).json();
    assert_eq!(refused["error"]["code"], "bad_export_file");
}

#[test]
fn events_are_filtered_by_actor_position_subject_and_condition() {
    let bench = Bench::accounts();
    let all = bench.json(&["events", "--limit", "0"]).ended_with(0).lines();
    let by = |actor: &str| all.iter().filter(|event| event["actor"] == actor).count();
    let found = bench.json(&["events", "--actor", "checker"]).ended_with(0).lines();
    assert!(by("checker") > 0 && found.len() == by("checker"), "{} of {}", found.len(), by("checker"));
    let some = bench.json(&["events", "--first", "3", "--last", "5"]).ended_with(0).lines();
    let positions: Vec<_> = some.iter().map(|event| event["position"].as_str().expect("a text").to_owned()).collect();
    assert_eq!(positions, ["3", "4", "5"]);
    let about = bench.json(&["events", "--about", "customer-C-1", "--limit", "0"]).ended_with(0).lines();
    assert_eq!(about.len(), all.len(), "there is nobody else");
    let large = bench.json(&["events", "--type", "MoneyDeposited", "--where", "payload.amount > 9999"]);
    assert_eq!(large.ended_with(0).lines().len(), 1);
    let none = bench.json(&["events", "--where", "event.version > 1000000"]).ended_with(0).lines();
    assert!(none.is_empty());
    let refused = bench.json(&["events", "--where", "event."]).ended_with(2).json();
    assert_eq!(refused["error"]["code"], "bad_condition");
    bench.json(&["events", "--about", "customer-nobody"]).ended_with(2);
}
