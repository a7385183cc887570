//! From a policy to the circuit's public inputs.

use honnin_circuits::Fr;
use honnin_circuits::credential::text_to_field;
use honnin_circuits::predicate::{self, Predicate, PredicateError, PredicateSet};

use super::{Condition, FitError, Op, Operand, Policy, PolicyError};
use crate::date::{Date, DateError};
use crate::statement::Payment;
use crate::subject::Party;

/// Why a policy gives no predicates.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// It makes no sense.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The day is none.
    #[error(transparent)]
    Date(#[from] DateError),
    /// It waits for an amount that the session does not have.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// It asks for the account holder, and there is no account.
    #[error("the policy asks for the account holder, and the session has none")]
    NoAccount,
    /// The circuit refuses it.
    #[error(transparent)]
    Predicate(#[from] PredicateError),
}

impl Policy {
    /// The predicates for a party on a day (YYYYMMDD), and for the payment of the session where there is one.
    ///
    /// # Errors
    /// [`CompileError`].
    pub fn compile(
        &self,
        party: Party<'_>,
        as_of: u32,
        payment: Option<&Payment>,
    ) -> Result<PredicateSet, CompileError> {
        self.validate()?;
        let day = Date::new(as_of)?;
        let compile = |condition: &Condition| -> Result<Predicate, CompileError> {
            let operand = match &condition.value {
                Operand::Handle(_) => match party {
                    Party::Customer(handle) => text_to_field(handle),
                    Party::Prospect => return Err(CompileError::NoAccount),
                },
                Operand::Amount(_) => Fr::from(self.amount(payment)?),
                Operand::Number(n) => Fr::from(*n),
                // Plain subtraction on YYYYMMDD: 29 February less a year is no day, and compares as it should.
                Operand::Years(y) => Fr::from(u64::from(day.get()) - u64::from(y.years_before) * 10_000),
                Operand::Set(set) => Fr::from(set.iter().fold(0u64, |mask, n| mask | 1 << n)),
            };
            let op = match condition.op {
                Op::Eq => predicate::Op::Eq,
                Op::Ge => predicate::Op::Ge,
                Op::Le => predicate::Op::Le,
                Op::InSet => predicate::Op::InSet,
            };
            Ok(Predicate::new(condition.slot, op, operand)?)
        };
        let predicates = self.predicates.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
        Ok(PredicateSet::new(&predicates)?)
    }
}
