//! A phone that is lost: what stands in for it, seen from the desk, and that none of it is a proof.

use anyhow::{Context, Result};
use honnin_tests::{
    desk::{Desk, PATIENCE},
    phone::Phone,
    scene::{ANNA, BEN, Scene},
    sse::Events,
    tenant::{OWNER, SUPERVISOR},
};
use serde_json::{Value, json};

/// A verification that nobody answers any more, and a fallback for it.
async fn asked(desk: &Desk, handle: &str, method: &str) -> Result<(String, Value)> {
    let id = desk.start(handle, "address-change", "standard").await?["id"].as_str().context("id")?.to_owned();
    if desk.view(&id).await?["decided_at"].is_null() {
        desk.post(&format!("/v1/verifications/{id}/cancel"), &Value::Null).await?.ok()?;
    }
    let wish = json!({"method": method, "reason": "lost"});
    let fallback = desk.post(&format!("/v1/verifications/{id}/fallback"), &wish).await?.ok()?;
    Ok((id, fallback))
}

/// The view in which the fallback came to this state.
async fn until(console: &mut Events, verification: &str, state: &str) -> Result<Value> {
    console
        .until(PATIENCE, |event| {
            let view: Value = serde_json::from_str(&event.data).ok()?;
            (view["id"] == verification && view["fallback"]["state"] == state).then_some(view)
        })
        .await
}

#[tokio::test]
async fn two_supervisors_let_somebody_through_who_is_not_proven() -> Result<()> {
    let scene = Scene::open().await?;
    let (owner, supervisor) = (scene.stack.desk_of(OWNER).await?, scene.stack.desk_of(SUPERVISOR).await?);
    scene.phone(ANNA).await?;
    let mut console = scene.desk.stream(None).await?;
    let (id, fallback) = asked(&scene.desk, ANNA, "supervisors").await?;
    until(&mut console, &id, "waiting").await?;
    let waiting = supervisor.get("/v1/fallbacks").await?.ok()?;
    assert_eq!((&waiting["fallbacks"][0]["id"], &waiting["fallbacks"][0]["handle"]), (&fallback["id"], &json!(ANNA)));
    let path = format!("/v1/fallbacks/{}/approve", fallback["id"].as_str().context("id")?);
    scene.desk.post(&path, &Value::Null).await?.refused("second-person");
    supervisor.post(&path, &Value::Null).await?.ok()?;
    supervisor.post(&path, &Value::Null).await?.refused("second-person");
    owner.post(&path, &Value::Null).await?.ok()?;
    let view = until(&mut console, &id, "accepted").await?;
    assert_eq!((&view["state"], &view["valid_until"]), (&json!("cancelled"), &json!(null)), "not green: {view}");
    assert_eq!(view["fallback"]["weaker"], true);
    let dashboard = owner.get("/v1/orgs/midori/dashboard").await?.ok()?;
    assert_eq!((&dashboard["weaker"], &dashboard["start_to_verdict"]["count"]), (&json!(1), &json!(0)));
    // The receipt is the verification's, and knows of no pass.
    let receipt = scene.desk.get(&format!("/v1/verifications/{id}/receipt")).await?.ok()?;
    assert_eq!(receipt["body"]["verdict"]["state"], "cancelled");
    Ok(())
}

#[tokio::test]
async fn the_dialler_reaches_the_pinned_number() -> Result<()> {
    let scene = Scene::open().await?;
    let owner = scene.stack.desk_of(OWNER).await?;
    let words = json!({"ja": "折り返し", "en": "Call-back"});
    let machine =
        json!({"kind": "api_key", "name": "dialler", "label": words, "scopes": ["fallbacks"], "expires_in_days": 1});
    let secret = owner.post("/v1/orgs/midori/machines", &machine).await?.ok()?["secret"].clone();
    let secret = secret.as_str().context("a secret")?;
    let mut console = scene.desk.stream(None).await?;
    let (id, fallback) = asked(&scene.desk, BEN, "callback").await?;
    let origin = &scene.stack.origin;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let due = client.get(format!("{origin}/v1/fallbacks/callbacks")).bearer_auth(secret).send().await?;
    let due: Value = due.error_for_status()?.json().await?;
    assert_eq!((&due["callbacks"][0]["id"], &due["callbacks"][0]["handle"]), (&fallback["id"], &json!(BEN)));
    let told = client
        .post(format!("{origin}/v1/fallbacks/{}/outcome", fallback["id"].as_str().context("id")?))
        .bearer_auth(secret)
        .json(&json!({"reached": true}));
    told.send().await?.error_for_status()?;
    let view = until(&mut console, &id, "accepted").await?;
    assert_eq!((&view["state"], &view["fallback"]["method"]), (&json!("unreachable"), &json!("callback")));
    Ok(())
}

#[tokio::test]
async fn a_new_phone_through_the_issuer() -> Result<()> {
    let scene = Scene::open().await?;
    scene.phone(ANNA).await?;
    let mut console = scene.desk.stream(None).await?;
    let (id, _) = asked(&scene.desk, ANNA, "re-enrolment").await?;
    until(&mut console, &id, "waiting").await?;
    // Somebody else's new phone is nothing to it.
    scene.phone(BEN).await?;
    assert_eq!(scene.desk.view(&id).await?["fallback"]["state"], "waiting");
    // A new offer, a new holder secret, a new credential.
    let mut fresh = Phone::enrolled(&scene.stack, &scene.prover, ANNA).await?;
    let view = until(&mut console, &id, "accepted").await?;
    assert_eq!((&view["state"], &view["fallback"]["approvals"]), (&json!("cancelled"), &json!([])));
    // From here on the new phone proves.
    let mut call = scene.call(&fresh, "address-change", "standard").await?;
    let body = fresh.approval(&call.request, &call.code)?;
    fresh.approve(&call.id, &body).await?.ok()?;
    assert_eq!(call.until("passed").await?["fallback"], json!(null));
    Ok(())
}
