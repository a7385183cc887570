//! TLS from PEM files: certificates, keys, and who certifies machines. Read again while serving.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};

use crate::config::{MachineListener, Tls};

/// Why TLS cannot be served. Names files, never what a key file holds.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or holds no PEM of the wanted kind.
    #[error("{path}: {reason}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// The certificate is not the key's.
    #[error("{key} is not the key of the certificate in {cert}")]
    Mismatch {
        /// The chain's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A certificate or key that TLS cannot use.
    #[error("{path}: {source}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// rustls's reason.
        source: rustls::Error,
    },
    /// The authorities that certify machines cannot be used.
    #[error("{path}: {reason}")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// Files that one listener serves with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Certificate chain, PEM.
    pub cert: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
    /// Authorities of client certificates, PEM; asked for when given.
    pub client_ca: Option<PathBuf>,
}

impl From<&Tls> for Files {
    fn from(tls: &Tls) -> Self {
        Self { cert: tls.cert.clone(), key: tls.key.clone(), client_ca: None }
    }
}

impl From<&MachineListener> for Files {
    fn from(machines: &MachineListener) -> Self {
        Self { cert: machines.cert.clone(), key: machines.key.clone(), client_ca: Some(machines.client_ca.clone()) }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

impl Files {
    /// What the files say now.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn load(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = provider();
        let pair = self.pair(&provider)?;
        let unfit = |source| TlsError::Unfit { path: self.cert.clone(), source };
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(unfit)?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let refused = |reason: String| TlsError::Authorities { path: path.clone(), reason };
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|e| refused(e.to_string()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .map_err(|e| refused(e.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(pair)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn pair(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let chain = certificates(&self.cert)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|_| TlsError::Pem { path: self.key.clone(), reason: "no private key in PEM can be read" })?;
        CertifiedKey::from_der(chain, key, provider).map_err(|source| match source {
            rustls::Error::InconsistentKeys(_) => TlsError::Mismatch { cert: self.cert.clone(), key: self.key.clone() },
            source => TlsError::Unfit { path: self.cert.clone(), source },
        })
    }

    /// When each file was last changed; `None` where it is not there.
    pub fn changed(&self) -> Vec<Option<SystemTime>> {
        let paths = [Some(&self.cert), Some(&self.key), self.client_ca.as_ref()];
        paths.into_iter().flatten().map(|path| std::fs::metadata(path).ok()?.modified().ok()).collect()
    }
}

/// Until when the first certificate of a file is valid, seconds since the epoch.
///
/// # Errors
/// [`TlsError::Pem`].
pub fn valid_until(path: &Path) -> Result<i64, TlsError> {
    let unread = || TlsError::Pem { path: path.into(), reason: "the certificate does not read" };
    let chain = certificates(path)?;
    let first = chain.first().ok_or_else(unread)?;
    let (_, certificate) = x509_parser::parse_x509_certificate(first).map_err(|_| unread())?;
    Ok(certificate.validity().not_after.timestamp())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let refused = |reason| TlsError::Pem { path: path.into(), reason };
    let read = CertificateDer::pem_file_iter(path).map_err(|_| refused("it cannot be read"))?;
    let chain: Vec<_> = read.collect::<Result<_, _>>().map_err(|_| refused("it is no PEM"))?;
    if chain.is_empty() { Err(refused("it holds no certificate")) } else { Ok(chain) }
}
