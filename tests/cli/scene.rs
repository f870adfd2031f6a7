//! Scenes: listed, checked, played on a store of their own; what they promise is told, and who breaks it.

use serde_json::Value;

use crate::support::Bench;

#[test]
fn shipped_scenes_are_listed_and_play_as_they_promise() {
    let bench = Bench::accounts();
    let before = std::fs::read(&bench.store).expect("the store");
    let listed = bench.json(&["scene", "list"]).ended_with(0).json();
    let ids: Vec<_> = listed["scenes"].as_array().expect("a list").iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, ["transfer", "compensated", "freeze"]);
    for id in ["transfer", "compensated", "freeze"] {
        let played = bench.json(&["scene", "play", id]).ended_with(0).json();
        assert_eq!(played["kept"], true, "{played}");
    }
    let told = bench.run(&["scene", "play", "compensated"]).ended_with(0).out;
    assert!(told.contains("REFUSED [same_person]") && told.contains("TransferCompensated"), "{told}");
    assert!(!told.contains("OTHER THAN PROMISED"), "{told}");
    assert_eq!(std::fs::read(&bench.store).expect("the store"), before, "the store has the same bytes");
}

#[test]
fn a_scene_that_breaks_its_promise_or_its_format_is_no_success() {
    let bench = Bench::accounts();
    let shipped = include_str!("../../src-tauri/src/stage/scenes/freeze.scene.json");
    let file = |name: &str, text: &str| {
        let file = bench.folder().join(name);
        std::fs::write(&file, text).expect("the file is written");
        file.display().to_string()
    };
    // Without the freeze the last withdrawal is refused by another rule, or by none.
    let mut broken: Value = serde_json::from_str(shipped).expect("a scene");
    broken["steps"].as_array_mut().expect("steps").remove(7);
    let broken = file("broken.scene.json", &broken.to_string());
    let told = bench.run(&["scene", "play", &broken]).ended_with(3).out;
    assert!(told.contains("OTHER THAN PROMISED"), "{told}");
    bench.run(&["scene", "check", &broken]).ended_with(0);

    let unknown = file("unknown.scene.json", &shipped.replace("\"FreezeAccount\"", "\"FreezeAcount\""));
    let told = bench.json(&["scene", "check", &unknown]).ended_with(2).json();
    assert_eq!(told["error"]["code"], "scene_command_unknown", "{told}");
    assert!(told["error"]["message"].as_str().is_some_and(|text| text.contains("tep 8")), "it names the place: {told}");
    let other = file("other.scene.json", "{\"format\": \"ledgerscope-what-if\"}");
    let told = bench.json(&["scene", "play", &other]).ended_with(2).json();
    assert_eq!(told["error"]["code"], "not_a_scene", "{told}");
}
