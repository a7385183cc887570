//! Live streams: immediate, resumable, and shut when the listener may not listen.

use serde_json::json;

use crate::support::stream::Events;
use crate::support::{Desk, Phone, Service};

async fn listen(desk: &Desk<'_>, last: Option<i64>) -> Events {
    let mut request =
        desk.service.http.get(format!("{}/v1/operator/stream", desk.service.origin)).header("cookie", &desk.cookie);
    if let Some(last) = last {
        request = request.header("last-event-id", last.to_string());
    }
    Events::new(request.send().await.unwrap())
}

async fn listen_phone(phone: &Phone<'_>) -> Events {
    let request =
        phone.service.http.get(format!("{}/v1/device/stream", phone.service.origin)).bearer_auth(&phone.token);
    Events::new(request.send().await.unwrap())
}

#[tokio::test]
async fn each_state_reaches_the_console_and_resumes() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut events = listen(&desk, None).await;
    let mut phone_events = listen_phone(&phone).await;

    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let created = events.next().await.unwrap();
    assert_eq!((created.name.as_str(), &created.data["state"]), ("verification", &json!("created")));
    let request = phone_events.next().await.unwrap();
    assert_eq!((request.name.as_str(), &request.data), ("request", &json!({"verification": id})));

    phone.get(&format!("/v1/device/requests/{id}")).await.ok(200);
    let mut delivered = events.next().await.unwrap();
    if delivered.data == created.data {
        // Asked while the console was coming: a view may come twice.
        delivered = events.next().await.unwrap();
    }
    assert_eq!(delivered.data["state"], "delivered");
    assert!(delivered.id > created.id);
    let request = phone.open(id).await;
    assert_eq!(events.next().await.unwrap().data["state"], "opened");
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &body).await.ok(200);
    let passed = events.next().await.unwrap();
    assert_eq!(passed.data, desk.view(id).await);
    let ended = phone_events.next().await.unwrap();
    assert_eq!((ended.name.as_str(), &ended.data["state"]), ("ended", &json!("passed")));

    // A console that lost its connection gets what it missed, once, as it is now.
    drop(events);
    let mut resumed = listen(&desk, delivered.id).await;
    let caught_up = resumed.next().await.unwrap();
    assert_eq!((&caught_up.data, caught_up.id), (&passed.data, passed.id));
    let next = desk.ask("C-1", "standard").await;
    assert_eq!(resumed.next().await.unwrap().data["id"], next["id"]);
}

#[tokio::test]
async fn a_console_that_just_came_sees_what_is_open() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let mut events = listen(&desk, None).await;
    assert_eq!(events.next().await.unwrap().data["id"], asked["id"]);
}

#[tokio::test]
async fn time_outs_are_pushed_by_the_sweeper() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    phone.open(asked["id"].as_str().unwrap()).await;
    let mut events = listen(&desk, None).await;
    assert_eq!(events.next().await.unwrap().data["state"], "opened");
    service.shift_clock(121_000).await;
    assert_eq!(events.next().await.unwrap().data["state"], "expired");
}

#[tokio::test]
async fn lock_logout_and_suspension_shut_the_stream() {
    let service = Service::start().await;
    let mut desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;

    let mut events = listen(&desk, None).await;
    desk.post("/v1/operator/lock", json!({})).await;
    assert_eq!(events.next().await, None);
    desk.login().await;

    let mut events = listen(&desk, None).await;
    let mut phone_events = listen_phone(&phone).await;
    service.sql("UPDATE people SET status = 'frozen'; UPDATE devices SET status = 'revoked'").await.unwrap();
    assert_eq!(events.next().await, None);
    assert_eq!(phone_events.next().await, None);
    service.sql("UPDATE people SET status = 'active'").await.unwrap();

    desk.login().await;
    let mut events = listen(&desk, None).await;
    service.shift_clock(301_000).await;
    assert_eq!(events.next().await, None);
    desk.get("/v1/operator/me").await.problem(401, "session-locked");
}

#[tokio::test]
async fn stopping_shuts_every_stream() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut events = listen(&desk, None).await;
    service.app.stop();
    assert_eq!(events.next().await, None);
}
