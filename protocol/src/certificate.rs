//! The issuer certificate: an ES256 root's word that a Baby Jubjub key issues credentials for a tenant.

use honnin_circuits::schnorr::PublicKey;
use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};

use crate::jwk::P256Jwk;
use crate::jws::{self, JwsError};

/// `typ` of the header.
pub const TYP: &str = "honnin-issuer-cert+jwt";

/// Why a certificate is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not a compact JWS with exactly the expected members.
    #[error("the issuer certificate is malformed")]
    Malformed,
    /// Another algorithm than ES256.
    #[error("the issuer certificate's algorithm is not ES256")]
    Algorithm,
    /// Another kind of token.
    #[error("the token is no issuer certificate")]
    Type,
    /// Signed by another root than the pinned one, or by nobody.
    #[error("the issuer certificate is not from the pinned root")]
    UnknownRoot,
    /// The certified key is no point of the prime-order subgroup.
    #[error("the certified key is not a valid point")]
    Key,
    /// For credentials of another schema.
    #[error("the issuer certificate is for another schema")]
    Schema,
    /// Its window is empty.
    #[error("the issuer certificate ends before it begins")]
    Window,
    /// Before its window.
    #[error("the issuer certificate is not valid yet")]
    NotYetValid,
    /// After its window.
    #[error("the issuer certificate has expired")]
    Expired,
}

/// A Baby Jubjub point as hex coordinates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointHex {
    /// 64 hex digits.
    pub x: String,
    /// 64 hex digits.
    pub y: String,
}

impl PointHex {
    /// Of a public key.
    pub fn of(key: &PublicKey) -> Self {
        let (x, y) = key.to_xy_hex();
        Self { x, y }
    }
}

/// The certificate's claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerCertificate {
    /// The issuer's URL.
    pub iss: String,
    /// Tenant it issues for.
    pub tenant: String,
    /// Schema of the credentials.
    pub schema: String,
    /// The certified key.
    pub key: PointHex,
    /// Its name.
    pub key_id: String,
    /// First second of validity.
    pub nbf: u64,
    /// First second after it.
    pub exp: u64,
}

impl IssuerCertificate {
    /// The certified key, checked.
    ///
    /// # Errors
    /// [`CertificateError::Key`].
    pub fn public_key(&self) -> Result<PublicKey, CertificateError> {
        PublicKey::from_xy_hex(&self.key.x, &self.key.y).map_err(|_| CertificateError::Key)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Signs a certificate with the root.
pub fn sign(certificate: &IssuerCertificate, root: &SigningKey) -> String {
    let kid = P256Jwk::from(*root.verifying_key()).thumbprint();
    jws::sign(root, &Header { alg: "ES256".into(), typ: TYP.into(), kid }, certificate)
}

/// Reads a certificate that was verified when it arrived and has since lain in its owner's own storage. Checks the
/// key's form alone; whoever relies on the certificate calls [`verify`].
///
/// # Errors
/// [`CertificateError`].
pub fn reread(token: &str) -> Result<IssuerCertificate, CertificateError> {
    let parsed = jws::parse::<Header, IssuerCertificate>(token).map_err(|_| CertificateError::Malformed)?;
    parsed.payload.public_key()?;
    Ok(parsed.payload)
}

/// Verifies a certificate against a pinned root at a time (seconds since the epoch). The caller still compares
/// `iss` and `tenant` with what it expects.
///
/// # Errors
/// [`CertificateError`], signature before content: nothing of an unsigned certificate decides an answer.
pub fn verify(token: &str, root: &P256Jwk, now: u64) -> Result<IssuerCertificate, CertificateError> {
    let parsed = jws::parse::<Header, IssuerCertificate>(token).map_err(|_| CertificateError::Malformed)?;
    if parsed.header.alg != "ES256" {
        return Err(CertificateError::Algorithm);
    }
    if parsed.header.typ != TYP {
        return Err(CertificateError::Type);
    }
    if parsed.header.kid != root.thumbprint() {
        return Err(CertificateError::UnknownRoot);
    }
    let (_, certificate) = parsed.verify(root.verifying_key()).map_err(|e| match e {
        JwsError::Malformed => CertificateError::Malformed,
        JwsError::Signature => CertificateError::UnknownRoot,
    })?;
    certificate.public_key()?;
    if certificate.schema != honnin_circuits::schema::SCHEMA_NAME {
        return Err(CertificateError::Schema);
    }
    if certificate.nbf >= certificate.exp {
        return Err(CertificateError::Window);
    }
    if now < certificate.nbf {
        return Err(CertificateError::NotYetValid);
    }
    if now >= certificate.exp {
        return Err(CertificateError::Expired);
    }
    Ok(certificate)
}
