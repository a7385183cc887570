//! The ceremony that makes the circuit's parameters so that nobody can forge proofs unless all who took part collude,
//! and the file formats in which other tools judge our work (iden3's, as snarkjs reads and writes them).
//!
//! Invariant: no clock and no randomness of its own; whoever calls brings both.

pub mod circuit;
mod contribute;
pub mod derive;
pub mod error;
pub mod files;
mod finish;
mod initial;
pub mod json;
pub mod key_file;
pub mod key_verify;
pub mod manifest;
pub mod pairing;
pub mod points;
mod prepare;
pub mod ptau;
mod ptau_verify;
pub mod sections;
pub use finish::Finished;
