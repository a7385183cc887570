//! An ID token and the keys it may be signed with: RS256 and ES256, nothing else (OpenID Connect Core, 3.1.3.7).

use honnin_protocol::encoding::b64u_decode;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

/// Longest token read: providers put groups and pictures into it.
pub const MAX_TOKEN: usize = 32 * 1024;
/// Most keys looked at.
const MAX_KEYS: usize = 64;
/// How far a provider's clock may be off, seconds.
const SKEW_S: i64 = 60;
/// Longest subject, as the specification has it.
const MAX_SUBJECT: usize = 255;

/// Why a token lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No compact JWS of a header and claims that can be read.
    #[error("the ID token does not read")]
    Malformed,
    /// Not RS256 or ES256, or extensions that must be understood.
    #[error("the ID token's algorithm is not RS256 or ES256")]
    Algorithm,
    /// No key of the provider signed it; fresh keys may know it.
    #[error("no key of the provider signed the ID token")]
    UnknownKey,
    /// The key that it names did not sign it.
    #[error("the ID token's signature does not verify")]
    Signature,
    /// Somebody else issued it.
    #[error("the ID token is another issuer's")]
    Issuer,
    /// It is for somebody else.
    #[error("the ID token is for another client")]
    Audience,
    /// It is over, or not yet valid.
    #[error("the ID token is not valid now")]
    Time,
    /// It answers another login.
    #[error("the ID token answers another login")]
    Nonce,
    /// The person did not authenticate for this login, or the provider does not say when.
    #[error("the ID token does not say that the person authenticated just now")]
    Stale,
    /// No subject, or none that may be one.
    #[error("the ID token names nobody")]
    Subject,
}

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Exactly this issuer.
    pub issuer: &'a str,
    /// For this client and nobody else.
    pub client_id: &'a str,
    /// In answer to this login.
    pub nonce: &'a str,
    /// The person authenticated after this, seconds.
    pub since_s: i64,
    /// The deciding clock, seconds.
    pub now_s: i64,
}

/// A provider's signing keys.
#[derive(Debug, Default)]
pub struct Keys(Vec<Key>);

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    public: Public,
}

#[derive(Debug)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Algorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    kid: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    auth_time: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Keys {
    /// Reads a JWK set; keys of other kinds and for other purposes are left out. `None` when it is no JWK set.
    pub fn read(document: &[u8]) -> Option<Self> {
        let jwks: Jwks = serde_json::from_slice(document).ok()?;
        Some(Self(jwks.keys.into_iter().take(MAX_KEYS).filter_map(key).collect()))
    }

    /// Whom a token names, once everything about it holds.
    ///
    /// # Errors
    /// [`TokenError`]: the first thing that is wrong.
    pub fn subject(&self, token: &str, expected: &Expected<'_>) -> Result<String, TokenError> {
        let claims = self.verified(token)?;
        let Expected { issuer, client_id, nonce, since_s, now_s } = *expected;
        if claims.iss != issuer {
            return Err(TokenError::Issuer);
        }
        let ours = match &claims.aud {
            Audience::One(aud) => aud == client_id,
            // Others that it is for could present it here.
            Audience::Many(all) => all.len() == 1 && all[0] == client_id,
        };
        if !ours || claims.azp.is_some_and(|azp| azp != client_id) {
            return Err(TokenError::Audience);
        }
        let later = now_s + SKEW_S;
        if claims.exp <= now_s - SKEW_S || claims.iat > later || claims.nbf.is_some_and(|nbf| nbf > later) {
            return Err(TokenError::Time);
        }
        if !bool::from(claims.nonce.unwrap_or_default().as_bytes().ct_eq(nonce.as_bytes())) {
            return Err(TokenError::Nonce);
        }
        let fresh = claims.iat >= since_s - SKEW_S && claims.auth_time.is_some_and(|at| at >= since_s - SKEW_S);
        if !fresh {
            return Err(TokenError::Stale);
        }
        let subject = claims.sub;
        let fits = !subject.is_empty() && subject.len() <= MAX_SUBJECT && subject.chars().all(|c| !c.is_control());
        if fits { Ok(subject) } else { Err(TokenError::Subject) }
    }

    fn verified(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Malformed);
        }
        let (input, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = input.split_once('.').ok_or(TokenError::Malformed)?;
        let header: Header = json(header)?;
        if header.alg == Algorithm::Other || header.crit.is_some() {
            return Err(TokenError::Algorithm);
        }
        let signature = b64u_decode(signature).map_err(|_| TokenError::Malformed)?;
        // The algorithm picks among keys of its own kind; a key is never used with another.
        let fitting: Vec<&Key> = self
            .0
            .iter()
            .filter(|k| k.algorithm() == header.alg && (header.kid.is_none() || k.kid == header.kid))
            .collect();
        if fitting.iter().any(|k| k.verifies(input.as_bytes(), &signature)) {
            return json(claims);
        }
        Err(if fitting.is_empty() || header.kid.is_none() { TokenError::UnknownKey } else { TokenError::Signature })
    }
}

impl Key {
    fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Rsa { .. } => Algorithm::Rs256,
            Public::P256(_) => Algorithm::Es256,
        }
    }

    fn verifies(&self, input: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            Public::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, input, signature).is_ok()
            }
            Public::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(input, signature).is_ok()
            }
        }
    }
}

fn key(document: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(document).ok()?;
    if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let part = |text: &Option<String>| b64u_decode(text.as_deref()?).ok();
    let public = match (jwk.kty.as_str(), jwk.alg.as_deref().unwrap_or_default()) {
        ("RSA", "" | "RS256") => Public::Rsa { n: part(&jwk.n)?, e: part(&jwk.e)? },
        ("EC", "" | "ES256") if jwk.crv.as_deref() == Some("P-256") => {
            let (x, y) = (part(&jwk.x)?, part(&jwk.y)?);
            if x.len() != 32 || y.len() != 32 {
                return None;
            }
            Public::P256([&[4][..], &x, &y].concat())
        }
        _ => return None,
    };
    Some(Key { kid: jwk.kid, public })
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    let bytes = b64u_decode(part).map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed)
}
