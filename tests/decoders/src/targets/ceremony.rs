//! What a ceremony reads: powers of tau, parameters, constraint systems, snarkjs' JSON.

use honnin_circuits::{
    Fr,
    statement::PUBLIC_INPUTS,
    verify::{Proof, VerifyingKey},
};
use honnin_prover::{
    example::example,
    keys::{ProvingKey, sha256},
    prepared::Prepared,
};
use honnin_setup::{
    circuit::Circuit,
    json::{inputs_from_json, inputs_to_json, key_from_json, key_to_json, proof_from_json, proof_to_json},
    key_file::KeyFile,
    ptau::Ptau,
};
use rand::{SeedableRng, rngs::StdRng};

use super::{choice, chosen};
use crate::Target;

pub const TARGET: Target = Target { name: "ceremony", run, seeds };

fn run(data: &[u8]) {
    let (which, input) = choice(data);
    let text = std::str::from_utf8(input).unwrap_or_default();
    match which {
        0 => drop(Ptau::read(input)),
        1 => {
            if let Ok(file) = KeyFile::read(input) {
                let written = file.to_bytes();
                assert_eq!(KeyFile::read(&written).expect("what was written can be read").to_bytes(), written);
            }
        }
        2 => {
            if let Ok(circuit) = Circuit::from_r1cs(input) {
                let written = circuit.to_r1cs();
                assert_eq!(Circuit::from_r1cs(&written).expect("what was written can be read").to_r1cs(), written);
            }
        }
        3 => {
            if let Ok(key) = key_from_json(text) {
                // What is imported loads, or is refused as degenerate; its text comes back the same.
                drop(VerifyingKey::load(&key, &sha256(&key)));
                let written = key_to_json(&key).expect("what was read can be written");
                assert_eq!(key_from_json(&written).expect("what was written can be read"), key);
            }
        }
        4 => {
            if let Ok(proof) = proof_from_json(text) {
                assert_eq!(proof_from_json(&proof_to_json(&proof)).expect("what was written can be read"), proof);
            }
        }
        _ => {
            if let Ok(inputs) = inputs_from_json(text) {
                assert_eq!(inputs_from_json(&inputs_to_json(&inputs)).expect("what was written can be read"), inputs);
            }
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let key = ProvingKey::development(&mut StdRng::seed_from_u64(1));
    let (statement, witness) = example();
    let proof: Proof =
        Prepared::new(&key, &statement, &witness).expect("the example holds").ready().finish(statement.ctx, &[1; 32]);
    let row = |v: usize| vec![vec![(Fr::from(1u64), v)]];
    let circuit = Circuit { public: 1, variables: 4, matrices: [row(2), row(3), row(1)] };
    let inputs = [Fr::from(7u64); PUBLIC_INPUTS];
    let header = |kind: &str| [kind.as_bytes(), &1u32.to_le_bytes(), &2u32.to_le_bytes()].concat();
    vec![
        chosen(0, header("ptau")),
        chosen(1, header("zkey")),
        chosen(2, circuit.to_r1cs()),
        chosen(3, key_to_json(&key.verifying_key_bytes()).expect("a sound key")),
        chosen(4, proof_to_json(&proof)),
        chosen(5, inputs_to_json(&inputs)),
    ]
}
