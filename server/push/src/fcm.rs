//! One push through Firebase Cloud Messaging's HTTP v1 interface.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::jws;
use crate::notice::Notice;
use crate::outgoing::{Answer, Outgoing, Urgency, later};

/// Google's own address.
pub const SERVER: &str = "https://fcm.googleapis.com";
/// What the token is asked for.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// How long an assertion counts: the most that Google allows.
const ASSERTION_S: i64 = 60 * 60;

/// Why a service account's file does not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Not the JSON that Google hands out.
    #[error("not a service account's JSON file")]
    Json,
    /// `private_key` is no PKCS#8 PEM with an RSA key.
    #[error("private_key is no PEM with an RSA key")]
    Key,
    /// `project_id` is no plain name.
    #[error("project_id is no plain name")]
    Project,
    /// The key does not sign.
    #[error("the key does not sign")]
    Signing,
}

#[derive(Deserialize)]
struct File {
    project_id: String,
    private_key_id: String,
    private_key: Zeroizing<String>,
    client_email: String,
    token_uri: String,
}

/// Who we are to Google.
pub struct Account {
    key: RsaKeyPair,
    key_id: String,
    project: String,
    email: String,
    token_uri: String,
}

impl Account {
    /// Reads the file that Google gave.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn new(json: &str) -> Result<Self, AccountError> {
        let file: File = serde_json::from_str(json).map_err(|_| AccountError::Json)?;
        let der = pkcs8(&file.private_key).ok_or(AccountError::Key)?;
        let key = RsaKeyPair::from_pkcs8(&der).map_err(|_| AccountError::Key)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b':' || b == b'.';
        if file.project_id.is_empty() || !file.project_id.bytes().all(plain) {
            return Err(AccountError::Project);
        }
        Ok(Self {
            key,
            key_id: file.private_key_id,
            project: file.project_id,
            email: file.client_email,
            token_uri: file.token_uri,
        })
    }

    /// Where a token is had.
    pub fn token_uri(&self) -> &str {
        &self.token_uri
    }

    /// The request for an access token (RFC 7523) at `now` (seconds).
    ///
    /// # Errors
    /// [`AccountError::Signing`].
    pub fn token_request(&self, now: i64) -> Result<Outgoing, AccountError> {
        let input = jws::input(
            &json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id}),
            &json!({"iss": self.email, "scope": SCOPE, "aud": self.token_uri, "iat": now, "exp": now + ASSERTION_S}),
        );
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature)
            .map_err(|_| AccountError::Signing)?;
        let assertion = jws::sealed(input, signature);
        Ok(Outgoing {
            url: self.token_uri.clone(),
            headers: vec![("content-type", Zeroizing::new("application/x-www-form-urlencoded".into()))],
            body: format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}")
                .into_bytes(),
        })
    }

    /// The request. `device` is the registration token, `ttl_s` how long Google may keep the message. No text goes
    /// along: the application shows its own.
    pub fn request(
        &self,
        server: &str,
        device: &str,
        notice: &Notice,
        urgency: Urgency,
        ttl_s: u32,
        token: &str,
    ) -> Outgoing {
        let priority = match urgency {
            Urgency::High => "HIGH",
            Urgency::Low => "NORMAL",
        };
        let message = json!({"message": {
            "token": device,
            "data": {"v": "1", "id": notice.id()},
            "android": {"priority": priority, "ttl": format!("{ttl_s}s"), "collapse_key": "request"},
        }});
        Outgoing {
            url: format!("{}/v1/projects/{}/messages:send", server.trim_end_matches('/'), self.project),
            headers: vec![
                ("authorization", Zeroizing::new(format!("Bearer {token}"))),
                ("content-type", Zeroizing::new("application/json".into())),
            ],
            body: message.to_string().into_bytes(),
        }
    }
}

/// An access token.
pub struct AccessToken {
    /// Bearer.
    pub token: Zeroizing<String>,
    /// Seconds that it counts.
    pub expires_in: i64,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: Zeroizing<String>,
    expires_in: i64,
}

/// Reads the token endpoint's answer; `None` when it gives none.
pub fn access_token(status: u16, body: &[u8]) -> Option<AccessToken> {
    if status != 200 {
        return None;
    }
    let Tokens { access_token: token, expires_in } = serde_json::from_slice(body).ok()?;
    let sound = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()) && expires_in > 0;
    sound.then_some(AccessToken { token, expires_in })
}

/// Reads the answer: 404 is `UNREGISTERED`.
pub fn answer(status: u16, retry_after: Option<&str>) -> Answer {
    match status {
        200 => Answer::Accepted,
        404 => Answer::Gone,
        401 => Answer::Token,
        _ => later(status, retry_after).unwrap_or(Answer::Refused(status)),
    }
}

/// A registration token in a form that Google gives out.
pub fn is_device_token(text: &str) -> bool {
    (16..=1024).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:.=".contains(&b))
}

fn pkcs8(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    let inner = pem.trim().strip_prefix("-----BEGIN PRIVATE KEY-----")?.strip_suffix("-----END PRIVATE KEY-----")?;
    let text: Zeroizing<String> = Zeroizing::new(inner.split_ascii_whitespace().collect());
    STANDARD.decode(text.as_bytes()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    /// A key of the tests' own, made for the identity provider's.
    const KEY: &str = include_str!("../../tests/http/support/rsa-for-tests.b64");

    fn file() -> Value {
        json!({
            "type": "service_account", "project_id": "honnin-test", "private_key_id": "k1",
            "private_key": format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", KEY.trim()),
            "client_email": "push@honnin-test.example", "token_uri": "https://oauth2.example/token",
        })
    }

    #[test]
    fn the_assertion_is_signed_for_the_token_endpoint() {
        let account = Account::new(&file().to_string()).unwrap();
        let out = account.token_request(1_000).unwrap();
        assert_eq!(out.url, "https://oauth2.example/token");
        let body = String::from_utf8(out.body).unwrap();
        let assertion = body.split_once("&assertion=").unwrap().1;
        let (input, signature) = assertion.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let key = account.key.public_key().as_ref().to_vec();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(input.as_bytes(), &signature).unwrap();
        let part = |at| -> Value {
            let text = input.split('.').nth(at).unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
        };
        assert_eq!(part(0), json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}));
        assert_eq!(
            part(1),
            json!({"iss": "push@honnin-test.example", "scope": SCOPE, "aud": "https://oauth2.example/token",
                   "iat": 1_000, "exp": 4_600})
        );
    }

    #[test]
    fn a_message_holds_the_opaque_id_alone() {
        let account = Account::new(&file().to_string()).unwrap();
        let out = account.request(SERVER, "a-registration:token", &Notice::new([0; 16]), Urgency::High, 60, "t");
        assert_eq!(out.url, "https://fcm.googleapis.com/v1/projects/honnin-test/messages:send");
        let body: Value = serde_json::from_slice(&out.body).unwrap();
        assert_eq!(
            body["message"],
            json!({"token": "a-registration:token", "data": {"v": "1", "id": "AAAAAAAAAAAAAAAAAAAAAA"},
                   "android": {"priority": "HIGH", "ttl": "60s", "collapse_key": "request"}})
        );
    }

    #[test]
    fn other_files_are_refused_by_name() {
        let bent = |member: &str, value: Value| {
            let mut file = file();
            file[member] = value;
            Account::new(&file.to_string()).err()
        };
        assert_eq!(Account::new("{").err(), Some(AccountError::Json));
        assert_eq!(bent("private_key", json!("none")), Some(AccountError::Key));
        assert_eq!(bent("project_id", json!("../x")), Some(AccountError::Project));
        assert_eq!(bent("client_email", Value::Null), Some(AccountError::Json));
        assert!(access_token(200, br#"{"access_token":"a b","expires_in":1}"#).is_none());
        assert!(access_token(400, br#"{"access_token":"a","expires_in":1}"#).is_none());
        assert!(access_token(200, br#"{"access_token":"a","expires_in":3599,"token_type":"Bearer"}"#).is_some());
        assert!(
            is_device_token("dQw4w9WgXcQ:APA91b-_x")
                && !is_device_token("short")
                && !is_device_token("x/../../y/z/abcdefgh")
        );
    }
}
