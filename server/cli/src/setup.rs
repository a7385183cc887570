//! `honnin setup`: parameters on disk. Each file is written beside its name and renamed, the manifest last, so that
//! a folder with a manifest is whole.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use honnin_prover::keys::ProvingKey;
use honnin_setup::{
    Finished, files,
    manifest::{Manifest, Origin},
};
use rand::rngs::OsRng;

use crate::ceremony;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Setup {
    #[command(subcommand)]
    step: Option<Step>,
    /// Parameters made by this one process: whoever ran it could forge proofs. For development only.
    #[arg(long, requires = "out")]
    development: bool,
    /// Folder for circuit.pk, circuit.vk and manifest.json.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Steps of a ceremony, in order.
#[derive(Subcommand)]
enum Step {
    /// Adds Lagrange points to a powers-of-tau file that has none.
    Prepare(ceremony::Prepare),
    /// Checks the powers of tau and writes the constraint system and the parameters that the first person takes over.
    Init(ceremony::Init),
    /// Takes part: multiplies a fresh secret into the parameters and forgets it.
    Contribute(ceremony::Contribute),
    /// Closes the ceremony with an announced public value.
    Beacon(ceremony::AddBeacon),
    /// Checks everything from the powers of tau to the last file; needs nobody's trust.
    Verify(ceremony::Verify),
    /// Verifies, then writes circuit.pk, circuit.vk and manifest.json.
    Finish(ceremony::Finish),
}

impl Setup {
    pub fn run(self) -> Result<()> {
        match (self.step, self.development, self.out) {
            (Some(Step::Prepare(step)), ..) => step.run(),
            (Some(Step::Init(step)), ..) => step.run(),
            (Some(Step::Contribute(step)), ..) => step.run(),
            (Some(Step::Beacon(step)), ..) => step.run(),
            (Some(Step::Verify(step)), ..) => step.run(),
            (Some(Step::Finish(step)), ..) => step.run(),
            (None, true, Some(out)) => development(&out),
            (None, ..) => bail!("name a step (honnin setup --help), or --development --out DIR"),
        }
    }
}

fn development(out: &Path) -> Result<()> {
    let key = ProvingKey::development(&mut OsRng);
    let keys = Finished { proving: key.to_bytes(), verifying: key.verifying_key_bytes() };
    write(out, &keys, Origin::Development("development".into()))?;
    eprintln!("wrote development parameters to {}: made by one party, not for production", out.display());
    Ok(())
}

/// Keys and manifest; the manifest last.
pub fn write(out: &Path, keys: &Finished, origin: Origin) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    let manifest = Manifest::new(&keys.proving, &keys.verifying, origin);
    files::write(&out.join("circuit.pk"), &keys.proving)?;
    files::write(&out.join("circuit.vk"), &keys.verifying)?;
    files::write(&out.join("manifest.json"), &manifest.to_bytes())?;
    Ok(())
}
