//! The circuit's keys, as they lie on disk: pinned by hash, and with a manifest that says where they come from.
//!
//! Whoever makes parameters alone can forge proofs with them. So the server asks for a ceremony of several people and
//! starts on one party's parameters in development mode only.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use honnin_circuits::verify::{KeyError, VerifyingKey};
use honnin_circuits::{CircuitVersion, UnknownVersion};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::config::Keys;

/// Contributors each phase of a ceremony needs; one alone would know the secret.
const CONTRIBUTORS: usize = 2;
/// A manifest is some kilobytes, a verifying key less than one, a proving key 1.6 MB.
const MOST_BYTES: u64 = 64 << 20;

/// Why the server does not start on these keys.
#[derive(Debug, thiserror::Error)]
pub enum ParametersError {
    /// A file is missing or cannot be read.
    #[error("{0}: {1}")]
    Read(String, std::io::Error),
    /// A file is far larger than it can be.
    #[error("{0}: too large")]
    TooLarge(String),
    /// A pinned hash in the configuration is not one.
    #[error("a pinned hash is 64 hex digits")]
    Pin,
    /// A file's SHA-256 is not the configuration's.
    #[error("{0}: the file's hash is not the pinned one")]
    NotPinned(&'static str),
    /// A file's SHA-256 is not the manifest's.
    #[error("manifest.json: its hash of {0} is another file's")]
    ManifestHash(&'static str),
    /// The manifest is not the document that `honnin setup` writes, or a member is missing.
    #[error("manifest.json: {0}")]
    Manifest(String),
    /// Keys of a circuit version that this server does not know.
    #[error("manifest.json: {0}")]
    Version(#[from] UnknownVersion),
    /// The parameters were made by one party.
    #[error(
        "these parameters were made by one party, who could forge proofs: run a ceremony (honnin setup, \
         docs/ceremony.md), or set development = true in the configuration where no real person is verified"
    )]
    Development,
    /// The manifest names a ceremony that is none.
    #[error("manifest.json: the ceremony's {0}")]
    Ceremony(&'static str),
    /// The verifying key is malformed or degenerate.
    #[error("circuit.vk: {0}")]
    Key(#[from] KeyError),
}

/// The document; members that only auditors need are not read.
#[derive(Deserialize)]
struct Manifest {
    version: u32,
    pk_sha256: String,
    vk_sha256: String,
    ceremony: Origin,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Origin {
    Word(String),
    Ceremony(Ceremony),
}

#[derive(Deserialize)]
struct Ceremony {
    transcript: String,
    contributions: usize,
    contributors: Vec<Contributor>,
    beacon: String,
    beacon_iterations_log2: u8,
    key_file_sha256: String,
    powers_of_tau_sha256: String,
    powers_of_tau_contributions: usize,
}

#[derive(Deserialize)]
struct Contributor {
    hash: String,
}

/// Keys that passed.
pub struct Parameters {
    /// Decoded.
    pub verifying: VerifyingKey,
    /// Size of `circuit.pk`, which the server hands out and never reads.
    pub proving_key_bytes: u64,
    /// Made by one party.
    pub development: bool,
}

/// Reads and checks `circuit.vk`, `circuit.pk` and `manifest.json`.
///
/// # Errors
/// [`ParametersError`] names the first thing that is wrong.
pub fn load(keys: &Keys, development: bool) -> Result<Parameters, ParametersError> {
    let (verifying, proving) = (read(&keys.dir, "circuit.vk")?, read(&keys.dir, "circuit.pk")?);
    let manifest: Manifest = serde_json::from_slice(&read(&keys.dir, "manifest.json")?)
        .map_err(|e| ParametersError::Manifest(e.to_string()))?;
    let files = [
        ("circuit.vk", &verifying, &keys.verifying_key_sha256, &manifest.vk_sha256),
        ("circuit.pk", &proving, &keys.proving_key_sha256, &manifest.pk_sha256),
    ];
    for (name, bytes, pinned, listed) in files {
        let found: [u8; 32] = Sha256::digest(bytes).into();
        if digest(pinned).ok_or(ParametersError::Pin)? != found {
            return Err(ParametersError::NotPinned(name));
        }
        if digest(listed) != Some(found) {
            return Err(ParametersError::ManifestHash(name));
        }
    }
    CircuitVersion::try_from(manifest.version)?;
    let made_by_one = match &manifest.ceremony {
        Origin::Word(word) if word == "development" => true,
        Origin::Word(_) => return Err(ParametersError::Manifest("an unknown ceremony".into())),
        Origin::Ceremony(ceremony) => {
            several(ceremony).map_err(ParametersError::Ceremony)?;
            false
        }
    };
    if made_by_one && !development {
        return Err(ParametersError::Development);
    }
    Ok(Parameters {
        verifying: VerifyingKey::load(&verifying, &Sha256::digest(&verifying).into())?,
        proving_key_bytes: proving.len() as u64,
        development: made_by_one,
    })
}

/// What the manifest must say of a ceremony. That it says the truth is what `honnin setup verify --keys` checks.
fn several(ceremony: &Ceremony) -> Result<(), &'static str> {
    let hex_of = |text: &str, bytes: usize| text.len() == 2 * bytes && hex::decode(text).is_ok();
    let claims = [
        ("transcript is not a hash", hex_of(&ceremony.transcript, 64)),
        ("contributors are fewer than two", ceremony.contributions >= CONTRIBUTORS),
        ("list of contributors has another length", ceremony.contributors.len() == ceremony.contributions + 1),
        ("contributors' hashes are none", ceremony.contributors.iter().all(|c| hex_of(&c.hash, 64))),
        ("beacon is missing", !ceremony.beacon.is_empty() && hex::decode(&ceremony.beacon).is_ok()),
        ("beacon has too few iterations", ceremony.beacon_iterations_log2 >= 10),
        ("key file is not named by a hash", hex_of(&ceremony.key_file_sha256, 32)),
        ("powers of tau are not named by a hash", hex_of(&ceremony.powers_of_tau_sha256, 32)),
        ("powers of tau have fewer than two contributors", ceremony.powers_of_tau_contributions >= CONTRIBUTORS),
    ];
    claims.iter().find(|(_, holds)| !holds).map_or(Ok(()), |(what, _)| Err(what))
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    hex::decode_to_slice(text, &mut out).ok().map(|()| out)
}

fn read(dir: &Path, name: &str) -> Result<Vec<u8>, ParametersError> {
    let path = dir.join(name);
    let shown = path.display().to_string();
    let failed = |e| ParametersError::Read(shown.clone(), e);
    let mut bytes = Vec::new();
    File::open(&path).map_err(failed)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES { Err(ParametersError::TooLarge(shown)) } else { Ok(bytes) }
}

#[cfg(test)]
#[path = "parameters_tests.rs"]
mod tests;
