//! A log entry: one event as canonical JSON (RFC 8785). Those bytes are what the leaf hashes.

use serde_json::{Map, Value};

use crate::log::{Hash, leaf_hash};

/// Longest entry, bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// Why bytes are no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// More than [`MAX_BYTES`].
    #[error("an entry is at most 16 KiB")]
    TooLarge,
    /// Not a JSON object, or one that names a member twice.
    #[error("an entry is a JSON object")]
    NotAnObject,
    /// Another spelling of the same object.
    #[error("an entry is canonical JSON")]
    NotCanonical,
    /// `seq`, `at` or `kind` is missing.
    #[error("an entry has seq, at and kind")]
    Incomplete,
}

/// An event that was logged. Members besides those named here are kept and hashed, and mean nothing to this crate.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    members: Map<String, Value>,
    bytes: Vec<u8>,
    seq: u64,
    at: u64,
    kind: String,
}

impl Entry {
    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`EntryError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_BYTES {
            return Err(EntryError::TooLarge);
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|_| EntryError::NotAnObject)?;
        let entry = Self::of(value)?;
        if entry.bytes == bytes { Ok(entry) } else { Err(EntryError::NotCanonical) }
    }

    /// Of an object, which is brought into canonical form.
    ///
    /// # Errors
    /// [`EntryError`].
    pub fn of(value: Value) -> Result<Self, EntryError> {
        let bytes = serde_jcs::to_vec(&value).map_err(|_| EntryError::NotCanonical)?;
        if bytes.len() > MAX_BYTES {
            return Err(EntryError::TooLarge);
        }
        let Value::Object(members) = value else { return Err(EntryError::NotAnObject) };
        let number = |name: &str| members.get(name).and_then(Value::as_u64).ok_or(EntryError::Incomplete);
        let kind = members.get("kind").and_then(Value::as_str).ok_or(EntryError::Incomplete)?.to_owned();
        Ok(Self { seq: number("seq")?, at: number("at")?, kind, bytes, members })
    }

    /// Canonical JSON.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the log holds of it.
    pub fn leaf(&self) -> Hash {
        leaf_hash(&self.bytes)
    }

    /// Place among the organisation's events; it rises with each entry of a log.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Milliseconds since the epoch.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Stable kind, such as `verification.passed`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// A member that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// A member of `data`.
    pub fn data(&self, name: &str) -> Option<&Value> {
        self.members.get("data").and_then(|data| data.get(name))
    }

    /// As an object.
    pub fn to_value(&self) -> Value {
        Value::Object(self.members.clone())
    }
}
