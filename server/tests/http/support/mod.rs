//! The service, a desk and a phone, all real but for the way the proof is made.

pub mod authenticator;
pub mod phone;
pub mod service;
pub mod simulator;
pub mod stream;

pub use phone::Phone;
pub use service::{Answer, Desk, Service};
