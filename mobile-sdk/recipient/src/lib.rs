//! Sealed boxes: attributes that a phone sends to one recipient through people and machines that must not read them.
//!
//! A recipient gives [`open()`] its key, the box and what the proof is known to have committed to (from a receipt that
//! was checked, or from the webhook of a service that it trusts), and gets the values only if they are what was proven.
//! The phone seals with [`seal()`]; both ends are one code.
//!
//! Invariant: no I/O, no clock, no generator; a value leaves only through [`Opened`].

mod document;
mod key;
mod open;
mod seal;
mod suite;

pub use document::{Contents, DocumentError};
pub use key::{KeyError, RecipientKey};
pub use open::{Expected, OpenError, Opened, open};
pub use seal::{SealError, seal};
