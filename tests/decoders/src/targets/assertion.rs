//! The passkey's answer behind an approval: client data, authenticator data, DER signature. Input: three parts, each after
//! its length in two bytes.

use honnin_protocol::assertion::{Assertion, Expected, check};
use honnin_protocol::encoding::b64u;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::Target;

pub const TARGET: Target = Target { name: "assertion", run, seeds };

const CHALLENGE: [u8; 32] = [9; 32];
const ORIGIN: &str = "https://server.example";
const RP: &str = "server.example";

fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).expect("below the order")
}

fn parts(mut data: &[u8]) -> Option<[&[u8]; 3]> {
    let mut next = || {
        let (length, rest) = data.split_first_chunk::<2>()?;
        let (part, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        data = rest;
        Some(part)
    };
    Some([next()?, next()?, next()?])
}

fn run(data: &[u8]) {
    let Some([client, authenticator, signature]) = parts(data) else { return };
    let assertion: Assertion = serde_json::from_value(json!({
        "id": "AA", "rawId": "AA", "type": "public-key",
        "response": {"clientDataJSON": b64u(client), "authenticatorData": b64u(authenticator), "signature": b64u(signature)},
    }))
    .expect("the document's shape is fixed");
    let key = key();
    let expected = |counter| Expected {
        challenge: &CHALLENGE,
        origin: ORIGIN,
        rp_id: RP,
        credential_id: "AA",
        key: key.verifying_key(),
        counter,
        user_verification: true,
    };
    if let Ok(counter) = check(&assertion, expected(3)) {
        assert!(counter > 3);
        assert!(check(&assertion, expected(counter)).is_err(), "once only");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let make = |kind: &str, flags: u8, counter: u32| {
        let client =
            json!({"type": kind, "challenge": b64u(CHALLENGE), "origin": ORIGIN, "crossOrigin": false}).to_string();
        let mut authenticator = Sha256::digest(RP).to_vec();
        authenticator.push(flags);
        authenticator.extend(counter.to_be_bytes());
        let signed = [&authenticator[..], &Sha256::digest(&client)].concat();
        let signature: Signature = key().sign(&signed);
        [client.as_bytes(), &authenticator, signature.to_der().as_bytes()]
            .iter()
            .flat_map(|part| [&(part.len() as u16).to_be_bytes()[..], part].concat())
            .collect()
    };
    vec![
        make("webauthn.get", 0x05, 4),
        make("webauthn.get", 0x05, 3),
        make("webauthn.get", 0x01, 4),
        make("webauthn.create", 0x05, 4),
    ]
}
