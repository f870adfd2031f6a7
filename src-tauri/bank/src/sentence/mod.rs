//! Each event in one sentence for people: a function for each aggregate and language, so that the compiler finds what is missing.

mod de;
mod en;

use es_core::{DomainEvent, Language, ProjectedEvent};

use crate::account::AccountEvent;
use crate::customer::CustomerEvent;
use crate::exchange::QuoteEvent;
use crate::ledger::LedgerEvent;
use crate::order::OrderEvent;
use crate::transaction::TransactionEvent;
use crate::transfer::TransferEvent;

/// Longest free text that is quoted in a sentence, in characters.
const QUOTED_CHARACTERS: usize = 240;

/// How a language tells the events of each aggregate.
struct Telling {
    account: fn(&AccountEvent) -> String,
    transfer: fn(&TransferEvent) -> String,
    customer: fn(&CustomerEvent) -> String,
    transaction: fn(&TransactionEvent) -> String,
    order: fn(&OrderEvent) -> String,
    quote: fn(&QuoteEvent) -> String,
    ledger: fn(&LedgerEvent) -> String,
}

const ENGLISH: Telling = Telling {
    account: en::of_account,
    transfer: en::of_transfer,
    customer: en::of_customer,
    transaction: en::of_transaction,
    order: en::of_order,
    quote: en::of_quote,
    ledger: en::of_ledger,
};

const GERMAN: Telling = Telling {
    account: de::of_account,
    transfer: de::of_transfer,
    customer: de::of_customer,
    transaction: de::of_transaction,
    order: de::of_order,
    quote: de::of_quote,
    ledger: de::of_ledger,
};

/// Tells an event in one sentence. Never fails: what cannot be read is said to be so.
#[must_use]
pub fn sentence(event: &ProjectedEvent<'_>, language: Language) -> String {
    let (event_type, payload) = (&*event.current.event_type, &*event.current.payload);
    let telling = match language {
        Language::English => ENGLISH,
        Language::German => GERMAN,
    };
    telling.tell(event_type, payload).unwrap_or_else(|| unreadable(event_type, language))
}

impl Telling {
    fn tell(&self, event_type: &str, payload: &str) -> Option<String> {
        fn told<E: DomainEvent>(tell: fn(&E) -> String, event_type: &str, payload: &str) -> Option<String> {
            E::decode(event_type, payload).ok().map(|event| tell(&event))
        }
        told(self.account, event_type, payload)
            .or_else(|| told(self.transfer, event_type, payload))
            .or_else(|| told(self.customer, event_type, payload))
            .or_else(|| told(self.transaction, event_type, payload))
            .or_else(|| told(self.order, event_type, payload))
            .or_else(|| told(self.quote, event_type, payload))
            .or_else(|| told(self.ledger, event_type, payload))
    }
}

fn unreadable(event_type: &str, language: Language) -> String {
    let known = [
        AccountEvent::CURRENT,
        TransferEvent::CURRENT,
        CustomerEvent::CURRENT,
        TransactionEvent::CURRENT,
        OrderEvent::CURRENT,
        QuoteEvent::CURRENT,
        LedgerEvent::CURRENT,
    ];
    let is_known = known.iter().any(|events| events.iter().any(|(name, _)| *name == event_type));
    match (language, is_known) {
        (Language::English, true) => format!("{event_type} whose payload does not have its usual shape"),
        (Language::English, false) => format!("{event_type}, which this bank does not know"),
        (Language::German, true) => format!("{event_type}, dessen Nutzdaten nicht die übliche Form haben"),
        (Language::German, false) => format!("{event_type}, das diese Bank nicht kennt"),
    }
}

/// A free text behind what it belongs to; nothing if nobody has written one.
fn after_colon(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!(": {}", quoted(text)) }
}

fn quoted(text: &str) -> String {
    if text.chars().count() <= QUOTED_CHARACTERS {
        return text.to_owned();
    }
    text.chars().take(QUOTED_CHARACTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use es_core::DomainEvent;

    use super::*;

    #[test]
    fn a_transfer_without_a_reference_is_told_without_a_colon() {
        let told = |reference: &str, tell: fn(&TransferEvent) -> String| {
            let payload = serde_json::json!({
                "transferId": "T-1", "source": "1", "target": "2", "amount": { "minor": "100", "currency": "EUR" },
                "reference": reference, "requestedBy": "desk:anna", "requestedOn": "2026-03-02",
                "deadline": "2026-03-02T12:00:00Z",
            });
            tell(&TransferEvent::decode("TransferRequested", &payload.to_string()).expect("a request"))
        };
        for tell in [en::of_transfer, de::of_transfer] {
            let (with, without) = (told("Rent", tell), told(" ", tell));
            assert!(with.ends_with(": Rent"), "{with}");
            assert_eq!(with.strip_suffix(": Rent"), Some(without.as_str()), "nothing hangs at its end");
        }
    }
}
