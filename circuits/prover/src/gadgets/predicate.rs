//! One universal predicate slot, 170 rows.
//!
//! The verifier encodes slot index and flags itself from the policy, so the flags are known to be one of
//! `Predicate::flags`'s rows; the constraints only know that they are bits.
//!
//! | op | pos | neg | eq | inset | d | w |
//! |---|---|---|---|---|---|---|
//! | NONE | 0 | 0 | 0 | 0 | 0 | 0 |
//! | EQ | 1 | 0 | 1 | 0 | v - x, must be 0 | 0 |
//! | GE | 1 | 0 | 0 | 0 | v - x | v |
//! | LE | 0 | 1 | 0 | 0 | x - v | v |
//! | INSET | 0 | 0 | 0 | 1 | the mask | v |
//!
//! `w` and `d` are both in `[0, 2^64)`. With v and x below 2^64, `v - x` is in range exactly when it is not negative: a
//! negative one is `p - k` with k < 2^64, far above. The range on `w` is what keeps LE from accepting a "negative" v and
//! GE one past 2^64. For EQ, v may be a full field element; `w` is 0 then.

use ark_ff::Field;
use honnin_circuits::Fr;

use crate::{
    gadgets::bits,
    r1cs::{Builder, Lc},
};

/// Enforces one predicate over the attributes. `selector`: 4 index bits, then pos, neg, eq, inset.
pub fn enforce(cs: &mut Builder, attributes: &[Lc], selector: &[Lc], operand: &Lc) {
    let (index, flags) = selector.split_at(4);
    let [pos, neg, eq, inset] = flags else { unreachable!("a predicate has four flags") };

    let v = bits::select(cs, attributes, index); // 15
    // d = (pos - neg) v + operand; 1 row.
    let sign = pos - neg;
    let d = cs.witness(sign.value() * v.value() + operand.value());
    cs.enforce(&sign, &v, &(&d - operand));
    // w = v where a range is asked for; 1 row.
    let ranged = &(&(pos + neg) + inset) - eq;
    let w = cs.product(&ranged, &v);
    let w_bits = bits::decompose(cs, &w, 64);
    let d_bits = bits::decompose(cs, &d, 64);
    cs.enforce(eq, &d, &Lc::zero());
    inset_holds(cs, inset, &w, &w_bits[..6], &d_bits);
}

/// Where `inset`: w < 64, and bit w of the mask is set; 24 rows.
///
/// The mask's bits are cut into eight bytes; bits 3..5 of w choose a byte, the byte is decomposed, bits 0..2 choose
/// in it. A byte is below 256, so its eight bits are unique.
fn inset_holds(cs: &mut Builder, inset: &Lc, w: &Lc, low: &[Lc], mask: &[Lc]) {
    cs.enforce(inset, &(w - &bits::recompose(low)), &Lc::zero());
    let bytes: Vec<Lc> = mask.chunks(8).map(bits::recompose).collect();
    let byte = bits::select(cs, &bytes, &low[3..]); // 7
    let byte_bits = bits::decompose(cs, &byte, 8);
    let bit = bits::select(cs, &byte_bits, &low[..3]); // 7
    cs.enforce(inset, &(&bit + -Fr::ONE), &Lc::zero());
}
