//! The service, a desk and a phone, all real but for the way the proof is made.

pub mod authenticator;
#[path = "../../../../tests/src/canary.rs"]
#[allow(dead_code, reason = "the search that whole calls use; not all of it is wanted here")]
pub mod canary;
pub mod listening;
pub mod oidc_provider;
pub mod phone;
pub mod provider;
pub mod push_service;
pub mod receiver;
pub mod service;
pub mod simulator;
pub mod stream;

pub use phone::Phone;
pub use service::{Answer, Desk, Service};
