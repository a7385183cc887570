//! A ceremony of three people, each a process of its own, and everything that must not pass afterwards.

#[path = "../../../circuits/setup/tests/common/mod.rs"]
mod common;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use ark_ff::UniformRand;
use common::{powers, text};
use honnin_circuits::{Fr, verify::VerifyingKey};
use honnin_prover::{
    direct::prove,
    example::example,
    keys::{ProvingKey, sha256},
};
use honnin_setup::key_file::KeyFile;
use rand::rngs::OsRng;

const BEACON: [&str; 4] = ["--beacon", "00112233445566778899aabbccddeeff", "--iterations", "2^12"];

fn honnin(args: &[&str], typed: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_honnin"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A process that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

/// Standard output of a command that must succeed.
fn done(args: &[&str], typed: &str) -> String {
    let output = honnin(args, typed);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Standard error of a command that must fail.
fn refused(args: &[&str]) -> String {
    let output = honnin(args, "");
    assert!(!output.status.success(), "{args:?} passed: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [args, more].concat()
}

/// Names in a folder, sorted.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn three_people_and_a_beacon() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("ceremony");
    let at = |name: &str| dir.join(name);
    let ptau = powers(12);
    let ptau = text(&ptau);

    done(&["setup", "init", "--ptau", ptau, "--out", text(&dir)], "");
    let mut hashes = Vec::new();
    for (i, name) in ["佐藤", "Tanaka", "auditor of the client"].into_iter().enumerate() {
        let (from, to) = (at(&format!("000{i}.zkey")), at(&format!("000{}.zkey", i + 1)));
        let report =
            done(&["setup", "contribute", text(&from), text(&to), "--name", name, "--typed"], "anything at all\n");
        hashes.push(report.lines().last().unwrap().to_owned());
    }
    let (third, last) = (at("0003.zkey"), at("final.zkey"));
    done(&with(&["setup", "beacon", text(&third), text(&last)], &BEACON), "");

    // Verified to the last file, with what everybody published.
    let keys = root.path().join("keys");
    let attested: Vec<&str> = hashes.iter().flat_map(|h| ["--attested", h.as_str()]).collect();
    let files = ["--ptau", ptau, text(&last)];
    let finish = [&["setup", "finish"][..], &files, &BEACON, &attested, &["--out", text(&keys)]].concat();
    done(&finish, "");
    assert_eq!(names(&keys), ["circuit.pk", "circuit.vk", "manifest.json"]);
    let r1cs = at("circuit.r1cs");
    let verify =
        [&["setup", "verify"][..], &files, &BEACON, &attested, &["--r1cs", text(&r1cs), "--keys", text(&keys)]]
            .concat();
    let report = done(&verify, "");
    assert!(report.contains("the ceremony is sound") && report.contains("佐藤"), "{report}");
    assert!(refused(&finish).contains("exists already"));

    proves(&keys);
    exports(&keys, root.path());
    tampered(root.path(), &last, ptau);
    other_keys(&verify, &keys);
    other_circuit(&verify, &r1cs);
}

/// The finished keys serve phone and server.
fn proves(keys: &Path) {
    let (pk, vk) = (fs::read(keys.join("circuit.pk")).unwrap(), fs::read(keys.join("circuit.vk")).unwrap());
    let proving = ProvingKey::load(&pk, &sha256(&pk)).unwrap();
    let verifying = VerifyingKey::load(&vk, &sha256(&vk)).unwrap();
    let (mut statement, witness) = example();
    let proof = prove(&proving, &statement, &witness, Fr::rand(&mut OsRng), Fr::rand(&mut OsRng)).unwrap();
    verifying.verify(&statement, &proof).unwrap();
    statement.ctx += Fr::from(1u64);
    assert!(verifying.verify(&statement, &proof).is_err());
    // Not with the hash of another file, not cut off, not a key of another ceremony.
    assert!(ProvingKey::load(&pk, &sha256(&vk)).is_err());
    for length in [0, 1, 200, pk.len() / 2, pk.len() - 1] {
        assert!(ProvingKey::load(&pk[..length], &sha256(&pk[..length])).is_err(), "{length}");
    }
}

fn exports(keys: &Path, out: &Path) {
    let at = |name: &str| out.join(name);
    done(&["export", "vk", "--keys", text(keys), text(&at("vk.json"))], "");
    done(&["export", "proof-example", "--keys", text(keys), text(&at("proof"))], "");
    let (public, proof) = (at("proof/public.json"), at("proof/proof.json"));
    let judged = common::snarkjs_ok(&["groth16", "verify", text(&at("vk.json")), text(&public), text(&proof)]);
    assert!(judged.contains("OK!"), "{judged}");
}

/// Files changed on their way; every command that reads them refuses and leaves nothing behind.
fn tampered(root: &Path, last: &Path, ptau: &str) {
    let honest = KeyFile::read(&fs::read(last).unwrap()).unwrap();
    let dir = root.join("tampered");
    fs::create_dir(&dir).unwrap();
    let (file, out) = (dir.join("changed.zkey"), dir.join("keys"));
    let finish =
        |path: &Path| refused(&with(&["setup", "finish", "--ptau", ptau, text(path), "--out", text(&out)], &BEACON));
    let changed = |change: &dyn Fn(&mut KeyFile)| {
        let mut key = honest.clone();
        change(&mut key);
        fs::write(&file, key.to_bytes()).unwrap();
        finish(&file)
    };
    type Change<'a> = (&'a dyn Fn(&mut KeyFile), &'a str);
    let cases: [Change<'_>; 7] = [
        (&|k| drop(k.contributions.remove(1)), "contribution 2 (auditor of the client): its transcript hash"),
        (&|k| k.contributions.swap(0, 1), "contribution 1 (Tanaka): its transcript hash"),
        (&|k| k.contributions.insert(0, k.contributions[0].clone()), "contribution 2 (佐藤): its transcript hash"),
        (&|k| k.contributions[2].delta_after = k.alpha_g1, "contribution 3 (auditor of the client): its delta"),
        (&|k| k.contributions[1].g2_spx = k.beta_g2, "contribution 2 (Tanaka): its proof of knowledge of delta"),
        (&|k| k.contributions[3].beacon.as_mut().unwrap().exponent = 11, "contribution 4 (beacon): it claims"),
        (&|k| k.h[5] = k.h[6], "the H points do not belong to delta"),
    ];
    for (change, reason) in cases {
        let said = changed(change);
        assert!(said.contains(reason), "{said}");
        assert_eq!(names(&dir), ["changed.zkey"]);
    }
    let whole = fs::read(last).unwrap();
    for length in [0, 3, 40, 500, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        let said = finish(&file);
        assert!(said.contains("parameters: truncated"), "{length}: {said}");
        let next = dir.join("next.zkey");
        assert!(refused(&["setup", "contribute", text(&file), text(&next), "--name", "x"]).contains("truncated"));
        assert!(refused(&with(&["setup", "beacon", text(&file), text(&next)], &BEACON)).contains("truncated"));
        assert_eq!(names(&dir), ["changed.zkey"]);
    }
    // Powers of tau with two points exchanged, and cut off.
    let (powers, bad) = (fs::read(ptau).unwrap(), dir.join("bad.ptau"));
    let mut bytes = powers.clone();
    let tau = 12 + 12 + 44 + 12 + 100 * 64;
    bytes.copy_within(tau..tau + 64, tau + 64);
    for (bytes, reason) in
        [(&bytes[..], "tau G1 are not consecutive powers"), (&powers[..powers.len() / 2], "truncated")]
    {
        fs::write(&bad, bytes).unwrap();
        let start = dir.join("start");
        assert!(refused(&["setup", "init", "--ptau", text(&bad), "--out", text(&start)]).contains(reason));
        assert!(!start.exists());
    }
    // Another beacon than announced, and none.
    let other = ["--beacon", "ff", "--iterations", "2^12"];
    let said = refused(&with(&["setup", "verify", "--ptau", ptau, text(last)], &other));
    assert!(said.contains("the beacon's value is not the announced one"), "{said}");
    let open = last.with_file_name("0003.zkey");
    assert!(finish(&open).contains("the last contribution is not a beacon"));
}

/// Finished keys that were changed after the ceremony.
fn other_keys(verify: &[&str], keys: &Path) {
    for name in ["circuit.pk", "circuit.vk", "manifest.json"] {
        let path = keys.join(name);
        let honest = fs::read(&path).unwrap();
        let mut changed = honest.clone();
        changed[honest.len() / 2] ^= 1;
        fs::write(&path, changed).unwrap();
        // Only the last of three costs a whole verification: the others are seen by their loaders.
        if name == "manifest.json" {
            assert!(refused(verify).contains("manifest.json: not what this ceremony gives"));
        } else {
            let kind = if name == "circuit.pk" { "proof-example" } else { "vk" };
            let out: PathBuf = keys.with_file_name("never");
            let said = refused(&["export", kind, "--keys", text(keys), text(&out)]);
            assert!(said.contains("not the key that manifest.json names"), "{said}");
            assert!(!out.exists());
        }
        fs::write(&path, honest).unwrap();
    }
}

fn other_circuit(verify: &[&str], r1cs: &Path) {
    fs::write(r1cs, common::toy().to_r1cs()).unwrap();
    assert!(refused(verify).contains("the constraint system of another circuit"));
}
