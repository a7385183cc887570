//! `honnin setup`: parameters on disk. Each file is written beside its name and renamed, the manifest last, so that
//! a folder with a manifest is whole.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result};
use honnin_circuits::CircuitVersion;
use honnin_prover::{
    circuit::shape,
    keys::{ProvingKey, sha256},
};
use rand::rngs::OsRng;
use serde::Serialize;

/// What `manifest.json` holds.
#[derive(Serialize)]
struct Manifest {
    version: u32,
    constraints: usize,
    domain: usize,
    pk_sha256: String,
    vk_sha256: String,
    /// `development`: made by one party.
    ceremony: &'static str,
}

/// Makes and writes development parameters.
pub fn development(out: &Path) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    let key = ProvingKey::development(&mut OsRng);
    let (pk, vk) = (key.to_bytes(), key.verifying_key_bytes());
    let manifest = Manifest {
        version: CircuitVersion::V1.into(),
        constraints: shape().constraints(),
        domain: shape().domain(),
        pk_sha256: hex::encode(sha256(&pk)),
        vk_sha256: hex::encode(sha256(&vk)),
        ceremony: "development",
    };
    write(out, "circuit.pk", &pk)?;
    write(out, "circuit.vk", &vk)?;
    write(out, "manifest.json", &serde_json::to_vec_pretty(&manifest)?)?;
    eprintln!("wrote development parameters to {}: made by one party, not for production", out.display());
    Ok(())
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let (temporary, path) = (dir.join(format!(".{name}.new")), dir.join(name));
    let mut file = fs::File::create(&temporary).with_context(|| format!("cannot write {}", temporary.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, &path).with_context(|| format!("cannot write {}", path.display()))
}
