//! Rules that refuse a transfer after the command that asked for it was accepted.

use es_core::DomainEvent;

use super::event::{TransferEvent, TransferFailed, TransferRejected};

/// Why a transfer that was asked for is not made, as an event of it records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLater {
    /// Stable code of the rule.
    pub code: String,
    /// The rule in a sentence, with its numbers.
    pub message: String,
    /// Whether something had been held for it before.
    pub begun: bool,
}

impl RefusedLater {
    /// What an event in its present shape records, if it is such an end.
    #[must_use]
    pub fn of(event_type: &str, payload: &str) -> Option<Self> {
        match TransferEvent::decode(event_type, payload).ok()? {
            TransferEvent::TransferRejected(TransferRejected { code, message, .. }) => {
                Some(Self { code, message, begun: false })
            }
            TransferEvent::TransferFailed(TransferFailed { code, message, .. }) => {
                Some(Self { code, message, begun: true })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_by_a_rule_is_told_with_its_numbers_and_nothing_else_is() {
        let payload = r#"{"transferId":"T-1","code":"insufficient_funds","message":"available 1.00 EUR"}"#;
        let told = |event_type| RefusedLater::of(event_type, payload).map(|refused| (refused.message, refused.begun));
        assert_eq!(told("TransferRejected"), Some(("available 1.00 EUR".to_owned(), false)));
        assert_eq!(told("TransferFailed"), Some(("available 1.00 EUR".to_owned(), true)));
        assert_eq!(RefusedLater::of("TransferCompleted", r#"{"transferId":"T-1"}"#), None);
        assert_eq!(RefusedLater::of("AccountOpened", payload), None, "of another aggregate");
    }
}
