//! What can be asked of an account.

use chrono::{DateTime, NaiveDate, Utc};
use es_core::StreamName;

use super::events::Product;
use crate::declare::{command_set, payloads};
use crate::ids::{AccountId, CaseId, CustomerId, EntryId, HoldId, TransferId};
use crate::interest::{DayCount, PartsPerMillion};
use crate::ledger::GeneralLedger;
use crate::money::{Amount, Currency, Limit};

payloads! {
    /// Opens an account for an active customer.
    OpenAccount {
        /// Number of the new account.
        #[schemars(extend("x-new-id" = true))]
        account_id: AccountId,
        /// Its owner; must be active.
        customer_id: CustomerId,
        /// Its only currency.
        currency: Currency,
        /// What kind of account.
        product: Product,
        /// How far below zero it may go; nothing if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overdraft_limit: Option<Limit>,
    }

    /// Pays cash in.
    Deposit {
        /// The account.
        account_id: AccountId,
        /// How much.
        amount: Amount,
        /// Words for the statement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1, max = 140))]
        text: Option<String>,
        /// The day from which it counts for interest; the bank's day if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value_date: Option<NaiveDate>,
    }

    /// Pays cash out.
    Withdraw {
        /// The account.
        account_id: AccountId,
        /// How much.
        amount: Amount,
        /// Words for the statement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1, max = 140))]
        text: Option<String>,
        /// The day from which it counts for interest; the bank's day if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value_date: Option<NaiveDate>,
    }

    /// Sets money aside.
    PlaceHold {
        /// The account.
        account_id: AccountId,
        /// Id of the new hold, unique in the account.
        #[schemars(extend("x-new-id" = true))]
        hold_id: HoldId,
        /// How much.
        amount: Amount,
        /// From when on it can no longer be captured.
        expires_at: DateTime<Utc>,
        /// What for.
        #[schemars(length(min = 1, max = 140))]
        purpose: String,
    }

    /// Changes an open hold.
    ChangeHold {
        /// The account.
        account_id: AccountId,
        /// The hold.
        hold_id: HoldId,
        /// The new amount.
        amount: Amount,
        /// The new expiry.
        expires_at: DateTime<Utc>,
    }

    /// Takes the money of a hold, in whole or in part; the rest is free again.
    CaptureHold {
        /// The account.
        account_id: AccountId,
        /// The hold.
        hold_id: HoldId,
        /// How much, at most what is held.
        amount: Amount,
        /// Words for the statement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1, max = 140))]
        text: Option<String>,
    }

    /// Gives a hold up.
    ReleaseHold {
        /// The account.
        account_id: AccountId,
        /// The hold.
        hold_id: HoldId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Records that a hold has reached its expiry.
    ExpireHold {
        /// The account.
        account_id: AccountId,
        /// The hold.
        hold_id: HoldId,
    }

    /// Takes a transfer's money and fee out, using up its hold.
    DebitForTransfer {
        /// The account.
        account_id: AccountId,
        /// The transfer.
        transfer_id: TransferId,
        /// How much goes into transit.
        amount: Amount,
        /// The hold placed for it.
        hold_id: HoldId,
        /// The transfer's fee; none if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Amount>,
    }

    /// Brings a transfer's money in, out of transit.
    CreditFromTransfer {
        /// The account.
        account_id: AccountId,
        /// The transfer.
        transfer_id: TransferId,
        /// How much arrives.
        amount: Amount,
        /// How much leaves transit for it, if that is another currency; the same amount if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_transit: Option<Amount>,
    }

    /// Brings the money of a transfer that cannot be completed back.
    ReturnTransferDebit {
        /// The account.
        account_id: AccountId,
        /// The transfer.
        transfer_id: TransferId,
        /// How much; exactly what was debited.
        amount: Amount,
        /// The fee that was charged with it; none if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Amount>,
        /// Why.
        #[schemars(length(min = 1, max = 500))]
        reason: String,
    }

    /// Refuses debits until the case is lifted.
    FreezeAccount {
        /// The account.
        account_id: AccountId,
        /// The case.
        case_id: CaseId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Lifts the freeze of one case.
    UnfreezeAccount {
        /// The account.
        account_id: AccountId,
        /// The case.
        case_id: CaseId,
    }

    /// Sets the overdraft limit, or proposes it if it needs a second person.
    SetOverdraft {
        /// The account.
        account_id: AccountId,
        /// The limit. Above 50,000 whole units of the currency it needs a second person.
        overdraft_limit: Limit,
    }

    /// Approves the proposed overdraft limit.
    ApproveOverdraft {
        /// The account.
        account_id: AccountId,
        /// Content hash of the proposal that the approver has seen, as in the account's state and its OverdraftProposed event.
        #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
        content_hash: String,
    }

    /// Declines the proposed overdraft limit, or withdraws it.
    DeclineOverdraft {
        /// The account.
        account_id: AccountId,
        /// Content hash of the proposal, as in the account's state and its OverdraftProposed event.
        #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
        content_hash: String,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Charges a fee.
    ChargeFee {
        /// The account.
        account_id: AccountId,
        /// How much.
        amount: Amount,
        /// Words for the statement.
        #[schemars(length(min = 1, max = 140))]
        text: String,
    }

    /// Gives a fee back.
    WaiveFee {
        /// The account.
        account_id: AccountId,
        /// The entry of the fee.
        entry_id: EntryId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Undoes an entry by its mirror image.
    ReversePosting {
        /// The account.
        account_id: AccountId,
        /// The entry to undo.
        entry_id: EntryId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Sets the limits of what the customer may spend, all three together.
    SetLimits {
        /// The account.
        account_id: AccountId,
        /// For one withdrawal, hold or transfer; none if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_transaction: Option<Limit>,
        /// For a day of the bank; none if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_day: Option<Limit>,
        /// For a month of the calendar; none if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_month: Option<Limit>,
    }

    /// Marks an account whose customer has not been heard of for long.
    MarkDormant {
        /// The account.
        account_id: AccountId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Makes a dormant account usable again.
    Reactivate {
        /// The account.
        account_id: AccountId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Agrees an interest rate.
    SetInterestRate {
        /// The account.
        account_id: AccountId,
        /// Yearly rate on a balance above zero.
        rate_parts_per_million: PartsPerMillion,
        /// Yearly rate on a balance below zero; nothing if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overdraft_rate_parts_per_million: Option<PartsPerMillion>,
        /// How days are counted.
        day_count: DayCount,
        /// The first day that earns at this rate.
        valid_from: NaiveDate,
    }

    /// Lets the days since the last accrual earn.
    AccrueInterest {
        /// The account.
        account_id: AccountId,
        /// The last day; must be over.
        through: NaiveDate,
    }

    /// Posts accrued interest.
    PostInterest {
        /// The account.
        account_id: AccountId,
    }

    /// Lets the days of a period earn, and posts the interest.
    SettleInterest {
        /// The account.
        account_id: AccountId,
        /// The last day of the period; must be over.
        through: NaiveDate,
    }

    /// Opens a new period of the account's books.
    OpenPeriod {
        /// The account.
        account_id: AccountId,
        /// First day of the period: not before the last one's, and not after today.
        period_from: NaiveDate,
    }

    /// Closes an empty account for good.
    CloseAccount {
        /// The account.
        account_id: AccountId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }
}

payloads! {
    /// Records that the customer's own record names the account.
    RecordLinkToCustomer {
        /// The account.
        account_id: AccountId,
    }

    /// Records that the customer's own record could not name the account.
    RecordLinkToCustomerRefusal {
        /// The account.
        account_id: AccountId,
        /// Which of the customer's rules refused.
        code: String,
        /// What it said.
        message: String,
    }

    /// Records that the customer's own record does not name the closed account any more.
    RecordUnlinkFromCustomer {
        /// The account.
        account_id: AccountId,
    }
}

command_set! {
    /// A command to an account.
    pub enum AccountCommand in "account", id account_id, references references {
        OpenAccount by people "Open account"
            "Opens an account for an active customer." example {
                "accountId": "100234", "customerId": "C-1001", "currency": "EUR", "product": "current",
                "overdraftLimit": { "minor": "50000", "currency": "EUR" }
            }
        Deposit by people "Deposit"
            "Pays cash in: Dr vault cash, Cr account. Also possible while the account is frozen." example {
                "accountId": "100234", "amount": { "minor": "10050", "currency": "EUR" }, "text": "Cash deposit"
            }
        Withdraw by people "Withdraw"
            "Pays cash out, at most what is available: Dr account, Cr vault cash." example {
                "accountId": "100234", "amount": { "minor": "5000", "currency": "EUR" }, "text": "Cash withdrawal"
            }
        PlaceHold by people "Place hold"
            "Sets available money aside for a later capture." example {
                "accountId": "100234", "holdId": "H-3001", "amount": { "minor": "2500", "currency": "EUR" },
                "expiresAt": "2031-05-11T12:00:00Z", "purpose": "Card payment, Café Central"
            }
        ChangeHold by people "Change hold"
            "Gives an open hold another amount and expiry." example {
                "accountId": "100234", "holdId": "H-3001", "amount": { "minor": "3000", "currency": "EUR" },
                "expiresAt": "2031-05-12T12:00:00Z"
            }
        CaptureHold by people "Capture hold"
            "Takes the held money, in whole or in part: Dr account, Cr nostro. The rest is free again." example {
                "accountId": "100234", "holdId": "H-3001", "amount": { "minor": "2350", "currency": "EUR" },
                "text": "Café Central"
            }
        ReleaseHold by people "Release hold"
            "Gives a hold up; its money is available again." example {
                "accountId": "100234", "holdId": "H-3001", "reason": "Order cancelled"
            }
        ExpireHold by process "Expire hold"
            "Records that a hold has reached its expiry; its money is available again." example {
                "accountId": "100234", "holdId": "H-3001"
            }
        DebitForTransfer by process "Debit for transfer"
            "Takes a transfer's money out, into transit, using up its hold." example {
                "accountId": "100234", "transferId": "T-5001", "amount": { "minor": "25000", "currency": "EUR" },
                "holdId": "T-5001"
            }
        CreditFromTransfer by process "Credit from transfer"
            "Brings a transfer's money in, out of transit. Also possible while the account is frozen." example {
                "accountId": "100235", "transferId": "T-5001", "amount": { "minor": "25000", "currency": "EUR" }
            }
        ReturnTransferDebit by process "Return transfer debit"
            "Brings the money of a transfer that cannot be completed back." example {
                "accountId": "100234", "transferId": "T-5001", "amount": { "minor": "25000", "currency": "EUR" },
                "reason": "Account 100235 is closed"
            }
        FreezeAccount by people "Freeze account"
            "Refuses debits and new holds until the case is lifted. An account can be frozen for several cases." example {
                "accountId": "100234", "caseId": "CASE-77", "reason": "Suspected fraud"
            }
        UnfreezeAccount by people "Unfreeze account"
            "Lifts the freeze of one case; other cases stay." example {
                "accountId": "100234", "caseId": "CASE-77"
            }
        SetOverdraft by people "Set overdraft"
            "Sets how far below zero the account may go. A high limit is proposed, and set when a second person approves." example {
                "accountId": "100234", "overdraftLimit": { "minor": "100000", "currency": "EUR" }
            }
        ApproveOverdraft by people "Approve overdraft"
            "Sets exactly the overdraft limit that was proposed. The actor must not have proposed it." example {
                "accountId": "100234",
                "contentHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
            }
        DeclineOverdraft by people "Decline overdraft"
            "Declines the proposed overdraft limit, or withdraws it; the limit stays as it is." example {
                "accountId": "100234",
                "contentHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "reason": "Income does not bear it"
            }
        ChargeFee by people "Charge fee"
            "Charges a fee: Dr account, Cr fee income." example {
                "accountId": "100234", "amount": { "minor": "490", "currency": "EUR" }, "text": "Account fee"
            }
        WaiveFee by people "Waive fee"
            "Gives a fee back by the mirror image of its entry, once: Dr fee income, Cr account." example {
                "accountId": "100234", "entryId": "6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11", "reason": "Goodwill"
            }
        ReversePosting by people "Reverse posting"
            "Undoes a deposit, withdrawal, capture or fee by its mirror image, once." example {
                "accountId": "100234", "entryId": "6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11", "reason": "Counted twice"
            }
        SetLimits by people "Set limits"
            "Sets what the customer may spend (withdrawals, holds, transfers) at once, a day and a month; no limit where left out." example {
                "accountId": "100234", "perTransaction": { "minor": "100000", "currency": "EUR" },
                "perDay": { "minor": "200000", "currency": "EUR" }, "perMonth": { "minor": "1000000", "currency": "EUR" }
            }
        MarkDormant by people "Mark dormant"
            "Refuses the customer's withdrawals, holds and transfers until the account is reactivated. Credits stay possible." example {
                "accountId": "100234", "reason": "No contact for ten years"
            }
        Reactivate by people "Reactivate"
            "Makes a dormant account usable again." example {
                "accountId": "100234", "reason": "Customer identified at the counter"
            }
        SetInterestRate by people "Set interest rate"
            "Agrees yearly rates (parts per million) and how days are counted, from a day on that has not earned yet." example {
                "accountId": "100234", "ratePartsPerMillion": "15000", "overdraftRatePartsPerMillion": "112500",
                "dayCount": "ACT/365F", "validFrom": "2031-06-01"
            }
        AccrueInterest by people "Accrue interest"
            "Lets the days since the last accrual earn on their end-of-day balances, exactly. Nothing is posted." example {
                "accountId": "100234", "through": "2031-06-30"
            }
        PostInterest by people "Post interest"
            "Posts accrued interest, rounded half to even: Dr interest expense, Cr account, or Dr account, Cr interest income. The rest is carried on." example {
                "accountId": "100234"
            }
        RecordLinkToCustomer by process "Record link to customer"
            "Records that the customer's own record names the account." example { "accountId": "100234" }
        RecordLinkToCustomerRefusal by process "Record link to customer refusal"
            "Records that the customer's own record could not name the account, and freezes it for people to look at." example {
                "accountId": "100234", "code": "customer_closed",
                "message": "The relation with customer C-1001 has ended."
            }
        RecordUnlinkFromCustomer by process "Record unlink from customer"
            "Records that the customer's own record does not name the closed account any more." example {
                "accountId": "100234"
            }
        SettleInterest by process "Settle interest"
            "Lets the days through the end of a period earn and posts the interest, if the account can bear it; if not, it stays accrued." example {
                "accountId": "100234", "through": "2031-06-30"
            }
        OpenPeriod by people "Open period"
            "Carries the whole account forward into a new period, so that what came before may be archived." example {
                "accountId": "100234", "periodFrom": "2031-01-01"
            }
        CloseAccount by people "Close account"
            "Closes an account with a zero balance and no open holds, for good." example {
                "accountId": "100234", "reason": "Customer moves away"
            }
    }
}

/// An opening looks at the customer, whose later changes do not undo it. Whatever has a value date of its own looks at which
/// days of the ledger are closed.
fn references(command: &AccountCommand) -> Vec<StreamName> {
    match command {
        AccountCommand::OpenAccount(open) => vec![open.customer_id.stream()],
        AccountCommand::Deposit(Deposit { value_date: Some(_), .. })
        | AccountCommand::Withdraw(Withdraw { value_date: Some(_), .. })
        | AccountCommand::PostInterest(_)
        | AccountCommand::SettleInterest(_) => vec![GeneralLedger::General.stream()],
        _ => Vec::new(),
    }
}
