//! What a provider says of itself (OpenID Connect Discovery 1.0, RFC 8414).

use serde::Deserialize;
use url::Url;

use super::OidcError;
use crate::webhook::Reach;

/// The part of a provider's configuration that matters here, its addresses checked.
#[derive(Debug)]
pub struct Metadata {
    /// Where people are sent.
    pub authorization_endpoint: Url,
    /// Where codes are exchanged.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// Whether the client's secret goes into the Authorization header.
    pub takes_basic: bool,
    /// Whether its responses carry `iss` (RFC 9207): then one without is none of its.
    pub names_itself: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Reads a configuration that was found under an issuer.
    ///
    /// # Errors
    /// [`OidcError`].
    pub fn read(reach: Reach, issuer: &str, body: &[u8]) -> Result<Self, OidcError> {
        let document: Document = serde_json::from_slice(body).map_err(|_| OidcError::Document("configuration"))?;
        if document.issuer != issuer {
            return Err(OidcError::Issuer);
        }
        let address = |what, text: &str| reach.read(text).map_err(|e| OidcError::Address(what, e));
        Ok(Self {
            authorization_endpoint: address("authorization endpoint", &document.authorization_endpoint)?,
            token_endpoint: address("token endpoint", &document.token_endpoint)?,
            jwks_uri: address("keys", &document.jwks_uri)?,
            // What a provider that names no method takes.
            takes_basic: document
                .token_endpoint_auth_methods_supported
                .is_none_or(|all| all.iter().any(|method| method == "client_secret_basic")),
            names_itself: document.authorization_response_iss_parameter_supported,
        })
    }
}

/// Where an issuer's configuration is; the issuer itself has no query.
///
/// # Errors
/// [`OidcError::Address`], [`OidcError::Document`].
pub fn discovery_address(reach: Reach, issuer: &str) -> Result<Url, OidcError> {
    let base = reach.read(issuer).map_err(|e| OidcError::Address("issuer", e))?;
    if base.query().is_some() {
        return Err(OidcError::Document("issuer"));
    }
    let text = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    reach.read(&text).map_err(|e| OidcError::Address("issuer", e))
}
