//! One customer's data: all of it on demand, its end on demand, its end by time.

use serde_json::json;

use crate::support::stream::Events;
use crate::support::{Phone, Service};

#[tokio::test]
async fn the_export_is_everything() {
    let service = Service::start().await;
    let (desk, security) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let _other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &approval).await.ok(200);

    let path = "/v1/orgs/midori/customers/export";
    let all = security.post(path, json!({"handle": "C-1"})).await.ok(200);
    assert_eq!(all["customer"]["handle"], "C-1");
    for (list, count) in [("devices", 1), ("consents", 1), ("verifications", 1), ("enrolments", 1)] {
        assert_eq!(all[list].as_array().unwrap().len(), count, "{list}");
    }
    assert_eq!(all["devices"][0]["identity"]["label"], "Android");
    assert_eq!(all["verifications"][0]["approval"]["proof"], approval["proof"]);
    assert_eq!(all["verifications"][0]["statement"]["nonce"], request["statement"]["nonce"]);
    assert!(!all.to_string().contains("C-2"));
    // In the log, and without the handle.
    let event = service.text("SELECT data FROM events WHERE kind = 'customer.exported'").await;
    assert!(event.contains(all["customer"]["id"].as_str().unwrap()) && !event.contains("C-1\""), "{event}");

    security.post(path, json!({"handle": "C-9"})).await.problem(404, "not-found");
    security.post(path, json!({"handle": "03-1234-5678"})).await.problem(422, "looks-like-personal-data");
    desk.post(path, json!({"handle": "C-1"})).await.problem(404, "not-found");
    service.desk("kondo", 3).await.post(path, json!({"handle": "C-1"})).await.problem(404, "not-found");
    service.desk("abe", 4).await.post(path, json!({"handle": "C-1"})).await.ok(200);
}

#[tokio::test]
async fn erasure_leaves_an_opaque_identifier() {
    let service = Service::start().await;
    let (desk, security) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let kept = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let decided = desk.ask("C-1", "standard").await;
    let request = phone.open(decided["id"].as_str().unwrap()).await;
    let approval = phone.approval(&request, decided["match_code"].as_str().unwrap()).await.body;
    phone.approve(decided["id"].as_str().unwrap(), &approval).await.ok(200);
    desk.ask("C-2", "standard").await;
    let open = desk.ask("C-1", "standard").await;
    let stream = service.http.get(format!("{}/v1/operator/stream", service.origin)).header("cookie", &desk.cookie);
    let mut console = Events::new(stream.send().await.unwrap());

    let path = "/v1/orgs/midori/customers/erase";
    service.desk("abe", 4).await.post(path, json!({"handle": "C-1"})).await.problem(403, "not-permitted");
    let erased = security.post(path, json!({"handle": "C-1"})).await.ok(200);
    assert_eq!(erased, json!({"devices": 1, "verifications": 2}));
    security.post(path, json!({"handle": "C-1"})).await.problem(404, "not-found");

    // The console hears the end of the open request.
    loop {
        let event = console.next().await.unwrap();
        if event.data["id"] == open["id"] && event.data["state"] == "cancelled" {
            break;
        }
    }
    phone.get("/v1/device/requests").await.problem(401, "unauthenticated");
    kept.get("/v1/device/requests").await.ok(200);
    let customer = "(SELECT id FROM customers WHERE handle IS NULL AND handle_index IS NULL AND erased_at IS NOT NULL)";
    for (what, query) in [
        ("verifications", format!("SELECT COUNT(*) FROM verifications WHERE customer = {customer}")),
        ("consents", format!("SELECT COUNT(*) FROM consents WHERE customer = {customer}")),
        ("approvals", "SELECT COUNT(*) FROM approvals".to_owned()),
        (
            "devices",
            format!(
                "SELECT COUNT(*) FROM devices WHERE customer = {customer} AND (identity <> '' OR pseudonym_index <> '' OR status <> 'revoked')"
            ),
        ),
        (
            "tokens",
            format!(
                "SELECT COUNT(*) FROM device_tokens WHERE device IN (SELECT id FROM devices WHERE customer = {customer})"
            ),
        ),
        ("purging", "SELECT COUNT(*) FROM purging".to_owned()),
    ] {
        assert_eq!(service.count(&query).await, 0, "{what}");
    }
    assert_eq!(service.count("SELECT COUNT(*) FROM customers WHERE erased_at IS NOT NULL").await, 1);
    assert_eq!(service.count("SELECT COUNT(*) FROM verifications").await, 1, "another customer's stay");
    honnin_server::db::log::verify(&mut service.app.db().read().await.unwrap(), "midori").await.unwrap();
    // A rotation steps over what is empty.
    assert_eq!(security.post("/v1/orgs/midori/keys/rotate", json!({})).await.status, 204);
    assert_eq!(service.app.reseal("midori").await.unwrap().unreadable, 0);
    // The same handle is somebody new.
    assert_eq!(desk.ask("C-1", "standard").await["state"], "unreachable");
}

#[tokio::test]
async fn frozen_customers_are_listed_and_released() {
    let service = Service::start().await;
    let (desk, security) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let list = "/v1/orgs/midori/customers/frozen";
    assert_eq!(security.get(list).await.ok(200), json!({"frozen": []}));
    let refusals = service.app.config().limits.refusals_before_freeze;
    for _ in 0..2 {
        let asked = desk.ask("C-1", "standard").await;
        let path = format!("/v1/device/requests/{}/refuse", asked["id"].as_str().unwrap());
        phone.post(&path, json!({"report": false})).await.ok(200);
        // The harness's limit is high: all but the last, as if refused.
        let almost = format!("UPDATE customers SET refusals = {} WHERE frozen_until IS NULL", refusals - 1);
        service.sql(&almost).await.unwrap();
    }
    let body = json!({"handle": "C-1", "purpose": "address-change", "direction": "inbound"});
    desk.post("/v1/verifications", body).await.problem(429, "customer-frozen");
    let frozen = security.get(list).await.ok(200);
    assert_eq!(frozen["frozen"][0]["refusals"], refusals);
    let release = format!("{list}/{}/release", frozen["frozen"][0]["id"].as_str().unwrap());
    service.desk("abe", 4).await.post(&release, json!({})).await.problem(403, "not-permitted");
    service.desk("kondo", 5).await.post(&release, json!({})).await.problem(404, "not-found");
    assert_eq!(security.post(&release, json!({})).await.status, 204);
    security.post(&release, json!({})).await.problem(404, "not-found");
    desk.ask("C-1", "standard").await;
}

#[tokio::test]
async fn retention_purges_and_says_so() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &approval).await.ok(200);
    desk.ask("C-gone", "standard").await;
    let verifications = "SELECT COUNT(*) FROM verifications";
    let day = 86_400_000;
    // The configured 365 days are whole days of the tenant.
    service.shift_clock(365 * day).await;
    service.app.purge_expired().await.unwrap();
    assert_eq!(service.count(verifications).await, 2);
    service.shift_clock(367 * day).await;
    // Two nodes at once.
    let (one, two) = tokio::join!(service.app.purge_expired(), service.app.purge_expired());
    one.unwrap();
    two.unwrap();
    for left in [
        verifications,
        "SELECT COUNT(*) FROM approvals",
        "SELECT COUNT(*) FROM enrolments",
        "SELECT COUNT(*) FROM purging",
    ] {
        assert_eq!(service.count(left).await, 0, "{left}");
    }
    // Who is enrolled stays, who was only asked does not.
    assert_eq!(service.count("SELECT COUNT(*) FROM customers").await, 1);
    assert_eq!(service.count("SELECT COUNT(*) FROM devices WHERE status = 'active'").await, 1);
    let said = service.text("SELECT data FROM events WHERE kind = 'retention.purged' AND log = 'midori'").await;
    assert!(said.contains("\"verifications\":2") && said.contains("\"approvals\":1"), "{said}");
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'retention.purged'").await, 1);
    // Outside a purge nothing goes.
    assert!(service.sql("INSERT INTO purging (one) VALUES (2)").await.is_err());
}
