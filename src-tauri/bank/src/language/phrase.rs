//! Texts with values in them, in two languages.

/// An English text and the same in German. Values stand as `{name}`, with the same names in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrase {
    /// The English text.
    pub english: &'static str,
    /// The German text.
    pub german: &'static str,
}

/// Longest text that is looked up, in bytes: what is longer was not made of a phrase.
const LONGEST: usize = 4_000;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'t> {
    Words(&'t str),
    Value(&'t str),
}

fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    template
        .split_inclusive('}')
        .flat_map(|piece| match piece.strip_suffix('}').and_then(|open| open.split_once('{')) {
            Some((words, name)) => [Some(Part::Words(words)), Some(Part::Value(name))],
            None => [Some(Part::Words(piece)), None],
        })
        .flatten()
        .filter(|part| *part != Part::Words(""))
}

/// The names of the values in a text, in its order.
#[must_use]
pub(crate) fn names(template: &str) -> Vec<&str> {
    let name = |part| if let Part::Value(name) = part { Some(name) } else { None };
    parts(template).filter_map(name).collect()
}

/// The values by name, if a text was made of this template. Each value ends where the words behind it begin for the first
/// time; the last words have to end the text.
pub(crate) fn values_in<'t, 'x>(template: &'t str, text: &'x str) -> Option<Vec<(&'t str, &'x str)>> {
    let begins = template.split('{').next().unwrap_or_default();
    if !text.starts_with(begins) {
        return None;
    }
    let mut values: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    let parts: Vec<Part<'_>> = parts(template).collect();
    for (at, part) in parts.iter().enumerate() {
        let Part::Value(name) = *part else {
            let Part::Words(words) = *part else { return None };
            rest = rest.strip_prefix(words)?;
            continue;
        };
        let length = match parts.get(at + 1) {
            None => rest.len(),
            Some(Part::Words(words)) if at + 2 == parts.len() => rest.strip_suffix(words)?.len(),
            Some(Part::Words(words)) => rest.find(words)?,
            Some(Part::Value(_)) => return None,
        };
        let (value, behind) = rest.split_at(length);
        if values.iter().any(|(known, other)| *known == name && *other != value) {
            return None;
        }
        values.push((name, value));
        rest = behind;
    }
    rest.is_empty().then_some(values)
}

/// A template with values put into it.
pub(crate) fn filled(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    for part in parts(template) {
        match part {
            Part::Words(words) => text.push_str(words),
            Part::Value(name) => text.push_str(&value(name)),
        }
    }
    text
}

/// Name of a value that holds the words of a person, which stay as they are.
pub const SAID: &str = "said";

/// Whether a value can have this name: ids hold no white space.
fn fits(name: &str, value: &str) -> bool {
    !name.ends_with("_id") || (!value.is_empty() && !value.contains(char::is_whitespace))
}

/// The German of an English text that was made of one of the phrases. Where several fit, it is the one with the most words of
/// its own. Ids and what people said stay as they are; every other value is told by `tell`.
#[must_use]
pub fn told_by<'p>(
    phrases: impl IntoIterator<Item = &'p Phrase>,
    english: &str,
    tell: &dyn Fn(&str) -> String,
) -> Option<String> {
    if english.len() > LONGEST {
        return None;
    }
    let fitting = phrases.into_iter().filter_map(|phrase| {
        let values = values_in(phrase.english, english)?;
        let fits = values.iter().all(|(name, value)| fits(name, value));
        fits.then(|| (values.iter().map(|(_, value)| value.len()).sum::<usize>(), phrase, values))
    });
    let (_, phrase, values) = fitting.min_by_key(|(length, ..)| *length)?;
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
    let told = |name: &str| {
        if name == SAID || name.ends_with("_id") { value(name).to_owned() } else { tell(value(name)) }
    };
    Some(filled(phrase.german, told))
}

impl Phrase {
    /// Whether both texts have the same values, so that nothing gets lost.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let sorted = |template| {
            let mut names = names(template);
            names.sort_unstable();
            names.dedup();
            names
        };
        sorted(self.english) == sorted(self.german)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHRASES: &[Phrase] = &[
        Phrase { english: "Nothing.", german: "Nichts." },
        Phrase { english: "{who} gave {what} to {whom}.", german: "{whom} bekam {what} von {who}." },
        Phrase { english: "{who} met {who}", german: "{who} traf sich selbst" },
        Phrase { english: "Account {account_id}: {said}", german: "Konto {account_id}: {said}" },
        Phrase { english: "{what} is gone", german: "{what} ist fort" },
        Phrase { english: "the file {what} is gone", german: "die Datei {what} ist fort" },
    ];

    fn german(english: &str) -> Option<String> {
        told_by(PHRASES, english, &str::to_uppercase)
    }

    #[test]
    fn values_are_read_out_of_a_text_and_put_into_the_other() {
        assert_eq!(german("Nothing.").as_deref(), Some("Nichts."));
        assert_eq!(german("Ann gave it to Bob.").as_deref(), Some("BOB bekam IT von ANN."));
        assert_eq!(
            german("Ann gave it to B. to C.").as_deref(),
            Some("B. TO C bekam IT von ANN."),
            "the last one is whole"
        );
    }

    #[test]
    fn what_is_no_such_text_is_not_told() {
        assert_eq!(german("Nothing"), None);
        assert_eq!(german("Ann gave it to Bob"), None, "the full stop is missing");
        assert_eq!(german("Ann met Bob"), None, "the same value twice is the same");
        assert_eq!(german("Account a: b").as_deref(), Some("Konto a: b"), "ids and people's words are not told");
        assert_eq!(german("Account of Ann: b"), None, "an id has no white space");
        assert_eq!(german("Ann met Ann").as_deref(), Some("ANN traf sich selbst"));
        assert_eq!(german(&format!("{} met x", "x".repeat(LONGEST))), None, "too long to be one");
    }

    #[test]
    fn of_several_that_fit_the_one_with_most_words_of_its_own_is_told() {
        assert_eq!(german("the file x is gone").as_deref(), Some("die Datei X ist fort"));
        assert_eq!(german("the folder x is gone").as_deref(), Some("THE FOLDER X ist fort"));
    }

    #[test]
    fn a_phrase_without_one_of_its_values_is_not_sound() {
        assert!(PHRASES.iter().all(Phrase::is_sound));
        assert!(!Phrase { english: "{a} of {b}", german: "{a}" }.is_sound());
        assert!(!Phrase { english: "{a}", german: "{a} {b}" }.is_sound());
    }
}
