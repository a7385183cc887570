//! One Web Push: RFC 8030.

use url::Url;
use zeroize::Zeroizing;

use crate::encryption::{EncryptionError, Receiver};
use crate::outgoing::{Answer, Outgoing, Urgency, later};
use crate::vapid::VapidKey;

/// Later messages take the place of earlier ones that the phone has not fetched: all say the same.
const TOPIC: &str = "request";

/// A message to one browser.
pub struct WebPush<'a> {
    /// The push service's address for it; the caller checked where it leads.
    pub endpoint: &'a Url,
    /// Its keys.
    pub receiver: &'a Receiver,
    /// Seconds that the push service may keep it.
    pub ttl_s: u32,
    /// How urgent.
    pub urgency: Urgency,
}

impl WebPush<'_> {
    /// The request. `secret` and `salt` are fresh; `contact` and `now` (seconds) are for VAPID.
    ///
    /// # Errors
    /// [`EncryptionError`].
    pub fn request(
        &self,
        plaintext: &[u8],
        vapid: &VapidKey,
        contact: &str,
        now: i64,
        secret: &[u8; 32],
        salt: &[u8; 16],
    ) -> Result<Outgoing, EncryptionError> {
        let plain = |text: &str| Zeroizing::new(text.to_owned());
        let urgency = match self.urgency {
            Urgency::High => "high",
            Urgency::Low => "low",
        };
        Ok(Outgoing {
            url: self.endpoint.as_str().to_owned(),
            headers: vec![
                ("authorization", vapid.authorization(self.endpoint, contact, now)),
                ("content-encoding", plain("aes128gcm")),
                ("content-type", plain("application/octet-stream")),
                ("ttl", plain(&self.ttl_s.to_string())),
                ("urgency", plain(urgency)),
                ("topic", plain(TOPIC)),
            ],
            body: self.receiver.seal(plaintext, secret, salt)?,
        })
    }
}

/// Reads the answer; a redirect is a refusal.
pub fn answer(status: u16, retry_after: Option<&str>) -> Answer {
    match status {
        200..=202 | 204 => Answer::Accepted,
        404 | 410 => Answer::Gone,
        _ => later(status, retry_after).unwrap_or(Answer::Refused(status)),
    }
}

#[cfg(test)]
mod tests {
    use p256::SecretKey;
    use p256::elliptic_curve::sec1::ToSec1Point as _;

    use super::*;
    use crate::encryption::open;
    use crate::notice::Notice;

    #[test]
    fn a_request_says_who_sends_how_long_and_how_urgently_and_its_body_opens() {
        let browser = SecretKey::from_slice(&[3; 32]).unwrap();
        let mut p256dh = [0; 65];
        p256dh.copy_from_slice(browser.public_key().to_sec1_point(false).as_bytes());
        let receiver = Receiver::new(&p256dh, [9; 16]).unwrap();
        let vapid = VapidKey::new(&[7; 32]).unwrap();
        let endpoint = Url::parse("https://push.example.net/p/1").unwrap();
        let push = WebPush { endpoint: &endpoint, receiver: &receiver, ttl_s: 90, urgency: Urgency::High };
        let notice = Notice::new([5; 16]);
        let out =
            push.request(notice.to_json().as_bytes(), &vapid, "https://a.example", 1_000, &[1; 32], &[2; 16]).unwrap();
        let header = |name| out.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        assert_eq!(out.url, endpoint.as_str());
        assert_eq!(header("ttl"), Some("90"));
        assert_eq!(header("urgency"), Some("high"));
        assert_eq!(header("topic"), Some("request"));
        assert_eq!(header("content-encoding"), Some("aes128gcm"));
        assert!(header("authorization").unwrap().starts_with("vapid t="));
        let opened = open(&out.body, &browser, &[9; 16]).unwrap();
        let said: serde_json::Value = serde_json::from_slice(&opened).unwrap();
        assert_eq!(said, serde_json::json!({"v": 1, "id": "BQUFBQUFBQUFBQUFBQUFBQ"}));
    }

    #[test]
    fn tells_apart_what_a_push_service_says() {
        assert_eq!([200, 201, 202, 204].map(|s| answer(s, None)), [Answer::Accepted; 4]);
        assert_eq!([404, 410].map(|s| answer(s, Some("5"))), [Answer::Gone; 2]);
        let wait = Answer::Later(Some(std::time::Duration::from_secs(5)));
        assert_eq!([429, 500, 503].map(|s| answer(s, Some("5"))), [wait; 3]);
        for status in [301, 307, 400, 401, 403, 413] {
            assert_eq!(answer(status, None), Answer::Refused(status));
        }
    }
}
