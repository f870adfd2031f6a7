//! Maps of bounded size that forget the oldest of what may go, without looking at all they hold.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What has an age, and may or may not be forgotten yet.
pub trait Aged {
    /// Lower is older.
    fn age(&self) -> u64;
    /// Whether it may be forgotten.
    fn may_go(&self) -> bool {
        true
    }
}

/// Values by key, together with an order by age of those that may go. The order follows from the values, so only they are
/// stored. Read like the map it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgedMap<K, V> {
    values: BTreeMap<K, V>,
    /// In order. What is new is the youngest, so nearly everything comes at one end and goes at the other.
    may_go: VecDeque<(u64, K)>,
}

impl<K: Ord + Clone, V: Aged> AgedMap<K, V> {
    /// Puts a value in, in place of the key's former one. Beyond `most`, the oldest that may go are forgotten.
    pub(super) fn insert(&mut self, key: K, value: V, most: usize) {
        if value.may_go() {
            self.let_go((value.age(), key.clone()));
        }
        if let Some(former) = self.values.insert(key.clone(), value) {
            let stays = self.values.get(&key).is_some_and(|value| value.may_go() && value.age() == former.age());
            if !stays {
                self.keep(&(former.age(), key));
            }
        }
        while self.values.len() > most {
            let Some((_, oldest)) = self.may_go.pop_front() else { return };
            self.values.remove(&oldest);
        }
    }

    /// Changes a value, if the key is known. Its age stays as it is.
    pub(super) fn change<R>(&mut self, key: &K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let value = self.values.get_mut(key)?;
        let (age, before) = (value.age(), value.may_go());
        let result = change(value);
        match (before, value.may_go()) {
            (false, true) => self.let_go((age, key.clone())),
            (true, false) => self.keep(&(age, key.clone())),
            _ => {}
        }
        Some(result)
    }

    fn let_go(&mut self, aged: (u64, K)) {
        if self.may_go.back().is_none_or(|youngest| *youngest < aged) {
            self.may_go.push_back(aged);
        } else if let Err(at) = self.may_go.binary_search(&aged) {
            self.may_go.insert(at, aged);
        }
    }

    fn keep(&mut self, aged: &(u64, K)) {
        if let Ok(at) = self.may_go.binary_search(aged) {
            self.may_go.remove(at);
        }
    }
}

impl<K: Ord + Clone, V: Aged> From<BTreeMap<K, V>> for AgedMap<K, V> {
    fn from(values: BTreeMap<K, V>) -> Self {
        let may_go = values.iter().filter(|(_, value)| value.may_go());
        let mut may_go: VecDeque<(u64, K)> = may_go.map(|(key, value)| (value.age(), key.clone())).collect();
        may_go.make_contiguous().sort_unstable();
        Self { values, may_go }
    }
}

impl<K: Ord + Clone, V: Aged> FromIterator<(K, V)> for AgedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self::from(pairs.into_iter().collect::<BTreeMap<K, V>>())
    }
}

impl<K, V> Default for AgedMap<K, V> {
    fn default() -> Self {
        Self { values: BTreeMap::new(), may_go: VecDeque::new() }
    }
}

impl<K, V> Deref for AgedMap<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.values
    }
}

impl<K: Serialize, V: Serialize> Serialize for AgedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(serializer)
    }
}

impl<'de, K: Ord + Clone + Deserialize<'de>, V: Aged + Deserialize<'de>> Deserialize<'de> for AgedMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Thing {
        age: u64,
        over: bool,
    }

    impl Aged for Thing {
        fn age(&self) -> u64 {
            self.age
        }

        fn may_go(&self) -> bool {
            self.over
        }
    }

    /// What the map promises, by looking at everything.
    fn drop_oldest(map: &mut BTreeMap<u8, Thing>, most: usize) {
        while map.len() > most {
            let oldest = map.iter().filter(|(_, thing)| thing.over).map(|(key, thing)| (thing.age, *key)).min();
            let Some((_, key)) = oldest else { return };
            map.remove(&key);
        }
    }

    proptest! {
        #[test]
        fn the_oldest_that_may_go_is_forgotten(
            steps in prop::collection::vec((any::<bool>(), 0_u8..24, any::<bool>()), 0..200),
            most in 1_usize..12,
        ) {
            let (mut fast, mut plain) = (AgedMap::default(), BTreeMap::new());
            for (age, (is_new, key, over)) in steps.into_iter().enumerate() {
                let age = age as u64;
                if is_new {
                    fast.insert(key, Thing { age, over }, most);
                    plain.insert(key, Thing { age, over });
                    drop_oldest(&mut plain, most);
                } else {
                    fast.change(&key, |thing| thing.over = over);
                    if let Some(thing) = plain.get_mut(&key) {
                        thing.over = over;
                    }
                }
                prop_assert_eq!(&*fast, &plain);
                prop_assert_eq!(&fast, &AgedMap::from(plain.clone()), "the order follows from the values");
            }
        }
    }
}
