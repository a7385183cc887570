//! The push services: which there are, and one message to one phone.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use honnin_protocol::encoding::b64u_array;
use honnin_push::encryption::Receiver;
use honnin_push::vapid::VapidKey;
use honnin_push::{Answer, Notice, Outgoing, Urgency, apns, fcm, web};
use reqwest::header::{HeaderName, HeaderValue, RETRY_AFTER};
use url::Url;
use zeroize::Zeroizing;

use super::config::PushConfig;
use crate::db::push::Target;
use crate::entropy::Entropy;
use crate::webhook::{AddressError, Reach};

/// How long a push service may take.
const TIME_OUT: Duration = Duration::from_secs(10);
/// How much of an answer is read.
const MOST: usize = 4096;
/// Longest file that a push service's operator hands out.
const MAX_FILE: u64 = 64 * 1024;

/// Why the configured push services cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// A file cannot be read.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// Apple's key.
    #[error("push.apns.key_file: {0}")]
    Apns(#[from] apns::NoKey),
    /// Google's account.
    #[error("push.fcm.service_account: {0}")]
    Fcm(#[from] fcm::AccountError),
    /// A server that may not be asked.
    #[error("{0}: {1}")]
    Address(&'static str, AddressError),
    /// TLS cannot be set up.
    #[error("{0}")]
    Tls(#[from] reqwest::Error),
}

/// Why a phone's subscription is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Not an address, key or token that there can be.
    Malformed(&'static str),
    /// This service has no account at that push service.
    NotServed,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The push service said so.
    Answered(Answer),
    /// No answer.
    Unanswered,
    /// Not sent: where it leads is forbidden now, or what is stored does not read.
    Unsendable,
}

/// A bearer token of ours, and until when it counts (seconds).
type Held = Mutex<Option<(Zeroizing<String>, i64)>>;

struct Apple {
    provider: apns::Provider,
    server: String,
    token: Held,
}

struct Google {
    account: fcm::Account,
    server: String,
    token: Held,
}

/// Every push service there is.
pub struct Services {
    http: reqwest::Client,
    reach: Reach,
    entropy: Entropy,
    contact: String,
    vapid: Option<VapidKey>,
    apple: Option<Apple>,
    google: Option<Google>,
}

impl Services {
    /// As configured; reads the files.
    ///
    /// # Errors
    /// [`PushError`].
    pub fn new(
        config: &PushConfig,
        origin: &str,
        vapid: Option<VapidKey>,
        reach: Reach,
        entropy: &Entropy,
    ) -> Result<Self, PushError> {
        let server = |name: &'static str, url: Option<&Url>, own: &str| match url {
            Some(url) => reach.read(url.as_str()).map(String::from).map_err(|e| PushError::Address(name, e)),
            None => Ok(own.to_owned()),
        };
        let apple = match &config.apns {
            None => None,
            Some(apple) => Some(Apple {
                provider: apns::Provider::new(&read(&apple.key_file)?, &apple.key_id, &apple.team_id, &apple.topic)?,
                server: server("push.apns.server", apple.server.as_ref(), apns::SERVER)?,
                token: Held::default(),
            }),
        };
        let google = match &config.fcm {
            None => None,
            Some(google) => {
                let account = fcm::Account::new(&read(&google.service_account)?)?;
                reach.read(account.token_uri()).map_err(|e| PushError::Address("token_uri", e))?;
                let server = server("push.fcm.server", google.server.as_ref(), fcm::SERVER)?;
                Some(Google { account, server, token: Held::default() })
            }
        };
        // Apple takes nothing but HTTP/2.
        let http = reach.builder("honnin-push/1", TIME_OUT).build()?;
        let contact = config.contact.as_ref().map_or(origin, Url::as_str).to_owned();
        Ok(Self { http, reach, entropy: entropy.clone(), contact, vapid, apple, google })
    }

    /// What browsers bind their subscriptions to, b64u; none before the first tenant was founded.
    pub fn public_key(&self) -> Option<String> {
        self.vapid.as_ref().map(VapidKey::public_key)
    }

    /// Checks a subscription before it is stored, where its name leads included.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn check(&self, target: &Target) -> Result<(), NotTaken> {
        let malformed = NotTaken::Malformed;
        match target {
            Target::Web { endpoint, p256dh, auth } => {
                receiver(p256dh, auth).ok_or(malformed("the browser's keys are no keys"))?;
                let private = malformed("the endpoint is not on the public internet");
                let url = self.reach.read(endpoint).map_err(|e| match e {
                    AddressError::Https => malformed("the endpoint is an https URL"),
                    AddressError::Extra => malformed("the endpoint holds no user, password or fragment"),
                    AddressError::Private => private,
                })?;
                if self.reach.leads_inside(&url).await { Err(private) } else { Ok(()) }
            }
            Target::Apns { token } => {
                apns::DeviceToken::new(token).ok_or(malformed("not a device token"))?;
                self.apple.as_ref().map(drop).ok_or(NotTaken::NotServed)
            }
            Target::Fcm { token } => {
                if !fcm::is_device_token(token) {
                    return Err(malformed("not a registration token"));
                }
                self.google.as_ref().map(drop).ok_or(NotTaken::NotServed)
            }
        }
    }

    /// Wakes a phone. `now` and `expires_at` (when there is nothing to be woken for any more) are seconds.
    pub async fn wake(&self, target: &Target, now: i64, expires_at: i64) -> Sent {
        let notice = Notice::new(self.entropy.bytes());
        let ttl_s = u32::try_from(expires_at - now).unwrap_or(0).max(1);
        match target {
            Target::Web { endpoint, p256dh, auth } => {
                let Some((url, receiver, vapid)) = self
                    .reach
                    .read(endpoint)
                    .ok()
                    .zip(receiver(p256dh, auth))
                    .zip(self.vapid.as_ref())
                    .map(|((url, receiver), vapid)| (url, receiver, vapid))
                else {
                    return Sent::Unsendable;
                };
                let push = web::WebPush { endpoint: &url, receiver: &receiver, ttl_s, urgency: Urgency::High };
                let secret = Zeroizing::new(self.entropy.bytes());
                let salt = self.entropy.bytes();
                match push.request(notice.to_json().as_bytes(), vapid, &self.contact, now, &secret, &salt) {
                    Ok(out) => self.send(out, |status, wait, _| web::answer(status, wait)).await,
                    Err(_) => Sent::Unsendable,
                }
            }
            Target::Apns { token } => {
                let Some((apple, device)) = self.apple.as_ref().zip(apns::DeviceToken::new(token)) else {
                    return Sent::Unsendable;
                };
                let fresh = || (apple.provider.token(now), now + apns::TOKEN_S);
                let bearer = held(&apple.token, now).unwrap_or_else(|| keep(&apple.token, fresh()));
                let out = apple.provider.request(&apple.server, &device, &notice, Urgency::High, expires_at, &bearer);
                let sent = self.send(out, apns::answer).await;
                drop_stale(&apple.token, sent)
            }
            Target::Fcm { token } => {
                let Some(google) = &self.google else { return Sent::Unsendable };
                let bearer = match held(&google.token, now) {
                    Some(bearer) => bearer,
                    None => match self.google_token(google, now).await {
                        Some(bearer) => bearer,
                        None => return Sent::Unanswered,
                    },
                };
                let out = google.account.request(&google.server, token, &notice, Urgency::High, ttl_s, &bearer);
                let sent = self.send(out, |status, wait, _| fcm::answer(status, wait)).await;
                drop_stale(&google.token, sent)
            }
        }
    }

    async fn google_token(&self, google: &Google, now: i64) -> Option<Zeroizing<String>> {
        let (status, _, body) = self.post(google.account.token_request(now).ok()?).await?;
        let token = fcm::access_token(status, &body)?;
        // Renewed a minute early, or at once where it counts for less.
        Some(keep(&google.token, (token.token, now.saturating_add(token.expires_in) - 60)))
    }

    async fn send(&self, out: Outgoing, read: impl Fn(u16, Option<&str>, &[u8]) -> Answer) -> Sent {
        match self.post(out).await {
            Some((status, wait, body)) => Sent::Answered(read(status, wait.as_deref(), &body)),
            None => Sent::Unanswered,
        }
    }

    /// Status, `Retry-After` and the start of the body.
    async fn post(&self, out: Outgoing) -> Option<(u16, Option<String>, Vec<u8>)> {
        // Again, because it was stored under the rules of that day; an address literal meets no resolver.
        let url = self.reach.read(&out.url).ok()?;
        let mut request = self.http.post(url).body(out.body);
        for (name, value) in &out.headers {
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(*name == "authorization");
            request = request.header(HeaderName::from_static(name), value);
        }
        let mut response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let wait = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        // A body that breaks off does not undo the status.
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(MOST - body.len())]);
            if body.len() == MOST {
                break;
            }
        }
        Some((status, wait, body))
    }
}

fn receiver(p256dh: &str, auth: &str) -> Option<Receiver> {
    Receiver::new(&b64u_array(p256dh).ok()?, b64u_array(auth).ok()?).ok()
}

fn held(token: &Held, now: i64) -> Option<Zeroizing<String>> {
    let held = token.lock().unwrap_or_else(PoisonError::into_inner);
    held.as_ref().filter(|(_, until)| *until > now).map(|(token, _)| token.clone())
}

fn keep(place: &Held, fresh: (Zeroizing<String>, i64)) -> Zeroizing<String> {
    let token = fresh.0.clone();
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
    token
}

/// Forgets a token that the push service takes no more.
fn drop_stale(place: &Held, sent: Sent) -> Sent {
    if sent == Sent::Answered(Answer::Token) {
        *place.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
    sent
}

fn read(path: &std::path::Path) -> Result<Zeroizing<String>, PushError> {
    let name = || path.display().to_string();
    let size = std::fs::metadata(path).map_err(|e| PushError::File(name(), e))?.len();
    if size > MAX_FILE {
        return Err(PushError::File(name(), std::io::Error::other("too long")));
    }
    std::fs::read_to_string(path).map(Zeroizing::new).map_err(|e| PushError::File(name(), e))
}
