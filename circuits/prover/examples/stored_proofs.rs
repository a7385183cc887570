//! Writes the proofs that every later build of this circuit version must keep accepting:
//! `cargo run -p honnin-prover --example stored_proofs -- FILE`. Made once a version, with a key made for the purpose; the
//! proving key is thrown away.

use honnin_circuits::{CircuitVersion, Fr, encoding::fr_to_hex, statement::Disclosure};
use honnin_prover::{
    example::{example, example_with_disclosure},
    keys::{ProvingKey, sha256},
    prepared::Prepared,
};
use rand::{SeedableRng, rngs::StdRng};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("which file?")?;
    let key = ProvingKey::development(&mut StdRng::from_entropy());
    let verifying_key = key.verifying_key_bytes();
    let mut proofs = Vec::new();
    for (i, (mut statement, witness)) in [example(), example_with_disclosure()].into_iter().enumerate() {
        for session in 0..2u64 {
            statement.ctx += Fr::from(session);
            let proof = Prepared::new(&key, &statement, &witness)?.ready().finish(statement.ctx, &[session as u8; 32]);
            let inputs: Vec<String> =
                statement.public_inputs().iter().map(|x| format!("        \"{}\"", fr_to_hex(x))).collect();
            let disclosed = statement.disclosure != Disclosure::Nothing;
            proofs.push(format!(
                "    {{\n      \"name\": \"{}, session {session}\",\n      \"inputs\": [\n{}\n      ],\n      \"proof\": \"{}\"\n    }}",
                if disclosed { "name and address disclosed" } else { "nothing disclosed" },
                inputs.join(",\n"),
                hex::encode(proof.to_bytes()),
            ));
            assert!(disclosed == (i == 1));
        }
    }
    let text = format!(
        "{{\n  \"circuit_version\": {},\n  \"verifying_key_sha256\": \"{}\",\n  \"verifying_key\": \"{}\",\n  \"proofs\": [\n{}\n  ]\n}}\n",
        u32::from(CircuitVersion::V1),
        hex::encode(sha256(&verifying_key)),
        hex::encode(&verifying_key),
        proofs.join(",\n"),
    );
    std::fs::write(file, text)?;
    Ok(())
}
