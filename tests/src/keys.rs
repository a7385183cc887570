//! The circuit's parameters for tests and demo: made once with `honnin setup --development`, kept under `target`.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::program;

/// A folder with `circuit.pk`, `circuit.vk` and what its manifest says.
pub struct Keys {
    /// The folder.
    pub dir: PathBuf,
    /// Rows of the constraint system.
    pub constraints: u64,
    /// SHA-256 of `circuit.pk`, hex.
    pub pk_sha256: String,
    /// SHA-256 of `circuit.vk`, hex.
    pub vk_sha256: String,
}

/// The workspace's `target` folder.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the repository").join("target")
}

impl Keys {
    /// The keys in `target/keys`, made when they are missing or older than the program that makes them.
    ///
    /// # Errors
    /// When the program is missing or fails.
    pub fn ready() -> Result<Self> {
        let setup = program("honnin")?;
        let dir = target().join("keys");
        fs::create_dir_all(&dir)?;
        // Tests run as several processes: one makes the keys, the others wait for it.
        let lock = File::create(dir.join(".lock"))?;
        lock.lock()?;
        let manifest = dir.join("manifest.json");
        let current = fs::metadata(&manifest)
            .and_then(|made| Ok(made.modified()? >= fs::metadata(&setup)?.modified()?))
            .unwrap_or(false);
        if !current {
            let output = Command::new(&setup).args(["setup", "--development", "--out"]).arg(&dir).output()?;
            if !output.status.success() {
                bail!("honnin setup failed: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
        let manifest: Value = serde_json::from_str(&fs::read_to_string(&manifest)?)?;
        let text = |name: &str| {
            manifest[name].as_str().map(str::to_owned).with_context(|| format!("manifest.json: no {name}"))
        };
        Ok(Self {
            constraints: manifest["constraints"].as_u64().context("manifest.json: no constraints")?,
            pk_sha256: text("pk_sha256")?,
            vk_sha256: text("vk_sha256")?,
            dir,
        })
    }
}
