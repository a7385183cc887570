//! Enrolment: a credential of a known issuer, for this tenant, this handle, this holder.

use anyhow::Result;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64U};
use honnin_tests::{
    issuance,
    phone::Phone,
    scene::{ANNA, BEN, Scene},
};
use serde_json::{Value, json};

/// The scalar field's modulus: the smallest number that is no field element.
const MODULUS: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";

/// A phone with a credential, its enrolment's start and the honest answer to it.
async fn halfway(scene: &Scene) -> Result<(Phone, Value, Value)> {
    let mut phone = Phone::with_credential(&scene.stack, &scene.prover, ANNA).await?;
    let start = phone.enrolment_start(ANNA).await?.ok()?;
    let body = phone.enrolment_body(&start)?;
    Ok((phone, start, body))
}

#[tokio::test]
async fn what_is_not_the_customers_is_refused() -> Result<()> {
    let scene = Scene::open().await?;
    let mut codes = Vec::new();
    type Bend = fn(&mut Value);
    let bends: [(&str, Bend); 6] = [
        ("another pseudonym", |b| b["pseudonym"] = json!(format!("{:064x}", 7))),
        ("pseudonym zero", |b| b["pseudonym"] = json!("0".repeat(64))),
        ("pseudonym at the modulus", |b| b["pseudonym"] = json!(MODULUS)),
        ("another device key", |b| b["device_key"] = issuance::jwk(&issuance::device_key())),
        ("a day long gone", |b| b["as_of"] = json!(20_200_101)),
        ("a bent proof", |b| {
            let mut bytes = B64U.decode(b["proof"].as_str().unwrap()).unwrap();
            bytes[100] ^= 1;
            b["proof"] = json!(B64U.encode(bytes));
        }),
    ];
    for (what, bend) in bends {
        let (mut phone, start, mut body) = halfway(&scene).await?;
        bend(&mut body);
        let answer = phone.enrolment_complete(&start, &body).await?;
        assert!(answer.status.is_client_error() && phone.device.is_none(), "{what}: {answer:?}");
        codes.push((what, answer.code()));
    }
    assert!(
        codes.iter().all(|(_, code)| ["proof-invalid", "malformed", "as-of-out-of-range", "assertion-invalid"]
            .contains(&code.as_str())),
        "{codes:?}"
    );
    // Nothing was enrolled by any of them.
    let view = scene.desk.start(ANNA, "balance", "holder").await?;
    assert_eq!(scene.desk.view(view["id"].as_str().unwrap()).await?["detail"], "not_enrolled");
    Ok(())
}

#[tokio::test]
async fn a_credential_cannot_enrol_another_handle() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = Phone::with_credential(&scene.stack, &scene.prover, ANNA).await?;
    let start = phone.enrolment_start(BEN).await?.ok()?;
    // Anna's own proof of her own handle, under Ben's enrolment.
    let body = phone.enrolment_body(&start)?;
    phone.enrolment_complete(&start, &body).await?.refused("proof-invalid");
    Ok(())
}

#[tokio::test]
async fn an_unknown_issuer_is_refused() -> Result<()> {
    let home = Scene::open().await?;
    let elsewhere = Scene::open().await?; // the same software, another root key
    let mut stranger = Phone::with_credential(&elsewhere.stack, &elsewhere.prover, ANNA).await?;
    stranger.origin = home.stack.origin.clone();
    let start = stranger.enrolment_start(ANNA).await?.ok()?;
    let body = stranger.enrolment_body(&start)?;
    stranger.enrolment_complete(&start, &body).await?.refused("issuer-unknown");
    Ok(())
}

#[tokio::test]
async fn an_enrolment_is_completed_once() -> Result<()> {
    let scene = Scene::open().await?;
    let (mut phone, start, body) = halfway(&scene).await?;
    phone.enrolment_complete(&start, &body).await?.ok()?;
    assert!(!phone.enrolment_complete(&start, &body).await?.status.is_success());
    Ok(())
}

#[tokio::test]
async fn a_new_phone_takes_over_with_a_new_offer() -> Result<()> {
    let scene = Scene::open().await?;
    let wiped = scene.phone(ANNA).await?;
    let mut phone = scene.phone(ANNA).await?;
    assert_eq!(phone.others, "replace");
    wiped.get("/v1/device/requests").await?.refused("unauthenticated");
    let mut call = scene.call(&phone, "address-change", "standard").await?;
    let body = phone.approval(&call.request, &call.code)?;
    phone.approve(&call.id, &body).await?.ok()?;
    call.until("passed").await?;
    Ok(())
}

#[tokio::test]
async fn a_session_needs_the_device_key() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    phone.device_key = issuance::device_key();
    phone.open_session().await?.refused("unauthenticated");
    Ok(())
}
