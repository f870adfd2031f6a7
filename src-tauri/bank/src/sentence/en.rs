//! Events in English.

use super::{after_colon, quoted};
use crate::account::AccountEvent;
use crate::customer::CustomerEvent;
use crate::exchange::QuoteEvent;
use crate::ledger::{LedgerEvent, PeriodChange};
use crate::money::{Amount, Limit};
use crate::order::OrderEvent;
use crate::posting::{Postings, Side};
use crate::transaction::TransactionEvent;
use crate::transfer::TransferEvent;

pub(super) fn of_account(event: &AccountEvent) -> String {
    match event {
        AccountEvent::AccountOpened(e) => {
            let (account, product, currency, customer) =
                (&e.account_id, e.product.as_str(), e.currency, &e.customer_id);
            format!("Account {account} opened: {product} in {currency} for customer {customer}")
        }
        AccountEvent::MoneyDeposited(e) => format!("Deposit of {}: {}", e.amount, quoted(&e.text)),
        AccountEvent::MoneyWithdrawn(e) => format!("Withdrawal of {}: {}", e.amount, quoted(&e.text)),
        AccountEvent::HoldPlaced(e) => format!("Hold {} of {} placed: {}", e.hold_id, e.amount, quoted(&e.purpose)),
        AccountEvent::HoldChanged(e) => {
            format!("Hold {} changed to {}, until {}", e.hold_id, e.amount, e.expires_at.format("%Y-%m-%d %H:%M UTC"))
        }
        AccountEvent::HoldCaptured(e) => format!("Hold {} captured with {}: {}", e.hold_id, e.amount, quoted(&e.text)),
        AccountEvent::HoldReleased(e) => format!("Hold {} released: {}", e.hold_id, quoted(&e.reason)),
        AccountEvent::HoldExpired(e) => format!("Hold {} expired", e.hold_id),
        AccountEvent::TransferDebited(e) => {
            format!("Transfer {}: {} debited into transit{}", e.transfer_id, e.amount, with_fee(e.fee))
        }
        AccountEvent::TransferCredited(e) if e.from_transit != e.amount => {
            format!("Transfer {}: {} credited for {} from transit", e.transfer_id, e.amount, e.from_transit)
        }
        AccountEvent::TransferCredited(e) => format!("Transfer {}: {} credited from transit", e.transfer_id, e.amount),
        AccountEvent::TransferDebitReturned(e) => {
            let (id, amount, fee, reason) = (&e.transfer_id, e.amount, with_fee(e.fee), quoted(&e.reason));
            format!("Transfer {id}: {amount} returned from transit{fee}: {reason}")
        }
        AccountEvent::AccountFrozen(e) => format!("Account frozen for case {}: {}", e.case_id, quoted(&e.reason)),
        AccountEvent::AccountUnfrozen(e) => format!("Freeze of case {} lifted", e.case_id),
        AccountEvent::OverdraftProposed(e) => {
            format!("Overdraft of {} proposed by {}", e.overdraft_limit, quoted(&e.proposed_by))
        }
        AccountEvent::OverdraftDeclined(e) => {
            format!("Proposed overdraft declined by {}: {}", quoted(&e.declined_by), quoted(&e.reason))
        }
        AccountEvent::OverdraftSet(e) => match &e.approved_by {
            Some(second) => format!("Overdraft set to {}, approved by {}", e.overdraft_limit, quoted(second)),
            None => format!("Overdraft set to {}", e.overdraft_limit),
        },
        AccountEvent::FeeCharged(e) => format!("Fee of {}: {}", e.amount, quoted(&e.text)),
        AccountEvent::PostingReversed(e) => {
            format!("Entry {} over {} reversed: {}", e.original_entry_id, e.amount, quoted(&e.reason))
        }
        AccountEvent::FeeWaived(e) => {
            format!("Fee of {} (entry {}) waived: {}", e.amount, e.original_entry_id, quoted(&e.reason))
        }
        AccountEvent::LimitsSet(e) => {
            let of = |limit: &Option<Limit>| limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string());
            let (at_once, day, month) = (of(&e.per_transaction), of(&e.per_day), of(&e.per_month));
            format!("Limits set: {at_once} at once, {day} a day, {month} a month")
        }
        AccountEvent::AccountMarkedDormant(e) => format!("Account marked dormant: {}", quoted(&e.reason)),
        AccountEvent::AccountReactivated(e) => format!("Account reactivated: {}", quoted(&e.reason)),
        AccountEvent::InterestRateSet(e) => {
            let (rate, below) = (e.rate_parts_per_million, e.overdraft_rate_parts_per_million);
            format!("Interest of {rate} ({below} below zero) from {}, {}", e.valid_from, e.day_count)
        }
        AccountEvent::InterestAccrued(e) => {
            let currency = e.periods.first().map(|period| period.balance.currency());
            let earned = currency.map_or_else(|| e.interest.to_string(), |currency| e.interest.in_words(currency));
            format!("Interest of {earned} accrued from {} through {}", e.from, e.through)
        }
        AccountEvent::InterestPosted(e) => {
            let carried = e.carried.in_words(e.amount.currency());
            format!("{}: {} posted, {carried} carried on", quoted(&e.text), e.amount)
        }
        AccountEvent::LinkedToCustomer(e) => format!("Account recorded with customer {}", e.customer_id),
        AccountEvent::LinkToCustomerRefused(e) => {
            format!("Account could not be recorded with customer {}: {}", e.customer_id, quoted(&e.message))
        }
        AccountEvent::UnlinkedFromCustomer(e) => format!("Account no more recorded with customer {}", e.customer_id),
        AccountEvent::PeriodOpened(e) => {
            format!("Period opened from {} with {} carried forward", e.period_from, e.settled)
        }
        AccountEvent::AccountClosed(e) => format!("Account closed: {}", quoted(&e.reason)),
    }
}

/// What a fee adds to a sentence.
fn with_fee(fee: Option<Amount>) -> String {
    fee.map_or_else(String::new, |fee| format!(", with a fee of {fee}"))
}

pub(super) fn of_transfer(event: &TransferEvent) -> String {
    match event {
        TransferEvent::TransferRequested(e) => {
            let (id, amount, source, target) = (&e.transfer_id, e.amount, &e.source, &e.target);
            let (fee, reference) = (with_fee(e.fee), after_colon(&e.reference));
            format!("Transfer {id} of {amount} from {source} to {target} requested{fee}{reference}")
        }
        TransferEvent::TransferValidated(e) => match &e.exchange {
            None => format!("Transfer {}: both accounts can take part", e.transfer_id),
            Some(pinned) => {
                let (id, rate, quote, arrives) = (&e.transfer_id, pinned.rate, &pinned.quote_id, pinned.converted);
                format!("Transfer {id}: both accounts can take part; {arrives} arrive at {rate}, quote {quote}")
            }
        },
        TransferEvent::TransferApprovalRequested(e) => {
            format!("Transfer {} is above {} and waits for a second person", e.transfer_id, e.threshold)
        }
        TransferEvent::TransferApproved(e) => {
            format!("Transfer {} approved by {}", e.transfer_id, quoted(&e.approved_by))
        }
        TransferEvent::TransferRefused(e) => {
            format!("Transfer {} refused by {}: {}", e.transfer_id, quoted(&e.refused_by), quoted(&e.reason))
        }
        TransferEvent::TransferApprovalExpired(e) => format!("Transfer {}: {}", e.transfer_id, e.message()),
        TransferEvent::SourceReserved(e) => format!("Transfer {}: amount held on the source account", e.transfer_id),
        TransferEvent::SourceDebited(e) => format!("Transfer {}: amount is in transit", e.transfer_id),
        TransferEvent::TransferCompleted(e) => format!("Transfer {} completed", e.transfer_id),
        TransferEvent::TransferRejected(e) => format!("Transfer {} rejected: {}", e.transfer_id, quoted(&e.message)),
        TransferEvent::TransferFailed(e) => format!("Transfer {} failed: {}", e.transfer_id, quoted(&e.message)),
        TransferEvent::TransferCancelled(e) => format!("Transfer {} cancelled: {}", e.transfer_id, quoted(&e.reason)),
        TransferEvent::SourceReleaseRefused(e) => {
            format!("Transfer {}: hold {} was not released: {}", e.transfer_id, e.hold_id, quoted(&e.message))
        }
        TransferEvent::SourceReleased(e) => {
            format!("Transfer {}: nothing is held on the source account any more", e.transfer_id)
        }
        TransferEvent::CompensationStarted(e) => {
            format!("Transfer {}: the amount goes back: {}", e.transfer_id, quoted(&e.message))
        }
        TransferEvent::TransferCompensated(e) => format!("Transfer {}: the amount is back", e.transfer_id),
        TransferEvent::TransferParked(e) => {
            let (id, amount, fee, reason) = (&e.transfer_id, e.amount, with_fee(e.fee), quoted(&e.message));
            format!("Transfer {id}: {amount} parked in suspense{fee}: {reason}")
        }
        TransferEvent::TransferUnparked(e) => {
            let (id, amount, beneficiary) = (&e.transfer_id, e.amount, &e.beneficiary);
            let (who, reason) = (quoted(&e.resolved_by), quoted(&e.reason));
            format!("Transfer {id}: {amount} taken out of suspense for account {beneficiary} by {who}: {reason}")
        }
        TransferEvent::ParkedTransferResolved(e) => {
            format!("Transfer {}: the parked amount has arrived on account {}", e.transfer_id, e.beneficiary)
        }
        TransferEvent::TransferOverdue(e) => {
            let since = e.since.format("%Y-%m-%d %H:%M:%S UTC");
            format!("Transfer {} is overdue: still {}, due since {since}", e.transfer_id, quoted(&e.status))
        }
        TransferEvent::OrderInformed(e) => {
            format!("Transfer {}: order {} knows how its day {} ended", e.transfer_id, e.order_id, e.due_on)
        }
    }
}

pub(super) fn of_customer(event: &CustomerEvent) -> String {
    match event {
        CustomerEvent::CustomerRegistered(e) => {
            let name = format!("{} {}", e.given_name, e.family_name);
            format!("Customer {} registered: {}", e.customer_id, quoted(name.trim()))
        }
        CustomerEvent::IdentificationSubmitted(e) => {
            format!("Customer {} submitted a document, valid until {}", e.customer_id, e.valid_until)
        }
        CustomerEvent::ScreeningRecorded(e) => {
            format!("Customer {} screened: {}, {}", e.customer_id, e.outcome.as_str(), quoted(&e.note))
        }
        CustomerEvent::RiskAssessed(e) => {
            format!("Customer {} rated as {} risk: {}", e.customer_id, e.rating, quoted(&e.rationale))
        }
        CustomerEvent::OnboardingApproved(e) => {
            format!("Customer {} accepted by {}", e.customer_id, quoted(&e.approved_by))
        }
        CustomerEvent::OnboardingRejected(e) => {
            format!("Customer {} not accepted: {}", e.customer_id, quoted(&e.reason))
        }
        CustomerEvent::ContactDetailsChanged(e) => format!("Customer {} has new contact details", e.customer_id),
        CustomerEvent::CustomerRestricted(e) => format!("Customer {} restricted: {}", e.customer_id, quoted(&e.reason)),
        CustomerEvent::CustomerRestrictionLifted(e) => {
            format!("Restriction of customer {} lifted: {}", e.customer_id, quoted(&e.reason))
        }
        CustomerEvent::CustomerSuspended(e) => format!("Customer {} suspended: {}", e.customer_id, quoted(&e.reason)),
        CustomerEvent::CustomerReinstated(e) => format!("Customer {} reinstated: {}", e.customer_id, quoted(&e.reason)),
        CustomerEvent::CustomerDeceased(e) => {
            format!("Customer {} died on {}: {}", e.customer_id, e.died_on, quoted(&e.evidence))
        }
        CustomerEvent::AccountLinked(e) => format!("Customer {} has account {}", e.customer_id, e.account_id),
        CustomerEvent::AccountUnlinked(e) => {
            format!("Customer {} has account {} no more", e.customer_id, e.account_id)
        }
        CustomerEvent::AccountFreezeRecorded(e) => {
            format!("Account {} of customer {} is frozen for case {}", e.account_id, e.customer_id, e.case_id)
        }
        CustomerEvent::AccountFreezeRefused(e) => {
            let (account, customer) = (&e.account_id, &e.customer_id);
            format!("Account {account} of customer {customer} could not be frozen: {}", quoted(&e.message))
        }
        CustomerEvent::AccountFreezeLifted(e) => {
            let (account, customer, case) = (&e.account_id, &e.customer_id, &e.case_id);
            format!("Freeze of account {account} of customer {customer} for case {case} lifted")
        }
        CustomerEvent::AccountFreezeGone(e) => {
            let (account, customer) = (&e.account_id, &e.customer_id);
            format!("No freeze left to lift on account {account} of customer {customer}: {}", quoted(&e.message))
        }
        CustomerEvent::KycReviewDue(e) => {
            format!("Review of customer {} due since {}, to be done by {}", e.customer_id, e.due_on, e.grace_until)
        }
        CustomerEvent::CustomerRestrictedForReview(e) => {
            format!("Customer {} restricted: {}", e.customer_id, quoted(&e.reason))
        }
        CustomerEvent::KycReviewSubmitted(e) => {
            format!("Review of customer {} waits for a second person: {}", e.customer_id, quoted(&e.findings))
        }
        CustomerEvent::KycReviewCompleted(e) => {
            format!("Customer {} reviewed, {} risk: {}", e.customer_id, e.rating, quoted(&e.findings))
        }
        CustomerEvent::ErasureRequested(e) => {
            let (customer, until) = (&e.customer_id, e.retained_until);
            format!("Erasure for customer {customer} requested; the law keeps the data until {until}")
        }
        CustomerEvent::ErasureRequestWithdrawn(e) => {
            format!("Request for erasure for customer {} withdrawn: {}", e.customer_id, quoted(&e.reason))
        }
        CustomerEvent::PersonalDataRevealed(e) => {
            let (who, customer, reason) = (quoted(&e.revealed_to), &e.customer_id, quoted(&e.reason));
            format!("{who} saw personal data of customer {customer}: {reason}")
        }
        CustomerEvent::PersonalDataErased(e) => format!("Personal data of customer {} erased", e.customer_id),
        CustomerEvent::CustomerClosed(e) => {
            format!("Relation with customer {} ended: {}", e.customer_id, quoted(&e.reason))
        }
    }
}

pub(super) fn of_transaction(event: &TransactionEvent) -> String {
    match event {
        TransactionEvent::EntryDrafted(e) => {
            let (id, legs) = (&e.transaction_id, legs(&e.postings));
            format!("Journal entry {id} drafted by {}: {}; {legs}", quoted(&e.drafted_by), quoted(&e.description))
        }
        TransactionEvent::EntrySubmitted(e) => {
            format!("Journal entry {} submitted for approval by {}", e.transaction_id, quoted(&e.submitted_by))
        }
        TransactionEvent::EntryApproved(e) => {
            format!("Journal entry {} approved by {}", e.transaction_id, quoted(&e.approved_by))
        }
        TransactionEvent::EntryPosted(e) => {
            format!("Journal entry {} posted: {}; {}", e.transaction_id, quoted(&e.text), legs(&e.postings))
        }
        TransactionEvent::EntryRejected(e) => {
            format!("Journal entry {} rejected by {}: {}", e.transaction_id, quoted(&e.rejected_by), quoted(&e.reason))
        }
        TransactionEvent::EntryExpired(e) => {
            format!("Journal entry {} expired: it was not posted before {}", e.transaction_id, e.expired_on)
        }
        TransactionEvent::EntryReversed(e) => {
            format!("Journal entry {} reversed: {}; {}", e.transaction_id, quoted(&e.reason), legs(&e.postings))
        }
    }
}

pub(super) fn of_order(event: &OrderEvent) -> String {
    match event {
        OrderEvent::ScheduledTransferCreated(e) => {
            let (id, amount, source, target, day) = (&e.order_id, e.amount, &e.source, &e.target, e.due_on);
            format!("Order {id}: {amount} from {source} to {target} on {day}{}", after_colon(&e.reference))
        }
        OrderEvent::StandingOrderCreated(e) => {
            let (id, amount, source, target) = (&e.order_id, e.amount, &e.source, &e.target);
            let (interval, day) = (e.interval.as_str(), e.first_on);
            format!("Order {id}: {amount} from {source} to {target} {interval} from {day}{}", after_colon(&e.reference))
        }
        OrderEvent::StandingOrderChanged(e) => {
            format!("Order {} changed: {} to {}{}", e.order_id, e.amount, e.target, after_colon(&e.reference))
        }
        OrderEvent::OrderSuspended(e) => format!("Order {} suspended: {}", e.order_id, quoted(&e.reason)),
        OrderEvent::OrderResumed(e) => {
            format!("Order {} resumed, {} days left out: {}", e.order_id, e.left_out, quoted(&e.reason))
        }
        OrderEvent::OrderCancelled(e) => format!("Order {} cancelled: {}", e.order_id, quoted(&e.reason)),
        OrderEvent::OrderExecutionsMissed(e) => {
            format!("Order {} missed {} days from {} through {}", e.order_id, e.count, e.first_on, e.last_on)
        }
        OrderEvent::OrderExecutionStarted(e) => {
            format!("Order {}: execution of {} begun as transfer {}", e.order_id, e.due_on, e.transfer_id)
        }
        OrderEvent::OrderTransferRequested(e) => {
            format!("Order {}: transfer {} for {} requested", e.order_id, e.transfer_id, e.due_on)
        }
        OrderEvent::OrderExecuted(e) => format!("Order {}: {} executed", e.order_id, e.due_on),
        OrderEvent::OrderExecutionFailed(e) => {
            format!("Order {}: execution of {} failed: {}", e.order_id, e.due_on, quoted(&e.message))
        }
    }
}

pub(super) fn of_quote(event: &QuoteEvent) -> String {
    match event {
        QuoteEvent::RateQuoted(e) => {
            let (id, rate) = (&e.quote_id, e.rate.in_words(e.source_currency, e.target_currency));
            format!("Quote {id}: {rate} until {}", e.valid_until.format("%Y-%m-%d %H:%M:%S UTC"))
        }
        QuoteEvent::QuoteWithdrawn(e) => format!("Quote {} withdrawn: {}", e.quote_id, quoted(&e.reason)),
    }
}

pub(super) fn of_ledger(event: &LedgerEvent) -> String {
    match event {
        LedgerEvent::PeriodChangeProposed(e) => {
            let what = match e.change {
                PeriodChange::Close => "Closing of all days through",
                PeriodChange::Reopen => "Reopening of all days from",
            };
            format!("{what} {} proposed by {}: {}", e.day, quoted(&e.proposed_by), quoted(&e.reason))
        }
        LedgerEvent::PeriodClosed(e) => {
            format!("Ledger closed through {}, approved by {}", e.through, quoted(&e.approved_by))
        }
        LedgerEvent::PeriodReopened(e) => {
            format!("Ledger reopened from {}, approved by {}", e.from, quoted(&e.approved_by))
        }
        LedgerEvent::PeriodChangeDeclined(e) => {
            format!("Change of the ledger's periods declined by {}: {}", quoted(&e.declined_by), quoted(&e.reason))
        }
    }
}

/// The legs of an entry, or how many there are where they would fill the line.
fn legs(postings: &Postings) -> String {
    if postings.legs().len() > 3 {
        return format!("{} postings", postings.legs().len());
    }
    let legs = postings.iter().map(|leg| {
        let side = if leg.side == Side::Debit { "Dr" } else { "Cr" };
        format!("{side} {} {}", leg.account, leg.amount)
    });
    legs.collect::<Vec<_>>().join(", ")
}
