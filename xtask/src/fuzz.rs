//! `cargo xtask fuzz`: every decoder under libFuzzer for a bounded time.
//!
//! The compiler's coverage passes are stable; only sanitisers would ask for a nightly, and there is no unsafe code of
//! ours for them to look at. What is found goes to `target/fuzz`; `--keep` merges what reaches new code into the corpus
//! that `tests/decoders` replays.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};

use crate::sh::{capture, cargo, cmd, root, run, tee};

/// Coverage as libFuzzer reads it.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Clink-dead-code";

const CORPUS: &str = "tests/fuzz/corpus";

/// Fuzzes the named targets, or all that have a corpus folder, `seconds` each.
pub fn run_fuzz(seconds: u32, only: &[String], keep: bool) -> Result<()> {
    let targets = targets(only)?;
    let version = capture(&mut cmd("rustc", ["-vV"])).context("rustc does not answer")?;
    let host = version.lines().find_map(|l| l.strip_prefix("host: ")).context("rustc names no host")?.to_owned();
    let work = root().join(std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into())).join("fuzz");
    // `--target` keeps the flags off build scripts, which have no libFuzzer to link.
    let mut build = cargo(["build", "--locked", "--manifest-path", "tests/fuzz/Cargo.toml", "--target", &host]);
    run(build.env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &work))?;
    let binary = work.join(&host).join("debug/honnin-fuzz").display().to_string();
    let mut crashed = Vec::new();
    for target in &targets {
        let found = work.join("found").join(target);
        fs::create_dir_all(&found)?;
        let kept = root().join(CORPUS).join(target);
        let artifacts = format!("-artifact_prefix={}/{target}-", work.display());
        let time = format!("-max_total_time={seconds}");
        let limits =
            ["-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=64", "-print_final_stats=1", "-verbosity=1"];
        let mut fuzz = cmd(&binary, limits);
        fuzz.args([&time, &artifacts]).arg(&found).arg(&kept).env("HONNIN_FUZZ_TARGET", target);
        let (ok, output) = tee(&mut fuzz)?;
        if !ok {
            crashed.push(target.clone());
            continue;
        }
        // Anything else than a run that ended by itself would be a silent success.
        ensure!(output.contains("stat::number_of_executed_units"), "{target}: libFuzzer gave no account");
        if keep {
            merge(&binary, target, &kept, &found)?;
        }
    }
    println!("{} targets, {seconds} s each, {} with findings", targets.len(), crashed.len());
    if !crashed.is_empty() {
        bail!("findings in {}; the inputs lie in {}", crashed.join(", "), work.display());
    }
    Ok(())
}

/// Adds to the kept corpus what reaches code that it does not reach.
fn merge(binary: &str, target: &str, kept: &Path, found: &Path) -> Result<()> {
    let mut merge = cmd(binary, ["-merge=1", "-rss_limit_mb=1024"]);
    run(merge.arg(kept).arg(found).env("HONNIN_FUZZ_TARGET", target))
}

/// Folders of the corpus; each is a target's name.
fn targets(only: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(root().join(CORPUS)).context(CORPUS)? {
        all.push(entry?.file_name().to_string_lossy().into_owned());
    }
    all.sort();
    if let Some(unknown) = only.iter().find(|name| !all.contains(name)) {
        bail!("no target {unknown}; there are {}", all.join(", "));
    }
    if !only.is_empty() {
        all.retain(|name| only.contains(name));
    }
    ensure!(!all.is_empty(), "{CORPUS} is empty");
    Ok(all)
}
