//! One whole call without a person, over real HTTP against real processes, with the phone played by the SDK: one that
//! passes, two that must fail, one that is refused. The last line is one JSON object; success only on a pass.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use honnin_tests::{
    desk::PATIENCE,
    measure,
    phone::Phone,
    scene::{Call, open_call},
    secret::Prover,
    stack::{Plan, Stack},
};
use serde_json::{Value, json};

/// Passed calls whose times are taken; the median is reported.
const CALLS: usize = 11;

#[tokio::main]
async fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let stack = Stack::start(Plan { short: false, unlimited: true, ..Plan::new(dir.path()) }).await?;
    let prover = Arc::new(Prover::load(&stack.keys)?);
    let desk = stack.desk().await?;
    println!("issuer and server run; 1,000 customers");

    // A customer who meets the standard policy but not all of the others.
    let (mut phone, unmet) = customer(&stack, &prover).await?;
    println!("enrolled {}", phone.handle);

    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..CALLS {
        let mut call = open_call(&desk, &phone, "address-change", "standard").await?;
        let (badge, finish) = pass(&mut phone, &mut call).await?;
        times.entry("badge").or_default().push(badge);
        times.entry("finish").or_default().push(finish);
    }
    println!("passed: {CALLS} calls");

    let mut call = open_call(&desk, &phone, "address-change", "standard").await?;
    let mut body = phone.approval(&call.request, &call.code)?;
    let other = open_call(&desk, &phone, "address-change", "standard").await?;
    body["proof"] = phone.approval(&other.request, &other.code)?["proof"].clone();
    for _ in 0..5 {
        ensure!(!phone.approve(&call.id, &body).await?.status.is_success(), "a proof of another call was accepted");
    }
    let view = call.until("failed").await?;
    println!("failed as it must, a proof of another call: {}", view["detail"]);

    let (purpose, policy) = unmet;
    let mut call = open_call(&desk, &phone, purpose, policy).await?;
    ensure!(phone.approval(&call.request, &call.code).is_err(), "an unmet policy was prepared");
    phone.unprovable(&call.id).await?.ok()?;
    let view = call.until("failed").await?;
    println!("failed as it must, policy {policy} not met: {}", view["detail"]);

    let mut call = open_call(&desk, &phone, "address-change", "standard").await?;
    phone.refuse(&call.id, false).await?.ok()?;
    call.until("denied").await?;
    println!("refused: the operator reads it, nothing was sent");

    let native = measure::native(&stack.keys)?;
    ensure!(stack.stop().await?, "a service did not end by itself");
    let median = |name: &str| {
        let mut all = times[name].clone();
        all.sort_by(f64::total_cmp);
        (all[all.len() / 2] * 1000.0).round() / 1000.0
    };
    println!(
        "{}",
        json!({
            "verdict": "passed", "prepare_ms": native["native"]["prepare_ms"], "finish_ms": median("finish"),
            "verify_ms": native["native"]["verify_ms"], "approve_to_badge_ms": median("badge"),
            "proof_bytes": native["proof_bytes"], "constraints": native["constraints"],
        })
    );
    Ok(())
}

/// Approves a call: milliseconds from the tap to the console's event, and of finishing the proof.
async fn pass(phone: &mut Phone, call: &mut Call) -> Result<(f64, f64)> {
    let mut statement = call.request.statement.clone();
    statement["match"]["code"] = json!(call.code);
    phone.prepare(&call.request.policy)?;
    let start = Instant::now();
    let finished = phone.finish(&call.request.policy, &statement)?;
    let finish = start.elapsed().as_secs_f64() * 1000.0;
    let tap = Instant::now();
    let assertion = phone.passkey.as_mut().context("no passkey")?.get(&finished.approval);
    let body =
        json!({"proof": finished.proof, "as_of": finished.as_of, "match_code": call.code, "assertion": assertion});
    let id = call.id.clone();
    // The console listens while the phone still waits for its answer.
    let (answer, green) = tokio::join!(phone.approve(&id, &body), async {
        let view = call.until("passed").await;
        (view, tap.elapsed().as_secs_f64() * 1000.0)
    });
    answer?.ok()?;
    green.0?;
    Ok((green.1, finish))
}

/// Enrols the first customer who meets the standard policy and fails another one: the phone and that (purpose, policy).
async fn customer(stack: &Stack, prover: &Arc<Prover>) -> Result<(Phone, (&'static str, &'static str))> {
    for number in 1..=50 {
        let mut phone = Phone::with_credential(stack, prover, &format!("C-{number:05}")).await?;
        let policies = phone.tenant["policies"].clone();
        let find = |id: &str| {
            policies
                .as_array()
                .and_then(|all| all.iter().find(|policy| policy["id"] == id))
                .cloned()
                .unwrap_or(Value::Null)
        };
        if phone.prepare(&find("standard")).is_err() {
            continue;
        }
        for (purpose, policy) in [("branch-visit", "kanto"), ("limit-change", "limit")] {
            if phone.prepare(&find(policy)).is_err() {
                tokio::time::timeout(PATIENCE, phone.enrol()).await??;
                return Ok((phone, (purpose, policy)));
            }
        }
    }
    anyhow::bail!("none of the first 50 customers fits")
}
