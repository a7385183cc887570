//! A software passkey: WebAuthn level 3 with "none" attestation and ES256, plus knobs that make it misbehave.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64U};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::entropy::bytes;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// How an assertion departs from an honest one.
#[derive(Clone, Default)]
pub struct Knobs {
    /// Leave out the user-verification flag.
    pub without_uv: bool,
    /// Claim this origin instead of the page's.
    pub origin: Option<String>,
    /// Sign with a key that was never registered.
    pub foreign_key: bool,
    /// Hash another relying party's id into the authenticator data.
    pub rp_id: Option<String>,
    /// Claim this ceremony type instead of `webauthn.get`.
    pub ceremony: Option<String>,
}

/// One authenticator with one credential, made by [`Passkey::create`].
pub struct Passkey {
    key: SigningKey,
    id: Vec<u8>,
    user: Vec<u8>,
    rp_id: String,
    origin: String,
    counter: u32,
}

fn signing_key() -> SigningKey {
    loop {
        // A random string is a valid scalar but for about one in 2^32.
        if let Ok(key) = SigningKey::from_slice(&bytes::<32>()) {
            return key;
        }
    }
}

/// CBOR byte string header and body, for bodies under 64 KiB.
fn cbor_bytes(out: &mut Vec<u8>, body: &[u8]) {
    match body.len() {
        n @ 0..24 => out.push(0x40 | n as u8),
        n @ 24..256 => out.extend([0x58, n as u8]),
        n => out.extend([0x59, (n >> 8) as u8, n as u8]),
    }
    out.extend(body);
}

fn client_data(ceremony: &str, challenge: &str, origin: &str) -> Vec<u8> {
    json!({"type": ceremony, "challenge": challenge, "origin": origin, "crossOrigin": false}).to_string().into_bytes()
}

impl Passkey {
    /// Answers creation options (JSON form) as a browser on `origin` would: the passkey and the registration response.
    pub fn create(options: &Value, origin: &str) -> (Self, Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let host = origin.split("://").nth(1).unwrap_or_default().split(':').next().unwrap_or_default();
        let rp_id = options["rp"]["id"].as_str().unwrap_or(host).to_owned();
        let passkey = Self {
            key: signing_key(),
            id: bytes::<16>().to_vec(),
            user: B64U.decode(text(&options["user"]["id"])).expect("user.id is base64url"),
            rp_id,
            origin: origin.to_owned(),
            counter: 0,
        };
        let point = passkey.key.verifying_key().to_sec1_point(false);
        let mut auth = passkey.auth_data(&passkey.rp_id, USER_PRESENT | USER_VERIFIED | ATTESTED);
        auth.extend([0; 16]); // no make or model
        auth.extend((passkey.id.len() as u16).to_be_bytes());
        auth.extend(&passkey.id);
        // COSE_Key: {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
        auth.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]);
        cbor_bytes(&mut auth, point.x().expect("not the identity"));
        auth.push(0x22);
        cbor_bytes(&mut auth, point.y().expect("uncompressed"));
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData");
        cbor_bytes(&mut object, &auth);
        let client = client_data("webauthn.create", &text(&options["challenge"]), origin);
        let id = B64U.encode(&passkey.id);
        let response = json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": B64U.encode(client),
                "attestationObject": B64U.encode(object),
                "transports": ["internal"],
            },
        });
        (passkey, response)
    }

    /// An honest assertion over `challenge` (base64url).
    pub fn get(&mut self, challenge: &str) -> Value {
        self.get_with(challenge, &Knobs::default())
    }

    /// An assertion over `challenge` that departs from an honest one as `knobs` say.
    pub fn get_with(&mut self, challenge: &str, knobs: &Knobs) -> Value {
        self.counter += 1;
        let flags = if knobs.without_uv { USER_PRESENT } else { USER_PRESENT | USER_VERIFIED };
        let auth = self.auth_data(knobs.rp_id.as_deref().unwrap_or(&self.rp_id), flags);
        let client = client_data(
            knobs.ceremony.as_deref().unwrap_or("webauthn.get"),
            challenge,
            knobs.origin.as_deref().unwrap_or(&self.origin),
        );
        let mut signed = auth.clone();
        signed.extend(Sha256::digest(&client));
        let signature: Signature = if knobs.foreign_key { signing_key().sign(&signed) } else { self.key.sign(&signed) };
        let id = B64U.encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": B64U.encode(client),
                "authenticatorData": B64U.encode(auth),
                "signature": B64U.encode(signature.to_der().as_bytes()),
                "userHandle": B64U.encode(&self.user),
            },
        })
    }

    fn auth_data(&self, rp_id: &str, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }
}
