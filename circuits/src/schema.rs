//! Names, order and kinds of the 16 attribute slots. `schema/honnin-jp-1.json` is the one list that every
//! language reads; this enum is checked against it by a test.

use serde::{Deserialize, Serialize};

/// Number of attribute slots.
pub const SLOTS: usize = 16;

/// The schema file, for other languages and for labels.
pub const SCHEMA_JSON: &str = include_str!("../schema/honnin-jp-1.json");

/// Name of the schema.
pub const SCHEMA_NAME: &str = "honnin-jp-1";

/// Value of slot `schema`.
pub const SCHEMA_ID: u64 = 1;

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An integer below 2^64.
    Number,
    /// An integer YYYYMMDD.
    Date,
    /// A hash to the field of a normalised string.
    Text,
    /// A raw field element.
    Field,
}

/// An attribute slot; the discriminant is its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Slot {
    /// Schema id.
    Schema = 0,
    /// Holder commitment.
    Holder = 1,
    /// Last day of validity.
    Expiry = 2,
    /// The tenant's opaque handle.
    Subject = 3,
    /// KYC level.
    KycLevel = 4,
    /// Issuance method.
    Method = 5,
    /// Birth date.
    Birth = 6,
    /// Prefecture code, JIS X 0401.
    Region = 7,
    /// Name.
    Name = 8,
    /// Address.
    Address = 9,
    /// Phone number.
    Phone = 10,
    /// Account.
    Account = 11,
    /// Spending limit.
    Limit = 12,
    /// Payment token.
    PaymentToken = 13,
    /// Spare number.
    Spare = 14,
    /// Blinding of the whole credential.
    Blinding = 15,
}

impl Slot {
    /// All slots in order.
    pub const ALL: [Slot; SLOTS] = [
        Slot::Schema,
        Slot::Holder,
        Slot::Expiry,
        Slot::Subject,
        Slot::KycLevel,
        Slot::Method,
        Slot::Birth,
        Slot::Region,
        Slot::Name,
        Slot::Address,
        Slot::Phone,
        Slot::Account,
        Slot::Limit,
        Slot::PaymentToken,
        Slot::Spare,
        Slot::Blinding,
    ];

    /// Position in the credential, 0 to 15.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// What the slot holds.
    pub const fn kind(self) -> Kind {
        match self {
            Slot::Schema | Slot::KycLevel | Slot::Method | Slot::Region | Slot::Limit | Slot::Spare => Kind::Number,
            Slot::Expiry | Slot::Birth => Kind::Date,
            Slot::Subject | Slot::Name | Slot::Address | Slot::Phone | Slot::Account | Slot::PaymentToken => Kind::Text,
            Slot::Holder | Slot::Blinding => Kind::Field,
        }
    }

    /// Whether a disclosure may open the slot: slots 2 to 14, the ones that carry facts about a person.
    pub const fn disclosable(self) -> bool {
        let i = self as usize;
        i >= 2 && i <= 14
    }

    /// Name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Slot::Schema => "schema",
            Slot::Holder => "holder",
            Slot::Expiry => "expiry",
            Slot::Subject => "subject",
            Slot::KycLevel => "kyc_level",
            Slot::Method => "method",
            Slot::Birth => "birth",
            Slot::Region => "region",
            Slot::Name => "name",
            Slot::Address => "address",
            Slot::Phone => "phone",
            Slot::Account => "account",
            Slot::Limit => "limit",
            Slot::PaymentToken => "payment_token",
            Slot::Spare => "spare",
            Slot::Blinding => "blinding",
        }
    }

    /// Slot of a name.
    pub fn from_name(name: &str) -> Option<Slot> {
        Slot::ALL.into_iter().find(|s| s.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_file_and_the_enum_say_the_same() {
        let file: serde_json::Value = serde_json::from_str(SCHEMA_JSON).unwrap();
        assert_eq!(file["schema"], SCHEMA_NAME);
        assert_eq!(file["id"], SCHEMA_ID);
        let slots = file["slots"].as_array().unwrap();
        assert_eq!(slots.len(), SLOTS);
        for (slot, entry) in Slot::ALL.into_iter().zip(slots) {
            assert_eq!(entry["index"], slot.index());
            assert_eq!(entry["name"], slot.name());
            assert_eq!(entry["kind"], serde_json::to_value(slot.kind()).unwrap());
            assert!(!entry["ja"].as_str().unwrap().is_empty() && !entry["en"].as_str().unwrap().is_empty());
            assert_eq!(Slot::from_name(slot.name()), Some(slot));
        }
    }
}
