//! Policies as the phone reads them.

use honnin_circuits::{predicate::PredicateSet, statement::Violation};
use honnin_protocol::{
    credential::CredentialDocument,
    policy::{Policy, Words, words},
};
use serde::Serialize;

use crate::SdkError;

/// A policy's digest and words.
#[derive(Debug, Serialize)]
pub struct Described {
    /// b64u.
    pub digest: String,
    /// What is proven and what is not sent.
    #[serde(flatten)]
    pub words: Words,
}

/// Reads and validates a policy.
///
/// # Errors
/// `malformed-policy`, `policy-invalid`.
pub fn parse(json: &str) -> Result<Policy, SdkError> {
    let policy: Policy = serde_json::from_str(json).map_err(|_| SdkError::Malformed("policy"))?;
    policy.validate().map_err(|_| SdkError::Policy)?;
    Ok(policy)
}

/// Digest and words, computed here and not taken from the server.
pub fn describe(policy: &Policy) -> Described {
    Described { digest: policy.digest().to_string(), words: words(policy) }
}

/// Whether a credential's values meet a policy on a day, without the holder secret: what the app asks before it shows
/// a request. The violation stays on the phone.
///
/// # Errors
/// `policy-not-met`, `policy-invalid`, `malformed-credential`.
pub fn check(credential_json: &str, policy: &Policy, handle: &str, as_of: u32) -> Result<(), SdkError> {
    let document: CredentialDocument =
        serde_json::from_str(credential_json).map_err(|_| SdkError::Malformed("credential"))?;
    if document.values.expiry < as_of {
        return Err(SdkError::PolicyNotMet(Violation::Expiry));
    }
    let attributes = document.values.attributes();
    let predicates = compile(policy, handle, as_of)?;
    match predicates.as_array().iter().position(|p| !p.holds(attributes.get(p.slot()))) {
        Some(failed) => Err(SdkError::PolicyNotMet(Violation::Predicate(failed))),
        None => Ok(()),
    }
}

pub(crate) fn compile(policy: &Policy, handle: &str, as_of: u32) -> Result<PredicateSet, SdkError> {
    policy.compile(handle, as_of).map_err(|_| SdkError::Policy)
}
