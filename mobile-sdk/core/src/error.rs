//! One error type with a stable code for each reason: what bindings in other languages switch on.

use honnin_circuits::{statement::Violation, verify::KeyError};
use honnin_protocol::{
    certificate::CertificateError, credential::CredentialError, disclosure::DisclosureError, policy::FitError,
};
use honnin_recipient::SealError;

/// Why the SDK refuses. No variant carries an attribute's value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SdkError {
    /// The input named does not decode.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// The proving key does not have the pinned hash.
    #[error("the proving key's hash is not the expected one")]
    KeyHash,
    /// The proving key decodes, but for another circuit or as a degenerate key.
    #[error("the proving key is not usable")]
    KeyUnusable,
    /// The certificate is not signed by the pinned root, or is for another tenant.
    #[error("the credential's issuer is not known")]
    IssuerUnknown,
    /// The certificate is outside its validity.
    #[error("the issuer's certificate is not valid now")]
    IssuerExpired,
    /// The signature does not cover the values.
    #[error("the credential's signature is not valid")]
    Signature,
    /// The credential is over.
    #[error("the credential has expired")]
    CredentialExpired,
    /// The credential belongs to another holder secret.
    #[error("the credential belongs to another holder")]
    HolderMismatch,
    /// The credential does not meet the policy; which condition stays on the phone.
    #[error("the credential does not meet the policy")]
    PolicyNotMet(Violation),
    /// The policy makes no sense.
    #[error("the policy is not valid")]
    Policy,
    /// The statement is for another policy than the prepared one.
    #[error("the statement names another policy")]
    PolicyDigest,
    /// The statement is for another tenant than the prepared one.
    #[error("the statement names another tenant")]
    TenantMismatch,
    /// The statement asks a customer and the prepared state is somebody's without an account, or the reverse.
    #[error("the statement is of another kind than the prepared state")]
    KindMismatch,
    /// The prepared state is another holder's or another tenant's.
    #[error("the prepared state belongs to another credential")]
    PreparedCredential,
    /// The prepared state was made under another proving key.
    #[error("the prepared state belongs to another proving key")]
    PreparedKey,
    /// The prepared state is for another day.
    #[error("the prepared state is for another day")]
    PreparedDay,
    /// The prepared state is for another amount.
    #[error("the prepared state is for another amount")]
    PreparedTerms,
    /// Policy and statement do not go together: an amount or a recipient is missing, or another currency is asked.
    #[error("the policy does not fit the statement")]
    PolicyFit(FitError),
    /// What is to be sent is not what the statement asks for.
    #[error("the disclosure is not what the statement asks for")]
    Disclosure(DisclosureError),
    /// The statement's recipient is sent something, and its key was not handed in, or another one.
    #[error("the recipient's key is not the one that the statement names")]
    RecipientKey,
    /// The values are longer than a box takes.
    #[error("the values are longer than a box takes")]
    BoxTooLong,
    /// The statement asks for the number that the agent says, and holds none.
    #[error("the statement lacks its number")]
    NumberMissing,
}

impl SdkError {
    /// The stable code.
    pub fn code(&self) -> String {
        match self {
            SdkError::Malformed(what) => format!("malformed-{what}"),
            SdkError::KeyHash => "key-hash-mismatch".into(),
            SdkError::KeyUnusable => "key-unusable".into(),
            SdkError::IssuerUnknown => "issuer-unknown".into(),
            SdkError::IssuerExpired => "issuer-certificate-expired".into(),
            SdkError::Signature => "credential-signature-invalid".into(),
            SdkError::CredentialExpired => "credential-expired".into(),
            SdkError::HolderMismatch => "holder-mismatch".into(),
            SdkError::PolicyNotMet(_) => "policy-not-met".into(),
            SdkError::Policy => "policy-invalid".into(),
            SdkError::PolicyDigest => "policy-digest-mismatch".into(),
            SdkError::TenantMismatch => "tenant-mismatch".into(),
            SdkError::KindMismatch => "kind-mismatch".into(),
            SdkError::PreparedCredential => "prepared-other-credential".into(),
            SdkError::PreparedKey => "prepared-other-key".into(),
            SdkError::PreparedDay => "prepared-other-day".into(),
            SdkError::PreparedTerms => "prepared-other-terms".into(),
            SdkError::PolicyFit(_) => "policy-terms-mismatch".into(),
            SdkError::Disclosure(_) => "disclosure-mismatch".into(),
            SdkError::RecipientKey => "recipient-key-mismatch".into(),
            SdkError::BoxTooLong => "box-too-long".into(),
            SdkError::NumberMissing => "number-missing".into(),
        }
    }
}

impl From<FitError> for SdkError {
    fn from(e: FitError) -> Self {
        SdkError::PolicyFit(e)
    }
}

impl From<DisclosureError> for SdkError {
    fn from(e: DisclosureError) -> Self {
        SdkError::Disclosure(e)
    }
}

impl From<SealError> for SdkError {
    fn from(e: SealError) -> Self {
        match e {
            SealError::Key => SdkError::RecipientKey,
            SealError::Document(_) => SdkError::BoxTooLong,
        }
    }
}

impl From<KeyError> for SdkError {
    fn from(e: KeyError) -> Self {
        match e {
            KeyError::Hash => SdkError::KeyHash,
            KeyError::Malformed => SdkError::Malformed("key"),
            KeyError::OtherCircuit | KeyError::Degenerate => SdkError::KeyUnusable,
        }
    }
}

impl From<CertificateError> for SdkError {
    fn from(e: CertificateError) -> Self {
        match e {
            CertificateError::Expired | CertificateError::NotYetValid => SdkError::IssuerExpired,
            _ => SdkError::IssuerUnknown,
        }
    }
}

impl From<CredentialError> for SdkError {
    fn from(e: CredentialError) -> Self {
        match e {
            CredentialError::Certificate(e) => e.into(),
            CredentialError::Tenant => SdkError::IssuerUnknown,
            CredentialError::Signature => SdkError::Signature,
            CredentialError::Expired => SdkError::CredentialExpired,
            CredentialError::Format | CredentialError::Value(_) => SdkError::Malformed("credential"),
        }
    }
}
