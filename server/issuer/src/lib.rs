//! The enterprise's own issuer. It alone, with the phone, ever holds attribute values.
//!
//! Customers come from a file ([`customers`]); a clerk makes single-use offers; the phone redeems one by
//! OpenID4VCI's pre-authorized code flow ([`http`]) and receives a credential signed over its holder commitment,
//! never its holder secret. Keys lie in files of their own ([`keys`]).
//!
//! Invariant: no log line carries a handle, a value, a token or a key.

pub mod app;
pub mod config;
pub mod customers;
pub mod entropy;
pub mod http;
pub mod keys;
pub mod page;
pub mod revocations;
pub mod serve;
pub mod store;
