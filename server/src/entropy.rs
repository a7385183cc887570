//! Randomness as an argument: the operating system's in service, a seeded stream in tests.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

    /// `N` fresh bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.with(|rng| rng.fill_bytes(&mut out));
        out
    }

    /// A bearer secret of 256 bits, b64u.
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// An even choice below `bound`.
    pub fn below(&self, bound: u32) -> u32 {
        use rand::Rng as _;
        let mut out = 0;
        self.with(|rng| out = rng.gen_range(0..bound));
        out
    }

    /// Runs `f` with the generator.
    pub fn with(&self, f: impl FnOnce(&mut dyn RngCore)) {
        f(self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut());
    }
}

/// What is stored in place of a bearer secret: SHA-256, hex. The secret has 256 bits, so no salt is needed.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
