//! What a tenant signs about its own calls: the notice to one phone, the next key, and the number it calls from.
//! ES256 by the tenant's announcement key; bytes in `docs/protocol.md`, "Notice".

use p256::ecdsa::SigningKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::encoding::B64u;
use crate::jwk::P256Jwk;
use crate::jws::{self, JwsError};

/// `typ` of a notice.
pub const NOTICE_TYP: &str = "honnin-notice+jwt";
/// `typ` of the word about the next key.
pub const SUCCESSOR_TYP: &str = "honnin-announcer+jwt";
/// `typ` of the word about a calling number.
pub const NUMBER_TYP: &str = "honnin-number+jwt";
/// Domain tag of the statement's digest.
pub const DIGEST_TAG: &str = "honnin/notice/v1";
/// A phone's clock may be this many seconds behind.
const SKEW_S: u64 = 300;

/// Why a notice is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// Not a compact JWS with exactly the expected members.
    #[error("the notice is malformed")]
    Malformed,
    /// Another algorithm than ES256, or another kind of token.
    #[error("the token is no notice")]
    Type,
    /// Not by the pinned key.
    #[error("the notice is not from the pinned announcement key")]
    UnknownKey,
    /// By another tenant.
    #[error("the notice is another company's")]
    Tenant,
    /// For another phone.
    #[error("the notice is for another phone")]
    Device,
    /// About other bytes than those shown.
    #[error("the notice is about another statement")]
    Statement,
    /// From the future, or over.
    #[error("the notice is out of time")]
    Time,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// The claims of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Tenant.
    pub iss: String,
    /// The phone that it is for.
    pub device: String,
    /// [`digest`] of the statement as that phone receives it.
    pub statement: B64u<32>,
    /// Seconds since the epoch.
    pub iat: u64,
    /// First second after it.
    pub exp: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Successor {
    iss: String,
    key: P256Jwk,
    iat: u64,
}

/// The tenant's word that it calls from a number, for whoever puts the call through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallingNumber {
    /// Tenant.
    pub iss: String,
    /// `c_…`.
    pub call: String,
    /// As displayed.
    pub number: String,
    /// Code of the purpose.
    pub purpose: String,
    /// `confirmed`, `ringing` or `talking`: the customer confirmed before the desk dialled.
    pub state: String,
    /// Window's begin, milliseconds since the epoch.
    pub from: u64,
    /// Window's end, milliseconds since the epoch.
    pub until: u64,
    /// Seconds since the epoch.
    pub iat: u64,
    /// First second after it.
    pub exp: u64,
}

/// `SHA-256("honnin/notice/v1" ‖ 0 ‖ canonical statement)`.
pub fn digest(canonical: &str) -> B64u<32> {
    B64u(Sha256::new().chain_update(DIGEST_TAG).chain_update([0]).chain_update(canonical).finalize().into())
}

/// Signs a notice.
pub fn sign(key: &SigningKey, notice: &Notice) -> String {
    signed(key, NOTICE_TYP, notice)
}

/// Signs the next key.
pub fn sign_successor(key: &SigningKey, tenant: &str, next: &P256Jwk, iat: u64) -> String {
    signed(key, SUCCESSOR_TYP, &Successor { iss: tenant.into(), key: next.clone(), iat })
}

/// Signs the word about a calling number.
pub fn sign_number(key: &SigningKey, number: &CallingNumber) -> String {
    signed(key, NUMBER_TYP, number)
}

fn signed(key: &SigningKey, typ: &str, payload: &impl Serialize) -> String {
    let kid = P256Jwk::from(*key.verifying_key()).thumbprint();
    jws::sign(key, &Header { alg: "ES256".into(), typ: typ.into(), kid }, payload)
}

fn verified<P: DeserializeOwned>(token: &str, typ: &str, key: &P256Jwk) -> Result<P, NoticeError> {
    let parsed = jws::parse::<Header, P>(token).map_err(|_| NoticeError::Malformed)?;
    if parsed.header.alg != "ES256" || parsed.header.typ != typ {
        return Err(NoticeError::Type);
    }
    let (_, payload) = parsed.verify(key.verifying_key()).map_err(|e| match e {
        JwsError::Malformed => NoticeError::Malformed,
        JwsError::Signature => NoticeError::UnknownKey,
    })?;
    Ok(payload)
}

/// What a phone knows by itself when a notice comes.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The company.
    pub tenant: &'a str,
    /// This phone.
    pub device: &'a str,
    /// The statement as it came, canonical.
    pub canonical: &'a str,
    /// Seconds since the epoch.
    pub now: u64,
}

/// Verifies a notice by the key that stands now.
///
/// # Errors
/// [`NoticeError`], signature before content.
pub fn verify(token: &str, key: &P256Jwk, expected: Expected<'_>) -> Result<Notice, NoticeError> {
    let notice: Notice = verified(token, NOTICE_TYP, key)?;
    if notice.iss != expected.tenant {
        return Err(NoticeError::Tenant);
    }
    if notice.device != expected.device {
        return Err(NoticeError::Device);
    }
    if notice.statement != digest(expected.canonical) {
        return Err(NoticeError::Statement);
    }
    if notice.iat > expected.now + SKEW_S || notice.exp <= expected.now {
        return Err(NoticeError::Time);
    }
    Ok(notice)
}

/// Follows a chain of successors from a pinned key to the one that stands now.
///
/// # Errors
/// [`NoticeError`] of the first link that does not hold.
pub fn follow(pinned: &P256Jwk, tenant: &str, chain: &[String]) -> Result<P256Jwk, NoticeError> {
    chain.iter().try_fold(pinned.clone(), |key, link| {
        let next: Successor = verified(link, SUCCESSOR_TYP, &key)?;
        if next.iss == tenant { Ok(next.key) } else { Err(NoticeError::Tenant) }
    })
}

/// Verifies the word about a calling number.
///
/// # Errors
/// [`NoticeError`].
pub fn verify_number(token: &str, key: &P256Jwk, now: u64) -> Result<CallingNumber, NoticeError> {
    let number: CallingNumber = verified(token, NUMBER_TYP, key)?;
    if number.iat > now + SKEW_S || number.exp <= now { Err(NoticeError::Time) } else { Ok(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_slice(&[byte; 32]).expect("a scalar")
    }

    fn public(key: &SigningKey) -> P256Jwk {
        P256Jwk::from(*key.verifying_key())
    }

    const EXPECTED: Expected<'_> = Expected { tenant: "midori", device: "d_1", canonical: "{}", now: 1_000 };

    fn notice() -> Notice {
        Notice { iss: "midori".into(), device: "d_1".into(), statement: digest("{}"), iat: 990, exp: 1_100 }
    }

    #[test]
    fn a_notice_is_for_one_phone_one_text_and_one_time() {
        let (ours, theirs) = (key(7), key(8));
        let token = sign(&ours, &notice());
        assert_eq!(verify(&token, &public(&ours), EXPECTED), Ok(notice()));
        let refused = |expected| verify(&token, &public(&ours), expected).expect_err("must be refused");
        assert_eq!(refused(Expected { tenant: "aoi", ..EXPECTED }), NoticeError::Tenant);
        assert_eq!(refused(Expected { device: "d_2", ..EXPECTED }), NoticeError::Device);
        assert_eq!(refused(Expected { canonical: "{ }", ..EXPECTED }), NoticeError::Statement);
        assert_eq!(refused(Expected { now: 1_100, ..EXPECTED }), NoticeError::Time);
        assert_eq!(refused(Expected { now: 600, ..EXPECTED }), NoticeError::Time);
        assert_eq!(verify(&token, &public(&theirs), EXPECTED), Err(NoticeError::UnknownKey));
        assert_eq!(verify("a.b.c", &public(&ours), EXPECTED), Err(NoticeError::Malformed));
        // A successor's token is no notice, whatever it says.
        let other = sign_successor(&ours, "midori", &public(&theirs), 1);
        assert_eq!(verify(&other, &public(&ours), EXPECTED), Err(NoticeError::Malformed));
    }

    #[test]
    fn a_chain_holds_link_by_link() {
        let keys = [key(1), key(2), key(3)];
        let link = |from: usize, to: usize| sign_successor(&keys[from], "midori", &public(&keys[to]), 5);
        let pinned = public(&keys[0]);
        assert_eq!(follow(&pinned, "midori", &[]), Ok(pinned.clone()));
        assert_eq!(follow(&pinned, "midori", &[link(0, 1), link(1, 2)]), Ok(public(&keys[2])));
        assert_eq!(follow(&pinned, "midori", &[link(1, 2)]), Err(NoticeError::UnknownKey));
        assert_eq!(follow(&pinned, "aoi", &[link(0, 1)]), Err(NoticeError::Tenant));
    }
}
