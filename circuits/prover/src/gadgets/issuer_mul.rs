//! `c(e) A`, the issuer key times the challenge scalar of `honnin_circuits::schnorr`: 516 rows.
//!
//! Start at `2 (A + 2^64 A)`, then 64 times double and add `q_i = σ_i (A ± 2^64 A)`.
//!
//! No exceptional addition exists. Write every point as an integer times A, `n` its order, about 2^250.6. Each
//! `q_i` is `±(2^64 + 1)` or `±(2^64 - 1)`. The accumulator starts at `K = 2 (2^64 + 1)`; `2K + q >= K` because
//! `K > |q|`, so K never falls below `2 (2^64 + 1)`; after 64 steps `K < 2^64 * 3 (2^64 + 1) < 2^130`.
//! So `0 < K - |q|` and `K + |q| < n`: `K A` and `q A` are never equal nor opposite, and no point on the way is the
//! identity or of order two. That A has prime order and that `plus`, `minus` are what they claim is the verifier's
//! doing: it derives them from a validated key (`PublicKey::points`).

use honnin_circuits::Fr;

use crate::{
    gadgets::montgomery::{self, Point},
    r1cs::{Builder, Lc},
};

/// `plus` = A + 2^64 A, `minus` = A - 2^64 A, `e` = 128 booleans, least significant first.
pub fn mul(cs: &mut Builder, plus: &Point, minus: &Point, e: &[Lc]) -> Point {
    assert_eq!(e.len(), 128);
    let mut acc = montgomery::double(cs, plus);
    for i in (0..64).rev() {
        let (sign, which) = (&e[i], &e[64 + i]);
        // u and |v| of the chosen point: minus + which * (plus - minus).
        let u = choose(cs, which, &minus.u, &plus.u);
        let v = choose(cs, which, &minus.v, &plus.v);
        let sigma = &(sign * Fr::from(2u64)) + -Fr::from(1u64);
        let v = cs.product(&sigma, &v);
        acc = montgomery::double_add(cs, &acc, &Point { u, v });
    }
    acc
}

fn choose(cs: &mut Builder, bit: &Lc, zero: &Lc, one: &Lc) -> Lc {
    let step = cs.product(bit, &(one - zero));
    zero + &step
}
