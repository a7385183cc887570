//! Waking phones: what a push service gets, what it answers, and who may be one.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::push_service::PushService;
use crate::support::{Answer, Phone, Service};

const SECOND: i64 = 1_000;

async fn put(phone: &Phone<'_>, body: &Value) -> Answer {
    phone.call(Method::PUT, "/v1/device/push", Some(body)).await
}

/// A notice and nothing else: an id of 128 bits.
#[track_caller]
fn is_opaque(said: &Value) {
    let id = said["id"].as_str().unwrap();
    assert_eq!(*said, json!({"v": 1, "id": id}));
    assert_eq!((id.len(), crate::support::authenticator::unb64(id).len()), (22, 16));
}

#[tokio::test]
async fn a_request_wakes_the_phone_at_once_and_says_nothing_but_an_opaque_id() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-7731", 20).await;
    let mut push = PushService::start().await;
    let key = phone.get("/v1/device/push").await.ok(200);
    put(&phone, &push.subscribe(7)).await.empty(204);

    let asked = desk.ask("C-7731", "standard").await;
    let got = push.next().await;
    assert_eq!((got.to.as_str(), got.status), ("7", 201));
    is_opaque(&got.said);
    assert_eq!((got.header("urgency"), got.header("topic")), ("high", "request"));
    let ttl: i64 = got.header("ttl").parse().unwrap();
    assert!((100..=120).contains(&ttl), "{ttl}");
    // The key that the browser was told is the one that signs.
    assert!(got.header("authorization").ends_with(key["public_key"].as_str().unwrap()));
    // The push service's word moves nothing: only the phone does.
    let id = asked["id"].as_str().unwrap();
    assert_eq!(desk.view(id).await["state"], "created");
    phone.open(id).await;
    assert_eq!(desk.view(id).await["state"], "opened");

    let metrics = service.call(Method::GET, "/metrics", None, &[]).await.body;
    let metrics = metrics.as_str().unwrap();
    assert!(metrics.contains("honnin_pushes_total{kind=\"web\",outcome=\"accepted\"} 1"), "{metrics}");
    assert!(!metrics.contains("C-7731") && !metrics.contains("midori"));
}

#[tokio::test]
async fn nothing_of_the_request_is_in_any_push_nor_of_the_phone_in_the_database() {
    let push = PushService::start().await;
    let dir = tempfile::tempdir().unwrap();
    let service = Service::idle(json!({"push": push.accounts(dir.path())})).await;
    let mut push = push;
    let desk = service.desk("sato", 1).await;
    let handle = "C-KANARIA-2207";
    let phone = Phone::enrolled(&service, "midori", handle, 20).await;
    let (apple, google) = ("ab".repeat(32), "fGoogle:APA91b-token_for.tests");
    let targets = [push.subscribe(7), json!({"kind": "apns", "token": apple}), json!({"kind": "fcm", "token": google})];
    let mut secrets = vec![handle.to_owned(), "midori".into(), "みどり".into(), "address-change".into(), "住所".into()];
    for target in &targets {
        put(&phone, target).await.empty(204);
        let asked = desk.ask(handle, "standard").await;
        secrets.extend(["id", "reference", "match_code"].map(|m| asked[m].as_str().unwrap().to_owned()));
        service.app.push_due().await.unwrap();
        phone.open(asked["id"].as_str().unwrap()).await;
    }
    secrets.push(phone.device.clone());
    let got = push.all();
    assert_eq!(got.iter().map(|g| g.to.as_str()).collect::<Vec<_>>(), ["7", apple.as_str(), google]);
    is_opaque(&got[0].said);
    for message in &got {
        let all = format!("{:?} {}", message.headers, message.said);
        // Two digits alone turn up anywhere.
        for secret in secrets.iter().filter(|s| s.len() > 2) {
            assert!(!all.contains(secret.as_str()), "{secret} in {all}");
        }
    }
    let endpoint = targets[0]["endpoint"].as_str().unwrap();
    for (table, column) in [("push_subscriptions", "target"), ("outbox", "body"), ("events", "data")] {
        for secret in [endpoint, &apple, google, handle] {
            let found = format!("SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%{secret}%'");
            assert_eq!(service.count(&found).await, 0, "{table}");
        }
    }
}

#[tokio::test]
async fn apple_shows_one_text_for_everybody_and_google_none() {
    let push = PushService::start().await;
    let dir = tempfile::tempdir().unwrap();
    let service = Service::idle(json!({"push": push.accounts(dir.path())})).await;
    let mut push = push;
    let desk = service.desk("sato", 1).await;
    let phones =
        [Phone::enrolled(&service, "midori", "C-1", 20).await, Phone::enrolled(&service, "midori", "C-2", 21).await];
    put(&phones[0], &json!({"kind": "apns", "token": "cd".repeat(32)})).await.empty(204);
    put(&phones[1], &json!({"kind": "fcm", "token": "fGoogle:APA91b-token_for.tests"})).await.empty(204);
    let wake = async || {
        desk.ask("C-1", "standard").await;
        desk.ask("C-2", "standard").await;
        service.app.push_due().await.unwrap();
    };
    wake().await;
    wake().await;
    let mut got = push.all();
    got.sort_by(|a, b| a.to.cmp(&b.to));
    assert_eq!(got.len(), 4);
    for (apple, google) in [(&got[0], &got[2]), (&got[1], &got[3])] {
        let id = apple.said["id"].as_str().unwrap();
        let text = "確認のお願いがあります / You have a request";
        assert_eq!(apple.said, json!({"aps": {"alert": {"body": text}, "sound": "default"}, "v": 1, "id": id}));
        assert_eq!((apple.header("apns-push-type"), apple.header("apns-priority")), ("alert", "10"));
        let id = google.said["message"]["data"]["id"].as_str().unwrap();
        assert_eq!(google.said["message"]["data"], json!({"v": "1", "id": id}));
        assert_eq!(google.said["message"]["android"]["priority"], "HIGH");
        assert!(google.said["message"].get("notification").is_none());
    }
    assert_eq!(got[0].header("authorization"), got[1].header("authorization"), "Apple wants one token for a while");
    assert_eq!(push.tokens_given(), 1);
    // Google takes the token no more: the next attempt brings another.
    push.answer(&[(401, None)]);
    desk.ask("C-2", "standard").await;
    service.app.push_due().await.unwrap();
    service.shift_clock(2 * SECOND).await;
    service.app.push_due().await.unwrap();
    assert_eq!(push.all().iter().map(|g| g.status).collect::<Vec<_>>(), [401, 200]);
    assert_eq!(push.tokens_given(), 2);
    // A device that Apple or Google know no more is forgotten.
    push.answer(&[(410, None), (404, None)]);
    wake().await;
    assert_eq!(service.count("SELECT COUNT(*) FROM push_subscriptions").await, 0);
}

#[tokio::test]
async fn a_subscription_that_is_gone_is_removed_and_one_that_came_after_it_is_not() {
    for status in [404, 410] {
        let service = Service::idle(json!({})).await;
        let desk = service.desk("sato", 1).await;
        let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
        let mut push = PushService::start().await;
        put(&phone, &push.subscribe(7)).await.empty(204);
        push.answer(&[(status, None)]);
        desk.ask("C-1", "standard").await;
        service.app.push_due().await.unwrap();
        assert_eq!(service.count("SELECT COUNT(*) FROM push_subscriptions").await, 0);
        assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'push.gone'").await, 1);
        // Nobody is owed anything then.
        desk.ask("C-1", "standard").await;
        service.app.push_due().await.unwrap();
        assert_eq!((push.all().len(), service.count("SELECT COUNT(*) FROM outbox").await), (1, 1));
        // And the phone may come again.
        put(&phone, &push.subscribe(8)).await.empty(204);
        desk.ask("C-1", "standard").await;
        service.app.push_due().await.unwrap();
        assert_eq!(push.all()[0].to, "8");
    }
}

#[tokio::test]
async fn what_a_push_service_does_not_take_is_tried_again_until_the_request_is_over() {
    let service = Service::idle(json!({})).await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut push = PushService::start().await;
    put(&phone, &push.subscribe(7)).await.empty(204);
    push.answer(&[(503, None), (429, Some("9")), (201, None)]);
    desk.ask("C-1", "standard").await;
    for (after, came) in [(0, 1), (SECOND / 2, 0), (1_500, 1), (9 * SECOND, 0), (11 * SECOND, 1), (90 * SECOND, 0)] {
        service.shift_clock(after).await;
        // Several nodes at once: one of them sends it.
        let (a, b) = tokio::join!(service.app.push_due(), service.app.push_due());
        assert!(a.is_ok() && b.is_ok());
        assert_eq!(push.all().len(), came, "after {after} ms");
    }
    assert_eq!(service.text("SELECT outcome FROM outbox").await, "accepted");

    // Opened, called off or over: nobody is woken for it.
    service.shift_clock(0).await;
    let outcome = async |id: &str| {
        service.text(&format!("SELECT outcome FROM outbox WHERE done_at IS NOT NULL AND body LIKE '%{id}%'")).await
    };
    for how in ["opened", "cancelled", "late"] {
        push.answer(&[(503, None)]);
        let asked = desk.ask("C-1", "standard").await;
        let id = asked["id"].as_str().unwrap();
        service.app.push_due().await.unwrap();
        assert_eq!(push.all().len(), 1, "{how}");
        match how {
            "opened" => drop(phone.open(id).await),
            "cancelled" => drop(desk.post(&format!("/v1/verifications/{id}/cancel"), json!({})).await.ok(200)),
            _ => {}
        }
        service.shift_clock(if how == "late" { 130 * SECOND } else { 5 * SECOND }).await;
        service.app.push_due().await.unwrap();
        assert!(push.all().is_empty(), "{how}");
        assert_eq!(outcome(id).await, "over");
        service.shift_clock(0).await;
    }
    // A redirect is not followed, and what is refused is not repeated.
    push.answer(&[(307, None), (413, None)]);
    for _ in 0..2 {
        let asked = desk.ask("C-1", "standard").await;
        service.app.push_due().await.unwrap();
        assert_eq!((push.all().len(), outcome(asked["id"].as_str().unwrap()).await.as_str()), (1, "refused"));
    }
}

#[tokio::test]
async fn a_push_is_committed_with_its_request_and_outlives_the_process() {
    let service = Service::idle(json!({})).await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut push = PushService::start().await;
    put(&phone, &push.subscribe(7)).await.empty(204);
    desk.ask("C-1", "standard").await;
    assert_eq!(service.count("SELECT COUNT(*) FROM outbox WHERE kind = 'push' AND done_at IS NULL").await, 1);
    // Somebody claimed it and died.
    let now = service.app.db().now().await.unwrap();
    service.sql(&format!("UPDATE outbox SET claimed_until = {}", now + 30_000)).await.unwrap();
    service.app.push_due().await.unwrap();
    assert!(push.all().is_empty(), "it is another's");
    service.shift_clock(31 * SECOND).await;
    service.app.push_due().await.unwrap();
    assert_eq!(push.all().len(), 1);
    // A day later nobody asks for it any more.
    service.shift_clock(86_400_000 + 60 * SECOND).await;
    service.app.upkeep(&mut honnin_server::upkeep::Upkeep::default()).await.unwrap();
    assert_eq!(service.count("SELECT COUNT(*) FROM outbox").await, 0);
    service.shift_clock(0).await;
    // Whom nobody enrolled, and who has no subscription, is owed nothing.
    desk.ask("C-nobody", "standard").await;
    phone.call(Method::DELETE, "/v1/device/push", None).await.empty(204);
    phone.call(Method::DELETE, "/v1/device/push", None).await.empty(204);
    desk.ask("C-1", "standard").await;
    assert_eq!(service.count("SELECT COUNT(*) FROM outbox").await, 0);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'push.removed'").await, 1);
}

#[tokio::test]
async fn a_phone_that_was_replaced_is_woken_no_more() {
    let service = Service::idle(json!({})).await;
    let desk = service.desk("sato", 1).await;
    let mut push = PushService::start().await;
    let first = Phone::enrolled(&service, "midori", "C-1", 20).await;
    put(&first, &push.subscribe(7)).await.empty(204);
    desk.ask("C-1", "standard").await;
    let second = Phone::replacing(&service, "midori", "C-1", 21).await;
    service.app.push_due().await.unwrap();
    assert_eq!((push.all().len(), service.count("SELECT COUNT(*) FROM push_subscriptions").await), (0, 0));
    put(&first, &push.subscribe(7)).await.problem(401, "unauthenticated");
    put(&second, &push.subscribe(8)).await.empty(204);
    desk.ask("C-1", "standard").await;
    service.app.push_due().await.unwrap();
    assert_eq!(push.all()[0].to, "8");
}

#[tokio::test]
async fn what_leads_into_a_private_network_is_refused_before_and_when_it_is_sent() {
    let service = Service::idle(json!({})).await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let push = PushService::start().await;
    let good = push.subscribe(7);
    let with = |endpoint: &str| {
        let mut body = good.clone();
        body["endpoint"] = json!(endpoint);
        body
    };
    for bad in [
        "http://push.example.com/p/1",
        "https://10.0.0.1/p",
        "https://172.20.1.1/p",
        "https://192.168.1.1/p",
        "https://100.64.0.1/p",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/p",
        "https://0x0a.0.0.1/p",
        "https://167772161/p",
        "https://[fd00::1]/p",
        "https://[fe80::1]/p",
        "https://[::ffff:10.0.0.1]/p",
        "https://[::ffff:a9fe:a9fe]/p",
        "https://[64:ff9b::10.0.0.1]/p",
        "https://db/p",
        "https://push.internal/p",
        "https://user:pass@push.example.com/p",
        "https://push.example.com/p#x",
        "ftp://push.example.com/p",
        "",
    ] {
        put(&phone, &with(bad)).await.problem(400, "malformed");
    }
    for (member, value) in [
        ("p256dh", json!("AAAA")),
        ("p256dh", json!(format!("B{}", "A".repeat(86)))),
        ("auth", json!("AAAA")),
        ("auth", json!(null)),
        ("more", json!("AAAA")),
    ] {
        let mut body = good.clone();
        body["keys"][member] = value;
        put(&phone, &body).await.problem(400, "malformed");
    }
    for other in [json!({"kind": "apns", "token": "ab".repeat(32)}), json!({"kind": "fcm", "token": "a".repeat(40)})] {
        put(&phone, &other).await.problem(400, "malformed");
    }
    assert_eq!(service.count("SELECT COUNT(*) FROM push_subscriptions").await, 0);
    let nobody = service.call(Method::PUT, "/v1/device/push", Some(&good), &[]).await;
    nobody.problem(401, "unauthenticated");

    // Stored under the rules of another day: not met when it is sent.
    put(&phone, &good).await.empty(204);
    let mut write = service.app.db().write().await.unwrap();
    let inside = json!({"kind": "web", "endpoint": "https://10.0.0.1/p", "p256dh": good["keys"]["p256dh"],
                        "auth": good["keys"]["auth"]});
    let sealed = write.seals().seal("midori", "push_subscriptions", "target", &phone.device, &inside).unwrap();
    sqlx::query("UPDATE push_subscriptions SET target = $1").bind(sealed).execute(write.conn()).await.unwrap();
    write.commit().await.unwrap();
    desk.ask("C-1", "standard").await;
    service.app.push_due().await.unwrap();
    assert_eq!(service.text("SELECT outcome FROM outbox").await, "unsendable");
}

#[tokio::test]
async fn one_key_for_every_tenant_and_for_good() {
    let service = Service::idle(json!({})).await;
    let phones =
        [Phone::enrolled(&service, "midori", "C-1", 20).await, Phone::enrolled(&service, "aozora", "A-1", 21).await];
    let key = phones[0].get("/v1/device/push").await.ok(200);
    assert_eq!(key["kind"], "web");
    assert_eq!(crate::support::authenticator::unb64(key["public_key"].as_str().unwrap()).len(), 65);
    assert_eq!(phones[1].get("/v1/device/push").await.ok(200), key);
    assert_eq!(service.count("SELECT COUNT(*) FROM push_keys").await, 2);
    assert_eq!(service.count("SELECT COUNT(DISTINCT secret) FROM push_keys").await, 2, "each under its own key");
    // Another node, or the next start, reads it.
    let app = honnin_server::App::start(service.app.config().clone(), honnin_server::Entropy::system()).await.unwrap();
    assert_eq!(app.pushes().public_key().as_deref(), key["public_key"].as_str());
    // A tenant that is founded later gets the same.
    service.sql("DELETE FROM push_keys WHERE tenant = 'aozora'").await.unwrap();
    let later =
        honnin_server::App::start(service.app.config().clone(), honnin_server::Entropy::system()).await.unwrap();
    assert_eq!(later.pushes().public_key().as_deref(), key["public_key"].as_str());
    assert_eq!(service.count("SELECT COUNT(*) FROM push_keys").await, 2);
}
