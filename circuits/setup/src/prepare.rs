//! Lagrange points of every domain from powers of tau: an inverse FFT in the group, one a size.

use ark_bn254::Fr;
use ark_ec::{
    AffineRepr, CurveGroup,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::{FftField, Field, Zero};
use rayon::prelude::*;

use crate::ptau::{Lagrange, Ptau};

impl Ptau {
    /// Computes what [`Ptau::lagrange`] holds. Some ten seconds of two cores at power 12.
    pub fn prepare(&self) -> Lagrange {
        Lagrange {
            tau_g1: levels(&self.tau_g1, self.power + 1),
            tau_g2: levels(&self.tau_g2, self.power),
            alpha_tau_g1: levels(&self.alpha_tau_g1, self.power),
            beta_tau_g1: levels(&self.beta_tau_g1, self.power),
        }
    }
}

/// All domains up to 2^`largest`; a missing last power counts as the identity.
fn levels<C: SWCurveConfig<ScalarField = Fr>>(powers: &[Affine<C>], largest: u32) -> Vec<Affine<C>> {
    (0..=largest)
        .flat_map(|p| {
            let n = 1usize << p;
            let mut points: Vec<Projective<C>> = powers.iter().take(n).map(|p| p.into_group()).collect();
            points.resize(n, Projective::zero());
            let root = Fr::get_root_of_unity(n as u64).expect("a power of two below 2^28");
            let scale = Fr::from(n as u64).inverse().expect("not zero");
            transform(&mut points, root.inverse().expect("not zero"));
            points.par_iter_mut().for_each(|p| *p *= scale);
            Projective::normalize_batch(&points)
        })
        .collect()
}

/// Decimation in frequency, in place, result in natural order: `points[k] = sum points[i] root^(ik)`.
pub(crate) fn transform<C: SWCurveConfig<ScalarField = Fr>>(points: &mut [Projective<C>], root: Fr) {
    let n = points.len();
    let mut half = n / 2;
    let mut step = root;
    while half > 0 {
        let twiddles = successive(step, half);
        let butterfly = |low: &mut Projective<C>, high: &mut Projective<C>, w: &Fr| {
            let difference = *low - *high;
            *low += *high;
            *high = difference * *w;
        };
        points.par_chunks_mut(2 * half).for_each(|block| {
            let (low, high) = block.split_at_mut(half);
            low.par_iter_mut().zip(high).zip(&twiddles).with_min_len(16).for_each(|((l, h), w)| butterfly(l, h, w));
        });
        step.square_in_place();
        half /= 2;
    }
    let bits = n.trailing_zeros();
    for i in 0..n {
        let j = if bits == 0 { 0 } else { i.reverse_bits() >> (usize::BITS - bits) };
        if i < j {
            points.swap(i, j);
        }
    }
}

/// 1, x, x^2, …
pub(crate) fn successive(x: Fr, n: usize) -> Vec<Fr> {
    std::iter::successors(Some(Fr::ONE), |power| Some(*power * x)).take(n).collect()
}
