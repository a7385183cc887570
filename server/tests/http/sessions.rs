//! Console sessions: login, lock, idle, logout, invitations.

use serde_json::json;

use crate::support::{Phone, Service};

#[tokio::test]
async fn me_tells_what_may_be_asked() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let me = desk.get("/v1/operator/me").await.ok(200);
    assert_eq!(
        (&me["person"]["id"], &me["organisation"]["id"], &me["idle_lock_s"]),
        (&json!("sato"), &json!("midori"), &json!(300))
    );
    assert_eq!(
        (&me["person"]["roles"], &me["rights"]),
        (&json!(["operator"]), &json!({"verifications": ["view", "change"]}))
    );
    let tenant = &me["tenants"][0];
    assert_eq!((&tenant["id"], &tenant["purposes"][0]["delegation"]), (&json!("midori"), &json!(null)));
    let policy = &tenant["purposes"][0]["policy"];
    assert_eq!((&tenant["purposes"][0]["code"], &policy["id"]), (&json!("address-change"), &json!("standard")));
    assert!(policy["words"]["proves"].as_array().is_some_and(|w| !w.is_empty()));
    service.call(reqwest::Method::GET, "/v1/operator/me", None, &[]).await.problem(401, "unauthenticated");
    service
        .call(reqwest::Method::GET, "/v1/operator/me", None, &[("cookie", "honnin=nonsense")])
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_cookie_is_out_of_scripts_reach() {
    let service = Service::start().await;
    let mut desk = service.desk("sato", 1).await;
    let login = desk.login().await;
    let cookie = login.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"), "{cookie}");
    assert_eq!(login.status, 204);
}

#[tokio::test]
async fn a_locked_session_waits_for_its_passkey() {
    let service = Service::start().await;
    let mut desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    assert_eq!(desk.post("/v1/operator/lock", json!({})).await.status, 204);
    assert_eq!(desk.post("/v1/operator/lock", json!({})).await.status, 204);
    for path in ["/v1/operator/me", "/v1/verifications", "/v1/operator/stream", &format!("/v1/verifications/{id}")] {
        desk.get(path).await.problem(401, "session-locked");
    }
    let old = desk.cookie.clone();
    assert_eq!(desk.login().await.status, 204);
    assert_ne!(desk.cookie, old);
    desk.get("/v1/operator/me").await.ok(200);
    // The same session goes on: its request is still its own, the old token is dead.
    phone.open(id).await;
    assert_eq!(desk.view(id).await["state"], "opened");
    service
        .call(reqwest::Method::GET, "/v1/operator/me", None, &[("cookie", &old)])
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn silence_locks_and_activity_does_not() {
    let service = Service::start().await;
    let mut desk = service.desk("sato", 1).await;
    for minutes in [4, 8, 12] {
        service.shift_clock(minutes * 60_000).await;
        desk.get("/v1/operator/me").await.ok(200);
    }
    service.shift_clock(17 * 60_000 + 5_000).await;
    desk.get("/v1/operator/me").await.problem(401, "session-locked");
    desk.get("/v1/operator/me").await.problem(401, "session-locked");
    assert_eq!(desk.login().await.status, 204);
    desk.get("/v1/operator/me").await.ok(200);
    service.shift_clock(13 * 3_600_000).await;
    desk.get("/v1/operator/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn logout_ends_the_session_and_its_requests() {
    let service = Service::start().await;
    let mut desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    assert_eq!(desk.post("/v1/operator/logout", json!({})).await.status, 204);
    desk.get("/v1/operator/me").await.problem(401, "unauthenticated");
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await;
    phone.approve(id, &approval.body).await.problem(409, "already-decided");
    assert_eq!(desk.login().await.status, 204);
    assert_eq!(desk.view(id).await["state"], "cancelled");
}

#[tokio::test]
async fn logins_that_do_not_hold() {
    let service = Service::start().await;
    let mut desk = service.desk("sato", 1).await;
    let start = || desk.post("/v1/operator/login/start", json!({}));
    let (first, second) = (start().await.ok(200), start().await.ok(200));
    let response = desk.passkey.assert(first["passkey"]["challenge"].as_str().unwrap());
    let finish =
        |login: &serde_json::Value, response: &serde_json::Value| json!({"login": login, "response": response});
    // For another ceremony; that uses it up.
    desk.post("/v1/operator/login/finish", finish(&second["login"], &response)).await.problem(422, "assertion-invalid");
    desk.post("/v1/operator/login/finish", finish(&second["login"], &response)).await.problem(410, "expired");
    assert_eq!(desk.post("/v1/operator/login/finish", finish(&first["login"], &response)).await.status, 204);
    desk.post("/v1/operator/login/finish", finish(&first["login"], &response)).await.problem(410, "expired");
    // Without user verification, and from another key.
    desk.passkey.flags = crate::support::authenticator::UP;
    desk.login().await.problem(422, "user-verification-required");
    desk.passkey.flags = crate::support::authenticator::UP_UV;
    let key = std::mem::replace(&mut desk.passkey.key, crate::support::authenticator::signing_key(99));
    desk.login().await.problem(422, "assertion-invalid");
    desk.passkey.key = key;
    service.sql("UPDATE people SET status = 'frozen' WHERE id = 'sato'").await.unwrap();
    desk.login().await.problem(422, "assertion-invalid");
    desk.get("/v1/operator/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_invitation_serves_once_and_for_an_hour() {
    let service = Service::start().await;
    assert!(service.app.invite("nobody").await.unwrap().is_none());
    let link = service.app.invite("sato").await.unwrap().unwrap();
    assert!(link.starts_with(&format!("{}/console/#invite=", service.origin)));
    let origin = [("origin", service.origin.as_str())];
    let path = |token: &str| format!("/v1/operator/invitations/{token}/start");
    service_call(&service, &path("nonsense"), &origin).await.problem(404, "not-found");
    let token = link.rsplit_once('=').unwrap().1;
    service_call(&service, &path(token), &origin).await.ok(200);
    // Only its hash is kept.
    assert_eq!(service.text("SELECT token_hash FROM invitations").await.len(), 64);
    service.shift_clock(3_600_000).await;
    service_call(&service, &path(token), &origin).await.problem(410, "expired");
}

async fn service_call(service: &Service, path: &str, headers: &[(&str, &str)]) -> crate::support::Answer {
    service.call(reqwest::Method::POST, path, Some(&json!({})), headers).await
}

#[tokio::test]
async fn a_used_invitation_is_refused() {
    let service = Service::start().await;
    let link = service.app.invite("sato").await.unwrap().unwrap();
    let token = link.rsplit_once('=').unwrap().1;
    let headers = [("origin", service.origin.as_str())];
    let mut passkey = crate::support::authenticator::Authenticator::new(1, &service.origin);
    let started = service_call(&service, &format!("/v1/operator/invitations/{token}/start"), &headers).await.ok(200);
    let response = passkey.register(&started["passkey"]);
    let path = format!("/v1/operator/invitations/{token}/finish");
    assert_eq!(service.call(reqwest::Method::POST, &path, Some(&response), &headers).await.status, 204);
    service.call(reqwest::Method::POST, &path, Some(&response), &headers).await.problem(409, "already-decided");
    service_call(&service, &format!("/v1/operator/invitations/{token}/start"), &headers)
        .await
        .problem(409, "already-decided");
}
