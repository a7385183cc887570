//! A BPO's operators work for a tenant as far as its delegation goes, and no further.

use reqwest::Method;
use serde_json::json;

use crate::support::{Phone, Service};

#[tokio::test]
async fn a_partners_operator_verifies_under_a_delegation() {
    let service = Service::start().await;
    let desk = service.desk("ito", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let me = desk.get("/v1/operator/me").await.ok(200);
    assert_eq!(me["organisation"]["kind"], "partner");
    let tenant = &me["tenants"][0];
    assert_eq!(
        (&tenant["id"], tenant["purposes"].as_array().unwrap().len()),
        (&json!("midori"), 1),
        "as far as delegated"
    );
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &body).await.ok(200);
    assert_eq!(desk.view(id).await["state"], "passed");
    // Each use of a delegation is in the tenant's log.
    let uses =
        "SELECT COUNT(*) FROM events WHERE log = 'midori' AND kind = 'verification.created' AND data LIKE '%dl_%'";
    assert_eq!(service.count(uses).await, 1);
    let beyond = json!({"tenant": "midori", "handle": "C-1", "purpose": "light", "direction": "inbound"});
    desk.post("/v1/verifications", beyond).await.problem(422, "unknown-policy");
}

#[tokio::test]
async fn several_delegations_of_a_tenant_stand_side_by_side() {
    let service = Service::start().await;
    let (desk, owner) = (service.desk("ito", 1).await, service.desk("mori", 2).await);
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let now = service.app.db().now().await.unwrap();
    let second =
        json!({"partner": "hikari", "purposes": ["light"], "not_before": now - 1, "not_after": now + 86_400_000});
    let given = owner.post("/v1/orgs/midori/delegations", second).await.ok(201);
    let tenants = desk.get("/v1/operator/me").await.ok(200)["tenants"].clone();
    assert_eq!(tenants.as_array().unwrap().len(), 1, "the tenant once: {tenants}");
    let purposes = tenants[0]["purposes"].as_array().unwrap();
    assert_eq!(purposes.len(), 2);
    let light = purposes.iter().find(|p| p["code"] == "light").unwrap();
    assert_eq!((&light["delegation"], &light["until"]), (&given["id"], &json!(now + 86_400_000)));
    for purpose in ["address-change", "light"] {
        let body = json!({"tenant": "midori", "handle": "C-1", "purpose": purpose, "direction": "inbound"});
        desk.post("/v1/verifications", body).await.ok(201);
    }
}

#[tokio::test]
async fn a_delegation_that_ends_stops_what_is_open() {
    let service = Service::start().await;
    let desk = service.desk("ito", 1).await;
    let owner = service.desk("mori", 2).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let delegation = service.text("SELECT id FROM delegations").await;
    owner.delete(&format!("/v1/orgs/midori/delegations/{delegation}")).await.empty(204);
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &body).await.problem(403, "not-in-good-standing");
    let again = json!({"handle": "C-1", "purpose": "address-change", "direction": "inbound"});
    desk.post("/v1/verifications", again).await.problem(404, "not-found");
    owner.delete(&format!("/v1/orgs/midori/delegations/{delegation}")).await.problem(409, "already-decided");
    // Both sides have it in their logs.
    for log in ["midori", "hikari"] {
        let ended = format!("SELECT COUNT(*) FROM events WHERE log = '{log}' AND kind = 'delegation.ended'");
        assert_eq!(service.count(&ended).await, 1);
    }
}

#[tokio::test]
async fn a_delegation_begins_and_ends_by_itself() {
    let service = Service::start().await;
    let (mut desk, owner) = (service.desk("ito", 1).await, service.desk("mori", 2).await);
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let old = service.text("SELECT id FROM delegations").await;
    owner.delete(&format!("/v1/orgs/midori/delegations/{old}")).await.empty(204);
    let now = service.app.db().now().await.unwrap();
    let hour = 3_600_000;
    let give =
        |from: i64, to: i64| json!({"partner": "hikari", "purposes": ["light"], "not_before": from, "not_after": to});
    for (from, to) in [(now + hour, now), (now - hour, now - 1), (now, now + 4000 * 86_400_000)] {
        owner.post("/v1/orgs/midori/delegations", give(from, to)).await.problem(422, "refused");
    }
    owner
        .post(
            "/v1/orgs/midori/delegations",
            json!({"partner": "aozora", "purposes": ["light"], "not_before": now, "not_after": now + hour}),
        )
        .await
        .problem(422, "refused");
    owner
        .post(
            "/v1/orgs/midori/delegations",
            json!({"partner": "hikari", "purposes": ["nothing"], "not_before": now, "not_after": now + hour}),
        )
        .await
        .problem(422, "unknown-policy");
    owner.post("/v1/orgs/midori/delegations", give(now + hour, now + 2 * hour)).await.ok(201);
    let ask = json!({"handle": "C-1", "purpose": "light", "direction": "inbound"});
    desk.post("/v1/verifications", ask.clone()).await.problem(404, "not-found");
    service.shift_clock(hour + 1000).await;
    desk.login().await;
    desk.post("/v1/verifications", ask.clone()).await.ok(201);
    service.shift_clock(2 * hour + 1000).await;
    desk.login().await;
    desk.post("/v1/verifications", ask).await.problem(404, "not-found");
    // A partner gives none.
    let partner = service.desk("kato", 3).await;
    let answer = partner.call(Method::POST, "/v1/orgs/hikari/delegations", Some(&give(now, now + hour))).await;
    assert_eq!(answer.status, 403);
}
