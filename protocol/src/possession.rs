//! OpenID4VCI's proof of possession: the device key vouches for a nonce and a holder commitment.

use honnin_circuits::Fr;
use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};

use crate::encoding::HexField;
use crate::jwk::P256Jwk;
use crate::jws;

/// `typ` of the header.
pub const TYP: &str = "openid4vci-proof+jwt";

/// Seconds a proof may be old, or ahead of the issuer's clock.
pub const WINDOW_S: u64 = 300;

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PossessionError {
    /// Not a compact JWS with exactly the expected members, or a holder commitment that is no field element.
    #[error("the proof is not a JWT with exactly the expected members")]
    Malformed,
    /// Another algorithm.
    #[error("the proof's alg is not ES256")]
    Algorithm,
    /// Another kind of token.
    #[error("the proof's typ is not {TYP}")]
    Type,
    /// Not signed by the key it carries.
    #[error("the proof is not signed by its jwk")]
    Signature,
    /// For another issuer.
    #[error("the proof's aud is another issuer")]
    Audience,
    /// Too old, or from the future.
    #[error("the proof's iat is more than {WINDOW_S} seconds off")]
    Time,
    /// A zero commitment.
    #[error("the holder commitment is zero")]
    Holder,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    jwk: P256Jwk,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    iat: u64,
    nonce: String,
    honnin_holder: HexField,
}

/// What a valid proof says. The nonce is for the issuer to spend.
#[derive(Clone, Debug)]
pub struct Possession {
    /// The device's public key.
    pub device_key: P256Jwk,
    /// `c_nonce`.
    pub nonce: String,
    /// Holder commitment.
    pub holder: Fr,
}

/// Makes a proof with the device key.
pub fn sign(key: &SigningKey, issuer: &str, now_s: u64, nonce: &str, holder: Fr) -> String {
    let header = Header { alg: "ES256".into(), typ: TYP.into(), jwk: P256Jwk::from(*key.verifying_key()) };
    let claims = Claims { aud: issuer.into(), iat: now_s, nonce: nonce.into(), honnin_holder: HexField(holder) };
    jws::sign(key, &header, &claims)
}

/// Checks a proof for an issuer at a time.
///
/// # Errors
/// [`PossessionError`], the first that applies.
pub fn verify(token: &str, issuer: &str, now_s: u64) -> Result<Possession, PossessionError> {
    // The header's alg and typ are looked at first, so that each fault has its own answer.
    let parsed = jws::parse::<Header, Claims>(token).map_err(|_| PossessionError::Malformed)?;
    if parsed.header.alg != "ES256" {
        return Err(PossessionError::Algorithm);
    }
    if parsed.header.typ != TYP {
        return Err(PossessionError::Type);
    }
    let key = parsed.header.jwk.clone();
    let (_, claims) = parsed.verify(key.verifying_key()).map_err(|_| PossessionError::Signature)?;
    if claims.aud != issuer {
        return Err(PossessionError::Audience);
    }
    if claims.iat.abs_diff(now_s) > WINDOW_S {
        return Err(PossessionError::Time);
    }
    if claims.honnin_holder.0 == Fr::from(0u64) {
        return Err(PossessionError::Holder);
    }
    Ok(Possession { device_key: key, nonce: claims.nonce, holder: claims.honnin_holder.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "https://issuer.example";

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_slice(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_good_proof_reads() {
        let read = verify(&sign(&key(7), ISSUER, 1000, "n", Fr::from(5u64)), ISSUER, 1000 + WINDOW_S).unwrap();
        assert_eq!((read.nonce.as_str(), read.holder), ("n", Fr::from(5u64)));
        assert_eq!(read.device_key, P256Jwk::from(*key(7).verifying_key()));
    }

    #[test]
    fn each_fault_has_its_answer() {
        let good = sign(&key(7), ISSUER, 1000, "n", Fr::from(5u64));
        let fault = |token: &str, issuer: &str, now| verify(token, issuer, now).unwrap_err();
        assert_eq!(fault(&good, "https://other.example", 1000), PossessionError::Audience);
        assert_eq!(fault(&good, ISSUER, 1001 + WINDOW_S), PossessionError::Time);
        assert_eq!(fault(&good, ISSUER, 699), PossessionError::Time);
        assert_eq!(fault(&sign(&key(7), ISSUER, 1000, "n", Fr::from(0u64)), ISSUER, 1000), PossessionError::Holder);
        let jwk = P256Jwk::from(*key(7).verifying_key());
        let with = |header: serde_json::Value, signer: &SigningKey| {
            jws::sign(
                signer,
                &header,
                &json!({"aud": ISSUER, "iat": 1000, "nonce": "n", "honnin_holder": "0".repeat(63) + "5"}),
            )
        };
        let header = json!({"alg": "ES256", "typ": TYP, "jwk": jwk});
        assert!(verify(&with(header.clone(), &key(7)), ISSUER, 1000).is_ok());
        assert_eq!(fault(&with(header, &key(8)), ISSUER, 1000), PossessionError::Signature);
        assert_eq!(
            fault(&with(json!({"alg": "none", "typ": TYP, "jwk": jwk}), &key(7)), ISSUER, 1000),
            PossessionError::Algorithm
        );
        assert_eq!(
            fault(&with(json!({"alg": "ES256", "typ": "JWT", "jwk": jwk}), &key(7)), ISSUER, 1000),
            PossessionError::Type
        );
        assert_eq!(
            fault(&with(json!({"alg": "ES256", "typ": TYP, "jwk": jwk, "kid": "x"}), &key(7)), ISSUER, 1000),
            PossessionError::Malformed
        );
        assert_eq!(fault("a.b", ISSUER, 1000), PossessionError::Malformed);
    }
}
