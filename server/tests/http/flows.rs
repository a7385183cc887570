//! The states of a call, each reached.

use serde_json::json;

use crate::support::{Phone, Service};

fn code(view: &serde_json::Value) -> String {
    view["match_code"].as_str().unwrap().to_owned()
}

fn id(view: &serde_json::Value) -> String {
    view["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_call_passes() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-20481", 20).await;
    let asked = desk.ask("C-20481", "standard").await;
    assert_eq!(asked["state"], "created");
    assert_eq!(code(&asked).len(), 2);

    let listed = phone.get("/v1/device/requests").await.ok(200);
    assert_eq!(listed["requests"][0]["verification"], asked["id"]);
    let request = phone.open(&id(&asked)).await;
    assert_eq!(request["statement"]["match"], json!({"mode": "enter"}));
    assert_eq!(request["passkey"]["userVerification"], "required");
    assert!(request["passkey"].get("challenge").is_none());
    assert_eq!(desk.view(&id(&asked)).await["state"], "opened");

    let approval = phone.approval(&request, &code(&asked)).await;
    let passed = phone.approve(&id(&asked), &approval.body).await.ok(200);
    assert_eq!((&passed["state"], &passed["reference"]), (&json!("passed"), &asked["reference"]));
    let view = desk.view(&id(&asked)).await;
    assert_eq!((&view["state"], &view["detail"]), (&json!("passed"), &json!(null)));
    assert_eq!(view["valid_until"].as_i64().unwrap(), view["decided_at"].as_i64().unwrap() + 600_000);
    assert!(view["approve_ms"].as_i64().unwrap() < 2_000);

    // A second answer, whichever, finds it decided.
    phone.approve(&id(&asked), &approval.body).await.problem(409, "already-decided");
    let refuse = format!("/v1/device/requests/{}/refuse", id(&asked));
    phone.post(&refuse, json!({"report": false})).await.problem(409, "already-decided");
    desk.post(&format!("/v1/verifications/{}/cancel", id(&asked)), json!({})).await.problem(409, "already-decided");
    assert_eq!(desk.view(&id(&asked)).await, view);
    let history = phone.get("/v1/device/history").await.ok(200);
    assert_eq!(
        (&history["entries"][0]["state"], &history["entries"][0]["statement_purpose"]["code"]),
        (&json!("passed"), &json!("address-change"))
    );
}

#[tokio::test]
async fn the_customer_refuses_and_cannot_take_it_back() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    for (report, detail) in [(false, json!(null)), (true, json!("reported"))] {
        let asked = desk.ask("C-1", "standard").await;
        let request = phone.open(&id(&asked)).await;
        let denied =
            phone.post(&format!("/v1/device/requests/{}/refuse", id(&asked)), json!({"report": report})).await.ok(200);
        assert_eq!(denied["state"], "denied");
        let approval = phone.approval(&request, &code(&asked)).await;
        phone.approve(&id(&asked), &approval.body).await.problem(409, "already-decided");
        let view = desk.view(&id(&asked)).await;
        assert_eq!((&view["state"], &view["detail"]), (&json!("denied"), &detail));
    }
}

#[tokio::test]
async fn the_phone_cannot_prove_it() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    phone.open(&id(&asked)).await;
    let failed = phone
        .call(reqwest::Method::POST, &format!("/v1/device/requests/{}/unprovable", id(&asked)), None)
        .await
        .ok(200);
    assert_eq!(failed["state"], "failed");
    assert_eq!(desk.view(&id(&asked)).await["detail"], "unprovable");
}

#[tokio::test]
async fn nobody_answers() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let silent = desk.ask("C-1", "standard").await;
    let opened = desk.ask("C-1", "standard").await;
    let request = phone.open(&id(&opened)).await;
    let approval = phone.approval(&request, &code(&opened)).await;
    service.shift_clock(120_000).await;
    assert_eq!(desk.view(&id(&silent)).await["state"], "unreachable");
    assert_eq!(desk.view(&id(&silent)).await["detail"], json!(null));
    // Approve after expiry.
    phone.approve(&id(&opened), &approval.body).await.problem(410, "expired");
    assert_eq!(desk.view(&id(&opened)).await["state"], "expired");
    phone
        .call(reqwest::Method::POST, &format!("/v1/device/requests/{}/opened", id(&silent)), None)
        .await
        .problem(410, "expired");
    phone
        .post(&format!("/v1/device/requests/{}/refuse", id(&opened)), json!({"report": false}))
        .await
        .problem(410, "expired");
}

#[tokio::test]
async fn a_customer_without_the_app_is_unreachable_at_once() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let asked = desk.ask("C-404", "standard").await;
    assert_eq!((&asked["state"], &asked["detail"]), (&json!("unreachable"), &json!("not_enrolled")));
}

#[tokio::test]
async fn the_operator_calls_it_off() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let request = phone.open(&id(&asked)).await;
    let view = desk.post(&format!("/v1/verifications/{}/cancel", id(&asked)), json!({})).await.ok(200);
    assert_eq!(view["state"], "cancelled");
    let approval = phone.approval(&request, &code(&asked)).await;
    phone.approve(&id(&asked), &approval.body).await.problem(409, "already-decided");
}

#[tokio::test]
async fn a_new_enrolment_replaces_the_old_phone() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut old = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let request = old.open(&id(&asked)).await;
    let approval = old.approval(&request, &code(&asked)).await;
    let new = Phone::replacing(&service, "midori", "C-1", 21).await;
    old.approve(&id(&asked), &approval.body).await.problem(401, "unauthenticated");
    // The request is the customer's, and so the new phone's.
    new.get(&format!("/v1/device/requests/{}", id(&asked))).await.ok(200);
    let again = desk.ask("C-1", "standard").await;
    new.open(&id(&again)).await;
}

#[tokio::test]
async fn yesterdays_proof_counts_and_the_day_befores_does_not() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    let now = service.app.db().now().await.unwrap();
    let day = |offset: i64| honnin_server::domain::as_of::allowed(now + offset * 86_400_000, &zone).unwrap()[0];
    let asked = desk.ask("C-1", "standard").await;
    let request = phone.open(&id(&asked)).await;
    let mut statement = request["statement"].clone();
    statement["match"]["code"] = asked["match_code"].clone();
    for (offset, fits) in [(-2, false), (1, false), (-1, true)] {
        let public = phone.public(&statement, &request["policy"], day(offset));
        let body = phone.approve_body(&public, &code(&asked));
        let answer = phone.approve(&id(&asked), &body).await;
        if fits {
            answer.ok(200)
        } else {
            answer.problem(422, "as-of-out-of-range")
        };
    }
}
