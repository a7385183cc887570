//! House rules that no compiler knows: file length, unfinished words, unchecked decoding, registry hosts.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::sh::{capture, cmd, root};

/// A file past this many lines wants splitting.
const MOST_LINES: usize = 600;

/// Words that must not stand in code: (word, why). Put together from halves so that this file passes its own rule.
const IN_CODE: [(&str, &str); 12] = [
    (concat!("todo", "!("), "unfinished"),
    (concat!("unimple", "mented!("), "unfinished"),
    (concat!("FIX", "ME"), "unfinished"),
    (concat!("dbg", "!("), "left from debugging"),
    (concat!("console", ".log("), "left from debugging"),
    (concat!("#[ig", "nore"), "a test that does not run"),
    (concat!("it.sk", "ip("), "a test that does not run"),
    (concat!("test.sk", "ip("), "a test that does not run"),
    (concat!("test.on", "ly("), "hides the other tests"),
    (concat!("ed_unch", "ecked("), "unchecked decoding"),
    (concat!("new_unch", "ecked("), "unchecked decoding"),
    (concat!("bytes_mod", "_order("), "decoding that reduces instead of refusing"),
];

/// Where points are made from coordinates that were just computed: there is nothing to decode there.
const ARITHMETIC: [&str; 2] = ["circuits/prover/src/arith/", "circuits/prover/src/msm.rs"];

/// Package registries are used by package name; their hosts stand in no file.
const HOSTS: [&str; 4] = [
    concat!("registry.npm", "js"),
    concat!("pypi", ".org"),
    concat!("deb.deb", "ian.org"),
    concat!("static.cra", "tes.io"),
];

/// Checks every file that git tracks or would track.
pub fn check() -> Result<()> {
    let list = capture(&mut cmd("git", ["ls-files", "--cached", "--others", "--exclude-standard"]))
        .context("git ls-files failed")?;
    let mut findings = Vec::new();
    for name in list.lines() {
        if let Ok(text) = fs::read_to_string(root().join(name)) {
            findings.extend(of_file(name, &text));
        }
    }
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings", findings.len());
    }
    Ok(())
}

fn of_file(name: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let code = [".rs", ".ts", ".tsx", ".mjs", ".js", ".css"].iter().any(|end| name.ends_with(end));
    if code && text.lines().count() > MOST_LINES {
        findings.push(format!("{name}: {} lines (at most {MOST_LINES})", text.lines().count()));
    }
    for (number, line) in text.lines().enumerate() {
        if code {
            for (word, why) in IN_CODE {
                // Scripts report on their standard output; pages have no business with the console.
                if word.starts_with("console") && !name.contains("/src/") {
                    continue;
                }
                if word.starts_with("new_") && ARITHMETIC.iter().any(|place| name.starts_with(place)) {
                    continue;
                }
                if line.contains(word) {
                    findings.push(format!("{name}:{}: `{word}`: {why}", number + 1));
                }
            }
        }
        for host in HOSTS {
            if line.contains(host) {
                findings.push(format!("{name}:{}: names a package registry's host", number + 1));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_it_looks_for() {
        assert_eq!(of_file("a.rs", &format!("fn a() {{ {} }}", IN_CODE[0].0)).len(), 1);
        assert_eq!(of_file("a.rs", &"x\n".repeat(MOST_LINES + 1)).len(), 1);
        assert_eq!(of_file("a.md", &format!("see {}", HOSTS[0])).len(), 1);
        assert!(of_file("a.rs", "fn a() {}\n").is_empty());
        let made = format!("Affine::{}x, y)", IN_CODE.iter().find(|w| w.0.starts_with("new_")).unwrap().0);
        assert_eq!(of_file("server/src/a.rs", &made).len(), 1);
        assert!(of_file("circuits/prover/src/msm.rs", &made).is_empty());
    }
}
