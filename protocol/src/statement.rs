//! The session statement: the bytes that the phone's screen is rendered from and that the proof is bound to.

use honnin_circuits::Fr;
use honnin_circuits::encoding::f248;
use serde::{Deserialize, Serialize};

use crate::encoding::{B64u, safe_integer};
use crate::text::Localized;

/// Domain tag of `ctx`.
pub const CTX_TAG: &str = "honnin/ctx/v1";

/// Why a number cannot stand in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not two ASCII digits.
    #[error("a match code is two digits")]
    Digits,
    /// The statement asks for no number.
    #[error("this statement asks for no number")]
    NotAsked,
}

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

/// Number matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchMode {
    /// No number.
    None,
    /// The customer types the number the operator says.
    Enter,
}

/// Two digits, as text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MatchCode([u8; 2]);

impl MatchCode {
    /// Checks two ASCII digits.
    ///
    /// # Errors
    /// [`CodeError::Digits`].
    pub fn new(text: &str) -> Result<Self, CodeError> {
        match text.as_bytes() {
            &[a, b] if a.is_ascii_digit() && b.is_ascii_digit() => Ok(Self([a, b])),
            _ => Err(CodeError::Digits),
        }
    }
}

impl std::fmt::Debug for MatchCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MatchCode(..)")
    }
}

impl TryFrom<String> for MatchCode {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        Self::new(&text)
    }
}

impl From<MatchCode> for String {
    fn from(code: MatchCode) -> String {
        code.0.iter().map(|b| char::from(*b)).collect()
    }
}

/// Number matching of this session. The phone receives it without the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawMatch")]
pub struct Match {
    mode: MatchMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<MatchCode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMatch {
    mode: MatchMode,
    code: Option<MatchCode>,
}

impl TryFrom<RawMatch> for Match {
    type Error = CodeError;
    fn try_from(raw: RawMatch) -> Result<Self, CodeError> {
        if raw.mode == MatchMode::None && raw.code.is_some() {
            return Err(CodeError::NotAsked);
        }
        Ok(Self { mode: raw.mode, code: raw.code })
    }
}

impl Match {
    /// Mode.
    pub fn mode(&self) -> MatchMode {
        self.mode
    }

    /// The number, where this copy holds it.
    pub fn code(&self) -> Option<&MatchCode> {
        self.code.as_ref()
    }
}

/// Payment terms and recipients are kept for a later version: only `null` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reserved {}

/// The statement. Canonical JSON (RFC 8785) of it is what `ctx` binds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionStatement {
    /// 1.
    pub v: V1,
    /// Call or enrolment.
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
    /// Null.
    #[serde(deserialize_with = "present")]
    pub payment: Option<Reserved>,
    /// Null.
    #[serde(deserialize_with = "present")]
    pub recipient: Option<Reserved>,
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

impl SessionStatement {
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

    /// The copy the phone receives.
    pub fn without_code(&self) -> Self {
        let mut copy = self.clone();
        copy.r#match.code = None;
        copy
    }

    /// The copy with the number that the customer typed.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn with_code(&self, code: &str) -> Result<Self, CodeError> {
        if self.r#match.mode == MatchMode::None {
            return Err(CodeError::NotAsked);
        }
        let mut copy = self.clone();
        copy.r#match.code = Some(MatchCode::new(code)?);
        Ok(copy)
    }
}
