//! Logging people in through their organisation's identity provider: OpenID Connect's authorisation code flow with
//! PKCE, state, nonce and the issuer in the response (RFC 9207). Nothing is asked of the provider but who it is: no
//! profile, no e-mail address.

pub mod provider;
pub mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use honnin_protocol::encoding::b64u;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tracing::Instrument as _;
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::telemetry;
use crate::webhook::{AddressError, Reach};
use provider::{Metadata, discovery_address};
use token::{Expected, Keys, TokenError};

/// How long a provider may take for one answer.
const TIME_OUT: Duration = Duration::from_secs(4);
/// How long what a provider says of itself is believed.
const FRESH: Duration = Duration::from_secs(15 * 60);
/// Longest document read.
const MAX_DOCUMENT: usize = 256 * 1024;
/// Providers remembered.
const MAX_PROVIDERS: usize = 1000;

/// Why a login through a provider does not go on.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// An address of the provider may not be asked.
    #[error("the provider's {0}: {1}")]
    Address(&'static str, AddressError),
    /// No answer, an error, or too long a one.
    #[error("the provider's {0} does not answer")]
    Unanswered(&'static str),
    /// An answer that is not what it should be.
    #[error("the provider's {0} is not what it should be")]
    Document(&'static str),
    /// The provider names another issuer than the organisation did, or answers in another's name (RFC 9207).
    #[error("the provider answers as another issuer")]
    Issuer,
    /// The code was not taken.
    #[error("the provider does not take the code")]
    Code,
    /// The ID token lets nobody in.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl OidcError {
    /// Whether the provider cannot be used now, rather than refuses somebody.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Address(..) | Self::Unanswered(_) | Self::Document(_))
    }
}

/// An organisation's client at its provider.
pub struct Registration {
    /// As the provider names itself.
    pub issuer: String,
    /// As the provider knows us.
    pub client_id: String,
    /// For the token endpoint; none for a public client.
    pub client_secret: Option<Zeroizing<String>>,
}

/// What one login is bound to: made from the secret in the browser's cookie, so that no database holds it.
pub struct Binding {
    verifier: String,
    nonce: String,
}

impl Binding {
    /// From the cookie's value.
    pub fn of(cookie: &str) -> Self {
        let derive = |what: &str| hex::encode(Sha256::digest(format!("honnin login {what} {cookie}")));
        Self { verifier: derive("verifier"), nonce: derive("nonce") }
    }
}

/// What a browser came back with, and what it is checked against.
pub struct Return<'a> {
    /// The code.
    pub code: &'a str,
    /// The issuer, if the response named one.
    pub iss: Option<&'a str>,
    /// Where the browser was sent back to.
    pub redirect_uri: &'a str,
    /// What the login is bound to.
    pub binding: &'a Binding,
}

#[derive(Clone)]
struct Known {
    metadata: Arc<Metadata>,
    keys: Option<Arc<Keys>>,
    read_at: Instant,
}

/// Speaks to identity providers and remembers for a while what they say of themselves.
pub struct Client {
    http: reqwest::Client,
    reach: Reach,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Zeroizing<String>,
}

impl Client {
    /// That asks only where `reach` lets it.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(reach: Reach) -> Result<Self, reqwest::Error> {
        Ok(Self { http: reach.client("honnin-login/1", TIME_OUT)?, reach, known: Mutex::default() })
    }

    /// Whether somebody's provider answers under this issuer; asks it anew.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn probe(&self, issuer: &str) -> Result<(), OidcError> {
        let metadata = self.discover(issuer).await?;
        self.keys(issuer, &metadata, true).await.map(drop)
    }

    /// Where to send the browser.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn authorisation(
        &self,
        registration: &Registration,
        redirect_uri: &str,
        state: &str,
        binding: &Binding,
    ) -> Result<Url, OidcError> {
        let mut url = self.metadata(&registration.issuer).await?.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &registration.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", "openid")
            .append_pair("state", state)
            .append_pair("nonce", &binding.nonce)
            .append_pair("code_challenge", &b64u(Sha256::digest(binding.verifier.as_bytes())))
            .append_pair("code_challenge_method", "S256")
            // A locked desk must not open for whoever finds the browser: the person authenticates each time, as with
            // a passkey, and the token says when.
            .append_pair("prompt", "login")
            .append_pair("max_age", "0");
        Ok(url)
    }

    /// Exchanges the code for an ID token, which nothing may be believed of yet.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn redeem(&self, registration: &Registration, back: &Return<'_>) -> Result<Zeroizing<String>, OidcError> {
        let metadata = self.metadata(&registration.issuer).await?;
        let named = back.iss.is_some_and(|iss| iss == registration.issuer);
        if !named && (back.iss.is_some() || metadata.names_itself) {
            return Err(OidcError::Issuer);
        }
        self.exchange(registration, &metadata, back).await
    }

    /// Whom an ID token names, once everything about it holds. `since_s` and `now_s`, seconds of the deciding clock:
    /// when the login was started, and now.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn subject(
        &self,
        registration: &Registration,
        token: &str,
        binding: &Binding,
        since_s: i64,
        now_s: i64,
    ) -> Result<String, OidcError> {
        let Registration { issuer, client_id, .. } = registration;
        let metadata = self.metadata(issuer).await?;
        let expected = Expected { issuer, client_id, nonce: &binding.nonce, since_s, now_s };
        match self.keys(issuer, &metadata, false).await?.subject(token, &expected) {
            // The provider may have taken a new key since its keys were read.
            Err(TokenError::UnknownKey) => Ok(self.keys(issuer, &metadata, true).await?.subject(token, &expected)?),
            found => Ok(found?),
        }
    }

    async fn exchange(
        &self,
        registration: &Registration,
        metadata: &Metadata,
        back: &Return<'_>,
    ) -> Result<Zeroizing<String>, OidcError> {
        let request = self.token_request(registration, metadata, back);
        let asking = bounded(request, "token endpoint");
        let (status, body) = asking.instrument(telemetry::outgoing("code to identity provider")).await?;
        match status {
            200 => serde_json::from_slice::<Tokens>(&body)
                .map(|t| t.id_token)
                .map_err(|_| OidcError::Document("token endpoint")),
            400..=499 => Err(OidcError::Code),
            _ => Err(OidcError::Unanswered("token endpoint")),
        }
    }

    fn token_request(
        &self,
        registration: &Registration,
        metadata: &Metadata,
        back: &Return<'_>,
    ) -> reqwest::RequestBuilder {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", back.code)
            .append_pair("redirect_uri", back.redirect_uri)
            .append_pair("code_verifier", &back.binding.verifier);
        let mut request = self.http.post(metadata.token_endpoint.clone());
        match &registration.client_secret {
            Some(secret) if metadata.takes_basic => {
                // RFC 6749, 2.3.1: both parts are form-encoded first.
                let part = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                request = request.basic_auth(part(&registration.client_id), Some(part(secret)));
            }
            secret => {
                form.append_pair("client_id", &registration.client_id);
                if let Some(secret) = secret {
                    form.append_pair("client_secret", secret);
                }
            }
        }
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form.finish())
    }

    async fn metadata(&self, issuer: &str) -> Result<Arc<Metadata>, OidcError> {
        match self.known(issuer) {
            Some(known) => Ok(known.metadata),
            None => self.discover(issuer).await,
        }
    }

    async fn discover(&self, issuer: &str) -> Result<Arc<Metadata>, OidcError> {
        let url = discovery_address(self.reach, issuer)?;
        let body = self.get(url, "configuration").await?;
        let metadata = Arc::new(Metadata::read(self.reach, issuer, &body)?);
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, k| k.read_at.elapsed() < FRESH);
        if all.len() < MAX_PROVIDERS {
            all.insert(issuer.to_owned(), Known { metadata: metadata.clone(), keys: None, read_at: Instant::now() });
        }
        Ok(metadata)
    }

    async fn keys(&self, issuer: &str, metadata: &Metadata, anew: bool) -> Result<Arc<Keys>, OidcError> {
        if let Some(keys) = self.known(issuer).and_then(|k| k.keys).filter(|_| !anew) {
            return Ok(keys);
        }
        let body = self.get(metadata.jwks_uri.clone(), "keys").await?;
        let keys = Arc::new(Keys::read(&body).ok_or(OidcError::Document("keys"))?);
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get_mut(issuer) {
            known.keys = Some(keys.clone());
        }
        Ok(keys)
    }

    fn known(&self, issuer: &str) -> Option<Known> {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(issuer).filter(|k| k.read_at.elapsed() < FRESH).cloned()
    }

    async fn get(&self, url: Url, what: &'static str) -> Result<Vec<u8>, OidcError> {
        let asking = bounded(self.http.get(url).header("accept", "application/json"), what);
        let (status, body) = asking.instrument(telemetry::outgoing("identity provider's documents")).await?;
        if status == 200 { Ok(body) } else { Err(OidcError::Unanswered(what)) }
    }
}

/// Sends a request and reads no more than is bearable.
async fn bounded(request: reqwest::RequestBuilder, what: &'static str) -> Result<(u16, Vec<u8>), OidcError> {
    // reqwest's errors name addresses: they go nowhere.
    let mut response = request.send().await.map_err(|_| OidcError::Unanswered(what))?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| OidcError::Unanswered(what))? {
        if body.len() + chunk.len() > MAX_DOCUMENT {
            return Err(OidcError::Document(what));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status().as_u16(), body))
}
