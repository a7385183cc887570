//! The configuration file, checked before anything starts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use honnin_vault::KekSource;
use serde::Deserialize;
use url::Url;

use crate::bootstrap::{DelegationEntry, PartnerEntry, TenantEntry};
use crate::domain::suspicion::Suspicion;
use crate::telemetry::Telemetry;

/// Why a configuration was refused. The text is for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file asked for.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The file is not the expected document.
    #[error("{path}: {reason}")]
    Parse {
        /// The file asked for.
        path: PathBuf,
        /// Where and why parsing stopped.
        reason: String,
    },
    /// The document is well formed and says something impossible.
    #[error("configuration: {0}")]
    Invalid(String),
}

/// The whole file. See `server/README.md` for an example.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Scheme, host and port that browsers use; the WebAuthn origin.
    pub public_origin: Url,
    /// `sqlite:` URL (the file is made when missing) or `postgres:` URL.
    pub database: String,
    /// Keys that wrap the organisations' keys. The first wraps what is made from now on; the others only open.
    pub key_encryption: Vec<KekSource>,
    /// Folders of built web applications.
    #[serde(default, rename = "static")]
    pub static_dirs: StaticDirs,
    /// Circuit keys, pinned by hash.
    pub keys: Keys,
    /// Start on parameters that one party made, who could forge proofs. Never where real people are verified.
    #[serde(default)]
    pub development: bool,
    /// Serve HTTPS itself when given.
    pub tls: Option<Tls>,
    /// Ceilings on repeated requests.
    #[serde(default)]
    pub limits: Limits,
    /// Where traces go; nowhere when left out.
    pub telemetry: Option<Telemetry>,
    /// From when on an entry of the log is suspicious.
    #[serde(default)]
    pub suspicion: Suspicion,
    /// Client enterprises to found where the database does not know them yet. After that the database decides.
    #[serde(default)]
    pub tenants: Vec<TenantEntry>,
    /// BPOs to found likewise.
    #[serde(default)]
    pub partners: Vec<PartnerEntry>,
    /// Who works for whom, given once.
    #[serde(default)]
    pub delegations: Vec<DelegationEntry>,
}

/// Folders of built web applications.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticDirs {
    /// Served under `/app/`.
    pub phone: Option<PathBuf>,
    /// Served under `/console/`.
    pub console: Option<PathBuf>,
    /// Served under `/admin/`.
    pub admin: Option<PathBuf>,
}

/// Where the circuit's keys lie and what they must hash to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Folder with `circuit.vk`, `circuit.pk` and `manifest.json`.
    pub dir: PathBuf,
    /// SHA-256 of `circuit.vk`, 64 hex digits.
    pub verifying_key_sha256: String,
    /// SHA-256 of `circuit.pk`, 64 hex digits.
    pub proving_key_sha256: String,
}

/// Certificate chain and key, PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// Ceilings on repeated requests: they keep phones from being flooded and one party from taking the service for itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Verifications of one customer started within a minute.
    pub verifications_per_handle_per_minute: i64,
    /// Verifications of one customer open at once.
    pub open_per_handle: i64,
    /// Enrolments of one handle started within a minute.
    pub enrolments_per_handle_per_minute: i64,
    /// Verifications that one person starts within a minute.
    pub verifications_per_person_per_minute: u32,
    /// Verifications that one machine starts within a minute.
    pub verifications_per_machine_per_minute: u32,
    /// Verifications of one tenant started within a minute, by whomever.
    pub verifications_per_tenant_per_minute: u32,
    /// Requests without a session or token from one address within a minute: enrolments, challenges, logins.
    pub anonymous_per_address_per_minute: u32,
    /// Refusals of one customer within ten minutes after which nobody may ask them for a while.
    pub refusals_before_freeze: i64,
    /// How long then, in seconds.
    pub freeze_s: i64,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            verifications_per_handle_per_minute: 6,
            open_per_handle: 2,
            enrolments_per_handle_per_minute: 30,
            verifications_per_person_per_minute: 60,
            verifications_per_machine_per_minute: 600,
            verifications_per_tenant_per_minute: 6_000,
            anonymous_per_address_per_minute: 600,
            refusals_before_freeze: 3,
            freeze_s: 15 * 60,
            trusted_proxies: Vec::new(),
        }
    }
}

impl Config {
    /// Reads and checks a file: JSON when it is named `*.json`, else TOML.
    ///
    /// # Errors
    /// [`ConfigError`] says which file and which member.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.into(), source })?;
        let parse = |reason: String| ConfigError::Parse { path: path.into(), reason };
        let config: Self = if path.extension().is_some_and(|e| e == "json") {
            serde_json::from_str(&text).map_err(|e| parse(e.to_string()))?
        } else {
            toml::from_str(&text).map_err(|e| parse(e.to_string()))?
        };
        config.check()?;
        Ok(config)
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the first thing that is wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        let host =
            self.public_origin.domain().ok_or_else(|| invalid("public_origin needs a host name, not an address"))?;
        let loopback = host == "localhost" || host.ends_with(".localhost");
        if self.public_origin.scheme() != "https" && !loopback {
            return Err(invalid("public_origin must be https, or http on localhost"));
        }
        if self.public_origin.path() != "/" || self.public_origin.query().is_some() {
            return Err(invalid("public_origin holds scheme, host and port only"));
        }
        if self.key_encryption.is_empty() {
            return Err(invalid("key_encryption names no key (server/README.md, \"Keys at rest\")"));
        }
        if !self.suspicion.is_possible() {
            return Err(invalid("suspicion: hours are 0 to 24 and in order, windows 60 to 86400 s, counts 1 or more"));
        }
        self.telemetry.as_ref().map_or(Ok(()), Telemetry::check)?;
        self.check_bootstrap()
    }

    /// The origin as browsers send it: no trailing slash.
    pub fn origin(&self) -> String {
        self.public_origin.origin().ascii_serialization()
    }

    /// WebAuthn relying-party identifier: the origin's host.
    pub fn rp_id(&self) -> &str {
        self.public_origin.domain().unwrap_or_default()
    }

    /// Whether browsers reach the server over TLS.
    pub fn is_https(&self) -> bool {
        self.public_origin.scheme() == "https"
    }
}

pub(crate) fn invalid(reason: impl Into<String>) -> ConfigError {
    ConfigError::Invalid(reason.into())
}
