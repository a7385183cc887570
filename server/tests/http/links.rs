//! For phones that no push reached: links, QR codes, spoken codes, and a tenant's own SMS gateway.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use honnin_server::webhook::signature;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::{Answer, Desk, Phone, Service};

const MINUTE: i64 = 60_000;

async fn make(desk: &Desk<'_>, id: &str) -> Value {
    desk.post(&format!("/v1/verifications/{id}/link"), json!({})).await.ok(201)
}

fn token(made: &Value) -> String {
    made["link"].as_str().unwrap().split_once("/app/#r=").unwrap().1.to_owned()
}

async fn bring(phone: &Phone<'_>, body: Value) -> Answer {
    phone.post("/v1/device/links", body).await
}

#[tokio::test]
async fn a_link_and_a_code_lead_the_one_phone_to_its_request_once() {
    let service = Service::idle(json!({})).await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let made = make(&desk, id).await;
    assert!(made["link"].as_str().unwrap().starts_with(&format!("{}/app/#r=", service.origin)));
    assert_eq!((token(&made).len(), made["code"].as_str().unwrap().len()), (22, 6));
    assert!(made["qr_svg"].as_str().unwrap().contains("<svg"));
    assert_eq!(made["expires_at"], asked["expires_at"]);
    // Another customer's phone learns nothing, and uses nothing up.
    let (link, code) = (json!({"token": token(&made)}), json!({"code": made["code"]}));
    let foreign = bring(&other, link.clone()).await.problem(404, "not-found");
    assert_eq!(bring(&other, code.clone()).await.problem(404, "not-found"), foreign);
    assert_eq!(bring(&phone, json!({"token": "A".repeat(22)})).await.problem(404, "not-found"), foreign);
    assert_eq!(bring(&phone, link.clone()).await.ok(200), json!({"verification": id}));
    assert_eq!(bring(&phone, link).await.problem(404, "not-found"), foreign);
    assert_eq!(bring(&phone, code).await.problem(404, "not-found"), foreign, "one use for both");
    // From there it is a request like any other.
    let request = phone.open(id).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &approval).await.ok(200);

    // The newest counts, and by code as well.
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let (first, second) = (make(&desk, id).await, make(&desk, id).await);
    bring(&phone, json!({"token": token(&first)})).await.problem(404, "not-found");
    assert_eq!(bring(&phone, json!({"code": second["code"]})).await.ok(200)["verification"], id);
    for _ in 0..3 {
        make(&desk, id).await;
    }
    let path = format!("/v1/verifications/{id}/link");
    desk.post(&path, json!({})).await.problem(429, "too-many-requests");
    // Nothing of it lies open in the database.
    let held = service.text("SELECT token_hash || code_index FROM request_links WHERE code_index IS NOT NULL").await;
    assert!(!held.contains(&token(&second)));
}

#[tokio::test]
async fn a_link_is_the_askers_and_lapses_with_its_request() {
    let service = Service::idle(json!({})).await;
    let (desk, other) = (service.desk("sato", 1).await, service.desk("suzuki", 2).await);
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let path = format!("/v1/verifications/{}/link", asked["id"].as_str().unwrap());
    other.post(&path, json!({})).await.problem(404, "not-found");
    service.call(Method::POST, &path, Some(&json!({})), &[]).await.problem(403, "forbidden-origin");
    desk.post(&path, json!({"more": 1})).await.problem(400, "malformed");
    let made = make(&desk, asked["id"].as_str().unwrap()).await;
    service.shift_clock(3 * MINUTE).await;
    bring(&phone, json!({"code": made["code"]})).await.problem(404, "not-found");
    bring(&phone, json!({"token": token(&made)})).await.problem(404, "not-found");
    assert_eq!(desk.post(&path, json!({})).await.status, 410);
    // Nobody's phone, nothing to open.
    let nobody = desk.ask("C-nobody", "standard").await;
    let path = format!("/v1/verifications/{}/link", nobody["id"].as_str().unwrap());
    assert!([409, 410].contains(&desk.post(&path, json!({})).await.status));
    for bad in [
        json!({}),
        json!({"code": "12345"}),
        json!({"code": "12345a"}),
        json!({"code": "１２３４５６"}),
        json!({"token": "short"}),
        json!({"token": "A".repeat(22), "code": "123456"}),
    ] {
        bring(&phone, bad).await.problem(400, "malformed");
    }
    let anonymous = service.post("/v1/device/links", json!({"code": "123456"})).await;
    anonymous.problem(401, "unauthenticated");
}

#[tokio::test]
async fn codes_guessed_in_bulk_are_refused_and_nothing_is_learned() {
    let service = Service::idle(json!({})).await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let made = make(&desk, asked["id"].as_str().unwrap()).await;
    let right = made["code"].as_str().unwrap().to_owned();
    let wrong: Vec<String> = (0..40).map(|n| format!("{:06}", 900_000 + n)).filter(|c| *c != right).collect();
    // Many at once gain nothing: they are counted one after the other.
    let answers =
        futures_util::future::join_all(wrong.iter().take(20).map(|c| bring(&phone, json!({"code": c})))).await;
    let refused = answers.iter().filter(|a| a.status == 404).count();
    assert!(refused == 5 && answers.iter().all(|a| [404, 429].contains(&a.status)), "{refused}");
    // While it is barred the right one says no more than a wrong one.
    let right_now = bring(&phone, json!({"code": right})).await.problem(429, "too-many-requests");
    assert_eq!(bring(&phone, json!({"code": wrong[30]})).await.problem(429, "too-many-requests"), right_now);
    // Each further wrong one bars for twice as long.
    for (after, status) in [(31_000, 404), (62_000, 429), (92_000, 404), (180_000, 429)] {
        service.shift_clock(after).await;
        assert_eq!(bring(&phone, json!({"code": wrong[31]})).await.status, status, "after {after} ms");
    }
    // A link is not guessed, so it is not barred; another phone is not either, and a right code forgets the wrong ones.
    let other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let asked = desk.ask("C-2", "standard").await;
    let made = make(&desk, asked["id"].as_str().unwrap()).await;
    bring(&other, json!({"code": wrong[0]})).await.problem(404, "not-found");
    bring(&other, json!({"code": made["code"]})).await.ok(200);
    assert_eq!(
        service
            .count(&format!(
                "SELECT COUNT(*) FROM wrong_guesses WHERE subject = (SELECT customer FROM devices WHERE id = '{}')",
                other.device
            ))
            .await,
        0
    );
    let asked = desk.ask("C-1", "standard").await;
    let made = make(&desk, asked["id"].as_str().unwrap()).await;
    bring(&phone, json!({"token": token(&made)})).await.ok(200);

    // Over all phones of a tenant.
    service.sql("UPDATE wrong_guesses SET wrong = 200 WHERE subject = 't:midori'").await.unwrap();
    bring(&other, json!({"code": wrong[1]})).await.problem(404, "not-found");
    bring(&other, json!({"code": wrong[2]})).await.problem(429, "too-many-requests");
    let elsewhere = Phone::enrolled(&service, "aozora", "A-1", 22).await;
    bring(&elsewhere, json!({"code": wrong[1]})).await.problem(404, "not-found");
}

#[tokio::test]
async fn one_address_brings_only_so_many() {
    let service = Service::idle(json!({"limits": {"codes_per_address_per_minute": 3}})).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    for _ in 0..3 {
        bring(&phone, json!({"token": "A".repeat(22)})).await.problem(404, "not-found");
    }
    bring(&phone, json!({"token": "A".repeat(22)})).await.problem(429, "too-many-requests");
}

type Got = (HeaderMap, String);

/// A gateway that answers with these codes in turn, then with 204.
async fn gateway(answers: &'static [u16]) -> (String, mpsc::UnboundedReceiver<Got>) {
    let (sender, got) = mpsc::unbounded_channel();
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let take = move |headers: HeaderMap, body: String| {
        sender.send((headers, body)).unwrap();
        let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async move { StatusCode::from_u16(answers.get(n).copied().unwrap_or(204)).unwrap() }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/sms", listener.local_addr().unwrap());
    let router = Router::new().route("/sms", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, got)
}

#[tokio::test]
async fn the_tenants_gateway_is_handed_the_link_alone() {
    let service = Service::idle(json!({})).await;
    let (desk, owner) = (service.desk("sato", 1).await, service.desk("mori", 2).await);
    let phone = Phone::enrolled(&service, "midori", "C-7731", 20).await;
    let (url, mut got) = gateway(&[503]).await;
    let setting = "/v1/orgs/midori/sms-gateway";
    let asked = desk.ask("C-7731", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let path = format!("/v1/verifications/{id}/link");
    assert_eq!(desk.post(&path, json!({"sms": true})).await.status, 422, "there is none");
    for bad in ["http://sms.example.com/", "https://10.0.0.1/", "https://u:p@sms.example.com/"] {
        owner.call(Method::PUT, setting, Some(&json!({"url": bad}))).await.problem(400, "malformed");
    }
    let set = owner.call(Method::PUT, setting, Some(&json!({"url": url}))).await.ok(200);
    let secret = set["secret"].as_str().unwrap();
    assert_eq!(owner.get(setting).await.ok(200), json!({"url": url}));

    assert_eq!(desk.post(&path, json!({"sms": true})).await.ok(202), json!({"expires_at": asked["expires_at"]}));
    service.app.link_due().await.unwrap();
    service.shift_clock(3_000).await;
    service.app.link_due().await.unwrap();
    let (first, (headers, body)) = (got.try_recv().unwrap(), got.try_recv().unwrap());
    assert!(got.try_recv().is_err());
    let header = |name: &str| headers[name].to_str().unwrap();
    let signed = signature(secret, header("webhook-id"), header("webhook-timestamp").parse().unwrap(), &body);
    assert_eq!(header("webhook-signature"), signed.unwrap());
    assert_eq!(first.0["webhook-id"], headers["webhook-id"], "one message, tried twice");
    let body: Value = serde_json::from_str(&body).unwrap();
    let members: Vec<&String> = body["data"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["expires_at", "handle", "link"]);
    assert_eq!((&body["type"], &body["data"]["handle"]), (&json!("link.created"), &json!("C-7731")));
    // Neither company nor purpose; the token lies nowhere but in the message.
    let all = body.to_string();
    assert!(!all.contains("みどり") && !all.contains("address") && !all.contains(id));
    let token = token(&body["data"]);
    for (table, column) in [("outbox", "body"), ("request_links", "token_hash"), ("events", "data")] {
        let count = format!("SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%{token}%' OR {column} LIKE '%C-7731%'");
        assert_eq!(service.count(&count).await, 0, "{table}");
    }
    assert_eq!(bring(&phone, json!({"token": token})).await.ok(200)["verification"], id);

    // What is over is not sent.
    desk.post(&path, json!({"sms": true})).await.ok(202);
    desk.post(&format!("/v1/verifications/{id}/cancel"), json!({})).await.ok(200);
    service.app.link_due().await.unwrap();
    assert!(got.try_recv().is_err());
    assert_eq!(service.count("SELECT COUNT(*) FROM outbox WHERE kind = 'link' AND outcome = 'over'").await, 1);
    assert_eq!(owner.call(Method::PUT, setting, Some(&json!({"url": null}))).await.ok(200), json!({}));
    assert_eq!(owner.get(setting).await.ok(200), json!({"url": null}));
}
