//! The payment that a statement asks for: amount, currency and payee are what the customer sees and the proof binds.

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::encoding::MAX_SAFE;
use crate::guard::{self, TermError};

/// Most digits before the decimal point: what a phone's screen shows in one line.
pub const WHOLE_DIGITS: u32 = 12;

/// Why a payment cannot stand in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// Nothing is paid.
    #[error("the amount must be at least one minor unit")]
    Zero,
    /// More than the currency's digits can show.
    #[error("the amount has more than {WHOLE_DIGITS} digits before the decimal point")]
    TooLarge,
    /// The payee's name.
    #[error("payee: {0}")]
    Payee(TermError),
    /// The order's reference.
    #[error("order: {0}")]
    Order(TermError),
    /// The instrument's label.
    #[error("instrument: {0}")]
    Instrument(TermError),
}

/// A payment's terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Payment {
    amount: u64,
    currency: Currency,
    payee: String,
    order: String,
    instrument: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    amount: u64,
    currency: Currency,
    payee: String,
    order: String,
    instrument: String,
}

impl TryFrom<Raw> for Payment {
    type Error = PaymentError;
    fn try_from(raw: Raw) -> Result<Self, PaymentError> {
        Self::new(raw.amount, raw.currency, raw.payee, raw.order, raw.instrument)
    }
}

impl Payment {
    /// Checks the terms; `amount` in minor units of the currency.
    ///
    /// # Errors
    /// [`PaymentError`], the first that applies.
    pub fn new(
        amount: u64,
        currency: Currency,
        payee: String,
        order: String,
        instrument: String,
    ) -> Result<Self, PaymentError> {
        if amount == 0 {
            return Err(PaymentError::Zero);
        }
        if amount > MAX_SAFE || amount / 10_u64.pow(currency.digits()) >= 10_u64.pow(WHOLE_DIGITS) {
            return Err(PaymentError::TooLarge);
        }
        guard::term(&payee).map_err(PaymentError::Payee)?;
        guard::term(&order).map_err(PaymentError::Order)?;
        guard::term(&instrument).map_err(PaymentError::Instrument)?;
        Ok(Self { amount, currency, payee, order, instrument })
    }

    /// Minor units.
    pub fn amount(&self) -> u64 {
        self.amount
    }

    /// ISO 4217.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Who is paid.
    pub fn payee(&self) -> &str {
        &self.payee
    }

    /// The payee's reference.
    pub fn order(&self) -> &str {
        &self.order
    }

    /// What the customer calls the means of payment.
    pub fn instrument(&self) -> &str {
        &self.instrument
    }

    /// The amount with its decimal point, without grouping: `48000`, `12.50`.
    pub fn decimal(&self) -> String {
        let digits = self.currency.digits();
        let unit = 10_u64.pow(digits);
        match digits {
            0 => self.amount.to_string(),
            _ => format!("{}.{:0width$}", self.amount / unit, self.amount % unit, width = digits as usize),
        }
    }
}
