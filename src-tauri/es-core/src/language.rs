//! The language in which people are told what happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A language that everything can be told in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// What logs, stored texts and programs read.
    #[default]
    English,
    /// As a German bank writes it.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::English, Self::German];

    /// Its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language of a tag or of a locale's name, whatever its region: `de`, `de-AT`, `de_DE.UTF-8`.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', '@']).next().unwrap_or_default();
        Self::ALL.iter().copied().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }
}

/// The language that whoever looks has chosen. Clones are the same choice, so that it can change while a store is open.
#[derive(Debug, Clone, Default)]
pub struct ChosenLanguage(Arc<AtomicBool>);

impl ChosenLanguage {
    /// Begins with a language.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let chosen = Self::default();
        chosen.choose(language);
        chosen
    }

    /// What is chosen now.
    #[must_use]
    pub fn get(&self) -> Language {
        if self.0.load(Ordering::Relaxed) { Language::German } else { Language::English }
    }

    /// Chooses another one, for all clones.
    pub fn choose(&self, language: Language) {
        self.0.store(language == Language::German, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_its_tag_whatever_the_region() {
        for (tag, language) in [
            ("de", Some(Language::German)),
            ("de-AT", Some(Language::German)),
            ("DE_de.UTF-8", Some(Language::German)),
            ("en-GB", Some(Language::English)),
            ("den", None),
            ("C.UTF-8", None),
            ("", None),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag:?}");
        }
    }

    #[test]
    fn a_choice_is_one_for_all_who_share_it() {
        let (here, apart) = (ChosenLanguage::default(), ChosenLanguage::default());
        let there = here.clone();
        assert_eq!(there.get(), Language::English, "English unless chosen otherwise");
        here.choose(Language::German);
        assert_eq!((there.get(), apart.get()), (Language::German, Language::English), "clones share, others do not");
    }
}
