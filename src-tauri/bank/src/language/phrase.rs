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

/// A text that somebody is to read, perhaps with the seams between its words and its values.
///
/// What formats a text writes its own words and each value one after the other. Where that was watched ([`Seamed`]), nothing
/// that a value holds can be taken for words of the text. A text that comes as a whole is only told if it can be read in a
/// single way.
#[derive(Debug, Clone, Copy)]
pub struct Said<'t> {
    /// The text.
    pub text: &'t str,
    /// Where pieces begin, counted from `begins` behind the beginning of this text; nothing if it came as a whole.
    seams: Option<&'t [usize]>,
    begins: usize,
}

impl<'t> From<&'t str> for Said<'t> {
    fn from(text: &'t str) -> Self {
        Self { text, seams: None, begins: 0 }
    }
}

impl<'t> Said<'t> {
    /// The same as one piece, of which nothing is known.
    #[must_use]
    pub fn whole(self) -> Said<'t> {
        Self { seams: None, ..self }
    }

    /// Whether its seams are known.
    #[must_use]
    pub fn is_seamed(&self) -> bool {
        self.seams.is_some()
    }

    fn has_seam(&self, at: usize) -> bool {
        at == 0
            || at == self.text.len()
            || self.seams.is_none_or(|seams| seams.binary_search(&(self.begins + at)).is_ok())
    }

    fn part(&self, from: usize, to: usize) -> Self {
        let text = self.text.get(from..to).unwrap_or_default();
        let (start, end) = (self.begins + from, self.begins + to);
        // One piece may itself be a text that was put together earlier, of whose seams nothing is known.
        let seams = self.seams.filter(|seams| seams.iter().any(|seam| *seam > start && *seam < end));
        Self { text, seams, begins: start }
    }
}

/// A text with its seams.
#[derive(Debug, Clone, Default)]
pub struct Seamed {
    text: String,
    seams: Vec<usize>,
}

impl Seamed {
    /// What something says of itself.
    #[must_use]
    pub fn of(something: &dyn std::fmt::Display) -> Self {
        let mut seamed = Self::default();
        // A text takes whatever is written; what fails of its own accord has said what it could.
        let _written = std::fmt::write(&mut seamed, format_args!("{something}"));
        seamed
    }

    /// To be told.
    #[must_use]
    pub fn said(&self) -> Said<'_> {
        let seams = (self.seams.len() > 1).then_some(self.seams.as_slice());
        Said { text: &self.text, seams, begins: 0 }
    }
}

/// Piece by piece, so that what is put together of it keeps its seams.
impl std::fmt::Display for Seamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ends = self.seams.iter().skip(1).copied().chain([self.text.len()]);
        self.seams
            .iter()
            .zip(ends)
            .try_for_each(|(begin, end)| f.write_str(self.text.get(*begin..end).unwrap_or_default()))
    }
}

impl std::fmt::Write for Seamed {
    fn write_str(&mut self, piece: &str) -> std::fmt::Result {
        if !piece.is_empty() {
            self.seams.push(self.text.len());
            self.text.push_str(piece);
        }
        Ok(())
    }
}

/// A value by its name.
pub(crate) type Value<'t, 'x> = (&'t str, Said<'x>);

/// How many ways to read a text are looked at: more than one are as good as none.
const READINGS: usize = 2;
/// How many places are tried for the words of one template, so that a text of many equal words cannot take long.
const TRIES: usize = 2_000;

/// The values by name, if a text was made of this template, and in one way only. `fits` says what can be a value.
pub(crate) fn values_in<'t, 'x>(
    template: &'t str,
    said: Said<'x>,
    fits: &dyn Fn(&str, &str) -> bool,
) -> Option<Vec<Value<'t, 'x>>> {
    if !said.text.starts_with(template.split('{').next().unwrap_or_default()) {
        return None;
    }
    let parts: Vec<Part<'_>> = parts(template).collect();
    let mut reading = Reading { said, fits, found: Vec::new(), tries: TRIES };
    reading.from(&parts, 0, &mut Vec::new());
    let Reading { mut found, tries, .. } = reading;
    (found.len() == 1 && tries > 0).then(|| found.pop()).flatten()
}

struct Reading<'t, 'x, 'f> {
    said: Said<'x>,
    fits: &'f dyn Fn(&str, &str) -> bool,
    found: Vec<Vec<Value<'t, 'x>>>,
    tries: usize,
}

impl<'t, 'x> Reading<'t, 'x, '_> {
    fn from(&mut self, parts: &[Part<'t>], at: usize, values: &mut Vec<Value<'t, 'x>>) {
        if self.found.len() >= READINGS || self.tries == 0 {
            return;
        }
        self.tries -= 1;
        let text = self.said.text;
        match parts {
            [] if at == text.len() => self.found.push(values.clone()),
            [] | [Part::Value(_), Part::Value(_), ..] => {}
            [Part::Words(words), rest @ ..] => {
                let end = at + words.len();
                if text[at..].starts_with(words) && self.said.has_seam(at) && self.said.has_seam(end) {
                    self.from(rest, end, values);
                }
            }
            [Part::Value(name)] => self.value(name, (at, text.len()), &[], values),
            [Part::Value(name), rest @ ..] => {
                let [Part::Words(words), ..] = rest else { return };
                for (length, _) in text[at..].match_indices(words) {
                    self.value(name, (at, at + length), rest, values);
                }
            }
        }
    }

    fn value(&mut self, name: &'t str, (at, end): (usize, usize), rest: &[Part<'t>], values: &mut Vec<Value<'t, 'x>>) {
        let value = self.said.part(at, end);
        let otherwise = |(known, other): &Value<'_, '_>| *known == name && other.text != value.text;
        if values.iter().any(otherwise) || !(self.fits)(name, value.text) {
            return;
        }
        values.push((name, value));
        self.from(rest, end, values);
        values.pop();
    }
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

/// Name of a value that holds the words of a person, or of another program, which stay as they are.
pub const SAID: &str = "said";

/// Values that are names of things: people or programs chose them, so they stay as they are, too.
const NAMES: &[&str] = &[
    SAID,
    "actor",
    "backend",
    "category",
    "command_type",
    "event_type",
    "field",
    "first",
    "hold",
    "host",
    "json",
    "key",
    "location",
    "longest",
    "name",
    "option",
    "other_name",
    "path",
    "process",
    "projection",
    "scheme",
    "server",
    "stored_type",
    "table",
    "user",
];

fn stays(name: &str) -> bool {
    name.ends_with("_id") || NAMES.contains(&name)
}

/// Whether a value can have this name: ids and types of events hold no white space.
fn fits(name: &str, value: &str) -> bool {
    let is_one_word = !value.is_empty() && !value.contains(char::is_whitespace);
    let wants_one_word = name.ends_with("_id") || name == "event_type";
    (!wants_one_word || is_one_word) && has_its_form(name, value)
}

/// Values that are numbers.
const NUMBERS: &[&str] = &[
    "attempts",
    "bytes",
    "cells",
    "column",
    "columns",
    "count",
    "free",
    "least",
    "len",
    "line",
    "most",
    "number",
    "of_longest",
    "position",
    "previous",
    "schema_version",
    "seconds",
    "source",
    "steps",
    "supported",
    "version",
    "waited",
];

/// Whether a value has the form that its name asks for, also where its seams are known.
fn has_its_form(name: &str, value: &str) -> bool {
    let is_number =
        || !value.is_empty() && value.chars().all(|letter| letter.is_ascii_digit() || "-−.,".contains(letter));
    let is_pointer = || value.starts_with('/') && !value.contains(char::is_whitespace);
    // One that is too long was cut.
    let is_json = || {
        (value.contains('…') && value.starts_with(['"', '[', '{']))
            || serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok()
    };
    let are_addresses = || value.split(", ").all(|one| one.parse::<std::net::IpAddr>().is_ok());
    let begins = ["a ", "an ", "the ", "yes or no", "null", "money"];
    let is_kind =
        || begins.iter().any(|begin| value.starts_with(begin)) || value.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |wanted: &str, is_one: &dyn Fn() -> bool| name != wanted || is_one();
    is_operation(name, value)
        && fits("pointer", &is_pointer)
        && fits("json", &is_json)
        && fits("kind", &is_kind)
        && fits("addresses", &are_addresses)
        && (!NUMBERS.contains(&name) || is_number())
}

/// What a store was doing begins with a verb in -ing. Hardly anything else says as little of its own as "… failed: …".
fn is_operation(name: &str, value: &str) -> bool {
    name != "doing" || value.split(' ').next().is_some_and(|word| word.ends_with("ing")) || value.starts_with("the ")
}

/// The German of an English text that was made of one of the phrases. Where several fit, it is the one with the most words of
/// its own. Ids, names and what people said stay as they are; every other value is told by `tell`.
#[must_use]
pub fn told_by<'p>(
    phrases: impl IntoIterator<Item = &'p Phrase> + Clone,
    said: Said<'_>,
    tell: &dyn Fn(Said<'_>) -> String,
) -> Option<String> {
    weighed(phrases, said, tell).map(|(_, told)| told)
}

/// As [`told_by`], with the length of what the phrase's own words do not cover: the less, the more certain.
#[must_use]
pub fn weighed<'p>(
    phrases: impl IntoIterator<Item = &'p Phrase> + Clone,
    said: Said<'_>,
    tell: &dyn Fn(Said<'_>) -> String,
) -> Option<(usize, String)> {
    if said.text.len() > LONGEST {
        return None;
    }
    let by_seams = said.seams.and_then(|_| fitting(phrases.clone(), said, &has_its_form));
    let is_by_seams = by_seams.is_some();
    let (phrase, values) = by_seams.or_else(|| fitting(phrases, said.whole(), &fits))?;
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map_or("".into(), |(_, value)| *value);
    let told = filled(phrase.german, |name| if stays(name) { value(name).text.to_owned() } else { tell(value(name)) });
    // What had to be guessed although the seams are known comes after everything that fits between them.
    let guessed = if said.is_seamed() && !is_by_seams { LONGEST } else { 0 };
    Some((uncovered(&values) + guessed, told))
}

/// The length of what the words around the values do not cover.
pub(crate) fn uncovered(values: &[Value<'_, '_>]) -> usize {
    values.iter().map(|(_, value)| value.text.len()).sum()
}

/// The phrase that a text was made of, with its values.
fn fitting<'p, 'x>(
    phrases: impl IntoIterator<Item = &'p Phrase>,
    said: Said<'x>,
    fits: &dyn Fn(&str, &str) -> bool,
) -> Option<(&'p Phrase, Vec<Value<'p, 'x>>)> {
    let fitting = phrases.into_iter().filter_map(|phrase| Some((phrase, values_in(phrase.english, said, fits)?)));
    fitting.min_by_key(|(_, values)| uncovered(values))
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
        Phrase { english: "{name} is here", german: "{name} ist hier" },
        Phrase { english: "the file {what} is gone", german: "die Datei {what} ist fort" },
    ];

    fn german(english: &str) -> Option<String> {
        told_by(PHRASES, english.into(), &|value| value.text.to_uppercase())
    }

    #[test]
    fn values_are_read_out_of_a_text_and_put_into_the_other() {
        assert_eq!(german("Nothing.").as_deref(), Some("Nichts."));
        assert_eq!(german("Ann gave it to Bob.").as_deref(), Some("BOB bekam IT von ANN."));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_told_unless_its_seams_are_known() {
        assert_eq!(german("Ann gave it to B. to C."), None, "either of them may have got it");
        let told = |said: &dyn std::fmt::Display| {
            told_by(PHRASES, Seamed::of(said).said(), &|value| value.text.to_uppercase())
        };
        let (who, what, whom) = ("Ann", "it", "B. to C");
        assert_eq!(told(&format_args!("{who} gave {what} to {whom}.")).as_deref(), Some("B. TO C bekam IT von ANN."));
        let (what, whom) = ("it to B.", "C");
        assert_eq!(told(&format_args!("{who} gave {what} to {whom}.")).as_deref(), Some("C bekam IT TO B. von ANN."));
        let id = "a b";
        assert_eq!(
            told(&format_args!("Account {id}: {whom}")).as_deref(),
            Some("Konto a b: C"),
            "an id is what stands there"
        );
        assert_eq!(german(&"x gave y to ".repeat(200)), None, "a text of many equal words ends the search");
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
        assert_eq!(german("the folder is here").as_deref(), Some("the folder ist hier"), "a name is a name");
    }

    #[test]
    fn a_phrase_without_one_of_its_values_is_not_sound() {
        assert!(PHRASES.iter().all(Phrase::is_sound));
        assert!(!Phrase { english: "{a} of {b}", german: "{a}" }.is_sound());
        assert!(!Phrase { english: "{a}", german: "{a} {b}" }.is_sound());
    }
}
