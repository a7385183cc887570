//! The configuration, from a file and the environment, checked before anything starts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use honnin_settings::{Environment, SettingsError};
use serde::Deserialize;
use url::Url;

/// Why a configuration was refused; for the person who starts the issuer.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// File or environment are not the expected document.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The document is well formed and says something impossible.
    #[error("configuration: {0}")]
    Invalid(&'static str),
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

/// The whole file. See `server/issuer/README.md` for an example.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// The issuer's URL as phones see it: its identifier in offers, proofs and certificates.
    pub public_url: Url,
    /// The verification server, whose origin serves the phone app.
    pub server_url: Url,
    /// Certificate authority of that server, PEM, where it is none that everybody knows.
    pub server_ca: Option<PathBuf>,
    /// Tenant that credentials are for.
    pub tenant: String,
    /// Folder of database and keys; made when missing.
    pub data_dir: PathBuf,
    /// Customers, `*.csv` or `*.json`.
    pub customers: PathBuf,
    /// Serve HTTPS itself when given.
    pub tls: Option<Tls>,
    /// Seconds an offer lives.
    #[serde(default = "ten_minutes")]
    pub offer_ttl_s: u32,
    /// Seconds an access token lives.
    #[serde(default = "ten_minutes")]
    pub token_ttl_s: u32,
    /// Days a credential is valid.
    #[serde(default = "two_years")]
    pub credential_valid_days: u32,
}

fn ten_minutes() -> u32 {
    600
}

fn two_years() -> u32 {
    730
}

impl Config {
    /// Reads and checks a file (JSON when it is named `*.json`, else TOML), with what the environment sets as
    /// `HONNIN_ISSUER__KEY` laid over it.
    ///
    /// # Errors
    /// [`ConfigError`] says which file or variable, and which key.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let environment = Environment::of("HONNIN_ISSUER", std::env::vars_os())?;
        let config: Self = honnin_settings::load(Some(path), &environment)?;
        config.check()?;
        Ok(config)
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the first thing that is wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        for url in [&self.public_url, &self.server_url] {
            let loopback = match url.host() {
                Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
                Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
                Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
                None => false,
            };
            if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
                return Err(ConfigError::Invalid("public_url and server_url must be https, or http on loopback"));
            }
            if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
                return Err(ConfigError::Invalid("public_url and server_url hold scheme, host and port only"));
            }
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if self.tenant.is_empty() || self.tenant.len() > 64 || !self.tenant.bytes().all(plain) {
            return Err(ConfigError::Invalid("tenant must be letters, digits, '-', '_', '.'"));
        }
        let lives = [self.offer_ttl_s, self.token_ttl_s];
        if lives.iter().any(|s| !(1..=86_400).contains(s)) {
            return Err(ConfigError::Invalid("offer_ttl_s and token_ttl_s must be 1 to 86400"));
        }
        if !(1..=3650).contains(&self.credential_valid_days) {
            return Err(ConfigError::Invalid("credential_valid_days must be 1 to 3650"));
        }
        Ok(())
    }

    /// The issuer's identifier: no trailing slash.
    pub fn issuer(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// The phone app's origin.
    pub fn server(&self) -> String {
        self.server_url.origin().ascii_serialization()
    }

    /// Whether browsers reach the issuer over TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}
