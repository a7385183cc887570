//! Proving and verifying keys. Both are pinned by hash; the target pins whatever it is given, so that the decoder behind
//! the hash is reached.

use honnin_circuits::verify::VerifyingKey;
use honnin_prover::keys::{ProvingKey, sha256};
use rand::{SeedableRng, rngs::StdRng};

use crate::Target;

pub const VERIFYING: Target = Target { name: "verifying_key", run: verifying, seeds: verifying_seeds };
pub const PROVING: Target = Target { name: "proving_key", run: proving, seeds: proving_seeds };

fn verifying(data: &[u8]) {
    if let Ok(key) = VerifyingKey::load(data, &sha256(data)) {
        assert_eq!(*key.id(), sha256(data));
    }
}

fn proving(data: &[u8]) {
    if let Ok(key) = ProvingKey::load(data, &sha256(data)) {
        assert_eq!(key.to_bytes(), data);
    }
}

fn key() -> ProvingKey {
    ProvingKey::development(&mut StdRng::seed_from_u64(1))
}

fn verifying_seeds() -> Vec<Vec<u8>> {
    let good = key().verifying_key_bytes();
    let mut fewer = good.clone();
    fewer[224] -= 1;
    fewer.truncate(good.len() - 32);
    let mut huge = good.clone();
    huge[224..232].fill(0xff);
    vec![good, fewer, huge]
}

/// Not the whole: 1.5 MB would lie in the repository. Its beginning, up to the length of the first query and one point,
/// and with a length that no memory holds.
fn proving_seeds() -> Vec<Vec<u8>> {
    let good = key().to_bytes();
    let lengths = 64 + 3 * 128;
    let queries = lengths + 8 + 16 * 64 + 2 * 64;
    let mut huge = good[..queries + 8 + 64].to_vec();
    huge[lengths..lengths + 8].fill(0xff);
    let mut second = good[..queries + 8 + 64].to_vec();
    second[queries..queries + 8].fill(0xff);
    vec![good[..lengths].to_vec(), good[..queries + 8 + 64].to_vec(), huge, second]
}
