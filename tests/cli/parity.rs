//! The same bank on several stores: the same answers, with times; only on empty ones.

use crate::support::Bench;

#[test]
fn files_answer_as_the_store_in_memory_does() {
    let bench = Bench::bare();
    let [one, two] = ["one", "two"].map(|name| bench.folder().join(name).display().to_string());
    let report = bench.json(&["parity", "--store", &one, "--store", &two]).ended_with(0).json();
    assert_eq!((&report["agrees"], &report["different"]), (&true.into(), &0.into()), "{}", report["steps"]);
    let backends = report["backends"].as_array().expect("a list");
    let names: Vec<_> = backends.iter().map(|backend| backend["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["memory", &one, &two]);
    for backend in backends {
        let timings = backend["timings"].as_array().expect("a list");
        let commands = timings.iter().find(|timing| timing["action"] == "command").expect("commands");
        let [median, p99] =
            ["medianMilliseconds", "p99Milliseconds"].map(|key| commands[key].as_f64().expect("a number"));
        assert!(median > 0.0 && median <= p99, "{commands}");
    }
    let steps = report["steps"].as_array().expect("a list");
    assert!(steps.iter().all(|step| step["answers"].as_array().is_some_and(|answers| !answers.is_empty())));
    let again = bench.json(&["parity", "--store", &one]).ended_with(2).json();
    assert_eq!(again["error"]["code"], "store_not_empty", "a run writes into empty stores only");
    let three = bench.folder().join("three").display().to_string();
    let told = bench.run(&["parity", "--store", &three]).ended_with(0);
    assert!(told.out.contains("0 differ") && told.out.contains("MEDIAN ms"), "{}", told.out);
    assert!(told.out.contains("does not offer payloads that are not JSON"), "{}", told.out);
}

#[test]
fn a_run_without_a_store_or_on_a_full_one_is_refused() {
    let bench = Bench::demo(300);
    bench.json(&["parity"]).ended_with(2);
    let before = bench.dump();
    bench.json(&["parity", "--store", bench.store.to_str().expect("UTF-8")]).ended_with(2);
    assert_eq!(bench.dump(), before, "nothing was written");
}
