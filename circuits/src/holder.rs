//! The holder's side of a credential: a secret that never leaves the phone, what the issuer sees of it, and
//! the pseudonym that each tenant sees.

use ark_ff::Zero;
use rand::RngCore;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{Fr, encoding, poseidon};

/// A holder secret: 248 uniform bits as a field element, never zero; wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HolderSecret(Fr);

impl HolderSecret {
    /// A fresh secret.
    pub fn generate(rng: &mut impl RngCore) -> Self {
        let mut seed = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_entropy(&seed)
    }

    /// A secret from 32 fresh random bytes.
    pub fn from_entropy(entropy: &[u8; 32]) -> Self {
        Self(encoding::f248("honnin/holder/v1", entropy))
    }

    /// Decodes 32 bytes big-endian; refuses zero and non-canonical values.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, encoding::FieldError> {
        let f: Fr = encoding::fr_from_bytes(bytes)?;
        if f.is_zero() { Err(encoding::FieldError::NotCanonical) } else { Ok(Self(f)) }
    }

    /// 32 bytes big-endian, wiped when dropped.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(encoding::fr_to_bytes(&self.0))
    }

    /// `Poseidon(secret)`: what the issuer signs, slot `holder`.
    pub fn commitment(&self) -> Fr {
        poseidon::hash1(self.0)
    }

    /// `Poseidon(secret, scope)`: one stable name for each tenant, unlinkable between tenants.
    pub fn pseudonym(&self, scope: Fr) -> Fr {
        poseidon::hash2(self.0, scope)
    }

    /// The secret itself, for the witness.
    pub fn expose(&self) -> Fr {
        self.0
    }
}

/// The scope of a tenant.
pub fn scope(tenant: &str) -> Fr {
    encoding::f248("honnin/scope/v1", tenant.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn pseudonyms_differ_by_tenant_and_holder() {
        let mut rng = StdRng::seed_from_u64(3);
        let (a, b) = (HolderSecret::generate(&mut rng), HolderSecret::generate(&mut rng));
        assert_ne!(a.pseudonym(scope("x")), a.pseudonym(scope("y")));
        assert_ne!(a.pseudonym(scope("x")), b.pseudonym(scope("x")));
        assert!(HolderSecret::from_bytes(&[0; 32]).is_err());
        assert!(HolderSecret::from_bytes(&[255; 32]).is_err());
    }
}
