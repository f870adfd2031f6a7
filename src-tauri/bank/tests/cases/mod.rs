//! How many random cases the property tests try.

use proptest::prelude::ProptestConfig;

/// 256 cases, or as many as `LEDGERSCOPE_PROPERTY_CASES` says.
pub fn cases() -> ProptestConfig {
    let wanted = std::env::var("LEDGERSCOPE_PROPERTY_CASES").ok();
    let cases = wanted.map_or(256, |text| {
        text.parse().unwrap_or_else(|_| panic!("LEDGERSCOPE_PROPERTY_CASES is {text:?}, which is not a number"))
    });
    ProptestConfig { cases, ..ProptestConfig::default() }
}
