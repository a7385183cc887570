//! Identifiers: a prefix that names the kind, and 128 random bits.

use std::fmt;
use std::str::FromStr;

use rand::RngCore;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::encoding::{b64u, b64u_array};

/// A string that is no identifier of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct IdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Draws 128 bits.
            pub fn generate(rng: &mut (impl RngCore + ?Sized)) -> Self {
                let mut bytes = [0; 16];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, b64u(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let body = text.strip_prefix($prefix).ok_or(IdError)?;
                b64u_array(body).map(Self).map_err(|_| IdError)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A verification.
    VerificationId = "v_";
    /// An enrolment.
    EnrolmentId = "e_";
    /// A device.
    DeviceId = "d_";
    /// A credential offer.
    OfferId = "o_";
    /// An operator's invitation.
    InvitationId = "i_";
    /// An announced call.
    CallId = "c_";
    /// A recipient of sealed attributes.
    RecipientId = "r_";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trip(seed in any::<u64>()) {
            use rand::SeedableRng;
            let id = VerificationId::generate(&mut rand::rngs::StdRng::seed_from_u64(seed));
            let text = id.to_string();
            prop_assert_eq!(text.len(), 24);
            prop_assert_eq!(text.parse::<VerificationId>(), Ok(id));
            prop_assert_eq!(text.parse::<EnrolmentId>(), Err(IdError));
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,30}") {
            if let Ok(id) = text.parse::<OfferId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
