//! `honnin audit verify`: an organisation's whole log, from its bundle, the log's key and checkpoints kept from earlier.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use honnin_evidence::bundle::{self, Fault, Trust, Verified};
use honnin_evidence::note::{self, VerifierKey};
use honnin_setup::files;
use serde_json::json;

/// Largest bundle read: some ten million events.
const BUNDLE_LIMIT: u64 = 16 << 30;

#[derive(Subcommand)]
pub enum Audit {
    /// Checks a bundle from its first entry to its last checkpoint; exit code 0 when it holds, 1 when it does not.
    Verify(Verify),
}

#[derive(Args)]
pub struct Verify {
    /// The bundle (JSON lines).
    bundle: PathBuf,
    /// The log's key as name+hash+keydata, and witnesses' keys. May be given again.
    #[arg(long, value_name = "VKEY", required = true)]
    log_key: Vec<VerifierKey>,
    /// A signed checkpoint kept from earlier, which the log must continue. May be given again.
    #[arg(long, value_name = "OLD")]
    checkpoint: Vec<PathBuf>,
    /// One JSON document instead of lines.
    #[arg(long)]
    json: bool,
}

impl Audit {
    /// Whether it holds.
    pub fn run(self) -> Result<bool> {
        let Self::Verify(args) = self;
        let kept = args.checkpoint.iter().map(|file| Ok(files::read(file, note::MAX_BYTES as u64)?));
        let trust = Trust { log_keys: args.log_key, kept: kept.collect::<Result<_>>()? };
        let path = args.bundle.display();
        let file = File::open(&args.bundle).with_context(|| format!("cannot open {path}"))?;
        let size = file.metadata().with_context(|| format!("cannot read {path}"))?.len();
        ensure!(size <= BUNDLE_LIMIT, "{path} is larger than {BUNDLE_LIMIT} bytes");
        let result = bundle::verify(BufReader::new(file.take(BUNDLE_LIMIT)), &trust);
        // A file that cannot be read says nothing about the log.
        if let Err(Fault::Read(e)) = result {
            return Err(e).with_context(|| format!("cannot read {path}"));
        }
        if args.json {
            println!("{}", document(&result))
        } else {
            print(&result)
        }
        Ok(result.is_ok())
    }
}

fn print(result: &Result<Verified, Fault>) {
    match result {
        Ok(verified) => {
            println!("  ok  {} entries of the log {}, in order", verified.entries, verified.origin);
            println!("  ok  {} signed checkpoints, each the root of the entries before it", verified.checkpoints);
            println!("  ok  {} checkpoints kept from earlier are continued", verified.kept);
            println!("The log holds. Keep its last checkpoint for next time:\n{}", verified.last.trim_end());
        }
        Err(fault) => {
            println!("FAIL  {fault}");
            println!("The log does not hold.");
        }
    }
}

fn document(result: &Result<Verified, Fault>) -> serde_json::Value {
    match result {
        Ok(v) => json!({"holds": true, "fault": null, "reason": null, "origin": v.origin, "entries": v.entries,
            "checkpoints": v.checkpoints, "kept": v.kept, "last": v.last}),
        Err(fault) => json!({"holds": false, "fault": fault.name(), "reason": fault.to_string()}),
    }
}
