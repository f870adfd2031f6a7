//! What can happen to a quote.

use chrono::{DateTime, Utc};

use super::rate::ExchangeRate;
use crate::declare::{event_set, payloads};
use crate::ids::QuoteId;
use crate::money::Currency;

payloads! {
    /// The bank quoted a rate.
    RateQuoted {
        /// The quote.
        quote_id: QuoteId,
        /// Currency that customers give.
        source_currency: Currency,
        /// Currency that they get.
        target_currency: Currency,
        /// Minor units of the target currency for minor units of the source currency.
        rate: ExchangeRate,
        /// Where the rate comes from.
        provenance: String,
        /// Who quoted it.
        quoted_by: String,
        /// When.
        quoted_at: DateTime<Utc>,
        /// Until when transfers may use it.
        valid_until: DateTime<Utc>,
    }

    /// The bank took a quote back. What was pinned before stays.
    QuoteWithdrawn {
        /// The quote.
        quote_id: QuoteId,
        /// Why.
        reason: String,
        /// Who withdrew it.
        withdrawn_by: String,
    }
}

event_set! {
    /// An event of a quote.
    pub enum QuoteEvent in "quote" {
        RateQuoted 1 "Rate quoted" "The bank quoted an exchange rate that transfers may use for a while.",
        QuoteWithdrawn 1 "Quote withdrawn" "The bank took a quote back; rates that are pinned already stay.",
    }
}
