//! One push to an Apple device ("Sending notification requests to APNs"). Apple takes HTTP/2 only.

use p256::ecdsa::SigningKey;
use p256::pkcs8::DecodePrivateKey as _;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::jws;
use crate::notice::Notice;
use crate::outgoing::{Answer, Outgoing, Urgency, later};

/// Apple's own address.
pub const SERVER: &str = "https://api.push.apple.com";
/// How long one provider token is used: Apple wants more than 20 and less than 60 minutes.
pub const TOKEN_S: i64 = 40 * 60;
/// What every phone shows, whoever asks and whatever for: it may be read over a shoulder, and by Apple.
const TEXT: &str = "確認のお願いがあります / You have a request";

/// Not a PKCS#8 PEM file with a P-256 key, as Apple hands out (`AuthKey_….p8`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a PEM file with a P-256 private key")]
pub struct NoKey;

/// Who we are to Apple.
pub struct Provider {
    key: SigningKey,
    key_id: String,
    team: String,
    /// The application's bundle id.
    topic: String,
}

impl Provider {
    /// Reads the key that Apple gave.
    ///
    /// # Errors
    /// [`NoKey`].
    pub fn new(pem: &str, key_id: &str, team: &str, topic: &str) -> Result<Self, NoKey> {
        let key = SigningKey::from_pkcs8_pem(pem).map_err(|_| NoKey)?;
        Ok(Self { key, key_id: key_id.to_owned(), team: team.to_owned(), topic: topic.to_owned() })
    }

    /// A token that counts from `now` (seconds) for [`TOKEN_S`].
    pub fn token(&self, now: i64) -> Zeroizing<String> {
        let header = json!({"alg": "ES256", "kid": self.key_id});
        Zeroizing::new(jws::es256(&self.key, &header, &json!({"iss": self.team, "iat": now})))
    }

    /// The request. `device` is the device's token, `expires_at` when Apple may forget the message (seconds).
    pub fn request(
        &self,
        server: &str,
        device: &DeviceToken,
        notice: &Notice,
        urgency: Urgency,
        expires_at: i64,
        token: &str,
    ) -> Outgoing {
        let plain = |text: &str| Zeroizing::new(text.to_owned());
        let (kind, priority, aps) = match urgency {
            Urgency::High => ("alert", "10", json!({"alert": {"body": TEXT}, "sound": "default"})),
            Urgency::Low => ("background", "5", json!({"content-available": 1})),
        };
        Outgoing {
            url: format!("{}/3/device/{}", server.trim_end_matches('/'), device.0),
            headers: vec![
                ("authorization", Zeroizing::new(format!("bearer {token}"))),
                ("apns-topic", plain(&self.topic)),
                ("apns-push-type", plain(kind)),
                ("apns-priority", plain(priority)),
                ("apns-expiration", plain(&expires_at.to_string())),
                // A later one takes an earlier one's place on the screen.
                ("apns-collapse-id", plain("request")),
                ("content-type", plain("application/json")),
            ],
            body: json!({"aps": aps, "v": 1, "id": notice.id()}).to_string().into_bytes(),
        }
    }
}

/// What an Apple device calls itself: hex digits, so that it can stand in a path.
pub struct DeviceToken(String);

impl DeviceToken {
    /// `None` for anything but 16 to 200 hex digits.
    pub fn new(text: &str) -> Option<Self> {
        let fits = (16..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(text.to_ascii_lowercase()))
    }
}

#[derive(Deserialize)]
struct Failure {
    reason: String,
}

/// Reads the answer and the start of its body.
pub fn answer(status: u16, retry_after: Option<&str>, body: &[u8]) -> Answer {
    let reason = || serde_json::from_slice::<Failure>(body).map(|f| f.reason).unwrap_or_default();
    match status {
        200 => Answer::Accepted,
        410 => Answer::Gone,
        400 if ["BadDeviceToken", "DeviceTokenNotForTopic"].contains(&reason().as_str()) => Answer::Gone,
        403 if ["ExpiredProviderToken", "InvalidProviderToken"].contains(&reason().as_str()) => Answer::Token,
        _ => later(status, retry_after).unwrap_or(Answer::Refused(status)),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use p256::ecdsa::Signature;
    use p256::ecdsa::signature::Verifier as _;
    use p256::pkcs8::{EncodePrivateKey as _, LineEnding};

    use super::*;

    #[test]
    fn tells_apart_what_apple_says() {
        let said = |status, reason: &str| answer(status, None, json!({"reason": reason}).to_string().as_bytes());
        assert_eq!(answer(200, None, b""), Answer::Accepted);
        assert_eq!(said(410, "Unregistered"), Answer::Gone);
        assert_eq!(said(400, "BadDeviceToken"), Answer::Gone);
        assert_eq!(said(400, "BadTopic"), Answer::Refused(400));
        assert_eq!(said(403, "ExpiredProviderToken"), Answer::Token);
        assert_eq!(said(403, "Forbidden"), Answer::Refused(403));
        assert_eq!(said(429, "TooManyRequests"), Answer::Later(None));
        assert_eq!(answer(400, None, b"{"), Answer::Refused(400));
    }

    #[test]
    fn a_request_shows_one_text_for_everybody_or_none() {
        let secret = p256::SecretKey::from_slice(&[8; 32]).unwrap();
        let pem = secret.to_pkcs8_pem(LineEnding::LF).unwrap();
        let provider = Provider::new(&pem, "KEYID", "TEAM", "example.honnin").unwrap();
        let token = provider.token(1_000);
        let (input, signature) = token.rsplit_once('.').unwrap();
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        provider.key.verifying_key().verify(input.as_bytes(), &signature).unwrap();
        let (head, claims) = input.split_once('.').unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(head).unwrap(), br#"{"alg":"ES256","kid":"KEYID"}"#);
        assert_eq!(URL_SAFE_NO_PAD.decode(claims).unwrap(), br#"{"iat":1000,"iss":"TEAM"}"#);

        let device = DeviceToken::new(&"AB".repeat(32)).unwrap();
        let notice = Notice::new([0; 16]);
        for (urgency, kind, priority, aps) in [
            (Urgency::High, "alert", "10", json!({"alert": {"body": TEXT}, "sound": "default"})),
            (Urgency::Low, "background", "5", json!({"content-available": 1})),
        ] {
            let out = provider.request(SERVER, &device, &notice, urgency, 2_000, &token);
            let header = |name| out.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
            assert_eq!(out.url, format!("https://api.push.apple.com/3/device/{}", "ab".repeat(32)));
            assert_eq!(header("apns-topic"), Some("example.honnin"));
            assert_eq!(header("apns-push-type"), Some(kind));
            assert_eq!(header("apns-priority"), Some(priority));
            assert_eq!(header("apns-expiration"), Some("2000"));
            let body: serde_json::Value = serde_json::from_slice(&out.body).unwrap();
            assert_eq!(body, json!({"aps": aps, "v": 1, "id": notice.id()}));
        }
        assert!(Provider::new("no pem", "a", "b", "c").is_err());
    }

    #[test]
    fn a_token_that_is_no_path_segment_is_refused() {
        assert!(DeviceToken::new(&"a1".repeat(32)).is_some());
        for bad in ["", "a1", "../../../../../etc/passwd", &"g".repeat(64), &"a".repeat(201)] {
            assert!(DeviceToken::new(bad).is_none(), "{bad}");
        }
    }
}
