//! Equations over pairings, and random linear combinations that check many of them at once.

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::{
    AffineRepr, CurveGroup, VariableBaseMSM,
    pairing::Pairing,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::One;
use rand_chacha::rand_core::CryptoRngCore;
use rayon::prelude::*;

/// Whether `b = k a` and `d = k c` for one k, none of them the identity.
pub fn same_ratio(a: G1Affine, b: G1Affine, c: G2Affine, d: G2Affine) -> bool {
    if a.is_zero() || b.is_zero() || c.is_zero() || d.is_zero() {
        return false;
    }
    Bn254::multi_pairing([a, -b], [d, c]).0.is_one()
}

/// Random coefficients of 128 bits: a wrong combination passes with probability 2^-128.
pub(crate) fn coefficients(n: usize, rng: &mut dyn CryptoRngCore) -> Vec<Fr> {
    (0..n)
        .map(|_| {
            let mut bytes = [0; 16];
            rng.fill_bytes(&mut bytes);
            Fr::from(u128::from_le_bytes(bytes))
        })
        .collect()
}

/// Sum of scalar times point, on all cores.
pub(crate) fn sum<C: SWCurveConfig<ScalarField = Fr>>(points: &[Affine<C>], scalars: &[Fr]) -> Affine<C> {
    assert_eq!(points.len(), scalars.len(), "a scalar a point");
    let chunk = points.len().div_ceil(rayon::current_num_threads()).max(256);
    let parts: Vec<Projective<C>> = points
        .par_chunks(chunk)
        .zip(scalars.par_chunks(chunk))
        .map(|(p, s)| Projective::<C>::msm(p, s).expect("equal lengths"))
        .collect();
    parts.into_iter().sum::<Projective<C>>().into_affine()
}

/// Every point times one scalar, on all cores.
pub(crate) fn scale<C: SWCurveConfig<ScalarField = Fr>>(points: &[Affine<C>], scalar: Fr) -> Vec<Affine<C>> {
    let scaled: Vec<Projective<C>> = points.par_iter().map(|p| p.into_group() * scalar).collect();
    Projective::normalize_batch(&scaled)
}
