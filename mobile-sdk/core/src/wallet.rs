//! A credential with the holder secret it is bound to.

use honnin_circuits::{
    Fr,
    credential::Credential,
    holder::scope,
    schema::Slot,
    statement::{Disclosure, Opening, Statement, Witness},
};
use honnin_protocol::{
    certificate::{self, IssuerCertificate},
    credential::CredentialDocument,
    date::Date,
    jwk::P256Jwk,
    policy::Policy,
};

use crate::{Holder, SdkError, policy};

/// Japan's offset from UTC, in seconds: the zone that a credential's expiry day is read in.
const JAPAN: u64 = 32_400;

/// A checked credential.
pub struct Wallet {
    pub(crate) document: CredentialDocument,
    pub(crate) credential: Credential,
    pub(crate) holder: Holder,
}

impl Wallet {
    /// Checks a fresh credential: format, ranges, certificate under the pinned root, window, signature, expiry and that
    /// it is bound to this holder. `now_s`: seconds since the epoch.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn accept(
        json: &str,
        holder: Holder,
        root: &P256Jwk,
        now_s: u64,
    ) -> Result<(Self, IssuerCertificate), SdkError> {
        let document = parse(json)?;
        let today = Date::from_unix(now_s, JAPAN).map_err(|_| SdkError::Malformed("time"))?;
        let (credential, certificate) = document.verify(root, now_s, today)?;
        let wallet = Self { document, credential, holder };
        wallet.check_holder()?;
        Ok((wallet, certificate))
    }

    /// Reads a credential that was accepted before, from the app's own encrypted storage. Whether the certificate is
    /// still in its window is the server's to judge.
    ///
    /// # Errors
    /// `malformed-credential`, `credential-signature-invalid`, `holder-mismatch`.
    pub fn restore(json: &str, holder: Holder) -> Result<Self, SdkError> {
        let document = parse(json)?;
        let issuer = certificate::reread(&document.issuer_certificate)?.public_key()?;
        document.values.check()?;
        let (r, s) = (&document.signature.r, &document.signature.s);
        let signature =
            honnin_circuits::schnorr::Signature::from_hex(&r.x, &r.y, s).map_err(|_| SdkError::Signature)?;
        let credential = Credential { attributes: document.values.attributes(), issuer, signature };
        let wallet = Self { document, credential, holder };
        wallet.check_holder()?;
        Ok(wallet)
    }

    fn check_holder(&self) -> Result<(), SdkError> {
        if self.credential.attributes.get(Slot::Holder) == self.holder.0.commitment() {
            Ok(())
        } else {
            Err(SdkError::HolderMismatch)
        }
    }

    /// The document as issued.
    pub fn document(&self) -> &CredentialDocument {
        &self.document
    }

    /// The certificate that goes to the server at enrolment.
    pub fn certificate(&self) -> &str {
        &self.document.issuer_certificate
    }

    /// Whether the credential meets a policy on a day; the violation stays on the phone.
    ///
    /// # Errors
    /// `policy-not-met`, or `policy-invalid`.
    pub fn meets(&self, policy: &Policy, handle: &str, as_of: u32) -> Result<(), SdkError> {
        self.statement(policy, handle, as_of)?.check(&self.witness()).map_err(SdkError::PolicyNotMet)
    }

    /// The statement of a policy, `ctx` apart.
    pub(crate) fn statement(&self, policy: &Policy, handle: &str, as_of: u32) -> Result<Statement, SdkError> {
        let scope = scope(&self.document.tenant);
        Ok(Statement {
            issuer: self.credential.issuer,
            scope,
            pseudonym: self.holder.0.pseudonym(scope),
            as_of,
            predicates: policy::compile(policy, handle, as_of)?,
            disclosure: Disclosure::Nothing,
            ctx: Fr::from(0u64),
        })
    }

    pub(crate) fn witness(&self) -> Witness {
        Witness { holder: self.holder.0.clone(), credential: self.credential.clone(), opening: Opening(Fr::from(0u64)) }
    }
}

fn parse(json: &str) -> Result<CredentialDocument, SdkError> {
    serde_json::from_str(json).map_err(|_| SdkError::Malformed("credential"))
}
