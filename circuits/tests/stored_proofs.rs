//! Proofs that earlier builds made (`prover/examples/stored_proofs.rs`) keep verifying as long as their version is known.
//! Where this fails the statement changed: raise the circuit version and keep both files.

use honnin_circuits::{
    CircuitVersion, Fr,
    encoding::fr_from_hex,
    statement::PUBLIC_INPUTS,
    verify::{Proof, ProofError, VerifyingKey},
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    circuit_version: CircuitVersion,
    verifying_key_sha256: String,
    verifying_key: String,
    proofs: Vec<StoredProof>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredProof {
    name: String,
    inputs: Vec<String>,
    proof: String,
}

/// `(version, file, SHA-256 of the key)`; a version once here stays.
const FILES: [(CircuitVersion, &str, &str); 1] = [(
    CircuitVersion::V1,
    include_str!("vectors/proofs-v1.json"),
    "d9079f6e1dada2a73beaed40ffcd0ee5e1faa50164221709a216867e1fe8c231",
)];

fn inputs(stored: &StoredProof) -> [Fr; PUBLIC_INPUTS] {
    let all: Vec<Fr> = stored.inputs.iter().map(|x| fr_from_hex(x).unwrap()).collect();
    all.try_into().expect("fifteen inputs")
}

#[test]
fn stored_proofs_keep_verifying() {
    for (version, text, pinned) in FILES {
        let stored: Stored = serde_json::from_str(text).unwrap();
        assert_eq!(stored.circuit_version, version);
        assert_eq!(stored.verifying_key_sha256, pinned);
        let pin: [u8; 32] = hex::decode(pinned).unwrap().try_into().unwrap();
        let key = VerifyingKey::load(&hex::decode(&stored.verifying_key).unwrap(), &pin).unwrap();
        assert!(stored.proofs.len() >= 4);
        for (i, one) in stored.proofs.iter().enumerate() {
            let bytes = hex::decode(&one.proof).unwrap();
            let proof = Proof::from_bytes(&bytes).unwrap();
            assert_eq!(proof.to_bytes()[..], bytes);
            let verdict = key.verify_inputs(&inputs(one), &proof);
            assert_eq!(verdict, Ok(()), "{}: the statement changed: raise the circuit version", one.name);
            // And of nothing else: each input changed, another's inputs.
            for changed in 0..PUBLIC_INPUTS {
                let mut wrong = inputs(one);
                wrong[changed] += Fr::from(1u64);
                assert_eq!(key.verify_inputs(&wrong, &proof), Err(ProofError::Invalid), "{} {changed}", one.name);
            }
            let other = &stored.proofs[(i + 1) % stored.proofs.len()];
            assert_eq!(key.verify_inputs(&inputs(other), &proof), Err(ProofError::Invalid));
        }
    }
}

#[test]
fn unknown_versions_are_refused() {
    let (_, text, _) = FILES[0];
    for version in ["0", "2", "4294967295", "4294967297", "-1", "1.0", "\"1\"", "null", "true"] {
        assert!(serde_json::from_str::<CircuitVersion>(version).is_err(), "{version}");
        let other = text.replacen("\"circuit_version\": 1", &format!("\"circuit_version\": {version}"), 1);
        assert_ne!(other, text);
        assert!(serde_json::from_str::<Stored>(&other).is_err(), "{version}");
    }
    assert_eq!(serde_json::from_str::<CircuitVersion>("1").unwrap(), CircuitVersion::V1);
    assert_eq!(CircuitVersion::try_from(2).unwrap_err().to_string(), "circuit version 2 is not known");
}
