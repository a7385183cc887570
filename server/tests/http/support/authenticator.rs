//! A software authenticator: one ES256 credential, "none" attestation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub fn jwk(key: &SigningKey) -> Value {
    let point = key.verifying_key().to_sec1_point(false);
    json!({"kty": "EC", "crv": "P-256", "x": b64(point.x().unwrap()), "y": b64(point.y().unwrap())})
}

/// Sign of user presence and user verification.
pub const UP_UV: u8 = 0x05;
pub const UP: u8 = 0x01;

pub struct Authenticator {
    pub key: SigningKey,
    pub id: Vec<u8>,
    pub origin: String,
    pub user: Option<String>,
    pub flags: u8,
    pub counter: u32,
}

impl Authenticator {
    pub fn new(seed: u8, origin: &str) -> Self {
        Self { key: signing_key(seed), id: vec![seed; 16], origin: origin.into(), user: None, flags: UP_UV, counter: 0 }
    }

    fn data(&mut self, extra_flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(b"localhost").to_vec();
        data.push(self.flags | extra_flags);
        self.counter += 1;
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    fn client(&self, kind: &str, challenge: &str) -> Vec<u8> {
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    /// Answers `navigator.credentials.create`.
    pub fn register(&mut self, options: &Value) -> Value {
        self.user = options["user"]["id"].as_str().map(Into::into);
        let client = self.client("webauthn.create", options["challenge"].as_str().unwrap());
        let mut data = self.data(0x40);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.id);
        let point = self.key.verifying_key().to_sec1_point(false);
        // COSE key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        data.extend_from_slice(&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend_from_slice(point.x().unwrap());
        data.extend_from_slice(&[0x22, 0x58, 0x20]);
        data.extend_from_slice(point.y().unwrap());
        let mut object = vec![0xa3];
        object.extend_from_slice(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend_from_slice(&data);
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
            "response": {"clientDataJSON": b64(client), "attestationObject": b64(object), "transports": ["internal"]},
        })
    }

    /// Answers `navigator.credentials.get`.
    pub fn assert(&mut self, challenge: &str) -> Value {
        let client = self.client("webauthn.get", challenge);
        let data = self.data(0);
        let mut signed = data.clone();
        signed.extend_from_slice(&Sha256::digest(&client));
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature.to_der().as_bytes()),
                "userHandle": self.user,
            },
        })
    }
}
