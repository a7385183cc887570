//! Which attributes may leave a phone, sealed to a recipient, and what a phone says that it sent.

use honnin_circuits::schema::Slot;
use honnin_circuits::statement::{Disclosure, Mask};
use serde::{Deserialize, Serialize};

use crate::encoding::HexField;
use crate::statement::SessionStatement;

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

    /// As the circuit's mask.
    ///
    /// # Panics
    /// Never: every slot of [`SEALABLE`] may be disclosed.
    pub fn mask(&self) -> Mask {
        Mask::new(&self.0).expect("every sealable slot may be disclosed")
    }
}

/// What the proof committed to: public, and enough to rebuild the circuit's input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosed {
    /// Which attributes.
    pub slots: Slots,
    /// `disclosure_commitment` of them.
    pub commitment: HexField,
}

/// Why an answer's disclosure is not what the statement asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// Something was sent, and there is no recipient.
    #[error("the session has no recipient")]
    NotAsked,
    /// Nothing was sent to the recipient.
    #[error("the recipient is sent nothing")]
    Missing,
    /// More than the recipient may have.
    #[error("the session does not ask for {0}")]
    TooMuch(&'static str),
    /// A payment takes all that it asks for.
    #[error("a payment needs all that it asks for")]
    TooLittle,
}

impl Disclosed {
    /// Whether a disclosure, or none, is what the statement asks for: some of the recipient's attributes, all of them
    /// for a payment, nothing without a recipient.
    ///
    /// # Errors
    /// [`DisclosureError`].
    pub fn answers(disclosed: Option<&Self>, statement: &SessionStatement) -> Result<(), DisclosureError> {
        let slots = disclosed.map(|disclosed| &disclosed.slots);
        slots_answer(slots, statement)
    }

    /// The circuit's input.
    pub fn input(disclosed: Option<&Self>) -> Disclosure {
        disclosed
            .map_or(Disclosure::Nothing, |d| Disclosure::Committed { mask: d.slots.mask(), commitment: d.commitment.0 })
    }
}

/// Whether slots, or none, are what the statement asks for; see [`Disclosed::answers`].
///
/// # Errors
/// [`DisclosureError`].
pub fn slots_answer(slots: Option<&Slots>, statement: &SessionStatement) -> Result<(), DisclosureError> {
    match (&statement.recipient, slots) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(DisclosureError::NotAsked),
        (Some(_), None) => Err(DisclosureError::Missing),
        (Some(recipient), Some(slots)) => {
            let asked = recipient.slots().as_slice();
            match slots.as_slice().iter().find(|slot| !asked.contains(slot)) {
                Some(slot) => Err(DisclosureError::TooMuch(slot.name())),
                None if statement.payment.is_some() && slots != recipient.slots() => Err(DisclosureError::TooLittle),
                None => Ok(()),
            }
        }
    }
}
