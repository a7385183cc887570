//! From rows to the quotient polynomial, whole or split by `ctx`.
//!
//! With A, B, C the polynomials that take the rows' values on the domain and Z = x^n - 1, the quotient is
//! `h = (A B - C) / Z`. Write `A B = low + x^n high`. On the domain `A B = C`, so `C = low + high`; on the coset by g
//! the product interpolates to `low + g^n high`. The difference is `(g^n - 1) high`, and `high` is h: C is never
//! evaluated on the coset, and its rows are not even looked at. (The assignment must satisfy the rows; the native twin
//! has checked that.)
//!
//! `ctx` stands only in its own row `ctx * 0 = 0`, so `A(X) = A_0(X) + ctx L(X)` with L the Lagrange polynomial of that
//! row, and `h = h_0 + ctx k` with `k = L B / Z`. B is zero on that row, so Z divides `L B` exactly.

use std::sync::OnceLock;

use ark_ff::{AdditiveGroup, FftField, Field, One, Zero, batch_inversion};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use honnin_circuits::statement::CTX_INPUT;
use zeroize::Zeroizing;

use crate::{
    arith::{Fr, fr},
    r1cs::{Row, Shape},
};

/// Coefficients of `h_0` (quotient with `ctx = 0`) and of `k`.
pub struct Quotients {
    pub h0: Zeroizing<Vec<Fr>>,
    pub k: Zeroizing<Vec<Fr>>,
}

/// The domain, its coset, and what they are divided by.
struct Domain {
    plain: Radix2EvaluationDomain<Fr>,
    coset: Radix2EvaluationDomain<Fr>,
    /// `1 / (g^n - 1)`.
    scale: Fr,
    /// `w / (n (x - w))` over the coset, w the root of the row of `ctx`: that row's L / Z, Z cancels.
    ctx_over_z: Vec<Fr>,
}

fn domain(shape: &Shape) -> &'static Domain {
    static DOMAIN: OnceLock<Domain> = OnceLock::new();
    let found = DOMAIN.get_or_init(|| {
        let plain = Radix2EvaluationDomain::<Fr>::new(shape.domain()).expect("a power of two below 2^28");
        let coset = plain.get_coset(Fr::GENERATOR).expect("the generator is not zero");
        let scale =
            plain.evaluate_vanishing_polynomial(Fr::GENERATOR).inverse().expect("the coset is outside the domain");
        let root = plain.element(shape.constraints() + CTX_INPUT + 1);
        let mut ctx_over_z: Vec<Fr> = coset.elements().map(|x| x - root).collect();
        batch_inversion(&mut ctx_over_z);
        let weight = root * plain.size_inv();
        ctx_over_z.iter_mut().for_each(|x| *x *= weight);
        Domain { plain, coset, scale, ctx_over_z }
    });
    assert_eq!(found.plain.size(), shape.domain(), "one shape a process");
    found
}

/// Side by side where there are threads.
fn both(one: impl FnOnce() + Send, other: impl FnOnce() + Send) {
    #[cfg(feature = "parallel")]
    rayon::join(one, other);
    #[cfg(not(feature = "parallel"))]
    {
        one();
        other();
    }
}

/// `sum coefficient * value` over a row.
fn dot(row: &Row, z: &[Fr]) -> Fr {
    row.iter().map(|(c, v)| if c.is_one() { z[*v] } else { fr(*c) * z[*v] }).sum()
}

/// B on the coset, and the coefficients of h.
fn divide(shape: &Shape, z: &[Fr]) -> (Zeroizing<Vec<Fr>>, Zeroizing<Vec<Fr>>) {
    let domain = domain(shape);
    let on_domain = |matrix: usize| {
        let mut values = Zeroizing::new(vec![Fr::ZERO; domain.plain.size()]);
        for (value, row) in values.iter_mut().zip(&shape.matrices[matrix]) {
            *value = dot(row, z);
        }
        values
    };
    let mut a = on_domain(0);
    a[shape.constraints()..shape.constraints() + shape.inputs].copy_from_slice(&z[..shape.inputs]);
    let mut b = on_domain(1);
    let mut c: Zeroizing<Vec<Fr>> = Zeroizing::new(a.iter().zip(b.iter()).map(|(a, b)| *a * b).collect());
    let to_coset = |values: &mut Vec<Fr>| {
        domain.plain.ifft_in_place(values);
        domain.coset.fft_in_place(values);
    };
    both(
        || to_coset(&mut a),
        || {
            to_coset(&mut b);
            domain.plain.ifft_in_place(&mut *c);
        },
    );
    a.iter_mut().zip(b.iter()).for_each(|(a, b)| *a *= b);
    domain.coset.ifft_in_place(&mut *a);
    a.iter_mut().zip(c.iter()).for_each(|(product, c)| *product = (*product - c) * domain.scale);
    (b, a)
}

/// The whole quotient. `z`: the full assignment.
pub fn quotient(shape: &Shape, z: &[Fr]) -> Zeroizing<Vec<Fr>> {
    divide(shape, z).1
}

/// Both quotients for an assignment whose `ctx` is zero.
pub fn quotients(shape: &Shape, z: &[Fr]) -> Quotients {
    assert!(z[CTX_INPUT + 1].is_zero(), "the split is taken at ctx = 0");
    let (b, h0) = divide(shape, z);
    let domain = domain(shape);
    let mut k = b;
    k.iter_mut().zip(&domain.ctx_over_z).for_each(|(b, l)| *b *= l);
    domain.coset.ifft_in_place(&mut *k);
    Quotients { h0, k }
}
