//! The service as one value: configuration, database, keys, clocks and chance.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use jiff::tz::TimeZone;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use crate::config::{Config, ConfigError, Issuer, Operator, Tenant};
use crate::db::{Db, Millis, invitations, standing};
use crate::entropy::{Entropy, token_hash};
use crate::http::headers;
use crate::metrics::Metrics;
use crate::parameters::{self, ParametersError};
use crate::proofs::Verifier;
use crate::seats::Seats;
use crate::webauthn::RelyingParty;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database does not open.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
    /// The circuit's keys are missing, not the pinned ones, or not from a ceremony.
    #[error("circuit keys: {0}")]
    Keys(#[from] ParametersError),
    /// The system gives no threads to verify on.
    #[error("verifier: {0}")]
    Threads(std::io::Error),
    /// The origin does not serve as a relying party.
    #[error("public_origin: {0}")]
    RelyingParty(String),
}

/// A shared handle on the service.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    origin: String,
    tenants: HashMap<String, (Tenant, TimeZone)>,
    db: Db,
    entropy: Entropy,
    verifier: Verifier,
    verifying_key: String,
    proving_key_bytes: u64,
    relying_party: RelyingParty,
    metrics: Arc<Metrics>,
    phone_csp: HeaderValue,
    stopping: CancellationToken,
    deadline_moved: Notify,
    seats: Seats,
}

/// Starts the service and gives its router; the caller runs [`App::sweep_until_stopped`] beside it.
///
/// # Errors
/// [`StartError`].
pub async fn build(config: Config, entropy: Entropy) -> Result<(App, Router), StartError> {
    let app = App::start(config, entropy).await?;
    let router = app.router();
    Ok((app, router))
}

impl App {
    /// Checks configuration and keys, opens and migrates the database, makes the configured parties known.
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
        let db = Db::open(&config.database).await?;
        seed(&db, &config, &entropy).await?;
        let mut tenants = HashMap::new();
        for tenant in &config.tenants {
            let zone = TimeZone::get(&tenant.zone).map_err(|e| ConfigError::Invalid(e.to_string()))?;
            tenants.insert(tenant.id.clone(), (tenant.clone(), zone));
        }
        let issuers: Vec<String> = config
            .tenants
            .iter()
            .flat_map(|t| &t.issuers)
            .filter_map(|i| Url::parse(&i.url).ok())
            .map(|u| u.origin().ascii_serialization())
            .collect();
        let metrics = Arc::new(Metrics::default());
        let verifier = Verifier::new(key, metrics.clone(), &entropy).map_err(StartError::Threads)?;
        let phone_csp = headers::phone_csp(issuers.iter().map(String::as_str));
        Ok(Self(Arc::new(Inner {
            origin,
            tenants,
            db,
            entropy,
            verifying_key: verifier.key_id(),
            verifier,
            proving_key_bytes,
            relying_party,
            metrics,
            phone_csp,
            stopping: CancellationToken::new(),
            deadline_moved: Notify::new(),
            seats: Seats::default(),
            config,
        })))
    }

    /// Every route.
    pub fn router(&self) -> Router {
        crate::http::router(self.clone())
    }

    /// Makes a one-time invitation for an operator: the link to open in the console's browser.
    ///
    /// # Errors
    /// `None` for an operator that is not configured; else the database's error.
    pub async fn invite(&self, operator: &str) -> Result<Option<String>, sqlx::Error> {
        let token = self.entropy().token();
        let mut write = self.db().write().await?;
        let Some(operator) = invitations::operator(write.conn(), operator).await? else { return Ok(None) };
        if self.operator(&operator.tenant, &operator.id).is_none() {
            return Ok(None);
        }
        invitations::invite(&mut write, &operator, &token_hash(&token)).await?;
        write.commit().await?;
        Ok(Some(format!("{}/console/#invite={token}", self.origin())))
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

    /// The phone application's content-security policy.
    pub fn phone_csp(&self) -> &HeaderValue {
        &self.0.phone_csp
    }

    /// Woken when a deadline was added.
    pub fn deadline_moved(&self) -> &Notify {
        &self.0.deadline_moved
    }

    /// A configured tenant.
    pub fn tenant(&self, id: &str) -> Option<&Tenant> {
        self.0.tenants.get(id).map(|(t, _)| t)
    }

    /// A configured tenant's zone.
    pub fn zone(&self, tenant: &str) -> Option<&TimeZone> {
        self.0.tenants.get(tenant).map(|(_, z)| z)
    }

    /// A configured operator.
    pub fn operator(&self, tenant: &str, id: &str) -> Option<&Operator> {
        self.tenant(tenant)?.operators.iter().find(|o| o.id == id)
    }

    /// Silence after which a console session of this tenant locks.
    pub fn idle_ms(&self, tenant: &str) -> Millis {
        self.tenant(tenant).map_or(0, |t| t.idle_lock_s * 1000)
    }
}

/// The database's name of an issuer.
pub fn issuer_row(tenant: &str, issuer: &Issuer) -> String {
    format!("{tenant} {}", issuer.root.thumbprint())
}

async fn seed(db: &Db, config: &Config, entropy: &Entropy) -> Result<(), sqlx::Error> {
    let mut write = db.write().await?;
    for tenant in &config.tenants {
        standing::seed_tenant(&mut write, &tenant.id).await?;
        for issuer in &tenant.issuers {
            standing::seed_issuer(&mut write, &issuer_row(&tenant.id, issuer), &tenant.id, &issuer.url).await?;
        }
        for operator in &tenant.operators {
            let user = Uuid::from_bytes(entropy.bytes()).to_string();
            standing::seed_operator(&mut write, &operator.id, &tenant.id, &user).await?;
        }
    }
    write.commit().await
}
