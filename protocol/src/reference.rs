//! Reference numbers that people read aloud: `XXXX-XXXX` in Crockford's base 32 (no I, L, O, U).

use std::fmt;
use std::str::FromStr;

use rand::RngCore;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A string that is no reference number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reference number has eight characters, like H7K2-93QD")]
pub struct ReferenceError;

/// 40 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reference([u8; 8]);

impl Reference {
    /// Draws one.
    pub fn generate(rng: &mut (impl RngCore + ?Sized)) -> Self {
        let mut symbols = [0u8; 8];
        rng.fill_bytes(&mut symbols);
        for symbol in &mut symbols {
            *symbol = ALPHABET[usize::from(*symbol & 31)];
        }
        Self(symbols)
    }

    /// Reads what a person typed: any case, with or without hyphen and spaces, O for 0, I and L for 1.
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub fn from_typed(text: &str) -> Result<Self, ReferenceError> {
        let mut symbols = [0u8; 8];
        let mut n = 0;
        for c in text.chars().filter(|c| !matches!(c, '-' | ' ' | '\u{3000}')) {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let byte = u8::try_from(c).ok().filter(|b| ALPHABET.contains(b)).ok_or(ReferenceError)?;
            *symbols.get_mut(n).ok_or(ReferenceError)? = byte;
            n += 1;
        }
        if n == 8 { Ok(Self(symbols)) } else { Err(ReferenceError) }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, symbol) in self.0.iter().enumerate() {
            if i == 4 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*symbol))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;
    /// The printed form only.
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let parsed = Self::from_typed(text)?;
        if parsed.to_string() == text { Ok(parsed) } else { Err(ReferenceError) }
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    #[test]
    fn typed_forms() {
        let wanted = "H7K2-93QD".parse::<Reference>().unwrap();
        assert_eq!(Reference::from_typed("h7k2 93qd"), Ok(wanted));
        assert_eq!(Reference::from_typed("oil0-0000").unwrap().to_string(), "0110-0000");
        assert!("h7k2-93qd".parse::<Reference>().is_err());
        for bad in ["", "H7K2-93Q", "H7K2-93QDX", "H7K2-93QU", "H7K2-93Q本"] {
            assert!(Reference::from_typed(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(seed in any::<u64>()) {
            let r = Reference::generate(&mut rand::rngs::StdRng::seed_from_u64(seed));
            prop_assert_eq!(r.to_string().parse::<Reference>(), Ok(r));
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,20}") {
            let _ = Reference::from_typed(&text);
        }
    }
}
