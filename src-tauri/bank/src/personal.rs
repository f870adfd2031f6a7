//! Personal data in payloads and states: a mask that may lie open, and the text behind it.

use std::fmt;

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Stands for what is not shown.
const HIDDEN: &str = "…";

/// A personal text. Clear as it was decided and in events of older versions, sealed as it is stored since (see
/// [`es_core::seal`]), with neither once it is erased. The mask is all that lists and sentences show.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Personal {
    mask: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clear: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

impl Personal {
    fn new(mask: String, clear: impl Into<String>) -> Self {
        Self { mask, clear: Some(clear.into()), sealed: None }
    }

    /// A name, shown by its initials: `Ada Maria` as `A. M.`.
    #[must_use]
    pub fn name(name: &str) -> Self {
        let initials = name.split_whitespace().filter_map(|word| word.chars().next());
        let mask = initials.map(|initial| format!("{initial}.")).collect::<Vec<_>>().join(" ");
        Self::new(mask, name)
    }

    /// A number or address, of which the last two characters are shown.
    #[must_use]
    pub fn number(number: &str) -> Self {
        let last: Vec<char> = number.chars().rev().take(2).collect();
        // Of a very short one nothing is shown.
        let shown = if number.chars().count() > 4 { last.into_iter().rev().collect() } else { String::new() };
        Self::new(format!("{HIDDEN}{shown}"), number)
    }

    /// A text of which nothing is shown.
    #[must_use]
    pub fn hidden(text: &str) -> Self {
        Self::new(HIDDEN.to_owned(), text)
    }

    /// A date, of which nothing is shown.
    #[must_use]
    pub fn date(date: NaiveDate) -> Self {
        Self::hidden(&date.to_string())
    }

    /// What may be shown to everybody.
    #[must_use]
    pub fn mask(&self) -> &str {
        &self.mask
    }

    /// The text, as long as it is not sealed.
    #[must_use]
    pub fn clear(&self) -> Option<&str> {
        self.clear.as_deref()
    }

    /// Whether only the holder of the subject's key can read it.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.sealed.is_some()
    }
}

/// Only the mask: what is printed ends up in logs.
impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Personal({})", self.mask)
    }
}

impl fmt::Display for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mask)
    }
}

impl JsonSchema for Personal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Personal".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "format": es_core::seal::PERSONAL_FORMAT,
            "properties": {
                "mask": { "type": "string", "description": "What may be shown to everybody." },
                "clear": { "type": "string", "description": "The text, in events from before it was sealed." },
                "sealed": { "type": "string", "description": "The text, sealed with the customer's key, in hexadecimal." },
            },
            "required": ["mask"],
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_show_little_and_debugging_shows_no_more() {
        let cases = [
            (Personal::name("Juana Inés"), "J. I."),
            (Personal::name(""), ""),
            (Personal::number("+44 20 7946 0001"), "…01"),
            (Personal::number("P1"), "…"),
            (Personal::hidden("ada@example.org"), "…"),
            (Personal::date(NaiveDate::MIN), "…"),
        ];
        for (personal, mask) in cases {
            assert_eq!(personal.mask(), mask);
            assert_eq!(format!("{personal} {personal:?}"), format!("{mask} Personal({mask})"));
        }
    }
}
