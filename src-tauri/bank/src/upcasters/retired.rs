//! What accounts once recorded in another way, or ought not to have recorded.

use es_core::{BadPayload, Upcasted, Upcaster};
use serde_json::{Value, json};

use super::history::{AccountBlockedV1, StatementPrintedV1};
use super::read;

/// The case that stands for the one block that an account could have.
pub const ONLY_BLOCK: &str = "BLOCK";

pub(super) fn upcasters() -> Vec<Upcaster> {
    vec![
        Upcaster {
            event_type: "AccountBlocked",
            schema_version: 1,
            description: "renamed: a block is a freeze; its case is BLOCK, because there could be only one",
            targets: &[("AccountFrozen", 1)],
            apply: blocked_to_frozen,
        },
        Upcaster {
            event_type: "StatementPrinted",
            schema_version: 1,
            description: "dropped: paper, not a fact about the account",
            targets: &[],
            apply: drop_printed,
        },
    ]
}

fn blocked_to_frozen(payload: Value) -> Result<Upcasted, BadPayload> {
    let old: AccountBlockedV1 = read(payload)?;
    let frozen = json!({ "accountId": old.account, "caseId": ONLY_BLOCK, "reason": old.reason });
    Ok(Upcasted::To(vec![("AccountFrozen", 1, frozen)]))
}

fn drop_printed(payload: Value) -> Result<Upcasted, BadPayload> {
    // Also what is dropped must be what it promises to be.
    let _: StatementPrintedV1 = read(payload)?;
    Ok(Upcasted::Dropped(
        "that a statement was printed says nothing about the account; the print system keeps its own log",
    ))
}
