//! What can happen to an account.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::period::PeriodOpened;
use crate::declare::{entry_payloads, event_set, payloads};
use crate::entry::EntryView;
use crate::ids::{AccountId, CaseId, CustomerId, EntryId, HoldId, TransferId};
use crate::interest::{DayCount, MinorFraction, PartsPerMillion};
use crate::money::{Amount, Currency, Limit, Money};

/// What kind of account a customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Product {
    /// For daily payments; may have an overdraft.
    Current,
    /// For putting money aside; never below zero.
    Savings,
    /// For a firm; may have an overdraft.
    Business,
}

impl Product {
    /// Lower-case name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Savings => "savings",
            Self::Business => "business",
        }
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

payloads! {
    /// An account was opened.
    AccountOpened {
        /// The account.
        account_id: AccountId,
        /// Its owner.
        customer_id: CustomerId,
        /// Its only currency.
        currency: Currency,
        /// What kind of account.
        product: Product,
        /// How far below zero it may go.
        overdraft_limit: Limit,
        /// The bank's day.
        opened_on: NaiveDate,
    }

    /// Money was set aside for a later capture.
    HoldPlaced {
        /// The account.
        account_id: AccountId,
        /// The hold.
        hold_id: HoldId,
        /// How much is set aside.
        amount: Amount,
        /// From when on it can no longer be captured.
        expires_at: DateTime<Utc>,
        /// What for.
        purpose: String,
        /// The bank's day, on which it counts towards the limits. Not known of holds from before this was recorded: they
        /// count when they are captured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        placed_on: Option<NaiveDate>,
    }

    /// An open hold got another amount or expiry.
    HoldChanged {
        /// The account.
        account_id: AccountId,
        /// The hold.
        hold_id: HoldId,
        /// How much is set aside now.
        amount: Amount,
        /// From when on it can no longer be captured, now.
        expires_at: DateTime<Utc>,
    }

    /// A hold was given up without a capture.
    HoldReleased {
        /// The account.
        account_id: AccountId,
        /// The hold.
        hold_id: HoldId,
        /// Why.
        reason: String,
    }

    /// A hold reached its expiry without a capture.
    HoldExpired {
        /// The account.
        account_id: AccountId,
        /// The hold.
        hold_id: HoldId,
    }

    /// The account was frozen for a case. It may be frozen for several at once.
    AccountFrozen {
        /// The account.
        account_id: AccountId,
        /// The case.
        case_id: CaseId,
        /// Why.
        reason: String,
    }

    /// The freeze of one case was lifted; others stay.
    AccountUnfrozen {
        /// The account.
        account_id: AccountId,
        /// The case.
        case_id: CaseId,
    }

    /// Somebody asked for an overdraft limit that needs a second person.
    OverdraftProposed {
        /// The account.
        account_id: AccountId,
        /// The limit, once it is approved.
        overdraft_limit: Limit,
        /// SHA-256 over account, present and proposed limit and who proposed; what an approval is bound to.
        content_hash: String,
        /// Who asked.
        proposed_by: String,
    }

    /// A proposed overdraft limit was declined, or withdrawn by who had asked for it.
    OverdraftDeclined {
        /// The account.
        account_id: AccountId,
        /// SHA-256 of the proposal.
        content_hash: String,
        /// Why.
        reason: String,
        /// Who declined.
        declined_by: String,
    }

    /// The overdraft limit was set.
    OverdraftSet {
        /// The account.
        account_id: AccountId,
        /// The limit from now on.
        overdraft_limit: Limit,
        /// Who else agreed, if the limit needed it. Without a proposal before it, only who set the limit says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approved_by: Option<String>,
    }

    /// The limits of what the customer may spend were set, each in place of the one before.
    LimitsSet {
        /// The account.
        account_id: AccountId,
        /// For one withdrawal, hold or transfer; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_transaction: Option<Limit>,
        /// For a day; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_day: Option<Limit>,
        /// For a month; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_month: Option<Limit>,
    }

    /// The customer has not been heard of for long: only credits are possible until the account is reactivated.
    AccountMarkedDormant {
        /// The account.
        account_id: AccountId,
        /// Why.
        reason: String,
    }

    /// The customer was heard of again.
    AccountReactivated {
        /// The account.
        account_id: AccountId,
        /// Why.
        reason: String,
    }

    /// An interest rate was agreed.
    InterestRateSet {
        /// The account.
        account_id: AccountId,
        /// Yearly rate on a balance above zero.
        rate_parts_per_million: PartsPerMillion,
        /// Yearly rate on a balance below zero.
        overdraft_rate_parts_per_million: PartsPerMillion,
        /// How days are counted.
        day_count: DayCount,
        /// The first day that earns at this rate.
        valid_from: NaiveDate,
    }

    /// Days with one end-of-day balance and one rate.
    AccruedPeriod {
        /// First day.
        from: NaiveDate,
        /// Last day.
        through: NaiveDate,
        /// Settled balance at the end of each of them, by value date.
        balance: Money,
        /// Yearly rate.
        rate_parts_per_million: PartsPerMillion,
        /// How days are counted.
        day_count: DayCount,
        /// What they earned, exactly.
        interest: MinorFraction,
    }

    /// Interest was earned, day by day, following the last accrual without a gap. Nothing is posted yet.
    InterestAccrued {
        /// The account.
        account_id: AccountId,
        /// First day.
        from: NaiveDate,
        /// Last day.
        through: NaiveDate,
        /// What these days earned, exactly; negative where the customer owes.
        interest: MinorFraction,
        /// What is earned and not posted after it, exactly.
        accrued: MinorFraction,
        /// How it came about.
        periods: Vec<AccruedPeriod>,
    }

    /// The account was closed for good.
    AccountClosed {
        /// The account.
        account_id: AccountId,
        /// Why.
        reason: String,
        /// The bank's day.
        closed_on: NaiveDate,
    }
}

entry_payloads! {
    /// Cash was paid in. Dr vault cash, Cr account.
    MoneyDeposited {
        /// The account.
        account_id: AccountId,
        /// How much.
        amount: Amount,
    }

    /// Cash was paid out. Dr account, Cr vault cash.
    MoneyWithdrawn {
        /// The account.
        account_id: AccountId,
        /// How much.
        amount: Amount,
    }

    /// A hold was captured, in whole or in part; what is left of it is free again. Dr account, Cr nostro.
    HoldCaptured {
        /// The account.
        account_id: AccountId,
        /// The hold.
        hold_id: HoldId,
        /// How much was captured.
        amount: Amount,
    }

    /// A transfer took money out, into transit, and its fee with it. Dr account, Cr transfers in transit, Cr fee income.
    TransferDebited {
        /// The account.
        account_id: AccountId,
        /// The transfer.
        transfer_id: TransferId,
        /// How much is in transit, without the fee.
        amount: Amount,
        /// The transfer's fee; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Amount>,
        /// The hold that it used up.
        hold_id: HoldId,
    }

    /// A transfer brought money in, out of transit. Dr transfers in transit, Cr account; from another currency through the
    /// bank's FX position in both.
    TransferCredited {
        /// The account.
        account_id: AccountId,
        /// The transfer.
        transfer_id: TransferId,
        /// How much arrives.
        amount: Amount,
        /// How much leaves transit for it: the same, or the amount before the conversion.
        from_transit: Amount,
    }

    /// A transfer could not be completed and its money came back, with the fee. Dr transfers in transit, Dr fee income, Cr
    /// account.
    TransferDebitReturned {
        /// The account.
        account_id: AccountId,
        /// The transfer.
        transfer_id: TransferId,
        /// How much leaves transit, without the fee.
        amount: Amount,
        /// The fee that comes back; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Amount>,
        /// Why.
        reason: String,
    }

    /// A fee was charged. Dr account, Cr fee income.
    FeeCharged {
        /// The account.
        account_id: AccountId,
        /// How much.
        amount: Amount,
    }

    /// A fee was waived: the mirror image of its entry, once.
    FeeWaived {
        /// The account.
        account_id: AccountId,
        /// The entry of the fee.
        original_entry_id: EntryId,
        /// How much came back.
        amount: Amount,
        /// Why.
        reason: String,
    }

    /// Accrued interest was posted, rounded half to even; the rest is carried on. Dr interest expense, Cr account, or
    /// Dr account, Cr interest income where the customer owes.
    InterestPosted {
        /// The account.
        account_id: AccountId,
        /// How much; the postings say in which direction.
        amount: Amount,
        /// The last day whose interest is in it.
        through: NaiveDate,
        /// What was earned and not posted before, exactly.
        accrued: MinorFraction,
        /// What of it is left after, exactly: at most half a minor unit either way.
        carried: MinorFraction,
    }

    /// An earlier entry was undone by its mirror image; neither is ever edited.
    PostingReversed {
        /// The account.
        account_id: AccountId,
        /// The entry that was undone.
        original_entry_id: EntryId,
        /// How much moved back.
        amount: Amount,
        /// Why.
        reason: String,
    }
}

payloads! {
    /// The customer's own record names the account.
    LinkedToCustomer {
        /// The account.
        account_id: AccountId,
        /// Its owner.
        customer_id: CustomerId,
    }

    /// The customer's own record could not name the account: the relation had ended when it came, or has too many accounts.
    LinkToCustomerRefused {
        /// The account.
        account_id: AccountId,
        /// Its owner.
        customer_id: CustomerId,
        /// Which of the customer's rules refused.
        code: String,
        /// What it said.
        message: String,
    }

    /// The customer's own record does not name the closed account any more.
    UnlinkedFromCustomer {
        /// The account.
        account_id: AccountId,
        /// Its owner.
        customer_id: CustomerId,
    }
}

event_set! {
    /// An event of an account.
    pub enum AccountEvent in "account" {
        AccountOpened 1 "Account opened" "An account was opened for a customer.",
        MoneyDeposited 2 "Money deposited" "Cash was paid in.",
        MoneyWithdrawn 1 "Money withdrawn" "Cash was paid out.",
        HoldPlaced 1 "Hold placed" "Money was set aside for a later capture.",
        HoldChanged 1 "Hold changed" "An open hold got another amount or expiry.",
        HoldCaptured 1 "Hold captured" "A hold was captured, in whole or in part; the rest is free again.",
        HoldReleased 1 "Hold released" "A hold was given up without a capture.",
        HoldExpired 1 "Hold expired" "A hold reached its expiry without a capture.",
        TransferDebited 2 "Transfer debited" "A transfer took money out of the account, into transit.",
        TransferCredited 2 "Transfer credited" "A transfer brought money into the account, out of transit.",
        TransferDebitReturned 2 "Transfer debit returned" "A transfer failed and its money came back to the account.",
        AccountFrozen 1 "Account frozen" "The account was frozen for a case.",
        AccountUnfrozen 1 "Account unfrozen" "The freeze of one case was lifted; other cases stay.",
        OverdraftProposed 1 "Overdraft proposed" "Somebody asked for an overdraft limit that needs a second person.",
        OverdraftDeclined 1 "Overdraft declined" "A proposed overdraft limit was declined or withdrawn.",
        OverdraftSet 1 "Overdraft set" "The overdraft limit was set.",
        FeeCharged 1 "Fee charged" "A fee was charged.",
        PostingReversed 1 "Posting reversed" "An earlier entry was undone by its mirror image.",
        FeeWaived 1 "Fee waived" "A fee was given back by the mirror image of its entry.",
        LimitsSet 1 "Limits set" "The limits of what the customer may spend were set.",
        AccountMarkedDormant 1 "Account marked dormant" "The account refuses its customer's debits until it is reactivated.",
        AccountReactivated 1 "Account reactivated" "The customer was heard of again; debits are possible.",
        InterestRateSet 1 "Interest rate set" "An interest rate was agreed.",
        InterestAccrued 1 "Interest accrued" "Days have earned interest, which is not posted yet.",
        InterestPosted 1 "Interest posted" "Accrued interest was posted; what rounding left is carried on.",
        LinkedToCustomer 1 "Linked to customer" "The customer's own record names the account.",
        LinkToCustomerRefused 1 "Link to customer refused" "The customer's own record could not name the account.",
        UnlinkedFromCustomer 1 "Unlinked from customer" "The customer's own record does not name the account any more.",
        PeriodOpened 1 "Period opened" "A new period begins with all that the account is; it is read from here on.",
        AccountClosed 1 "Account closed" "The account was closed for good.",
    }
}

impl AccountEvent {
    /// The journal entry, if the event moves money.
    #[must_use]
    pub fn entry(&self) -> Option<EntryView<'_>> {
        match self {
            Self::MoneyDeposited(event) => Some(event.entry()),
            Self::MoneyWithdrawn(event) => Some(event.entry()),
            Self::HoldCaptured(event) => Some(event.entry()),
            Self::TransferDebited(event) => Some(event.entry()),
            Self::TransferCredited(event) => Some(event.entry()),
            Self::TransferDebitReturned(event) => Some(event.entry()),
            Self::FeeCharged(event) => Some(event.entry()),
            Self::PostingReversed(event) => Some(event.entry()),
            Self::FeeWaived(event) => Some(event.entry()),
            Self::InterestPosted(event) => Some(event.entry()),
            Self::AccountOpened(_)
            | Self::HoldPlaced(_)
            | Self::HoldChanged(_)
            | Self::HoldReleased(_)
            | Self::HoldExpired(_)
            | Self::AccountFrozen(_)
            | Self::AccountUnfrozen(_)
            | Self::OverdraftProposed(_)
            | Self::OverdraftDeclined(_)
            | Self::OverdraftSet(_)
            | Self::PeriodOpened(_)
            | Self::LimitsSet(_)
            | Self::AccountMarkedDormant(_)
            | Self::AccountReactivated(_)
            | Self::LinkedToCustomer(_)
            | Self::LinkToCustomerRefused(_)
            | Self::UnlinkedFromCustomer(_)
            | Self::InterestRateSet(_)
            | Self::InterestAccrued(_)
            | Self::AccountClosed(_) => None,
        }
    }
}
