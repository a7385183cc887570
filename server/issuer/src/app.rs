//! What every handler shares.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use honnin_protocol::date::Date;
use honnin_protocol::ids::OfferId;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::customers::{self, ReadError};
use crate::entropy::{Clock, Entropy, secret_hash};
use crate::keys::{KeyError, Keyring, Terms};
use crate::store::{self, Store, offers};

/// Milliseconds a clerk stays logged in.
const CLERK_MS: i64 = 8 * 3_600_000;
/// Seconds that Japan is ahead of UTC: what day it is for a credential's expiry.
const JST_S: u64 = 32_400;

/// Why the issuer does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error("data folder: {0}")]
    Folder(std::io::Error),
    /// The customer file.
    #[error("customers: {0}")]
    Customers(#[from] ReadError),
    /// The keys.
    #[error("keys: {0}")]
    Keys(#[from] KeyError),
    /// The database.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
    /// What speaks to the verification server: TLS, or the file of its certificate authority.
    #[error("server_ca: {0}")]
    Http(#[from] reqwest::Error),
    /// The file of the verification server's certificate authority.
    #[error("server_ca: {0}")]
    Authority(std::io::Error),
}

/// A fresh offer.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its id, which is also the secret in its link.
    pub id: OfferId,
    /// By-reference link.
    pub url: String,
    /// Link for the customer's phone.
    pub phone_url: String,
    /// Milliseconds since the epoch.
    pub expires_at: i64,
}

struct Inner {
    config: Config,
    store: Store,
    keys: Keyring,
    http: reqwest::Client,
    clock: Clock,
    entropy: Entropy,
    admin: [u8; 32],
    clerks: Mutex<HashMap<String, i64>>,
    stopping: CancellationToken,
}

/// The issuer.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl App {
    /// Opens database and keys and takes over the customer file.
    ///
    /// # Errors
    /// [`StartError`]; a faulty customer file changes nothing.
    pub async fn open(config: Config, admin_token: &str, clock: Clock, entropy: Entropy) -> Result<Self, StartError> {
        let customers = customers::load(&config.customers)?;
        let app = Self::build(config, admin_token, clock, entropy).await?;
        let mut tx = app.store().write().await?;
        store::customers::replace(&mut tx, &customers).await?;
        tx.commit().await?;
        tracing::info!(customers = customers.len(), "customers taken over");
        Ok(app)
    }

    /// Opens beside a service that may be running: leaves its customers alone and has no clerk.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn attach(config: Config, clock: Clock, entropy: Entropy) -> Result<Self, StartError> {
        let nobody = entropy.token();
        Self::build(config, &nobody, clock, entropy).await
    }

    async fn build(config: Config, admin_token: &str, clock: Clock, entropy: Entropy) -> Result<Self, StartError> {
        crate::keys::private_folder(&config.data_dir).map_err(StartError::Folder)?;
        let keys = keyring(&config, &clock, &entropy)?;
        let store = Store::open(&config.data_dir.join("issuer.db")).await?;
        let http = client(&config)?;
        let admin = Sha256::digest(admin_token).into();
        let (clerks, stopping) = (Mutex::default(), CancellationToken::new());
        Ok(Self(Arc::new(Inner { config, store, keys, http, clock, entropy, admin, clerks, stopping })))
    }

    /// Configuration.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Keys.
    pub fn keys(&self) -> &Keyring {
        &self.0.keys
    }

    /// What speaks to the verification server.
    pub fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    /// Randomness.
    pub fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    /// Milliseconds since the epoch.
    pub fn now(&self) -> i64 {
        self.0.clock.now()
    }

    /// Seconds since the epoch.
    pub fn now_s(&self) -> u64 {
        self.0.clock.now_s()
    }

    /// The day so many days from now, in Japan.
    pub fn day(&self, ahead: u32) -> Option<Date> {
        Date::from_unix(self.now_s() + u64::from(ahead) * 86_400, JST_S).ok()
    }

    /// Cancelled when the service stops.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// Makes an offer for a customer, who must exist.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn offer(&self, handle: &str) -> Result<Option<Offer>, sqlx::Error> {
        if store::customers::find(self.store().pool(), handle).await?.is_none() {
            return Ok(None);
        }
        let id = self.entropy().with(|rng| OfferId::generate(rng));
        let now = self.now();
        let expires_at = now + i64::from(self.config().offer_ttl_s) * 1000;
        offers::make(self.store(), &id, handle, now, expires_at).await?;
        let url = format!("{}/offers/{id}", self.config().issuer());
        let escaped: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
        let phone_url = format!("{}/app/#offer={escaped}", self.config().server());
        Ok(Some(Offer { id, url, phone_url, expires_at }))
    }

    /// Whether this is the clerk's token.
    pub fn is_admin(&self, token: &str) -> bool {
        let hash: [u8; 32] = Sha256::digest(token).into();
        hash.ct_eq(&self.0.admin).into()
    }

    /// Opens a clerk's session: its cookie value.
    pub fn clerk_login(&self) -> String {
        let session = self.entropy().token();
        let now = self.now();
        let mut clerks = self.0.clerks.lock().unwrap_or_else(PoisonError::into_inner);
        clerks.retain(|_, until| *until > now);
        clerks.insert(secret_hash(&session), now + CLERK_MS);
        session
    }

    /// Whether a cookie value is a live session.
    pub fn is_clerk(&self, session: &str) -> bool {
        let clerks = self.0.clerks.lock().unwrap_or_else(PoisonError::into_inner);
        clerks.get(&secret_hash(session)).is_some_and(|until| *until > self.now())
    }

    /// Ends a clerk's session.
    pub fn clerk_logout(&self, session: &str) {
        self.0.clerks.lock().unwrap_or_else(PoisonError::into_inner).remove(&secret_hash(session));
    }
}

/// Goes to the verification server and nowhere else: no proxy, no redirects, done before our own client gives up.
fn client(config: &Config) -> Result<reqwest::Client, StartError> {
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(8))
        .user_agent("honnin-issuer");
    let builder = match &config.server_ca {
        None => builder,
        Some(path) => {
            let pem = std::fs::read(path).map_err(StartError::Authority)?;
            reqwest::Certificate::from_pem_bundle(&pem)?
                .into_iter()
                .fold(builder, |builder, authority| builder.add_root_certificate(authority))
        }
    };
    Ok(builder.build()?)
}

/// The keyring that a configuration names.
///
/// # Errors
/// [`KeyError`].
pub fn keyring(config: &Config, clock: &Clock, entropy: &Entropy) -> Result<Keyring, KeyError> {
    let terms =
        Terms { issuer: config.issuer(), tenant: config.tenant.clone(), credential_days: config.credential_valid_days };
    Keyring::open(&config.data_dir.join("keys"), terms, entropy, clock.now_s())
}
