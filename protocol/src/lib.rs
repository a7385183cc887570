//! Every byte of `docs/protocol.md`: what crosses a boundary between phone, issuer, server and console.
//!
//! Types decode strictly (unknown members, loose encodings and values out of range are refused) and encode in
//! one way only. Time and randomness are arguments, so the crate runs unchanged natively and as WASM.
//!
//! Invariant: no I/O, no clock, no generator, no prover.

pub mod approval;
pub mod assertion;
pub mod certificate;
pub mod credential;
pub mod currency;
pub mod date;
pub mod device;
pub mod disclosure;
pub mod encoding;
pub mod guard;
pub mod ids;
pub mod issuance;
pub mod jwk;
pub mod jws;
pub mod notice;
pub mod policy;
pub mod possession;
pub mod reference;
pub mod region;
pub mod revocation;
pub mod sealed;
pub mod spoken;
pub mod statement;
pub mod subject;
pub mod text;
