//! `honnin export`: our files in the formats that other tools read.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ark_ff::UniformRand;
use clap::Subcommand;
use honnin_circuits::Fr;
use honnin_prover::{
    circuit::{assignment, shape},
    direct::prove,
    example::example,
    keys::{ProvingKey, sha256},
};
use honnin_setup::{
    circuit::{Circuit, wtns},
    files, json,
    manifest::Manifest,
};
use rand::rngs::OsRng;

#[derive(Subcommand)]
pub enum Export {
    /// The constraint system (.r1cs).
    R1cs { output: PathBuf },
    /// The witness of a made-up person (.wtns), for judging the constraint system. A witness holds every secret in the
    /// clear, so no real person's can be exported.
    WtnsExample { output: PathBuf },
    /// The verifying key as snarkjs' JSON.
    Vk {
        /// Folder with circuit.vk and manifest.json.
        #[arg(long)]
        keys: PathBuf,
        output: PathBuf,
    },
    /// proof.json and public.json of the made-up person, proven now.
    ProofExample {
        /// Folder with circuit.pk and manifest.json.
        #[arg(long)]
        keys: PathBuf,
        /// Folder for both.
        output: PathBuf,
    },
}

impl Export {
    pub fn run(self) -> Result<()> {
        match self {
            Self::R1cs { output } => files::write(&output, &Circuit::from(shape()).to_r1cs())?,
            Self::WtnsExample { output } => {
                let (statement, witness) = example();
                files::write(&output, &wtns(&assignment(&statement, &witness)))?;
            }
            Self::Vk { keys, output } => {
                let (bytes, _) = pinned(&keys, "circuit.vk", |manifest| &manifest.vk_sha256)?;
                files::write(&output, json::key_to_json(&bytes)?.as_bytes())?;
            }
            Self::ProofExample { keys, output } => {
                let (bytes, hash) = pinned(&keys, "circuit.pk", |manifest| &manifest.pk_sha256)?;
                let key = ProvingKey::load(&bytes, &hash)?;
                let (statement, witness) = example();
                let proof = prove(&key, &statement, &witness, Fr::rand(&mut OsRng), Fr::rand(&mut OsRng))?;
                std::fs::create_dir_all(&output).with_context(|| format!("cannot make {}", output.display()))?;
                files::write(&output.join("public.json"), json::inputs_to_json(&statement.public_inputs()).as_bytes())?;
                files::write(&output.join("proof.json"), json::proof_to_json(&proof).as_bytes())?;
            }
        }
        Ok(())
    }
}

/// A key file that is the one its manifest names.
fn pinned(dir: &Path, name: &str, hash: impl Fn(&Manifest) -> &String) -> Result<(Vec<u8>, [u8; 32])> {
    let manifest: Manifest = serde_json::from_slice(&files::read(&dir.join("manifest.json"), 1 << 20)?)
        .with_context(|| format!("{}: not a manifest", dir.display()))?;
    let bytes = files::read(&dir.join(name), files::KEY_LIMIT)?;
    let found = sha256(&bytes);
    anyhow::ensure!(hex::encode(found) == *hash(&manifest), "{name}: not the key that manifest.json names");
    Ok((bytes, found))
}
