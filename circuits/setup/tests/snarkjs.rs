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

    // A ceremony of ours, judged by snarkjs; its key proves here, and snarkjs verifies.
    let mut key = KeyFile::initial(&circuit, &ptau).unwrap();
    key.contribute("one", b"", &mut rng).unwrap();
    key.contribute("two", b"", &mut rng).unwrap();
    let beacon = Beacon { value: vec![7; 32], exponent: 10 };
    key.add_beacon(&beacon).unwrap();
    verify(&circuit, &ptau, &key, &Policy::closed(beacon), &mut rng).unwrap();
    let zkey = at("ours.zkey");
    fs::write(&zkey, key.to_bytes()).unwrap();
    assert!(snarkjs_ok(&["zkey", "verify", text(&r1cs), text(&path), text(&zkey)]).contains("ZKey Ok!"));

    let finished = key.finish().unwrap();
    let proving = ProvingKey::load(&finished.proving, &sha256(&finished.proving)).unwrap();
    let verifying = VerifyingKey::load(&finished.verifying, &sha256(&finished.verifying)).unwrap();
    let proof = prove(&proving, &statement, &witness, Fr::rand(&mut rng), Fr::rand(&mut rng)).unwrap();
    verifying.verify(&statement, &proof).unwrap();
    let (vk, public, proof_file) = (at("vk.json"), at("public.json"), at("proof.json"));
    let inputs = statement.public_inputs();
    fs::write(&vk, json::key_to_json(&finished.verifying).unwrap()).unwrap();
    fs::write(&public, json::inputs_to_json(&inputs)).unwrap();
    fs::write(&proof_file, json::proof_to_json(&proof)).unwrap();
    assert!(snarkjs_ok(&["groth16", "verify", text(&vk), text(&public), text(&proof_file)]).contains("OK!"));
    let mut other = inputs;
    other[CTX_INPUT] += Fr::from(1u64);
    fs::write(at("other.json"), json::inputs_to_json(&other)).unwrap();
    assert!(!snarkjs(&["groth16", "verify", text(&vk), text(&at("other.json")), text(&proof_file)]).status.success());

    // snarkjs' own proof with a key of its own making, verified here from its JSON.
    let (theirs, made, signals) = (at("theirs.zkey"), at("theirs.json"), at("theirs-public.json"));
    snarkjs_ok(&["zkey", "new", text(&r1cs), text(&path), text(&at("new.zkey"))]);
    snarkjs_ok(&["zkey", "contribute", text(&at("new.zkey")), text(&theirs), "--name=theirs", "-e=text"]);
    snarkjs_ok(&["zkey", "export", "verificationkey", text(&theirs), text(&at("theirs-vk.json"))]);
    snarkjs_ok(&["groth16", "prove", text(&theirs), text(&wtns_file), text(&made), text(&signals)]);
    let bytes = json::key_from_json(&fs::read_to_string(at("theirs-vk.json")).unwrap()).unwrap();
    let verifying = VerifyingKey::load(&bytes, &sha256(&bytes)).unwrap();
    let proof = json::proof_from_json(&fs::read_to_string(made).unwrap()).unwrap();
    assert_eq!(json::inputs_from_json(&fs::read_to_string(signals).unwrap()), Ok(inputs));
    verifying.verify(&statement, &proof).unwrap();
    assert_eq!(verifying.verify_inputs(&other, &proof), Err(ProofError::Invalid));

    // And their key file, taken apart here, is an honest start with one contributor: not enough for production.
    let theirs = KeyFile::read(&fs::read(theirs).unwrap()).unwrap();
    theirs.follows(&KeyFile::initial(&circuit, &ptau).unwrap(), &Policy::open(), &mut rng).unwrap();
}
