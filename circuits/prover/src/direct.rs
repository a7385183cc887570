//! A proof made in one go by arkworks, from our matrices: the reference that the prepared path must equal.

use ark_bn254::Bn254;
use ark_groth16::{Groth16, r1cs_to_qap::LibsnarkReduction};
use honnin_circuits::{
    Fr,
    statement::{Statement, Violation, Witness},
    verify::Proof,
};
use zeroize::Zeroizing;

use crate::{
    circuit::{assignment, shape},
    keys::ProvingKey,
};

/// Checks natively, then proves with the given r and s. Never reuse a pair.
pub fn prove(key: &ProvingKey, statement: &Statement, witness: &Witness, r: Fr, s: Fr) -> Result<Proof, Violation> {
    statement.check(witness)?;
    let z = Zeroizing::new(assignment(statement, witness));
    let shape = shape();
    let proof = Groth16::<Bn254, LibsnarkReduction>::create_proof_with_reduction_and_matrices(
        &key.ark,
        r,
        s,
        &shape.matrices,
        shape.inputs,
        shape.constraints(),
        &z,
    )
    .expect("the shape fits a domain");
    Ok(Proof::from_points(proof.a, proof.b, proof.c))
}
