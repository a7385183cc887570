//! Whether a policy and a statement belong together. The server asks before it stores a session, the phone before it
//! shows one, and whoever checks a receipt asks again.

use super::Policy;
use crate::currency::Currency;
use crate::statement::{Payment, Recipient};

/// Why a policy cannot be asked with this payment and this recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// It sends attributes, and there is nobody to send them to.
    #[error("the policy discloses, and the session has no recipient")]
    NoRecipient,
    /// The recipient would get what the policy does not give.
    #[error("the policy does not disclose {0}")]
    NotDisclosed(&'static str),
    /// It compares with an amount, and nothing is paid.
    #[error("the policy compares with an amount, and the session has no payment")]
    NoPayment,
    /// The spending limit is kept in yen, so an amount in another currency cannot be compared with it.
    #[error("the policy compares the amount with a limit in JPY, and the payment is in {0}")]
    OtherCurrency(Currency),
}

impl Policy {
    /// Whether it can be asked in a session with this payment and this recipient.
    ///
    /// # Errors
    /// [`FitError`].
    pub fn fits(&self, payment: Option<&Payment>, recipient: Option<&Recipient>) -> Result<(), FitError> {
        match recipient {
            None if !self.disclose.is_empty() => return Err(FitError::NoRecipient),
            None => {}
            Some(recipient) => {
                let more = recipient.slots().as_slice().iter().find(|slot| !self.disclose.contains(slot));
                if let Some(slot) = more {
                    return Err(FitError::NotDisclosed(slot.name()));
                }
            }
        }
        if self.asks_for_amount() { self.amount(payment).map(|_| ()) } else { Ok(()) }
    }

    /// The amount that `"amount"` stands for, in yen.
    pub(super) fn amount(&self, payment: Option<&Payment>) -> Result<u64, FitError> {
        match payment {
            None => Err(FitError::NoPayment),
            Some(payment) if payment.currency() != Currency::JPY => Err(FitError::OtherCurrency(payment.currency())),
            Some(payment) => Ok(payment.amount()),
        }
    }
}
