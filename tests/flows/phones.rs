//! Two phones of one customer: both hear, the first answer wins, the other is told; and a lost phone, ended by its
//! owner, by the desk and by the issuer.

use anyhow::{Context, Result};
use honnin_tests::{
    desk::{Desk, PATIENCE},
    phone::Phone,
    scene::{ANNA, Scene},
    sse::Events,
    tenant,
};
use serde_json::{Value, json};

async fn two(scene: &Scene) -> Result<(Phone, Phone)> {
    let one = scene.phone(ANNA).await?;
    let two = Phone::beside(&scene.stack, &scene.prover, ANNA).await?;
    Ok((one, two))
}

/// Waits for an event about a verification.
async fn hears(events: &mut Events, name: &str, id: &str) -> Result<Value> {
    let about = |data: &str| serde_json::from_str(data).ok().filter(|data: &Value| data["verification"] == id);
    events.until(PATIENCE, |event| if event.name == name { about(&event.data) } else { None }).await
}

/// What is done to a lost phone.
async fn is_over(phone: &mut Phone, events: &mut Events) -> Result<()> {
    while events.next().await?.is_some() {}
    phone.get("/v1/device/requests").await?.refused("unauthenticated");
    phone.open_session().await?.refused("unauthenticated");
    let start = phone.enrolment_start(ANNA).await?.ok()?;
    let body = phone.enrolment_body(&start)?;
    phone.enrolment_complete(&start, &body).await?.refused("not-in-good-standing");
    Ok(())
}

#[tokio::test]
async fn both_hear_and_the_first_answer_wins() -> Result<()> {
    let scene = Scene::open().await?;
    let (mut one, mut two) = two(&scene).await?;
    let (mut hears_one, mut hears_two) = (one.stream().await?, two.stream().await?);
    let mut call = scene.call(&two, "address-change", "standard").await?;
    for events in [&mut hears_one, &mut hears_two] {
        hears(events, "request", &call.id).await?;
    }
    let request = one.open(&call.id).await?;
    let (first, second) = (one.approval(&request, &call.code)?, two.approval(&call.request, &call.code)?);
    one.approve(&call.id, &first).await?.ok()?;
    two.approve(&call.id, &second).await?.refused("already-decided");
    call.until("passed").await?;
    for events in [&mut hears_one, &mut hears_two] {
        assert_eq!(hears(events, "ended", &call.id).await?["state"], "passed");
    }
    Ok(())
}

#[tokio::test]
async fn the_owner_removes_a_lost_phone_with_another() -> Result<()> {
    let scene = Scene::open().await?;
    let (mut lost, mut kept) = two(&scene).await?;
    let (mut gone, mut told) = (lost.stream().await?, kept.stream().await?);
    let listed = kept.get("/v1/device/devices").await?.ok()?;
    assert_eq!(listed["devices"].as_array().map(Vec::len), Some(2));
    let id = lost.device.clone().context("not enrolled")?;
    assert!(kept.delete(&format!("/v1/device/devices/{id}")).await?.status.is_success());
    told.until(PATIENCE, |event| (event.name == "devices").then_some(())).await?;
    is_over(&mut lost, &mut gone).await?;
    let mut call = scene.call(&kept, "address-change", "standard").await?;
    let body = kept.approval(&call.request, &call.code)?;
    kept.approve(&call.id, &body).await?.ok()?;
    call.until("passed").await?;
    Ok(())
}

#[tokio::test]
async fn the_desk_suspends_and_the_supervisor_finds() -> Result<()> {
    let scene = Scene::open().await?;
    let (mut one, two) = two(&scene).await?;
    let mut gone = one.stream().await?;
    let call = scene.call(&one, "address-change", "standard").await?;
    let body = one.approval(&call.request, &call.code)?;
    let lost = json!({"handle": ANNA, "reason": "lost"});
    assert_eq!(scene.desk.post("/v1/customers/lost", &lost).await?.ok()?, json!({"phones": 2}));
    one.approve(&call.id, &body).await?.refused("unauthenticated");
    is_over(&mut one, &mut gone).await?;
    two.get("/v1/device/requests").await?.refused("unauthenticated");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "cancelled");
    let supervisor: Desk = scene.stack.desk_of(tenant::OWNER).await?;
    let found = supervisor.post("/v1/orgs/midori/customers/found", &json!({"handle": ANNA})).await?.ok()?;
    assert_eq!(found, json!({"phones": 2}));
    one.open_session().await?.ok()?;
    let listed = one.get("/v1/device/devices").await?.ok()?;
    assert_eq!(listed["devices"][0]["this"], true, "used last");
    Ok(())
}

#[tokio::test]
async fn the_issuer_ends_every_phone_of_a_handle() -> Result<()> {
    let scene = Scene::open().await?;
    let (mut one, mut two) = two(&scene).await?;
    let (mut gone_one, mut gone_two) = (one.stream().await?, two.stream().await?);
    assert_eq!(scene.stack.revoke(ANNA, "stolen").await?, json!({"phones": 2}));
    is_over(&mut one, &mut gone_one).await?;
    is_over(&mut two, &mut gone_two).await?;
    assert_eq!(scene.stack.revoke(ANNA, "stolen").await?, json!({"phones": 0}));
    // A new offer, a new secret, a new phone.
    let fresh = scene.phone(ANNA).await?;
    scene.call(&fresh, "address-change", "standard").await?;
    Ok(())
}
