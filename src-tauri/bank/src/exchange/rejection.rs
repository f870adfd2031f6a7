//! Why a command to a quote is refused.

use chrono::{DateTime, Utc};

use crate::declare::rejections;
use crate::ids::QuoteId;
use crate::money::Currency;

rejections! {
    /// A rule of quotes that refuses.
    pub enum QuoteRejection {
        QuoteExists "quote_exists"
            "Quote {quote_id} exists already; choose another id."
            => "Kurs {quote_id} gibt es bereits; eine andere Kennung wählen."
            { quote_id: QuoteId }
        QuoteNotFound "quote_not_found"
            "There is no quote {quote_id}."
            => "Es gibt keinen Kurs {quote_id}."
            { quote_id: QuoteId }
        SameCurrency "same_currency"
            "A rate needs two different currencies; both are {currency}."
            => "Ein Kurs braucht zwei verschiedene Währungen; beide sind {currency}."
            { currency: Currency }
        ValidityOutOfRange "validity_out_of_range"
            "A quote made at {now} can be valid until {latest} at most and must not have ended, so not until {valid_until}."
            => "Ein Kurs von {now} kann bis höchstens {latest} gelten und darf nicht abgelaufen sein, also nicht bis {valid_until}."
            { valid_until: DateTime<Utc>, now: DateTime<Utc>, latest: DateTime<Utc> }
        AlreadyWithdrawn "already_withdrawn"
            "Quote {quote_id} was withdrawn before."
            => "Kurs {quote_id} wurde bereits zurückgezogen."
            { quote_id: QuoteId }
    }
}
