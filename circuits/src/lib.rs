//! The statement that a Honnin proof makes, without the prover.
//!
//! A credential holds 16 attributes ([`schema`], [`credential`]), signed by an issuer ([`schnorr`]) for a
//! holder who alone knows a secret ([`holder`]). A [`statement::Statement`] is what is proven about it in
//! public; [`statement::Statement::check`] is the *native twin*: it says in plain Rust what the constraint
//! system says in rows, and names the clause that fails. [`verify`] decodes and verifies proofs.
//!
//! Invariant: this crate knows no HTTP, no SQL and no prover; the server links this crate alone.

pub mod batch;
mod coefficients;
pub mod credential;
pub mod encoding;
pub mod holder;
mod input_tables;
pub mod jubjub;
mod miller;
pub mod poseidon;
pub mod predicate;
pub mod schema;
pub mod schnorr;
#[cfg(test)]
mod simulator;
pub mod statement;
mod subgroup;
pub mod verify;

pub use ark_bn254::Fr;

/// Version of the statement: rows, order of public inputs, hashes. Raised with any change of shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum CircuitVersion {
    /// The statement of `circuits/README.md`.
    V1,
}

impl From<CircuitVersion> for u32 {
    fn from(v: CircuitVersion) -> u32 {
        match v {
            CircuitVersion::V1 => 1,
        }
    }
}

impl TryFrom<u32> for CircuitVersion {
    type Error = UnknownVersion;
    fn try_from(v: u32) -> Result<Self, UnknownVersion> {
        match v {
            1 => Ok(Self::V1),
            other => Err(UnknownVersion(other)),
        }
    }
}

/// A circuit version this build does not know.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("circuit version {0} is not known")]
pub struct UnknownVersion(pub u32);
