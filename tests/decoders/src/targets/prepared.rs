//! What a phone keeps: prepared states and the holder secret. One encoding each.

use honnin_prover::{
    example::example,
    keys::{ProvingKey, sha256},
    prepared::Prepared,
};
use honnin_sdk::{Holder, State};
use rand::{SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};

use crate::Target;

pub const PREPARED: Target = Target { name: "prepared", run: prepared, seeds: prepared_seeds };
pub const STATE: Target = Target { name: "state", run: state, seeds: state_seeds };
pub const HOLDER: Target = Target { name: "holder", run: holder, seeds: holder_seeds };

fn prepared(data: &[u8]) {
    // Flag bits of uncompressed points once had a second form (corpus: `second-encoding`).
    if let Ok(state) = Prepared::from_bytes(data) {
        assert_eq!(state.to_bytes(), data);
    }
}

/// The checksum is put right first, so that what it covers is reached.
fn state(data: &[u8]) {
    assert!(State::from_bytes(data).is_err() || has_checksum(data));
    let sealed = [data, &Sha256::digest(data)].concat();
    if let Ok(state) = State::from_bytes(&sealed) {
        let again = State::from_bytes(&state.to_bytes()).expect("what was written can be read");
        assert_eq!(*again.to_bytes(), *state.to_bytes());
    }
}

fn has_checksum(data: &[u8]) -> bool {
    data.split_last_chunk::<32>().is_some_and(|(body, hash)| sha256(body) == *hash)
}

fn holder(data: &[u8]) {
    if let Ok(holder) = Holder::from_bytes(data) {
        assert_eq!(**holder.to_bytes(), *data);
    }
}

fn stored() -> Vec<u8> {
    let key = ProvingKey::development(&mut StdRng::seed_from_u64(1));
    let (statement, witness) = example();
    Prepared::new(&key, &statement, &witness).expect("the example holds").to_bytes()
}

fn prepared_seeds() -> Vec<Vec<u8>> {
    let good = stored();
    vec![good[..100].to_vec(), good]
}

fn state_seeds() -> Vec<Vec<u8>> {
    let info = br#"{"tenant":"midori","policy_digest":"I82ZgvJU4bUWjz__I88YNVM81hTd7ANOCtV-yVpqp4A","as_of":20261122,"pseudonym":"00","circuit_version":1,"key":"00"}"#;
    let other = br#"{"tenant":"midori","policy_digest":"","as_of":0,"pseudonym":"","circuit_version":2,"key":""}"#;
    [&info[..], other]
        .into_iter()
        .map(|info| [&(info.len() as u16).to_be_bytes()[..], info, &stored()].concat())
        .collect()
}

fn holder_seeds() -> Vec<Vec<u8>> {
    let good = Holder::new(&[7; 32]).to_bytes().to_vec();
    vec![good[..32].to_vec(), good]
}
