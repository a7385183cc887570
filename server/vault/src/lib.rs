//! Secrets at rest: what stands between a copied database and the people in it.
//!
//! ```text
//! key-encryption key (file, environment or PKCS#11; never in the database)
//!   └ wraps, per organisation:  data keys, one a version   ── seal fields, bound to their place
//!                               one index key              ── blind indexes, equal for equal values
//! ```
//!
//! The database holds [`WrappedKey`]s, sealed fields and blind indexes, and none of them says anything without the
//! key-encryption key. [`Keyring`] is what a process works with.
//!
//! Invariant: no SQL, no HTTP, no clock and no generator of its own. Times are Unix milliseconds and come in as
//! arguments, so do random bytes, which must be fresh from a cryptographic generator each time.

mod aead;
pub mod data_key;
pub mod index;
pub mod kek;
pub mod keyring;
mod place;
mod secret;
pub mod status;
mod wrapped;

pub use data_key::{DataKey, OpenError, SealError};
pub use index::IndexKey;
pub use kek::{KekError, KekId, KekSource, KeyEncryptionKey, PinSource};
pub use keyring::{Keyring, KeyringError};
pub use place::Place;
pub use status::KeyStatus;
pub use wrapped::{KeyKind, WrappedKey, WrappedKeyError};
