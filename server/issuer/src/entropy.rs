//! Randomness and time as arguments.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use honnin_protocol::encoding::b64u;
use rand::rngs::OsRng;
use rand::{CryptoRng, RngCore};
use sha2::{Digest as _, Sha256};

trait SecureRng: RngCore + CryptoRng + Send {}
impl<T: RngCore + CryptoRng + Send> SecureRng for T {}

/// A shared source of random bytes.
#[derive(Clone)]
pub struct Entropy(Arc<Mutex<Box<dyn SecureRng>>>);

impl Entropy {
    /// The operating system's generator.
    pub fn system() -> Self {
        Self::from_rng(OsRng)
    }

    /// Any cryptographic generator.
    pub fn from_rng(rng: impl RngCore + CryptoRng + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(rng))))
    }

    /// Runs `f` with the generator.
    pub fn with<T>(&self, f: impl FnOnce(&mut dyn RngCore) -> T) -> T {
        f(self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut())
    }

    /// `N` fresh bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.with(|rng| rng.fill_bytes(&mut out));
        out
    }

    /// A bearer secret of 256 bits, b64u.
    pub fn token(&self) -> String {
        b64u(self.bytes::<32>())
    }
}

/// Milliseconds since the epoch, from whatever clock was given.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::from_fn(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }

    /// Any clock.
    pub fn from_fn(clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    /// Milliseconds since the epoch.
    pub fn now(&self) -> i64 {
        (self.0)()
    }

    /// Seconds since the epoch.
    pub fn now_s(&self) -> u64 {
        u64::try_from(self.now() / 1000).unwrap_or(0)
    }
}

/// What is stored in place of a bearer secret: SHA-256, hex. The secrets have 128 bits or more, so no salt is needed.
pub fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
