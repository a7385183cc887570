//! The session statement: the bytes that the phone's screen is rendered from and that the proof is bound to.

mod call;
mod matching;
mod payment;
mod recipient;

use honnin_circuits::Fr;
use honnin_circuits::encoding::f248;
use serde::{Deserialize, Serialize};

pub use call::{Call, CallError, MAX_OFFERED, Window, calling_number};
pub use matching::{CodeError, Match, MatchCode, MatchMode};
pub use payment::{Payment, PaymentError, WHOLE_DIGITS};
pub use recipient::Recipient;

use crate::encoding::{B64u, safe_integer};
use crate::text::Localized;

/// Domain tag of `ctx`.
pub const CTX_TAG: &str = "honnin/ctx/v1";

/// Version of the statement's shape; only 1 reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct V1;

impl TryFrom<u32> for V1 {
    type Error = &'static str;
    fn try_from(v: u32) -> Result<Self, Self::Error> {
        if v == 1 { Ok(V1) } else { Err("unknown version") }
    }
}

impl From<V1> for u32 {
    fn from(V1: V1) -> u32 {
        1
    }
}

/// What the session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A call.
    Verification,
    /// Registering a phone.
    Enrolment,
    /// Conditions for an account that is not there yet.
    Eligibility,
}

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The customer called the desk.
    Inbound,
    /// The desk called the customer.
    Outbound,
}

/// Why the tenant asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Stable code.
    pub code: String,
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// Which policy, to the byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRef {
    /// Policy's id.
    pub id: String,
    /// Policy's version.
    pub version: u32,
    /// `Policy::digest`.
    pub digest: B64u<32>,
}

/// The asking party as the phone shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Display {
    /// Trade name.
    pub name: Localized,
    /// Desk within it.
    pub desk: Localized,
    /// Its telephone number.
    pub number: String,
}

/// Members that cannot stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// An announced call is the desk's.
    #[error("a statement with a call is outbound")]
    Direction,
    /// Registering a phone neither announces, pays nor sends.
    #[error("an enrolment has no call, payment or recipient")]
    Enrolment,
    /// Who has no account yet is called by nobody, pays nothing and has nothing sent.
    #[error("an eligibility is inbound and has no call, payment or recipient")]
    Eligibility,
    /// A payment goes to somebody.
    #[error("a payment needs the recipient that captures it")]
    NoRecipient,
}

/// The statement. Canonical JSON (RFC 8785) of it is what `ctx` binds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct SessionStatement {
    /// 1.
    pub v: V1,
    /// Call, enrolment or eligibility.
    pub kind: Kind,
    /// Tenant's id.
    pub tenant: String,
    /// `v_…`, or `e_…` for an enrolment.
    pub verification: String,
    /// Fresh for each session.
    pub nonce: B64u<32>,
    /// Who called whom.
    pub direction: Direction,
    /// Why.
    pub purpose: Purpose,
    /// What is proven.
    pub policy: PolicyRef,
    /// Who asks.
    pub display: Display,
    /// The person who asks; null for an enrolment.
    #[serde(deserialize_with = "present")]
    pub operator: Option<Localized>,
    /// Number matching.
    pub r#match: Match,
    /// The call that it announces.
    #[serde(deserialize_with = "present")]
    pub call: Option<Call>,
    /// The payment that it asks for.
    #[serde(deserialize_with = "present")]
    pub payment: Option<Payment>,
    /// To whom attributes go sealed.
    #[serde(deserialize_with = "present")]
    pub recipient: Option<Recipient>,
    /// Milliseconds since the epoch.
    #[serde(deserialize_with = "safe_integer")]
    pub not_before: u64,
    /// Milliseconds since the epoch.
    #[serde(deserialize_with = "safe_integer")]
    pub expires_at: u64,
}

/// `null` must be written out: an absent member is another statement.
fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(d)
}

// `remote = "Self"` leaves the two traits to be written here: a statement that reads holds together.
impl Serialize for SessionStatement {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, s)
    }
}

impl<'de> Deserialize<'de> for SessionStatement {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let statement = Self::deserialize(d)?;
        statement.check().map_err(serde::de::Error::custom)?;
        Ok(statement)
    }
}

impl SessionStatement {
    /// Whether its members go together.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn check(&self) -> Result<(), StatementError> {
        let bare = self.call.is_none() && self.payment.is_none() && self.recipient.is_none();
        if self.kind == Kind::Enrolment && !bare {
            return Err(StatementError::Enrolment);
        }
        if self.kind == Kind::Eligibility && !(bare && self.direction == Direction::Inbound) {
            return Err(StatementError::Eligibility);
        }
        if self.call.is_some() && self.direction != Direction::Outbound {
            return Err(StatementError::Direction);
        }
        if self.payment.is_some() && self.recipient.is_none() {
            return Err(StatementError::NoRecipient);
        }
        Ok(())
    }

    /// Canonical JSON.
    ///
    /// # Panics
    /// Never: the type holds strings and safe integers only.
    pub fn canonical(&self) -> String {
        serde_jcs::to_string(self).expect("strings and safe integers become JSON")
    }

    /// `F248("honnin/ctx/v1", canonical)`. Of a statement that asks for a number, only the copy that holds it
    /// gives the `ctx` that counts.
    pub fn ctx(&self) -> Fr {
        Self::ctx_of(&self.canonical())
    }

    /// The `ctx` of a statement that is canonical already, as it was stored.
    pub fn ctx_of(canonical: &str) -> Fr {
        f248(CTX_TAG, canonical.as_bytes())
    }

    /// The copy the phone receives: a number that the customer types stays behind, one that the agent says does not.
    pub fn without_code(&self) -> Self {
        Self { r#match: self.r#match.for_phone(), ..self.clone() }
    }

    /// The copy with the number that the customer typed.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn with_code(&self, code: &str) -> Result<Self, CodeError> {
        Ok(Self { r#match: self.r#match.typed(code)?, ..self.clone() })
    }
}
