//! Words of people and names that they chose are neither told in German nor torn apart, whatever they look like.

use bank::language::{Language, Seamed};
use es_core::{AppendError, StoreError, StreamName, StreamVersion};
use es_runtime::RetentionError;
use serde_json::json;

use super::{german, told};
use crate::wire::{AppError, AuditRow, Change, CommandResult, Detail, JsonKind, JsonNode, ServerFact};

fn stream(name: &str) -> StreamName {
    StreamName::new(name).expect("the name of a stream")
}

fn german_of(error: AppError) -> String {
    error.german.expect("German words").message
}

#[test]
fn a_stream_may_be_called_like_a_sentence() {
    for name in ["x is closed", "there is no stream y", "x is at version 3, but 4 was expected", "the store is closed"]
    {
        let closed = AppError::from(AppendError::StreamClosed { stream: stream(name) });
        assert_eq!(german_of(closed), format!("Stream {name} ist geschlossen."));
        let missing = AppError::of("stream_not_found", &format_args!("there is no stream {name}"), "");
        assert_eq!(german_of(missing), format!("Es gibt keinen Stream {name}."));
        let stale = AppendError::WrongExpectedVersion {
            stream: stream(name),
            expected: es_core::ExpectedVersion::NoStream,
            actual: StreamVersion(7),
        };
        let expected = format!("Stream {name} steht bei Version 7, erwartet wurde kein Stream.");
        assert_eq!(german_of(AppError::from(stale)), expected);
    }
}

#[test]
fn names_of_files_servers_and_users_are_no_words() {
    for name in ["cancelled", "the store is closed", "it was opened for reading only", "2026-11-06", "yes"] {
        let error = StoreError::ReadOnly { path: name.to_owned(), reason: "it was opened for reading only".to_owned() };
        let expected = format!("der Speicher {name} kann nicht beschrieben werden: er wurde nur zum Lesen geöffnet");
        assert_eq!(german(Seamed::of(&error).said()), Some(expected));
        let error = StoreError::LoginRefused {
            server: name.to_owned(),
            user: name.to_owned(),
            reason: "unknown user or wrong password".to_owned(),
        };
        let expected = format!(
            "Der Server {name} verweigert die Anmeldung von {name}: unbekannter Benutzer oder falsches Passwort."
        );
        assert_eq!(german_of(AppError::from(error)), expected);
    }
    let mut fact = ServerFact { name: "Database".to_owned(), value: "none".to_owned() };
    fact = told(vec![fact], Language::German).remove(0);
    assert_eq!((fact.name.as_str(), fact.value.as_str()), ("Datenbank", "none"), "a database may be called none");
}

#[test]
fn what_a_server_says_stays_as_it_is_behind_german_words() {
    let error = StoreError::LoginRefused {
        server: "db:5432".to_owned(),
        user: "ann".to_owned(),
        reason: "FATAL: password authentication failed for user \"ann\": sorry".to_owned(),
    };
    let expected = "Der Server db:5432 verweigert die Anmeldung von ann: \
                    FATAL: password authentication failed for user \"ann\": sorry.";
    assert_eq!(german_of(AppError::from(error)), expected);
}

#[test]
fn a_reason_that_somebody_gave_is_not_told() {
    let hold = |reason: &str| {
        let error = RetentionError::UnknownHold { hold: reason.to_owned() };
        german(Seamed::of(&error).said())
    };
    for said in ["there is no legal hold x", "cancelled", "a stream keeps its last event"] {
        assert_eq!(hold(said), Some(format!("es gibt keine Aufbewahrungssperre {said}")));
    }
    let row = |actor: &str| AuditRow {
        actor: actor.to_owned(),
        position: "1".to_owned(),
        recorded_at: "2026-11-06T09:30:00Z".to_owned(),
        command_type: "ReleaseHold".to_owned(),
        event_type: "HoldReleased".to_owned(),
        stream: "account-100234".to_owned(),
        channel: "process".to_owned(),
        correlation_id: "4d1ff5ba-4a2c-4d5c-9d8e-0a5f6e1f0c11".to_owned(),
        reason: Some("Transfer T-1 failed".to_owned()),
    };
    assert_eq!(told(vec![row("ann")], Language::German)[0].reason.as_deref(), Some("Transfer T-1 failed"));
    let process = told(vec![row("process:transfer")], Language::German);
    assert_eq!(process[0].reason.as_deref(), Some("Überweisung T-1 fehlgeschlagen"));
}

#[test]
fn values_of_a_payload_are_data() {
    let refused = told(
        CommandResult::Rejected {
            code: "account_not_found".to_owned(),
            message: "Account A is not closed. cannot take part (x): There is no account B.".to_owned(),
            details: vec![Detail { name: "accountId".to_owned(), value: "active".to_owned() }],
        },
        Language::German,
    );
    let CommandResult::Rejected { message, details, .. } = refused else { unreachable!() };
    assert!(
        message.contains("Account A is not closed."),
        "an id has no white space, so this is no rule's text: {message}"
    );
    assert_eq!(details[0].value, "active");
    let node = |text: &str| JsonNode {
        path: "/reason".to_owned(),
        key: "reason".to_owned(),
        depth: 1,
        kind: JsonKind::String,
        text: Some(text.to_owned()),
        children: 0,
        change: Change::Same,
        before: None,
        display: None,
    };
    for text in ["cancelled", "there is no stream y", "3 more values are not shown; the raw text has them all"] {
        assert_eq!(told(vec![node(text)], Language::German)[0].text.as_deref(), Some(text));
    }
    let rest = JsonNode {
        path: String::new(),
        key: "…".to_owned(),
        ..node("3 more values are not shown; the raw text has them all")
    };
    let expected = "3 weitere Werte sind nicht gezeigt; der Rohtext hat sie alle";
    assert_eq!(told(vec![rest], Language::German)[0].text.as_deref(), Some(expected));
}

#[test]
fn what_was_typed_into_a_form_is_repeated_as_it_is() {
    let domain = bank::domain().expect("the domain is sound");
    let said = "x is not a text and y is none of the choices: z";
    let payload = json!({ "accountId": said, "amount": { "minor": "1", "currency": "EUR" } }).to_string();
    let error = domain.parse_command("Deposit", &payload).err().expect("no id");
    let two = json!({ "accountId": 7, "amount": { "minor": "1", "currency": "Taler" } }).to_string();
    let whole = AppError::from(domain.parse_command("Deposit", &two).err().expect("no such shape"));
    let expected = "Deposit passt nicht zu seinem Schema: /accountId: 7 ist kein Text; \
                    /amount/currency: \"Taler\" ist kein Währungscode nach ISO 4217.";
    assert_eq!(german_of(whole), expected);
    let es_core::CommandError::BadShape { violations, .. } = error else { panic!("{error}") };
    let told = german(violations[0].message.as_str()).expect("German words");
    assert!(told.starts_with(&format!("{said:?} ist keine Kennung: 1 bis 40")), "{told}");
}

#[test]
fn a_sentence_is_read_by_the_words_that_say_most_of_it() {
    let refused = "The server 127.0.0.1:1 cannot be reached: connecting failed: Connection refused (os error 111).";
    let expected = "Der Server 127.0.0.1:1 ist nicht erreichbar: Verbinden fehlgeschlagen: Verbindung abgelehnt (Systemfehler 111).";
    assert_eq!(german(refused).as_deref(), Some(expected), "not as an operation that failed");
    assert_eq!(
        german("A text and a number have no order.").as_deref(),
        Some("Ein Text und eine Zahl haben keine Reihenfolge.")
    );
    let conflict = "The target holds something else: at position 1 of the target stands event a-1, version 1 of b-1: the source has \
                    event c-1 of b-1, version 1 there, from position 1: event a-1, not c-1; the metadata differs at byte 19: 236 bytes, not 236.";
    let expected = "Das Ziel enthält etwas anderes: an Position 1 des Ziels steht Ereignis a-1, Version 1 von b-1: die Quelle hat dort \
                    Ereignis c-1 von b-1, Version 1, aus Position 1: Ereignis a-1 statt c-1; die Metadaten weichen ab Byte 19 ab: 236 Byte statt 236.";
    assert_eq!(german(conflict).as_deref(), Some(expected));
    let halted = "Mystery v1, event 67 of account-100240: unknown event type Mystery v1 \
                  (mend what it is about and retry, or skip the event for a reason).";
    let expected = "Mystery v1, Ereignis 67 von account-100240: unbekannter Ereignistyp Mystery v1 \
                    (die Ursache beheben und erneut versuchen, oder das Ereignis mit einem Grund überspringen).";
    assert_eq!(german(halted).as_deref(), Some(expected));
    assert_eq!(german("Reading the log failed: EIO.").as_deref(), Some("Lesen des Logs ist fehlgeschlagen: EIO."));
}
