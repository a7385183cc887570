//! Times of the native prover and verifier: medians over fixed work.

use std::{hint::black_box, time::Instant};

use anyhow::{Context, Result};
use honnin_circuits::{
    Fr,
    encoding::f248,
    verify::{PROOF_BYTES, Proof, VerifyingKey},
};
use honnin_prover::{example, keys::ProvingKey, prepared::Prepared};
use serde_json::{Value, json};

use crate::{entropy::bytes, keys::Keys};

/// Runs of what takes a while: (kept, warm-up).
pub const SLOW: (usize, usize) = (15, 2);
/// Runs of what takes microseconds.
pub const FAST: (usize, usize) = (101, 10);

/// Milliseconds of each kept run.
pub fn times<T>((runs, warm): (usize, usize), mut work: impl FnMut() -> T) -> Vec<f64> {
    let mut all: Vec<f64> = (0..warm + runs)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed().as_secs_f64() * 1000.0
        })
        .skip(warm)
        .collect();
    all.sort_by(f64::total_cmp);
    all
}

/// To the microsecond.
pub fn rounded(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

/// The smallest value that at least this share of all does not exceed (nearest rank).
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// The middle run, to the microsecond.
pub fn median(sorted: &[f64]) -> f64 {
    rounded(sorted[sorted.len() / 2])
}

/// Half the middle half of the runs, relative to the median.
pub fn noise(sorted: &[f64]) -> f64 {
    let quarter = sorted.len() / 4;
    rounded((sorted[sorted.len() - 1 - quarter] - sorted[quarter]) / 2.0 / sorted[sorted.len() / 2])
}

/// `{"native": {…_ms}, "proof_bytes", "constraints", "noise"}` on one thread.
///
/// # Errors
/// When the keys do not load or a proof does not verify.
pub fn native(keys: &Keys) -> Result<Value> {
    let (proving, verifying) = load(keys)?;
    let (mut statement, witness) = example::example();
    let prepare = times(SLOW, || Prepared::new(&proving, &statement, &witness).map(|state| state.ready()));
    let prepared = Prepared::new(&proving, &statement, &witness).context("the example holds")?.ready();
    let finish = times(FAST, || prepared.finish(f248("honnin/ctx/v1", &bytes::<32>()), &bytes()));
    statement.ctx = Fr::from(7u64);
    let sent = prepared.finish(statement.ctx, &bytes()).to_bytes();
    // What the server does with received bytes: checked decoding, then the equation.
    let check = || -> Result<()> { Ok(verifying.verify(&statement, &Proof::from_bytes(&sent)?)?) };
    check()?;
    let verify = times(FAST, check);
    Ok(json!({
        "native": {"prepare_ms": median(&prepare), "finish_ms": median(&finish), "verify_ms": median(&verify),
            "prepare_runs": prepare.len(), "finish_runs": finish.len(), "verify_runs": verify.len()},
        "proof_bytes": PROOF_BYTES, "constraints": keys.constraints,
        "noise": {"native_prepare": noise(&prepare), "native_finish": noise(&finish), "native_verify": noise(&verify)},
    }))
}

/// Both keys, by their pinned hashes.
///
/// # Errors
/// When a file is missing or is not the pinned one.
pub fn load(keys: &Keys) -> Result<(ProvingKey, VerifyingKey)> {
    let (bytes, pinned) = proving_key(keys)?;
    let proving = ProvingKey::load(&bytes, &pinned)?;
    let verifying = VerifyingKey::load(&std::fs::read(keys.dir.join("circuit.vk"))?, &pin(&keys.vk_sha256)?)?;
    Ok((proving, verifying))
}

/// The proving key's bytes and their pinned hash.
///
/// # Errors
/// When the file is missing.
pub fn proving_key(keys: &Keys) -> Result<(Vec<u8>, [u8; 32])> {
    Ok((std::fs::read(keys.dir.join("circuit.pk"))?, pin(&keys.pk_sha256)?))
}

fn pin(text: &str) -> Result<[u8; 32]> {
    hex::decode(text)?.try_into().ok().context("a hash is 32 bytes")
}
