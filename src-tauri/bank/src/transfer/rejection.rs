//! Why a command to a transfer is refused.

use chrono::{DateTime, Utc};

use super::state::TransferStatus;
use crate::declare::rejections;
use crate::ids::{AccountId, TransferId};

rejections! {
    /// A rule of transfers that refuses.
    pub enum TransferRejection {
        TransferExists "transfer_exists"
            "Transfer {transfer_id} exists already and is {status}; choose another id."
            { transfer_id: TransferId, status: TransferStatus }
        TransferNotFound "transfer_not_found"
            "There is no transfer {transfer_id}."
            { transfer_id: TransferId }
        SameAccount "same_account"
            "A transfer needs two different accounts; both are {account_id}."
            { account_id: AccountId }
        NotCancellable "not_cancellable"
            "Transfer {transfer_id} is {status}; it can be cancelled only before the source account is debited."
            { transfer_id: TransferId, status: TransferStatus }
        DeadlineNotReached "deadline_not_reached"
            "Transfer {transfer_id} may run until {deadline}; it is only {now}."
            { transfer_id: TransferId, deadline: DateTime<Utc>, now: DateTime<Utc> }
        OutOfTurn "out_of_turn"
            "Transfer {transfer_id} is {status}, so {step} does not fit."
            { transfer_id: TransferId, status: TransferStatus, step: &'static str }
        OtherAccounts "other_accounts"
            "Transfer {transfer_id} is from account {source_account} to account {target_account}, not between those named."
            { transfer_id: TransferId, source_account: AccountId, target_account: AccountId }
    }
}
