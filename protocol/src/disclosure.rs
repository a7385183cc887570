//! Which attributes may leave a phone, sealed to a recipient.

use honnin_circuits::schema::Slot;
use honnin_circuits::statement::Mask;
use serde::{Deserialize, Serialize};

/// The attributes that may be sent sealed: what a delivery or a payment needs.
pub const SEALABLE: [Slot; 4] = [Slot::Name, Slot::Address, Slot::Phone, Slot::PaymentToken];

/// Why slots are no disclosure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotsError {
    /// None.
    #[error("a disclosure names at least one attribute")]
    Empty,
    /// One that never leaves the phone.
    #[error("{0} is never sent")]
    NotSealable(&'static str),
    /// Twice, or in another order than the credential's: a set has one spelling.
    #[error("attributes stand once each, in the credential's order")]
    Order,
}

/// A set of attributes to send: at least one, each of [`SEALABLE`], in the credential's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Slot>", into = "Vec<Slot>")]
pub struct Slots(Vec<Slot>);

impl TryFrom<Vec<Slot>> for Slots {
    type Error = SlotsError;
    fn try_from(slots: Vec<Slot>) -> Result<Self, SlotsError> {
        if slots.is_empty() {
            return Err(SlotsError::Empty);
        }
        sealable(&slots)?;
        Ok(Self(slots))
    }
}

impl From<Slots> for Vec<Slot> {
    fn from(slots: Slots) -> Self {
        slots.0
    }
}

/// Whether each may be sent, once, in the credential's order; none is well too.
///
/// # Errors
/// [`SlotsError::NotSealable`], [`SlotsError::Order`].
pub fn sealable(slots: &[Slot]) -> Result<(), SlotsError> {
    if let Some(slot) = slots.iter().find(|slot| !SEALABLE.contains(slot)) {
        return Err(SlotsError::NotSealable(slot.name()));
    }
    if slots.windows(2).all(|pair| pair[0] < pair[1]) { Ok(()) } else { Err(SlotsError::Order) }
}

impl Slots {
    /// In the credential's order.
    pub fn as_slice(&self) -> &[Slot] {
        &self.0
    }

    /// Whether all of these are in the other set too.
    pub fn is_within(&self, other: &[Slot]) -> bool {
        self.0.iter().all(|slot| other.contains(slot))
    }

    /// As the circuit's mask.
    ///
    /// # Panics
    /// Never: every slot of [`SEALABLE`] may be disclosed.
    pub fn mask(&self) -> Mask {
        Mask::new(&self.0).expect("every sealable slot may be disclosed")
    }
}
