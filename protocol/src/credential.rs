//! The credential document: what the issuer hands to the phone, and what the phone alone keeps.

use honnin_circuits::Fr;
use honnin_circuits::credential::{Attributes, Credential, text_to_field};
use honnin_circuits::schema::{SCHEMA_ID, SCHEMA_NAME};
use honnin_circuits::schnorr::Signature;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::certificate::{self, CertificateError, IssuerCertificate, PointHex};
use crate::date::Date;
use crate::encoding::{HexField, safe_integer};
use crate::jwk::P256Jwk;

/// `format` of the document.
pub const FORMAT: &str = "honnin-credential-v1";

/// Longest text value, in bytes.
pub const MAX_TEXT: usize = 512;

/// Why a document is refused. No variant carries a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Another format or schema.
    #[error("the credential's format or schema is not known")]
    Format,
    /// A value out of its range.
    #[error("the credential's {0} is out of range")]
    Value(&'static str),
    /// The certificate does not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate is for another tenant.
    #[error("the certificate is for another tenant")]
    Tenant,
    /// The signature does not decode or does not verify.
    #[error("the issuer's signature does not verify")]
    Signature,
    /// The credential is over.
    #[error("the credential has expired")]
    Expired,
}

/// Attribute values in the clear; wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// Last day of validity, YYYYMMDD.
    pub expiry: u32,
    /// The tenant's handle.
    pub subject: String,
    /// Identity check level.
    pub kyc_level: u64,
    /// 1 JPKI, 2 mDL, 3 document, 4 in person.
    pub method: u64,
    /// Birth date, YYYYMMDD.
    pub birth: u32,
    /// Prefecture, 1 to 47.
    pub region: u64,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// Telephone number.
    pub phone: String,
    /// Account.
    pub account: String,
    /// Spending limit, yen.
    #[serde(deserialize_with = "safe_integer")]
    pub limit: u64,
    /// Payment token.
    pub payment_token: String,
    /// Spare.
    #[serde(deserialize_with = "safe_integer")]
    pub spare: u64,
    /// Holder commitment.
    #[zeroize(skip)]
    pub holder: HexField,
    /// Makes the signed message unguessable from the values.
    #[zeroize(skip)]
    pub blinding: HexField,
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Values(..)")
    }
}

impl Values {
    /// Checks ranges and lengths.
    ///
    /// # Errors
    /// [`CredentialError::Value`] with the slot's name.
    pub fn check(&self) -> Result<(), CredentialError> {
        let wrong = |name| Err(CredentialError::Value(name));
        for (name, day) in [("expiry", self.expiry), ("birth", self.birth)] {
            if Date::new(day).is_err() {
                return wrong(name);
            }
        }
        if !(1..=47).contains(&self.region) {
            return wrong("region");
        }
        if !(1..=4).contains(&self.method) {
            return wrong("method");
        }
        if self.kyc_level > 9 {
            return wrong("kyc_level");
        }
        let texts = [
            ("subject", &self.subject),
            ("name", &self.name),
            ("address", &self.address),
            ("phone", &self.phone),
            ("account", &self.account),
            ("payment_token", &self.payment_token),
        ];
        texts.iter().find(|(_, text)| text.is_empty() || text.len() > MAX_TEXT).map_or(Ok(()), |(name, _)| wrong(name))
    }

    /// The 16 attributes as field elements.
    pub fn attributes(&self) -> Attributes {
        Attributes::new([
            Fr::from(SCHEMA_ID),
            self.holder.0,
            Fr::from(self.expiry),
            text_to_field(&self.subject),
            Fr::from(self.kyc_level),
            Fr::from(self.method),
            Fr::from(self.birth),
            Fr::from(self.region),
            text_to_field(&self.name),
            text_to_field(&self.address),
            text_to_field(&self.phone),
            text_to_field(&self.account),
            Fr::from(self.limit),
            text_to_field(&self.payment_token),
            Fr::from(self.spare),
            self.blinding.0,
        ])
    }
}

/// A Schnorr signature as hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureHex {
    /// Commitment point.
    pub r: PointHex,
    /// Response.
    pub s: String,
}

impl SignatureHex {
    /// Of a signature.
    pub fn of(signature: &Signature) -> Self {
        let (x, y, s) = signature.to_hex();
        Self { r: PointHex { x, y }, s }
    }
}

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialDocument {
    /// [`FORMAT`].
    pub format: String,
    /// `honnin-jp-1`.
    pub schema: String,
    /// Tenant it is for.
    pub tenant: String,
    /// The values.
    pub values: Values,
    /// The issuer's signature over them.
    pub signature: SignatureHex,
    /// Compact JWS.
    pub issuer_certificate: String,
}

impl CredentialDocument {
    /// Checks everything that can be checked without the holder's secret: shape, ranges, certificate against the
    /// pinned root, tenant, signature, expiry against a day (YYYYMMDD).
    ///
    /// # Errors
    /// [`CredentialError`], the first that applies.
    pub fn verify(
        &self,
        root: &P256Jwk,
        now_s: u64,
        today: Date,
    ) -> Result<(Credential, IssuerCertificate), CredentialError> {
        if self.format != FORMAT || self.schema != SCHEMA_NAME {
            return Err(CredentialError::Format);
        }
        self.values.check()?;
        let certificate = certificate::verify(&self.issuer_certificate, root, now_s)?;
        if certificate.tenant != self.tenant {
            return Err(CredentialError::Tenant);
        }
        let SignatureHex { r, s } = &self.signature;
        let signature = Signature::from_hex(&r.x, &r.y, s).map_err(|_| CredentialError::Signature)?;
        let credential =
            Credential { attributes: self.values.attributes(), issuer: certificate.public_key()?, signature };
        credential.verify().map_err(|_| CredentialError::Signature)?;
        if self.values.expiry < today.get() {
            return Err(CredentialError::Expired);
        }
        Ok((credential, certificate))
    }
}
