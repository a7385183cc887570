//! Signed tokens: issuer certificates, proofs of possession, revocations, and keys in JSON.

use honnin_circuits::{Fr, schnorr};
use honnin_protocol::{
    certificate::{self, IssuerCertificate, PointHex},
    jwk::P256Jwk,
    possession,
    revocation::{self, Reason, Revocation},
};
use p256::ecdsa::SigningKey;
use rand::{SeedableRng, rngs::StdRng};

use super::{choice, chosen, json};
use crate::Target;

pub const TARGET: Target = Target { name: "tokens", run, seeds };

const ISSUER: &str = "https://issuer.example";
const NOW: u64 = 1_795_300_000;

fn root() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).expect("below the order")
}

fn run(data: &[u8]) {
    let (which, rest) = choice(data);
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match which % 5 {
        0 => {
            if let Ok(read) = certificate::verify(text, &P256Jwk::from(*root().verifying_key()), NOW) {
                assert!(read.nbf <= NOW && NOW < read.exp && read.public_key().is_ok());
            }
        }
        1 => {
            if let Ok(read) = certificate::reread(text) {
                assert!(read.public_key().is_ok());
            }
        }
        2 => {
            if let Ok(read) = possession::verify(text, ISSUER, NOW) {
                assert!(read.holder != Fr::from(0u64));
            }
        }
        3 => {
            if let Some(key) = json::<P256Jwk>(rest) {
                let (x, y) = key.coordinates();
                assert_eq!(P256Jwk::from_coordinates(&x, &y), Ok(key));
            }
        }
        _ => {
            if let Ok(read) = revocation::verify(text, &P256Jwk::from(*root().verifying_key()), NOW) {
                assert!(read.iat.abs_diff(NOW) <= revocation::SKEW_S && read.jti.len() <= 43);
                assert_eq!(revocation::claimed(text).map(|(_, tenant)| tenant), Ok(read.tenant));
            }
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let key = schnorr::SigningKey::generate(&mut StdRng::seed_from_u64(3)).public();
    let claims = IssuerCertificate {
        iss: ISSUER.into(),
        tenant: "midori".into(),
        schema: honnin_circuits::schema::SCHEMA_NAME.into(),
        key: PointHex::of(&key),
        key_id: "k1".into(),
        nbf: NOW - 10,
        exp: NOW + 10,
    };
    let token = certificate::sign(&claims, &root());
    let revocation = Revocation {
        iss: ISSUER.into(),
        tenant: "midori".into(),
        sub: "C-20481".into(),
        jti: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        iat: NOW,
        reason: Reason::Stolen,
    };
    vec![
        chosen(0, &token),
        chosen(1, &token),
        chosen(2, possession::sign(&root(), ISSUER, NOW, "nonce", Fr::from(5u64))),
        chosen(3, serde_json::to_vec(&P256Jwk::from(*root().verifying_key())).expect("a plain struct")),
        chosen(4, revocation::sign(&revocation, &root())),
    ]
}
