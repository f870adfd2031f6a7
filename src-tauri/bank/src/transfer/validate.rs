//! The check of a transfer's accounts and quote before anything is held. What can change afterwards (funds, freezes, a closing)
//! is decided again by the accounts themselves; the rate is pinned here and does not change any more.

use chrono::{DateTime, Utc};
use es_core::{References, Reject, Rejection};

use super::event::PinnedRate;
use super::rejection::TransferRejection;
use super::state::{TransferOrder, TransferProblem};
use crate::account::{AccountRejection, AccountState};
use crate::exchange::QuoteState;
use crate::ids::{AccountId, QuoteId};
use crate::money::{Amount, Currency};

/// The rate that the transfer uses, if its accounts have two currencies.
pub(super) fn checked(
    order: &TransferOrder,
    now: DateTime<Utc>,
    references: &References,
) -> Result<Option<PinnedRate>, TransferProblem> {
    let amount = order.amount;
    account(&order.source, amount, references)?;
    let target = open(&order.target, references).map_err(|rejection| problem(rejection.to_rejection()))?;
    let pinned = match (&order.quote_id, target == amount.currency()) {
        (None, true) => Ok(None),
        (None, false) => Err(TransferRejection::QuoteNeeded {
            account_id: order.target.clone(),
            source_currency: amount.currency(),
            target_currency: target,
        }),
        (Some(quote_id), _) => quote(quote_id, amount.currency(), Some(target), now, references)
            .and_then(|quote| pin(amount, target, quote).map(Some)),
    };
    pinned.map_err(|rejection| problem(rejection.to_rejection()))
}

fn pin(amount: Amount, target: Currency, quote: &crate::exchange::RateQuoted) -> Result<PinnedRate, TransferRejection> {
    let converted = quote.rate.convert(amount, target).map_err(|error| TransferRejection::NotConvertible {
        amount,
        rate: quote.rate.in_words(amount.currency(), target),
        reason: error.to_string(),
    })?;
    Ok(PinnedRate {
        quote_id: quote.quote_id.clone(),
        rate: quote.rate,
        converted,
        provenance: quote.provenance.clone(),
        quoted_by: quote.quoted_by.clone(),
        quoted_at: quote.quoted_at,
        valid_until: quote.valid_until,
    })
}

/// A quote that a transfer from one currency, and to another if that is known yet, can use now.
pub(super) fn quote<'a>(
    quote_id: &QuoteId,
    source_currency: Currency,
    target_currency: Option<Currency>,
    now: DateTime<Utc>,
    references: &'a References,
) -> Result<&'a crate::exchange::RateQuoted, TransferRejection> {
    let quote_id = quote_id.clone();
    let Some(quote) = references.get::<QuoteState>(&quote_id.stream()).and_then(QuoteState::quote) else {
        return Err(TransferRejection::QuoteNotFound { quote_id });
    };
    if quote.withdrawn {
        return Err(TransferRejection::QuoteWithdrawn { quote_id });
    }
    let terms = &quote.terms;
    if now >= terms.valid_until {
        return Err(TransferRejection::QuoteExpired { quote_id, valid_until: terms.valid_until, now });
    }
    if terms.source_currency != source_currency || target_currency.is_some_and(|target| target != terms.target_currency)
    {
        return Err(TransferRejection::QuoteMismatch {
            quote_id,
            quoted_source: terms.source_currency,
            quoted_target: terms.target_currency,
            source_currency,
            target_currency: target_currency.map_or_else(|| "another".to_owned(), |target| target.to_string()),
        });
    }
    Ok(terms)
}

/// Whether an account is open and has the amount's currency.
pub(crate) fn account(id: &AccountId, amount: Amount, references: &References) -> Result<(), TransferProblem> {
    let checked = open(id, references).and_then(|expected| {
        if expected == amount.currency() {
            return Ok(());
        }
        Err(AccountRejection::CurrencyMismatch { account_id: id.clone(), expected, actual: amount.currency() })
    });
    checked.map_err(|rejection| problem(rejection.to_rejection()))
}

/// Currency of an open account.
fn open(id: &AccountId, references: &References) -> Result<Currency, AccountRejection> {
    let account_id = id.clone();
    match references.get::<AccountState>(&id.stream()) {
        None | Some(AccountState::NotOpened) => Err(AccountRejection::AccountNotFound { account_id }),
        Some(AccountState::Closed(account)) => {
            let closed_on = account.closed_on.unwrap_or(account.opened_on);
            Err(AccountRejection::AccountClosed { account_id, closed_on })
        }
        Some(AccountState::Open(account)) => Ok(account.currency),
    }
}

fn problem(Rejection { code, message, .. }: Rejection) -> TransferProblem {
    TransferProblem { code, message }
}
