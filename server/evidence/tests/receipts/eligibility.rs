//! Receipts about somebody who has no account: no handle, and a credential that another tenant's issuer gave.

use honnin_evidence::receipt::{Body, Check, EligibilityIssuer, Fault, State, Trust, verify};
use honnin_protocol::policy::Policy;
use serde_json::json;

use crate::world::{World, receipt, root, trust};

/// Midori's log, about a prospect with a credential of Aozora's.
fn prospect(change: impl FnOnce(&mut World)) -> World {
    let mut world = World::new();
    let policy = json!({
        "v": 1, "id": "open-account", "version": 1, "schema": "honnin-jp-1", "name": {"ja": "口座開設", "en": "Opening"},
        "predicates": [{"slot": "birth", "op": "LE", "value": {"years_before": 20}}], "disclose": [],
        "user_verification": true, "number_match": true, "ttl_s": 120, "valid_s": 600,
    });
    asks(&mut world, serde_json::from_value(policy).unwrap());
    world.statement["kind"] = json!("eligibility");
    world.claims.tenant = "aozora".into();
    world.handle = None;
    change(&mut world);
    world
}

fn asks(world: &mut World, policy: Policy) {
    world.statement["policy"] = json!({"id": policy.id, "version": policy.version, "digest": policy.digest()});
    world.policy = policy;
}

fn trusting() -> Trust {
    let aozora = EligibilityIssuer { root: root().thumbprint(), certifies: "aozora".into() };
    Trust { issuer_roots: Vec::new(), eligibility_issuers: vec![aozora], ..trust() }
}

fn refused(trust: &Trust, body: Body, check: Check, fault: &Fault) {
    assert_eq!(verify(&receipt(body).to_bytes(), trust).fault(), Some((check, fault)));
}

#[test]
fn holds_by_its_own_rule() {
    let report = verify(&receipt(prospect(|_| ()).passed()).to_bytes(), &trusting());
    assert!(report.holds(), "{:?}", report.fault());
    let text = String::from_utf8(receipt(prospect(|_| ()).passed()).to_bytes()).unwrap();
    assert!(text.contains(r#""handle":null"#));
    // Without the member it is no receipt.
    let without = text.replacen(r#""handle":null,"#, "", 1);
    assert_eq!(verify(without.as_bytes(), &trusting()).fault().map(|(check, _)| check), Some(Check::Form));
    let ended = prospect(|_| ()).ended(State::Cancelled, None);
    assert!(verify(&receipt(ended).to_bytes(), &trusting()).holds());
}

#[test]
fn issuers_serve_one_of_the_two() {
    let unknown = Fault::UnknownRoot(root().thumbprint());
    // The tenant's own root proves no eligibility, and one for eligibility no customer's call.
    refused(&trust(), prospect(|_| ()).passed(), Check::Issuer, &unknown);
    refused(&trusting(), World::new().passed(), Check::Issuer, &unknown);
    let own = prospect(|w| w.claims.tenant = "midori".into()).passed();
    refused(&trusting(), own, Check::Issuer, &Fault::CertificateTenant("midori".into()));
    let third = prospect(|w| w.claims.tenant = "sakura".into()).passed();
    refused(&trusting(), third, Check::Issuer, &Fault::CertificateTenant("sakura".into()));
}

#[test]
fn a_handle_goes_with_an_account() {
    let about = Fault::Party("an eligibility is about no handle, and a call about one");
    refused(&trusting(), prospect(|w| w.handle = Some("C-20481".into())).passed(), Check::Policy, &about);
    let mut nobodys = World::new();
    nobodys.handle = None;
    refused(&trust(), nobodys.passed(), Check::Policy, &about);
    let account = Fault::Party("the policy asks for the account holder, and there is no account");
    let asking = prospect(|w| {
        let standard = World::new().policy;
        asks(w, standard);
    });
    refused(&trusting(), asking.ended(State::Denied, None), Check::Policy, &account);
    // A proof that was made of a customer is none of a prospect.
    let mut forged = prospect(|_| ()).passed();
    let mut customers = World::new();
    asks(&mut customers, prospect(|_| ()).policy);
    forged.approval.as_mut().unwrap().proof = customers.passed().approval.unwrap().proof;
    let report = verify(&receipt(forged).to_bytes(), &trusting());
    assert_eq!(report.fault().map(|(check, _)| check), Some(Check::Proof));
}

#[test]
fn a_confirmed_call_counts_until_its_window_ends() {
    let announced = |valid_until: u64| {
        let mut world = World::new();
        world.statement["direction"] = json!("outbound");
        world.statement["match"] = json!({"mode": "none"});
        world.statement["call"] = json!({"id": "c_AAAAAAAAAAAAAAAAAAAAAA", "number": "0120-000-123",
            "from": world.decided_at + 3_600_000, "until": world.decided_at + 7_200_000, "offered": []});
        world.statement["expires_at"] = json!(world.decided_at + 7_200_000);
        let mut body = world.passed();
        body.verdict.valid_until = Some(world.decided_at + valid_until);
        verify(&receipt(body).to_bytes(), &trust()).fault().map(|(check, _)| check)
    };
    assert_eq!(announced(7_200_000), None);
    assert_eq!(announced(600_000), Some(Check::Verdict));
    assert_eq!(announced(7_200_001), Some(Check::Verdict));
}
