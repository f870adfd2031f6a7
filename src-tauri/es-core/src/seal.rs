//! Sealed personal data: fields of a payload that only the holder of their subject's key can read.
//!
//! The subject is the stream. A field is an object `{"mask": …, "clear": …}` when it is decided and `{"mask": …, "sealed": …}`
//! when it is stored. What is sealed is part of the payload, so all hashes cover the ciphertext and hold when the key is gone.
//! See docs/adr/0016.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use chacha20poly1305::aead::{Aead, KeyInit, Payload as Sealing};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use parking_lot::Mutex;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::event::Hash;
use crate::name::StreamName;
use crate::store::StoreError;

/// What a property's schema says in `format` if its value is personal.
pub const PERSONAL_FORMAT: &str = "personal";
const CLEAR: &str = "clear";
const SEALED: &str = "sealed";
const NONCE_BYTES: usize = 24;
/// Marks a command hash that only the holder of the subject's key can compute.
const KEYED_HASH_MARK: &str = "keyed:";

/// 32 secret bytes. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectKey([u8; 32]);

impl SubjectKey {
    /// A key of these bytes, which must be random.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for whoever keeps them.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey(…)")
    }
}

/// The key that the keys of subjects are wrapped with, so that a copy of the file alone opens nothing. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// A key of these bytes, which must be random.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Seals a subject's key.
    ///
    /// # Errors
    /// Never for a key; the cipher's interface allows it.
    pub fn wrap(&self, subject: &str, key: &SubjectKey) -> Result<Vec<u8>, SealError> {
        let nonce = derived_nonce(&self.0, &[b"wrap", subject.as_bytes(), &key.0]);
        encrypt(&self.0, nonce, subject.as_bytes(), &key.0)
    }

    /// Opens a subject's key.
    ///
    /// # Errors
    /// It was wrapped with another master key, or for another subject, or changed.
    pub fn unwrap_key(&self, subject: &str, wrapped: &[u8]) -> Result<SubjectKey, SealError> {
        let opened = decrypt(&self.0, subject.as_bytes(), wrapped)?;
        opened.try_into().map(SubjectKey).map_err(|_| SealError::DoesNotOpen { field: "key".to_owned() })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// Why something was not sealed or opened. Never holds what was to be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The payload is not a JSON object, or a personal field has another shape than one.
    #[error("the payload of {event_type} cannot be sealed: {field} has not the shape of a personal field")]
    Shape {
        /// The event's type.
        event_type: String,
        /// The field; empty for the whole payload.
        field: String,
    },
    /// The key is another one, or what was sealed is not as it was.
    #[error("{field} does not open: it was sealed with another key, for another event, or was changed")]
    DoesNotOpen {
        /// The field.
        field: String,
    },
}

/// Where a sealed field belongs. It opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct SealedPlace<'a> {
    /// The event's stream.
    pub stream: &'a StreamName,
    /// The event's id.
    pub event_id: Uuid,
}

impl SealedPlace<'_> {
    fn additional_data(&self, field: &str) -> Vec<u8> {
        let mut data = Vec::new();
        for part in [self.stream.as_str().as_bytes(), self.event_id.as_bytes(), field.as_bytes()] {
            data.extend((part.len() as u64).to_be_bytes());
            data.extend(part);
        }
        data
    }
}

/// The names of the personal fields of a payload with this schema.
#[must_use]
pub fn personal_fields(schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let personal = properties.into_iter().flatten().filter(|(_, property)| property["format"] == PERSONAL_FORMAT);
    personal.map(|(name, _)| name.clone()).collect()
}

/// What a property of a command's schema says with `true` if its value becomes personal data of events. Its `format` tells how
/// it is typed.
pub const PERSONAL_INPUT: &str = "personal";

/// The names of a command's fields, by its schema, that become personal data: they are sealed in events, so nothing else may
/// keep them readable.
#[must_use]
pub fn personal_inputs(schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let personal = properties.into_iter().flatten().filter(|(_, property)| property[PERSONAL_INPUT] == true);
    personal.map(|(name, _)| name.clone()).collect()
}

/// Seals the clear fields of a payload. The same content for the same event is sealed to the same bytes, so that a retried
/// append is equal; fields that are absent or sealed already stay as they are.
///
/// # Errors
/// The payload or one of the fields has another shape.
pub fn seal(
    key: &SubjectKey,
    place: SealedPlace<'_>,
    event_type: &str,
    fields: &[String],
    payload: &str,
) -> Result<String, SealError> {
    let shape = |field: &str| SealError::Shape { event_type: event_type.to_owned(), field: field.to_owned() };
    let mut payload: Map<String, Value> = serde_json::from_str(payload).map_err(|_| shape(""))?;
    for field in fields {
        let Some(value) = payload.get_mut(field) else { continue };
        let value = value.as_object_mut().ok_or_else(|| shape(field))?;
        let clear = match value.remove(CLEAR) {
            Some(Value::String(clear)) => clear,
            None if value.contains_key(SEALED) => continue,
            _ => return Err(shape(field)),
        };
        let data = place.additional_data(field);
        let nonce = derived_nonce(&key.0, &[b"field", &data, clear.as_bytes()]);
        let sealed = encrypt(&key.0, nonce, &data, clear.as_bytes())?;
        value.insert(SEALED.to_owned(), hex::encode(sealed).into());
    }
    Ok(Value::Object(payload).to_string())
}

/// The clear text of a payload's personal fields: of sealed ones by the key, of older clear ones as it is. What is absent or
/// erased is not in it.
///
/// # Errors
/// A field does not open.
pub fn unseal(
    key: Option<&SubjectKey>,
    place: SealedPlace<'_>,
    fields: &[String],
    payload: &Value,
) -> Result<BTreeMap<String, String>, SealError> {
    let mut opened = BTreeMap::new();
    for field in fields {
        let Some(value) = payload.get(field) else { continue };
        if let Some(clear) = value.get(CLEAR).and_then(Value::as_str) {
            opened.insert(field.clone(), clear.to_owned());
        } else if let (Some(sealed), Some(key)) = (value.get(SEALED).and_then(Value::as_str), key) {
            let does_not_open = || SealError::DoesNotOpen { field: field.clone() };
            let sealed = hex::decode(sealed).map_err(|_| does_not_open())?;
            let clear = decrypt(&key.0, &place.additional_data(field), &sealed).map_err(|_| does_not_open())?;
            opened.insert(field.clone(), String::from_utf8(clear).map_err(|_| does_not_open())?);
        }
    }
    Ok(opened)
}

/// Whether a stored payload holds sealed data, whatever its type: one of its properties has the shape that [`seal`] gives it.
#[must_use]
pub fn holds_sealed(payload: &str) -> bool {
    // Nearly every payload is told by this look alone.
    let named = payload.contains("\"sealed\"");
    let sealed = |value: &Value| value.get(SEALED).is_some_and(Value::is_string) && value.get(CLEAR).is_none();
    named && serde_json::from_str(payload).is_ok_and(|payload: Map<String, Value>| payload.values().any(sealed))
}

/// A command hash for metadata that lies open beside sealed data: without the key nobody can try out which name or birth date
/// it was.
#[must_use]
pub fn keyed_command_hash(key: &SubjectKey, command: Hash) -> String {
    let mac = mac(&key.0, &[b"command", &command.0]);
    format!("{KEYED_HASH_MARK}{}", hex::encode(&mac[..16]))
}

/// Whether a stored command hash was made by [`keyed_command_hash`].
#[must_use]
pub fn is_keyed_hash(stored: &str) -> bool {
    stored.starts_with(KEYED_HASH_MARK)
}

/// HMAC-SHA-256 over parts that are each preceded by their length.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { unreachable!("HMAC takes keys of any length") };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn derived_nonce(key: &[u8; 32], parts: &[&[u8]]) -> XNonce {
    let mut parts = parts.to_vec();
    parts.insert(0, b"nonce");
    *XNonce::from_slice(&mac(key, &parts)[..NONCE_BYTES])
}

fn encrypt(key: &[u8; 32], nonce: XNonce, aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, SealError> {
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt(&nonce, Sealing { msg, aad });
    let sealed = sealed.map_err(|_| SealError::DoesNotOpen { field: String::new() })?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn decrypt(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let does_not_open = || SealError::DoesNotOpen { field: String::new() };
    let (nonce, msg) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(does_not_open)?;
    let opened = XChaCha20Poly1305::new(key.into()).decrypt(XNonce::from_slice(nonce), Sealing { msg, aad });
    opened.map_err(|_| does_not_open())
}

/// What came of a key that was brought from another store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// The subject had no key here and has this one now.
    Taken,
    /// It had the same one.
    Same,
    /// It has another one, and keeps that.
    Other,
}

/// Where the keys of subjects are kept. One key a subject; a destroyed one never comes back.
#[async_trait]
pub trait SubjectKeys: Send + Sync {
    /// The subject's key, if it has one.
    async fn get(&self, subject: &StreamName) -> Result<Option<SubjectKey>, StoreError>;
    /// The subject's key, made now if it has none.
    async fn get_or_create(&self, subject: &StreamName) -> Result<SubjectKey, StoreError>;
    /// Destroys the subject's key, for good. Whether there was one.
    async fn destroy(&self, subject: &StreamName) -> Result<bool, StoreError>;
    /// Keeps a key that the subject has in another store, if it has none here. For copies of a store only: a log that was not
    /// sealed with the key has no use for it.
    async fn adopt(&self, subject: &StreamName, key: &SubjectKey) -> Result<Adopted, StoreError> {
        let _ = (subject, key);
        Err(StoreError::Unsupported { what: "keys from another store" })
    }
    /// Whether keys that are kept from now on open with a master key only.
    fn wraps(&self) -> bool {
        false
    }
}

/// Keys in memory, derived from a seed: as secret as the seed.
pub struct MemorySubjectKeys {
    seed: [u8; 32],
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    of_subject: BTreeMap<StreamName, SubjectKey>,
    made: u64,
}

impl MemorySubjectKeys {
    /// No keys yet.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, keys: Mutex::default() }
    }
}

#[async_trait]
impl SubjectKeys for MemorySubjectKeys {
    async fn get(&self, subject: &StreamName) -> Result<Option<SubjectKey>, StoreError> {
        Ok(self.keys.lock().of_subject.get(subject).cloned())
    }

    async fn get_or_create(&self, subject: &StreamName) -> Result<SubjectKey, StoreError> {
        let mut keys = self.keys.lock();
        if let Some(key) = keys.of_subject.get(subject) {
            return Ok(key.clone());
        }
        keys.made += 1;
        let digest = Sha256::new().chain_update(self.seed).chain_update(keys.made.to_be_bytes()).finalize();
        let key = SubjectKey(digest.into());
        keys.of_subject.insert(subject.clone(), key.clone());
        Ok(key)
    }

    async fn destroy(&self, subject: &StreamName) -> Result<bool, StoreError> {
        Ok(self.keys.lock().of_subject.remove(subject).is_some())
    }

    async fn adopt(&self, subject: &StreamName, key: &SubjectKey) -> Result<Adopted, StoreError> {
        let mut keys = self.keys.lock();
        Ok(match keys.of_subject.get(subject) {
            Some(known) if known == key => Adopted::Same,
            Some(_) => Adopted::Other,
            None => {
                keys.of_subject.insert(subject.clone(), key.clone());
                Adopted::Taken
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: SubjectKey = SubjectKey::new([7; 32]);

    fn stream(name: &str) -> StreamName {
        StreamName::new(name).expect("a name")
    }

    fn fields() -> Vec<String> {
        vec!["name".to_owned(), "email".to_owned()]
    }

    fn sealed(stream: &StreamName, id: u128, payload: &str) -> String {
        let place = SealedPlace { stream, event_id: Uuid::from_u128(id) };
        seal(&KEY, place, "Registered", &fields(), payload).expect("seals")
    }

    const PAYLOAD: &str = r#"{"id":"C-1","name":{"mask":"A.","clear":"Ada"}}"#;

    fn opened(key: &SubjectKey, stream: &StreamName, id: u128, payload: &str) -> Result<Vec<String>, SealError> {
        let place = SealedPlace { stream, event_id: Uuid::from_u128(id) };
        let payload = serde_json::from_str(payload).expect("JSON");
        unseal(Some(key), place, &fields(), &payload).map(|opened| opened.into_values().collect())
    }

    #[test]
    fn what_is_sealed_opens_for_its_event_and_field_alone() {
        let (own, other) = (stream("customer-1"), stream("customer-2"));
        let stored = sealed(&own, 1, PAYLOAD);
        assert!(!stored.contains("Ada") && stored.contains("A."), "only the mask lies open: {stored}");
        assert_eq!(opened(&KEY, &own, 1, &stored), Ok(vec!["Ada".to_owned()]));
        let does_not_open = Err(SealError::DoesNotOpen { field: "name".to_owned() });
        assert_eq!(opened(&SubjectKey::new([8; 32]), &own, 1, &stored), does_not_open, "another key");
        assert_eq!(opened(&KEY, &other, 1, &stored), does_not_open, "another stream");
        assert_eq!(opened(&KEY, &own, 2, &stored), does_not_open, "another event");
        let moved = stored.replace("\"name\"", "\"email\"");
        assert_eq!(opened(&KEY, &own, 1, &moved), Err(SealError::DoesNotOpen { field: "email".to_owned() }));
        let last = stored.len() - 4;
        let digit = if &stored[last..=last] == "0" { "1" } else { "0" };
        let changed = format!("{}{digit}{}", &stored[..last], &stored[last + 1..]);
        assert_eq!(opened(&KEY, &own, 1, &changed), does_not_open, "a changed digit");
        for odd in ["", "00", "zz"] {
            let odd = format!(r#"{{"name":{{"mask":"A.","sealed":"{odd}"}}}}"#);
            assert_eq!(opened(&KEY, &own, 1, &odd), does_not_open, "{odd}");
        }
    }

    #[test]
    fn the_same_content_of_the_same_event_is_sealed_to_the_same_bytes_and_no_other_is() {
        let own = stream("customer-1");
        let first = sealed(&own, 1, PAYLOAD);
        assert_eq!(first, sealed(&own, 1, PAYLOAD), "a retried append is equal");
        assert_eq!(first, sealed(&own, 1, &first), "what is sealed stays");
        assert_ne!(first, sealed(&own, 2, PAYLOAD), "the same name elsewhere looks otherwise");
        let nonce = |payload: &str| payload.split("sealed\":\"").nth(1).expect("sealed")[..48].to_owned();
        let other = sealed(&own, 1, &PAYLOAD.replace("Ada", "Eve"));
        assert_ne!(nonce(&first), nonce(&other), "no nonce serves two texts");
    }

    #[test]
    fn a_payload_that_cannot_be_sealed_is_refused_and_not_told() {
        let own = stream("customer-1");
        let place = SealedPlace { stream: &own, event_id: Uuid::from_u128(1) };
        for odd in [r#"{"name":"Ada"}"#, r#"{"name":{"mask":"A."}}"#, r#"{"name":{"clear":7}}"#, "[]", "Ada"] {
            let error = seal(&KEY, place, "Registered", &fields(), odd).expect_err("refused");
            assert!(!format!("{error} {error:?}").contains("Ada"), "{error:?}");
        }
    }

    #[test]
    fn secrets_are_not_shown_and_wrapped_keys_open_for_their_subject_alone() {
        let master = MasterKey::new([9; 32]);
        assert_eq!(format!("{KEY:?} {master:?}"), "SubjectKey(…) MasterKey(…)");
        let wrapped = master.wrap("customer-1", &KEY).expect("wraps");
        assert!(!wrapped.windows(8).any(|bytes| bytes == &KEY.bytes()[..8]), "the key does not lie open");
        assert_eq!(master.unwrap_key("customer-1", &wrapped), Ok(KEY));
        assert!(master.unwrap_key("customer-2", &wrapped).is_err(), "another subject");
        assert!(MasterKey::new([1; 32]).unwrap_key("customer-1", &wrapped).is_err(), "another master key");
    }

    #[test]
    fn a_keyed_hash_tells_commands_apart_only_for_the_holder_of_the_key() {
        let (one, two) = (keyed_command_hash(&KEY, Hash([1; 32])), keyed_command_hash(&KEY, Hash([2; 32])));
        assert_ne!(one, two);
        assert_ne!(one, keyed_command_hash(&SubjectKey::new([8; 32]), Hash([1; 32])));
        assert!(is_keyed_hash(&one) && !is_keyed_hash(&Hash([1; 32]).to_hex()));
    }

    #[test]
    fn sealed_data_are_recognised_by_their_shape() {
        assert!(holds_sealed(&sealed(&stream("customer-1"), 1, PAYLOAD)));
        for other in [
            PAYLOAD,
            r#"{"a":"\"sealed\""}"#,
            r#"{"sealed":"00"}"#,
            r#"{"a":{"sealed":7}}"#,
            r#"["sealed"]"#,
            "\"sealed\"",
        ] {
            assert!(!holds_sealed(other), "{other}");
        }
    }

    #[test]
    fn fields_are_personal_by_their_schema() {
        let schema = serde_json::json!({"properties": {"a": {"format": "personal"}, "b": {"format": "date"}}});
        assert_eq!(personal_fields(&schema), ["a"]);
        assert_eq!(personal_fields(&Value::Null), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_destroyed_key_never_comes_back() {
        let (keys, subject) = (MemorySubjectKeys::new([1; 32]), stream("customer-1"));
        assert_eq!(keys.get(&subject).await, Ok(None));
        let key = keys.get_or_create(&subject).await.expect("made");
        assert_eq!(keys.get_or_create(&subject).await, Ok(key.clone()), "the same again");
        assert_eq!(keys.destroy(&subject).await, Ok(true));
        assert_eq!((keys.get(&subject).await, keys.destroy(&subject).await), (Ok(None), Ok(false)));
        assert_ne!(keys.get_or_create(&subject).await, Ok(key), "a new one opens nothing old");
    }

    #[tokio::test]
    async fn a_key_from_another_store_never_takes_the_place_of_one_that_is_there() {
        let (keys, subject) = (MemorySubjectKeys::new([1; 32]), stream("customer-1"));
        assert_eq!(keys.adopt(&subject, &KEY).await, Ok(Adopted::Taken));
        assert_eq!(keys.adopt(&subject, &KEY).await, Ok(Adopted::Same));
        assert_eq!(keys.adopt(&subject, &SubjectKey::new([8; 32])).await, Ok(Adopted::Other));
        assert_eq!(keys.get_or_create(&subject).await, Ok(KEY));
    }
}
