//! `cargo xtask bench proving`: the engine natively and in Chromium, and in the same run snarkjs on the same constraint
//! system and witness, and Semaphore v4. Writes `target/bench/proving.json`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{read, write};
use crate::{
    build, install,
    sh::{cmd, root, run},
    wasm,
};

/// What the issue asks to be reached: (ratio, at least).
const WANTED: [(&str, f64); 5] = [
    ("wasm_finish_faster_than_snarkjs_proof", 200.0),
    ("wasm_direct_faster_than_snarkjs_single", 2.0),
    ("native_direct_faster_than_snarkjs_single", 6.0),
    ("one_by_one_slower_than_batch_64", 1.0 / 0.3),
    ("wasm_direct_slower_than_key_load", 10.0),
];

/// Measures, one thing after the other, and writes the file.
pub fn run_bench() -> Result<()> {
    install::browser()?;
    install::npm()?;
    let peers = root().join("tests/browser/proving");
    run(cmd("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&peers))?;
    build::programs()?;
    wasm::build()?;
    wasm::build_bench()?;
    let dir = root().join("target/bench/proving");
    fs::create_dir_all(&dir)?;

    let native = |threads: Option<&str>, name: &str| -> Result<Value> {
        let out = dir.join(name);
        let mut bench = cmd(&program("honnin-bench-proving"), [] as [&str; 0]);
        if let Some(threads) = threads {
            bench.env("RAYON_NUM_THREADS", threads);
        }
        run(bench.arg(&out))?;
        read(&out)
    };
    let one = native(Some("1"), "native_1.json")?;
    let many = native(None, "native_n.json")?;
    let theirs = snarkjs_files(&dir, &peers)?;
    let node = |script: &str, args: &[(&str, &Path)]| -> Result<Value> {
        let out = dir.join(script).with_extension("json");
        let mut bench = cmd("node", [script]);
        for (option, file) in args {
            bench.arg(option).arg(file);
        }
        run(bench.arg(&out).current_dir(&peers))?;
        read(&out)
    };
    let browser = node("wasm.mjs", &[])?;
    let snarkjs =
        node("snarkjs.mjs", &[("--zkey", &theirs.zkey), ("--wtns", &theirs.witness), ("--vk", &theirs.verifying_key)])?;
    let semaphore = node("semaphore.mjs", &[])?;
    let ratios = ratios(&one, &browser, &snarkjs, &semaphore)?;
    let report = json!({
        "constraints": one["constraints"], "public_inputs": one["public_inputs"], "domain": one["domain"],
        "wasm": browser["wasm"], "native_1": one["figures"], "native_n": many["figures"],
        "threads": std::thread::available_parallelism()?.get(),
        "batch": one["batch"]["ms_a_proof"], "snarkjs": snarkjs["snarkjs"], "semaphore": semaphore["semaphore"],
        "ratios": ratios,
        "stages_ms": {"native_1": one["stages_ms"], "native_n": many["stages_ms"]},
        "download": browser["download"], "memory_mib": browser["memory"], "wasm_cold": browser["cold"],
        "noise": {"wasm": browser["noise"], "native_1": one["figures"]["noise"], "native_n": many["figures"]["noise"],
            "batch": one["batch"]["noise"], "snarkjs": snarkjs["chromium"]["noise"], "semaphore": semaphore["noise"]},
        "snarkjs_node": snarkjs["node"], "semaphore_depth": semaphore["depth"],
        "versions": {"snarkjs": snarkjs["version"], "semaphore": semaphore["version"], "browser": browser["browser"]},
    });
    write(&root().join("target/bench/proving.json"), &report)?;
    for (name, wanted) in WANTED {
        let reached = ratios[name].as_f64().context("a ratio is a number")?;
        eprintln!(
            "{name}: {reached} (wanted {wanted:.2}): {}",
            if reached >= wanted { "reached" } else { "NOT REACHED" }
        );
    }
    Ok(())
}

fn program(name: &str) -> String {
    root().join("target/debug").join(name).to_string_lossy().into_owned()
}

/// Each ratio says how many times the second thing is slower than, or the first faster than, the other.
fn ratios(native: &Value, browser: &Value, snarkjs: &Value, semaphore: &Value) -> Result<Value> {
    let of = |value: &Value, path: &str| {
        value.pointer(path).and_then(Value::as_f64).with_context(|| format!("{path} was not measured"))
    };
    let single = of(snarkjs, "/snarkjs/single_ms")?;
    let fastest = single.min(of(snarkjs, "/snarkjs/multi_ms")?);
    let wasm = |name: &str| of(browser, &format!("/wasm/{name}_ms"));
    let round = |x: f64| (x * 100.0).round() / 100.0;
    Ok(json!({
        "wasm_finish_faster_than_snarkjs_proof": round(fastest / wasm("finish")?),
        "wasm_direct_faster_than_snarkjs_single": round(single / wasm("direct")?),
        "wasm_prepare_faster_than_snarkjs_single": round(single / wasm("prepare")?),
        "native_direct_faster_than_snarkjs_single": round(single / of(native, "/figures/direct_ms")?),
        "native_direct_faster_than_arkworks": round(of(native, "/figures/arkworks_direct_ms")? / of(native, "/figures/direct_ms")?),
        "wasm_direct_slower_than_key_load": round(wasm("direct")? / wasm("key_load")?),
        "native_direct_slower_than_key_load": round(of(native, "/figures/direct_ms")? / of(native, "/figures/key_load_ms")?),
        "one_by_one_slower_than_batch_64": round(of(native, "/figures/verify_ms")? / of(native, "/batch/ms_a_proof/64")?),
        "wasm_finish_faster_than_semaphore": round(of(semaphore, "/semaphore/full_ms")? / wasm("finish")?),
    }))
}

/// What snarkjs proves with.
struct Theirs {
    zkey: PathBuf,
    witness: PathBuf,
    verifying_key: PathBuf,
}

/// Our constraint system and example witness as files, and parameters for them from powers of tau that snarkjs makes;
/// made once for a program.
fn snarkjs_files(dir: &Path, peers: &Path) -> Result<Theirs> {
    let honnin = program("honnin");
    let at = |name: &str| dir.join(name);
    let theirs = Theirs { zkey: at("1.zkey"), witness: at("witness.wtns"), verifying_key: at("vk.json") };
    let snarkjs = || {
        let mut command = cmd("node", ["--no-warnings"]);
        command.arg(peers.join("node_modules/snarkjs/build/cli.cjs"));
        command
    };
    let made = |file: &Path, from: &Path| -> bool {
        let time = |f: &Path| fs::metadata(f).and_then(|m| m.modified()).ok();
        matches!((time(file), time(from)), (Some(file), Some(from)) if file >= from)
    };
    if made(&theirs.verifying_key, Path::new(&honnin)) {
        return Ok(theirs);
    }
    let powers = at("final.ptau");
    if !powers.exists() {
        let (zero, first, second, part) = (at("0.ptau"), at("1.ptau"), at("2.ptau"), at("part.ptau"));
        run(snarkjs().args(["powersoftau", "new", "bn128", "12"]).arg(&zero))?;
        run(snarkjs().args(["powersoftau", "contribute", "-e=one", "--name=one"]).args([&zero, &first]))?;
        run(snarkjs().args(["powersoftau", "contribute", "-e=two", "--name=two"]).args([&first, &second]))?;
        run(cmd(&honnin, ["setup", "prepare"]).arg(&second).arg(&part))?;
        fs::rename(part, &powers)?;
    }
    run(cmd(&honnin, ["export", "wtns-example"]).arg(&theirs.witness))?;
    let ceremony = at("ceremony");
    // The command overwrites nothing, and what is there is an older program's.
    drop(fs::remove_dir_all(&ceremony));
    drop(fs::remove_file(&theirs.zkey));
    run(cmd(&honnin, ["setup", "init", "--ptau"]).arg(&powers).arg("--out").arg(&ceremony))?;
    run(cmd(&honnin, ["setup", "contribute"])
        .arg(ceremony.join("0000.zkey"))
        .arg(&theirs.zkey)
        .args(["--name", "bench"]))?;
    run(snarkjs().args(["zkey", "export", "verificationkey"]).args([&theirs.zkey, &theirs.verifying_key]))?;
    Ok(theirs)
}
