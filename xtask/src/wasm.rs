//! Builds the phone's WASM module once, for demo and tests alike.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    install::{self, WasmToolchain},
    sh::{self, cmd, root, run},
    stamp,
};

const TARGET: &str = "wasm32-unknown-unknown";
const OUT: &str = "mobile-sdk/web/src/prover/gen";
const SOURCES: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "circuits",
    "protocol",
    "mobile-sdk/core",
    "mobile-sdk/wasm",
    "xtask/bindgen",
    "xtask/src/wasm.rs",
];

/// The phone's module, into its web application; skipped while its sources are unchanged.
pub fn build() -> Result<()> {
    module("honnin_wasm", &[], &root().join(OUT))
}

/// The same with what `cargo xtask bench proving` times.
pub fn build_bench() -> Result<()> {
    module("honnin_bench", &["--features", "bench"], &root().join("target/wasm/bench"))
}

/// Compiles `honnin-wasm`, writes its glue and shrinks it.
fn module(name: &str, features: &[&str], out: &Path) -> Result<()> {
    install::npm()?;
    let hash = stamp::hash(&SOURCES, name)?;
    let stamp = if features.is_empty() { "wasm" } else { "wasm-bench" };
    stamp::unless_current(stamp, &hash, &out.join(format!("{name}_bg.wasm")), || {
        let toolchain = install::wasm_toolchain()?;
        run(compile(&toolchain).args(features))?;
        let compiled = root().join("target/wasm").join(TARGET).join("release/honnin_wasm.wasm");
        let staged = root().join("target/wasm/gen").join(name);
        fs::create_dir_all(&staged)?;
        fs::create_dir_all(out)?;
        let mut glue = sh::cargo(["run", "--quiet", "--package", "honnin-bindgen", "--"]);
        run(glue.arg(&compiled).arg(&staged).arg(name))?;
        let binary = format!("{name}_bg.wasm");
        shrink(&staged.join(&binary))?;
        for file in [format!("{name}.js"), format!("{name}.d.ts"), format!("{binary}.d.ts"), binary] {
            fs::copy(staged.join(&file), out.join(&file)).with_context(|| format!("no {file} was written"))?;
        }
        Ok(())
    })
}

/// SIMD and bulk memory: every browser that has passkeys has them. The module's memory ends at 64 MiB, six times its
/// measured peak: a phone's other work must not pay for a fault of ours.
const FLAGS: &str = "-Ctarget-feature=+simd128,+bulk-memory -Clink-arg=--max-memory=67108864";

fn compile(toolchain: &WasmToolchain) -> Command {
    const COMMON: [&str; 7] = ["build", "--release", "--package", "honnin-wasm", "--lib", "--target", TARGET];
    let mut command = match toolchain {
        WasmToolchain::Rustup => {
            let mut command = sh::cargo(COMMON);
            command.env("RUSTFLAGS", FLAGS);
            command
        }
        WasmToolchain::Debian => {
            let mut command = cmd("/usr/bin/cargo", COMMON);
            let path = std::env::var("PATH").unwrap_or_default();
            command
                .arg("-Zbuild-std=std,panic_abort")
                .env("PATH", format!("/usr/bin:{path}"))
                .env("RUSTC", "/usr/bin/rustc")
                // Debian's stable compiler builds its own standard library for the target.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22")
                .env("RUSTFLAGS", format!("-Clinker-flavor=wasm-ld {FLAGS}"))
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("CARGO");
            command
        }
    };
    command.env("CARGO_TARGET_DIR", root().join("target/wasm"));
    command
}

fn shrink(module: &Path) -> Result<()> {
    let tool = root().join("node_modules/.bin/wasm-opt");
    if !tool.exists() {
        eprintln!("wasm-opt is not installed: the module stays as the compiler wrote it");
        return Ok(());
    }
    let small = module.with_extension("opt");
    run(Command::new(tool)
        .args([
            "-O3",
            "--enable-simd",
            "--enable-bulk-memory",
            "--enable-nontrapping-float-to-int",
            "--enable-sign-ext",
        ])
        .args(["--enable-mutable-globals", "--enable-multivalue", "--enable-reference-types"])
        .arg(module)
        .arg("-o")
        .arg(&small))?;
    fs::rename(small, module)?;
    Ok(())
}
