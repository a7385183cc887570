//! The holder secret as the app stores it: a version byte and 32 bytes.

use honnin_circuits::{
    encoding::fr_to_hex,
    holder::{HolderSecret, scope},
};
use honnin_protocol::subject::Party;
use zeroize::Zeroizing;

use crate::SdkError;

const VERSION: u8 = 1;

/// A holder secret; wiped when dropped.
#[derive(Clone)]
pub struct Holder(pub(crate) HolderSecret);

impl Holder {
    /// From 32 fresh random bytes.
    pub fn new(entropy: &[u8; 32]) -> Self {
        Self(HolderSecret::from_entropy(entropy))
    }

    /// Decodes the stored form.
    ///
    /// # Errors
    /// `malformed-holder`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SdkError> {
        let wrong = || SdkError::Malformed("holder");
        let (version, secret) = bytes.split_first().ok_or_else(wrong)?;
        let secret = Zeroizing::new(<[u8; 32]>::try_from(secret).map_err(|_| wrong())?);
        if *version != VERSION {
            return Err(wrong());
        }
        HolderSecret::from_bytes(&secret).map(Self).map_err(|_| wrong())
    }

    /// The stored form; keep it encrypted.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(vec![VERSION]);
        out.extend_from_slice(&*self.0.to_bytes());
        out
    }

    /// What the issuer signs, hex.
    pub fn commitment(&self) -> String {
        fr_to_hex(&self.0.commitment())
    }

    /// The holder's name at a tenant, hex.
    pub fn pseudonym(&self, tenant: &str) -> String {
        fr_to_hex(&self.0.pseudonym(scope(tenant)))
    }

    /// The name at a tenant of a holder who has no account there, hex: another than the later customer's.
    pub fn prospect_pseudonym(&self, tenant: &str) -> String {
        fr_to_hex(&self.0.pseudonym(Party::Prospect.scope(tenant)))
    }
}
