//! How old every key is.

use serde::Serialize;

use crate::kek::KekId;

/// A key that rotates is due after this many days.
pub const WARN_DAYS: u64 = 90;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Wraps all others.
    KeyEncryption,
    /// Seals an organisation's fields.
    Data,
    /// Makes an organisation's blind indexes.
    Index,
}

/// One line of the status page, one label set of the metric. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct KeyStatus {
    /// What it does.
    pub role: Role,
    /// Whose it is; none for key-encryption keys.
    pub organisation: Option<String>,
    /// Its version; none for key-encryption keys.
    pub version: Option<u32>,
    /// Whether new things are sealed or wrapped with it. Older keys only open.
    pub current: bool,
    /// Unix milliseconds. Of a key-encryption key: the earliest wrapping by it that is held; none if there is none.
    pub made_at: Option<i64>,
    /// The key-encryption key that wraps it, or is it.
    pub kek: KekId,
    /// Whole days since `made_at`; 0 where that lies in the future.
    pub age_days: u64,
    /// In use for [`WARN_DAYS`] or longer. Index keys never: their indexes would find nothing after a change.
    pub warn: bool,
}

/// Whole days between two times, never below 0.
pub(crate) fn days(made_at: i64, now: i64) -> u64 {
    u64::try_from(now.saturating_sub(made_at)).unwrap_or(0) / DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_and_clocks_that_jump() {
        let day = DAY_MS as i64;
        assert_eq!(days(0, day - 1), 0);
        assert_eq!(days(0, 90 * day), 90);
        assert_eq!(days(5 * day, 0), 0);
        assert_eq!(days(i64::MIN, i64::MAX), i64::MAX as u64 / DAY_MS);
    }
}
