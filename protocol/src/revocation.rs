//! An issuer's word that a customer's phones are over: ES256 by the root that tenants pin. Bytes in `docs/protocol.md`,
//! "Several phones".

use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};

use crate::encoding::b64u_decode;
use crate::jwk::P256Jwk;
use crate::jws::{self, JwsError};

/// `typ` of the header.
pub const TYP: &str = "honnin-revocation+jwt";
/// Clocks of issuer and server may be this many seconds apart, and the word is good for as long.
pub const SKEW_S: u64 = 300;

/// Why phones are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The customer does not find them.
    Lost,
    /// Somebody else has them.
    Stolen,
    /// The customer is one no more.
    Left,
    /// Others take their place.
    Replaced,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Lost, Self::Stolen, Self::Left, Self::Replaced];

    /// Name on the wire and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Left => "left",
            Self::Replaced => "replaced",
        }
    }
}

/// Why a revocation is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// Not a compact JWS with exactly the expected members.
    #[error("the revocation is malformed")]
    Malformed,
    /// Another algorithm than ES256, or another kind of token.
    #[error("the token is no revocation")]
    Type,
    /// Not by this root.
    #[error("the revocation is not from the pinned root")]
    UnknownRoot,
    /// Too old, or from the future.
    #[error("the revocation is out of time")]
    Time,
}

/// The claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The issuer's URL.
    pub iss: String,
    /// Tenant.
    pub tenant: String,
    /// The customer's handle.
    pub sub: String,
    /// 16 to 32 random bytes, b64u: it serves once.
    pub jti: String,
    /// Seconds since the epoch.
    pub iat: u64,
    /// Why.
    pub reason: Reason,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Signs a revocation with the root.
pub fn sign(revocation: &Revocation, root: &SigningKey) -> String {
    let kid = P256Jwk::from(*root.verifying_key()).thumbprint();
    jws::sign(root, &Header { alg: "ES256".into(), typ: TYP.into(), kid }, revocation)
}

/// By which root (RFC 7638 thumbprint) and for which tenant a token says that it is: good for finding the root that then
/// decides, and for nothing else.
///
/// # Errors
/// [`RevocationError::Malformed`].
pub fn claimed(token: &str) -> Result<(String, String), RevocationError> {
    let parsed = jws::parse::<Header, Revocation>(token).map_err(|_| RevocationError::Malformed)?;
    let tenant = parsed.claimed().tenant.clone();
    Ok((parsed.header.kid, tenant))
}

/// Verifies a revocation against a pinned root at a time (seconds since the epoch). The caller still compares `iss` and
/// `tenant` with what it expects, and sees to it that a `jti` serves once.
///
/// # Errors
/// [`RevocationError`], signature before content.
pub fn verify(token: &str, root: &P256Jwk, now: u64) -> Result<Revocation, RevocationError> {
    let parsed = jws::parse::<Header, Revocation>(token).map_err(|_| RevocationError::Malformed)?;
    if parsed.header.alg != "ES256" || parsed.header.typ != TYP {
        return Err(RevocationError::Type);
    }
    if parsed.header.kid != root.thumbprint() {
        return Err(RevocationError::UnknownRoot);
    }
    let (_, revocation) = parsed.verify(root.verifying_key()).map_err(|e| match e {
        JwsError::Malformed => RevocationError::Malformed,
        JwsError::Signature => RevocationError::UnknownRoot,
    })?;
    // 32 bytes are 43 characters.
    let jti = &revocation.jti;
    if jti.len() > 43 || !b64u_decode(jti).is_ok_and(|bytes| (16..=32).contains(&bytes.len())) {
        return Err(RevocationError::Malformed);
    }
    if revocation.iat.abs_diff(now) > SKEW_S { Err(RevocationError::Time) } else { Ok(revocation) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::b64u;

    const NOW: u64 = 1_795_300_000;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_slice(&[byte; 32]).expect("a scalar")
    }

    fn public(key: &SigningKey) -> P256Jwk {
        P256Jwk::from(*key.verifying_key())
    }

    fn revocation() -> Revocation {
        Revocation {
            iss: "https://issuer.example".into(),
            tenant: "midori".into(),
            sub: "C-1".into(),
            jti: b64u([5; 16]),
            iat: NOW,
            reason: Reason::Lost,
        }
    }

    #[test]
    fn it_is_one_roots_and_of_its_time() {
        let (ours, theirs) = (key(7), key(8));
        let token = sign(&revocation(), &ours);
        assert_eq!(verify(&token, &public(&ours), NOW), Ok(revocation()));
        assert_eq!(claimed(&token), Ok((public(&ours).thumbprint(), "midori".into())));
        assert_eq!(verify(&token, &public(&theirs), NOW), Err(RevocationError::UnknownRoot));
        for (now, expected) in [(NOW + 300, true), (NOW - 300, true), (NOW + 301, false), (NOW - 301, false)] {
            assert_eq!(verify(&token, &public(&ours), now).is_ok(), expected, "{now}");
        }
        // The same claims as another kind of token, and the right header over another key's signature.
        let header = |typ: &str| Header { alg: "ES256".into(), typ: typ.into(), kid: public(&ours).thumbprint() };
        let other = jws::sign(&ours, &header(crate::certificate::TYP), &revocation());
        assert_eq!(verify(&other, &public(&ours), NOW), Err(RevocationError::Type));
        let forged = jws::sign(&theirs, &header(TYP), &revocation());
        assert_eq!(verify(&forged, &public(&ours), NOW), Err(RevocationError::UnknownRoot));
    }

    #[test]
    fn a_jti_is_sixteen_to_thirty_two_bytes() {
        let ours = key(7);
        let read = |jti: String| verify(&sign(&Revocation { jti, ..revocation() }, &ours), &public(&ours), NOW);
        assert!(read(b64u([1; 32])).is_ok());
        for bad in [b64u([1; 15]), b64u([1; 33]), String::new(), "no b64u!".into(), b64u([1; 16]) + "="] {
            assert_eq!(read(bad.clone()), Err(RevocationError::Malformed), "{bad}");
        }
    }
}
