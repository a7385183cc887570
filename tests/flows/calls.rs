//! How a call can go, seen from the desk.

use anyhow::Result;
use honnin_tests::{
    desk::{PATIENCE, reached},
    scene::{ANNA, MINA, Scene},
};

#[tokio::test]
async fn passed() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let mut call = scene.call(&phone, "address-change", "standard").await?;
    assert_eq!(call.request.statement["match"], serde_json::json!({"mode": "enter"}), "the server keeps the code back");
    let body = phone.approval(&call.request, &call.code)?;
    let answer = phone.approve(&call.id, &body).await?.ok()?;
    assert_eq!(answer["state"], "passed");
    let view = call.until("passed").await?;
    assert_eq!(view["reference"], answer["reference"]);
    assert!(view["detail"].is_null() && view["valid_until"].as_i64() > view["decided_at"].as_i64());
    assert!(
        view["delivered_at"].as_i64() <= view["opened_at"].as_i64()
            && view["opened_at"].as_i64() <= view["decided_at"].as_i64()
    );
    let history = phone.get("/v1/device/history").await?.ok()?;
    assert_eq!(history["entries"][0]["state"], "passed");
    assert!(scene.stack.stop().await?, "both services end by themselves when asked");
    Ok(())
}

#[tokio::test]
async fn the_phone_hears_of_a_request_at_once() -> Result<()> {
    let scene = Scene::open().await?;
    let phone = scene.phone(ANNA).await?;
    let mut events = phone.stream().await?;
    let view = scene.desk.start(ANNA, "balance", "holder").await?;
    let event = events.until(PATIENCE, |event| (event.name == "request").then(|| event.data.clone())).await?;
    assert!(event.contains(view["id"].as_str().unwrap()));
    let open = phone.get("/v1/device/requests").await?.ok()?;
    assert_eq!(open["requests"][0]["verification"], view["id"]);
    scene
        .desk
        .post(&format!("/v1/verifications/{}/cancel", view["id"].as_str().unwrap()), &serde_json::Value::Null)
        .await?
        .ok()?;
    events.until(PATIENCE, |event| (event.name == "ended" && event.data.contains("cancelled")).then_some(())).await
}

#[tokio::test]
async fn refused_and_reported() -> Result<()> {
    let scene = Scene::open().await?;
    let phone = scene.phone(ANNA).await?;
    for (report, detail) in [(false, serde_json::Value::Null), (true, "reported".into())] {
        let mut call = scene.call(&phone, "address-change", "standard").await?;
        assert_eq!(phone.refuse(&call.id, report).await?.ok()?["state"], "denied");
        assert_eq!(call.until("denied").await?["detail"], detail);
    }
    Ok(())
}

#[tokio::test]
async fn a_policy_that_the_customer_does_not_meet() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(MINA).await?;
    for (purpose, policy) in [("address-change", "standard"), ("branch-visit", "kanto"), ("limit-change", "limit")] {
        let mut call = scene.call(&phone, purpose, policy).await?;
        assert!(phone.approval(&call.request, &call.code).is_err(), "{policy}: nothing can be prepared");
        assert_eq!(phone.unprovable(&call.id).await?.ok()?["state"], "failed");
        let view = call.until("failed").await?;
        assert_eq!(view["detail"], "unprovable");
    }
    Ok(())
}

#[tokio::test]
async fn time_runs_out_after_delivery() -> Result<()> {
    let scene = Scene::open().await?;
    let phone = scene.phone(ANNA).await?;
    let mut call = scene.call(&phone, "short", "short").await?;
    let view = call.until("expired").await?;
    assert!(view["delivered_at"].is_i64(), "the phone had it");
    Ok(())
}

#[tokio::test]
async fn a_phone_that_is_off_is_unreachable() -> Result<()> {
    let scene = Scene::open().await?;
    scene.phone(ANNA).await?; // enrolled, then never heard of again
    let mut events = scene.desk.stream(None).await?;
    let view = scene.desk.start(ANNA, "short", "short").await?;
    let id = view["id"].as_str().unwrap();
    let view = events.until(PATIENCE, |event| reached(event, id, "unreachable")).await?;
    assert!(view["detail"].is_null() && view["delivered_at"].is_null());
    Ok(())
}

#[tokio::test]
async fn a_customer_without_the_app_is_unreachable_at_once() -> Result<()> {
    let scene = Scene::open().await?;
    let view = scene.desk.start("C-77777", "address-change", "standard").await?;
    let view = scene.desk.view(view["id"].as_str().unwrap()).await?;
    assert_eq!((view["state"].as_str(), view["detail"].as_str()), (Some("unreachable"), Some("not_enrolled")));
    Ok(())
}

#[tokio::test]
async fn a_wrong_number_gets_three_tries() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let mut call = scene.call(&phone, "address-change", "standard").await?;
    let wrong = if call.code == "11" { "22" } else { "11" };
    for left in [2, 1] {
        let body = phone.approval(&call.request, wrong)?;
        let answer = phone.approve(&call.id, &body).await?;
        answer.refused("wrong-number");
        assert_eq!(answer.body["attempts_left"], left);
    }
    let body = phone.approval(&call.request, wrong)?;
    assert!(!phone.approve(&call.id, &body).await?.status.is_success());
    assert_eq!(call.until("failed").await?["detail"], "number");
    let body = phone.approval(&call.request, &call.code)?;
    phone.approve(&call.id, &body).await?.refused("already-decided");
    Ok(())
}

#[tokio::test]
async fn the_console_resumes_where_it_left() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let mut call = scene.call(&phone, "balance", "holder").await?;
    let mut last = None;
    call.events
        .until(PATIENCE, |event| {
            last = event.id.clone().or_else(|| last.take());
            reached(event, &call.id, "opened")
        })
        .await?;
    let body = phone.approval(&call.request, &call.code)?;
    phone.approve(&call.id, &body).await?.ok()?;
    let mut resumed = scene.desk.stream(last.as_deref()).await?;
    resumed.until(PATIENCE, |event| reached(event, &call.id, "passed")).await?;
    Ok(())
}
