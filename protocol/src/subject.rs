//! What an approval's proof must be about. The gate builds its public inputs here before a call may pass, and whoever
//! checks a receipt years later builds them here again: one place, so that both mean the same.

use honnin_circuits::encoding::fr_from_hex;
use honnin_circuits::schnorr::PublicKey;
use honnin_circuits::statement::Statement;
use honnin_circuits::{Fr, holder};

use crate::disclosure::Disclosed;
use crate::policy::Policy;
use crate::statement::{Kind, Payment};

/// A public input that cannot be: the statement has no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such statement")]
pub struct NoStatement;

/// Whom a session asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party<'a> {
    /// A customer, by the tenant's handle.
    Customer(&'a str),
    /// Somebody without an account: there is no handle, and the credential may be issued for another tenant.
    Prospect,
}

impl<'a> Party<'a> {
    /// Of a statement and the handle that it is about: an eligibility has none, everything else has one. `None` when
    /// the two contradict each other.
    pub fn of(kind: Kind, handle: Option<&'a str>) -> Option<Self> {
        match (kind, handle) {
            (Kind::Eligibility, None) => Some(Self::Prospect),
            (Kind::Verification | Kind::Enrolment, Some(handle)) => Some(Self::Customer(handle)),
            _ => None,
        }
    }

    /// The scope of their pseudonym at a tenant. A prospect's is another than the later customer's, so that the two
    /// cannot be told to be one person; no tenant's identifier holds a slash, so it is no other tenant's either.
    pub fn scope(self, tenant: &str) -> Fr {
        match self {
            Self::Customer(_) => holder::scope(tenant),
            Self::Prospect => holder::scope(&format!("{tenant}{PROSPECTS}")),
        }
    }
}

/// Stands behind a tenant's identifier in the scope of its prospects.
pub const PROSPECTS: &str = "/prospects";

/// What a proof must be about, from what the verifier knows itself.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Tenant that asks; gives the scope.
    pub tenant: &'a str,
    /// Whom.
    pub party: Party<'a>,
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
            scope: self.party.scope(self.tenant),
            pseudonym: fr_from_hex::<Fr>(self.pseudonym).map_err(|_| NoStatement)?,
            as_of: self.as_of,
            predicates: self.policy.compile(self.party, self.as_of, self.payment).map_err(|_| NoStatement)?,
            disclosure: Disclosed::input(self.disclosed),
            ctx: self.ctx,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prospect_has_no_handle_and_a_scope_of_its_own() {
        assert_eq!(Party::of(Kind::Eligibility, None), Some(Party::Prospect));
        assert_eq!(Party::of(Kind::Verification, Some("C-1")), Some(Party::Customer("C-1")));
        assert_eq!(Party::of(Kind::Eligibility, Some("C-1")), None);
        assert_eq!(Party::of(Kind::Verification, None), None);
        assert_eq!(Party::Customer("C-1").scope("aozora"), holder::scope("aozora"));
        assert_eq!(Party::Prospect.scope("aozora"), holder::scope("aozora/prospects"));
        assert_ne!(Party::Prospect.scope("aozora"), Party::Prospect.scope("midori"));
    }
}
