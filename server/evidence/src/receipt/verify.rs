//! Checking a receipt against nothing but the keys that its reader trusts.

use honnin_circuits::statement::Statement;
use honnin_circuits::verify::{Proof, VerifyingKey};
use honnin_protocol::assertion::{self, Expected};
use honnin_protocol::certificate;
use honnin_protocol::date::Date;
use honnin_protocol::disclosure::Disclosed;
use honnin_protocol::policy::Policy;
use honnin_protocol::statement::{Kind, MatchMode};
use honnin_protocol::subject::{Party, Subject};
use honnin_protocol::{approval, certificate::IssuerCertificate};

use super::{Approval, Body, Check, Fault, Outcome, Receipt, Report, State, Step};
use crate::checkpoint::{Checkpoint, Opened};
use crate::entry::Entry;
use crate::log::verify_inclusion;
use crate::note::VerifierKey;

/// What the reader trusts. A receipt of a call that did not pass needs log keys only.
#[derive(Clone, Default)]
pub struct Trust {
    /// Verifying keys, loaded from bytes whose hash the reader knows.
    pub verifying_keys: Vec<VerifyingKey>,
    /// Keys of logs, and of witnesses whose cosignatures must hold where they stand.
    pub log_keys: Vec<VerifierKey>,
    /// RFC 7638 thumbprints of issuers' roots, b64u.
    pub issuer_roots: Vec<String>,
    /// Issuers whose credentials prove an eligibility, by root and the tenant that their certificates name: a prospect
    /// has no credential of the tenant that asks. None of these serves a customer's call, and none of those serves here.
    pub eligibility_issuers: Vec<EligibilityIssuer>,
    /// The tenant that the receipt must be of.
    pub tenant: Option<String>,
}

/// An issuer that is trusted for eligibility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EligibilityIssuer {
    /// RFC 7638 thumbprint of its root, b64u.
    pub root: String,
    /// The tenant that its certificates name.
    pub certifies: String,
}

/// Checks a receipt, all of it.
pub fn verify(bytes: &[u8], trust: &Trust) -> Report {
    let mut report = Report { steps: Vec::new(), receipt: None, opened: None };
    match Receipt::from_bytes(bytes) {
        Ok(receipt) => {
            report.steps.push(Step { check: Check::Form, outcome: Outcome::Held });
            Checker { receipt: &receipt, trust, certificate: None, statement: None, entry: None, opened: None }
                .run(&mut report);
            report.receipt = Some(receipt);
        }
        Err(e) => report.steps.push(Step { check: Check::Form, outcome: Outcome::Failed(e.into()) }),
    }
    let done = report.steps.len();
    report.steps.extend(Check::ALL[done..].iter().map(|check| Step { check: *check, outcome: Outcome::NotReached }));
    report
}

/// Later checks use what earlier ones established.
struct Checker<'a> {
    receipt: &'a Receipt,
    trust: &'a Trust,
    certificate: Option<IssuerCertificate>,
    statement: Option<Statement>,
    entry: Option<Entry>,
    opened: Option<Opened>,
}

impl Checker<'_> {
    fn run(mut self, report: &mut Report) {
        for check in Check::ALL.into_iter().skip(1) {
            let outcome = match (&self.receipt.body.approval, check.is_of_approval()) {
                (None, true) => Outcome::NotAsked,
                _ => self.check(check).map_or_else(Outcome::Failed, |()| Outcome::Held),
            };
            let failed = matches!(outcome, Outcome::Failed(_));
            report.steps.push(Step { check, outcome });
            if failed {
                return;
            }
        }
        report.opened = self.opened;
    }

    fn check(&mut self, check: Check) -> Result<(), Fault> {
        let body = &self.receipt.body;
        match (check, &body.approval) {
            (Check::Tenant, _) => self.tenant(body),
            (Check::Policy, _) => policy(body),
            (Check::Verdict, _) => verdict(body),
            (Check::Issuer, Some(approval)) => self.issuer(body, approval),
            (Check::Day, Some(approval)) => day(body, approval),
            (Check::Proof, Some(approval)) => self.proof(body, approval),
            (Check::Assertion, Some(approval)) => self.assertion(body, approval),
            (Check::Entry, _) => self.entry(body),
            (Check::Checkpoint, _) => self.checkpoint(),
            (Check::Inclusion, _) => self.inclusion(),
            (Check::Form, _) | (_, None) => Ok(()),
        }
    }

    fn tenant(&self, body: &Body) -> Result<(), Fault> {
        match &self.trust.tenant {
            Some(tenant) if *tenant != body.statement.tenant => Err(Fault::OtherTenant(body.statement.tenant.clone())),
            _ => Ok(()),
        }
    }

    fn issuer(&mut self, body: &Body, approval: &Approval) -> Result<(), Fault> {
        let thumbprint = approval.root.thumbprint();
        // Whose certificates of this root serve: the tenant's own, or of an eligibility those that the reader named.
        let eligibility = self.trust.eligibility_issuers.iter().filter(|i| i.root == thumbprint);
        let certified: Vec<&str> = if body.statement.kind == Kind::Eligibility {
            eligibility.map(|i| i.certifies.as_str()).collect()
        } else {
            let own = self.trust.issuer_roots.contains(&thumbprint);
            own.then_some(body.statement.tenant.as_str()).into_iter().collect()
        };
        if certified.is_empty() {
            return Err(Fault::UnknownRoot(thumbprint));
        }
        let seconds = body.verdict.decided_at / 1000;
        let certificate = certificate::verify(&approval.certificate, &approval.root, seconds)?;
        if !certified.contains(&certificate.tenant.as_str()) {
            return Err(Fault::CertificateTenant(certificate.tenant));
        }
        self.certificate = Some(certificate);
        Ok(())
    }

    fn proof(&mut self, body: &Body, approval: &Approval) -> Result<(), Fault> {
        let unknown = || Fault::UnknownVerifyingKey(approval.verifying_key.clone());
        let named = |key: &&VerifyingKey| hex::encode(key.id()) == approval.verifying_key;
        let key = self.trust.verifying_keys.iter().find(named).ok_or_else(unknown)?;
        let certificate = self.certificate.as_ref().ok_or(Fault::NoStatement)?;
        Disclosed::answers(approval.disclosure.as_ref(), &body.statement)?;
        let subject = Subject {
            tenant: &body.statement.tenant,
            party: Party::of(body.statement.kind, body.handle.as_deref()).ok_or(Fault::NoStatement)?,
            pseudonym: &approval.pseudonym,
            issuer: certificate.public_key()?,
            policy: &body.policy,
            as_of: approval.as_of,
            ctx: body.statement.ctx(),
            payment: body.statement.payment.as_ref(),
            disclosed: approval.disclosure.as_ref(),
        };
        let statement = subject.statement().map_err(|_| Fault::NoStatement)?;
        key.verify(&statement, &Proof::from_bytes(&approval.proof.0)?)?;
        self.statement = Some(statement);
        Ok(())
    }

    fn assertion(&self, body: &Body, approval: &Approval) -> Result<(), Fault> {
        let statement = self.statement.as_ref().ok_or(Fault::NoStatement)?;
        let challenge = approval::of_proof(&statement.ctx, &approval.proof.0);
        let expected = Expected {
            challenge: &challenge,
            origin: &approval.passkey.origin,
            rp_id: &approval.passkey.rp_id,
            credential_id: &approval.passkey.id,
            key: approval.passkey.key.verifying_key(),
            counter: i64::from(approval.passkey.counter),
            user_verification: body.policy.user_verification,
        };
        assertion::check(&approval.assertion, expected)?;
        Ok(())
    }

    fn entry(&mut self, body: &Body) -> Result<(), Fault> {
        let entry = Entry::of(self.receipt.log.entry.clone())?;
        let verdict = &body.verdict;
        let detail = entry.data("detail").map(|value| value.as_str());
        let says = [
            ("kind", entry.kind() == verdict.state.event()),
            ("log", entry.text("log") == Some(&body.statement.tenant)),
            ("verification", entry.text("verification") == Some(&body.statement.verification)),
            ("time", entry.at() == verdict.decided_at),
            ("detail", detail == verdict.detail.map(|d| Some(d.name()))),
            ("receipt", entry.data("receipt").and_then(|v| v.as_str()) == Some(&body.digest().to_string())),
        ];
        if let Some((what, _)) = says.iter().find(|(_, same)| !same) {
            return Err(Fault::EntryDiffers(what));
        }
        self.entry = Some(entry);
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), Fault> {
        self.opened = Some(Checkpoint::open(self.receipt.log.checkpoint.as_bytes(), &self.trust.log_keys)?);
        Ok(())
    }

    fn inclusion(&self) -> Result<(), Fault> {
        let (Some(entry), Some(opened)) = (&self.entry, &self.opened) else {
            return Err(Fault::Inclusion(crate::log::ProofError::OutOfRange));
        };
        let (log, checkpoint) = (&self.receipt.log, &opened.checkpoint);
        Ok(verify_inclusion(&entry.leaf(), log.index, checkpoint.size, &log.inclusion, &checkpoint.root)?)
    }
}

fn policy(body: &Body) -> Result<(), Fault> {
    let (statement, policy): (_, &Policy) = (&body.statement, &body.policy);
    if statement.kind == Kind::Enrolment {
        return Err(Fault::NotACall);
    }
    if Party::of(statement.kind, body.handle.as_deref()).is_none() {
        return Err(Fault::Party("an eligibility is about no handle, and a call about one"));
    }
    if statement.kind == Kind::Eligibility && !policy.is_for_prospects() {
        return Err(Fault::Party("the policy asks for the account holder, and there is no account"));
    }
    let named = &statement.policy;
    if (named.digest, &named.id, named.version) != (policy.digest(), &policy.id, policy.version) {
        return Err(Fault::OtherPolicy);
    }
    policy.validate()?;
    policy.fits(statement.payment.as_ref(), statement.recipient.as_ref())?;
    // Nobody is on the line yet when a call is announced.
    let asks = policy.number_match && statement.call.is_none();
    if (statement.r#match.mode() != MatchMode::None) != asks || statement.r#match.code().is_some() != asks {
        return Err(Fault::Number);
    }
    Ok(())
}

fn verdict(body: &Body) -> Result<(), Fault> {
    let (verdict, statement) = (&body.verdict, &body.statement);
    let passed = verdict.state == State::Passed;
    let says = [
        ("the state does not have that detail", verdict.state.admits(verdict.detail)),
        ("a pass has an approval, and nothing else has", passed == body.approval.is_some()),
        ("an answer means that the phone had the request open", !passed || verdict.opened_at.is_some()),
        ("what was opened was delivered", verdict.opened_at.is_none() || verdict.delivered_at.is_some()),
        ("a pass comes before the request expires", !passed || verdict.decided_at < statement.expires_at),
        ("a pass counts for as long as the policy says", verdict.valid_until == passed.then(|| valid_until(body))),
    ];
    says.iter().find(|(_, holds)| !holds).map_or(Ok(()), |(what, _)| Err(Fault::Verdict(what)))
}

/// Of an announced call a pass counts until its window ends, however early the customer confirmed.
fn valid_until(body: &Body) -> u64 {
    let until = body.verdict.decided_at.saturating_add(u64::from(body.policy.valid_s) * 1000);
    body.statement.call.as_ref().map_or(until, |call| call.window().until().max(until))
}

/// The tenant's zone is not in the receipt: the day must be today's or yesterday's somewhere between UTC-12 and UTC+14.
/// The gate was exact, and the log speaks for what it accepted.
fn day(body: &Body, approval: &Approval) -> Result<(), Fault> {
    let seconds = body.verdict.decided_at / 1000;
    let latest = Date::from_unix(seconds, 14 * 3600);
    let earliest = Date::from_unix(seconds.saturating_sub((12 + 24) * 3600), 0);
    match (Date::new(approval.as_of), earliest, latest) {
        (Ok(day), Ok(earliest), Ok(latest)) if (earliest..=latest).contains(&day) => Ok(()),
        _ => Err(Fault::Day(approval.as_of)),
    }
}
