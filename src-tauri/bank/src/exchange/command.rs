//! What can be asked of a quote.

use chrono::{DateTime, Utc};
use es_core::StreamName;

use super::rate::ExchangeRate;
use crate::declare::{command_set, payloads};
use crate::ids::QuoteId;
use crate::money::Currency;

payloads! {
    /// Quotes a rate.
    QuoteRate {
        /// Id of the new quote.
        #[schemars(extend("x-new-id" = true))]
        quote_id: QuoteId,
        /// Currency that customers give.
        source_currency: Currency,
        /// Currency that they get.
        target_currency: Currency,
        /// Minor units of the target currency for minor units of the source currency, as a ratio of whole numbers.
        rate: ExchangeRate,
        /// Where the rate comes from.
        #[schemars(length(min = 1, max = 140))]
        provenance: String,
        /// Until when transfers may use it, at most a day ahead.
        valid_until: DateTime<Utc>,
    }

    /// Takes a quote back.
    WithdrawQuote {
        /// The quote.
        quote_id: QuoteId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }
}

command_set! {
    /// A command to a quote.
    pub enum QuoteCommand in "quote", id quote_id, references references {
        QuoteRate by people "Quote a rate"
            "Quotes an exchange rate that transfers may use until it ends: a ratio of minor units, such as 10834 US cents for 10000 euro cents."
            example {
                "quoteId": "Q-4001", "sourceCurrency": "EUR", "targetCurrency": "USD",
                "rate": { "numerator": "10834", "denominator": "10000" },
                "provenance": "Treasury desk, ECB reference less 20 basis points", "validUntil": "2031-05-05T18:00:00Z"
            }
        WithdrawQuote by people "Withdraw a quote"
            "Takes a quote back: transfers that are not validated cannot use it any more. Rates that are pinned already stay."
            example { "quoteId": "Q-4001", "reason": "The market has moved" }
    }
}

/// A quote is decided by itself.
fn references(_: &QuoteCommand) -> Vec<StreamName> {
    Vec::new()
}
