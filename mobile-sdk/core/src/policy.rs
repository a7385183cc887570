//! Policies as the phone reads them.

use honnin_circuits::predicate::PredicateSet;
use honnin_protocol::policy::{CompileError, Policy, Words, words};
use honnin_protocol::statement::Payment;
use honnin_protocol::subject::Party;
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

pub(crate) fn compile(
    policy: &Policy,
    party: Party<'_>,
    as_of: u32,
    payment: Option<&Payment>,
) -> Result<PredicateSet, SdkError> {
    policy.compile(party, as_of, payment).map_err(|e| match e {
        CompileError::Fit(e) => SdkError::PolicyFit(e),
        _ => SdkError::Policy,
    })
}
