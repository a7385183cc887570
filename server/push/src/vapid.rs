//! Who sends a Web Push: RFC 8292.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::ecdsa::SigningKey;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use serde_json::json;
use url::Url;
use zeroize::Zeroizing;

use crate::jws;

/// How long a token counts; at most 24 h are allowed.
const TOKEN_S: i64 = 12 * 60 * 60;

/// Random bytes that are no private key; draw others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a P-256 private key")]
pub struct NoKey;

/// The key that browsers bind their subscriptions to.
#[derive(Clone)]
pub struct VapidKey {
    secret: SecretKey,
    signing: SigningKey,
}

impl VapidKey {
    /// From its 32 bytes.
    ///
    /// # Errors
    /// [`NoKey`].
    pub fn new(secret: &[u8; 32]) -> Result<Self, NoKey> {
        let secret = SecretKey::from_slice(secret).map_err(|_| NoKey)?;
        let signing = SigningKey::from(&secret);
        Ok(Self { secret, signing })
    }

    /// The 32 bytes again, to be sealed.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let bytes = Zeroizing::new(self.secret.to_bytes());
        let mut out = Zeroizing::new([0; 32]);
        out.copy_from_slice(&bytes);
        out
    }

    /// What a browser is given as `applicationServerKey`: the uncompressed point, b64u.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.secret.public_key().to_sec1_point(false).as_bytes())
    }

    /// The value of `Authorization` for one push service. `contact` is a `mailto:` or `https:` URL.
    pub fn authorization(&self, endpoint: &Url, contact: &str, now: i64) -> Zeroizing<String> {
        let audience = endpoint.origin().ascii_serialization();
        let token = jws::es256(
            &self.signing,
            &json!({"typ": "JWT", "alg": "ES256"}),
            &json!({"aud": audience, "exp": now + TOKEN_S, "sub": contact}),
        );
        Zeroizing::new(format!("vapid t={token}, k={}", self.public_key()))
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Verifier as _;
    use p256::ecdsa::{Signature, VerifyingKey};
    use serde_json::Value;

    use super::*;

    /// Reads the header as a push service does, and gives the token's payload.
    fn checked(header: &str) -> Option<Value> {
        let (token, key) = header.strip_prefix("vapid t=")?.split_once(", k=")?;
        let key = VerifyingKey::from_sec1_bytes(&URL_SAFE_NO_PAD.decode(key).ok()?).ok()?;
        let (input, signature) = token.rsplit_once('.')?;
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        key.verify(input.as_bytes(), &signature).ok()?;
        let (head, payload) = input.split_once('.')?;
        let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()?;
        assert_eq!(head, json!({"typ": "JWT", "alg": "ES256"}));
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    /// RFC 8292, 2.4: what this reader must take.
    const EXAMPLE: &str = "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";

    #[test]
    fn the_rfcs_example_and_ours_are_of_one_form() {
        let theirs = checked(EXAMPLE).unwrap();
        assert_eq!(theirs["aud"], "https://push.example.net");
        let key = VapidKey::new(&[7; 32]).unwrap();
        let endpoint = Url::parse("https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV").unwrap();
        let exp = theirs["exp"].as_i64().unwrap();
        let header = key.authorization(&endpoint, "mailto:push@example.com", exp - TOKEN_S);
        assert_eq!(checked(&header).unwrap(), theirs, "audience, expiry and subject as in the example");
        assert!(header.ends_with(&key.public_key()));
        let bent = header.replace("k=B", "k=C");
        assert!(checked(&bent).is_none());
    }

    #[test]
    fn the_audience_names_a_port_that_is_not_the_schemes() {
        let key = VapidKey::new(&[7; 32]).unwrap();
        let endpoint = Url::parse("https://push.example.net:8443/a?b=c").unwrap();
        let payload = checked(&key.authorization(&endpoint, "https://a.example", 0)).unwrap();
        assert_eq!(payload["aud"], "https://push.example.net:8443");
    }

    #[test]
    fn a_key_survives_its_bytes() {
        let key = VapidKey::new(&[7; 32]).unwrap();
        assert_eq!(VapidKey::new(&key.to_bytes()).unwrap().public_key(), key.public_key());
        assert!(VapidKey::new(&[0; 32]).is_err() && VapidKey::new(&[255; 32]).is_err());
    }
}
