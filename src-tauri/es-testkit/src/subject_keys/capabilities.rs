//! What a test of keys needs of a store.

use crate::Fixture;
use crate::generate::{numbered, stream};
use crate::tally::Verdict;

/// The store keeps keys.
pub async fn subject_keys(fixture: &Fixture) -> Option<Verdict> {
    if fixture.store.subject_keys().is_some() {
        return None;
    }
    // Nothing to ask is all the refusal there is: whoever would seal finds no keys, and whoever has nothing to seal needs none.
    fixture.write(&stream("customer-1"), vec![numbered(1)]).await;
    assert!(fixture.store.subject_keys().is_none(), "keys do not appear later");
    Some(Verdict::RefusalChecked("subject_keys"))
}
