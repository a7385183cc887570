//! The four universal predicate slots. A policy is data: it becomes public inputs, never constraints.

use ark_ff::{AdditiveGroup, PrimeField, Zero};

use crate::{Fr, schema::Slot};

/// Predicate slots of a statement.
pub const PREDICATES: usize = 4;

/// Bits that one predicate takes in the public selector: 4 of slot index, 4 of flags.
pub const BITS_PER_PREDICATE: usize = 8;

/// What is asked of one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Nothing.
    None,
    /// Equal to the operand; any slot, whole field.
    Eq,
    /// At least the operand; attribute and operand below 2^64.
    Ge,
    /// At most the operand; attribute and operand below 2^64.
    Le,
    /// Below 64, and its bit in the operand, a 64-bit mask, is set.
    InSet,
}

/// Why predicates are refused before they become a statement.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PredicateError {
    /// More than four.
    #[error("a statement holds at most {PREDICATES} predicates")]
    TooMany,
    /// GE, LE or INSET with an operand of more than 64 bits.
    #[error("the operand does not fit 64 bits")]
    Operand,
}

/// One predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predicate {
    slot: Slot,
    op: Op,
    operand: Fr,
}

impl Predicate {
    /// The predicate that always holds.
    pub const NONE: Predicate = Predicate { slot: Slot::Schema, op: Op::None, operand: Fr::ZERO };

    /// Checks the operand's size for the operation.
    pub fn new(slot: Slot, op: Op, operand: Fr) -> Result<Self, PredicateError> {
        let small = as_u64(operand).is_some();
        match op {
            Op::None => Ok(Self::NONE),
            Op::Ge | Op::Le | Op::InSet if !small => Err(PredicateError::Operand),
            Op::Eq | Op::Ge | Op::Le | Op::InSet => Ok(Self { slot, op, operand }),
        }
    }

    /// Attribute asked about.
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// Operation.
    pub fn op(&self) -> Op {
        self.op
    }

    /// Operand.
    pub fn operand(&self) -> Fr {
        self.operand
    }

    /// Whether an attribute's value satisfies the predicate.
    pub fn holds(&self, value: Fr) -> bool {
        let Some(operand) = as_u64(self.operand) else {
            return match self.op {
                Op::Eq => value == self.operand,
                Op::None => true,
                Op::Ge | Op::Le | Op::InSet => false,
            };
        };
        match self.op {
            Op::None => true,
            Op::Eq => value == self.operand,
            Op::Ge => as_u64(value).is_some_and(|v| v >= operand),
            Op::Le => as_u64(value).is_some_and(|v| v <= operand),
            Op::InSet => as_u64(value).is_some_and(|v| v < 64 && operand >> v & 1 == 1),
        }
    }

    /// Flags as the constraints read them: `pos`, `neg` (the sign of the attribute in the difference), `eq`, `inset`.
    pub fn flags(&self) -> [bool; 4] {
        match self.op {
            Op::None => [false, false, false, false],
            Op::Eq => [true, false, true, false],
            Op::Ge => [true, false, false, false],
            Op::Le => [false, true, false, false],
            Op::InSet => [false, false, false, true],
        }
    }

    /// The operand as the constraints read it: the constant of the difference `± attribute + constant`,
    /// or the mask.
    pub fn public_operand(&self) -> Fr {
        match self.op {
            Op::None => Fr::zero(),
            Op::Eq | Op::Ge => -self.operand,
            Op::Le | Op::InSet => self.operand,
        }
    }

    fn selector_bits(&self) -> u64 {
        let flags = self.flags().into_iter().enumerate().map(|(i, f)| u64::from(f) << i).sum::<u64>();
        self.slot.index() as u64 | flags << 4
    }
}

/// Exactly four predicates, the rest filled with [`Predicate::NONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PredicateSet([Predicate; PREDICATES]);

impl PredicateSet {
    /// From at most four predicates.
    pub fn new(predicates: &[Predicate]) -> Result<Self, PredicateError> {
        if predicates.len() > PREDICATES {
            return Err(PredicateError::TooMany);
        }
        let mut all = [Predicate::NONE; PREDICATES];
        all[..predicates.len()].copy_from_slice(predicates);
        Ok(Self(all))
    }

    /// The four.
    pub fn as_array(&self) -> &[Predicate; PREDICATES] {
        &self.0
    }

    /// Their 32 selector bits: four times (slot index, pos, neg, eq, inset), least significant first.
    pub fn selector_bits(&self) -> u64 {
        self.0.iter().enumerate().map(|(i, p)| p.selector_bits() << (BITS_PER_PREDICATE * i)).sum()
    }
}

/// The value as an integer if it is below 2^64.
pub fn as_u64(f: Fr) -> Option<u64> {
    let limbs = f.into_bigint().0;
    (limbs[1..] == [0; 3]).then_some(limbs[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges() {
        let p = |op, v: u64| Predicate::new(Slot::Limit, op, Fr::from(v)).unwrap();
        let max = Fr::from(u64::MAX);
        let past = max + Fr::from(1u64);
        assert!(p(Op::Ge, 5).holds(Fr::from(5u64)) && !p(Op::Ge, 5).holds(Fr::from(4u64)));
        assert!(p(Op::Ge, 5).holds(max) && !p(Op::Ge, 5).holds(past));
        assert!(p(Op::Le, 5).holds(Fr::from(5u64)) && !p(Op::Le, 5).holds(Fr::from(6u64)));
        assert!(!p(Op::Le, 5).holds(-Fr::from(1u64)), "a negative value is not small");
        assert!(p(Op::InSet, 1 << 63).holds(Fr::from(63u64)) && !p(Op::InSet, u64::MAX).holds(Fr::from(64u64)));
        assert_eq!(Predicate::new(Slot::Limit, Op::Le, past), Err(PredicateError::Operand));
        assert!(Predicate::new(Slot::Name, Op::Eq, past).unwrap().holds(past));
        assert_eq!(PredicateSet::new(&[Predicate::NONE; 5]), Err(PredicateError::TooMany));
    }
}
