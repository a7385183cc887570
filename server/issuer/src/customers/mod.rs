//! Customers as the enterprise's files hold them. A file is taken as a whole or not at all.

pub mod generate;
mod read;

use honnin_protocol::date::Date;
use honnin_protocol::encoding::MAX_SAFE;
use honnin_protocol::guard;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use read::{ReadError, load};

/// One customer; wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// Opaque handle.
    pub handle: String,
    /// Name.
    pub name: String,
    /// Birth date, YYYYMMDD.
    pub birth: u32,
    /// Prefecture, 1 to 47.
    pub region: u8,
    /// Address.
    pub address: String,
    /// Telephone number.
    pub phone: String,
    /// Account.
    pub account: String,
    /// Spending limit, yen.
    pub limit: u64,
    /// Identity check level, 0 to 9.
    pub kyc_level: u8,
    /// 1 JPKI, 2 mDL, 3 document, 4 in person.
    pub method: u8,
    /// Payment token.
    pub payment_token: String,
    /// Spare number.
    #[serde(default)]
    pub spare: u64,
}

impl std::fmt::Debug for Customer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Customer(..)")
    }
}

/// Which column is wrong, and why. Says no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column}: {reason}")]
pub struct BadValue {
    /// Column's name.
    pub column: &'static str,
    /// Why.
    pub reason: String,
}

/// Column names, in the order that files are written.
pub const COLUMNS: [&str; 12] = [
    "handle",
    "name",
    "birth",
    "region",
    "address",
    "phone",
    "account",
    "limit",
    "kyc_level",
    "method",
    "payment_token",
    "spare",
];

impl Customer {
    /// Checks every value.
    ///
    /// # Errors
    /// [`BadValue`], the first that applies.
    pub fn check(&self) -> Result<(), BadValue> {
        let bad = |column, reason: &str| Err(BadValue { column, reason: reason.to_owned() });
        guard::handle(&self.handle).map_err(|e| BadValue { column: "handle", reason: e.to_string() })?;
        let texts: [(&'static str, &str); 5] = [
            ("name", &self.name),
            ("address", &self.address),
            ("phone", &self.phone),
            ("account", &self.account),
            ("payment_token", &self.payment_token),
        ];
        for (column, text) in texts {
            guard::display_text(text).map_err(|e| BadValue { column, reason: e.to_string() })?;
        }
        if Date::new(self.birth).is_err() {
            return bad("birth", "is no day of the form YYYYMMDD");
        }
        if !(1..=47).contains(&self.region) {
            return bad("region", "must be a prefecture, 1 to 47");
        }
        if self.kyc_level > 9 {
            return bad("kyc_level", "must be 0 to 9");
        }
        if !(1..=4).contains(&self.method) {
            return bad("method", "must be 1 (JPKI), 2 (mDL), 3 (document) or 4 (in person)");
        }
        if self.limit > MAX_SAFE {
            return bad("limit", "is too large");
        }
        if self.spare > MAX_SAFE {
            return bad("spare", "is too large");
        }
        Ok(())
    }
}
