//! Every command that the bank has is checked against its schema before any rule is asked, and told where it does not fit.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

use std::sync::Arc;

use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::{CommandDescriptor, CommandError, Domain, EventReader, Position, ShapeViolation};
use es_runtime::{CommandEnvelope, Engine, EngineParts, Outcome};
use serde_json::{Value, json};

fn bank() -> (Engine, Arc<MemoryEventStore>, Arc<Domain>) {
    let events = Arc::new(MemoryEventStore::default());
    let domain = Arc::new(bank::domain().expect("a sound domain"));
    let parts = EngineParts::new(events.clone(), Arc::new(MemoryReadModels::new()), domain.clone());
    (Engine::new(parts), events, domain)
}

async fn answer(engine: &Engine, command: &CommandDescriptor, payload: &Value) -> Outcome {
    let envelope = CommandEnvelope::new(command.command_type, payload.to_string());
    engine.execute(&envelope).await.expect("an answer")
}

/// Violations of a payload that must not fit; for `what` was done to it.
async fn violations(engine: &Engine, command: &CommandDescriptor, payload: &Value, what: &str) -> Vec<ShapeViolation> {
    match answer(engine, command, payload).await {
        Outcome::Invalid(CommandError::BadShape { command_type, violations }) => {
            assert_eq!(command_type, command.command_type);
            violations
        }
        other => panic!("{} {what}: it should not fit its schema, got {other:?}", command.command_type),
    }
}

fn told_at(found: &[ShapeViolation], place: &str) -> bool {
    found.iter().any(|violation| violation.path == place || violation.path.starts_with(&format!("{place}/")))
}

#[tokio::test]
async fn every_command_is_checked_against_its_schema_and_told_where_it_does_not_fit() {
    let (engine, events, domain) = bank();
    assert!(domain.commands.len() > 40, "all of them: {}", domain.commands.len());
    for command in &domain.commands {
        let name = command.command_type;
        let properties = command.schema["properties"].as_object().expect("properties");
        assert_eq!(command.schema["additionalProperties"], false, "{name} refuses what it does not know");
        let mut more = command.example.clone();
        more["somethingElse"] = json!(1);
        let found = violations(&engine, command, &more, "with an unknown field").await;
        assert!(told_at(&found, "/somethingElse"), "{name}: {found:?}");
        for required in command.schema["required"].as_array().into_iter().flatten() {
            let required = required.as_str().expect("a name");
            let mut less = command.example.clone();
            less.as_object_mut().expect("an object").remove(required);
            let found = violations(&engine, command, &less, &format!("without {required}")).await;
            assert!(told_at(&found, &format!("/{required}")), "{name} without {required}: {found:?}");
        }
        for property in properties.keys() {
            // No field of any command is a list of lists.
            let mut wrong = command.example.clone();
            wrong[property] = json!([[17]]);
            let found = violations(&engine, command, &wrong, &format!("with a wrong {property}")).await;
            assert!(told_at(&found, &format!("/{property}")), "{name} with a wrong {property}: {found:?}");
        }
        for payload in [json!([]), json!("x"), Value::Null] {
            violations(&engine, command, &payload, "that is no object").await;
        }
    }
    assert_eq!(events.head().await, Ok(Position::ZERO), "nothing was decided");
}

#[tokio::test]
async fn every_example_fits_its_schema_so_that_only_rules_may_refuse_it() {
    let (engine, _, domain) = bank();
    for command in &domain.commands {
        let outcome = answer(&engine, command, &command.example).await;
        assert!(!matches!(outcome, Outcome::Invalid(_)), "{}: {outcome:?}", command.command_type);
    }
}
