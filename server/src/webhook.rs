//! Sending one message to a webhook as Standard Webhooks says: who may be a receiver, and how it is signed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use sha2::Sha256;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// How long a receiver may take.
const TIME_OUT: Duration = Duration::from_secs(15);
/// Longest address.
const MAX_URL: usize = 2000;
const PREFIX: &str = "whsec_";

/// Why an address is no receiver's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No https URL of at most 2000 characters.
    #[error("the webhook is an https URL")]
    Https,
    /// With user, password or fragment.
    #[error("the webhook's URL holds no user, password or fragment")]
    Extra,
    /// A host of an inner network or of this machine.
    #[error("the webhook is not on the public internet")]
    Private,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The stored address is refused now.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The stored secret is none of ours.
    #[error("the secret does not read")]
    Secret,
    /// No answer, or no connection. The cause may name the address: it goes nowhere.
    #[error("no answer")]
    Unanswered,
}

/// A fresh secret: `whsec_` and 32 random bytes.
pub fn secret(entropy: &Entropy) -> Zeroizing<String> {
    let bytes = Zeroizing::new(entropy.bytes::<32>());
    Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(*bytes)))
}

/// Whether a text may serve as a secret.
pub fn is_secret(text: &str) -> bool {
    let bytes = text.strip_prefix(PREFIX).and_then(|encoded| STANDARD.decode(encoded).ok()).map(Zeroizing::new);
    bytes.is_some_and(|bytes| bytes.len() == 32)
}

/// `v1,` and the base64 HMAC-SHA256 over id, time (seconds) and body. `None` for a secret that is none.
pub fn signature(secret: &str, id: &str, seconds: i64, body: &str) -> Option<String> {
    let key = Zeroizing::new(STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?);
    let mut mac = <Hmac<Sha256>>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Who may be a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses over https.
    Public,
    /// Those, and this machine over http as well: for development.
    Loopback,
}

impl Reach {
    /// Of a server under development, or a real one.
    pub fn of(development: bool) -> Self {
        if development { Self::Loopback } else { Self::Public }
    }

    /// Reads an address that an organisation wants its alerts sent to.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn read(self, text: &str) -> Result<Url, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError::Https)?;
        let own = is_loopback(&url);
        let scheme_fits = url.scheme() == "https" || (url.scheme() == "http" && own && self == Self::Loopback);
        if !scheme_fits || text.len() > MAX_URL {
            return Err(AddressError::Https);
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(AddressError::Extra);
        }
        let fits = match url.host() {
            Some(Host::Ipv4(ip)) => self.admits(ip.into()),
            Some(Host::Ipv6(ip)) => self.admits(ip.into()),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                let inner = !name.contains('.')
                    || [".local", ".internal", ".localhost", ".home.arpa"].iter().any(|end| name.ends_with(end));
                !inner || (own && self == Self::Loopback)
            }
            None => false,
        };
        if fits { Ok(url) } else { Err(AddressError::Private) }
    }

    /// A client that goes nowhere else: names are resolved under this rule; no proxy, no redirects.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn client(self, agent: &'static str, time_out: Duration) -> Result<reqwest::Client, reqwest::Error> {
        self.builder(agent, time_out).http1_only().build()
    }

    /// As [`Reach::client`], with HTTP/2 where the other side speaks it, not built yet.
    pub fn builder(self, agent: &'static str, time_out: Duration) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(time_out)
            .dns_resolver(Arc::new(Resolver(self)))
            .user_agent(agent)
    }

    /// Whether a host's name leads, now, where no message may go. One that leads nowhere now is told apart when it is
    /// sent to.
    pub async fn leads_inside(self, url: &Url) -> bool {
        let Some(Host::Domain(name)) = url.host() else { return false };
        match tokio::net::lookup_host((name, 0)).await {
            Ok(found) => !found.into_iter().all(|address| self.admits(address.ip())),
            Err(_) => false,
        }
    }

    /// Whether a message may go to an address.
    pub fn admits(self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        is_public(ip) || (self == Self::Loopback && ip.is_loopback())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Globally reachable unicast, by IANA's special-purpose registries.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 224;
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    // NAT64 carries an IPv4 address: what counts is where it leads.
    if s[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(Ipv4Addr::from((u32::from(s[6]) << 16) | u32::from(s[7])));
    }
    let global = (0x2000..0x4000).contains(&s[0]);
    // Protocol assignments with Teredo, documentation, 6to4.
    let special = match s[0] {
        0x2001 => s[1] < 0x200 || s[1] == 0xdb8,
        first => first == 0x2002 || first == 0x3fff,
    };
    global && !special
}

/// Resolves names to addresses that may be sent to, at the time of sending: a name that was public yesterday may lead
/// inside today.
struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() || !found.iter().all(|address| reach.admits(address.ip())) {
                return Err(Box::new(AddressError::Private) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Sends messages.
pub struct Client {
    http: reqwest::Client,
    reach: Reach,
}

impl Client {
    /// Without proxy, without redirects.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(reach: Reach) -> Result<Self, reqwest::Error> {
        let http = reach.client("honnin-webhook/1", TIME_OUT)?;
        Ok(Self { http, reach })
    }

    /// Who may be a receiver.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Sends one message and gives the answer's status; its body is not read.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn send(&self, url: &str, secret: &str, id: &str, seconds: i64, body: &str) -> Result<u16, Refused> {
        // Again, because the address was stored under the rules of that day; an address literal meets no resolver.
        let url = self.reach.read(url)?;
        let signature = signature(secret, id, seconds, body).ok_or(Refused::Secret)?;
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature)
            .body(body.to_owned());
        Ok(request.send().await.map_err(|_| Refused::Unanswered)?.status().as_u16())
    }
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
