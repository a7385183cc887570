//! A credential with the holder secret it is bound to.

use honnin_circuits::{
    Fr,
    credential::Credential,
    encoding::f248,
    schema::Slot,
    statement::{Opening, Statement, Witness},
};
use honnin_protocol::{
    certificate::{self, IssuerCertificate},
    credential::CredentialDocument,
    date::Date,
    disclosure::{Disclosed, DisclosureError, Slots},
    jwk::P256Jwk,
    policy::Policy,
    statement::Payment,
    subject::Party,
};
use honnin_recipient::Contents;
use zeroize::Zeroizing;

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

    /// Whether the credential meets a policy on a day, for a payment where the session has one; the violation stays on
    /// the phone.
    ///
    /// # Errors
    /// `policy-not-met`, `policy-invalid`, or `policy-terms-mismatch`.
    pub fn meets(&self, policy: &Policy, handle: &str, as_of: u32, payment: Option<&Payment>) -> Result<(), SdkError> {
        self.check(&self.statement(self.customer(handle), policy, as_of, payment, None)?)
    }

    /// Whether the credential meets a policy on a day at a tenant where its holder has no account; the credential is
    /// whoever's that tenant trusts, mostly another one's.
    ///
    /// # Errors
    /// `policy-not-met`, or `policy-invalid` for a policy that asks for an account or sends anything.
    pub fn eligible(&self, policy: &Policy, tenant: &str, as_of: u32) -> Result<(), SdkError> {
        self.check(&self.statement(Asked::prospect(tenant, policy)?, policy, as_of, None, None)?)
    }

    /// The holder's name at a tenant where they have no account, hex.
    pub fn prospect_pseudonym(&self, tenant: &str) -> String {
        self.holder.prospect_pseudonym(tenant)
    }

    fn check(&self, statement: &Statement) -> Result<(), SdkError> {
        statement.check(&self.witness(None)).map_err(SdkError::PolicyNotMet)
    }

    /// The holder as a customer of the tenant that the credential is for.
    pub(crate) fn customer<'a>(&'a self, handle: &'a str) -> Asked<'a> {
        Asked { tenant: &self.document.tenant, party: Party::Customer(handle) }
    }

    /// The statement of a policy, `ctx` apart.
    pub(crate) fn statement(
        &self,
        asked: Asked<'_>,
        policy: &Policy,
        as_of: u32,
        payment: Option<&Payment>,
        disclosed: Option<&Disclosed>,
    ) -> Result<Statement, SdkError> {
        let scope = asked.party.scope(asked.tenant);
        Ok(Statement {
            issuer: self.credential.issuer,
            scope,
            pseudonym: self.holder.0.pseudonym(scope),
            as_of,
            predicates: policy::compile(policy, asked.party, as_of, payment)?,
            disclosure: Disclosed::input(disclosed),
            ctx: Fr::from(0u64),
        })
    }

    pub(crate) fn witness(&self, contents: Option<&Contents>) -> Witness {
        let opening = contents.map_or(Opening(Fr::from(0u64)), |contents| contents.opening().clone());
        Witness { holder: self.holder.0.clone(), credential: self.credential.clone(), opening }
    }

    /// The values of slots, with a fresh opening. Nonce and holder secret are mixed in, so that a source that repeats
    /// itself does not repeat an opening over two sessions.
    pub(crate) fn contents(&self, slots: &Slots, nonce: &[u8; 32], entropy: &[u8; 32]) -> Result<Contents, SdkError> {
        let values = &self.document.values;
        let value = |slot: &Slot| {
            let text = match slot {
                Slot::Name => &values.name,
                Slot::Address => &values.address,
                Slot::Phone => &values.phone,
                Slot::PaymentToken => &values.payment_token,
                other => return Err(SdkError::Disclosure(DisclosureError::TooMuch(other.name()))),
            };
            Ok((*slot, Zeroizing::new(text.clone())))
        };
        let values = slots.as_slice().iter().map(value).collect::<Result<Vec<_>, _>>()?;
        let secret = self.holder.0.to_bytes();
        let seed = Zeroizing::new([&entropy[..], nonce, &secret[..]].concat());
        let opening = Opening(f248("honnin/opening/v1", &seed));
        Contents::new(slots, values, opening).map_err(|_| SdkError::BoxTooLong)
    }
}

/// Who asks, and the holder as they know them.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) party: Party<'a>,
}

impl<'a> Asked<'a> {
    /// Somebody without an account at a tenant, asked by a policy that knows no account.
    pub(crate) fn prospect(tenant: &'a str, policy: &Policy) -> Result<Self, SdkError> {
        if policy.is_for_prospects() { Ok(Self { tenant, party: Party::Prospect }) } else { Err(SdkError::Policy) }
    }
}

fn parse(json: &str) -> Result<CredentialDocument, SdkError> {
    serde_json::from_str(json).map_err(|_| SdkError::Malformed("credential"))
}
