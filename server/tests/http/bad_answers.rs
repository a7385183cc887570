//! Answers that must be refused and change nothing.

use honnin_circuits::{Fr, holder};
use serde_json::{Value, json};

use crate::support::authenticator::{UP, b64, signing_key, unb64};
use crate::support::phone::{Approval, approval};
use crate::support::{Desk, Phone, Service};

struct Call {
    id: String,
    code: String,
    request: Value,
}

async fn opened(desk: &Desk<'_>, phone: &Phone<'_>) -> Call {
    let asked = desk.ask(&phone.handle, "standard").await;
    let id = asked["id"].as_str().unwrap().to_owned();
    let request = phone.open(&id).await;
    Call { id, code: asked["match_code"].as_str().unwrap().into(), request }
}

/// After a refusal the call stands open, and the honest answer still passes.
async fn still_passes(desk: &Desk<'_>, phone: &mut Phone<'_>, call: &Call) {
    assert_eq!(desk.view(&call.id).await["state"], "opened");
    let honest = phone.approval(&call.request, &call.code).await;
    phone.approve(&call.id, &honest.body).await.ok(200);
}

#[tokio::test]
async fn proofs_of_something_else() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    type Spoil = fn(&mut Approval);
    let spoils: [(&str, Spoil); 4] = [
        ("session", |a| a.statement.ctx += Fr::from(1_u64)),
        ("tenant", |a| a.statement.scope = holder::scope("aozora")),
        ("pseudonym", |a| a.statement.pseudonym = Fr::from(5_u64)),
        ("day", |a| a.statement.as_of -= 1),
    ];
    for (what, spoil) in spoils {
        let call = opened(&desk, &phone).await;
        let mut spoiled = phone.approval(&call.request, &call.code).await;
        let as_of = spoiled.statement.as_of;
        spoil(&mut spoiled);
        let mut body = phone.approve_body(&spoiled.statement, &call.code);
        body["as_of"] = json!(as_of);
        let answer = phone.approve(&call.id, &body).await;
        assert_eq!(answer.status, 422, "{what}");
        answer.problem(422, "proof-invalid");
        still_passes(&desk, &mut phone, &call).await;
    }
    // Another policy: the weaker one's predicates.
    let call = opened(&desk, &phone).await;
    let light = desk.ask("C-1", "light").await;
    let other = phone.open(light["id"].as_str().unwrap()).await;
    let mut statement = call.request["statement"].clone();
    statement["match"]["code"] = json!(call.code);
    let public = phone.public(&statement, &other["policy"], phone.today().await);
    let body = phone.approve_body(&public, &call.code);
    phone.approve(&call.id, &body).await.problem(422, "proof-invalid");
    still_passes(&desk, &mut phone, &call).await;
}

#[tokio::test]
async fn malformed_proofs_and_the_fifth_ends_it() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let call = opened(&desk, &phone).await;
    let honest = phone.approval(&call.request, &call.code).await;
    let good = unb64(honest.body["proof"].as_str().unwrap());
    let mut long = good.clone();
    long.push(0);
    // A's x-coordinate at or above the modulus: the flag bits sit in the last byte, so fill the rest.
    let mut non_canonical = good.clone();
    non_canonical[..31].fill(0xff);
    non_canonical[31] |= 0x3f;
    let mut off_curve = good.clone();
    off_curve[0] ^= 1;
    let spoiled = [b64(&good[..127]), b64(long), b64(non_canonical), b64(off_curve), "****".to_owned()];
    for (n, proof) in spoiled.into_iter().enumerate() {
        let mut body = honest.body.clone();
        body["proof"] = json!(proof);
        phone.approve(&call.id, &body).await.problem(422, "proof-invalid");
        let expected = if n < 4 { ("opened", json!(null)) } else { ("failed", json!("proof_invalid")) };
        let view = desk.view(&call.id).await;
        assert_eq!((view["state"].as_str().unwrap(), view["detail"].clone()), expected, "after {n}");
    }
    phone.approve(&call.id, &honest.body).await.problem(409, "already-decided");
}

#[tokio::test]
async fn the_third_wrong_number_ends_it() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let call = opened(&desk, &phone).await;
    let wrong = if call.code == "00" { "01" } else { "00" };
    for left in [2, 1, 0] {
        let body = phone.approval(&call.request, wrong).await.body;
        let problem = phone.approve(&call.id, &body).await.problem(422, "wrong-number");
        assert_eq!(problem["attempts_left"], left);
    }
    let view = desk.view(&call.id).await;
    assert_eq!((&view["state"], &view["detail"]), (&json!("failed"), &json!("number")));
    let honest = phone.approval(&call.request, &call.code).await;
    phone.approve(&call.id, &honest.body).await.problem(409, "already-decided");

    // None at all is a wrong one.
    let call = opened(&desk, &phone).await;
    let mut body = phone.approval(&call.request, &call.code).await.body;
    body.as_object_mut().unwrap().remove("match_code");
    phone.approve(&call.id, &body).await.problem(422, "wrong-number");
    still_passes(&desk, &mut phone, &call).await;
}

#[tokio::test]
async fn assertions_that_do_not_hold() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let call = opened(&desk, &phone).await;
    let statement = phone.approval(&call.request, &call.code).await.statement;
    let origin = phone.passkey.origin.clone();
    let key = phone.passkey.key.clone();

    let flags = phone.passkey.flags;
    phone.passkey.flags = UP;
    let body = phone.approve_body(&statement, &call.code);
    phone.approve(&call.id, &body).await.problem(422, "user-verification-required");
    phone.passkey.flags = flags;

    phone.passkey.origin = "http://localhost:1".into();
    let body = phone.approve_body(&statement, &call.code);
    phone.approve(&call.id, &body).await.problem(422, "assertion-invalid");
    phone.passkey.origin = origin;

    phone.passkey.key = signing_key(99);
    let body = phone.approve_body(&statement, &call.code);
    phone.approve(&call.id, &body).await.problem(422, "assertion-invalid");
    phone.passkey.key = key;

    // Over another proof of the same statement, and over none.
    let mut body = phone.approve_body(&statement, &call.code);
    body["assertion"] = phone.passkey.assert(&b64(approval(&statement, b"another proof")));
    phone.approve(&call.id, &body).await.problem(422, "assertion-invalid");
    still_passes(&desk, &mut phone, &call).await;

    // A copied credential: its counter stands where the last call left it.
    let call = opened(&desk, &phone).await;
    let statement = phone.approval(&call.request, &call.code).await.statement;
    phone.passkey.counter = 1;
    let body = phone.approve_body(&statement, &call.code);
    phone.approve(&call.id, &body).await.problem(422, "assertion-invalid");
    phone.passkey.counter = 1_000;
    still_passes(&desk, &mut phone, &call).await;
}

#[tokio::test]
async fn another_device_finds_nothing() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let mut elsewhere = Phone::enrolled(&service, "aozora", "C-1", 22).await;
    let call = opened(&desk, &phone).await;
    for thief in [&mut other, &mut elsewhere] {
        let body = thief.approval(&call.request, &call.code).await.body;
        thief.approve(&call.id, &body).await.problem(404, "not-found");
        thief.get(&format!("/v1/device/requests/{}", call.id)).await.problem(404, "not-found");
        let refuse = format!("/v1/device/requests/{}/refuse", call.id);
        thief.post(&refuse, json!({"report": true})).await.problem(404, "not-found");
    }
    still_passes(&desk, &mut phone, &call).await;
}
