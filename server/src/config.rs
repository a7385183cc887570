//! The configuration file, checked before anything starts.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use honnin_settings::{Environment, SettingsError};
use honnin_vault::{KekSource, PinSource};
use serde::Deserialize;
use url::Url;

use crate::bootstrap::{DelegationEntry, PartnerEntry, TenantEntry};
use crate::domain::suspicion::Suspicion;
use crate::push::config::PushConfig;
use crate::telemetry::Telemetry;

/// Why a configuration was refused. The text is for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// File or environment are not the expected document.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The document is well formed and says something impossible.
    #[error("configuration: {0}")]
    Invalid(String),
}

/// Variables that begin so and are no part of the configuration: the log's filter, the file's name, and those of other
/// programs of this project.
const OTHERS: [&str; 7] = [
    "HONNIN_LOG",
    "HONNIN_CONFIG",
    "HONNIN_ISSUER_",
    "HONNIN_TEST_",
    "HONNIN_CHROMIUM",
    "HONNIN_FUZZ_TARGET",
    "HONNIN_WASM_TOOLCHAIN",
];
/// What a variable that sets a key begins with: `HONNIN_SERVER__LIMITS__FREEZE_S`.
pub const PREFIX: &str = "HONNIN_SERVER";

/// The whole document. See `docs/configuration.md` for each key, `server/README.md` for an example.
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
    /// A listener of its own for machines, which must show a certificate there.
    pub machines: Option<MachineListener>,
    /// How long a client may take.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Ceilings on repeated requests.
    #[serde(default)]
    pub limits: Limits,
    /// Push services; browsers need none of it.
    #[serde(default)]
    pub push: PushConfig,
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

/// Where machines come in, over TLS with a certificate of theirs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineListener {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// The server's certificate chain, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Authorities that certify machines, PEM.
    pub client_ca: PathBuf,
    /// Machines are refused everywhere else.
    #[serde(default)]
    pub only: bool,
}

/// How long a client may take, in seconds: nobody holds a connection by being slow.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// For the head of a request, from the first byte that could be sent; also how long a kept connection may idle.
    pub head_s: u64,
    /// For the body of a request.
    pub body_s: u64,
    /// For a request as a whole; of a stream, until its head is answered.
    pub request_s: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { head_s: 30, body_s: 15, request_s: 20 }
    }
}

impl Timeouts {
    /// For the head.
    pub fn head(&self) -> Duration {
        Duration::from_secs(self.head_s)
    }

    /// For the body.
    pub fn body(&self) -> Duration {
        Duration::from_secs(self.body_s)
    }

    /// For the whole.
    pub fn request(&self) -> Duration {
        Duration::from_secs(self.request_s)
    }
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
    /// Links and codes that phones bring from one address within a minute.
    pub codes_per_address_per_minute: u32,
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
            codes_per_address_per_minute: 60,
            refusals_before_freeze: 3,
            freeze_s: 15 * 60,
            trusted_proxies: Vec::new(),
        }
    }
}

impl Config {
    /// Reads and checks a file, if there is one (JSON when it is named `*.json`, else TOML), with what the environment
    /// sets laid over it.
    ///
    /// # Errors
    /// [`ConfigError`] says which file or variable, and which key.
    pub fn load(
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let variables: Vec<(OsString, OsString)> = environment.into_iter().collect();
        let names: Vec<OsString> = variables.iter().map(|(name, _)| name.clone()).collect();
        let config: Self = honnin_settings::load(path, &Environment::of(PREFIX, variables)?)?;
        let others: Vec<&str> = OTHERS.into_iter().chain(config.named_variables()).collect();
        honnin_settings::refuse_unknown("HONNIN_", PREFIX, &others, names)?;
        config.check()?;
        Ok(config)
    }

    /// Variables that the document itself names.
    fn named_variables(&self) -> impl Iterator<Item = &str> {
        self.key_encryption.iter().filter_map(|source| match source {
            KekSource::File(_) => None,
            KekSource::Environment(name) => Some(name.as_str()),
            KekSource::Pkcs11(token) => match &token.pin {
                PinSource::File(_) => None,
                PinSource::Environment(name) => Some(name.as_str()),
            },
        })
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
        self.push.check()?;
        self.telemetry.as_ref().map_or(Ok(()), Telemetry::check)?;
        let Timeouts { head_s, body_s, request_s } = self.timeouts;
        if [head_s, body_s, request_s].iter().any(|s| !(1..=300).contains(s)) {
            return Err(invalid("timeouts: 1 to 300 s"));
        }
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
