//! The configuration file, checked before anything starts.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::policy::Policy;
use honnin_protocol::text::Localized;
use serde::Deserialize;
use url::Url;

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
    /// `sqlite:` URL; the file is made when missing.
    pub database: String,
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
    /// The client enterprises.
    pub tenants: Vec<Tenant>,
}

/// Folders of built web applications.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticDirs {
    /// Served under `/app/`.
    pub phone: Option<PathBuf>,
    /// Served under `/console/`.
    pub console: Option<PathBuf>,
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

/// Ceilings on repeated requests about one handle: they keep a phone from being flooded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Verifications started within a minute.
    pub verifications_per_handle_per_minute: i64,
    /// Verifications open at once.
    pub open_per_handle: i64,
    /// Enrolments started within a minute.
    pub enrolments_per_handle_per_minute: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { verifications_per_handle_per_minute: 30, open_per_handle: 5, enrolments_per_handle_per_minute: 30 }
    }
}

/// One client enterprise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Identifier; part of every proof's scope.
    pub id: String,
    /// IANA time zone that decides what day it is.
    pub zone: String,
    /// Seconds without a request after which a console session locks.
    #[serde(default = "default_idle_lock_s")]
    pub idle_lock_s: i64,
    /// What the phone shows about the asking party.
    pub display: honnin_protocol::statement::Display,
    /// Reasons an operator may give.
    pub purposes: Vec<Purpose>,
    /// Policies an operator may choose.
    pub policies: Vec<Policy>,
    /// What enrolment proves.
    pub enrolment_policy: Policy,
    /// Who may issue credentials.
    pub issuers: Vec<Issuer>,
    /// Who may ask.
    pub operators: Vec<Operator>,
}

fn default_idle_lock_s() -> i64 {
    300
}

/// A reason for a verification.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Stable code.
    pub code: String,
    /// Japanese text.
    pub ja: String,
    /// English text.
    pub en: String,
    /// Identifier of the policy that goes with it.
    pub policy: String,
}

/// A credential issuer and its pinned root.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The issuer's URL, equal to the certificate's `iss`.
    pub url: String,
    /// Its ES256 root key.
    pub root: P256Jwk,
}

/// A person at the desk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Identifier, unique over all tenants.
    pub id: String,
    /// Name, seen by the operator.
    pub name: Localized,
    /// What the customer's phone shows.
    pub label: Localized,
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
        if self.tenants.is_empty() {
            return Err(invalid("no tenants"));
        }
        let mut tenants = HashSet::new();
        let mut operators = HashSet::new();
        for tenant in &self.tenants {
            if !tenants.insert(&tenant.id) {
                return Err(invalid(format!("tenant {} stands twice", tenant.id)));
            }
            for operator in &tenant.operators {
                if !operators.insert(&operator.id) {
                    return Err(invalid(format!("operator {} stands twice", operator.id)));
                }
            }
            tenant.check()?;
        }
        Ok(())
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

impl Tenant {
    fn check(&self) -> Result<(), ConfigError> {
        let at = |what: &str| invalid(format!("tenant {}: {what}", self.id));
        let plain = |s: &str| {
            !s.is_empty() && s.len() <= 64 && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        if !plain(&self.id) {
            return Err(at("id must be letters, digits, '-', '_', '.'"));
        }
        jiff::tz::TimeZone::get(&self.zone).map_err(|_| at("unknown time zone"))?;
        if self.idle_lock_s <= 0 {
            return Err(at("idle_lock_s must be positive"));
        }
        if self.issuers.is_empty() {
            return Err(at("no issuers"));
        }
        for policy in self.policies.iter().chain([&self.enrolment_policy]) {
            policy.validate().map_err(|e| at(&format!("policy {}: {e}", policy.id)))?;
            // Without it a credential of somebody else would do: for an enrolment, anybody's; for a call, one that was
            // issued to the same holder secret.
            if !policy.asks_for_holder() {
                return Err(at(&format!(
                    "policy {} does not ask for the account holder (subject EQ handle)",
                    policy.id
                )));
            }
        }
        for purpose in &self.purposes {
            if !plain(&purpose.code) {
                return Err(at("purpose code must be letters, digits, '-', '_', '.'"));
            }
            if !self.policies.iter().any(|p| p.id == purpose.policy) {
                return Err(at(&format!("purpose {} names an unknown policy", purpose.code)));
            }
        }
        let texts = self
            .purposes
            .iter()
            .flat_map(|p| [&p.ja, &p.en])
            .chain([
                &self.display.name.ja,
                &self.display.name.en,
                &self.display.desk.ja,
                &self.display.desk.en,
                &self.display.number,
            ])
            .chain(self.operators.iter().flat_map(|o| [&o.name.ja, &o.name.en, &o.label.ja, &o.label.en]));
        for text in texts {
            honnin_protocol::guard::display_text(text).map_err(|e| at(&format!("text refused: {e}")))?;
        }
        if self.operators.iter().any(|o| !plain(&o.id)) {
            return Err(at("operator id must be letters, digits, '-', '_', '.'"));
        }
        Ok(())
    }

    /// The policy of this identifier, if the tenant has it.
    pub fn policy(&self, id: &str) -> Option<&Policy> {
        self.policies.iter().find(|p| p.id == id)
    }

    /// The purpose of this code, if the tenant has it.
    pub fn purpose(&self, code: &str) -> Option<&Purpose> {
        self.purposes.iter().find(|p| p.code == code)
    }
}

fn invalid(reason: impl Into<String>) -> ConfigError {
    ConfigError::Invalid(reason.into())
}
