//! Bodies of OpenID4VCI 1.0's pre-authorized code flow, as issuer and phone exchange them.

use serde::{Deserialize, Serialize};

use crate::credential::CredentialDocument;
use crate::jwk::P256Jwk;

/// Grant type of the flow.
pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// The one credential configuration.
pub const CONFIGURATION: &str = "honnin-jp-1";

/// A code to spend at the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreAuthorized {
    /// Single use.
    #[serde(rename = "pre-authorized_code")]
    pub code: String,
}

/// The grants of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// The only one.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:pre-authorized_code")]
    pub pre_authorized: PreAuthorized,
}

/// A credential offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialOffer {
    /// The issuer's URL.
    pub credential_issuer: String,
    /// `[CONFIGURATION]`.
    pub credential_configuration_ids: Vec<String>,
    /// How to redeem it.
    pub grants: Grants,
}

impl CredentialOffer {
    /// An offer of the one configuration.
    pub fn new(issuer: impl Into<String>, code: impl Into<String>) -> Self {
        Self {
            credential_issuer: issuer.into(),
            credential_configuration_ids: vec![CONFIGURATION.into()],
            grants: Grants { pre_authorized: PreAuthorized { code: code.into() } },
        }
    }
}

/// What the project adds to the issuer's metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HonninMetadata {
    /// The verification server.
    pub server: String,
    /// Tenant.
    pub tenant: String,
    /// The root that certifies the issuer's keys.
    pub root: P256Jwk,
}

/// The token endpoint's form.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// [`GRANT`].
    pub grant_type: String,
    /// From the offer.
    #[serde(rename = "pre-authorized_code")]
    pub code: String,
}

/// The token endpoint's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenResponse {
    /// Bearer token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Seconds.
    pub expires_in: u64,
}

/// The nonce endpoint's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NonceResponse {
    /// Single use.
    pub c_nonce: String,
}

/// Proofs of possession.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {
    /// Exactly one.
    pub jwt: Vec<String>,
}

/// The credential endpoint's body.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialRequest {
    /// [`CONFIGURATION`].
    pub credential_configuration_id: String,
    /// See [`crate::possession`].
    pub proofs: Proofs,
}

/// One issued credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Issued {
    /// The document.
    pub credential: CredentialDocument,
}

/// The credential endpoint's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CredentialResponse {
    /// One.
    pub credentials: Vec<Issued>,
}

/// An error of the token or credential endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthError {
    /// Stable code.
    pub error: String,
    /// For developers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}
