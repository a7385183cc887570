//! Incidents: freezing at once, what it concerns, the report's facts, and the end.

use serde_json::{Value, json};

use crate::support::stream::Events;
use crate::support::{Desk, Phone, Service};

const DAY: i64 = 86_400_000;

fn begin(kind: &str, id: &str) -> Value {
    json!({"target": {"kind": kind, "id": id}, "reason": "leak", "note": "端末を紛失\nsecond line", "confirm": id})
}

/// Begins an incident and gives its identifier.
async fn freeze(desk: &Desk<'_>, org: &str, kind: &str, id: &str) -> String {
    let begun = desk.post(&format!("/v1/orgs/{org}/incidents"), begin(kind, id)).await.ok(201);
    begun["id"].as_str().unwrap().to_owned()
}

async fn thaw(desk: &Desk<'_>, org: &str, incident: &str) -> u16 {
    desk.post(&format!("/v1/orgs/{org}/incidents/{incident}/end"), json!({})).await.status
}

async fn logged(service: &Service, log: &str, kind: &str) -> i64 {
    service.count(&format!("SELECT COUNT(*) FROM events WHERE log = '{log}' AND kind = '{kind}'")).await
}

async fn alerted(service: &Service, organisation: &str) -> i64 {
    service
        .count(&format!("SELECT COUNT(*) FROM alerts WHERE organisation = '{organisation}' AND kind = 'incident'"))
        .await
}

#[tokio::test]
async fn a_frozen_tenant_stands_still_and_its_security_can_end_it() {
    let service = Service::start().await;
    let (mut operator, mut security) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = operator.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    let stream = service.http.get(format!("{}/v1/operator/stream", service.origin)).header("cookie", &operator.cookie);
    let mut console = Events::new(stream.send().await.unwrap());
    assert_eq!(console.next().await.unwrap().data["state"], "opened");

    let target = json!({"target": {"kind": "tenant", "id": "midori"}});
    let preview = security.post("/v1/orgs/midori/incidents/preview", target).await.ok(200);
    assert_eq!(preview, json!({"live_calls": 1, "affected_customers": 1, "people_online": 2}));
    let incident = freeze(&security, "midori", "tenant", "midori").await;

    // Nothing of the tenant's goes on: no pass, no phone, no console, no enrolment.
    phone.approve(id, &approval).await.problem(401, "unauthenticated");
    assert_eq!(service.text(&format!("SELECT state FROM verifications WHERE id = '{id}'")).await, "cancelled");
    while console.next().await.is_some() {}
    operator.get("/v1/operator/me").await.problem(401, "unauthenticated");
    operator.login().await.problem(422, "assertion-invalid");
    service
        .post("/v1/enrolments", json!({"tenant": "midori", "handle": "C-2"}))
        .await
        .problem(403, "not-in-good-standing");

    // Who can end it sees the incidents, with a session begun before or after, and nothing else.
    for fresh in [false, true] {
        if fresh {
            security.post("/v1/operator/logout", json!({})).await;
            assert_eq!(security.login().await.status, 204);
        }
        let me = security.get("/v1/operator/me").await.ok(200);
        assert_eq!(me["organisation"]["status"], "frozen");
        assert_eq!(me["rights"], json!({"incidents": ["view", "change"]}));
        assert_eq!(me["tenants"], json!([]));
        for path in ["/v1/orgs/midori/keys", "/v1/orgs/midori/customers/frozen"] {
            security.get(path).await.problem(404, "not-found");
        }
        for path in ["/v1/verifications", "/v1/operator/stream"] {
            security.get(path).await.problem(403, "not-in-good-standing");
        }
        security.get(&format!("/v1/verifications/{id}")).await.problem(404, "not-found");
        security.post("/v1/orgs/midori/keys/rotate", json!({})).await.problem(404, "not-found");
    }
    let listed = security.get("/v1/orgs/midori/incidents").await.ok(200);
    assert_eq!(listed["incidents"][0]["id"], incident.as_str());
    assert_eq!(listed["incidents"][0]["note"], "端末を紛失\nsecond line");

    assert_eq!(thaw(&security, "midori", &incident).await, 204);
    assert_eq!(thaw(&security, "midori", &incident).await, 409);
    assert_eq!(operator.login().await.status, 204);
    let asked = operator.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &approval).await.ok(200);
    // In the tenant's log and in the log of the partner that works for it; not in a stranger's.
    for (log, count) in [("midori", 1), ("hikari", 1), ("aozora", 0)] {
        assert_eq!(logged(&service, log, "incident.began").await, count, "{log}");
        assert_eq!(logged(&service, log, "incident.ended").await, count, "{log}");
        assert_eq!(alerted(&service, log).await, 2 * count, "{log}");
    }
}

#[tokio::test]
async fn a_partner_is_frozen_as_far_as_it_works_for_the_tenant() {
    let service = Service::start().await;
    let (partner, security) = (service.desk("ito", 1).await, service.desk("hara", 2).await);
    let own = service.desk("sato", 3).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = partner.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    let incident = freeze(&security, "midori", "partner", "hikari").await;
    phone.approve(id, &approval).await.problem(409, "already-decided");
    assert_eq!(partner.view(id).await["state"], "cancelled");
    let again = json!({"handle": "C-1", "purpose": "address-change", "direction": "inbound"});
    partner.post("/v1/verifications", again.clone()).await.problem(404, "not-found");
    // A new delegation is no way around it.
    let now = service.app.db().now().await.unwrap();
    let give = json!({"partner": "hikari", "purposes": ["light"], "not_before": now, "not_after": now + DAY});
    service.desk("mori", 4).await.post("/v1/orgs/midori/delegations", give).await.problem(409, "in-use");
    // The tenant's own people go on.
    own.ask("C-1", "standard").await;
    assert_eq!((logged(&service, "hikari", "incident.began").await, alerted(&service, "hikari").await), (1, 1));
    let report = security.get(&format!("/v1/orgs/midori/incidents/{incident}/report")).await.ok(200);
    assert_eq!(report["affected"].as_array().unwrap().len(), 1);
    assert_eq!(thaw(&security, "midori", &incident).await, 204);
    partner.post("/v1/verifications", again).await.ok(201);
}

#[tokio::test]
async fn a_partner_freezes_itself_and_a_person() {
    let service = Service::start().await;
    let (mut partner, security) = (service.desk("ito", 1).await, service.desk("kato", 2).await);
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    partner.ask("C-1", "standard").await;
    let person = freeze(&security, "hikari", "person", "ito").await;
    partner.get("/v1/operator/me").await.problem(401, "unauthenticated");
    partner.login().await.problem(422, "assertion-invalid");
    // Its client is told, and whose customers it concerns.
    assert_eq!((logged(&service, "midori", "incident.began").await, alerted(&service, "midori").await), (1, 1));
    let report = security.get(&format!("/v1/orgs/hikari/incidents/{person}/report")).await.ok(200);
    assert_eq!(report["affected"][0]["tenant"], "midori");
    let whole = freeze(&security, "hikari", "partner", "hikari").await;
    assert_eq!(thaw(&security, "hikari", &person).await, 204);
    partner.login().await.problem(422, "assertion-invalid");
    assert_eq!(thaw(&security, "hikari", &whole).await, 204);
    assert_eq!(partner.login().await.status, 204);
}

#[tokio::test]
async fn an_issuer_that_was_suspended_before_stays_so() {
    let service = Service::start().await;
    let (operator, security) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let issuer = service.text("SELECT id FROM issuers WHERE tenant = 'midori'").await;
    let asked = operator.ask("C-1", "standard").await;
    let request = phone.open(asked["id"].as_str().unwrap()).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    let target = json!({"target": {"kind": "issuer", "id": issuer}});
    let preview = security.post("/v1/orgs/midori/incidents/preview", target).await.ok(200);
    assert_eq!(preview, json!({"live_calls": 1, "affected_customers": 1, "people_online": 0}));
    let first = freeze(&security, "midori", "issuer", &issuer).await;
    phone.approve(asked["id"].as_str().unwrap(), &approval).await.problem(409, "already-decided");
    let standing = format!("SELECT status FROM issuers WHERE id = '{issuer}'");
    assert_eq!(service.text(&standing).await, "suspended");
    security.post(&format!("/v1/orgs/midori/issuers/{issuer}/resume"), json!({})).await.problem(409, "in-use");
    assert_eq!(thaw(&security, "midori", &first).await, 204);
    assert_eq!(service.text(&standing).await, "active");
    service.sql("UPDATE issuers SET status = 'suspended'").await.unwrap();
    let second = freeze(&security, "midori", "issuer", &issuer).await;
    assert_eq!(thaw(&security, "midori", &second).await, 204);
    assert_eq!(service.text(&standing).await, "suspended");
}

#[tokio::test]
async fn the_report_holds_the_facts() {
    let service = Service::start().await;
    let (operator, security) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    operator.ask("C-1", "standard").await;
    operator.ask("C-2", "standard").await;
    service.desk("suzuki", 3).await.ask("C-3", "standard").await;
    let incident = freeze(&security, "midori", "person", "sato").await;
    let path = format!("/v1/orgs/midori/incidents/{incident}/report");
    let report = service.desk("endo", 4).await.get(&path).await.ok(200);
    let began = report["began_at"].as_i64().unwrap();
    let clock = |name: &str| report[name].as_i64().unwrap() - began;
    assert_eq!(
        [clock("preliminary_from"), clock("preliminary_by"), clock("final_by"), clock("final_by_if_improper")],
        [3 * DAY, 5 * DAY, 30 * DAY, 60 * DAY]
    );
    assert_eq!(report["target"], json!({"kind": "person", "id": "sato"}));
    assert_eq!(
        (&report["began_by"], &report["reason"], &report["frozen"]),
        (&json!("hara"), &json!("leak"), &json!(true))
    );
    assert_eq!((&report["live_calls"], &report["people_online"]), (&json!(1), &json!(1)));
    assert_eq!(report["affected_customers"], 2);
    let affected = report["affected"].as_array().unwrap();
    assert_eq!((affected.len(), &report["affected_is_complete"]), (2, &json!(true)));
    for customer in affected {
        assert!(customer["customer"].as_str().unwrap().starts_with("c_"));
        assert!(customer["since"].as_i64().unwrap() <= customer["last"].as_i64().unwrap());
    }
    assert!(!report.to_string().contains("C-1"));
    assert_eq!(logged(&service, "midori", "incident.reported").await, 1);
    // The note is for who may read incidents; in the database and the log it does not stand.
    assert_eq!(service.count("SELECT COUNT(*) FROM incidents WHERE note LIKE '%second line%'").await, 0);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE data LIKE '%second line%'").await, 0);
}

#[tokio::test]
async fn what_is_refused() {
    let service = Service::start().await;
    let security = service.desk("hara", 1).await;
    let path = "/v1/orgs/midori/incidents";
    let mut unconfirmed = begin("tenant", "midori");
    unconfirmed["confirm"] = json!("midorI");
    security.post(path, unconfirmed).await.problem(400, "malformed");
    let mut reason = begin("tenant", "midori");
    reason["reason"] = json!("boredom");
    security.post(path, reason).await.problem(400, "malformed");
    let mut note = begin("person", "sato");
    note["note"] = json!("x".repeat(2001));
    security.post(path, note).await.problem(400, "malformed");
    // Another's, unknown, of the wrong kind, or without anything between the two.
    let foreign = service.text("SELECT id FROM issuers WHERE tenant = 'aozora'").await;
    for (kind, id) in [
        ("tenant", "aozora"),
        ("partner", "midori"),
        ("partner", "aozora"),
        ("person", "tanaka"),
        ("person", "ito"),
        ("person", "nobody"),
        ("issuer", foreign.as_str()),
    ] {
        security.post(path, begin(kind, id)).await.problem(404, "not-found");
        let target = json!({"target": {"kind": kind, "id": id}});
        security.post(&format!("{path}/preview"), target).await.problem(404, "not-found");
    }
    security.post(path, begin("person", "hara")).await.problem(409, "second-person");
    let incident = freeze(&security, "midori", "person", "sato").await;
    security.post(path, begin("person", "sato")).await.problem(409, "in-use");
    assert_eq!(service.count("SELECT COUNT(*) FROM incidents").await, 1);
    // By role: who only looks, who does not even look, and another organisation's security.
    for (person, seed, list, change) in [
        ("abe", 2, 200, 403),
        ("ono", 3, 200, 403),
        ("suzuki", 4, 404, 404),
        ("kondo", 5, 404, 404),
        ("kato", 6, 404, 404),
    ] {
        let desk = service.desk(person, seed).await;
        assert_eq!(desk.get(path).await.status, list, "{person}");
        assert_eq!(desk.get(&format!("{path}/{incident}/report")).await.status, list, "{person}");
        assert_eq!(desk.post(path, begin("person", "endo")).await.status, change, "{person}");
        assert_eq!(thaw(&desk, "midori", &incident).await, change, "{person}");
    }
    // By path: one's own organisation's name before another's incident.
    let stranger = service.desk("kondo", 7).await;
    assert_eq!(thaw(&stranger, "aozora", &incident).await, 404);
    assert_eq!(service.text("SELECT status FROM people WHERE id = 'sato'").await, "frozen");
    // Who is frozen does not end it, whatever their roles.
    let owner = service.desk("mori", 8).await;
    let about = freeze(&security, "midori", "person", "mori").await;
    assert_eq!(thaw(&owner, "midori", &about).await, 401);
}
