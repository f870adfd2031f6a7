//! Differences, blame, watch, bisect and lanes, as text and as JSON.

use serde_json::Value;

use crate::support::{Bench, deposit};

/// Three deposits to A-1: versions 3, 4 and 5.
fn deposited() -> Bench {
    let bench = Bench::accounts();
    bench.command("Deposit", &deposit("A-1", 2345), &[]).ended_with(0);
    bench.command("Deposit", &deposit("A-1", 5), &[]).ended_with(0);
    bench
}

fn strings<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().expect("a list").iter().filter_map(|entry| entry[key].as_str()).collect()
}

#[test]
fn two_versions_are_compared() {
    let bench = deposited();
    let json = bench.json(&["diff", "--stream", "account-A-1", "--from", "3", "--to", "5"]).ended_with(0).json();
    let changes = json["changes"].as_array().expect("a list");
    let settled = changes.iter().find(|change| change["path"] == "/settled/minor").expect("it changed");
    assert_eq!((&settled["before"], &settled["after"]), (&"10000".into(), &"12350".into()));
    let text = bench.run(&["diff", "--stream", "account-A-1", "--from", "3"]).ended_with(0).out;
    assert!(text.contains("~ settled: 123.50 EUR  (was 100.00 EUR)") && !text.contains("customerId"), "{text}");
}

#[test]
fn every_value_is_blamed_on_the_event_that_set_it() {
    let bench = deposited();
    let json = bench.json(&["blame", "--stream", "account-A-1"]).ended_with(0).json();
    let event_of = |path: &str| {
        let values = json["values"].as_array().expect("a list");
        values.iter().find(|value| value["path"] == path).map(|value| value["event"].clone()).expect("a value")
    };
    let settled = event_of("/settled/minor");
    assert_eq!((&settled["version"], &settled["eventType"]), (&"5".into(), &"MoneyDeposited".into()));
    assert_eq!(event_of("/customerId")["eventType"], "AccountOpened");
    let earlier = bench.json(&["blame", "--stream", "account-A-1", "--at", "4"]).ended_with(0).json();
    assert_eq!((&earlier["version"], &earlier["lastVersion"]), (&"4".into(), &"5".into()));
    let text = bench.run(&["blame", "--stream", "account-A-1"]).ended_with(0).out;
    let line = text.lines().find(|line| line.ends_with("/settled/minor")).expect("a line of it");
    assert!(line.contains("MoneyDeposited") && line.trim_start().starts_with('5'), "{line}");
}

#[test]
fn one_fields_history_is_every_change_of_it() {
    let bench = deposited();
    let arguments = ["blame", "--stream", "account-A-1", "--path", "/settled/minor"];
    let json = bench.json(&arguments).ended_with(0).json();
    let changes = json["changes"].as_array().expect("a list");
    let values: Vec<_> = changes.iter().filter_map(|change| change["after"].as_str()).collect();
    assert_eq!(&values[values.len() - 3..], ["10000", "12345", "12350"], "{json}");
    let text = bench.run(&["blame", "--stream", "account-A-1", "--path", "/settled"]).ended_with(0).out;
    assert!(text.contains("123.45 EUR") && text.contains("123.50 EUR"), "{text}");
    let nowhere = bench.json(&["blame", "--stream", "account-A-1", "--path", "/nowhere"]).ended_with(2).json();
    assert_eq!(nowhere["error"]["code"], "no_such_path");
}

#[test]
fn an_expression_is_watched_over_all_versions() {
    let bench = deposited();
    let json = bench.json(&["watch", "--stream", "account-A-1", "settled"]).ended_with(0).json();
    let values = strings(&json["points"], "value");
    assert_eq!(&values[values.len() - 3..], ["10000 EUR", "12345 EUR", "12350 EUR"], "{json}");
    assert_eq!((&json["highest"]["version"], &json["until"]), (&"5".into(), &"5".into()));
    let json = bench.json(&["watch", "--stream", "account-A-1", "settled > 10000"]).ended_with(0).json();
    assert_eq!((&json["hits"][0]["from"], &json["hits"][0]["until"]), (&"4".into(), &"5".into()), "{json}");
    let json = bench.json(&["watch", "--stream", "account-A-1", "payload.amount > 0"]).ended_with(0).json();
    assert_eq!((&json["evaluated"], &json["matched"]), (&"5".into(), &"3".into()));
    let reason = json["firstNotEvaluable"]["message"].as_str().expect("a reason");
    assert!(json["notEvaluable"] == "2" && reason.contains("payload.amount"), "{json}");
    let text = bench.run(&["watch", "--stream", "account-A-1", "settled"]).ended_with(0).out;
    assert!(text.contains("12345 EUR") && text.contains("Highest: 12350 EUR at version 5"), "{text}");
}

#[test]
fn the_first_version_on_which_a_condition_holds_is_found() {
    let bench = deposited();
    for search in [&[][..], &["--halving"]] {
        let arguments = [&["bisect", "--stream", "account-A-1", "settled >= 12345"], search].concat();
        let json = bench.json(&arguments).ended_with(0).json();
        assert_eq!((&json["first"]["version"], json["first"]["actor"].is_string()), (&"4".into(), true), "{json}");
    }
    let none = bench.json(&["bisect", "--stream", "account-A-1", "settled < 0"]).ended_with(0).json();
    assert_eq!((&none["first"], &none["evaluated"]), (&Value::Null, &"5".into()));
    let text = bench.run(&["bisect", "--stream", "account-A-1", "settled >= 12345"]).ended_with(0).out;
    assert!(text.contains("First holds at version 4") && text.contains("Evaluated at 4 version(s)."), "{text}");
    let wrong = bench.json(&["bisect", "--stream", "account-A-1", "settled >= "]).ended_with(2).json();
    assert_eq!(wrong["error"]["code"], "bad_expression");
    let message = wrong["error"]["message"].as_str().expect("words");
    assert!(message.contains("line 1, character 1"), "the place is told: {message}");
}

#[test]
fn streams_stand_side_by_side_in_one_order() {
    let bench = deposited();
    let all = ["lanes", "account-A-1", "account-A-2", "customer-C-1"];
    let json = bench.json(&all).ended_with(0).json();
    let positions: Vec<u64> =
        strings(&json["entries"], "position").iter().map(|text| text.parse().expect("a position")).collect();
    assert!(positions.is_sorted() && positions.len() > 8, "{positions:?}");
    assert_eq!((json["lanes"].as_array().map(Vec::len), &json["next"]), (Some(3), &Value::Null));
    for order in ["recorded", "value-date"] {
        let whole = bench.json(&[&all[..], &["--order", order]].concat()).ended_with(0).json();
        let (mut paged, mut after): (Vec<String>, Option<String>) = (Vec::new(), None);
        loop {
            let more = after.iter().flat_map(|place| ["--after", place.as_str()]);
            let arguments: Vec<&str> = all.into_iter().chain(["--order", order, "--limit", "3"]).chain(more).collect();
            let page = bench.json(&arguments).ended_with(0).json();
            paged.extend(strings(&page["entries"], "position").into_iter().map(str::to_owned));
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(paged, strings(&whole["entries"], "position"), "{order}: pages are the whole");
    }
    let entries = json["entries"].as_array().expect("a list");
    let dated = |entry: &&Value| entry["valueDate"].is_string();
    let deposits = entries.iter().filter(dated).map(|entry| entry["eventType"].clone()).collect::<Vec<_>>();
    assert!(!deposits.is_empty() && deposits.iter().all(|name| name == "MoneyDeposited"), "{deposits:?}");
    let unknown = bench.json(&["lanes", "account-A-1", "account-A-9"]).ended_with(2).json();
    assert_eq!(unknown["error"]["code"], "unknown_stream");
}
