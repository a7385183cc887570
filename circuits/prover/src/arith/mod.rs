//! The fields and curves that the prover computes with.
//!
//! In memory they are arkworks' own: Montgomery form with R = 2^256, points in affine coordinates. Only the
//! multiplication differs by target: a 64-bit machine multiplies 64-bit limbs, WASM has no 128-bit product and takes
//! [`narrow`]'s 29-bit limbs. So a value moves between the two by copying.

pub mod narrow;

use ark_ec::short_weierstrass::Affine;
use ark_ff::Fp;

#[cfg(not(target_arch = "wasm32"))]
mod chosen {
    pub use ark_bn254::{Fq, Fq2, Fr, g1::Config as G1Config, g2::Config as G2Config};
}

#[cfg(target_arch = "wasm32")]
mod chosen {
    pub use super::narrow::{Fq, Fq2, Fr, G1Config, G2Config};
}

pub use chosen::{Fq, Fq2, Fr, G1Config, G2Config};

/// A point of G1.
pub type G1 = Affine<G1Config>;
/// A point of G2.
pub type G2 = Affine<G2Config>;

/// A scalar from arkworks'.
pub fn fr(x: ark_bn254::Fr) -> Fr {
    Fp::new_unchecked(x.0)
}

/// A scalar as arkworks'.
pub fn ark_fr(x: Fr) -> ark_bn254::Fr {
    Fp::new_unchecked(x.0)
}

/// A point from arkworks'; the identity is (0, 0) in both.
pub fn g1(p: ark_bn254::G1Affine) -> G1 {
    Affine::new_unchecked(Fp::new_unchecked(p.x.0), Fp::new_unchecked(p.y.0))
}

/// A point as arkworks'.
pub fn ark_g1(p: G1) -> ark_bn254::G1Affine {
    Affine::new_unchecked(Fp::new_unchecked(p.x.0), Fp::new_unchecked(p.y.0))
}

/// A point from arkworks'.
pub fn g2(p: ark_bn254::G2Affine) -> G2 {
    let coordinate = |c: ark_bn254::Fq2| Fq2::new(Fp::new_unchecked(c.c0.0), Fp::new_unchecked(c.c1.0));
    Affine::new_unchecked(coordinate(p.x), coordinate(p.y))
}

/// A point as arkworks'.
pub fn ark_g2(p: G2) -> ark_bn254::G2Affine {
    let coordinate = |c: Fq2| ark_bn254::Fq2::new(Fp::new_unchecked(c.c0.0), Fp::new_unchecked(c.c1.0));
    Affine::new_unchecked(coordinate(p.x), coordinate(p.y))
}
