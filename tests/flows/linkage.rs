//! The server verifies and never proves: the prover is neither among its dependencies nor inside its program.

use std::process::Command;

use anyhow::Result;
use honnin_tests::process::program;

fn dependencies(package: &str) -> String {
    let output = Command::new("cargo")
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Crates that only proving needs. (ark-relations comes with the hash constants' generator and proves nothing.)
const PROVING: [&str; 4] = ["honnin-prover ", "honnin-sdk ", "ark-groth16 ", "ark-r1cs-std "];

#[test]
fn the_server_does_not_depend_on_the_prover() {
    let tree = dependencies("honnin-server");
    assert!(tree.contains("honnin-circuits "), "the tree was read");
    for name in PROVING {
        assert!(!tree.lines().any(|line| line.starts_with(name)), "honnin-server depends on {name}");
    }
    assert!(dependencies("honnin-sdk").contains("honnin-prover "), "the test can fail");
}

#[test]
fn the_servers_program_holds_no_prover() -> Result<()> {
    let needle = b"honnin_prover";
    let holds = |name: &str| -> Result<bool> {
        let bytes = std::fs::read(program(name)?)?;
        Ok(bytes.windows(needle.len()).any(|window| window == needle))
    };
    assert!(!holds("honnin-server")?, "honnin-server holds the prover's code");
    assert!(holds("honnin-check")?, "the test can fail: a program that proves does hold it");
    Ok(())
}
