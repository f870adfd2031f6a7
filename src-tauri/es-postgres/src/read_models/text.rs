//! Text that PostgreSQL can hold: it refuses U+0000, which read models keep like any other character.
//!
//! U+0000 to U+0003 are stored as three characters each; everything else stands for itself. The first of the three, U+0001,
//! occurs nowhere else in stored text, and each is longer by as much. So texts compare bytewise, and contain each other, in stored
//! form exactly as they do in their own.

use std::borrow::Cow;

const MARK: char = '\u{1}';
const LOW: char = '\u{2}';
const HIGH: char = '\u{3}';

/// The characters that are not stored as they are, by the pair that stands for each after the mark.
const PAIRS: [(char, char); 4] = [(LOW, LOW), (LOW, HIGH), (HIGH, LOW), (HIGH, HIGH)];

/// A text as it is stored.
pub(super) fn stored(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(is_marked) {
        return Cow::Borrowed(text);
    }
    let mut stored = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        match PAIRS.get(character as usize) {
            Some((first, second)) => stored.extend([MARK, *first, *second]),
            None => stored.push(character),
        }
    }
    Cow::Owned(stored)
}

/// A stored text as it was. Nothing if it was never stored by [`stored`].
pub(super) fn original(stored: String) -> Option<String> {
    if !stored.bytes().any(is_marked) {
        return Some(stored);
    }
    let mut original = String::with_capacity(stored.len());
    let mut characters = stored.chars();
    while let Some(character) = characters.next() {
        if character != MARK {
            original.push(character);
            continue;
        }
        let pair = (characters.next()?, characters.next()?);
        let number = PAIRS.iter().position(|known| *known == pair)?;
        original.push(char::from_u32(u32::try_from(number).ok()?)?);
    }
    Some(original)
}

fn is_marked(byte: u8) -> bool {
    usize::from(byte) < PAIRS.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = String> {
        let character = prop_oneof![4 => (0..6_u8).prop_map(char::from), 1 => Just('a'), 1 => Just('ä')];
        prop::collection::vec(character, 0..6).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn stored_texts_come_back_compare_and_contain_each_other_as_their_own(one in texts(), other in texts()) {
            let (kept, others) = (stored(&one), stored(&other));
            prop_assert!(!kept.contains('\0'), "PostgreSQL can hold it: {:?}", kept);
            prop_assert_eq!(original(kept.clone().into_owned()), Some(one.clone()));
            prop_assert_eq!(kept.as_bytes().cmp(others.as_bytes()), one.as_bytes().cmp(other.as_bytes()));
            prop_assert_eq!(kept.contains(&*others), one.contains(&other), "{:?} in {:?}", other, one);
        }
    }

    #[test]
    fn ordinary_text_is_stored_as_it_is() {
        for text in ["", "account-1", "Größe\n\t", "\u{4}"] {
            assert!(matches!(stored(text), Cow::Borrowed(kept) if kept == text), "{text:?}");
        }
    }

    #[test]
    fn text_that_was_stored_by_somebody_else_is_not_guessed_at() {
        for odd in ["\u{1}", "\u{1}\u{2}", "\u{1}ab"] {
            assert_eq!(original(odd.to_owned()), None, "{odd:?}");
        }
    }
}
