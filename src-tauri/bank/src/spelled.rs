//! Payloads spelled as the bank writes them.
//!
//! What this program has written has its fields in declared order, no white space and hardly any escapes, and long histories
//! consist of it. Such a text is read from front to back, without asking which field comes next. Everything else (other
//! spellings, faults) is left to serde, which knows all of JSON and says what is wrong. So nothing here refuses a payload: it
//! only has to be right about what it takes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;

/// A payload of an event.
pub(crate) trait Payload: DeserializeOwned {
    /// Reads a text that is spelled as the bank writes it; nothing for every other text.
    fn spelled(_payload: &str) -> Option<Self> {
        None
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// No JSON, or another shape.
    fn read(payload: &str) -> Result<Self, serde_json::Error> {
        Self::spelled(payload).map_or_else(|| serde_json::from_str(payload), Ok)
    }
}

/// What is left to read of a payload.
pub(crate) struct Spelled<'a> {
    rest: &'a str,
    first: bool,
}

impl<'a> Spelled<'a> {
    /// Begins with a payload that is an object.
    pub(crate) fn object(payload: &'a str) -> Option<Self> {
        Some(Self { rest: payload.strip_prefix('{')?, first: true })
    }

    /// Whether the object ends here, and nothing stands behind it.
    pub(crate) fn ends(&self) -> bool {
        self.rest == "}"
    }

    /// Passes a field's name, if that field comes next.
    fn key(&mut self, key: &Key) -> bool {
        let spelled = &key.spelled[usize::from(self.first)..key.length];
        let found = self.rest.as_bytes().starts_with(spelled);
        if found {
            self.rest = self.rest.get(spelled.len()..).unwrap_or_default();
            self.first = false;
        }
        found
    }

    /// Passes what must come next.
    pub(crate) fn pass(&mut self, literal: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    /// A text without escapes.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let rest = self.rest.strip_prefix('"')?;
        let end = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        let (text, rest) = (rest.get(..end)?, rest.get(end..)?);
        self.rest = rest.strip_prefix('"')?;
        Some(text)
    }
}

/// Longest name of a field, with comma, quotes and colon.
const KEY_BYTES: usize = 48;

/// A field's name as it stands in JSON.
pub(crate) struct Key {
    /// `,"bookingDate":`
    spelled: [u8; KEY_BYTES],
    length: usize,
}

impl Key {
    /// The name in JSON of a field that is named in Rust. Meant for constants: a name that is too long does not compile.
    pub(crate) const fn of(field: &str) -> Self {
        let field = field.as_bytes();
        let mut spelled = [0; KEY_BYTES];
        (spelled[0], spelled[1]) = (b',', b'"');
        let (mut at, mut length, mut capital) = (0, 2, false);
        while at < field.len() {
            if field[at] == b'_' {
                capital = true;
            } else {
                spelled[length] = if capital { field[at].to_ascii_uppercase() } else { field[at] };
                length += 1;
                capital = false;
            }
            at += 1;
        }
        (spelled[length], spelled[length + 1]) = (b'"', b':');
        Self { spelled, length: length + 2 }
    }
}

/// A value that a payload may hold.
pub(crate) trait Spell: Sized {
    /// Reads it, if it is spelled as the bank writes it.
    fn spell(from: &mut Spelled<'_>) -> Option<Self>;

    /// Reads it as a field.
    fn field(from: &mut Spelled<'_>, key: &Key) -> Option<Self> {
        if from.key(key) { Self::spell(from) } else { None }
    }
}

impl<T: Spell> Spell for Option<T> {
    fn spell(from: &mut Spelled<'_>) -> Option<Self> {
        T::spell(from).map(Some)
    }

    /// Absent means nothing.
    fn field(from: &mut Spelled<'_>, key: &Key) -> Option<Self> {
        if from.key(key) { Self::spell(from) } else { Some(None) }
    }
}

impl Spell for String {
    fn spell(from: &mut Spelled<'_>) -> Option<Self> {
        from.text().map(str::to_owned)
    }
}

impl Spell for NaiveDate {
    /// `YYYY-MM-DD`; years that need more are rare enough for serde.
    fn spell(from: &mut Spelled<'_>) -> Option<Self> {
        let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = from.text()?.as_bytes() else { return None };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
        };
        let (year, month, day) = (number(&[y0, y1, y2, y3])?, number(&[m0, m1])?, number(&[d0, d1])?);
        Self::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    }
}

/// Values of rare events are left to serde, and with them the events.
macro_rules! left_to_serde {
    ($($type:ty),+) => {
        $(impl Spell for $type {
            fn spell(_: &mut Spelled<'_>) -> Option<Self> {
                None
            }
        })+
    };
}

left_to_serde!(DateTime<Utc>, crate::interest::MinorFraction, crate::transfer::Belonging);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::account::{MoneyDeposited, PostingReversed, TransferDebited};

    const ENTRY: &str = concat!(
        r#""entryId":"6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11","bookingDate":"2026-02-28","valueDate":"2026-03-01","#,
        r#""postings":[{"account":"gl:vault-cash","side":"debit","amount":{"minor":"5","currency":"EUR"}},"#,
        r#"{"account":"account:A-1","side":"credit","amount":{"minor":"5","currency":"EUR"}}],"text":"Für Ömer"}"#
    );
    const AMOUNT: &str = r#""amount":{"minor":"5","currency":"EUR"},"#;

    fn deposit() -> String {
        format!(r#"{{"accountId":"A-1",{AMOUNT}{ENTRY}"#)
    }

    /// Every payload that the short way takes, serde takes for the same.
    fn agree<T: Payload + PartialEq + std::fmt::Debug>(payload: &str) -> bool {
        let spelled = T::spelled(payload);
        if let Some(spelled) = &spelled {
            let by_serde = serde_json::from_str::<T>(payload);
            assert_eq!(by_serde.as_ref().ok(), Some(spelled), "{payload}: {by_serde:?}");
        }
        spelled.is_some()
    }

    #[test]
    fn what_the_bank_writes_is_read_the_short_way() {
        let deposit = deposit();
        assert!(agree::<MoneyDeposited>(&deposit), "{deposit}");
        let written = MoneyDeposited::read(&deposit).expect("a deposit");
        assert_eq!(serde_json::to_string(&written).expect("encodes"), deposit, "this is how the bank spells it");
        let transfer = |fee: &str| format!(r#"{{"accountId":"A-1","transferId":"T",{AMOUNT}{fee}"holdId":"H",{ENTRY}"#);
        assert!(agree::<TransferDebited>(&transfer("")), "an absent fee is none");
        assert!(agree::<TransferDebited>(&transfer(r#""fee":{"minor":"1","currency":"EUR"},"#)), "a fee is one");
        let undone = r#""originalEntryId":"6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a12""#;
        assert!(agree::<PostingReversed>(&format!(r#"{{"accountId":"A-1",{undone},{AMOUNT}"reason":"r",{ENTRY}"#)));
    }

    #[test]
    fn other_spellings_are_left_to_serde() {
        let deposit = deposit();
        let respelled = [
            deposit.replace("\"amount\":{\"minor\"", "\"amount\": {\"minor\""),
            deposit.replace("Für", "F\\u00fcr"),
            format!("{deposit} "),
            format!(r#"{{{AMOUNT}"accountId":"A-1",{ENTRY}"#),
        ];
        for payload in respelled {
            assert!(!agree::<MoneyDeposited>(&payload), "{payload}");
            assert_eq!(MoneyDeposited::read(&payload).expect("the same"), MoneyDeposited::read(&deposit).expect("one"));
        }
        let refused = [
            deposit.replace("2026-02-28", "2026-02-30"),
            deposit.replace("account:A-1", "account:"),
            deposit.replacen("\"minor\":\"5\"", "\"minor\":\"-5\"", 1),
            deposit.replacen("credit", "debit", 1),
            deposit.replace("Für", "F\u{1}r"),
            deposit.replace("\"text\"", "\"extra\":1,\"text\""),
            format!("{deposit}}}"),
            String::new(),
        ];
        for payload in refused {
            assert!(MoneyDeposited::read(&payload).is_err(), "{payload}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_payload_is_never_taken_for_something_else(
            at in any::<prop::sample::Index>(),
            gone in 0_usize..3,
            put in "[\\x00-\\x7fä]{0,2}|2[89]|-|0|\"|,|EUR|credit",
        ) {
            let mut payload: Vec<char> = deposit().chars().collect();
            let at = at.index(payload.len());
            let end = payload.len().min(at + gone);
            payload.splice(at..end, put.chars());
            agree::<MoneyDeposited>(&payload.into_iter().collect::<String>());
        }
    }
}
