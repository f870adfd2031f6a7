//! The language of the window: what is read is told in it, what is stored is not.

use super::*;
use crate::wire::{CommandHistoryQuery, EventQuery, SpokenLanguage};
use tokio_util::sync::CancellationToken;

async fn sentences(session: &Session) -> Vec<String> {
    let opened = session.events_open(EventQuery::default(), &CancellationToken::new()).await.expect("opened");
    let block = session.events_block(&opened.query_id, "0", 200, &[]).await.expect("read");
    block.events.into_iter().filter_map(|event| event.sentence).collect()
}

#[tokio::test]
async fn events_and_rejections_are_told_in_the_language_of_the_window() {
    let (bench, session) = Bench::with_store().await;
    let bench = &bench.bench;
    small_bank(&session).await;
    let english = sentences(&session).await;
    assert!(english.iter().any(|told| told.starts_with("Deposit of 100.00 EUR")), "{english:?}");

    bench.set_language(SpokenLanguage::German);
    let german = sentences(&session).await;
    assert_eq!(german.len(), english.len(), "the same events");
    assert!(german.iter().any(|told| told == "Einzahlung von 100,00 EUR: Bareinzahlung"), "{german:?}");
    assert!(german.iter().all(|told| !english.contains(told)), "nothing is told in English any more: {german:?}");

    let withdraw = request("Withdraw", json!({ "accountId": "1001", "amount": euros(99_999_999) }));
    let refused = bench.execute(&session, withdraw).await.expect("answered");
    let CommandResult::Rejected { code, message, .. } = bench.told(refused) else { panic!("it is refused") };
    assert_eq!(code, "insufficient_funds", "codes are the same in every language");
    assert!(message.contains("benötigt 999.999,99 EUR, verfügbar sind 100,00 EUR"), "{message}");

    let query = CommandHistoryQuery { limit: 1, ..CommandHistoryQuery::default() };
    let kept = bench.command_history(query).await.expect("readable");
    let words = kept.entries[0].message.as_deref().expect("it was refused");
    assert!(words.contains("available are 100.00 EUR"), "what is kept does not depend on who read it: {words}");

    bench.set_language(SpokenLanguage::English);
    assert_eq!(sentences(&session).await, english, "and back");
}

#[tokio::test]
async fn forms_are_told_in_german_and_take_the_same_payloads() {
    let (bench, session) = Bench::with_store().await;
    let bench = &bench.bench;
    bench.set_language(SpokenLanguage::German);
    let (english, german) = (session.commands(), bench.told(session.commands()));
    for (english, german) in english.iter().zip(&german) {
        assert_ne!(english.title, german.title, "{}", english.command_type);
        assert_ne!(english.schema, german.schema, "{}", english.command_type);
        assert_eq!((&english.command_type, &english.example), (&german.command_type, &german.example));
    }
    let faults = bench.told(session.check_command("Deposit", "{}"));
    assert!(faults.iter().all(|fault| fault.message == "fehlt"), "{faults:?}");
    let models = bench.told(session.projections().await.expect("answered"));
    assert!(models.iter().any(|model| model.description.starts_with("Saldo, Vormerkungen")), "{models:?}");
}

#[tokio::test]
async fn a_store_that_is_opened_later_is_told_in_the_same_language() {
    let bench = Bench::new();
    bench.bench.set_language(SpokenLanguage::German);
    let error = bench.bench.open(Some(bench.file("other.ledgerscope"))).await.expect_err("there is none");
    let told = error.german.expect("German words");
    assert!(told.message.starts_with("Es gibt keinen Speicher unter "), "{}", told.message);
    assert!(error.message.starts_with("There is no store at "), "both are there: {}", error.message);
    bench.bench.open(None).await.expect("the default store is created");
    let session = bench.bench.session().expect("it is open");
    small_bank(&session).await;
    assert!(sentences(&session).await.iter().any(|told| told.starts_with("Einzahlung von 100,00 EUR")));
}
