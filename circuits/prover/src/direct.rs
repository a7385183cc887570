//! A proof made in one go, and the same by arkworks: the reference that ours must equal byte for byte.

use std::hint::black_box;

use ark_bn254::{Bn254, G1Projective, G2Projective};
use ark_ec::CurveGroup;
use ark_ff::{BigInt, PrimeField};
use ark_groth16::{Groth16, r1cs_to_qap::LibsnarkReduction};
use honnin_circuits::{
    Fr,
    statement::{Statement, Violation, Witness},
    verify::Proof,
};
use zeroize::Zeroizing;

use crate::{
    arith,
    circuit::{INPUTS, assignment, shape},
    keys::ProvingKey,
    msm::msm,
    qap,
};

/// The sums over the assignment that every proof starts from, alpha and beta included.
pub(crate) struct Sums {
    pub(crate) a: G1Projective,
    pub(crate) b_g1: G1Projective,
    pub(crate) b_g2: G2Projective,
    /// Witness over the L query and quotient over the H query.
    pub(crate) c: G1Projective,
}

/// An assignment in the prover's types.
pub(crate) fn converted(z: &[Fr]) -> Zeroizing<Vec<arith::Fr>> {
    Zeroizing::new(z.iter().map(|x| arith::fr(*x)).collect())
}

/// Canonical integers of field elements, as scalars.
pub(crate) fn integers<'a>(values: impl IntoIterator<Item = &'a arith::Fr>) -> Zeroizing<Vec<BigInt<4>>> {
    Zeroizing::new(values.into_iter().map(|x| x.into_bigint()).collect())
}

/// The sums for an assignment and a quotient's coefficients.
pub(crate) fn sums(key: &ProvingKey, z: &[arith::Fr], h: &[arith::Fr]) -> Sums {
    let scalars = integers(z);
    let of = |variables: &[usize]| Zeroizing::new(variables.iter().map(|&v| scalars[v]).collect::<Vec<_>>());
    let b_scalars = of(&key.b_variables);
    Sums {
        a: plain_g1(msm(&key.a, &of(&key.a_variables))) + key.vk.alpha_g1,
        b_g1: plain_g1(msm(&key.b_g1, &b_scalars)) + key.beta_g1,
        b_g2: plain_g2(msm(&key.b_g2, &b_scalars)) + key.vk.beta_g2,
        c: plain_g1(msm(&key.l_and_h, &c_scalars(key, &scalars, h))),
    }
}

/// Witness, then quotient: the scalars of C's sum.
fn c_scalars(key: &ProvingKey, scalars: &[BigInt<4>], h: &[arith::Fr]) -> Zeroizing<Vec<BigInt<4>>> {
    let mut all = Zeroizing::new(Vec::with_capacity(key.l_and_h.len()));
    all.extend_from_slice(&scalars[INPUTS..]);
    all.extend(h[..key.h().len()].iter().map(|x| x.into_bigint()));
    all
}

pub(crate) fn plain_g1(p: ark_ec::short_weierstrass::Projective<arith::G1Config>) -> G1Projective {
    arith::ark_g1(p.into_affine()).into()
}

fn plain_g2(p: ark_ec::short_weierstrass::Projective<arith::G2Config>) -> G2Projective {
    arith::ark_g2(p.into_affine()).into()
}

/// Checks natively, then proves with the given r and s. Never reuse a pair.
pub fn prove(key: &ProvingKey, statement: &Statement, witness: &Witness, r: Fr, s: Fr) -> Result<Proof, Violation> {
    statement.check(witness)?;
    let z = converted(&Zeroizing::new(assignment(statement, witness)));
    let sums = sums(key, &z, &qap::quotient(shape(), &z));
    let a = sums.a + key.delta_g1 * r;
    let b = sums.b_g2 + key.vk.delta_g2 * s;
    // (sums.b_g1 + s delta) r + a s - r s delta: the delta terms cancel.
    let c = sums.c + a * s + sums.b_g1 * r;
    let g1 = G1Projective::normalize_batch(&[a, c]);
    Ok(Proof::from_points(g1[0], b.into_affine(), g1[1]))
}

/// A part of a proof: its name, and what does it.
pub type Stage<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// The sums of a direct proof one by one, for the bench: where the time goes. `z`: a satisfying assignment.
pub fn stages<'a>(key: &'a ProvingKey, z: &[arith::Fr]) -> Vec<Stage<'a>> {
    let scalars = integers(z);
    let of = |variables: &[usize]| Zeroizing::new(variables.iter().map(|&v| scalars[v]).collect::<Vec<_>>());
    let (a, b, b_again) = (of(&key.a_variables), of(&key.b_variables), of(&key.b_variables));
    let c = c_scalars(key, &scalars, &qap::quotient(shape(), z));
    vec![
        ("sum_a", Box::new(move || _ = black_box(msm(&key.a, &a)))),
        ("sum_b_g1", Box::new(move || _ = black_box(msm(&key.b_g1, &b)))),
        ("sum_b_g2", Box::new(move || _ = black_box(msm(&key.b_g2, &b_again)))),
        ("sum_c", Box::new(move || _ = black_box(msm(&key.l_and_h, &c)))),
    ]
}

/// The same proof by arkworks' prover from our matrices.
pub fn prove_with_arkworks(
    key: &ark_groth16::ProvingKey<Bn254>,
    statement: &Statement,
    witness: &Witness,
    r: Fr,
    s: Fr,
) -> Result<Proof, Violation> {
    statement.check(witness)?;
    let z = Zeroizing::new(assignment(statement, witness));
    let shape = shape();
    let proof = Groth16::<Bn254, LibsnarkReduction>::create_proof_with_reduction_and_matrices(
        key,
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
