//! Calls that are announced: the notice, what the customer may do with it, and how the call goes.

use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::notice::{self, Expected, NoticeError};
use honnin_protocol::statement::SessionStatement;
use serde_json::{Value, json};

use crate::support::{Answer, Desk, Phone, Service};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A notice of an hour that begins after some minutes, with two others on offer.
fn body(now: i64, minutes: i64) -> Value {
    let window = |hours: i64| json!({"from": now + minutes * MINUTE + hours * HOUR, "until": now + minutes * MINUTE + (hours + 1) * HOUR});
    json!({"handle": "C-1", "purpose": "address-change", "number": "0120-000-123",
           "windows": [window(0), window(24), window(48)], "alias": {"ja": "山田", "en": "Yamada"}})
}

async fn now(service: &Service) -> i64 {
    service.app.db().now().await.unwrap()
}

async fn announced(desk: &Desk<'_>, minutes: i64) -> Value {
    let now = now(desk.service).await;
    desk.post("/v1/calls", body(now, minutes)).await.ok(201)
}

fn text(view: &Value, pointer: &str) -> String {
    view.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {view}")).to_owned()
}

async fn confirm(phone: &mut Phone<'_>, verification: &str) -> Value {
    let request = phone.open(verification).await;
    let public = phone.public(&request["statement"], &request["policy"], phone.today().await);
    let mut body = phone.approve_body(&public, "00");
    body.as_object_mut().unwrap().remove("match_code");
    phone.approve(verification, &body).await.ok(200);
    request
}

async fn state(desk: &Desk<'_>, call: &str, state: &str) -> Answer {
    desk.post(&format!("/v1/calls/{call}/state"), json!({"state": state})).await
}

#[tokio::test]
async fn green_before_anybody_dials() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let view = announced(&desk, 2).await;
    let (call, id) = (text(&view, "/call/id"), text(&view, "/id"));
    assert_eq!((text(&view, "/call/state"), text(&view, "/direction")), ("announced".into(), "outbound".into()));
    assert_eq!((&view["match_code"], &view["call"]["words"]), (&json!(null), &json!(null)));
    assert_eq!(view["expires_at"], view["call"]["until"]);
    desk.get(&format!("/v1/calls/{call}/number")).await.problem(409, "already-decided");

    let request = confirm(&mut phone, &id).await;
    assert_eq!(text(&request, "/statement/operator/en"), "Yamada");
    let view = desk.get(&format!("/v1/calls/{call}")).await.ok(200);
    assert_eq!((text(&view, "/call/state"), text(&view, "/state")), ("confirmed".into(), "passed".into()));
    assert!(view["valid_until"].as_i64() >= view["call"]["until"].as_i64(), "green until the window ends");

    // Both sides show the same two words.
    let expected = phone.get("/v1/device/calls").await.ok(200);
    assert_eq!(text(&expected, "/calls/0/state"), "confirmed");
    assert!(view["call"]["words"]["ja"].as_array().is_some_and(|words| words.len() == 2));
    assert_eq!(expected["calls"][0]["words"], view["call"]["words"]);

    // The outbound platform gets the tenant's word on the number, and can check it.
    let tenant = service.call(reqwest::Method::GET, "/v1/tenants/midori", None, &[]).await.ok(200);
    let key: P256Jwk = serde_json::from_value(tenant["announcement_key"].clone()).unwrap();
    let word = desk.get(&format!("/v1/calls/{call}/number")).await.ok(200);
    let seconds = u64::try_from(now(&service).await / 1000).unwrap();
    let word = notice::verify_number(word["statement"].as_str().unwrap(), &key, seconds).unwrap();
    assert_eq!((word.number.as_str(), word.call.as_str(), word.state.as_str()), ("0120-000-123", call.as_str(), "confirmed"));

    for (next, live) in [("ringing", true), ("talking", true), ("ended", false)] {
        assert_eq!(text(&state(&desk, &call, next).await.ok(200), "/call/state"), next);
        let listed = phone.get("/v1/device/calls").await.ok(200);
        assert_eq!(listed["calls"].as_array().unwrap().len(), usize::from(live), "{next}");
        if live {
            assert_eq!(text(&listed, "/calls/0/state"), next);
        }
    }
    state(&desk, &call, "ringing").await.problem(409, "already-decided");
    desk.get(&format!("/v1/calls/{call}/number")).await.problem(409, "already-decided");
}

#[tokio::test]
async fn the_phone_knows_whose_notice_it_is() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let id = text(&announced(&desk, 2).await, "/id");
    let request = phone.get(&format!("/v1/device/requests/{id}")).await.ok(200);
    let tenant = service.call(reqwest::Method::GET, "/v1/tenants/midori", None, &[]).await.ok(200);
    let pinned: P256Jwk = serde_json::from_value(tenant["announcement_key"].clone()).unwrap();
    let statement: SessionStatement = serde_json::from_value(request["statement"].clone()).unwrap();
    let canonical = statement.canonical();
    let seconds = u64::try_from(now(&service).await / 1000).unwrap();
    let expected = Expected { tenant: "midori", device: &phone.device, canonical: &canonical, now: seconds };
    let token = request["notice"].as_str().unwrap();
    notice::verify(token, &pinned, expected).unwrap();
    let refused = |expected| notice::verify(token, &pinned, expected).unwrap_err();
    assert_eq!(refused(Expected { device: &other.device, ..expected }), NoticeError::Device);
    let edited = canonical.replace("0120-000-123", "0120-000-124");
    assert_ne!(edited, canonical);
    assert_eq!(refused(Expected { canonical: &edited, ..expected }), NoticeError::Statement);
    other.get(&format!("/v1/device/requests/{id}")).await.problem(404, "not-found");

    // The tenant takes a new key: who pinned the first still believes, by the chain.
    let hara = service.desk("hara", 2).await;
    hara.post("/v1/orgs/midori/keys/announcement/rotate", json!({})).await.ok(204);
    desk.post("/v1/orgs/midori/keys/announcement/rotate", json!({})).await.problem(404, "not-found");
    let request = phone.get(&format!("/v1/device/requests/{id}")).await.ok(200);
    let token = request["notice"].as_str().unwrap();
    assert_eq!(notice::verify(token, &pinned, expected), Err(NoticeError::UnknownKey));
    let tenant = service.call(reqwest::Method::GET, "/v1/tenants/midori", None, &[]).await.ok(200);
    let chain: Vec<String> = serde_json::from_value(tenant["announcement_chain"].clone()).unwrap();
    let current = notice::follow(&pinned, "midori", &chain).unwrap();
    notice::verify(token, &current, expected).unwrap();
    // Of what is no call there is no notice.
    let asked = desk.ask("C-1", "standard").await;
    let request = phone.get(&format!("/v1/device/requests/{}", text(&asked, "/id"))).await.ok(200);
    assert_eq!((&request["notice"], &request["call"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn another_window() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let view = announced(&desk, 30).await;
    let call = text(&view, "/call/id");
    let path = format!("/v1/device/calls/{call}/reschedule");
    phone.post(&path, json!({"window": 2})).await.problem(400, "malformed");
    let moved = phone.post(&path, json!({"window": 1})).await.ok(200);
    phone.post(&path, json!({"window": 1})).await.problem(409, "already-decided");

    let old = desk.view(&text(&view, "/id")).await;
    assert_eq!((text(&old, "/state"), text(&old, "/call/state")), ("cancelled".into(), "cancelled".into()));
    let fresh = desk.view(&text(&moved, "/verification")).await;
    assert_eq!(old["call"]["rescheduled_to"], fresh["call"]["id"]);
    assert_eq!(fresh["call"]["from"], view["call"]["offered"][1]["from"]);
    // The window that was left may be picked again.
    assert_eq!(fresh["call"]["offered"], json!([view["call"]["offered"][0], {"from": view["call"]["from"], "until": view["call"]["until"]}]));
    confirm(&mut phone, &text(&moved, "/verification")).await;
    let listed = desk.get("/v1/calls").await.ok(200);
    let states: Vec<String> = listed["calls"].as_array().unwrap().iter().map(|c| text(c, "/call/state")).collect();
    assert_eq!(states, ["cancelled", "confirmed"]);
    // Confirmed is confirmed.
    let path = format!("/v1/device/calls/{}/reschedule", text(&fresh, "/call/id"));
    phone.post(&path, json!({"window": 0})).await.problem(409, "already-decided");
}

#[tokio::test]
async fn a_refusal_is_not_dialled_over() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let hara = service.desk("hara", 2).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let view = announced(&desk, 2).await;
    let (call, id) = (text(&view, "/call/id"), text(&view, "/id"));
    phone.open(&id).await;
    phone.post(&format!("/v1/device/requests/{id}/refuse"), json!({"report": true})).await.ok(200);
    let view = desk.view(&id).await;
    assert_eq!((text(&view, "/call/state"), text(&view, "/detail")), ("refused".into(), "reported".into()));
    state(&desk, &call, "ringing").await.problem(409, "already-decided");
    assert_eq!(phone.get("/v1/device/calls").await.ok(200)["calls"], json!([]));
    let alerts = hara.get("/v1/orgs/midori/alerts").await.ok(200);
    assert!(alerts.to_string().contains("reported"), "{alerts}");
}

#[tokio::test]
async fn time_passes() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let silent = announced(&desk, 10).await;
    let early = text(&silent, "/call/id");
    state(&desk, &early, "ringing").await.problem(422, "refused");
    let confirmed = announced(&desk, 11).await;
    confirm(&mut phone, &text(&confirmed, "/id")).await;
    service.shift_clock(90 * MINUTE).await;
    // Nobody dialled: both are over, and the phone expects no call.
    phone.log_in().await;
    assert_eq!(phone.get("/v1/device/calls").await.ok(200)["calls"], json!([]));
    service.app.sweep().await.unwrap();
    let desk = service.desk("suzuki", 3).await;
    desk.get(&format!("/v1/calls/{early}")).await.problem(404, "not-found");
    let stages = "SELECT COUNT(*) FROM calls WHERE stage = 'expired' AND lapses_at IS NULL";
    assert_eq!(service.count(stages).await, 2);
}

#[tokio::test]
async fn a_desk_that_forgets_to_hang_up() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    for (stage, minutes, end) in [("ringing", 4, "missed"), ("talking", 121, "ended")] {
        let view = announced(&desk, 0).await;
        let (call, id) = (text(&view, "/call/id"), text(&view, "/id"));
        state(&desk, &call, "ringing").await.ok(200);
        if stage == "talking" {
            state(&desk, &call, "talking").await.ok(200);
        }
        let shifted = minutes * MINUTE;
        service.shift_clock(shifted).await;
        service.app.sweep().await.unwrap();
        assert_eq!(service.text(&format!("SELECT stage FROM calls WHERE verification = '{id}'")).await, end);
        service.shift_clock(0).await;
        phone.log_in().await;
        assert_eq!(phone.get("/v1/device/calls").await.ok(200)["calls"], json!([]));
    }
}

#[tokio::test]
async fn who_goes_home_leaves_the_call_who_is_removed_does_not() {
    let service = Service::start().await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let desk = service.desk("sato", 1).await;
    let kept = announced(&desk, 30).await;
    let lost = announced(&desk, 60).await;
    desk.post("/v1/operator/logout", json!({})).await.ok(204);
    confirm(&mut phone, &text(&kept, "/id")).await;

    let abe = service.desk("abe", 2).await;
    abe.delete("/v1/orgs/midori/people/sato").await.ok(200);
    let request = phone.get(&format!("/v1/device/requests/{}", text(&lost, "/id"))).await.ok(200);
    assert_eq!(request["state"], "cancelled");
    let listed = phone.get("/v1/device/calls").await.ok(200);
    assert!(!listed.to_string().contains(&text(&lost, "/call/id")));
}

#[tokio::test]
async fn what_cannot_be_announced() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let now = now(&service).await;
    let with = |name: &str, value: Value| {
        let mut body = body(now, 10);
        body[name] = value;
        body
    };
    let window = |from: i64, until: i64| json!([{"from": now + from, "until": now + until}]);
    for (body, status, code) in [
        (with("number", json!("03-1234-5678")), 422, "refused"),
        (with("number", json!("090-1234-5678")), 422, "refused"),
        (with("windows", json!([])), 422, "refused"),
        (with("windows", json!(vec![json!({"from": now + 1, "until": now + HOUR}); 5])), 422, "refused"),
        (with("windows", window(-2 * HOUR, -HOUR)), 422, "refused"),
        (with("windows", window(HOUR, 6 * HOUR)), 422, "refused"),
        (with("windows", window(20 * 24 * HOUR, 20 * 24 * HOUR + HOUR)), 422, "refused"),
        (with("windows", window(HOUR, HOUR)), 400, "malformed"),
        (with("windows", json!([{"from": -1, "until": 5}])), 400, "malformed"),
        (with("policy", json!("light")), 422, "unknown-policy"),
        (with("purpose", json!("nothing")), 422, "unknown-policy"),
        (with("handle", json!("090-1234-5678")), 422, "looks-like-personal-data"),
        (with("alias", json!({"ja": "山田\u{202e}", "en": "Yamada"})), 422, "unsafe-text"),
        (with("note", json!("call me")), 400, "malformed"),
    ] {
        desk.post("/v1/calls", body.clone()).await.problem(status, code);
    }
    assert_eq!(service.count("SELECT COUNT(*) FROM calls").await, 0);
    assert_eq!(service.count("SELECT COUNT(*) FROM verifications").await, 0);
    // Few at a time.
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    for minutes in [10, 20, 30] {
        announced(&desk, minutes).await;
    }
    desk.post("/v1/calls", body(now, 40)).await.problem(429, "too-many-requests");
    // Nobody to tell.
    let mut unknown = body(now, 10);
    unknown["handle"] = json!("C-404");
    let view = desk.post("/v1/calls", unknown).await.ok(201);
    assert_eq!((text(&view, "/state"), text(&view, "/call/state")), ("unreachable".into(), "expired".into()));
}
