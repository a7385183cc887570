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
const SOURCES: [&str; 11] = [
    "Cargo.toml",
    "Cargo.lock",
    "circuits",
    "protocol",
    "mobile-sdk/core",
    "mobile-sdk/recipient/Cargo.toml",
    "mobile-sdk/recipient/src",
    "mobile-sdk/recipient/wasm",
    "mobile-sdk/wasm",
    "xtask/bindgen",
    "xtask/src/wasm.rs",
];

/// A module: what it is called, what it is compiled from, and where it goes.
struct Module {
    name: &'static str,
    stamp: &'static str,
    package: &'static str,
    features: &'static [&'static str],
    out: &'static str,
}

/// The phone's module, into its web application; skipped while its sources are unchanged.
pub fn build() -> Result<()> {
    Module { name: "honnin_wasm", stamp: "wasm", package: "honnin-wasm", features: &[], out: OUT }.build()
}

/// The recipient's module, into its package. Nearly all that it links, the phone's module has compiled already.
pub fn build_recipient() -> Result<()> {
    let (stamp, package) = ("wasm-recipient", "honnin-recipient-wasm");
    Module { name: "honnin_recipient", stamp, package, features: &[], out: "mobile-sdk/recipient/web/src/gen" }.build()
}

/// The phone's with what `cargo xtask bench proving` times.
pub fn build_bench() -> Result<()> {
    let (stamp, features) = ("wasm-bench", &["--features", "bench"]);
    Module { name: "honnin_bench", stamp, package: "honnin-wasm", features, out: "target/wasm/bench" }.build()
}

impl Module {
    /// Compiles the package, writes its glue and shrinks it.
    fn build(&self) -> Result<()> {
        let Self { name, stamp, package, features, out } = *self;
        let out = &root().join(out);
        install::npm()?;
        let hash = stamp::hash(&SOURCES, name)?;
        stamp::unless_current(stamp, &hash, &out.join(format!("{name}_bg.wasm")), || {
            let toolchain = install::wasm_toolchain()?;
            run(compile(&toolchain, package).args(features))?;
            let file = format!("{}.wasm", package.replace('-', "_"));
            let compiled = root().join("target/wasm").join(TARGET).join("release").join(file);
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
}

/// SIMD and bulk memory: every browser that has passkeys has them. The module's memory ends at 64 MiB, six times its
/// measured peak: a phone's other work must not pay for a fault of ours.
const FLAGS: &str = "-Ctarget-feature=+simd128,+bulk-memory -Clink-arg=--max-memory=67108864";

fn compile(toolchain: &WasmToolchain, package: &str) -> Command {
    let common = ["build", "--release", "--package", package, "--lib", "--target", TARGET];
    let mut command = match toolchain {
        WasmToolchain::Rustup => {
            let mut command = sh::cargo(common);
            command.env("RUSTFLAGS", FLAGS);
            command
        }
        WasmToolchain::Debian => {
            let mut command = cmd("/usr/bin/cargo", common);
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
