//! One gadget a file, each the operation of the same name in `honnin-circuits`, each with its soundness argument.

pub mod bits;
pub mod disclosure;
pub mod fixed_base;
pub mod issuer_mul;
pub mod montgomery;
pub mod poseidon;
pub mod predicate;
