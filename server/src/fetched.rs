//! What phones fetched a moment ago and will answer next: so that an answer need not ask the database the same again
//! before its proof is checked. Nothing here lets anybody through: the gate reads all of it anew.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::rounds::Examined;

/// Kept at most, some 8 KiB each; what does not fit is read again.
const MOST: usize = 1024;

/// Requests by verification and hash of the token that fetched them: each of a customer's phones fetches its own.
#[derive(Default)]
pub struct Fetched(Mutex<HashMap<(String, String), Examined>>);

impl Fetched {
    /// Keeps what a phone fetched.
    pub fn keep(&self, token_hash: String, fetched: Examined) {
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.retain(|_, old| old.record.expires_at > fetched.now);
        }
        if kept.len() < MOST {
            kept.insert((fetched.record.id.clone(), token_hash), fetched);
        }
    }

    /// Hands it out, once, to the token that fetched it.
    pub fn take(&self, verification: &str, token_hash: &str) -> Option<Examined> {
        self.lock().remove(&(verification.to_owned(), token_hash.to_owned()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Examined>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
