//! Receipts: one document that shows, without anyone's service, how a call ended, and for a call that passed everything
//! that it rested on. The log's entry holds the digest of the receipt's body, so the log speaks for every byte of it.

mod body;
mod report;
mod verify;

use honnin_protocol::statement::V1;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::Entry;
use crate::log::{Hash, MAX_PROOF};

pub use body::{Approval, Body, Detail, Passkey, State, Verdict};
pub use report::{Check, Fault, Outcome, Report, Step};
pub use verify::{EligibilityIssuer, Trust, verify};

/// Longest receipt, bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The word that says what the document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// `honnin-receipt`.
    #[serde(rename = "honnin-receipt")]
    Receipt,
}

/// A receipt. Its bytes are the canonical JSON (RFC 8785) of this, and no other spelling is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// 1.
    pub v: V1,
    /// What it is.
    pub format: Format,
    /// What happened.
    pub body: Body,
    /// Where the log says so.
    pub log: Logged,
}

/// The log's word for a body.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logged {
    /// The entry; its canonical JSON is the leaf.
    pub entry: Value,
    /// Its leaf's index.
    pub index: u64,
    /// From the leaf to the checkpoint's root.
    pub inclusion: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

/// Why bytes are no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// More than [`MAX_BYTES`].
    #[error("a receipt is at most 64 KiB")]
    TooLarge,
    /// A member is missing, unknown or not what it must be.
    #[error("not a receipt: {0}")]
    Malformed(String),
    /// Another spelling of the same document.
    #[error("a receipt is canonical JSON, every byte of it")]
    NotCanonical,
}

impl Receipt {
    /// Puts a receipt together. Nothing is checked: [`verify`] does.
    pub fn new(body: Body, entry: &Entry, index: u64, inclusion: Vec<Hash>, checkpoint: String) -> Self {
        let log = Logged { entry: entry.to_value(), index, inclusion, checkpoint };
        Self { v: V1, format: Format::Receipt, body, log }
    }

    /// Canonical JSON.
    ///
    /// # Panics
    /// Never: the types hold strings, integers and JSON values only.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_jcs::to_vec(self).expect("strings, integers and JSON values become JSON")
    }

    /// Reads a receipt's form; what it says is for [`verify`].
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > MAX_BYTES {
            return Err(ReceiptError::TooLarge);
        }
        let receipt: Self = serde_json::from_slice(bytes).map_err(|e| ReceiptError::Malformed(e.to_string()))?;
        if receipt.log.inclusion.len() > MAX_PROOF {
            return Err(ReceiptError::Malformed("an inclusion proof has at most 64 hashes".into()));
        }
        match serde_jcs::to_vec(&receipt) {
            Ok(canonical) if canonical == bytes => Ok(receipt),
            _ => Err(ReceiptError::NotCanonical),
        }
    }
}
