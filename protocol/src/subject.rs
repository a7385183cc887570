//! What an approval's proof must be about. The gate builds its public inputs here before a call may pass, and whoever
//! checks a receipt years later builds them here again: one place, so that both mean the same.

use honnin_circuits::encoding::fr_from_hex;
use honnin_circuits::schnorr::PublicKey;
use honnin_circuits::statement::Statement;
use honnin_circuits::{Fr, holder};

use crate::disclosure::Disclosed;
use crate::policy::Policy;
use crate::statement::Payment;

/// A public input that cannot be: the statement has no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such statement")]
pub struct NoStatement;

/// What a proof must be about, from what the verifier knows itself.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Tenant; gives the scope.
    pub tenant: &'a str,
    /// The customer's handle.
    pub handle: &'a str,
    /// Field element, 64 hex digits.
    pub pseudonym: &'a str,
    /// The key that the issuer's certificate names.
    pub issuer: PublicKey,
    /// What is proven.
    pub policy: &'a Policy,
    /// Day, YYYYMMDD.
    pub as_of: u32,
    /// The session.
    pub ctx: Fr,
    /// What the session asks the customer to pay.
    pub payment: Option<&'a Payment>,
    /// What the phone says that it sent sealed. A proof holds for exactly this, or nothing.
    pub disclosed: Option<&'a Disclosed>,
}

impl Subject<'_> {
    /// Every public input; the disclosure is the only one whose value the prover chose.
    ///
    /// # Errors
    /// [`NoStatement`] on a non-canonical pseudonym or a policy that does not compile.
    pub fn statement(&self) -> Result<Statement, NoStatement> {
        Ok(Statement {
            issuer: self.issuer,
            scope: holder::scope(self.tenant),
            pseudonym: fr_from_hex::<Fr>(self.pseudonym).map_err(|_| NoStatement)?,
            as_of: self.as_of,
            predicates: self.policy.compile(self.handle, self.as_of, self.payment).map_err(|_| NoStatement)?,
            disclosure: Disclosed::input(self.disclosed),
            ctx: self.ctx,
        })
    }
}
