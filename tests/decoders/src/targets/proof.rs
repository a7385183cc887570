//! Proofs: 128 bytes, one encoding each.

use honnin_circuits::verify::Proof;
use honnin_prover::{example::example, keys::ProvingKey, prepared::Prepared};
use rand::{SeedableRng, rngs::StdRng};

use crate::Target;

pub const TARGET: Target = Target { name: "proof", run, seeds };

fn run(data: &[u8]) {
    if let Ok(proof) = Proof::from_bytes(data) {
        assert_eq!(proof.to_bytes()[..], *data);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let key = ProvingKey::development(&mut StdRng::seed_from_u64(1));
    let (statement, witness) = example();
    let proof =
        Prepared::new(&key, &statement, &witness).expect("the example holds").ready().finish(statement.ctx, &[1; 32]);
    let good = proof.to_bytes().to_vec();
    let mut identity = good.clone();
    identity[..32].fill(0);
    identity[31] = 0x40;
    let mut negative = good.clone();
    negative[31] ^= 0x80;
    let short = good[..127].to_vec();
    vec![good, identity, negative, short]
}
