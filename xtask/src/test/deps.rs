//! The rules of `deny.toml` that matter most, without cargo-deny: licences, sources, and who may link the prover.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::sh::{capture, cargo};

/// Licences that the SDK's users can take over; the same list as in `deny.toml`.
const LICENCES: [&str; 12] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "Unicode-3.0",
    "Unlicense",
    "MPL-2.0",
];

/// Packages that may depend on the prover: phones, tools and tests, never a service.
const PROVERS: [&str; 6] = ["honnin-sdk", "honnin-wasm", "honnin", "honnin-setup", "honnin-tests", "honnin-decoders"];

/// Reads `cargo metadata` and names every breach.
pub fn check() -> Result<()> {
    let text = capture(&mut cargo(["metadata", "--format-version", "1", "--locked"]))
        .context("cargo metadata failed: is Cargo.lock current?")?;
    let metadata: Value = serde_json::from_str(&text)?;
    let findings = findings(&metadata);
    for finding in &findings {
        eprintln!("dependencies: {finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings", findings.len());
    }
    Ok(())
}

fn findings(metadata: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or_default();
        if !allowed(licence) {
            findings.push(format!("{name}: licence `{licence}`"));
        }
        // No source: a package of this workspace.
        if package["source"].as_str().is_some_and(|source| !source.starts_with("registry+")) {
            findings.push(format!("{name}: not from the registry"));
        }
        let uses_prover = package["dependencies"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|dependency| dependency["name"] == "honnin-prover" && dependency["kind"] != "dev");
        if uses_prover && !PROVERS.contains(&name) {
            findings.push(format!("{name}: links the prover"));
        }
    }
    findings
}

/// Whether an SPDX expression leaves a choice that is in the list.
fn allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    expression.split(" AND ").all(|part| {
        let part = part.trim_matches(|c: char| c == '(' || c == ')' || c == ' ');
        part.split(" OR ").any(|one| LICENCES.contains(&one.trim_matches(|c: char| c == '(' || c == ')' || c == ' ')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn expressions() {
        for good in ["MIT", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "GPL-3.0 OR MIT"] {
            assert!(allowed(good), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "AGPL-3.0 OR SSPL-1.0"] {
            assert!(!allowed(bad), "{bad}");
        }
    }

    #[test]
    fn a_service_that_links_the_prover_is_named() {
        let package = |name: &str| {
            json!({"packages": [{"name": name, "license": "MIT", "source": null,
                "dependencies": [{"name": "honnin-prover", "kind": null}]}]})
        };
        assert_eq!(findings(&package("honnin-server")).len(), 1);
        assert!(findings(&package("honnin-sdk")).is_empty());
    }
}
