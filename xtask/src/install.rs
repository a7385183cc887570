//! What the project needs beside cargo: installs it where it may, else names it exactly.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use crate::{
    sh::{self, capture, cmd, root, run, which},
    stamp,
};

/// A Debian package and a file that shows it is there.
struct Package {
    name: &'static str,
    file: &'static str,
}

const CHROMIUM: Package = Package { name: "chromium", file: "/usr/bin/chromium" };
const FONTS: Package =
    Package { name: "fonts-noto-cjk", file: "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc" };
/// Lets time pass in a test's database: the browser's tests look at people who have not come for 100 days.
const SQLITE: Package = Package { name: "sqlite3", file: "/usr/bin/sqlite3" };
/// A software PKCS#11 token.
const SOFTHSM: Package = Package { name: "softhsm2", file: "/usr/lib/softhsm/libsofthsm2.so" };
/// `systemd-analyze`, which runs without systemd.
const SYSTEMD: Package = Package { name: "systemd", file: "/usr/bin/systemd-analyze" };
const POSTGRES: Package = Package { name: "postgresql", file: "/usr/lib/postgresql/15/bin/initdb" };
const WASM: [Package; 5] = [
    Package { name: "rustc-web", file: "/usr/bin/rustc" },
    Package { name: "cargo-web", file: "/usr/bin/cargo" },
    Package { name: "rust-web-src", file: "/usr/share/doc/rust-web-src" },
    Package { name: "rust-web-llvm", file: "/usr/share/doc/rust-web-llvm" },
    Package { name: "lld-22", file: "/usr/bin/wasm-ld-22" },
];

/// How the WASM module is compiled on this machine.
pub enum WasmToolchain {
    /// The toolchain that builds everything else holds the target's standard library.
    Rustup,
    /// Debian's compiler, which builds the standard library itself.
    Debian,
}

/// Finds a compiler for wasm32: the one in use if its target is there or can be added, else Debian's.
pub fn wasm_toolchain() -> Result<WasmToolchain> {
    if std::env::var_os("HONNIN_WASM_TOOLCHAIN").is_none_or(|choice| choice != "debian") {
        if rustup_has_target() {
            return Ok(WasmToolchain::Rustup);
        }
        if which("rustup").is_some()
            && capture(&mut cmd("rustup", ["target", "add", "wasm32-unknown-unknown"])).is_some()
            && rustup_has_target()
        {
            return Ok(WasmToolchain::Rustup);
        }
    }
    debian(&WASM)?;
    Ok(WasmToolchain::Debian)
}

fn rustup_has_target() -> bool {
    capture(&mut cmd("rustc", ["--print", "target-libdir", "--target", "wasm32-unknown-unknown"])).is_some_and(|dir| {
        std::fs::read_dir(dir.trim()).is_ok_and(|mut files| {
            files.any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libcore-")))
        })
    })
}

/// PostgreSQL's programs: the tests start clusters of their own with them.
pub fn postgres() -> Result<()> {
    let here = std::fs::read_dir("/usr/lib/postgresql")
        .is_ok_and(|mut versions| versions.any(|version| version.is_ok_and(|v| v.path().join("bin/initdb").exists())));
    if here || which("initdb").is_some() { Ok(()) } else { debian(&[POSTGRES]) }
}

/// The browser, the fonts that its screenshots need, and what its tests age a database with.
pub fn browser() -> Result<()> {
    debian(&[CHROMIUM, FONTS, SQLITE])
}

/// The token that the tests of key-encryption keys use.
pub fn token() -> Result<()> {
    debian(&[SOFTHSM])
}

/// What reads the service's unit.
pub fn systemd() -> Result<()> {
    debian(&[SYSTEMD])
}

fn debian(packages: &[Package]) -> Result<()> {
    let missing: Vec<&str> = packages.iter().filter(|p| !Path::new(p.file).exists()).map(|p| p.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let command = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    let root_user = capture(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    if !root_user || which("apt-get").is_none() {
        bail!("missing: {}. On Debian 12 run, as root: apt-get update && {command}", missing.join(", "));
    }
    let mut args = vec!["install", "-y", "--no-install-recommends"];
    args.extend(&missing);
    run(cmd("apt-get", ["update", "-q"]).env("DEBIAN_FRONTEND", "noninteractive"))?;
    run(cmd("apt-get", args).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// oidc-provider, which the service bench compares with and a test of the server logs in through.
pub fn oidc_provider() -> Result<()> {
    let dir = root().join("tests/bench/ciba");
    let hash = stamp::hash(&["tests/bench/ciba/package-lock.json"], "oidc-provider")?;
    stamp::unless_current("oidc-provider", &hash, &dir.join("node_modules/.package-lock.json"), || {
        run(sh::cmd("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&dir))
    })
}

/// The npm packages of all workspaces, as locked; nothing to do while the lock is the installed one.
///
/// A fresh tree gets `npm ci`; a tree in use only what changed, so that running tools keep their files.
pub fn npm() -> Result<()> {
    for program in ["node", "npm"] {
        if which(program).is_none() {
            bail!("missing: {program} (Node.js 20 or newer with npm)");
        }
    }
    let hash = stamp::hash(&["package-lock.json", "package.json"], "npm")?;
    stamp::unless_current("npm", &hash, &root().join("node_modules/.package-lock.json"), || {
        let how = if root().join("node_modules/.package-lock.json").exists() { "install" } else { "ci" };
        run(&mut sh::cmd("npm", [how, "--no-audit", "--no-fund", "--loglevel=error"]))
    })
}
