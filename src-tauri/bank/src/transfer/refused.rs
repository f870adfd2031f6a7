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
    use serde_json::json;

    use super::*;

    #[test]
    fn an_end_by_a_rule_is_told_with_its_numbers_and_nothing_else_is() {
        let message = "available 1.00 EUR";
        let rejected = json!({ "transferId": "T-1", "code": "insufficient_funds", "message": message });
        let mut failed = rejected.clone();
        failed["debitRefused"] = true.into();
        let told = |event_type, payload: &serde_json::Value| RefusedLater::of(event_type, &payload.to_string());
        let ended = |begun| Some(RefusedLater { code: "insufficient_funds".into(), message: message.into(), begun });
        assert_eq!(told("TransferRejected", &rejected), ended(false));
        assert_eq!(told("TransferFailed", &failed), ended(true));
        assert_eq!(told("TransferCompleted", &json!({ "transferId": "T-1" })), None);
        assert_eq!(told("AccountOpened", &rejected), None, "of another aggregate");
    }
}
