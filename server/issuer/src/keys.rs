//! The issuer's two keys, each a file of mode 0600: the ES256 root, and the Baby Jubjub key that it certifies.
//! The issuing file is read anew for every signature, so a rotation takes effect at once.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use honnin_circuits::schema::SCHEMA_NAME;
use honnin_circuits::schnorr;
use honnin_protocol::certificate::{self, IssuerCertificate, PointHex};
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::revocation::{self, Revocation};
use p256::ecdsa;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::entropy::Entropy;

const DAY_S: u64 = 86_400;
/// A certificate begins a little early: clocks differ.
const SKEW_S: u64 = 300;

/// Why keys cannot be had. Nothing of a key's bytes is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A file does not hold a key.
    #[error("{0} does not hold a valid key")]
    Content(PathBuf),
    /// Others may read a key file.
    #[error("{0} may be read by others; its mode must be 0600")]
    Mode(PathBuf),
}

/// What certificates say.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Issuer URL.
    pub issuer: String,
    /// Tenant.
    pub tenant: String,
    /// Days that credentials live; a certificate outlives every credential signed under it.
    pub credential_days: u32,
}

/// The folder of the keys.
#[derive(Clone, Debug)]
pub struct Keyring {
    dir: PathBuf,
    terms: Terms,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct IssuingFile {
    key_id: String,
    secret: String,
    certificate: String,
}

/// The key that signs credentials, with its certificate.
pub struct Issuing {
    /// Signs.
    pub key: schnorr::SigningKey,
    /// Compact JWS.
    pub certificate: String,
    /// Its claims.
    pub claims: IssuerCertificate,
}

impl Keyring {
    /// Opens the folder; makes the keys on first start, and a new certificate when the old one would not outlive
    /// a credential issued today.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(dir: &Path, terms: Terms, entropy: &Entropy, now_s: u64) -> Result<Self, KeyError> {
        fs::create_dir_all(dir).map_err(|source| KeyError::Io { path: dir.into(), source })?;
        let ring = Self { dir: dir.into(), terms };
        if !ring.root_path().exists() {
            let secret = Zeroizing::new(hex::encode(*new_root(entropy)));
            write_secret(&ring.root_path(), secret.as_bytes())?;
        }
        if ring.issuing_path().exists() {
            let file = ring.read_issuing()?;
            let root = ring.root_jwk()?;
            let current = certificate::verify(&file.certificate, &root, now_s).ok();
            let fits = |c: &IssuerCertificate| {
                c.iss == ring.terms.issuer && c.tenant == ring.terms.tenant && c.exp > now_s + ring.credential_s()
            };
            if !current.as_ref().is_some_and(fits) {
                let key = ring.secret(&file)?;
                ring.certify(&key, file.key_id.clone(), now_s)?;
            }
        } else {
            ring.rotate(entropy, now_s)?;
        }
        Ok(ring)
    }

    /// Replaces the Baby Jubjub key by a fresh one under the same root. Credentials of the old key stay valid until
    /// its certificate ends.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn rotate(&self, entropy: &Entropy, now_s: u64) -> Result<String, KeyError> {
        let key = entropy.with(|mut rng| schnorr::SigningKey::generate(&mut rng));
        let key_id = format!("bjj-{}", hex::encode(entropy.bytes::<4>()));
        self.certify(&key, key_id.clone(), now_s)?;
        Ok(key_id)
    }

    /// The root's public key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn root_jwk(&self) -> Result<P256Jwk, KeyError> {
        Ok(P256Jwk::from(*self.root()?.verifying_key()))
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn issuing(&self, now_s: u64) -> Result<Issuing, KeyError> {
        let file = self.read_issuing()?;
        let claims = certificate::verify(&file.certificate, &self.root_jwk()?, now_s)
            .map_err(|_| KeyError::Content(self.issuing_path()))?;
        let key = self.secret(&file)?;
        if PointHex::of(&key.public()) != claims.key {
            return Err(KeyError::Content(self.issuing_path()));
        }
        Ok(Issuing { key, certificate: file.certificate.clone(), claims })
    }

    /// Signs the word that a customer's phones are over.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn revoke(&self, revocation: &Revocation) -> Result<String, KeyError> {
        Ok(revocation::sign(revocation, &self.root()?))
    }

    fn certify(&self, key: &schnorr::SigningKey, key_id: String, now_s: u64) -> Result<(), KeyError> {
        let claims = IssuerCertificate {
            iss: self.terms.issuer.clone(),
            tenant: self.terms.tenant.clone(),
            schema: SCHEMA_NAME.into(),
            key: PointHex::of(&key.public()),
            key_id: key_id.clone(),
            nbf: now_s.saturating_sub(SKEW_S),
            exp: now_s + 2 * self.credential_s() + 30 * DAY_S,
        };
        let file = IssuingFile {
            key_id,
            secret: hex::encode(*key.to_bytes()),
            certificate: certificate::sign(&claims, &self.root()?),
        };
        let json = serde_json::to_vec(&file).map_err(|_| KeyError::Content(self.issuing_path()))?;
        write_secret(&self.issuing_path(), &Zeroizing::new(json))
    }

    fn credential_s(&self) -> u64 {
        u64::from(self.terms.credential_days) * DAY_S
    }

    fn root(&self) -> Result<ecdsa::SigningKey, KeyError> {
        let text = read_secret(&self.root_path())?;
        let bytes = decode(&text).ok_or_else(|| KeyError::Content(self.root_path()))?;
        ecdsa::SigningKey::from_slice(&*bytes).map_err(|_| KeyError::Content(self.root_path()))
    }

    fn read_issuing(&self) -> Result<IssuingFile, KeyError> {
        let text = read_secret(&self.issuing_path())?;
        serde_json::from_str(&text).map_err(|_| KeyError::Content(self.issuing_path()))
    }

    fn secret(&self, file: &IssuingFile) -> Result<schnorr::SigningKey, KeyError> {
        let wrong = || KeyError::Content(self.issuing_path());
        let bytes = decode(&file.secret).ok_or_else(wrong)?;
        schnorr::SigningKey::from_bytes(&bytes).map_err(|_| wrong())
    }

    fn root_path(&self) -> PathBuf {
        self.dir.join("root.key")
    }

    fn issuing_path(&self) -> PathBuf {
        self.dir.join("issuing.json")
    }
}

fn new_root(entropy: &Entropy) -> Zeroizing<[u8; 32]> {
    loop {
        let bytes = Zeroizing::new(entropy.bytes::<32>());
        if ecdsa::SigningKey::from_slice(&*bytes).is_ok() {
            return bytes;
        }
    }
}

fn decode(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(text.trim(), &mut *bytes).ok()?;
    Some(bytes)
}

fn read_secret(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let io = |source| KeyError::Io { path: path.into(), source };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(path).map_err(io)?.permissions().mode() & 0o077 != 0 {
            return Err(KeyError::Mode(path.into()));
        }
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(io)
}

/// Makes a folder that only its owner enters: personal data and keys lie in it.
///
/// # Errors
/// Whatever the file system answers.
pub fn private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file of mode 0600 in one step: readers see the old one or the new one.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let io = |source| KeyError::Io { path: path.into(), source };
    let dir = path.parent().unwrap_or(Path::new("."));
    // A temporary file is made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|e| io(e.error))?;
    Ok(())
}
