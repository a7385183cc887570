//! `honnin-bench-proving OUT.json`: the native figures of `cargo xtask bench proving`, on as many threads as
//! `RAYON_NUM_THREADS` says. One process a setting, so that the peak of memory is its own.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context, Result};
use honnin_circuits::{
    Fr,
    encoding::f248,
    statement::Statement,
    verify::{Proof, VerifyingKey},
};
use honnin_prover::{
    circuit::{CONSTRAINTS, DOMAIN, assignment, shape},
    direct, example,
    keys::ProvingKey,
    prepared::Prepared,
    qap,
};
use honnin_tests::{
    entropy::bytes,
    keys::Keys,
    measure::{self, FAST, SLOW, median, noise, times},
};
use rand::rngs::OsRng;
use serde_json::{Value, json};

/// Proofs in a batch.
const BATCHES: [usize; 5] = [1, 4, 16, 64, 256];

fn main() -> Result<()> {
    let out = PathBuf::from(std::env::args_os().nth(1).context("usage: honnin-bench-proving OUT.json")?);
    let keys = Keys::ready()?;
    let (proving, verifying) = measure::load(&keys)?;
    let mut figures = prover(&keys, &proving, &verifying)?;
    figures["peak_mib"] = json!(peak_mib()?);
    let report = json!({
        "constraints": CONSTRAINTS, "public_inputs": honnin_circuits::statement::PUBLIC_INPUTS, "domain": DOMAIN,
        "figures": figures, "stages_ms": stages(&proving), "batch": batches(&proving, &verifying)?,
    });
    std::fs::write(out, serde_json::to_string_pretty(&report)?)?;
    Ok(())
}

fn fresh(label: &str) -> Fr {
    f248(label, &bytes::<32>())
}

fn prover(keys: &Keys, proving: &ProvingKey, verifying: &VerifyingKey) -> Result<Value> {
    let (mut statement, witness) = example::example();
    let (pk, pin) = measure::proving_key(keys)?;
    let load = times(SLOW, || ProvingKey::load(&pk, &pin));
    let prepare = times(SLOW, || Prepared::new(proving, &statement, &witness).map(|state| state.ready()));
    let ready = Prepared::new(proving, &statement, &witness).context("the example holds")?.ready();
    let finish = times(FAST, || ready.finish(fresh("honnin/ctx/v1"), &bytes()));
    let direct = times(SLOW, || direct::prove(proving, &statement, &witness, fresh("r"), fresh("s")));
    let arkworks = proving.to_arkworks();
    let reference =
        times(SLOW, || direct::prove_with_arkworks(&arkworks, &statement, &witness, fresh("r"), fresh("s")));
    statement.ctx = fresh("honnin/ctx/v1");
    let sent = ready.finish(statement.ctx, &bytes()).to_bytes();
    // What a server does with received bytes: checked decoding, then the equation.
    let check = || -> Result<()> { Ok(verifying.verify(&statement, &Proof::from_bytes(&sent)?)?) };
    check()?;
    let verify = times(FAST, check);
    Ok(json!({
        "prepare_ms": median(&prepare), "finish_ms": median(&finish), "direct_ms": median(&direct),
        "verify_ms": median(&verify), "key_load_ms": median(&load), "arkworks_direct_ms": median(&reference),
        "runs": {"prepare": prepare.len(), "finish": finish.len(), "direct": direct.len(), "verify": verify.len(),
            "key_load": load.len()},
        "noise": {"prepare": noise(&prepare), "finish": noise(&finish), "direct": noise(&direct),
            "verify": noise(&verify), "key_load": noise(&load), "arkworks_direct": noise(&reference)},
    }))
}

/// Where a direct proof's time goes.
fn stages(proving: &ProvingKey) -> Value {
    let (statement, witness) = example::example();
    let z = assignment(&statement, &witness);
    let converted: Vec<_> = z.iter().map(|x| honnin_prover::arith::fr(*x)).collect();
    let mut all = BTreeMap::new();
    all.insert("statement_check", median(&times(SLOW, || statement.check(&witness))));
    all.insert("assignment", median(&times(SLOW, || assignment(&statement, &witness))));
    all.insert("quotient", median(&times(SLOW, || qap::quotient(shape(), &converted))));
    for (name, work) in direct::stages(proving, &converted) {
        all.insert(name, median(&times(SLOW, work)));
    }
    json!(all)
}

/// Milliseconds a proof, decoding included, for batches of each size.
fn batches(proving: &ProvingKey, verifying: &VerifyingKey) -> Result<Value> {
    let (statement, witness) = example::example();
    let ready = Prepared::new(proving, &statement, &witness).context("the example holds")?.ready();
    let largest = BATCHES[BATCHES.len() - 1];
    let sent: Vec<(Statement, [u8; 128])> = (0..largest)
        .map(|_| {
            let ctx = fresh("honnin/ctx/v1");
            (Statement { ctx, ..statement }, ready.finish(ctx, &bytes()).to_bytes())
        })
        .collect();
    let (mut figures, mut noises) = (BTreeMap::new(), BTreeMap::new());
    for size in BATCHES {
        let check = || -> Result<()> {
            let proofs = sent[..size].iter().map(|(_, p)| Proof::from_bytes(p)).collect::<Result<Vec<_>, _>>()?;
            let claims: Vec<_> = sent.iter().zip(&proofs).map(|((statement, _), proof)| (statement, proof)).collect();
            for verdict in verifying.verify_batch(&claims, &mut OsRng) {
                verdict?;
            }
            Ok(())
        };
        check()?;
        let ms: Vec<f64> = times(SLOW, check).iter().map(|ms| ms / size as f64).collect();
        figures.insert(size.to_string(), median(&ms));
        noises.insert(size.to_string(), noise(&ms));
    }
    Ok(json!({"ms_a_proof": figures, "noise": noises}))
}

/// The most memory that this process has had at once.
fn peak_mib() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("the peak of memory is read from Linux")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok((kib / 102.4).round() / 10.0)
}
