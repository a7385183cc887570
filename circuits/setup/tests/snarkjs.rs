//! Independent eyes: snarkjs reads what we write, and we read what it writes.

mod common;

use std::fs;

use common::{powers, snarkjs_ok, text, toy};
use honnin_setup::{
    derive::Beacon,
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
