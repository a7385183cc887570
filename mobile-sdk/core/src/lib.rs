//! What a phone does with its secrets, the same on every platform: make a holder secret, check a credential, prepare
//! and finish proofs. Bytes and JSON in, bytes and JSON out; time and randomness are arguments. Storing things
//! encrypted, showing screens and talking to servers belong to the app around it.
//!
//! Invariant: a value of an attribute leaves this crate only inside a credential document that the app already holds.

pub mod error;
pub mod finished;
pub mod holder;
pub mod policy;
pub mod state;
pub mod wallet;

pub use error::SdkError;
pub use finished::Finished;
pub use holder::Holder;
pub use state::{ProverKey, Session, State};
pub use wallet::Wallet;
