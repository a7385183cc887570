//! What stands in for a phone that is lost, dead or new: who may ask, who may decide, and what it never is.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::service::{policy, tenants};
use crate::support::stream::Events;
use crate::support::{Answer, Desk, Phone, Service};

const MINUTE: i64 = 60_000;

fn person(id: &str, roles: &[&str]) -> Value {
    let words = json!({"ja": "大木", "en": id});
    json!({"id": id, "name": words, "label": words, "roles": roles})
}

/// Midori takes every fallback for `address-change`, and has supervisors: ono, oki, and noda, who also operates.
pub(crate) async fn service() -> Service {
    with_limits(json!({"verifications_per_handle_per_minute": 30, "open_per_handle": 5})).await
}

async fn with_limits(limits: Value) -> Service {
    let mut tenants = tenants();
    let mut payment = policy("payment", &[json!({"slot": "limit", "op": "GE", "value": "amount"})]);
    payment["disclose"] = json!(["payment_token"]);
    tenants[0]["policies"].as_array_mut().unwrap().push(payment);
    let purpose = json!({"code": "payment", "ja": "お支払い", "en": "Payment", "policy": "payment"});
    tenants[0]["purposes"].as_array_mut().unwrap().push(purpose);
    tenants[0]["fallbacks"] =
        json!([{"purpose": "address-change", "methods": ["callback", "supervisors", "re-enrolment"]}]);
    let people = [person("oki", &["supervisor"]), person("noda", &["operator", "supervisor"])];
    tenants[0]["people"].as_array_mut().unwrap().extend(people);
    tenants[1]["people"].as_array_mut().unwrap().push(person("imai", &["supervisor"]));
    let partners = json!([{"id": "hikari", "name": {"ja": "ひかりBPO", "en": "Hikari BPO"}, "zone": "Asia/Tokyo",
        "people": [person("ito", &["operator"]), person("doi", &["supervisor"]), person("kato", &["owner", "security"])]}]);
    Service::idle(json!({"tenants": tenants, "partners": partners, "limits": limits})).await
}

pub(crate) fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap_or_else(|| panic!("an id in {of}"))
}

/// A verification of somebody whose phone is not there.
pub(crate) async fn unanswered(desk: &Desk<'_>, handle: &str) -> Value {
    let view = desk.ask(handle, "standard").await;
    assert_eq!((&view["state"], &view["fallback"]), (&json!("unreachable"), &json!(null)));
    view
}

pub(crate) async fn fall_back(desk: &Desk<'_>, verification: &Value, method: &str) -> Answer {
    let path = format!("/v1/verifications/{}/fallback", id(verification));
    desk.post(&path, json!({"method": method, "reason": "lost"})).await
}

pub(crate) async fn approve(desk: &Desk<'_>, fallback: &Value) -> Answer {
    desk.post(&format!("/v1/fallbacks/{}/approve", id(fallback)), json!({})).await
}

async fn refuse(desk: &Desk<'_>, fallback: &Value) -> Answer {
    desk.post(&format!("/v1/fallbacks/{}/refuse", id(fallback)), json!({})).await
}

/// Fallbacks that show, and whether each may be decided.
pub(crate) async fn listed(desk: &Desk<'_>) -> Vec<(String, bool)> {
    let listed = desk.get("/v1/fallbacks").await.ok(200);
    let one = |f: &Value| (id(f).to_owned(), f["may_decide"].as_bool().unwrap());
    listed["fallbacks"].as_array().unwrap().iter().map(one).collect()
}

pub(crate) async fn events(service: &Service, kind: &str) -> i64 {
    service.count(&format!("SELECT COUNT(*) FROM events WHERE log = 'midori' AND kind = '{kind}'")).await
}

/// Waits until the console hears of the fallback in this state.
async fn hear(console: &mut Events, state: &str) {
    while console.next().await.expect("the stream goes on").data["fallback"]["state"] != state {}
}

#[tokio::test]
async fn two_supervisors_and_never_the_green_badge() {
    let service = service().await;
    let (sato, ono, oki) = (service.desk("sato", 1).await, service.desk("ono", 2).await, service.desk("oki", 3).await);
    let stream = service.http.get(format!("{}/v1/operator/stream", service.origin)).header("cookie", &sato.cookie);
    let mut console = Events::new(stream.send().await.unwrap());
    let purposes = sato.get("/v1/operator/me").await.ok(200)["tenants"][0]["purposes"].clone();
    let allowed =
        |code: &str| purposes.as_array().unwrap().iter().find(|p| p["code"] == code).unwrap()["fallbacks"].clone();
    assert_eq!(allowed("address-change"), json!(["callback", "supervisors", "re-enrolment"]));
    assert_eq!(allowed("light"), json!([]));
    let verification = unanswered(&sato, "C-9").await;
    let fallback = fall_back(&sato, &verification, "supervisors").await.ok(201);
    let created = fallback["created_at"].as_i64().unwrap();
    assert_eq!(
        fallback,
        json!({"id": fallback["id"], "verification": verification["id"], "method": "supervisors", "reason": "lost",
               "state": "waiting", "approvals": [], "needed": 2, "created_at": created,
               "expires_at": created + 10 * MINUTE, "decided_at": null, "weaker": true})
    );
    // Each step by itself: of one verification the last word counts.
    hear(&mut console, "waiting").await;
    assert_eq!(listed(&sato).await, [(id(&fallback).to_owned(), false)]);
    assert_eq!(listed(&ono).await, [(id(&fallback).to_owned(), true)]);
    let shown = ono.get("/v1/fallbacks").await.ok(200)["fallbacks"][0].clone();
    assert_eq!(
        (&shown["handle"], &shown["reference"], &shown["purpose"]["code"], &shown["asker"]["person"]),
        (&json!("C-9"), &verification["reference"], &json!("address-change"), &json!("sato"))
    );

    let once = approve(&ono, &fallback).await.ok(200);
    assert_eq!((&once["state"], &once["approvals"][0]["person"]), (&json!("waiting"), &json!("ono")));
    assert_eq!(
        (&once["approvals"][0]["label"]["ja"], &shown["asker"]["label"]["ja"]),
        (&json!("佐藤"), &json!("佐藤"))
    );
    let twice = approve(&oki, &fallback).await.ok(200);
    assert_eq!((&twice["state"], twice["approvals"].as_array().unwrap().len()), (&json!("accepted"), 2));
    assert_eq!(twice["decided_at"].as_i64(), twice["approvals"][1]["at"].as_i64());

    // It stands beside the verification, which is what it was.
    let view = sato.view(id(&verification)).await;
    assert_eq!((&view["state"], &view["valid_until"]), (&json!("unreachable"), &json!(null)));
    assert_eq!((&view["fallback"], &view["fallback"]["weaker"]), (&twice, &json!(true)));
    assert_eq!(sato.get("/v1/verifications").await.ok(200)["verifications"][0]["fallback"], twice);
    hear(&mut console, "accepted").await;
    assert!(listed(&ono).await.is_empty() && listed(&sato).await.is_empty());
    approve(&oki, &fallback).await.problem(409, "already-decided");
    refuse(&oki, &fallback).await.problem(409, "already-decided");

    // In the log, each with who and how; nobody's handle.
    let mori = service.desk("mori", 4).await;
    let found = mori.get("/v1/orgs/midori/audit?kind=fallback").await.ok(200)["events"].clone();
    let kinds: Vec<&str> = found.as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["fallback.accepted", "fallback.approved", "fallback.approved", "fallback.requested"]);
    assert_eq!(found[0]["data"]["persons"], json!(["ono", "oki"]));
    assert_eq!((&found[3]["person"], &found[3]["data"]["method"]), (&json!("sato"), &json!("supervisors")));
    let of = mori.get(&format!("/v1/orgs/midori/audit?kind=fallback&verification={}", id(&verification))).await;
    assert_eq!(of.ok(200)["events"].as_array().unwrap().len(), 4);
    assert!(!found.to_string().contains("C-9"));
    let dashboard = mori.get("/v1/orgs/midori/dashboard").await.ok(200);
    assert_eq!((&dashboard["weaker"], &dashboard["start_to_verdict"]["count"]), (&json!(1), &json!(0)));
    let passed = dashboard["outcomes"].as_array().unwrap().iter().any(|day| day["passed"] != 0);
    assert!(!passed, "{dashboard}");
}

#[tokio::test]
async fn one_no_decides() {
    let service = service().await;
    let (sato, ono, oki) = (service.desk("sato", 1).await, service.desk("ono", 2).await, service.desk("oki", 3).await);
    let verification = unanswered(&sato, "C-9").await;
    let fallback = fall_back(&sato, &verification, "supervisors").await.ok(201);
    approve(&ono, &fallback).await.ok(200);
    assert_eq!(refuse(&oki, &fallback).await.ok(200)["state"], "refused");
    approve(&oki, &fallback).await.problem(409, "already-decided");
    assert_eq!((events(&service, "fallback.refused").await, events(&service, "fallback.accepted").await), (1, 0));
    // Each method once; another may still be asked for.
    fall_back(&sato, &verification, "supervisors").await.problem(409, "already-decided");
    let other = fall_back(&sato, &verification, "callback").await.ok(201);
    assert_eq!(sato.view(id(&verification)).await["fallback"], other, "the newest shows");
    // Decided is decided, for the database too.
    let undo = "UPDATE fallbacks SET state = 'waiting', decided_at = NULL WHERE state = 'refused'";
    assert!(service.sql(undo).await.is_err());
    assert!(service.sql("DELETE FROM fallback_approvals; DELETE FROM fallbacks").await.is_err());
}

#[tokio::test]
async fn what_nothing_stands_in_for() {
    let service = service().await;
    let (mut sato, suzuki, hara) =
        (service.desk("sato", 1).await, service.desk("suzuki", 2).await, service.desk("hara", 3).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let open = sato.ask("C-1", "standard").await;
    fall_back(&sato, &open, "supervisors").await.problem(422, "refused");
    // Proven.
    let request = phone.open(id(&open)).await;
    let body = phone.approval(&request, open["match_code"].as_str().unwrap()).await.body;
    phone.approve(id(&open), &body).await.ok(200);
    fall_back(&sato, &open, "supervisors").await.problem(409, "already-decided");
    // Not provable.
    let failed = sato.ask("C-1", "standard").await;
    phone.open(id(&failed)).await;
    phone.post(&format!("/v1/device/requests/{}/unprovable", id(&failed)), json!({})).await.ok(200);
    fall_back(&sato, &failed, "supervisors").await.problem(409, "already-decided");
    // A purpose of which the tenant takes none, a method or a reason that is none, somebody else's, nobody's.
    let light = sato.ask("C-8", "light").await;
    fall_back(&sato, &light, "supervisors").await.problem(422, "refused");
    let unreachable = unanswered(&sato, "C-9").await;
    let path = format!("/v1/verifications/{}/fallback", id(&unreachable));
    for body in [
        json!({"method": "trust", "reason": "lost"}),
        json!({"method": "callback", "reason": "he sounds nice"}),
        json!({"method": "callback", "reason": "lost", "number": "090-1234-5678"}),
        json!({"method": "callback"}),
    ] {
        sato.post(&path, body).await.problem(400, "malformed");
    }
    fall_back(&suzuki, &unreachable, "callback").await.problem(404, "not-found");
    fall_back(&sato, &json!({"id": "v_nothing"}), "callback").await.problem(404, "not-found");
    // A payment, whether or not the tenant would take one.
    let provider = json!({"name": {"ja": "さくらペイ", "en": "Sakura Pay"}, "url": "https://pay.example.com/",
                          "key": crate::support::authenticator::jwk(&crate::support::authenticator::signing_key(77))});
    let provider = hara.post("/v1/orgs/midori/recipients", provider).await.ok(201);
    let pay = json!({"handle": "C-9", "purpose": "payment", "amount": 48_000, "currency": "JPY", "payee": "△△株式会社",
                     "order": "A-2210", "instrument": "みどりカード", "recipient": provider["id"]});
    let payment = sato.post("/v1/payments", pay).await.ok(201);
    assert_eq!(payment["state"], "unreachable");
    fall_back(&sato, &payment, "supervisors").await.problem(422, "refused");
    // A customer who is to be left alone.
    service.sql("UPDATE customers SET frozen_until = 9000000000000").await.unwrap();
    fall_back(&sato, &unreachable, "callback").await.problem(429, "customer-frozen");
    service.sql("UPDATE customers SET frozen_until = NULL").await.unwrap();
    // Too late.
    service.shift_clock(16 * MINUTE).await;
    sato.login().await;
    fall_back(&sato, &unreachable, "callback").await.problem(410, "expired");
    assert_eq!(service.count("SELECT COUNT(*) FROM fallbacks").await, 0);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind LIKE 'fallback%'").await, 0);
}

#[tokio::test]
async fn who_said_no_has_a_phone() {
    let service = service().await;
    let (mut sato, mut ono, mut oki) =
        (service.desk("sato", 1).await, service.desk("ono", 2).await, service.desk("oki", 3).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let answers =
        [("refuse", Some(json!({"report": false}))), ("refuse", Some(json!({"report": true}))), ("unprovable", None)];
    for (n, (path, body)) in (1..).zip(answers) {
        // A fallback that waits while the phone says no to another request.
        let called_off = sato.ask("C-1", "standard").await;
        sato.post(&format!("/v1/verifications/{}/cancel", id(&called_off)), json!({})).await.ok(200);
        let waiting = fall_back(&sato, &called_off, "supervisors").await.ok(201);
        approve(&ono, &waiting).await.ok(200);
        let asked = sato.ask("C-1", "standard").await;
        phone.open(id(&asked)).await;
        let path = format!("/v1/device/requests/{}/{path}", id(&asked));
        phone.call(Method::POST, &path, body.as_ref()).await.ok(200);
        fall_back(&sato, &asked, "callback").await.problem(409, "already-decided");
        approve(&oki, &waiting).await.problem(422, "refused");
        refuse(&oki, &waiting).await.ok(200);
        // Nor does calling another one off help.
        let again = sato.ask("C-1", "standard").await;
        sato.post(&format!("/v1/verifications/{}/cancel", id(&again)), json!({})).await.ok(200);
        fall_back(&sato, &again, "callback").await.problem(422, "refused");
        service.shift_clock(if n == 3 { 0 } else { n * 62 * MINUTE }).await;
        for desk in [&mut sato, &mut ono, &mut oki] {
            desk.login().await;
        }
        phone.log_in().await;
    }
    assert_eq!(events(&service, "fallback.accepted").await, 0);
}

#[tokio::test]
async fn one_at_a_time_and_as_often_as_a_customer_may_be_asked() {
    let service = service().await;
    let (mut sato, suzuki) = (service.desk("sato", 1).await, service.desk("suzuki", 2).await);
    let (first, second) = (unanswered(&sato, "C-9").await, unanswered(&suzuki, "C-9").await);
    fall_back(&sato, &first, "re-enrolment").await.ok(201);
    fall_back(&sato, &first, "callback").await.problem(409, "in-use");
    fall_back(&suzuki, &second, "re-enrolment").await.problem(409, "in-use");
    // What lapsed makes room by itself, swept or not.
    let other = unanswered(&sato, "C-8").await;
    fall_back(&sato, &other, "callback").await.ok(201);
    service.shift_clock(11 * MINUTE).await;
    sato.login().await;
    fall_back(&sato, &other, "supervisors").await.ok(201);
    assert_eq!(events(&service, "fallback.expired").await, 1);
}

#[tokio::test]
async fn the_customers_limit_counts_both() {
    let service = with_limits(json!({"verifications_per_handle_per_minute": 3, "open_per_handle": 5})).await;
    let (sato, ono) = (service.desk("sato", 1).await, service.desk("ono", 2).await);
    let (first, second) = (unanswered(&sato, "C-7").await, unanswered(&sato, "C-7").await);
    let fallback = fall_back(&sato, &first, "supervisors").await.ok(201);
    refuse(&ono, &fallback).await.ok(200);
    fall_back(&sato, &second, "supervisors").await.problem(429, "too-many-requests");
    // Another customer is another matter.
    let other = unanswered(&sato, "C-8").await;
    fall_back(&sato, &other, "supervisors").await.ok(201);
}

#[tokio::test]
async fn who_may_decide() {
    let service = service().await;
    let (sato, noda, ito) =
        (service.desk("sato", 1).await, service.desk("noda", 2).await, service.desk("ito", 3).await);
    let (ono, oki, doi, imai) = (
        service.desk("ono", 4).await,
        service.desk("oki", 5).await,
        service.desk("doi", 6).await,
        service.desk("imai", 7).await,
    );
    // Asked by one who is a supervisor too: not by herself.
    let verification = unanswered(&noda, "C-9").await;
    let fallback = fall_back(&noda, &verification, "supervisors").await.ok(201);
    assert_eq!(listed(&noda).await, [(id(&fallback).to_owned(), false)]);
    approve(&noda, &fallback).await.problem(409, "second-person");
    refuse(&noda, &fallback).await.problem(409, "second-person");
    // Of nobody else's organisation: not the partner's, whose people did not ask, nor another tenant's.
    for stranger in [&doi, &imai] {
        assert!(listed(stranger).await.is_empty());
        approve(stranger, &fallback).await.problem(404, "not-found");
        refuse(stranger, &fallback).await.problem(404, "not-found");
    }
    for (seed, other) in [(8, "suzuki"), (9, "mori"), (10, "abe"), (11, "hara"), (12, "endo")] {
        let desk = service.desk(other, seed).await;
        assert!(listed(&desk).await.is_empty());
        approve(&desk, &fallback).await.problem(404, "not-found");
        refuse(&desk, &fallback).await.problem(404, "not-found");
    }
    approve(&ono, &fallback).await.ok(200);
    approve(&ono, &fallback).await.problem(409, "second-person");
    assert_eq!(events(&service, "fallback.approved").await, 1);
    assert_eq!(approve(&oki, &fallback).await.ok(200)["state"], "accepted");
    // The partner's people asked: their supervisor and the tenant's.
    let verification = unanswered(&ito, "C-8").await;
    let fallback = fall_back(&ito, &verification, "supervisors").await.ok(201);
    approve(&imai, &fallback).await.problem(404, "not-found");
    approve(&doi, &fallback).await.ok(200);
    assert_eq!(approve(&oki, &fallback).await.ok(200)["state"], "accepted");
    let kato = service.desk("kato", 13).await;
    assert_eq!(kato.get("/v1/orgs/hikari/dashboard").await.ok(200)["weaker"], 1, "of its own people's");
    // Supervisors decide what is theirs to decide.
    let verification = unanswered(&sato, "C-7").await;
    let callback = fall_back(&sato, &verification, "callback").await.ok(201);
    assert!(listed(&ono).await.is_empty());
    approve(&ono, &callback).await.problem(404, "not-found");
    approve(&sato, &callback).await.problem(409, "second-person");
    approve(&ono, &json!({"id": "f_nothing"})).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_yes_counts_as_long_as_its_supervisor_does() {
    let service = service().await;
    let (sato, mori, oki) =
        (service.desk("sato", 1).await, service.desk("mori", 2).await, service.desk("oki", 3).await);
    for (n, how) in ["role", "logout", "removed"].into_iter().enumerate() {
        let ono = service.desk("ono", 10 + n as u8).await;
        let verification = unanswered(&sato, &format!("C-9{n}")).await;
        let fallback = fall_back(&sato, &verification, "supervisors").await.ok(201);
        approve(&ono, &fallback).await.ok(200);
        match how {
            "role" => {
                let less = json!({"roles": ["auditor"]});
                mori.call(Method::PUT, "/v1/orgs/midori/people/ono/roles", Some(&less)).await.empty(204);
            }
            "logout" => ono.post("/v1/operator/logout", json!({})).await.empty(204),
            _ => mori.delete("/v1/orgs/midori/people/ono").await.empty(204),
        }
        let now = approve(&oki, &fallback).await.ok(200);
        assert_eq!(
            (&now["state"], now["approvals"].as_array().unwrap().len(), &now["approvals"][0]["person"]),
            (&json!("waiting"), 1, &json!("oki")),
            "{how}"
        );
        if how == "role" {
            approve(&ono, &fallback).await.problem(404, "not-found");
            let back = json!({"roles": ["supervisor"]});
            mori.call(Method::PUT, "/v1/orgs/midori/people/ono/roles", Some(&back)).await.empty(204);
            assert_eq!(approve(&ono, &fallback).await.ok(200)["state"], "accepted");
        }
    }
    let void = "SELECT COUNT(*) FROM events WHERE kind = 'fallback.approved' AND data LIKE '%\"void\":[\"ono\"]%'";
    assert_eq!(service.count(void).await, 3);
    assert_eq!(events(&service, "fallback.accepted").await, 1);
}

#[tokio::test]
async fn the_gate_is_asked_again_when_it_is_accepted() {
    let service = service().await;
    let (ono, oki) = (service.desk("ono", 1).await, service.desk("oki", 2).await);
    let (hara, mori) = (service.desk("hara", 3).await, service.desk("mori", 4).await);
    let ready = async |seed: u8, asker: &str, handle: &str| {
        let desk = service.desk(asker, seed).await;
        let verification = unanswered(&desk, handle).await;
        let fallback = fall_back(&desk, &verification, "supervisors").await.ok(201);
        approve(&ono, &fallback).await.ok(200);
        (desk, fallback)
    };
    // The asker goes home, or may not operate any more.
    let (sato, fallback) = ready(10, "sato", "C-1").await;
    sato.post("/v1/operator/logout", json!({})).await.empty(204);
    approve(&oki, &fallback).await.problem(403, "not-in-good-standing");
    let (_, fallback) = ready(11, "suzuki", "C-2").await;
    let less = json!({"roles": ["auditor"]});
    mori.call(Method::PUT, "/v1/orgs/midori/people/suzuki/roles", Some(&less)).await.empty(204);
    approve(&oki, &fallback).await.problem(403, "not-in-good-standing");
    // The customer is to be left alone.
    let (_, fallback) = ready(12, "sato", "C-3").await;
    service.sql("UPDATE customers SET frozen_until = 9000000000000").await.unwrap();
    approve(&oki, &fallback).await.problem(429, "customer-frozen");
    service.sql("UPDATE customers SET frozen_until = NULL").await.unwrap();
    // The tenant takes none any more.
    let (_, fallback) = ready(13, "sato", "C-4").await;
    let own = hara.get("/v1/orgs/midori").await.ok(200);
    let mut settings = own["settings"].clone();
    let fallbacks = settings.as_object_mut().unwrap().remove("fallbacks").unwrap();
    let change = json!({"revision": own["revision"], "settings": settings});
    hara.call(Method::PUT, "/v1/orgs/midori/settings", Some(&change)).await.ok(200);
    approve(&oki, &fallback).await.problem(403, "not-in-good-standing");
    settings["fallbacks"] = fallbacks;
    let change = json!({"revision": own["revision"].as_i64().unwrap() + 1, "settings": settings});
    hara.call(Method::PUT, "/v1/orgs/midori/settings", Some(&change)).await.ok(200);
    assert_eq!(approve(&oki, &fallback).await.ok(200)["state"], "accepted", "as it was");
    // The delegation ends, or the partner is frozen.
    let (ito, fallback) = ready(14, "ito", "C-5").await;
    service.sql("UPDATE organisations SET status = 'frozen' WHERE id = 'hikari'").await.unwrap();
    approve(&oki, &fallback).await.problem(403, "not-in-good-standing");
    service.sql("UPDATE organisations SET status = 'active' WHERE id = 'hikari'").await.unwrap();
    let delegation = service.text("SELECT id FROM delegations").await;
    mori.delete(&format!("/v1/orgs/midori/delegations/{delegation}")).await.empty(204);
    approve(&oki, &fallback).await.problem(403, "not-in-good-standing");
    // A no needs none of that.
    assert_eq!(refuse(&oki, &fallback).await.ok(200)["state"], "refused");
    drop(ito);
    // The tenant itself is frozen: nobody comes in, and what is in the way stays shut.
    let (_, fallback) = ready(15, "sato", "C-6").await;
    let freeze =
        json!({"target": {"kind": "tenant", "id": "midori"}, "reason": "leak", "note": "", "confirm": "midori"});
    hara.post("/v1/orgs/midori/incidents", freeze).await.ok(201);
    approve(&oki, &fallback).await.problem(401, "unauthenticated");
    assert_eq!(events(&service, "fallback.accepted").await, 1);
    assert_eq!(service.count("SELECT COUNT(*) FROM fallbacks WHERE state = 'accepted'").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn raced_approvals_and_refusals_decide_once() {
    let service = service().await;
    let (sato, noda) = (service.desk("sato", 1).await, service.desk("noda", 2).await);
    let (ono, oki) = (service.desk("ono", 3).await, service.desk("oki", 4).await);
    let mut accepted = 0;
    for n in 0..6 {
        let verification = unanswered(&sato, &format!("C-{n}")).await;
        let fallback = fall_back(&sato, &verification, "supervisors").await.ok(201);
        let (a, b, c, d) =
            tokio::join!(approve(&ono, &fallback), approve(&oki, &fallback), approve(&noda, &fallback), async {
                if n % 2 == 0 { Some(refuse(&oki, &fallback).await) } else { None }
            });
        let state = sato.view(id(&verification)).await["fallback"]["state"].clone();
        let ends = [Some(a), Some(b), Some(c), d].into_iter().flatten();
        let decided = ends.filter(|answer| ["accepted", "refused"].iter().any(|s| answer.body["state"] == *s)).count();
        assert_eq!(decided, 1, "one of them decided");
        assert_ne!(state, "waiting");
        accepted += i64::from(state == "accepted");
        let approvals = format!("SELECT COUNT(*) FROM fallback_approvals WHERE fallback = '{}'", id(&fallback));
        assert!(service.count(&approvals).await <= 2);
    }
    assert!(accepted >= 3, "without a refusal two of three make it accepted");
    assert_eq!(events(&service, "fallback.accepted").await, accepted);
    // Asked for twice at once: one.
    let verification = unanswered(&sato, "C-9").await;
    let (a, b) =
        tokio::join!(fall_back(&sato, &verification, "callback"), fall_back(&sato, &verification, "supervisors"));
    assert_eq!([a.status, b.status].iter().filter(|s| **s == 201).count(), 1);
    assert_eq!(service.count("SELECT COUNT(*) FROM fallbacks WHERE state = 'waiting'").await, 1);
}

#[tokio::test]
async fn time_runs_out() {
    let service = service().await;
    let (mut sato, mut ono) = (service.desk("sato", 1).await, service.desk("ono", 2).await);
    let verification = unanswered(&sato, "C-9").await;
    let fallback = fall_back(&sato, &verification, "supervisors").await.ok(201);
    approve(&ono, &fallback).await.ok(200);
    service.shift_clock(10 * MINUTE + 1000).await;
    sato.login().await;
    ono.login().await;
    let oki = service.desk("oki", 3).await;
    approve(&oki, &fallback).await.problem(410, "expired");
    assert!(listed(&ono).await.is_empty(), "even before it is swept");
    service.app.sweep().await.unwrap();
    let view = sato.view(id(&verification)).await;
    assert_eq!((&view["fallback"]["state"], &view["state"]), (&json!("expired"), &json!("unreachable")));
    approve(&oki, &fallback).await.problem(410, "expired");
    assert_eq!((events(&service, "fallback.expired").await, events(&service, "fallback.accepted").await), (1, 0));
}
