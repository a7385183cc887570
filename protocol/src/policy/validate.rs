//! Whether a policy makes sense, before anything relies on it.

use honnin_circuits::predicate::PREDICATES;
use honnin_circuits::schema::{Kind, SCHEMA_NAME, Slot};

use super::{Condition, Op, Operand, Policy};
use crate::date::Date;
use crate::disclosure::{SlotsError, sealable};
use crate::encoding::MAX_SAFE;
use crate::guard;

/// What is wrong with a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The id.
    #[error("id must be 1 to 64 letters, digits, '-', '_', '.'")]
    Id,
    /// Version 0.
    #[error("version starts at 1")]
    Version,
    /// Another schema.
    #[error("schema must be {SCHEMA_NAME}")]
    Schema,
    /// The name is unfit for a screen.
    #[error("name: {0}")]
    Name(guard::TextError),
    /// None or more than four.
    #[error("one to {PREDICATES} predicates")]
    Count,
    /// An attribute that is never sent, or a list in disorder.
    #[error("disclose: {0}")]
    Disclose(SlotsError),
    /// Times out of range.
    #[error("ttl_s must be 1 to 3600 and valid_s 1 to 86400")]
    Times,
    /// The slot is not a fact about the customer.
    #[error("predicate on {0}: no policy may ask about this slot")]
    Slot(&'static str),
    /// The operation does not fit the slot's kind.
    #[error("predicate on {0}: the operation does not fit the slot")]
    Op(&'static str),
    /// The operand does not fit.
    #[error("predicate on {0}: the value does not fit the operation and the slot")]
    Operand(&'static str),
}

impl Policy {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`PolicyError`], the first that applies.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if self.id.is_empty() || self.id.len() > 64 || !self.id.bytes().all(plain) {
            return Err(PolicyError::Id);
        }
        if self.version == 0 {
            return Err(PolicyError::Version);
        }
        if self.schema != SCHEMA_NAME {
            return Err(PolicyError::Schema);
        }
        for text in [&self.name.ja, &self.name.en] {
            guard::display_text(text).map_err(PolicyError::Name)?;
        }
        if self.predicates.is_empty() || self.predicates.len() > PREDICATES {
            return Err(PolicyError::Count);
        }
        sealable(&self.disclose).map_err(PolicyError::Disclose)?;
        if !(1..=3600).contains(&self.ttl_s) || !(1..=86_400).contains(&self.valid_s) {
            return Err(PolicyError::Times);
        }
        self.predicates.iter().try_for_each(Condition::validate)
    }
}

impl Condition {
    /// Checks one condition.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn validate(&self) -> Result<(), PolicyError> {
        let name = self.slot.name();
        if matches!(self.slot, Slot::Schema | Slot::Holder | Slot::Blinding) {
            return Err(PolicyError::Slot(name));
        }
        let operand = |good: bool| if good { Ok(()) } else { Err(PolicyError::Operand(name)) };
        match (self.slot.kind(), self.op, &self.value) {
            // A text's own value in a policy would be personal data, so only the handle may be compared.
            (Kind::Text, Op::Eq, Operand::Handle(_)) => operand(self.slot == Slot::Subject),
            // Any other comparison with an amount would tell the limit, or nothing.
            (_, op, Operand::Amount(_)) => operand(self.slot == Slot::Limit && op == Op::Ge),
            (Kind::Text | Kind::Field, Op::Eq, _) => Err(PolicyError::Operand(name)),
            (Kind::Text | Kind::Field, ..) => Err(PolicyError::Op(name)),
            (Kind::Number, Op::Eq | Op::Ge | Op::Le, Operand::Number(n)) => operand(*n <= MAX_SAFE),
            (Kind::Date, Op::Eq | Op::Ge | Op::Le, Operand::Number(n)) => {
                operand(u32::try_from(*n).is_ok_and(|n| Date::new(n).is_ok()))
            }
            (Kind::Date, Op::Ge | Op::Le, Operand::Years(y)) => operand((1..=150).contains(&y.years_before)),
            (Kind::Number, Op::InSet, Operand::Set(set)) => {
                let ascending = set.windows(2).all(|pair| pair[0] < pair[1]);
                let region = self.slot != Slot::Region || set.iter().all(|n| (1..=47).contains(n));
                operand(!set.is_empty() && ascending && set.iter().all(|n| *n < 64) && region)
            }
            // No day is below 64: the condition could never hold.
            (Kind::Date, Op::InSet, _) => Err(PolicyError::Op(name)),
            (Kind::Number | Kind::Date, ..) => Err(PolicyError::Operand(name)),
        }
    }
}
