//! Call-backs, re-enrolments, who allows what, and what is left of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::fallbacks::{approve, events, fall_back, id, listed, service, unanswered};
use crate::support::{Answer, Desk, Phone, Service};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A machine of Midori with these scopes: its secret.
async fn machine(owner: &Desk<'_>, org: &str, scopes: &[&str]) -> Value {
    let words = json!({"ja": "発信機", "en": "Dialler"});
    let ask = json!({"kind": "api_key", "name": "dialler", "label": words, "scopes": scopes, "expires_in_days": 30});
    owner.post(&format!("/v1/orgs/{org}/machines"), ask).await.ok(201)
}

async fn with_key(service: &Service, machine: &Value, method: Method, path: &str, body: Option<Value>) -> Answer {
    let bearer = format!("Bearer {}", machine["secret"].as_str().unwrap());
    service.call(method, path, body.as_ref(), &[("authorization", &bearer)]).await
}

#[tokio::test]
async fn the_enterprise_calls_the_number_that_it_pinned() {
    let service = service().await;
    let (sato, mori) = (service.desk("sato", 1).await, service.desk("mori", 2).await);
    let dialler = machine(&mori, "midori", &["fallbacks"]).await;
    let other = machine(&mori, "midori", &["verifications:start", "verifications:read"]).await;
    let foreign = machine(&service.desk("kondo", 3).await, "aozora", &["fallbacks"]).await;
    let partners = machine(&service.desk("kato", 4).await, "hikari", &["fallbacks"]).await;
    let list = "/v1/fallbacks/callbacks";
    for (reached, handle, state) in [(true, "C-1", "accepted"), (false, "C-2", "refused")] {
        let verification = unanswered(&sato, handle).await;
        let fallback = fall_back(&sato, &verification, "callback").await.ok(201);
        assert_eq!((&fallback["needed"], &fallback["method"]), (&json!(1), &json!("callback")));
        let due = with_key(&service, &dialler, Method::GET, list, None).await.ok(200);
        assert_eq!(
            due["callbacks"],
            json!([{"id": fallback["id"], "handle": handle, "verification": verification["id"],
                    "reference": verification["reference"], "expires_at": fallback["expires_at"]}])
        );
        let path = format!("/v1/fallbacks/{}/outcome", id(&fallback));
        let body = Some(json!({"reached": reached}));
        for stranger in [&foreign, &partners] {
            assert_eq!(with_key(&service, stranger, Method::GET, list, None).await.ok(200)["callbacks"], json!([]));
            with_key(&service, stranger, Method::POST, &path, body.clone()).await.problem(404, "not-found");
        }
        with_key(&service, &other, Method::GET, list, None).await.problem(404, "not-found");
        with_key(&service, &other, Method::POST, &path, body.clone()).await.problem(404, "not-found");
        sato.get(list).await.problem(404, "not-found");
        sato.post(&path, json!({"reached": true})).await.problem(404, "not-found");
        with_key(&service, &dialler, Method::POST, &path, Some(json!({"reached": "yes"})))
            .await
            .problem(400, "malformed");
        let told = with_key(&service, &dialler, Method::POST, &path, body.clone()).await.ok(200);
        assert_eq!((&told["state"], &told["weaker"]), (&json!(state), &json!(true)));
        with_key(&service, &dialler, Method::POST, &path, body).await.problem(409, "already-decided");
        let view = sato.view(id(&verification)).await;
        assert_eq!((&view["fallback"]["state"], &view["state"]), (&json!(state), &json!("unreachable")));
        if reached {
            assert_eq!(view["fallback"]["approvals"][0]["person"], dialler["id"]);
            assert_eq!(view["fallback"]["approvals"][0]["label"]["en"], "Dialler");
        }
    }
    let verification = unanswered(&sato, "C-3").await;
    let late = fall_back(&sato, &verification, "callback").await.ok(201);
    // A machine does not answer what it asked.
    let both = machine(&mori, "midori", &["fallbacks", "verifications:start"]).await;
    let start = json!({"handle": "C-4", "purpose": "address-change", "direction": "inbound"});
    let asked = with_key(&service, &both, Method::POST, "/v1/verifications", Some(start)).await.ok(201);
    let path = format!("/v1/verifications/{}/fallback", id(&asked));
    let body = Some(json!({"method": "callback", "reason": "dead"}));
    let own = with_key(&service, &both, Method::POST, &path, body).await.ok(201);
    let path = format!("/v1/fallbacks/{}/outcome", id(&own));
    let reached = Some(json!({"reached": true}));
    with_key(&service, &both, Method::POST, &path, reached.clone()).await.problem(409, "second-person");
    // Nor does another one of whoever made it, or a dialler that the asking person made.
    with_key(&service, &dialler, Method::POST, &path, reached.clone()).await.problem(409, "second-person");
    service.sql("UPDATE machines SET created_by = 'sato' WHERE scopes = '[\"fallbacks\"]'").await.unwrap();
    let persons = format!("/v1/fallbacks/{}/outcome", id(&late));
    with_key(&service, &dialler, Method::POST, &persons, reached.clone()).await.problem(409, "second-person");
    service.sql("UPDATE machines SET created_by = 'ueda' WHERE scopes = '[\"fallbacks\"]'").await.unwrap();
    with_key(&service, &dialler, Method::POST, &path, reached.clone()).await.ok(200);
    // The customer is frozen, the dialler revoked, the time over.
    let path = format!("/v1/fallbacks/{}/outcome", id(&late));
    service.sql("UPDATE customers SET frozen_until = 9000000000000").await.unwrap();
    with_key(&service, &dialler, Method::POST, &path, reached.clone()).await.problem(429, "customer-frozen");
    service.sql("UPDATE customers SET frozen_until = NULL").await.unwrap();
    service.shift_clock(10 * MINUTE + 1000).await;
    with_key(&service, &dialler, Method::POST, &path, reached.clone()).await.problem(410, "expired");
    service.app.sweep().await.unwrap();
    assert_eq!(with_key(&service, &dialler, Method::GET, list, None).await.ok(200)["callbacks"], json!([]));
    service.shift_clock(0).await;
    let mori = service.desk("mori", 5).await;
    mori.delete(&format!("/v1/orgs/midori/machines/{}", id(&dialler))).await.empty(204);
    with_key(&service, &dialler, Method::GET, list, None).await.problem(401, "unauthenticated");
    assert_eq!((events(&service, "fallback.accepted").await, events(&service, "fallback.refused").await), (2, 1));
}

#[tokio::test]
async fn a_phone_that_the_issuer_enrols_anew() {
    let service = service().await;
    let (sato, suzuki) = (service.desk("sato", 1).await, service.desk("suzuki", 2).await);
    let mut old = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let called_off = sato.ask("C-1", "standard").await;
    sato.post(&format!("/v1/verifications/{}/cancel", id(&called_off)), json!({})).await.ok(200);
    let fallback = fall_back(&sato, &called_off, "re-enrolment").await.ok(201);
    let day = fallback["expires_at"].as_i64().unwrap() - fallback["created_at"].as_i64().unwrap();
    assert_eq!((day, &fallback["needed"], &fallback["state"]), (24 * HOUR, &json!(0), &json!("waiting")));
    // What enrolled before does not count, nor somebody else's phone, nor the old credential again.
    Phone::enrolled(&service, "midori", "C-2", 21).await;
    Phone::enrolled(&service, "aozora", "C-1", 22).await;
    let (enrolment, body) = old.enrolment().await;
    service.post(&format!("/v1/enrolments/{enrolment}/complete"), body).await.ok(201);
    assert_eq!(sato.view(id(&called_off)).await["fallback"]["state"], "waiting");
    // It outlives the session of whoever asked; a new credential does.
    sato.post("/v1/operator/logout", json!({})).await.empty(204);
    let fresh = Phone::enrolled(&service, "midori", "C-1", 23).await;
    let sato = service.desk("sato", 3).await;
    let view = sato.view(id(&called_off)).await;
    assert_eq!((&view["fallback"]["state"], &view["state"]), (&json!("accepted"), &json!("cancelled")));
    let by = "SELECT actor FROM events WHERE kind = 'fallback.accepted'";
    assert_eq!(service.text(by).await, fresh.device);
    // Enrolled before it was asked for.
    let verification = unanswered(&suzuki, "C-9").await;
    Phone::enrolled(&service, "midori", "C-9", 24).await;
    let fallback = fall_back(&suzuki, &verification, "re-enrolment").await.ok(201);
    assert_eq!(fallback["state"], "waiting");
    // A customer who is frozen enrols, and that is all; so does one whose time is up.
    service.sql("UPDATE customers SET frozen_until = 9000000000000").await.unwrap();
    Phone::enrolled(&service, "midori", "C-9", 25).await;
    assert_eq!(suzuki.view(id(&verification)).await["fallback"]["state"], "waiting");
    service.sql("UPDATE customers SET frozen_until = NULL").await.unwrap();
    service.shift_clock(24 * HOUR + 1000).await;
    Phone::enrolled(&service, "midori", "C-9", 26).await;
    service.app.sweep().await.unwrap();
    assert_eq!(service.text("SELECT state FROM fallbacks WHERE verification IN (SELECT id FROM verifications WHERE state = 'unreachable')").await, "expired");
    assert_eq!(events(&service, "fallback.accepted").await, 1);
}

#[tokio::test]
async fn security_says_what_stands_in_for_what() {
    let service = service().await;
    let (mori, hara, abe) =
        (service.desk("mori", 1).await, service.desk("hara", 2).await, service.desk("abe", 3).await);
    let path = "/v1/orgs/midori/settings";
    let own = hara.get("/v1/orgs/midori").await.ok(200);
    let mut revision = own["revision"].as_i64().unwrap();
    let put = async |desk: &Desk<'_>, revision: i64, settings: &Value| {
        desk.call(Method::PUT, path, Some(&json!({"revision": revision, "settings": settings}))).await
    };
    let with = |name: &str, value: Value| {
        let mut settings = own["settings"].clone();
        settings[name] = value;
        settings
    };
    let fewer = with("fallbacks", json!([{"purpose": "light", "methods": ["supervisors"]}]));
    for desk in [&mori, &abe] {
        put(desk, revision, &fewer).await.problem(403, "not-permitted");
        put(desk, revision, &with("fallbacks", json!([]))).await.problem(403, "not-permitted");
    }
    put(&hara, revision, &with("baseline_s", json!(90))).await.problem(403, "not-permitted");
    for (seed, who) in [(5, "ono"), (6, "endo")] {
        put(&service.desk(who, seed).await, revision, &own["settings"]).await.problem(403, "not-permitted");
    }
    put(&hara, revision, &fewer).await.ok(200);
    revision += 1;
    assert_eq!(hara.get("/v1/orgs/midori").await.ok(200)["settings"]["fallbacks"], fewer["fallbacks"]);
    // Everything else is for who runs the organisation, as before.
    let mut other = fewer.clone();
    other["baseline_s"] = json!(90);
    put(&mori, revision, &other).await.ok(200);
    for (fallbacks, code, status) in [
        (json!([{"purpose": "light", "methods": []}]), "refused", 422),
        (json!([{"purpose": "light", "methods": ["callback", "callback"]}]), "refused", 422),
        (
            json!([{"purpose": "light", "methods": ["callback"]}, {"purpose": "light", "methods": ["supervisors"]}]),
            "refused",
            422,
        ),
        (json!([{"purpose": "nothing", "methods": ["callback"]}]), "unknown-policy", 422),
        (json!([{"purpose": "payment", "methods": ["callback"]}]), "policy-needs-terms", 422),
        (json!([{"purpose": "light", "methods": ["trust"]}]), "malformed", 400),
        (json!([{"purpose": "住所", "methods": ["callback"]}]), "refused", 422),
    ] {
        let mut settings = other.clone();
        settings["fallbacks"] = fallbacks;
        put(&hara, revision + 1, &settings).await.problem(status, code);
    }
    let partner =
        json!({"zone": "Asia/Tokyo", "idle_lock_s": 300, "fallbacks": [{"purpose": "light", "methods": ["callback"]}]});
    let kato = service.desk("kato", 7).await;
    let body = json!({"revision": 1, "settings": partner});
    kato.call(Method::PUT, "/v1/orgs/hikari/settings", Some(&body)).await.problem(422, "refused");
}

#[tokio::test]
async fn nothing_of_it_outlives_the_customers_data() {
    let service = service().await;
    let (sato, hara, ono) =
        (service.desk("sato", 1).await, service.desk("hara", 2).await, service.desk("ono", 3).await);
    let (first, second) = (unanswered(&sato, "C-1").await, unanswered(&sato, "C-2").await);
    for verification in [&first, &second] {
        let fallback = fall_back(&sato, verification, "supervisors").await.ok(201);
        approve(&ono, &fallback).await.ok(200);
    }
    let export = hara.post("/v1/orgs/midori/customers/export", json!({"handle": "C-1"})).await.ok(200);
    let one = &export["fallbacks"][0];
    assert_eq!(
        (&one["verification"], &one["state"], &one["approved_by"]),
        (&first["id"], &json!("waiting"), &json!(["ono"]))
    );
    hara.post("/v1/orgs/midori/customers/erase", json!({"handle": "C-1"})).await.ok(200);
    assert_eq!(service.count("SELECT COUNT(*) FROM fallbacks").await, 1);
    assert_eq!(service.count("SELECT COUNT(*) FROM fallback_approvals").await, 1);
    assert!(listed(&ono).await.iter().all(|(f, _)| f != id(one)));
    // What is kept no longer.
    service.shift_clock(4000 * 24 * HOUR).await;
    service.app.sweep().await.unwrap();
    service.app.purge_expired().await.unwrap();
    assert_eq!(service.count("SELECT COUNT(*) FROM verifications").await, 0);
    assert_eq!(service.count("SELECT COUNT(*) FROM fallbacks").await, 0);
    assert_eq!(service.count("SELECT COUNT(*) FROM fallback_approvals").await, 0);
    honnin_server::db::log::verify(&mut service.app.db().read().await.unwrap(), "midori").await.unwrap();
}
