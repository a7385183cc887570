//! Issuer keys that were checked once: checking a point's order and deriving what the constraints read of a key costs
//! more than the rest of a statement, and a tenant has few keys.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use honnin_circuits::jubjub::PointError;
use honnin_circuits::schnorr::PublicKey;

/// Keys kept at most; some 300 bytes each. Only certified keys come here, so more than that is no normal day.
const MOST: usize = 1024;

/// Checked keys by their hex coordinates.
#[derive(Debug, Default)]
pub struct IssuerKeys(Mutex<HashMap<(String, String), PublicKey>>);

impl IssuerKeys {
    /// The key of two hex coordinates, checked now or before.
    ///
    /// # Errors
    /// As [`PublicKey::from_xy_hex`]; what was refused is not kept.
    pub fn get(&self, x: &str, y: &str) -> Result<PublicKey, PointError> {
        let name = (x.to_owned(), y.to_owned());
        if let Some(key) = self.lock().get(&name) {
            return Ok(*key);
        }
        // Outside the lock: it takes a tenth of a millisecond.
        let key = PublicKey::from_xy_hex(x, y)?;
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(name, key);
        Ok(key)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), PublicKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use honnin_circuits::schnorr::SigningKey;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    #[test]
    fn keeps_checked_keys_and_no_others() {
        let keys = IssuerKeys::default();
        let key = SigningKey::generate(&mut StdRng::seed_from_u64(1)).public();
        let (x, y) = key.to_xy_hex();
        for _ in 0..2 {
            assert_eq!(keys.get(&x, &y), Ok(key));
            assert_eq!(keys.get(&x, &x), Err(PointError::OffCurve));
        }
        assert_eq!(keys.lock().len(), 1);
    }

    #[test]
    fn never_grows_past_its_bound() {
        let keys = IssuerKeys::default();
        let key = SigningKey::generate(&mut StdRng::seed_from_u64(1)).public();
        for i in 0..MOST {
            keys.lock().insert((i.to_string(), String::new()), key);
        }
        let (x, y) = key.to_xy_hex();
        assert_eq!(keys.get(&x, &y), Ok(key));
        assert_eq!(keys.lock().len(), 1);
    }
}
