//! Alerts: raised for what looks suspicious, acknowledged, and sent to a webhook.

use std::time::Duration;

use honnin_server::webhook::signature;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::receiver::Receiver;
use crate::support::{Answer, Desk, Phone, Service};

async fn set(desk: &Desk<'_>, url: Value) -> Answer {
    desk.call(Method::PUT, "/v1/orgs/midori/alerts/webhook", Some(&json!({"url": url}))).await
}

async fn alerts(desk: &Desk<'_>) -> Vec<Value> {
    desk.get("/v1/orgs/midori/alerts").await.ok(200)["alerts"].as_array().unwrap().clone()
}

/// A customer reports a request.
async fn report(desk: &Desk<'_>, phone: &Phone<'_>) {
    let asked = desk.ask(&phone.handle, "standard").await;
    let id = asked["id"].as_str().unwrap();
    phone.open(id).await;
    phone.post(&format!("/v1/device/requests/{id}/refuse"), json!({"report": true})).await.ok(200);
}

/// Thresholds that a test reaches; no hour is odd.
fn strict() -> Value {
    json!({"suspicion": {"burst_starts": 3, "customers_per_day": 4, "refusals": 2, "day_begins": 0, "day_ends": 24}})
}

#[tokio::test]
async fn a_report_reaches_the_webhook_at_once_and_signed() {
    let service = Service::start().await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let phone = Phone::enrolled(&service, "midori", "C-7731", 20).await;
    let mut receiver = Receiver::start(&[]).await;
    let secret = set(&hara, json!(receiver.url)).await.ok(200)["secret"].as_str().unwrap().to_owned();
    report(&desk, &phone).await;
    let got = tokio::time::timeout(Duration::from_secs(10), receiver.got.recv()).await.unwrap().unwrap();
    let (id, seconds) = (got.header("webhook-id"), got.header("webhook-timestamp").parse().unwrap());
    assert_eq!(got.header("webhook-signature"), signature(&secret, id, seconds, &got.body).unwrap());
    assert!((service.app.db().now().await.unwrap() / 1000 - seconds).abs() < 30);
    let body: Value = serde_json::from_str(&got.body).unwrap();
    let listed = alerts(&hara).await;
    assert_eq!((&body["type"], &body["data"]["kind"]), (&json!("alert.raised"), &json!("reported")));
    assert_eq!((&body["data"]["id"], &listed[0]["person"]), (&listed[0]["id"], &json!("sato")));
    assert!(!got.body.contains("C-7731") && id.starts_with("msg_"));
}

#[tokio::test]
async fn the_webhook_is_the_security_roles_and_public() {
    let service = Service::idle(json!({})).await;
    let hara = service.desk("hara", 2).await;
    let shown = set(&hara, json!("https://soc.example.com/hook")).await.ok(200);
    let secret = shown["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    let listed = hara.get("/v1/orgs/midori/alerts").await.ok(200);
    assert_eq!(listed["webhook"], "https://soc.example.com/hook");
    assert!(!listed.to_string().contains("whsec"));
    assert_eq!(
        service.count(&format!("SELECT COUNT(*) FROM alert_webhooks WHERE secret LIKE '%{}%'", &secret[6..])).await,
        0
    );
    assert_ne!(set(&hara, json!("https://soc.example.com/hook")).await.ok(200)["secret"], secret);
    for bad in [
        "http://soc.example.com/",
        "https://10.0.0.1/",
        "https://169.254.169.254/",
        "https://u:p@soc.example.com/",
        "nonsense",
    ] {
        set(&hara, json!(bad)).await.problem(400, "malformed");
    }
    let put = async |body: Value| hara.call(Method::PUT, "/v1/orgs/midori/alerts/webhook", Some(&body)).await;
    put(json!({})).await.problem(400, "malformed");
    put(json!({"url": null, "secret": "x"})).await.problem(400, "malformed");
    let (mori, sato, kondo) =
        (service.desk("mori", 3).await, service.desk("sato", 4).await, service.desk("kondo", 5).await);
    set(&mori, json!("https://a.example/")).await.problem(403, "not-permitted");
    for desk in [&sato, &kondo] {
        set(desk, json!("https://a.example/")).await.problem(404, "not-found");
        desk.get("/v1/orgs/midori/alerts").await.problem(404, "not-found");
    }
    assert_eq!(set(&hara, json!(null)).await.ok(200), json!({}));
    assert_eq!(hara.get("/v1/orgs/midori/alerts").await.ok(200)["webhook"], json!(null));
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind IN ('webhook.set', 'webhook.removed')").await, 3);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE data LIKE '%soc.example%'").await, 0);
}

#[tokio::test]
async fn what_a_receiver_does_not_take_is_sent_again() {
    let service = Service::idle(json!({})).await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    // A redirect is no success and is not followed.
    let mut receiver = Receiver::start(&[500, 302, 204]).await;
    set(&hara, json!(receiver.url)).await.ok(200);
    report(&desk, &phone).await;
    let mut ids = Vec::new();
    for (after_ms, came) in [(0, 1), (4_000, 0), (5_500, 1), (300_000, 0), (306_000, 1), (86_400_000, 0)] {
        service.shift_clock(after_ms).await;
        // Several nodes at once: one of them sends it.
        let (a, b, c) = tokio::join!(service.app.send_due(), service.app.send_due(), service.app.send_due());
        for sent in [a, b, c] {
            sent.unwrap();
        }
        let got = receiver.all();
        assert_eq!(got.len(), came, "after {after_ms} ms");
        ids.extend(got.iter().map(|g| g.header("webhook-id").to_owned()));
    }
    assert!(ids.len() == 3 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(service.text("SELECT outcome FROM outbox WHERE done_at IS NOT NULL").await, "204");
}

#[tokio::test]
async fn ten_attempts_are_enough() {
    let service = Service::idle(json!({})).await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut receiver = Receiver::start(&[503; 20]).await;
    set(&hara, json!(receiver.url)).await.ok(200);
    report(&desk, &phone).await;
    for hours in 0..12 {
        service.shift_clock(hours * 25 * 3_600_000).await;
        service.app.send_due().await.unwrap();
    }
    assert_eq!(receiver.all().len(), 10);
    assert_eq!(service.text("SELECT outcome FROM outbox WHERE done_at IS NOT NULL").await, "given up: 503");
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_asked_no_more() {
    let service = Service::idle(json!({})).await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut receiver = Receiver::start(&[410]).await;
    set(&hara, json!(receiver.url)).await.ok(200);
    report(&desk, &phone).await;
    service.app.send_due().await.unwrap();
    report(&desk, &phone).await;
    service.app.send_due().await.unwrap();
    assert_eq!(receiver.all().len(), 1);
    assert_eq!(hara.get("/v1/orgs/midori/alerts").await.ok(200)["webhook"], json!(null));
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'webhook.disabled'").await, 1);
    // A message that waited while the webhook was removed ends too; and an address that leads inside is not met.
    set(&hara, json!(receiver.url)).await.ok(200);
    report(&desk, &phone).await;
    service.sql("UPDATE alert_webhooks SET url = 'http://10.0.0.1/'").await.unwrap();
    service.app.send_due().await.unwrap();
    assert_eq!(
        service
            .count("SELECT COUNT(*) FROM outbox WHERE outcome = 'the webhook is an https URL' AND done_at IS NULL")
            .await,
        1
    );
    set(&hara, json!(null)).await.ok(200);
    service.shift_clock(10_000).await;
    service.app.send_due().await.unwrap();
    assert_eq!(
        service.count("SELECT COUNT(*) FROM outbox WHERE outcome = 'no-webhook' AND done_at IS NOT NULL").await,
        1
    );
    assert!(receiver.all().is_empty());
}

#[tokio::test]
async fn a_claim_of_a_process_that_died_lapses() {
    let service = Service::idle(json!({})).await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut receiver = Receiver::start(&[]).await;
    set(&hara, json!(receiver.url)).await.ok(200);
    report(&desk, &phone).await;
    let now = service.app.db().now().await.unwrap();
    service.sql(&format!("UPDATE outbox SET claimed_until = {}", now + 60_000)).await.unwrap();
    service.app.send_due().await.unwrap();
    assert!(receiver.all().is_empty(), "it is another's");
    service.shift_clock(61_000).await;
    service.app.send_due().await.unwrap();
    assert_eq!(receiver.all().len(), 1);
}

#[tokio::test]
async fn what_looks_suspicious_is_raised_once() {
    let service = Service::idle(strict()).await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let endo = service.desk("endo", 3).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    assert_eq!(service.app.watch().await.unwrap(), 0);
    for handle in ["C-2", "C-3"] {
        desk.ask(handle, "standard").await;
    }
    assert_eq!(service.app.watch().await.unwrap(), 0);
    for handle in ["C-4", "C-5"] {
        desk.ask(handle, "standard").await;
    }
    // Two refusals: against the person, and by the customer.
    for _ in 0..2 {
        let asked = desk.ask("C-1", "light").await;
        let id = asked["id"].as_str().unwrap();
        phone.open(id).await;
        phone.post(&format!("/v1/device/requests/{id}/refuse"), json!({"report": false})).await.ok(200);
    }
    endo.get("/v1/orgs/midori/audit").await.ok(200);
    let (a, b) = tokio::join!(service.app.watch(), service.app.watch());
    assert_eq!(a.unwrap() + b.unwrap(), 5, "on several nodes too");
    assert_eq!(service.app.watch().await.unwrap(), 0);
    let mut raised: Vec<(String, Value)> =
        alerts(&hara).await.iter().map(|a| (a["kind"].as_str().unwrap().to_owned(), a["person"].clone())).collect();
    raised.sort_by_key(|r| r.0.clone() + &r.1.to_string());
    let expected = [
        ("burst", json!("sato")),
        ("log-viewed", json!("endo")),
        ("many-customers", json!("sato")),
        ("repeated-refusals", json!("sato")),
        ("repeated-refusals", json!(null)),
    ];
    assert_eq!(raised, expected.map(|(kind, person)| (kind.to_owned(), person)));
    // The flags of the search say the same.
    let found = endo.get("/v1/orgs/midori/audit?suspicious=true&person=sato&limit=200").await.ok(200);
    let flags: Vec<&str> = found["events"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|e| e["flags"].as_array().unwrap())
        .map(|f| f.as_str().unwrap())
        .collect();
    for flag in ["burst", "many-customers", "repeated-refusals"] {
        assert!(flags.contains(&flag), "{flags:?}");
    }
    assert!(!flags.contains(&"odd-hours"));
}

#[tokio::test]
async fn work_at_night_stands_out() {
    let service = Service::idle(json!({})).await;
    // Three in the morning in Tokyo is 18:00 UTC.
    let day = 86_400_000;
    let now = service.app.db().now().await.unwrap();
    service.shift_clock((18 * 3_600_000 - now).rem_euclid(day)).await;
    let (desk, endo) = (service.desk("sato", 1).await, service.desk("endo", 2).await);
    desk.ask("C-404", "standard").await;
    assert!(service.app.watch().await.unwrap() >= 2);
    assert!(service.count("SELECT COUNT(*) FROM alerts WHERE kind = 'odd-hours' AND person = 'sato'").await == 1);
    let found = endo.get("/v1/orgs/midori/audit?suspicious=true&kind=verification").await.ok(200);
    let kinds: Vec<&str> = found["events"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["verification.created"], "that nobody answered is no act of a person");
}

#[tokio::test]
async fn somebody_looked() {
    let service = Service::idle(json!({})).await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let (ueda, mori, kondo) =
        (service.desk("ueda", 3).await, service.desk("mori", 4).await, service.desk("kondo", 5).await);
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    report(&desk, &phone).await;
    let id = alerts(&hara).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/orgs/midori/alerts/{id}/acknowledge");
    mori.post(&path, json!({})).await.problem(403, "not-permitted");
    desk.post(&path, json!({})).await.problem(404, "not-found");
    kondo.post(&path, json!({})).await.problem(404, "not-found");
    kondo.post(&format!("/v1/orgs/aozora/alerts/{id}/acknowledge"), json!({})).await.problem(404, "not-found");
    hara.post(&path, json!({})).await.ok(204);
    ueda.post(&path, json!({})).await.ok(204);
    let alert = &alerts(&mori).await[0];
    assert_eq!(alert["acknowledged_by"], "hara");
    assert!(alert["acknowledged_at"].as_i64().unwrap() >= alert["at"].as_i64().unwrap());
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'alert.acknowledged'").await, 1);
    hara.post("/v1/orgs/midori/alerts/a_nope/acknowledge", json!({})).await.problem(404, "not-found");
}
