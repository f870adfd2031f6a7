//! What a quote is.

use serde::{Deserialize, Serialize};

use super::event::{QuoteEvent, RateQuoted};

/// A quote through its life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "quoted", rename_all = "camelCase")]
pub enum QuoteState {
    /// Nothing has happened.
    #[default]
    No,
    /// There is a rate.
    Yes(Box<Quote>),
}

/// A quoted rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// As it was quoted.
    pub terms: RateQuoted,
    /// Whether it was taken back.
    pub withdrawn: bool,
}

impl QuoteState {
    /// The quote, if there is one.
    #[must_use]
    pub fn quote(&self) -> Option<&Quote> {
        match self {
            Self::No => None,
            Self::Yes(quote) => Some(quote),
        }
    }
}

/// Takes an event in. Total: what does not fit changes nothing.
pub(super) fn evolve(state: &mut QuoteState, event: &QuoteEvent) {
    match (&mut *state, event) {
        (QuoteState::No, QuoteEvent::RateQuoted(terms)) => {
            *state = QuoteState::Yes(Box::new(Quote { terms: terms.clone(), withdrawn: false }));
        }
        (QuoteState::Yes(quote), QuoteEvent::QuoteWithdrawn(_)) => quote.withdrawn = true,
        (QuoteState::No, QuoteEvent::QuoteWithdrawn(_)) | (QuoteState::Yes(_), QuoteEvent::RateQuoted(_)) => {}
    }
}
