//! Scenes as files: exact, refusing what they do not know, and bounded.

use inspector::limits;
use inspector::scene::{Base, Expect, Scene, SceneError, Step, StepKind, Words};
use serde_json::{Value, json};

fn scene(more: Value) -> Value {
    let mut scene = json!({
        "format": "ledgerscope-scene", "version": 1, "title": {"en": "A scene"},
        "base": {"clock": "2025-04-01T09:00:00Z"},
        "steps": [],
    });
    let (Value::Object(all), Value::Object(more)) = (&mut scene, more) else { panic!("objects") };
    all.extend(more);
    scene
}

fn refused(more: Value) -> SceneError {
    let text = scene(more).to_string();
    let Err(error) = Scene::parse(&text) else { panic!("this must be refused: {text}") };
    error
}

fn step(does: Value) -> Value {
    json!({"title": {"de": "Ein Schritt"}, "does": does})
}

#[test]
fn a_scene_is_read_and_written_without_a_change() {
    let payload = json!({"accountId": "A-1", "amount": {"minor": "12345678901234567890123", "currency": "EUR"}});
    let command = json!({"commandType": "Deposit", "payload": payload, "actor": "ada",
        "expect": {"executed": {"events": ["MoneyDeposited"]}}});
    let text = scene(json!({
        "base": {"bank": {"seed": 7, "events": 1000}, "clock": "2025-04-01T09:00:00Z", "setUp": [command]},
        "steps": [step(json!("note")), step(json!({"show": "#/bank/accounts"})),
            step(json!({"clock": {"bySeconds": 60}})), step(json!({"command": command}))],
    }))
    .to_string();
    let read = Scene::parse(&text).expect("a scene");
    let written = read.to_text();
    assert_eq!(Scene::parse(&written).expect("a scene"), read);
    assert_eq!(Scene::parse(&written).expect("a scene").to_text(), written, "the same scene, the same bytes");
    assert!(written.contains("12345678901234567890123"), "numbers keep their digits: {written}");
    let StepKind::Command(last) = &read.steps[3].does else { panic!("a command") };
    assert_eq!(last.expect, Some(Expect::Executed { events: Some(vec!["MoneyDeposited".to_owned()]) }));
}

#[test]
fn what_is_no_scene_is_refused_with_its_place() {
    for (text, code) in [
        ("", "not_a_scene"),
        ("[]", "not_a_scene"),
        (r#"{"format": "ledgerscope-what-if", "version": 1}"#, "not_a_scene"),
        (r#"{"format": "ledgerscope-scene", "version": 2}"#, "newer_scene"),
        (r#"{"format": "ledgerscope-scene", "version": 1}"#, "scene_misfit"),
    ] {
        let error = Scene::parse(text).expect_err(text);
        assert_eq!(error.code(), code, "{text}: {error}");
    }
    for more in [
        json!({"colour": "red"}),
        json!({"title": {}}),
        json!({"title": {"en": "  "}}),
        json!({"title": {"fr": "Une scène"}}),
        json!({"steps": [{"title": {"en": "x"}, "does": {"sing": "a song"}}]}),
        json!({"steps": [{"title": {"en": "x"}, "does": "note", "pauseSeconds": limits::SCENE_PAUSE_SECONDS + 1}]}),
        json!({"steps": [step(json!({"show": "https://example.org"}))]}),
        json!({"steps": [step(json!({"show": "#/events\u{7}"}))]}),
        json!({"steps": [step(json!({"clock": {"bySeconds": -1}}))]}),
        json!({"steps": [step(json!({"clock": {"bySeconds": 86_400 * 401}}))]}),
    ] {
        assert_eq!(refused(more.clone()).code(), "scene_misfit", "{more}");
    }
}

#[test]
fn a_scene_is_no_larger_than_it_can_be_presented() {
    let many = |count| vec![step(json!("note")); count];
    assert!(Scene::parse(&scene(json!({"steps": many(limits::SCENE_STEPS)})).to_string()).is_ok());
    for more in [
        json!({"steps": many(limits::SCENE_STEPS + 1)}),
        json!({"base": {"clock": "2025-04-01T09:00:00Z", "bank": {"seed": 1, "events": limits::SCENE_BANK_EVENTS + 1}}}),
        json!({"title": {"en": "x".repeat(limits::SCENE_TITLE_BYTES + 1)}}),
        json!({"description": {"de": "x".repeat(limits::SCENE_NOTE_BYTES + 1)}}),
    ] {
        assert_eq!(refused(more).code(), "scene_too_large");
    }
}

#[test]
fn a_clock_that_goes_back_is_refused_where_it_does() {
    let to = |time: &str| step(json!({"clock": {"to": time}}));
    let forth = [to("2025-04-01T09:00:00Z"), step(json!({"clock": {"bySeconds": 5}})), to("2025-04-01T09:00:05Z")];
    assert!(Scene::parse(&scene(json!({"steps": forth})).to_string()).is_ok(), "standing still is not going back");
    let back = [step(json!({"clock": {"bySeconds": 6}})), to("2025-04-01T09:00:05Z")];
    let error = refused(json!({"steps": back}));
    assert_eq!(error.code(), "scene_clock_goes_back");
    assert!(error.to_string().contains("step 2") && error.to_string().contains("09:00:06"), "{error}");
    let deposit = json!({"commandType": "Deposit", "payload": {}, "actor": "ada"});
    let error = refused(json!({
        "base": {"clock": "2025-04-01T09:00:00Z", "setUp": [deposit]}, "steps": [to("2025-04-01T09:00:00Z")],
    }));
    assert_eq!(error.code(), "scene_clock_goes_back", "commands before the checkpoint have taken their time");
}

#[test]
fn commands_are_checked_against_the_domain() {
    let domain = bank::domain().expect("a domain");
    let with = |command: Value| {
        let text = scene(json!({"steps": [step(json!("note")), step(json!({"command": command}))]})).to_string();
        Scene::parse(&text).expect("a scene").check_commands(&domain)
    };
    let amount = json!({"minor": "100", "currency": "EUR"});
    let good = json!({"commandType": "Deposit", "payload": {"accountId": "A-1", "amount": amount}, "actor": "ada"});
    assert_eq!(with(good), Ok(()));
    for command in [
        json!({"commandType": "Deposits", "payload": {}, "actor": "ada"}),
        json!({"commandType": "Deposit", "payload": {"accountId": "A-1", "amount": 1}, "actor": "ada"}),
    ] {
        let error = with(command).expect_err("no command");
        assert_eq!(error.code(), "scene_command_unknown");
        assert!(error.to_string().contains("step 2"), "it names the place: {error}");
    }
}

#[test]
fn ids_follow_from_places_and_the_clock_at_the_checkpoint_from_what_comes_before_it() {
    assert_eq!(Scene::command_id(3), Scene::command_id(3));
    assert_ne!(Scene::command_id(3), Scene::command_id(4));
    assert_ne!(Scene::command_id(0), Scene::set_up_id(0));
    let clock = "2025-04-01T09:00:00Z".parse().expect("a time");
    let base = Base { bank: None, clock, set_up: Vec::new() };
    assert_eq!(base.clock_at_checkpoint(), clock);
    let mut scene = Scene::new(Words::english("A scene"), base);
    assert_eq!(scene.check(), Ok(()));
    let step = Step { title: Words::default(), notes: Words::default(), pause_seconds: None, does: StepKind::Note };
    scene.steps.push(step);
    assert!(scene.check().is_err(), "what a program puts together is checked the same");
}
