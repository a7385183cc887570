//! `honnin receipt verify`: how a call ended, from a file and the keys that its reader trusts.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use honnin_circuits::verify::VerifyingKey;
use honnin_evidence::note::VerifierKey;
use honnin_evidence::receipt::{self, Body, Check, EligibilityIssuer, MAX_BYTES, Outcome, Report, Step, Trust};
use honnin_protocol::encoding::b64u_array;
use honnin_protocol::jwk::P256Jwk;
use honnin_prover::keys::sha256;
use honnin_setup::files;
use serde_json::json;

/// Some 700 bytes are a verifying key, some 150 a JWK.
const KEY_LIMIT: u64 = 64 * 1024;

#[derive(Subcommand)]
pub enum Receipt {
    /// Checks a receipt, all of it; exit code 0 when it holds, 1 when it does not.
    Verify(Verify),
}

#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    subject: Subject,
    /// One JSON document instead of lines.
    #[arg(long)]
    json: bool,
}

/// A receipt, and the keys that its reader trusts.
#[derive(Args)]
pub struct Subject {
    /// The receipt.
    file: PathBuf,
    /// circuit.vk; a call that did not pass needs none. May be given again.
    #[arg(long, value_name = "FILE")]
    verifying_key: Vec<PathBuf>,
    /// The log's key as name+hash+keydata, and witnesses' keys. May be given again.
    #[arg(long, value_name = "VKEY", required = true)]
    log_key: Vec<VerifierKey>,
    /// The issuer's root: a file with its JWK, or its RFC 7638 thumbprint. May be given again.
    #[arg(long, value_name = "FILE|THUMBPRINT")]
    issuer_root: Vec<String>,
    /// Of an eligibility: the tenant that the issuer's certificates name, and its root as above. May be given again.
    #[arg(long, value_name = "ID=FILE|THUMBPRINT")]
    eligibility_issuer: Vec<String>,
    /// The tenant that the receipt must be of.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
}

impl Subject {
    /// Checks the receipt, all of it.
    pub fn report(self) -> Result<Report> {
        let bytes = files::read(&self.file, MAX_BYTES as u64)?;
        let trust = Trust {
            verifying_keys: self.verifying_key.iter().map(|file| verifying_key(file)).collect::<Result<_>>()?,
            log_keys: self.log_key,
            issuer_roots: self.issuer_root.iter().map(|text| thumbprint(text)).collect::<Result<_>>()?,
            eligibility_issuers: self
                .eligibility_issuer
                .iter()
                .map(|t| eligibility_issuer(t))
                .collect::<Result<_>>()?,
            tenant: self.tenant,
        };
        Ok(receipt::verify(&bytes, &trust))
    }
}

impl Receipt {
    /// Whether it holds.
    pub fn run(self) -> Result<bool> {
        let Self::Verify(args) = self;
        let report = args.subject.report()?;
        if args.json {
            println!("{}", document(&report))
        } else {
            print(&report)
        }
        Ok(report.holds())
    }
}

/// The file is what its reader trusts, so its own hash is the pin.
fn verifying_key(file: &Path) -> Result<VerifyingKey> {
    let bytes = files::read(file, KEY_LIMIT)?;
    VerifyingKey::load(&bytes, &sha256(&bytes)).with_context(|| format!("{}: not a verifying key", file.display()))
}

fn eligibility_issuer(text: &str) -> Result<EligibilityIssuer> {
    let (certifies, root) = text.split_once('=').with_context(|| format!("{text}: not a tenant and a root"))?;
    Ok(EligibilityIssuer { root: thumbprint(root)?, certifies: certifies.to_owned() })
}

fn thumbprint(text: &str) -> Result<String> {
    if b64u_array::<32>(text).is_ok() {
        return Ok(text.to_owned());
    }
    let bytes = files::read(Path::new(text), KEY_LIMIT)?;
    let key: P256Jwk = serde_json::from_slice(&bytes).with_context(|| format!("{text}: not a P-256 JWK"))?;
    Ok(key.thumbprint())
}

fn print(report: &Report) {
    for step in &report.steps {
        let (word, more) = outcome(step);
        println!("{word:>4}  {}{}", words(step.check), more.map(|m| format!(": {m}")).unwrap_or_default());
    }
    match (report.receipt(), report.checkpoint()) {
        (Some(receipt), Some(opened)) => {
            println!("{}", sentence(&receipt.body));
            let checkpoint = &opened.checkpoint;
            println!("Entry {} of the log {} of {} entries.", receipt.log.index, checkpoint.origin, checkpoint.size);
        }
        _ => println!("The receipt does not hold."),
    }
}

fn sentence(body: &Body) -> String {
    let (statement, verdict) = (&body.statement, &body.verdict);
    format!(
        "The receipt holds: call {} of {} for {} ({}) under policy {} version {} ended as {}{} at {} ms.",
        body.reference,
        body.handle.as_deref().unwrap_or("a prospect"),
        statement.tenant,
        statement.purpose.code,
        statement.policy.id,
        statement.policy.version,
        verdict.state.name(),
        verdict.detail.map(|detail| format!(" ({})", detail.name())).unwrap_or_default(),
        verdict.decided_at,
    )
}

fn document(report: &Report) -> serde_json::Value {
    let checks: Vec<_> = report
        .steps
        .iter()
        .map(|step| {
            let (word, reason) = outcome(step);
            json!({"check": step.check, "outcome": word, "reason": reason})
        })
        .collect();
    let failed = report.fault().map(|(check, _)| check);
    let said = report.receipt().map(|receipt| {
        let body = &receipt.body;
        json!({"tenant": body.statement.tenant, "verification": body.statement.verification, "reference": body.reference,
            "handle": body.handle, "purpose": body.statement.purpose.code, "policy": body.statement.policy,
            "verdict": body.verdict, "index": receipt.log.index})
    });
    let log = report.checkpoint().map(|opened| {
        let signers: Vec<_> =
            opened.signers.trusted.iter().map(|(name, time)| json!({"name": name, "time": time})).collect();
        json!({"origin": opened.checkpoint.origin, "size": opened.checkpoint.size, "root": opened.checkpoint.root,
            "signers": signers, "unknown_signatures": opened.signers.unknown})
    });
    json!({"holds": report.holds(), "failed": failed, "checks": checks, "receipt": said, "log": log})
}

fn outcome(step: &Step) -> (&'static str, Option<String>) {
    match &step.outcome {
        Outcome::Held => ("ok", None),
        Outcome::NotAsked => ("none", None),
        Outcome::Failed(fault) => ("FAIL", Some(fault.to_string())),
        Outcome::NotReached => ("skip", None),
    }
}

fn words(check: Check) -> &'static str {
    match check {
        Check::Form => "the file is a receipt, in canonical form",
        Check::Tenant => "it is of the expected tenant",
        Check::Policy => "the policy is the one that the customer was shown",
        Check::Verdict => "verdict, times and approval fit each other",
        Check::Issuer => "a trusted issuer certified the credential's key",
        Check::Day => "the proof is of the day of the call",
        Check::Proof => "the zero-knowledge proof holds for this call",
        Check::Assertion => "the customer's passkey signed this call and this proof",
        Check::Entry => "the log entry says the same",
        Check::Checkpoint => "a trusted log signed the checkpoint",
        Check::Inclusion => "the entry is in that log",
    }
}
