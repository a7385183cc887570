//! What checking a receipt found: every check by name, in order, up to the first that fails.

use honnin_circuits::verify;
use honnin_protocol::assertion::AssertionError;
use honnin_protocol::certificate::CertificateError;
use honnin_protocol::disclosure::DisclosureError;
use honnin_protocol::policy::{FitError, PolicyError};
use serde::Serialize;

use super::{Receipt, ReceiptError};
use crate::checkpoint::{CheckpointError, Opened};
use crate::entry::EntryError;
use crate::log;

/// One check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The document reads, and is canonical.
    Form,
    /// It is of the expected tenant.
    Tenant,
    /// The policy is the one that the statement names.
    Policy,
    /// State, detail, times and approval fit each other.
    Verdict,
    /// The issuer's certificate is from a root that is trusted for this, names the tenant that it must, and was valid at the decision.
    Issuer,
    /// The proof speaks of the day of the decision or the day before.
    Day,
    /// The proof holds for this session, customer, policy, issuer and day under a trusted verifying key.
    Proof,
    /// The enrolled passkey signed this session and this proof.
    Assertion,
    /// The log's entry says the same, and names this receipt's digest.
    Entry,
    /// A trusted log signed the checkpoint.
    Checkpoint,
    /// The entry is in the log of that checkpoint.
    Inclusion,
}

impl Check {
    /// All, in order.
    pub const ALL: [Self; 11] = [
        Self::Form,
        Self::Tenant,
        Self::Policy,
        Self::Verdict,
        Self::Issuer,
        Self::Day,
        Self::Proof,
        Self::Assertion,
        Self::Entry,
        Self::Checkpoint,
        Self::Inclusion,
    ];

    /// Whether it belongs to what only a pass has.
    pub fn is_of_approval(self) -> bool {
        matches!(self, Self::Issuer | Self::Day | Self::Proof | Self::Assertion)
    }
}

/// Why a check fails.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The document.
    #[error(transparent)]
    Form(#[from] ReceiptError),
    /// Another tenant's.
    #[error("the receipt is of tenant {0}")]
    OtherTenant(String),
    /// An enrolment's statement.
    #[error("the statement is not of a call")]
    NotACall,
    /// A handle where there is no account, or none where there is one.
    #[error("{0}")]
    Party(&'static str),
    /// Another policy, or another version of it.
    #[error("the policy is not the one that the statement names")]
    OtherPolicy,
    /// The policy makes no sense.
    #[error("the policy: {0}")]
    Policy(#[from] PolicyError),
    /// A payment, an amount or a recipient that the policy waits for is missing, or is another than it allows.
    #[error("{0}")]
    Terms(#[from] FitError),
    /// The statement asks for a number and the policy does not, or the reverse, or the number is not there.
    #[error("the statement's number is not what the policy asks for")]
    Number,
    /// Members that contradict each other.
    #[error("{0}")]
    Verdict(&'static str),
    /// A root that nobody trusts here.
    #[error("the issuer's root {0} is not trusted")]
    UnknownRoot(String),
    /// The certificate does not hold at the time of the decision.
    #[error("{0}")]
    Certificate(#[from] CertificateError),
    /// For another tenant.
    #[error("the issuer certificate is for tenant {0}")]
    CertificateTenant(String),
    /// Another day.
    #[error("the proof is of {0}, not of the day of the decision or the day before")]
    Day(u32),
    /// A key that nobody trusts here.
    #[error("the verifying key {0} is not trusted")]
    UnknownVerifyingKey(String),
    /// A policy, handle or pseudonym that gives no public inputs.
    #[error("there is no statement to prove")]
    NoStatement,
    /// What was sent is not what the statement asks for.
    #[error("the disclosure: {0}")]
    Disclosure(#[from] DisclosureError),
    /// The proof.
    #[error(transparent)]
    Proof(#[from] verify::ProofError),
    /// The passkey's signature.
    #[error("the passkey's signature: {0}")]
    Assertion(#[from] AssertionError),
    /// The entry does not read.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The entry says something else.
    #[error("the log entry's {0} is not the receipt's")]
    EntryDiffers(&'static str),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The inclusion proof.
    #[error("the entry is not in the log: {0}")]
    Inclusion(#[from] log::ProofError),
}

/// What became of a check.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Held,
    /// It belongs to a pass, and this call did not pass.
    NotAsked,
    /// It does not hold.
    Failed(Fault),
    /// An earlier one failed.
    NotReached,
}

/// A check and what became of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub check: Check,
    /// What became of it.
    pub outcome: Outcome,
}

/// Everything that was checked.
#[derive(Debug)]
pub struct Report {
    /// In order; the last that is neither held nor not asked is the first fault.
    pub steps: Vec<Step>,
    pub(super) receipt: Option<Receipt>,
    pub(super) opened: Option<Opened>,
}

impl Report {
    /// Whether the receipt holds.
    pub fn holds(&self) -> bool {
        self.steps.len() == Check::ALL.len()
            && self.steps.iter().all(|step| matches!(step.outcome, Outcome::Held | Outcome::NotAsked))
    }

    /// The receipt, if all of it holds.
    pub fn receipt(&self) -> Option<&Receipt> {
        self.receipt.as_ref().filter(|_| self.holds())
    }

    /// Its checkpoint and who signed it, if all of it holds.
    pub fn checkpoint(&self) -> Option<&Opened> {
        self.opened.as_ref().filter(|_| self.holds())
    }

    /// The first check that failed, and why.
    pub fn fault(&self) -> Option<(Check, &Fault)> {
        self.steps.iter().find_map(|step| match &step.outcome {
            Outcome::Failed(fault) => Some((step.check, fault)),
            _ => None,
        })
    }
}
