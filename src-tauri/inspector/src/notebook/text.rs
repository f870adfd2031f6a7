//! Numbers and hashes as texts: a file may pass through programs that round numbers.

/// Whole numbers, positions and versions.
pub(super) mod in_words {
    use std::fmt::Display;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<T: Display, S: Serializer>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(crate) fn deserialize<'de, T: From<u64>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = plain.then(|| text.parse::<u64>().ok()).flatten();
        let within = number.filter(|number| *number <= i64::MAX as u64);
        within.map(Into::into).ok_or_else(|| Error::custom(format!("{text:?} is no whole number that can be counted")))
    }
}

/// SHA-256 digests.
pub(super) mod in_hex {
    use es_core::Hash;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hash.to_hex())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::hash_of_hex(&text).ok_or_else(|| Error::custom(format!("{text:?} is no SHA-256 in small hexadecimal")))
    }
}

/// SHA-256 digests, where there may be none.
pub(super) mod in_hex_or_none {
    use es_core::Hash;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(hash: &Option<Hash>, serializer: S) -> Result<S::Ok, S::Error> {
        match hash {
            Some(hash) => serializer.serialize_some(&hash.to_hex()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Hash>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| {
            super::hash_of_hex(&text)
                .ok_or_else(|| Error::custom(format!("{text:?} is no SHA-256 in small hexadecimal")))
        })
        .transpose()
    }
}

fn hash_of_hex(text: &str) -> Option<es_core::Hash> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect();
    es_core::Hash::from_slice(&bytes?)
}

/// SHA-256 of a text.
pub(super) fn sha256(text: &str) -> es_core::Hash {
    sha256_of(&[text])
}

/// SHA-256 of one text, or of several, each preceded by its length so that no two lists share an input.
pub(super) fn sha256_of(parts: &[&str]) -> es_core::Hash {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        if parts.len() > 1 {
            hasher.update((part.len() as u64).to_be_bytes());
        }
        hasher.update(part);
    }
    es_core::Hash(hasher.finalize().into())
}
