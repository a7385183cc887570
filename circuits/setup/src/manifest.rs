//! `manifest.json`: what the keys beside it are and how they came to be. Servers refuse keys whose manifest does not
//! name a ceremony, unless they were started in development mode.

use honnin_circuits::CircuitVersion;
use honnin_prover::{circuit::shape, keys::sha256};
use serde::{Deserialize, Serialize};

use crate::{derive::Beacon, key_file::KeyFile, ptau::Ptau};

/// The whole document.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Circuit version.
    pub version: u32,
    /// Rows of the constraint system.
    pub constraints: usize,
    /// Size of the evaluation domain.
    pub domain: usize,
    /// SHA-256 of `circuit.pk`, hex.
    pub pk_sha256: String,
    /// SHA-256 of `circuit.vk`, hex.
    pub vk_sha256: String,
    /// Where the parameters come from.
    pub ceremony: Origin,
}

/// Where parameters come from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Origin {
    /// The word `development`: made by one party, who could forge proofs.
    Development(String),
    /// A verified ceremony.
    Ceremony(Ceremony),
}

/// Of a ceremony that `honnin setup verify` accepted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ceremony {
    /// BLAKE2b over circuit and contributions, hex.
    pub transcript: String,
    /// People who contributed to phase 2, the beacon not counted.
    pub contributions: usize,
    /// Names and hashes in order, the beacon last.
    pub contributors: Vec<Contributor>,
    /// The public value of the beacon, hex.
    pub beacon: String,
    /// log2 of the beacon's number of hashes.
    pub beacon_iterations_log2: u8,
    /// SHA-256 of the final `.zkey`, hex.
    pub key_file_sha256: String,
    /// SHA-256 of the powers-of-tau file, hex.
    pub powers_of_tau_sha256: String,
    /// People who contributed to the powers of tau.
    pub powers_of_tau_contributions: usize,
}

/// One contribution.
#[derive(Debug, Serialize, Deserialize)]
pub struct Contributor {
    /// As given; nothing binds it.
    pub name: String,
    /// What the contributor published, hex.
    pub hash: String,
}

impl Manifest {
    /// For keys of any origin.
    pub fn new(proving: &[u8], verifying: &[u8], ceremony: Origin) -> Self {
        Self {
            version: CircuitVersion::V1.into(),
            constraints: shape().constraints(),
            domain: shape().domain(),
            pk_sha256: hex::encode(sha256(proving)),
            vk_sha256: hex::encode(sha256(verifying)),
            ceremony,
        }
    }

    /// The document's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("strings and numbers")
    }
}

impl Ceremony {
    /// Of verified files; the bytes are those that were read.
    pub fn new(key: &KeyFile, key_bytes: &[u8], ptau: &Ptau, ptau_bytes: &[u8], beacon: &Beacon) -> Self {
        Self {
            transcript: hex::encode(key.transcript_hash()),
            contributions: key.contributions.iter().filter(|c| c.beacon.is_none()).count(),
            contributors: key
                .contributions
                .iter()
                .map(|c| Contributor { name: c.label(), hash: hex::encode(c.hash()) })
                .collect(),
            beacon: hex::encode(&beacon.value),
            beacon_iterations_log2: beacon.exponent,
            key_file_sha256: hex::encode(sha256(key_bytes)),
            powers_of_tau_sha256: hex::encode(sha256(ptau_bytes)),
            powers_of_tau_contributions: ptau.contributions.iter().filter(|c| c.beacon.is_none()).count(),
        }
    }
}
