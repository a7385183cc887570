//! What stands in a box: the attributes' values and the opening of the commitment.

use std::collections::BTreeMap;

use honnin_circuits::Fr;
use honnin_circuits::credential::{Attributes, text_to_field};
use honnin_circuits::schema::{SLOTS, Slot};
use honnin_circuits::statement::{Opening, disclosure_commitment};
use honnin_protocol::disclosure::{Disclosed, Slots};
use honnin_protocol::encoding::HexField;
use honnin_protocol::sealed::MAX_PLAINTEXT;
use honnin_protocol::statement::V1;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

/// Why a document cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Values that are not the slots'.
    #[error("the values are not those of the slots")]
    Slots,
    /// More than a box takes.
    #[error("the values are longer than a box takes")]
    TooLong,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    v: V1,
    values: BTreeMap<Slot, String>,
    opening: HexField,
}

impl Drop for Document {
    fn drop(&mut self) {
        self.values.values_mut().for_each(|value| value.zeroize());
        self.opening.0.zeroize();
    }
}

/// The values of a disclosure with its opening; wiped when dropped, never printed.
pub struct Contents {
    values: Vec<(Slot, Zeroizing<String>)>,
    opening: Opening,
}

impl Contents {
    /// Puts values of slots and an opening together, in the credential's order.
    ///
    /// # Errors
    /// [`DocumentError::Slots`].
    pub fn new(slots: &Slots, values: Vec<(Slot, Zeroizing<String>)>, opening: Opening) -> Result<Self, DocumentError> {
        if !values.iter().map(|(slot, _)| slot).eq(slots.as_slice()) {
            return Err(DocumentError::Slots);
        }
        Ok(Self { values, opening })
    }

    /// The slots and the commitment that a proof makes public.
    ///
    /// # Panics
    /// Never: contents have the slots of a disclosure.
    pub fn disclosed(&self) -> Disclosed {
        let slots: Vec<Slot> = self.values.iter().map(|(slot, _)| *slot).collect();
        let slots = Slots::try_from(slots).expect("contents have a disclosure's slots");
        let mut lanes = [Fr::from(0_u64); SLOTS];
        for (slot, value) in &self.values {
            lanes[slot.index()] = text_to_field(value);
        }
        let commitment = disclosure_commitment(&Attributes::new(lanes), slots.mask(), self.opening.0);
        lanes.zeroize();
        Disclosed { slots, commitment: HexField(commitment) }
    }

    /// Opening of the commitment.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    pub(crate) fn into_values(self) -> Vec<(Slot, Zeroizing<String>)> {
        self.values
    }

    /// Canonical JSON, what is encrypted; as secret as the credential.
    ///
    /// # Errors
    /// [`DocumentError::TooLong`].
    ///
    /// # Panics
    /// Never: the type holds strings alone.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, DocumentError> {
        let values = self.values.iter().map(|(slot, value)| (*slot, value.to_string())).collect();
        let document = Document { v: V1, values, opening: HexField(self.opening.0) };
        let bytes = Zeroizing::new(serde_jcs::to_vec(&document).expect("strings become JSON"));
        if bytes.len() > MAX_PLAINTEXT { Err(DocumentError::TooLong) } else { Ok(bytes) }
    }

    /// Reads what was encrypted; `None` for anything but one canonical document of sealable attributes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_PLAINTEXT {
            return None;
        }
        let mut document: Document = serde_json::from_slice(bytes).ok()?;
        let values: Vec<(Slot, Zeroizing<String>)> = std::mem::take(&mut document.values)
            .into_iter()
            .map(|(slot, value)| (slot, Zeroizing::new(value)))
            .collect();
        let slots: Vec<Slot> = values.iter().map(|(slot, _)| *slot).collect();
        let slots = Slots::try_from(slots).ok()?;
        let contents = Self::new(&slots, values, Opening(document.opening.0)).ok()?;
        // A second spelling would be a second document with the same commitment.
        (**contents.to_bytes().ok()? == *bytes).then_some(contents)
    }
}
