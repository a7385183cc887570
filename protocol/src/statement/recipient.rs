//! To whom a session's attributes go sealed, and which.

use serde::{Deserialize, Serialize};

use crate::disclosure::Slots;
use crate::encoding::B64u;
use crate::guard::{self, TermError};
use crate::ids::RecipientId;
use crate::text::Localized;

/// Whose key the attributes are sealed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Recipient {
    id: RecipientId,
    name: Localized,
    key: B64u<32>,
    slots: Slots,
    /// What a delivery is about; a payment names its order itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: RecipientId,
    name: Localized,
    key: B64u<32>,
    slots: Slots,
    order: Option<String>,
}

impl TryFrom<Raw> for Recipient {
    type Error = TermError;
    fn try_from(raw: Raw) -> Result<Self, TermError> {
        let recipient = Self::new(raw.id, raw.name, raw.key, raw.slots)?;
        raw.order.map_or(Ok(recipient.clone()), |order| recipient.with_order(order))
    }
}

impl Recipient {
    /// Checks the name; `key` is the RFC 7638 thumbprint of the recipient's P-256 JWK.
    ///
    /// # Errors
    /// [`TermError`] of the name.
    pub fn new(id: RecipientId, name: Localized, key: B64u<32>, slots: Slots) -> Result<Self, TermError> {
        guard::term(&name.ja)?;
        guard::term(&name.en)?;
        Ok(Self { id, name, key, slots, order: None })
    }

    /// With the reference of what is delivered.
    ///
    /// # Errors
    /// [`TermError`] of the reference.
    pub fn with_order(self, order: String) -> Result<Self, TermError> {
        guard::term(&order)?;
        Ok(Self { order: Some(order), ..self })
    }

    /// The reference of what is delivered.
    pub fn order(&self) -> Option<&str> {
        self.order.as_deref()
    }

    /// `r_…`.
    pub fn id(&self) -> RecipientId {
        self.id
    }

    /// As the phone shows it.
    pub fn name(&self) -> &Localized {
        &self.name
    }

    /// RFC 7638 thumbprint.
    pub fn key(&self) -> B64u<32> {
        self.key
    }

    /// The most that may be sent.
    pub fn slots(&self) -> &Slots {
        &self.slots
    }
}
