//! The gate asks anew: whoever lost their standing while the phone was thinking does not get through.

use serde_json::json;

use crate::support::{Phone, Service};

#[tokio::test]
async fn a_party_that_was_suspended_meanwhile_stops_the_pass() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let code = asked["match_code"].as_str().unwrap();
    let cases = [
        ("UPDATE people SET status = 'frozen' WHERE id = 'sato'", "UPDATE people SET status = 'active'"),
        ("UPDATE issuers SET status = 'suspended'", "UPDATE issuers SET status = 'active'"),
        ("UPDATE issuer_certificates SET status = 'revoked'", "UPDATE issuer_certificates SET status = 'active'"),
        (
            "DELETE FROM roles WHERE person = 'sato'",
            "INSERT INTO roles (person, role, granted_by, granted_at) VALUES ('sato', 'operator', 'test', 1)",
        ),
        ("UPDATE sessions SET status = 'ended'", "UPDATE sessions SET status = 'active'"),
    ];
    for (break_it, mend_it) in cases {
        service.sql(break_it).await.unwrap();
        let body = phone.approval(&request, code).await.body;
        let answer = phone.approve(id, &body).await;
        assert_eq!(answer.status, 403, "{break_it}");
        answer.problem(403, "not-in-good-standing");
        service.sql(mend_it).await.unwrap();
    }
    // These cost the phone its token at once.
    for (break_it, mend_it) in [
        (
            "UPDATE organisations SET status = 'frozen' WHERE id = 'midori'",
            "UPDATE organisations SET status = 'active'",
        ),
        ("UPDATE devices SET status = 'revoked'", "UPDATE devices SET status = 'active'"),
    ] {
        service.sql(break_it).await.unwrap();
        let body = phone.approval(&request, code).await.body;
        phone.approve(id, &body).await.problem(401, "unauthenticated");
        service.sql(mend_it).await.unwrap();
    }
    service.sql("UPDATE issuer_certificates SET not_after = 1").await.unwrap();
    let body = phone.approval(&request, code).await.body;
    phone.approve(id, &body).await.problem(422, "issuer-certificate-expired");
    service.sql("UPDATE issuer_certificates SET not_after = 99999999999999").await.unwrap();

    assert_eq!(desk.view(id).await["state"], "opened");
    let body = phone.approval(&request, code).await.body;
    phone.approve(id, &body).await.ok(200);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'verification.answer-refused'").await, 6);
}

#[tokio::test]
async fn a_locked_console_does_not_stop_its_open_request() {
    let service = Service::start().await;
    let mut desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    desk.post("/v1/operator/lock", json!({})).await;
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &body).await.ok(200);
    desk.login().await;
    assert_eq!(desk.view(id).await["state"], "passed");
}
