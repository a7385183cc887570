//! One wrong thing at a time.

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use serde_json::json;

use super::*;

const CHALLENGE: [u8; 32] = [7; 32];
const ORIGIN: &str = "http://localhost:8080";

struct Made {
    client: serde_json::Value,
    flags: u8,
    counter: u32,
    rp_id: &'static str,
    rest: Vec<u8>,
}

impl Default for Made {
    fn default() -> Self {
        let client = json!({"type": "webauthn.get", "challenge": URL_SAFE_NO_PAD.encode(CHALLENGE), "origin": ORIGIN, "crossOrigin": false});
        Self { client, flags: UP | UV, counter: 9, rp_id: "localhost", rest: Vec::new() }
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).expect("in range")
}

impl Made {
    fn sign(&self, key: &SigningKey) -> Assertion {
        let client = serde_json::to_vec(&self.client).expect("json");
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(self.flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data.extend_from_slice(&self.rest);
        let mut signed = data.clone();
        signed.extend_from_slice(&Sha256::digest(&client));
        let signature: Signature = key.sign(&signed);
        Assertion {
            id: "AQID".into(),
            raw_id: "AQID".into(),
            r#type: "public-key".into(),
            response: Response {
                client_data_json: URL_SAFE_NO_PAD.encode(client),
                authenticator_data: URL_SAFE_NO_PAD.encode(data),
                signature: URL_SAFE_NO_PAD.encode(signature.to_der().as_bytes()),
                user_handle: None,
            },
            client_extension_results: None,
            authenticator_attachment: None,
        }
    }

    fn check(&self) -> Result<i64, AssertionError> {
        verdict(&self.sign(&key(1)), 8, true)
    }
}

fn verdict(assertion: &Assertion, counter: i64, user_verification: bool) -> Result<i64, AssertionError> {
    let signing = key(1);
    let expected = Expected {
        challenge: &CHALLENGE,
        origin: ORIGIN,
        rp_id: "localhost",
        credential_id: "AQID",
        key: signing.verifying_key(),
        counter,
        user_verification,
    };
    check(assertion, expected)
}

fn with_client(name: &str, value: serde_json::Value) -> Made {
    let mut made = Made::default();
    made.client[name] = value;
    made
}

#[test]
fn an_honest_assertion_gives_its_counter() {
    assert_eq!(Made::default().check(), Ok(9));
}

#[test]
fn another_key_is_refused() {
    assert_eq!(verdict(&Made::default().sign(&key(2)), 8, true), Err(AssertionError::Signature));
}

#[test]
fn another_credential_is_refused() {
    let mut assertion = Made::default().sign(&key(1));
    assertion.id = "BBBB".into();
    assertion.raw_id = "BBBB".into();
    assert_eq!(verdict(&assertion, 8, true), Err(AssertionError::Credential));
}

#[test]
fn type_challenge_and_origin_are_exact() {
    assert_eq!(with_client("type", json!("webauthn.create")).check(), Err(AssertionError::Type));
    assert_eq!(
        with_client("challenge", json!(URL_SAFE_NO_PAD.encode([8; 32]))).check(),
        Err(AssertionError::Challenge)
    );
    assert_eq!(with_client("challenge", json!("")).check(), Err(AssertionError::Challenge));
    for origin in [
        "http://localhost:8081",
        "https://localhost:8080",
        "http://localhost:8080/",
        "http://localhost:8080.evil.example",
    ] {
        assert_eq!(with_client("origin", json!(origin)).check(), Err(AssertionError::Origin), "{origin}");
    }
    assert_eq!(with_client("crossOrigin", json!(true)).check(), Err(AssertionError::Origin));
    assert_eq!(with_client("topOrigin", json!("https://evil.example")).check(), Err(AssertionError::Origin));
}

#[test]
fn another_relying_party_is_refused() {
    assert_eq!(Made { rp_id: "evil.example", ..Made::default() }.check(), Err(AssertionError::RelyingParty));
}

#[test]
fn presence_and_verification_are_asked_for() {
    assert_eq!(Made { flags: UV, ..Made::default() }.check(), Err(AssertionError::UserPresence));
    let present = Made { flags: UP, ..Made::default() };
    assert_eq!(present.check(), Err(AssertionError::UserVerification));
    assert_eq!(verdict(&present.sign(&key(1)), 8, false), Ok(9));
}

#[test]
fn the_counter_must_move_unless_there_is_none() {
    assert_eq!(verdict(&Made::default().sign(&key(1)), 9, true), Err(AssertionError::Counter));
    assert_eq!(verdict(&Made::default().sign(&key(1)), 10, true), Err(AssertionError::Counter));
    let none = Made { counter: 0, ..Made::default() };
    assert_eq!(verdict(&none.sign(&key(1)), 0, true), Ok(0));
    assert_eq!(verdict(&none.sign(&key(1)), 1, true), Err(AssertionError::Counter));
}

#[test]
fn authenticator_data_has_exactly_what_its_flags_say() {
    let trailing = Made { rest: vec![0xa0], ..Made::default() };
    assert_eq!(trailing.check(), Err(AssertionError::Malformed));
    let extended = Made { flags: UP | UV | ED, rest: vec![0xa0], ..Made::default() };
    assert_eq!(extended.check(), Ok(9));
    assert_eq!(Made { flags: UP | UV | ED, ..Made::default() }.check(), Err(AssertionError::Malformed));
    assert_eq!(Made { flags: UP | UV | AT, ..Made::default() }.check(), Err(AssertionError::Malformed));
    assert_eq!(Made { flags: UP | UV | BS, ..Made::default() }.check(), Err(AssertionError::Malformed));
}

#[test]
fn encodings_are_strict() {
    let good = Made::default().sign(&key(1));
    let mut short = good.clone();
    short.response.authenticator_data = URL_SAFE_NO_PAD.encode([0; 36]);
    assert_eq!(verdict(&short, 8, true), Err(AssertionError::Malformed));
    let mut padded = good.clone();
    padded.response.signature.push('=');
    assert_eq!(verdict(&padded, 8, true), Err(AssertionError::Malformed));
    let mut raw = good.clone();
    raw.response.signature = URL_SAFE_NO_PAD.encode([1; 64]);
    assert_eq!(verdict(&raw, 8, true), Err(AssertionError::Malformed));
    let mut tampered = good;
    tampered.response.client_data_json = with_client("extra", json!(1)).sign(&key(1)).response.client_data_json;
    assert_eq!(verdict(&tampered, 8, true), Err(AssertionError::Signature));
}
