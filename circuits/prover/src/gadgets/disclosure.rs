//! The disclosure commitment: the 17-wide hash of the chosen attributes, `tag + mask` and the opening.
//!
//! A lane is `mask_i * a_i`, one row each: a boolean mask bit times an attribute. The hash keeps its zero capacity
//! lane and is not fed forward, so the opening's lane cannot be solved for: the commitment binds.

use honnin_circuits::{
    Fr,
    poseidon::T17,
    schema::{SLOTS, Slot},
    statement::{MASK_SLOTS, disclosure_tag},
};

use crate::{
    gadgets::{bits, poseidon},
    r1cs::{Builder, Lc},
};

/// Enforces the public commitment. `mask` holds the 13 booleans of slots 2 to 14.
pub fn enforce(cs: &mut Builder, attributes: &[Lc; SLOTS], mask: &[Lc], opening: &Lc, commitment: &Lc) {
    assert_eq!(mask.len(), MASK_SLOTS.count());
    let mut lanes: Vec<Lc> = (0..SLOTS).map(|_| Lc::constant(Fr::from(0u64))).collect();
    for (bit, i) in mask.iter().zip(MASK_SLOTS) {
        lanes[i] = cs.product(bit, &attributes[i]);
    }
    lanes[Slot::Holder.index()] = &bits::recompose(mask) + disclosure_tag();
    lanes[Slot::Blinding.index()] = opening.clone();
    poseidon::hash_to(cs, &T17, &lanes, commitment);
}
