//! What remains of a call: an append-only Merkle log ([`log`]), its signed checkpoints ([`checkpoint`]), receipts that
//! stand alone ([`receipt`]) and bundles for an auditor ([`bundle`]). `docs/protocol.md`, "Evidence", has every byte.
//!
//! Invariant: no SQL, no HTTP, no prover, no clock, no generator. Whoever verifies needs the files and the keys they
//! trust, and nobody's service.

pub mod bundle;
pub mod checkpoint;
pub mod entry;
pub mod log;
pub mod note;
pub mod receipt;
