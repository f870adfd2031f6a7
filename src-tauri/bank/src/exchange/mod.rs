//! Foreign exchange: rates as exact ratios, and quotes that the bank stands by for a while.

mod command;
mod event;
mod rate;
mod rejection;
mod state;

use chrono::TimeDelta;
use es_core::{CommandContext, Decider, References};

pub use command::{QuoteCommand, QuoteRate, WithdrawQuote};
pub use event::{QuoteEvent, QuoteWithdrawn, RateQuoted};
pub use rate::{ExchangeRate, RATE_TERM_CAP, RateTerm};
pub use rejection::QuoteRejection;
pub use state::{Quote, QuoteState};

/// Longest time for which a rate can be quoted. The bank carries the risk that the market moves meanwhile.
pub const QUOTE_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// The quote aggregate.
pub struct QuoteDecider;

impl Decider for QuoteDecider {
    const CATEGORY: &'static str = "quote";
    const STATE_VERSION: u32 = 1;
    type State = QuoteState;
    type Command = QuoteCommand;
    type Event = QuoteEvent;
    type Rejection = QuoteRejection;

    fn evolve(state: &mut QuoteState, event: &QuoteEvent) {
        state::evolve(state, event);
    }

    fn decide(
        state: &QuoteState,
        command: &QuoteCommand,
        context: &CommandContext,
        _references: &References,
    ) -> Result<Vec<QuoteEvent>, QuoteRejection> {
        match command {
            QuoteCommand::QuoteRate(quote) => quote_rate(state, quote, context),
            QuoteCommand::WithdrawQuote(withdraw) => self::withdraw(state, withdraw, context),
        }
    }
}

fn quote_rate(
    state: &QuoteState,
    quote: &QuoteRate,
    context: &CommandContext,
) -> Result<Vec<QuoteEvent>, QuoteRejection> {
    let (quote_id, valid_until) = (quote.quote_id.clone(), quote.valid_until);
    if state.quote().is_some() {
        return Err(QuoteRejection::QuoteExists { quote_id });
    }
    if quote.source_currency == quote.target_currency {
        return Err(QuoteRejection::SameCurrency { currency: quote.source_currency });
    }
    let latest = context.now + QUOTE_LIFETIME;
    if valid_until <= context.now || valid_until > latest {
        return Err(QuoteRejection::ValidityOutOfRange { valid_until, now: context.now, latest });
    }
    Ok(vec![
        RateQuoted {
            quote_id,
            source_currency: quote.source_currency,
            target_currency: quote.target_currency,
            rate: quote.rate,
            provenance: quote.provenance.clone(),
            quoted_by: context.actor.clone(),
            quoted_at: context.now,
            valid_until,
        }
        .into(),
    ])
}

fn withdraw(
    state: &QuoteState,
    withdraw: &WithdrawQuote,
    context: &CommandContext,
) -> Result<Vec<QuoteEvent>, QuoteRejection> {
    let quote_id = withdraw.quote_id.clone();
    let Some(quote) = state.quote() else { return Err(QuoteRejection::QuoteNotFound { quote_id }) };
    if quote.withdrawn {
        return Err(QuoteRejection::AlreadyWithdrawn { quote_id });
    }
    let reason = withdraw.reason.clone();
    Ok(vec![QuoteWithdrawn { quote_id, reason, withdrawn_by: context.actor.clone() }.into()])
}
