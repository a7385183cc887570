//! Independent eyes: snarkjs reads what we write, and we read what it writes.

mod common;

use std::fs;

use ark_ff::UniformRand;
use common::{powers, snarkjs, snarkjs_ok, text, toy};
use honnin_circuits::{
    Fr,
    statement::{CTX_INPUT, PUBLIC_INPUTS},
    verify::{ProofError, VerifyingKey},
};
use honnin_prover::{
    circuit::{assignment, shape},
    direct::prove,
    example::example,
    keys::{ProvingKey, sha256},
};
use honnin_setup::{
    circuit::{Circuit, wtns},
    derive::Beacon,
    json,
    key_file::KeyFile,
    key_verify::{Policy, verify},
    ptau::Ptau,
};
use rand::{SeedableRng, rngs::StdRng};

#[test]
fn a_ceremony_of_ours_satisfies_snarkjs() {
    let dir = tempfile::tempdir().unwrap();
    let path = powers(4);
    let ptau = Ptau::read(&fs::read(&path).unwrap()).unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    ptau.verify(2, &mut rng).unwrap();
    assert!(snarkjs_ok(&["powersoftau", "verify", text(&path)]).contains("Powers of Tau Ok!"));

    let circuit = toy();
    let r1cs = dir.path().join("toy.r1cs");
    fs::write(&r1cs, circuit.to_r1cs()).unwrap();
    let theirs = dir.path().join("theirs.zkey");
    snarkjs_ok(&["zkey", "new", text(&r1cs), text(&path), text(&theirs)]);
    let theirs = KeyFile::read(&fs::read(theirs).unwrap()).unwrap();
    let mut key = KeyFile::initial(&circuit, &ptau).unwrap();
    assert_eq!(key, theirs);

    key.contribute("one", b"", &mut rng).unwrap();
    key.contribute("二人目", b"typed", &mut rng).unwrap();
    let beacon = Beacon { value: vec![1, 2, 3], exponent: 10 };
    key.add_beacon(&beacon).unwrap();
    verify(&circuit, &ptau, &key, &Policy::closed(beacon), &mut rng).unwrap();
    let ours = dir.path().join("ours.zkey");
    fs::write(&ours, key.to_bytes()).unwrap();
    assert_eq!(KeyFile::read(&key.to_bytes()), Ok(key));
    assert!(snarkjs_ok(&["zkey", "verify", text(&r1cs), text(&path), text(&ours)]).contains("ZKey Ok!"));
}

/// Published powers of tau are cut down from one large ceremony.
#[test]
fn powers_cut_down_from_a_larger_ceremony() {
    let dir = tempfile::tempdir().unwrap();
    let large = dir.path().join("large.ptau");
    fs::copy(powers(4), &large).unwrap();
    snarkjs_ok(&["powersoftau", "truncate", text(&large)]);
    let small = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path()).find(|p| text(p).contains("03"));
    let ptau = Ptau::read(&fs::read(small.expect("a file of power 3")).unwrap()).unwrap();
    assert_eq!((ptau.power, ptau.ceremony_power), (3, 4));
    let mut rng = StdRng::seed_from_u64(3);
    ptau.verify(2, &mut rng).unwrap();
    // The same start for the same circuit, but for H: there, the doubled domain's last power is known to one alone.
    let whole = Ptau::read(&fs::read(&large).unwrap()).unwrap();
    let (cut, whole) = (KeyFile::initial(&toy(), &ptau).unwrap(), KeyFile::initial(&toy(), &whole).unwrap());
    assert_eq!(cut.circuit_hash, whole.circuit_hash);
    assert_eq!(cut.l, whole.l);
}

/// The whole circuit, judged both ways.
#[test]
fn both_verify_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let path = powers(12);
    let ptau_bytes = fs::read(&path).unwrap();
    let ptau = Ptau::read(&ptau_bytes).unwrap();
    let mut rng = StdRng::seed_from_u64(2);

    // Constraint system and witness: snarkjs counts the same rows, and finds every row satisfied.
    let circuit = Circuit::from(shape());
    let (r1cs, wtns_file) = (at("circuit.r1cs"), at("example.wtns"));
    let (statement, witness) = example();
    fs::write(&r1cs, circuit.to_r1cs()).unwrap();
    fs::write(&wtns_file, wtns(&assignment(&statement, &witness))).unwrap();
    let info = snarkjs_ok(&["r1cs", "info", text(&r1cs)]);
    assert!(info.contains(&format!("# of Constraints: {}", shape().constraints())), "{info}");
    assert!(info.contains(&format!("# of Public Inputs: {PUBLIC_INPUTS}")), "{info}");
    assert!(snarkjs_ok(&["wtns", "check", text(&r1cs), text(&wtns_file)]).contains("WITNESS IS CORRECT"));
    let mut wrong = assignment(&statement, &witness);
    wrong[PUBLIC_INPUTS + 7] += Fr::from(1u64);
    fs::write(at("wrong.wtns"), wtns(&wrong)).unwrap();
    assert!(!snarkjs(&["wtns", "check", text(&r1cs), text(&at("wrong.wtns"))]).status.success());

    // One ceremony in which both programs take part, from a start that both compute to the byte.
    let (new, theirs, zkey) = (at("new.zkey"), at("theirs.zkey"), at("final.zkey"));
    snarkjs_ok(&["zkey", "new", text(&r1cs), text(&path), text(&new)]);
    let mut key = KeyFile::initial(&circuit, &ptau).unwrap();
    assert_eq!(KeyFile::read(&fs::read(&new).unwrap()).unwrap(), key);
    key.contribute("ours", b"typed", &mut rng).unwrap();
    fs::write(&new, key.to_bytes()).unwrap();
    snarkjs_ok(&["zkey", "contribute", text(&new), text(&theirs), "--name=theirs", "-e=text"]);
    let mut key = KeyFile::read(&fs::read(&theirs).unwrap()).unwrap();
    let beacon = Beacon { value: vec![7; 32], exponent: 10 };
    key.add_beacon(&beacon).unwrap();
    verify(&circuit, &ptau, &key, &Policy::closed(beacon), &mut rng).unwrap();
    fs::write(&zkey, key.to_bytes()).unwrap();

    // Our proof, verified by both; not with another session's ctx.
    let finished = key.finish().unwrap();
    let proving = ProvingKey::load(&finished.proving, &sha256(&finished.proving)).unwrap();
    let verifying = VerifyingKey::load(&finished.verifying, &sha256(&finished.verifying)).unwrap();
    let proof = prove(&proving, &statement, &witness, Fr::rand(&mut rng), Fr::rand(&mut rng)).unwrap();
    verifying.verify(&statement, &proof).unwrap();
    let (vk, public, proof_file, other_file) = (at("vk.json"), at("public.json"), at("proof.json"), at("other.json"));
    let inputs = statement.public_inputs();
    let mut other = inputs;
    other[CTX_INPUT] += Fr::from(1u64);
    fs::write(&vk, json::key_to_json(&finished.verifying).unwrap()).unwrap();
    fs::write(&public, json::inputs_to_json(&inputs)).unwrap();
    fs::write(&other_file, json::inputs_to_json(&other)).unwrap();
    fs::write(&proof_file, json::proof_to_json(&proof)).unwrap();
    assert!(snarkjs_ok(&["groth16", "verify", text(&vk), text(&public), text(&proof_file)]).contains("OK!"));
    let refused = snarkjs(&["groth16", "verify", text(&vk), text(&other_file), text(&proof_file)]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stdout).contains("Invalid proof"));

    // Their proof and their export of the key, verified here from their JSON; not with another ctx.
    let (made, signals, their_vk) = (at("theirs.json"), at("theirs-public.json"), at("theirs-vk.json"));
    snarkjs_ok(&["groth16", "prove", text(&zkey), text(&wtns_file), text(&made), text(&signals)]);
    snarkjs_ok(&["zkey", "export", "verificationkey", text(&zkey), text(&their_vk)]);
    let bytes = json::key_from_json(&fs::read_to_string(their_vk).unwrap()).unwrap();
    assert_eq!(bytes, finished.verifying);
    let verifying = VerifyingKey::load(&bytes, &sha256(&bytes)).unwrap();
    let proof = json::proof_from_json(&fs::read_to_string(made).unwrap()).unwrap();
    assert_eq!(json::inputs_from_json(&fs::read_to_string(signals).unwrap()), Ok(inputs));
    verifying.verify(&statement, &proof).unwrap();
    assert_eq!(verifying.verify_inputs(&other, &proof), Err(ProofError::Invalid));
}
