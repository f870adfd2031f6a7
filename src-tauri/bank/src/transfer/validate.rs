//! The check of a transfer's accounts before anything is held. What can change afterwards (funds, freezes, a closing) is
//! decided again by the accounts themselves.

use es_core::{References, Reject};

use super::state::TransferProblem;
use crate::account::{AccountRejection, AccountState};
use crate::ids::AccountId;
use crate::money::Amount;

pub(super) fn account(id: &AccountId, amount: Amount, references: &References) -> Result<(), TransferProblem> {
    check(id, amount, references).map_err(|rejection| {
        let rejection = rejection.to_rejection();
        TransferProblem { code: rejection.code, message: rejection.message }
    })
}

fn check(id: &AccountId, amount: Amount, references: &References) -> Result<(), AccountRejection> {
    let account_id = id.clone();
    match references.get::<AccountState>(&id.stream()) {
        None | Some(AccountState::NotOpened) => Err(AccountRejection::AccountNotFound { account_id }),
        Some(AccountState::Closed(account)) => {
            let closed_on = account.closed_on.unwrap_or(account.opened_on);
            Err(AccountRejection::AccountClosed { account_id, closed_on })
        }
        Some(AccountState::Open(account)) if account.currency != amount.currency() => {
            let (expected, actual) = (account.currency, amount.currency());
            Err(AccountRejection::CurrencyMismatch { account_id, expected, actual })
        }
        Some(AccountState::Open(_)) => Ok(()),
    }
}
