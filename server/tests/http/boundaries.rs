//! Nobody reads or acts across a boundary: every route, with every foreign identifier, for everybody.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::fallbacks;
use crate::support::authenticator::{jwk, signing_key};
use crate::support::{Desk, Phone, Service};

/// Every route of the administration: method, path after `/v1/orgs/{org}`, and a body that would be taken.
/// `{…}` are identifiers of things that belong to Midori.
fn routes() -> Vec<(Method, &'static str, Value)> {
    let words = json!({"ja": "新規", "en": "New"});
    vec![
        (Method::GET, "", json!(null)),
        (Method::PUT, "/settings", json!({"revision": 1, "settings": {"zone": "Asia/Tokyo", "idle_lock_s": 300}})),
        (Method::GET, "/people", json!(null)),
        (Method::POST, "/people", json!({"name": words, "label": words, "roles": ["operator"]})),
        (Method::PUT, "/people/{person}/roles", json!({"roles": ["operator"]})),
        (Method::POST, "/people/{person}/invitation", json!({})),
        (Method::DELETE, "/people/{person}", json!(null)),
        (Method::GET, "/teams", json!(null)),
        (Method::POST, "/teams", json!({"name": "A"})),
        (Method::DELETE, "/teams/{team}", json!(null)),
        (Method::GET, "/review", json!(null)),
        (Method::POST, "/review/remove", json!({"items": [{"person": "{person}"}]})),
        (Method::GET, "/identity-provider", json!(null)),
        (
            Method::PUT,
            "/identity-provider",
            json!({"issuer": "https://idp.example.com", "client_id": "x", "required": false}),
        ),
        (Method::DELETE, "/identity-provider", json!(null)),
        (Method::GET, "/machines", json!(null)),
        (
            Method::POST,
            "/machines",
            json!({"kind": "api_key", "name": "x", "label": words, "scopes": ["verifications:read"], "expires_in_days": 1}),
        ),
        (Method::DELETE, "/machines/{machine}", json!(null)),
        (Method::GET, "/delegations", json!(null)),
        (
            Method::POST,
            "/delegations",
            json!({"partner": "hikari", "purposes": ["light"], "not_before": 1, "not_after": 4_000_000_000_000_i64}),
        ),
        (Method::DELETE, "/delegations/{delegation}", json!(null)),
        (Method::GET, "/policies", json!(null)),
        (Method::POST, "/policies", json!({"document": {}})),
        (Method::POST, "/policies/dry-run", json!({"document": {}})),
        (Method::POST, "/policies/standard/1/publish", json!({})),
        (Method::DELETE, "/policies/standard/1", json!(null)),
        (Method::GET, "/purposes", json!(null)),
        (Method::PUT, "/purposes/light", json!({"ja": "あ", "en": "a", "policy": "light"})),
        (Method::DELETE, "/purposes/light", json!(null)),
        (Method::GET, "/issuers", json!(null)),
        (
            Method::POST,
            "/issuers",
            json!({"url": "https://kyc.example.com", "root": jwk(&signing_key(78)), "serves": "eligibility", "certifies": "midori"}),
        ),
        (Method::POST, "/issuers/{issuer}/suspend", json!({})),
        (Method::POST, "/issuers/{issuer}/resume", json!({})),
        (Method::POST, "/issuers/{issuer}/certificates/{certificate}/revoke", json!({})),
        (Method::GET, "/dashboard", json!(null)),
        (Method::GET, "/audit", json!(null)),
        (Method::GET, "/audit/export?format=jsonl", json!(null)),
        (Method::GET, "/audit/bundle", json!(null)),
        (Method::GET, "/audit/checkpoint", json!(null)),
        (Method::GET, "/alerts", json!(null)),
        (Method::POST, "/alerts/a_AAAAAAAAAAAAAAAAAAAAAA/acknowledge", json!({})),
        (Method::PUT, "/alerts/webhook", json!({"url": "https://soc.example.com/"})),
        (Method::GET, "/recipients", json!(null)),
        (
            Method::POST,
            "/recipients",
            json!({"name": words, "key": jwk(&signing_key(77)), "url": "https://pay.example.com/"}),
        ),
        (Method::DELETE, "/recipients/r_AAAAAAAAAAAAAAAAAAAAAA", json!(null)),
        (Method::GET, "/sms-gateway", json!(null)),
        (Method::PUT, "/sms-gateway", json!({"url": "https://sms.example.com/"})),
        (Method::GET, "/keys", json!(null)),
        (Method::POST, "/keys/rotate", json!({})),
        (Method::POST, "/keys/announcement/rotate", json!({})),
        (Method::POST, "/customers/export", json!({"handle": "C-1"})),
        (Method::POST, "/customers/erase", json!({"handle": "C-1"})),
        (Method::POST, "/customers/found", json!({"handle": "C-1"})),
        (Method::GET, "/customers/frozen", json!(null)),
        (Method::POST, "/customers/frozen/c_1/release", json!({})),
        (Method::GET, "/incidents", json!(null)),
        (Method::POST, "/incidents/preview", json!({"target": {"kind": "person", "id": "{person}"}})),
        (
            Method::POST,
            "/incidents",
            json!({"target": {"kind": "person", "id": "{person}"}, "reason": "leak", "note": "", "confirm": "{person}"}),
        ),
        (Method::GET, "/incidents/in_1/report", json!(null)),
        (Method::POST, "/incidents/in_1/end", json!({})),
    ]
}

/// Things of Midori that others may not touch.
struct Things {
    person: String,
    team: String,
    machine: String,
    delegation: String,
    issuer: String,
    certificate: String,
    verification: String,
    call: String,
    fallback: String,
}

impl Things {
    async fn make(service: &Service, owner: &Desk<'_>, operator: &Desk<'_>) -> Self {
        let words = json!({"ja": "新規", "en": "New"});
        let id = |v: Value| v["id"].as_str().unwrap().to_owned();
        let person = id(owner
            .post("/v1/orgs/midori/people", json!({"name": words, "label": words, "roles": ["operator"]}))
            .await
            .ok(201));
        let team = id(owner.post("/v1/orgs/midori/teams", json!({"name": "夜間"})).await.ok(201));
        let key = json!({"kind": "api_key", "name": "ivr", "label": words, "scopes": ["verifications:start"], "expires_in_days": 30});
        let machine = id(owner.post("/v1/orgs/midori/machines", key).await.ok(201));
        let now = service.app.db().now().await.unwrap();
        let announced = json!({"handle": "C-1", "purpose": "address-change", "number": "0120-000-123",
                               "windows": [{"from": now, "until": now + 600_000}]});
        let announced = operator.post("/v1/calls", announced).await.ok(201);
        let gone = id(operator.ask("C-9", "standard").await);
        let wish = json!({"method": "supervisors", "reason": "lost"});
        let fallback = id(operator.post(&format!("/v1/verifications/{gone}/fallback"), wish).await.ok(201));
        Self {
            fallback,
            call: announced["call"]["id"].as_str().unwrap().to_owned(),
            person,
            team,
            machine,
            delegation: service.text("SELECT id FROM delegations").await,
            issuer: service.text("SELECT id FROM issuers WHERE tenant = 'midori'").await,
            certificate: service.text("SELECT id FROM issuer_certificates").await,
            verification: id(operator.ask("C-1", "standard").await),
        }
    }

    fn fill(&self, text: &str) -> String {
        [
            ("{person}", &self.person),
            ("{team}", &self.team),
            ("{machine}", &self.machine),
            ("{delegation}", &self.delegation),
            ("{issuer}", &self.issuer),
            ("{certificate}", &self.certificate),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

#[tokio::test]
async fn no_route_lets_anybody_into_another_organisation() {
    let service = fallbacks::service().await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let owner = service.desk("mori", 1).await;
    let operator = service.desk("sato", 2).await;
    let things = Things::make(&service, &owner, &operator).await;
    // The most that another tenant and a partner have.
    let strangers = [
        service.desk("kondo", 3).await,
        service.desk("kato", 4).await,
        service.desk("tanaka", 5).await,
        service.desk("ito", 6).await,
    ];
    let before = service.count("SELECT COUNT(*) FROM events WHERE log = 'midori'").await;
    for stranger in &strangers {
        let me = stranger.get("/v1/operator/me").await.ok(200);
        let own = me["organisation"]["id"].as_str().unwrap().to_owned();
        for (method, path, body) in routes() {
            let body: Value = serde_json::from_str(&things.fill(&body.to_string())).unwrap();
            let body = (!body.is_null()).then_some(&body);
            // In Midori's name, and Midori's things in their own.
            for org in ["midori", own.as_str()] {
                let path = format!("/v1/orgs/{org}{}", things.fill(path));
                let names_a_thing = path.split('/').any(|part| {
                    [&things.person, &things.team, &things.machine, &things.issuer, &things.certificate]
                        .iter()
                        .any(|id| *id == part)
                });
                if org == own && !names_a_thing {
                    continue;
                }
                let answer = stranger.call(method.clone(), &path, body).await;
                assert!(
                    [403, 404].contains(&answer.status),
                    "{own} {method} {path}: {} {}",
                    answer.status,
                    answer.body
                );
                if org == "midori" {
                    answer.problem(404, "not-found");
                }
            }
        }
        let path = format!("/v1/verifications/{}", things.verification);
        stranger.get(&path).await.problem(404, "not-found");
        stranger.get(&format!("{path}/receipt")).await.problem(404, "not-found");
        stranger.post(&format!("{path}/cancel"), json!({})).await.problem(404, "not-found");
        let wish = json!({"method": "callback", "reason": "lost"});
        stranger.post(&format!("{path}/fallback"), wish).await.problem(404, "not-found");
        let path = format!("/v1/fallbacks/{}", things.fallback);
        stranger.post(&format!("{path}/approve"), json!({})).await.problem(404, "not-found");
        stranger.post(&format!("{path}/refuse"), json!({})).await.problem(404, "not-found");
        stranger.post(&format!("{path}/outcome"), json!({"reached": true})).await.problem(404, "not-found");
        stranger.get("/v1/fallbacks/callbacks").await.problem(404, "not-found");
        assert_eq!(stranger.get("/v1/fallbacks").await.ok(200)["fallbacks"], json!([]));
        let path = format!("/v1/calls/{}", things.call);
        stranger.get(&path).await.problem(404, "not-found");
        stranger.get(&format!("{path}/number")).await.problem(404, "not-found");
        stranger.post(&format!("{path}/cancel"), json!({})).await.problem(404, "not-found");
        stranger.post(&format!("{path}/state"), json!({"state": "ringing"})).await.problem(404, "not-found");
        for tenant in ["midori", "aozora", "hikari", "nobody"].iter().filter(|t| **t != own) {
            let body = json!({"tenant": tenant, "handle": "C-1", "purpose": "light", "direction": "inbound"});
            let answer = stranger.post("/v1/verifications", body).await;
            assert!([404, 422].contains(&answer.status), "{own} for {tenant}: {}", answer.body);
            // A partner's operator may, for a tenant that delegates.
            if own == "hikari" && *tenant == "midori" {
                continue;
            }
            let body = json!({"tenant": tenant, "handle": "C-1", "reason": "lost"});
            let answer = stranger.post("/v1/customers/lost", body).await;
            assert!([403, 404].contains(&answer.status), "{own} for {tenant}: {}", answer.body);
            let body = json!({"tenant": tenant, "purpose": "light"});
            let answer = stranger.post("/v1/eligibility", body).await;
            assert!([404, 422].contains(&answer.status), "{own} for {tenant}: {}", answer.body);
        }
    }
    assert_eq!(
        service.count("SELECT COUNT(*) FROM events WHERE log = 'midori'").await,
        before,
        "nothing happened at Midori"
    );
}

#[tokio::test]
async fn no_route_gives_a_role_more_than_the_table() {
    let service = fallbacks::service().await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let owner = service.desk("mori", 1).await;
    let operator = service.desk("sato", 2).await;
    let things = Things::make(&service, &owner, &operator).await;
    // Whoever may only look: no change answers with anything but a refusal.
    for (person, seed) in [("endo", 3), ("ono", 4), ("sato", 5)] {
        let desk = service.desk(person, seed).await;
        for (method, path, body) in routes() {
            // Finding phones again is the supervisor's.
            if method == Method::GET || path.ends_with("/dry-run") || person == "ono" && path.ends_with("/found") {
                continue;
            }
            let body: Value = serde_json::from_str(&things.fill(&body.to_string())).unwrap();
            let path = format!("/v1/orgs/midori{}", things.fill(path));
            let answer = desk.call(method.clone(), &path, (!body.is_null()).then_some(&body)).await;
            assert!([403, 404].contains(&answer.status), "{person} {method} {path}: {} {}", answer.status, answer.body);
        }
    }
}

#[tokio::test]
async fn strange_identifiers_find_nothing_and_break_nothing() {
    let service = Service::start().await;
    let owner = service.desk("mori", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let odd = prop_oneof![
        "[a-z]{1,8}' OR '1'='1",
        "%[0-9a-f]{2}[a-z]{0,4}",
        "\\{\\{[a-z0-9*+]{1,9}\\}\\}",
        "[A-Za-z0-9_-]{1,80}",
        "m[iі]dor[iі]",
        "\\PC{1,24}",
    ];
    for _ in 0..64 {
        let text: String = odd.new_tree(&mut runner).unwrap().current();
        let part: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for path in [
            format!("/v1/orgs/{part}/people"),
            format!("/v1/orgs/midori/people/{part}/invitation"),
            format!("/v1/verifications/{part}"),
            format!("/v1/tenants/{part}"),
        ] {
            if text == "midori" {
                continue;
            }
            let method = if path.ends_with("invitation") { Method::POST } else { Method::GET };
            let answer = owner.call(method, &path, None).await;
            assert!([400, 404].contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
            assert_eq!(answer.headers["content-type"], "application/problem+json");
        }
        service.post("/v1/prospects/read", json!({"token": text})).await.problem(404, "not-found");
        let answer = phone.get(&format!("/v1/device/requests/{part}")).await;
        assert_eq!(answer.status, 404, "{part}");
        let answer = phone.call(Method::DELETE, &format!("/v1/device/devices/{part}"), None).await;
        assert_eq!(answer.status, 404, "{part}");
    }
}
