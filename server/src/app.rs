//! The service as one value: configuration, database, keys, clocks and chance.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::http::HeaderValue;
use honnin_vault::KekError;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::bootstrap;
use crate::caller::RoleUses;
use crate::config::{Config, ConfigError};
use crate::db::{Db, Heard, KeysError, News, SchemaError, Topic, issuers, keys, logins, people, push};
use crate::domain::rights::{Resource, Role, Verb};
use crate::entropy::{Entropy, token_hash};
use crate::fetched::Fetched;
use crate::http::headers;
use crate::limits::Limiter;
use crate::metrics::Metrics;
use crate::oidc;
use crate::parameters::{self, ParametersError};
use crate::proofs::Verifier;
use crate::push::services::{PushError, Services};
use crate::rounds::Rounds;
use crate::seats::Seats;
use crate::sweeper::Deadlines;
use crate::webauthn::RelyingParty;
use crate::webhook::{Client, Reach};

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key-encryption key cannot be had.
    #[error("key_encryption: {0}")]
    Kek(#[from] KekError),
    /// The database does not open.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
    /// This program does not work on the database's schema.
    #[error("database: {0}")]
    Schema(SchemaError),
    /// The database's keys do not open.
    #[error("keys at rest: {0}")]
    AtRest(KeysError),
    /// The circuit's keys are missing, not the pinned ones, or not from a ceremony.
    #[error("circuit keys: {0}")]
    Keys(#[from] ParametersError),
    /// The system gives no threads to verify on.
    #[error("verifier: {0}")]
    Threads(std::io::Error),
    /// The origin does not serve as a relying party.
    #[error("public_origin: {0}")]
    RelyingParty(String),
    /// TLS for webhooks and identity providers cannot be set up.
    #[error("outgoing requests: {0}")]
    Outgoing(String),
    /// The configured push services cannot be used.
    #[error("push: {0}")]
    Push(#[from] PushError),
}

impl From<KeysError> for StartError {
    fn from(e: KeysError) -> Self {
        match e {
            KeysError::Db(e) | KeysError::Schema(SchemaError::Db(e)) => Self::Db(e),
            KeysError::Schema(e) => Self::Schema(e),
            e => Self::AtRest(e),
        }
    }
}

/// A shared handle on the service.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    origin: String,
    db: Db,
    entropy: Entropy,
    verifier: Verifier,
    verifying_key: String,
    proving_key_bytes: u64,
    relying_party: RelyingParty,
    metrics: Arc<Metrics>,
    limiter: Limiter,
    role_uses: RoleUses,
    phone_csp: RwLock<HeaderValue>,
    stopping: CancellationToken,
    deadlines: Deadlines,
    rounds: Rounds,
    fetched: Fetched,
    seats: Seats,
    webhooks: Client,
    pushes: Services,
    oidc: oidc::Client,
}

/// Starts the service and gives its router; the caller runs [`App::work_until_stopped`] beside it.
///
/// # Errors
/// [`StartError`].
pub async fn build(config: Config, entropy: Entropy) -> Result<(App, Router), StartError> {
    let app = App::start(config, entropy).await?;
    let router = app.router();
    Ok((app, router))
}

/// Opens the database as the configuration says, without the rest of the service.
///
/// # Errors
/// [`StartError`].
pub async fn open_db(config: &Config, entropy: &Entropy) -> Result<Db, StartError> {
    let sources = config.key_encryption.clone();
    // A token may take its time.
    let keks = tokio::task::spawn_blocking(move || sources.iter().map(|s| s.load()).collect::<Result<Vec<_>, _>>())
        .await
        .map_err(|e| StartError::Threads(std::io::Error::other(e)))??;
    Ok(Db::open(&config.database, keks, entropy).await?)
}

impl App {
    /// Checks configuration and keys, opens and migrates the database, founds the configured organisations.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: Config, entropy: Entropy) -> Result<Self, StartError> {
        config.check()?;
        let parameters::Parameters { verifying: key, proving_key_bytes, development } =
            parameters::load(&config.keys, config.development)?;
        if development {
            tracing::warn!("development mode: one party made these parameters and could forge proofs");
        }
        let origin = config.origin();
        let relying_party = RelyingParty::new(config.rp_id(), &config.public_origin)
            .map_err(|e| StartError::RelyingParty(e.to_string()))?;
        let db = open_db(&config, &entropy).await?;
        bootstrap::found(&db, &config, &entropy).await?;
        // What another node founded meanwhile: its keys seal from here on.
        keys::reload(&mut db.read().await?).await?;
        // Parameters that one party made and a receiver on this machine go together.
        let reach = Reach::of(config.development);
        let webhooks = Client::new(reach).map_err(|e| StartError::Outgoing(e.to_string()))?;
        let vapid = push::vapid_key(&db, &entropy).await?;
        let pushes = Services::new(&config.push, &origin, vapid, reach, &entropy)?;
        let oidc = oidc::Client::new(reach).map_err(|e| StartError::Outgoing(e.to_string()))?;
        let metrics = Arc::new(Metrics::default());
        let verifier = Verifier::new(key, metrics.clone(), &entropy).map_err(StartError::Threads)?;
        let app = Self(Arc::new(Inner {
            origin,
            db,
            entropy,
            verifying_key: verifier.key_id(),
            verifier,
            proving_key_bytes,
            relying_party,
            metrics,
            limiter: Limiter::new(&config.limits),
            role_uses: RoleUses::default(),
            phone_csp: RwLock::new(headers::phone_csp([])),
            stopping: CancellationToken::new(),
            deadlines: Deadlines::default(),
            rounds: Rounds::default(),
            fetched: Fetched::default(),
            seats: Seats::default(),
            webhooks,
            pushes,
            oidc,
            config,
        }));
        app.refresh().await?;
        Ok(app)
    }

    /// Every route.
    pub fn router(&self) -> Router {
        crate::http::router(self.clone())
    }

    /// Sweeps, signs checkpoints, looks for suspicious actions, works the outbox, wakes phones, keeps keys and retention, listens to
    /// other nodes, until the service stops.
    pub async fn work_until_stopped(&self) {
        tokio::join!(
            self.sweep_until_stopped(),
            self.db().hear_other_nodes(self.stopping().clone()),
            self.follow_until_stopped(),
            self.sign_until_stopped(),
            self.watch_until_stopped(),
            self.send_until_stopped(),
            self.push_until_stopped(),
            self.link_until_stopped(),
            self.deliver_until_stopped(),
            self.upkeep_until_stopped(),
        );
    }

    /// Keeps what this process holds of the database in step: keys that another node made, issuers' addresses,
    /// deadlines.
    async fn follow_until_stopped(&self) {
        let mut listener = self.db().listen([Topic::EveryOrganisation, Topic::EveryVerification]);
        loop {
            let heard = tokio::select! {
                heard = listener.next() => heard,
                () = self.stopping().cancelled() => return,
            };
            if let Heard::News(news) = &heard
                && let News::Verification { record, .. } = &**news
            {
                match record {
                    Some(record) => self.deadlines().moved(record.expires_at),
                    None => self.deadlines().unknown(),
                }
                continue;
            }
            if let Err(e) = self.refresh().await {
                tracing::warn!(cause = %e, "keys and issuers were not read again");
            }
            self.deadlines().unknown();
        }
    }

    async fn refresh(&self) -> Result<(), KeysError> {
        let mut query = self.db().read().await?;
        keys::reload(&mut query).await?;
        let urls = issuers::urls(&mut query).await?;
        let origins: Vec<String> =
            urls.iter().filter_map(|u| Url::parse(u).ok()).map(|u| u.origin().ascii_serialization()).collect();
        *self.0.phone_csp.write().unwrap_or_else(PoisonError::into_inner) =
            headers::phone_csp(origins.iter().map(String::as_str));
        Ok(())
    }

    /// Makes a one-time invitation for a person: the link to open in the browser.
    ///
    /// # Errors
    /// `None` for somebody unknown or not in good standing; else the database's error.
    pub async fn invite(&self, person: &str) -> Result<Option<String>, sqlx::Error> {
        let mut write = self.db().write().await?;
        let Some(person) = people::active(&mut write, person).await? else { return Ok(None) };
        let token = self.entropy().token();
        logins::invite(&mut write, &person, &token_hash(&token), bootstrap::BY).await?;
        let roles: Vec<Role> = people::roles(&mut write, &person.id).await?.into_iter().map(|held| held.role).collect();
        write.commit().await?;
        Ok(Some(self.invitation_link(&token, &roles)))
    }

    /// The link that carries an invitation's token, in the fragment, which no server is sent. It opens where the person
    /// works: the console for who makes calls, else the admin pages.
    pub fn invitation_link(&self, token: &str, roles: &[Role]) -> String {
        let calls = roles.iter().any(|role| role.may(Verb::Change, Resource::Verifications));
        format!("{}/{}/#invite={token}", self.origin(), if calls { "console" } else { "admin" })
    }

    /// Closes the streams and refuses readiness; the listener is the caller's.
    pub fn stop(&self) {
        self.0.stopping.cancel();
    }

    /// Cancelled once the service stops.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// Places of open streams.
    pub fn seats(&self) -> &Seats {
        &self.0.seats
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The origin as browsers send it.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// Chance.
    pub fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    /// The proof checker.
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// SHA-256 of the verifying key, hex.
    pub fn verifying_key(&self) -> &str {
        &self.0.verifying_key
    }

    /// Size of the proving key.
    pub fn proving_key_bytes(&self) -> u64 {
        self.0.proving_key_bytes
    }

    /// Passkey ceremonies.
    pub fn relying_party(&self) -> &RelyingParty {
        &self.0.relying_party
    }

    /// Counters.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    /// Ceilings on repeated requests.
    pub fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }

    /// Sends alerts to webhooks.
    pub fn webhooks(&self) -> &Client {
        &self.0.webhooks
    }

    /// Wakes phones.
    pub fn pushes(&self) -> &Services {
        &self.0.pushes
    }

    /// Speaks to identity providers.
    pub fn oidc(&self) -> &oidc::Client {
        &self.0.oidc
    }

    /// Which roles were used lately.
    pub fn role_uses(&self) -> &RoleUses {
        &self.0.role_uses
    }

    /// The phone application's content-security policy.
    pub fn phone_csp(&self) -> HeaderValue {
        self.0.phone_csp.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the sweeper waits for.
    pub fn deadlines(&self) -> &Deadlines {
        &self.0.deadlines
    }

    /// What phones fetched a moment ago.
    pub fn fetched(&self) -> &Fetched {
        &self.0.fetched
    }

    /// Where what comes most is gathered.
    pub fn rounds(&self) -> &Rounds {
        &self.0.rounds
    }
}
