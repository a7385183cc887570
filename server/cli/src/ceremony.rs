//! The steps of `honnin setup`, one a person or machine. What they check is in `circuits/setup`.

use std::{
    io::{BufRead, stdin},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use honnin_prover::circuit::shape;
use honnin_setup::{
    circuit::Circuit,
    derive::{Beacon, Hash},
    files,
    key_file::{Contribution, KeyFile},
    key_verify::{Policy, verify},
    manifest::{Ceremony, Manifest, Origin},
    ptau::Ptau,
};
use rand::rngs::OsRng;
use zeroize::Zeroizing;

/// Contributors that each phase needs: one alone would know the secret.
const CONTRIBUTORS: usize = 2;

#[derive(Args)]
pub struct Prepare {
    /// Powers of tau (.ptau).
    input: PathBuf,
    /// The same with Lagrange points.
    output: PathBuf,
}

impl Prepare {
    pub fn run(self) -> Result<()> {
        unused(&self.output)?;
        let bytes = files::read(&self.input, files::PTAU_LIMIT)?;
        let ptau = Ptau::read(&bytes)?;
        files::write(&self.output, &Ptau::with_lagrange(&bytes, &ptau.prepare())?)?;
        println!("prepared for domains up to 2^{}: {}", ptau.power, self.output.display());
        Ok(())
    }
}

#[derive(Args)]
pub struct Init {
    /// Powers of tau (.ptau), prepared for phase 2.
    #[arg(long)]
    ptau: PathBuf,
    /// Folder for circuit.r1cs and 0000.zkey.
    #[arg(long)]
    out: PathBuf,
}

impl Init {
    pub fn run(self) -> Result<()> {
        let (r1cs, start) = (self.out.join("circuit.r1cs"), self.out.join("0000.zkey"));
        unused(&start)?;
        let ptau = Ptau::read(&files::read(&self.ptau, files::PTAU_LIMIT)?)?;
        ptau.verify(CONTRIBUTORS, &mut OsRng)?;
        let circuit = Circuit::from(shape());
        let key = KeyFile::initial(&circuit, &ptau)?;
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        files::write(&r1cs, &circuit.to_r1cs())?;
        files::write(&start, &key.to_bytes())?;
        println!("circuit hash {}", hex::encode(key.circuit_hash));
        println!("the first contributor takes {}", start.display());
        Ok(())
    }
}

#[derive(Args)]
pub struct Contribute {
    /// The file received.
    input: PathBuf,
    /// The file to hand on.
    output: PathBuf,
    /// Your name as the transcript shows it.
    #[arg(long)]
    name: String,
    /// Reads a line of text from standard input and mixes it with the system's randomness.
    #[arg(long)]
    typed: bool,
    /// Checks the file received before adding to it.
    #[arg(long)]
    ptau: Option<PathBuf>,
}

impl Contribute {
    pub fn run(self) -> Result<()> {
        unused(&self.output)?;
        let mut key = KeyFile::read(&files::read(&self.input, files::KEY_LIMIT)?)?;
        if let Some(path) = &self.ptau {
            let ptau = Ptau::read(&files::read(path, files::PTAU_LIMIT)?)?;
            verify(&Circuit::from(shape()), &ptau, &key, &Policy::open(), &mut OsRng)?;
        }
        let mut typed = Zeroizing::new(String::new());
        if self.typed {
            eprintln!("type some text, then Enter:");
            stdin().lock().read_line(&mut typed).context("cannot read the typed text")?;
        }
        let contribution = key.contribute(&self.name, typed.as_bytes(), &mut OsRng)?;
        files::write(&self.output, &key.to_bytes())?;
        publish(&contribution, key.contributions.len());
        Ok(())
    }
}

#[derive(Args)]
struct BeaconArgs {
    /// The announced public value, hex.
    #[arg(long)]
    beacon: String,
    /// How often it is hashed: 2^N, N from 10 to 32.
    #[arg(long)]
    iterations: String,
}

impl BeaconArgs {
    fn parse(&self) -> Result<Beacon> {
        let exponent = self.iterations.strip_prefix("2^").context("--iterations is written 2^N")?;
        let beacon = Beacon {
            value: hex::decode(&self.beacon).context("--beacon is hex")?,
            exponent: exponent.parse().context("--iterations is written 2^N")?,
        };
        if !beacon.is_valid() {
            bail!("a beacon has 1 to 255 bytes and 2^10 to 2^32 iterations");
        }
        Ok(beacon)
    }
}

#[derive(Args)]
pub struct AddBeacon {
    /// The last contributor's file.
    input: PathBuf,
    /// The final file.
    output: PathBuf,
    #[command(flatten)]
    beacon: BeaconArgs,
}

impl AddBeacon {
    pub fn run(self) -> Result<()> {
        unused(&self.output)?;
        let beacon = self.beacon.parse()?;
        let mut key = KeyFile::read(&files::read(&self.input, files::KEY_LIMIT)?)?;
        let contribution = key.add_beacon(&beacon)?;
        files::write(&self.output, &key.to_bytes())?;
        publish(&contribution, key.contributions.len());
        Ok(())
    }
}

#[derive(Args)]
struct Files {
    /// Powers of tau (.ptau), prepared for phase 2.
    #[arg(long)]
    ptau: PathBuf,
    /// The ceremony's last file.
    key: PathBuf,
    /// A hash that a contributor published; repeat it for each, in order. Each must be in the file.
    #[arg(long = "attested", value_name = "HEX")]
    attested: Vec<String>,
}

/// What was read and found good.
struct Verified {
    ptau: Ptau,
    ptau_bytes: Vec<u8>,
    key: KeyFile,
    key_bytes: Vec<u8>,
}

impl Files {
    fn verify(&self, beacon: Option<Beacon>) -> Result<Verified> {
        let mut policy = beacon.map_or_else(Policy::open, Policy::closed);
        for text in &self.attested {
            let mut hash: Hash = [0; 64];
            hex::decode_to_slice(text, &mut hash).context("--attested is 128 hex digits")?;
            policy.attested.push(hash);
        }
        let (ptau_bytes, key_bytes) =
            (files::read(&self.ptau, files::PTAU_LIMIT)?, files::read(&self.key, files::KEY_LIMIT)?);
        let key = KeyFile::read(&key_bytes)?;
        // Milliseconds, where decoding the powers takes a second: most bad files are seen here.
        key.chain(&policy)?;
        let ptau = Ptau::read(&ptau_bytes)?;
        verify(&Circuit::from(shape()), &ptau, &key, &policy, &mut OsRng)?;
        Ok(Verified { ptau, ptau_bytes, key, key_bytes })
    }
}

impl Verified {
    fn origin(&self, beacon: &Beacon) -> Origin {
        Origin::Ceremony(Ceremony::new(&self.key, &self.key_bytes, &self.ptau, &self.ptau_bytes, beacon))
    }

    fn report(&self) {
        println!("powers of tau: domains up to 2^{}", self.ptau.power);
        for (i, c) in self.ptau.contributions.iter().enumerate() {
            println!("  {} {}{}", i + 1, c.label(), if c.beacon.is_some() { " (beacon)" } else { "" });
        }
        println!("circuit hash {}", hex::encode(self.key.circuit_hash));
        for (i, c) in self.key.contributions.iter().enumerate() {
            println!("  {} {} {}", i + 1, c.label(), hex::encode(c.hash()));
        }
        println!("transcript hash {}", hex::encode(self.key.transcript_hash()));
    }
}

#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    files: Files,
    /// The announced public value, hex.
    #[arg(long, requires = "iterations", required_unless_present = "open")]
    beacon: Option<String>,
    /// How often it is hashed: 2^N.
    #[arg(long, requires = "beacon")]
    iterations: Option<String>,
    /// Accepts a ceremony that is still under way.
    #[arg(long, conflicts_with = "beacon")]
    open: bool,
    /// A constraint system that must be this program's.
    #[arg(long)]
    r1cs: Option<PathBuf>,
    /// A folder of finished keys that must come from these files.
    #[arg(long, conflicts_with = "open")]
    keys: Option<PathBuf>,
}

impl Verify {
    pub fn run(self) -> Result<()> {
        if let Some(path) = &self.r1cs {
            let circuit = Circuit::from_r1cs(&files::read(path, files::KEY_LIMIT)?)
                .with_context(|| format!("{}: not a constraint system", path.display()))?;
            if circuit != Circuit::from(shape()) {
                bail!("{}: the constraint system of another circuit", path.display());
            }
        }
        let beacon = match (self.beacon, self.iterations) {
            (Some(beacon), Some(iterations)) => Some(BeaconArgs { beacon, iterations }.parse()?),
            _ => None,
        };
        let verified = self.files.verify(beacon.clone())?;
        verified.report();
        if let (Some(dir), Some(beacon)) = (&self.keys, &beacon) {
            same_keys(dir, &verified, beacon)?;
            println!("the keys in {} come from this ceremony", dir.display());
        }
        println!("{}", if beacon.is_some() { "the ceremony is sound" } else { "sound so far; no beacon yet" });
        Ok(())
    }
}

/// Whether a folder holds exactly what `finish` would write.
fn same_keys(dir: &Path, verified: &Verified, beacon: &Beacon) -> Result<()> {
    let keys = verified.key.finish()?;
    let manifest = Manifest::new(&keys.proving, &keys.verifying, verified.origin(beacon));
    let want = [("circuit.pk", keys.proving), ("circuit.vk", keys.verifying), ("manifest.json", manifest.to_bytes())];
    for (name, bytes) in want {
        if files::read(&dir.join(name), files::KEY_LIMIT)? != bytes {
            bail!("{}: not what this ceremony gives", dir.join(name).display());
        }
    }
    Ok(())
}

#[derive(Args)]
pub struct Finish {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    beacon: BeaconArgs,
    /// Folder for circuit.pk, circuit.vk and manifest.json.
    #[arg(long)]
    out: PathBuf,
}

impl Finish {
    pub fn run(self) -> Result<()> {
        unused(&self.out.join("manifest.json"))?;
        let beacon = self.beacon.parse()?;
        let verified = self.files.verify(Some(beacon.clone()))?;
        let keys = verified.key.finish()?;
        crate::setup::write(&self.out, &keys, verified.origin(&beacon))?;
        verified.report();
        println!("wrote {}", self.out.display());
        Ok(())
    }
}

/// Nothing of a ceremony is overwritten.
fn unused(path: &Path) -> Result<()> {
    if path.exists() {
        bail!("{} exists already", path.display());
    }
    Ok(())
}

fn publish(contribution: &Contribution, number: usize) {
    println!("contribution {number}, {}", contribution.label());
    println!("publish this hash, so that anybody can see that it is in the final file:");
    println!("{}", hex::encode(contribution.hash()));
}
