//! From rows to the quotient polynomial, split by `ctx`.
//!
//! `ctx` stands only in its own row `ctx * 0 = 0`, so `A(X) = A_0(X) + ctx L(X)` with L the Lagrange polynomial of that
//! row, and `h = (A B - C) / Z = h_0 + ctx k` with `k = L B / Z`. B is zero on that row, so Z divides `L B` exactly.

use ark_ff::{FftField, Field, One, Zero, batch_inversion};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use honnin_circuits::{Fr, statement::CTX_INPUT};

use crate::r1cs::{Row, Shape};

/// Coefficients of `h_0` (quotient with `ctx = 0`) and of `k`.
pub struct Quotients {
    pub h0: Vec<Fr>,
    pub k: Vec<Fr>,
}

/// Both quotients for an assignment whose `ctx` is zero. Five transforms each way of size `shape.domain()`.
pub fn quotients(shape: &Shape, z: &[Fr]) -> Quotients {
    assert!(z[CTX_INPUT + 1].is_zero(), "the split is taken at ctx = 0");
    let domain = Radix2EvaluationDomain::<Fr>::new(shape.domain()).expect("a power of two below 2^28");
    let coset = domain.get_coset(Fr::GENERATOR).expect("the generator is not zero");
    let rows = shape.constraints();
    let dot = |row: &Row| row.iter().map(|(c, v)| if c.is_one() { z[*v] } else { *c * z[*v] }).sum::<Fr>();
    let on_coset = |matrix: usize| {
        let mut evaluations = vec![Fr::zero(); domain.size()];
        for (e, row) in evaluations.iter_mut().zip(&shape.matrices[matrix]) {
            *e = dot(row);
        }
        if matrix == 0 {
            evaluations[rows..rows + shape.inputs].copy_from_slice(&z[..shape.inputs]);
        }
        domain.ifft_in_place(&mut evaluations);
        coset.fft_in_place(&mut evaluations);
        evaluations
    };
    let (a, b, c) = (on_coset(0), on_coset(1), on_coset(2));
    let z_inverse =
        domain.evaluate_vanishing_polynomial(Fr::GENERATOR).inverse().expect("the coset is outside the domain");

    let mut h0: Vec<Fr> = a.iter().zip(&b).zip(&c).map(|((a, b), c)| (*a * b - c) * z_inverse).collect();
    coset.ifft_in_place(&mut h0);

    // L(x) / Z(x) = w / (n (x - w)) for the row's root w: Z cancels.
    let root = domain.element(rows + CTX_INPUT + 1);
    let mut denominators: Vec<Fr> = coset.elements().map(|x| x - root).collect();
    batch_inversion(&mut denominators);
    let scale = root * domain.size_inv();
    let mut k: Vec<Fr> = b.iter().zip(&denominators).map(|(b, d)| *b * d * scale).collect();
    coset.ifft_in_place(&mut k);
    Quotients { h0, k }
}
