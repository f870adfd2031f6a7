//! Builds rejections: a code, a sentence with the numbers in it, and the numbers by name.

use std::fmt::Display;

use es_core::Rejection;

/// A rejection with its numbers, each as people read it. Names come as Rust fields and leave as camelCase.
pub(crate) fn refusal(code: &str, message: String, details: &[(&str, &dyn Display)]) -> Rejection {
    let details = details.iter().map(|(name, value)| (camel_case(name), value.to_string())).collect();
    Rejection { code: code.to_owned(), message, details }
}

pub(crate) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.len().min(1));
        camel.push_str(&first.to_ascii_uppercase());
        camel.push_str(rest);
    }
    camel
}
