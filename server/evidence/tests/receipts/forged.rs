//! A service that lies and logs its lie in good form: each check stands alone.

use honnin_circuits::Fr;
use honnin_circuits::verify::ProofError;
use honnin_evidence::checkpoint::CheckpointError;
use honnin_evidence::log;
use honnin_evidence::receipt::{Body, Check, Detail, Fault, Outcome, State, Trust, verify};
use honnin_protocol::assertion::AssertionError;
use honnin_protocol::certificate::CertificateError;
use honnin_protocol::disclosure::DisclosureError;
use honnin_protocol::policy::FitError;
use serde_json::json;

use crate::authenticator::{UP, signing_key};
use crate::world::{World, disclosed, event, logged, receipt, trust};

fn refused(body: Body, check: Check, fault: Fault) {
    refused_by(&trust(), body, check, fault);
}

fn refused_by(trust: &Trust, body: Body, check: Check, fault: Fault) {
    let report = verify(&receipt(body).to_bytes(), trust);
    assert_eq!(report.fault(), Some((check, &fault)));
    assert!(!report.holds() && report.receipt().is_none() && report.checkpoint().is_none());
    let place = Check::ALL.iter().position(|c| *c == check).unwrap();
    assert!(report.steps[place + 1..].iter().all(|step| step.outcome == Outcome::NotReached));
}

fn pass(change: impl FnOnce(&mut World)) -> Body {
    let mut world = World::new();
    change(&mut world);
    world.passed()
}

#[test]
fn honest_ones_hold() {
    let report = verify(&receipt(World::new().passed()).to_bytes(), &trust());
    assert!(report.holds(), "{:?}", report.fault());
    assert!(report.steps.iter().all(|step| step.outcome == Outcome::Held));
    assert_eq!(report.checkpoint().unwrap().checkpoint.size, 11);
    assert_eq!(report.receipt().unwrap().body.verdict.state, State::Passed);
    let ends = [
        (State::Denied, None),
        (State::Denied, Some(Detail::Reported)),
        (State::Failed, Some(Detail::Number)),
        (State::Expired, None),
        (State::Cancelled, None),
        (State::Unreachable, Some(Detail::NotEnrolled)),
    ];
    // They need nothing but the log's key.
    let trust = Trust { log_keys: trust().log_keys, ..Trust::default() };
    for (state, detail) in ends {
        let report = verify(&receipt(World::new().ended(state, detail)).to_bytes(), &trust);
        assert!(report.holds(), "{state:?} {:?}", report.fault());
        assert_eq!(report.steps.iter().filter(|step| step.outcome == Outcome::NotAsked).count(), 4);
    }
}

#[test]
fn what_the_reader_does_not_trust() {
    let body = || World::new().passed();
    let other = Trust { tenant: Some("aozora".into()), ..trust() };
    refused_by(&other, body(), Check::Tenant, Fault::OtherTenant("midori".into()));
    let none = Trust { issuer_roots: vec![], ..trust() };
    refused_by(&none, body(), Check::Issuer, Fault::UnknownRoot(crate::world::root().thumbprint()));
    let none = Trust { verifying_keys: vec![], ..trust() };
    let named = body().approval.unwrap().verifying_key;
    refused_by(&none, body(), Check::Proof, Fault::UnknownVerifyingKey(named));
    let none = Trust { log_keys: vec![], ..trust() };
    let unknown = CheckpointError::UnknownLog(crate::world::ORIGIN.into());
    refused_by(&none, body(), Check::Checkpoint, Fault::Checkpoint(unknown));
}

#[test]
fn policies() {
    let other = pass(|w| w.statement["policy"]["version"] = json!(2));
    refused(other, Check::Policy, Fault::OtherPolicy);
    let mut weaker = World::new().passed();
    weaker.policy.predicates.pop();
    refused(weaker, Check::Policy, Fault::OtherPolicy);
    refused(pass(|w| w.statement["match"] = json!({"mode": "enter"})), Check::Policy, Fault::Number);
    refused(pass(|w| w.statement["match"] = json!({"mode": "none"})), Check::Policy, Fault::Number);
    let enrolment = pass(|w| {
        w.statement["kind"] = json!("enrolment");
        w.statement["operator"] = json!(null);
    });
    refused(enrolment, Check::Policy, Fault::NotACall);
}

#[test]
fn verdicts_that_contradict_themselves() {
    let changed = |change: fn(&mut Body)| {
        let mut body = World::new().passed();
        change(&mut body);
        let report = verify(&receipt(body).to_bytes(), &trust());
        assert!(matches!(report.fault(), Some((Check::Verdict, Fault::Verdict(_)))), "{:?}", report.fault());
    };
    changed(|b| b.approval = None);
    changed(|b| b.verdict.state = State::Denied);
    changed(|b| b.verdict.detail = Some(Detail::Reported));
    changed(|b| b.verdict.valid_until = Some(b.verdict.decided_at + 600_001));
    changed(|b| b.verdict.valid_until = None);
    changed(|b| b.verdict.opened_at = None);
    changed(|b| b.verdict.delivered_at = None);
    changed(|b| b.verdict.decided_at = b.statement.expires_at);
}

#[test]
fn issuers() {
    let stranger = pass(|w| w.root_seed = 41);
    let thumbprint = stranger.approval.as_ref().unwrap().root.thumbprint();
    refused(stranger, Check::Issuer, Fault::UnknownRoot(thumbprint));
    // Another's signature under the trusted root's name.
    let mut forged = pass(|w| w.root_seed = 41);
    forged.approval.as_mut().unwrap().root = crate::world::root();
    refused(forged, Check::Issuer, Fault::Certificate(CertificateError::UnknownRoot));
    let foreign = pass(|w| w.claims.tenant = "aozora".into());
    refused(foreign, Check::Issuer, Fault::CertificateTenant("aozora".into()));
    let expired = pass(|w| w.claims.exp = crate::world::DECIDED / 1000);
    refused(expired, Check::Issuer, Fault::Certificate(CertificateError::Expired));
    let early = pass(|w| w.claims.nbf = crate::world::DECIDED / 1000 + 1);
    refused(early, Check::Issuer, Fault::Certificate(CertificateError::NotYetValid));
}

#[test]
fn days() {
    for day in [20_261_120, 20_261_121, 20_261_122] {
        assert!(verify(&receipt(pass(|w| w.as_of = day)).to_bytes(), &trust()).holds(), "{day}");
    }
    refused(pass(|w| w.as_of = 20_261_118), Check::Day, Fault::Day(20_261_118));
    refused(pass(|w| w.as_of = 20_261_123), Check::Day, Fault::Day(20_261_123));
}

#[test]
fn proofs_of_something_else() {
    let invalid = || Fault::Proof(ProofError::Invalid);
    let changed = |change: fn(&mut Body)| {
        let mut body = World::new().passed();
        change(&mut body);
        body
    };
    refused(changed(|b| b.handle = Some("C-20482".into())), Check::Proof, invalid());
    refused(changed(|b| b.statement.purpose.en = "Closing".into()), Check::Proof, invalid());
    refused(changed(|b| b.approval.as_mut().unwrap().as_of -= 1), Check::Proof, invalid());
    let zero = "0".repeat(64);
    let mut nobody = World::new().passed();
    nobody.approval.as_mut().unwrap().pseudonym = zero;
    refused(nobody, Check::Proof, Fault::Proof(ProofError::ZeroPseudonym));
    let mut loose = World::new().passed();
    loose.approval.as_mut().unwrap().pseudonym = "f".repeat(64);
    refused(loose, Check::Proof, Fault::NoStatement);
    let mut points = World::new().passed();
    points.approval.as_mut().unwrap().proof.0 = [0; 128];
    refused(points, Check::Proof, Fault::Proof(ProofError::Malformed));
}

#[test]
fn payments() {
    let paid = World::paying().passed();
    let report = verify(&receipt(paid).to_bytes(), &trust());
    assert!(report.holds(), "{:?}", report.fault());
    let (approval, statement) = (&report.receipt().unwrap().body.approval, &report.receipt().unwrap().body.statement);
    assert_eq!(approval.as_ref().unwrap().disclosure, Some(disclosed(&["payment_token"])));
    assert_eq!(statement.payment.as_ref().unwrap().decimal(), "48000");
    // A policy that waits for terms, without them; and terms that the policy does not give.
    let changed = |change: fn(&mut World)| {
        let mut world = World::paying();
        change(&mut world);
        world.passed()
    };
    let unpaid = changed(|w| w.statement["payment"] = json!(null));
    refused(unpaid, Check::Policy, Fault::Terms(FitError::NoPayment));
    let dollars = changed(|w| w.statement["payment"]["currency"] = json!("USD"));
    refused(dollars, Check::Policy, Fault::Terms(FitError::OtherCurrency("USD".parse().unwrap())));
    let more = changed(|w| w.statement["recipient"]["slots"] = json!(["name", "payment_token"]));
    refused(more, Check::Policy, Fault::Terms(FitError::NotDisclosed("name")));
    let plain = pass(|w| {
        w.statement["recipient"] = World::paying().statement["recipient"].clone();
    });
    refused(plain, Check::Policy, Fault::Terms(FitError::NotDisclosed("payment_token")));
}

#[test]
fn disclosures() {
    let changed = |change: fn(&mut Body)| {
        let mut body = World::paying().passed();
        change(&mut body);
        body
    };
    let disclosure = |e| Fault::Disclosure(e);
    let none = changed(|b| b.approval.as_mut().unwrap().disclosure = None);
    refused(none, Check::Proof, disclosure(DisclosureError::Missing));
    let name = changed(|b| b.approval.as_mut().unwrap().disclosure = Some(disclosed(&["name"])));
    refused(name, Check::Proof, disclosure(DisclosureError::TooMuch("name")));
    let unasked = pass(|w| w.disclosed = Some(disclosed(&["name"])));
    refused(unasked, Check::Proof, disclosure(DisclosureError::NotAsked));
    // Another commitment than the proof's, and an amount that was edited after.
    let other = changed(|b| b.approval.as_mut().unwrap().disclosure.as_mut().unwrap().commitment.0 += Fr::from(1_u64));
    refused(other, Check::Proof, Fault::Proof(ProofError::Invalid));
    let edited = changed(|b| {
        let mut payment = serde_json::to_value(&b.statement.payment).unwrap();
        payment["amount"] = json!(47_999);
        b.statement.payment = serde_json::from_value(payment).unwrap();
    });
    refused(edited, Check::Proof, Fault::Proof(ProofError::Invalid));
}

#[test]
fn passkeys() {
    let lax = pass(|w| w.passkey.flags = UP);
    refused(lax, Check::Assertion, Fault::Assertion(AssertionError::UserVerification));
    let mut other = World::new().passed();
    other.approval.as_mut().unwrap().passkey.key = (*signing_key(9).verifying_key()).into();
    refused(other, Check::Assertion, Fault::Assertion(AssertionError::Signature));
    let mut copied = World::new().passed();
    copied.approval.as_mut().unwrap().passkey.counter = 1;
    refused(copied, Check::Assertion, Fault::Assertion(AssertionError::Counter));
    let mut elsewhere = World::new().passed();
    elsewhere.approval.as_mut().unwrap().passkey.origin = "http://localhost:8081".into();
    refused(elsewhere, Check::Assertion, Fault::Assertion(AssertionError::Origin));
    // Signed for another session's proof.
    let mut moved = World::new().passed();
    let mut world = World::new();
    world.statement["nonce"] = json!(crate::authenticator::b64([8; 32]));
    moved.approval.as_mut().unwrap().assertion = world.passed().approval.unwrap().assertion;
    refused(moved, Check::Assertion, Fault::Assertion(AssertionError::Challenge));
}

#[test]
fn entries_that_say_something_else() {
    for (pointer, value, what) in [
        ("/kind", json!("verification.denied"), "kind"),
        ("/log", json!("aozora"), "log"),
        ("/verification", json!("v_BBBBBBBBBBBBBBBBBBBBBB"), "verification"),
        ("/at", json!(crate::world::DECIDED + 1), "time"),
        ("/data/receipt", json!(crate::authenticator::b64([0; 32])), "receipt"),
    ] {
        let body = World::new().passed();
        let mut event = event(&body, 6);
        *event.pointer_mut(pointer).unwrap() = value;
        let report = verify(&logged(body, &event).to_bytes(), &trust());
        assert_eq!(report.fault(), Some((Check::Entry, &Fault::EntryDiffers(what))));
    }
    let body = World::new().ended(State::Failed, Some(Detail::Unprovable));
    let mut other = event(&body, 6);
    other["data"]["detail"] = json!("number");
    let report = verify(&logged(body, &other).to_bytes(), &trust());
    assert_eq!(report.fault(), Some((Check::Entry, &Fault::EntryDiffers("detail"))));
}

#[test]
fn another_place_in_the_log() {
    let mut moved = receipt(World::new().passed());
    moved.log.index = 4;
    let report = verify(&moved.to_bytes(), &trust());
    assert_eq!(report.fault(), Some((Check::Inclusion, &Fault::Inclusion(log::ProofError::Root))));
    let mut longer = receipt(World::new().passed());
    longer.log.inclusion = vec![longer.log.inclusion[0]; 65];
    assert_eq!(verify(&longer.to_bytes(), &trust()).fault().unwrap().0, Check::Form);
}
