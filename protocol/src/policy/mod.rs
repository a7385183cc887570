//! Policies: what a call must prove. Data only; `compile` turns one into the circuit's predicates for a customer
//! and a day, `words` into what the screens say.

mod compile;
mod fit;
mod validate;
mod words;

use honnin_circuits::schema::Slot;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use compile::CompileError;
pub use fit::FitError;
pub use validate::PolicyError;
pub use words::{Nouns, Words, words};

use crate::encoding::B64u;
use crate::statement::V1;
use crate::text::Localized;

/// Domain tag of the digest.
pub const DIGEST_TAG: &str = "honnin/policy/v1";

/// What is asked of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Op {
    /// Equal.
    Eq,
    /// At least.
    Ge,
    /// At most.
    Le,
    /// One of a set of small numbers.
    InSet,
}

/// The word `"handle"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandleWord {
    /// The customer's handle.
    #[serde(rename = "handle")]
    Handle,
}

/// The word `"amount"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AmountWord {
    /// The payment's amount.
    #[serde(rename = "amount")]
    Amount,
}

/// A day so many years before the day of the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearsBefore {
    /// 1 to 150.
    pub years_before: u32,
}

/// What a slot is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Operand {
    /// The customer's handle.
    Handle(HandleWord),
    /// The amount of the statement's payment, in yen.
    Amount(AmountWord),
    /// A number or a day YYYYMMDD.
    Number(u64),
    /// A day relative to the proof's.
    Years(YearsBefore),
    /// Numbers below 64, ascending.
    Set(Vec<u8>),
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Of which attribute.
    pub slot: Slot,
    /// Comparison.
    pub op: Op,
    /// With what.
    pub value: Operand,
}

/// A policy. [`Policy::validate`] says whether it makes sense.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// 1.
    pub v: V1,
    /// Letters, digits, `-`, `_`, `.`.
    pub id: String,
    /// Raised with every change.
    pub version: u32,
    /// `honnin-jp-1`.
    pub schema: String,
    /// What people call it.
    pub name: Localized,
    /// At most four.
    pub predicates: Vec<Condition>,
    /// The most that may go sealed to a statement's recipient; such a policy is for payments and orders alone.
    pub disclose: Vec<Slot>,
    /// Whether the passkey must verify its user.
    pub user_verification: bool,
    /// Whether the customer types a number.
    pub number_match: bool,
    /// Seconds a request stays open.
    pub ttl_s: u32,
    /// Seconds a verdict counts.
    pub valid_s: u32,
}

impl Policy {
    /// `SHA-256("honnin/policy/v1" ‖ 0 ‖ canonical JSON)`.
    ///
    /// # Panics
    /// Never: the type holds strings, booleans and integers only.
    pub fn digest(&self) -> B64u<32> {
        let canonical = serde_jcs::to_vec(self).expect("strings, booleans and integers become JSON");
        B64u(Sha256::new().chain_update(DIGEST_TAG).chain_update([0]).chain_update(canonical).finalize().into())
    }

    /// Whether a condition compares with the payment's amount: such a policy is for payments alone.
    pub fn asks_for_amount(&self) -> bool {
        self.predicates.iter().any(|c| matches!(c.value, Operand::Amount(_)))
    }

    /// Whether it can be asked of anybody at any time: nothing in it waits for a payment or a recipient.
    pub fn is_plain(&self) -> bool {
        self.disclose.is_empty() && !self.asks_for_amount()
    }

    /// Whether it can be asked of somebody who has no account: nothing is compared with a handle, paid or sent.
    pub fn is_for_prospects(&self) -> bool {
        self.is_plain() && self.predicates.iter().all(|c| c.slot != Slot::Subject)
    }

    /// Whether one condition is that the credential is the customer's own: `subject EQ handle`.
    pub fn asks_for_holder(&self) -> bool {
        self.predicates
            .iter()
            .any(|c| c.slot == Slot::Subject && c.op == Op::Eq && matches!(c.value, Operand::Handle(_)))
    }
}
