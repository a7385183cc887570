//! Every end is final and written once.

use anyhow::Result;
use honnin_tests::scene::{ANNA, BEN, Scene};

#[tokio::test]
async fn a_second_answer_changes_nothing() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let mut call = scene.call(&phone, "address-change", "standard").await?;
    let body = phone.approval(&call.request, &call.code)?;
    phone.approve(&call.id, &body).await?.ok()?;
    let before = call.until("passed").await?;
    phone.approve(&call.id, &body).await?.refused("already-decided");
    let again = phone.approval(&call.request, &call.code)?;
    phone.approve(&call.id, &again).await?.refused("already-decided");
    phone.refuse(&call.id, false).await?.refused("already-decided");
    phone.unprovable(&call.id).await?.refused("already-decided");
    assert_eq!(scene.desk.view(&call.id).await?, before);
    Ok(())
}

#[tokio::test]
async fn approve_after_refuse() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let call = scene.call(&phone, "address-change", "standard").await?;
    let body = phone.approval(&call.request, &call.code)?;
    phone.refuse(&call.id, false).await?.ok()?;
    phone.approve(&call.id, &body).await?.refused("already-decided");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "denied");
    Ok(())
}

#[tokio::test]
async fn approve_after_expiry() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let mut call = scene.call(&phone, "short", "short").await?;
    let body = phone.approval(&call.request, &call.code)?;
    call.until("expired").await?;
    phone.approve(&call.id, &body).await?.refused("expired");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "expired");
    Ok(())
}

#[tokio::test]
async fn approve_after_cancel() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let call = scene.call(&phone, "balance", "holder").await?;
    let body = phone.approval(&call.request, &call.code)?;
    scene.desk.post(&format!("/v1/verifications/{}/cancel", call.id), &serde_json::Value::Null).await?.ok()?;
    phone.approve(&call.id, &body).await?.refused("already-decided");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "cancelled");
    Ok(())
}

#[tokio::test]
async fn of_two_racing_answers_one_wins() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    for _ in 0..4 {
        let call = scene.call(&phone, "balance", "holder").await?;
        let body = phone.approval(&call.request, &call.code)?;
        let (yes, no) = tokio::join!(phone.approve(&call.id, &body), phone.refuse(&call.id, false));
        let (yes, no) = (yes?, no?);
        assert!(yes.status.is_success() ^ no.status.is_success(), "{yes:?} {no:?}");
        let state = if yes.status.is_success() { "passed" } else { "denied" };
        assert_eq!(scene.desk.view(&call.id).await?["state"], state);
    }
    Ok(())
}

#[tokio::test]
async fn another_phone_cannot_answer_or_look() -> Result<()> {
    let scene = Scene::open().await?;
    let anna = scene.phone(ANNA).await?;
    let ben = scene.phone(BEN).await?;
    let call = scene.call(&anna, "balance", "holder").await?;
    ben.get(&format!("/v1/device/requests/{}", call.id)).await?.refused("not-found");
    ben.refuse(&call.id, false).await?.refused("not-found");
    ben.unprovable(&call.id).await?.refused("not-found");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "opened");
    Ok(())
}

#[tokio::test]
async fn no_session_no_answer() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let call = scene.call(&phone, "balance", "holder").await?;
    let body = phone.approval(&call.request, &call.code)?;
    let stranger = honnin_tests::http::client(false);
    let url = format!("{}/v1/device/requests/{}/approve", phone.origin, call.id);
    honnin_tests::http::send(stranger.post(&url).json(&body)).await?.refused("unauthenticated");
    honnin_tests::http::send(stranger.post(&url).bearer_auth("AAAAAAAAAAAAAAAAAAAAAA").json(&body))
        .await?
        .refused("unauthenticated");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "opened");
    Ok(())
}
