//! Currencies of ISO 4217 that have minor units: three letters, and how many digits follow the point.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Codes by their number of minor digits: ISO 4217's list one of 2026, funds, metals and test codes left out.
const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const TWO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF \
    CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS \
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN \
    NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN \
    SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";

/// Letters that are no currency of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 4217 currency")]
pub struct CurrencyError;

/// A currency.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Currency {
    code: &'static str,
    digits: u32,
}

impl Currency {
    /// Yen: what the credential's spending limit is kept in.
    pub const JPY: Self = Self { code: "JPY", digits: 0 };

    /// Three capital letters.
    pub fn code(self) -> &'static str {
        self.code
    }

    /// Digits after the decimal point.
    pub fn digits(self) -> u32 {
        self.digits
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;
    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        [(0, NONE), (2, TWO), (3, THREE)]
            .into_iter()
            .find_map(|(digits, codes)| {
                let code = codes.split_ascii_whitespace().find(|code| *code == text)?;
                Some(Self { code, digits })
            })
            .ok_or(CurrencyError)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_of_three_letters_once_each() {
        let mut all: Vec<&str> = [NONE, TWO, THREE].iter().flat_map(|list| list.split_ascii_whitespace()).collect();
        assert!(all.iter().all(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for (code, digits) in [("JPY", 0), ("USD", 2), ("KWD", 3)] {
            assert_eq!(code.parse::<Currency>().map(Currency::digits), Ok(digits));
        }
        assert_eq!("JPY".parse(), Ok(Currency::JPY));
        for bad in ["", "jpy", "JPY ", "XAU", "XXX", "ＪＰＹ", "JP", "JPYX", "BIF CLP"] {
            assert_eq!(bad.parse::<Currency>(), Err(CurrencyError), "{bad}");
        }
    }
}
