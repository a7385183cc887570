//! Calendar days as the credential holds them: an integer YYYYMMDD.

use serde::{Deserialize, Deserializer, Serialize, de};

/// An integer that names no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day from 18000101 to 29991231 as YYYYMMDD")]
pub struct DateError;

/// A day of the Gregorian calendar, 1800 to 2999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Date(u32);

impl Date {
    /// Checks YYYYMMDD.
    ///
    /// # Errors
    /// [`DateError`].
    pub fn new(yyyymmdd: u32) -> Result<Self, DateError> {
        let (year, month, day) = (yyyymmdd / 10_000, yyyymmdd / 100 % 100, yyyymmdd % 100);
        let known = (1800..3000).contains(&year) && (1..=12).contains(&month);
        if known && (1..=days_in(year, month)).contains(&day) { Ok(Self(yyyymmdd)) } else { Err(DateError) }
    }

    /// From year, month and day.
    ///
    /// # Errors
    /// [`DateError`].
    pub fn from_parts(year: u32, month: u32, day: u32) -> Result<Self, DateError> {
        if year > 9999 || month > 99 || day > 99 {
            Err(DateError)
        } else {
            Self::new(year * 10_000 + month * 100 + day)
        }
    }

    /// The day of a Unix time in UTC, shifted by a zone's offset in seconds (Japan: 32,400).
    ///
    /// # Errors
    /// [`DateError`] outside 1970 to 2999.
    pub fn from_unix(seconds: u64, offset: u64) -> Result<Self, DateError> {
        let mut days = seconds.checked_add(offset).ok_or(DateError)? / 86_400;
        for year in 1970..3000 {
            let length = if leap(year) { 366 } else { 365 };
            if days >= length {
                days -= length;
                continue;
            }
            for month in 1..=12 {
                let length = u64::from(days_in(year, month));
                if days < length {
                    return Self::from_parts(year, month, days as u32 + 1);
                }
                days -= length;
            }
        }
        Err(DateError)
    }

    /// YYYYMMDD.
    pub fn get(self) -> u32 {
        self.0
    }

    /// Year.
    pub fn year(self) -> u32 {
        self.0 / 10_000
    }

    /// Month, 1 to 12.
    pub fn month(self) -> u32 {
        self.0 / 100 % 100
    }

    /// Day of the month.
    pub fn day(self) -> u32 {
        self.0 % 100
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(d)?).map_err(de::Error::custom)
    }
}

fn leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days of a month.
pub fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges() {
        for good in [19850412, 20240229, 20000229, 18000101, 29991231] {
            assert!(Date::new(good).is_ok(), "{good}");
        }
        for bad in [0, 20230229, 19000229, 20240230, 20241301, 20240001, 20240100, 17991231, 30000101, u32::MAX] {
            assert_eq!(Date::new(bad), Err(DateError), "{bad}");
        }
        assert_eq!(Date::from_unix(0, 0).unwrap().get(), 19700101);
        assert_eq!(Date::from_unix(1_795_300_000, 32_400).unwrap().get(), 20261122);
        assert_eq!(Date::from_unix(1_709_164_800, 0).unwrap().get(), 20240229);
    }

    proptest! {
        #[test]
        fn days_follow_each_other(day in 0u64..300_000) {
            let (a, b) = (Date::from_unix(day * 86_400, 0).unwrap(), Date::from_unix((day + 1) * 86_400, 0).unwrap());
            prop_assert!(a < b);
        }
    }
}
