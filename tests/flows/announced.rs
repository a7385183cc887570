//! A call that is announced: the company proves itself, the customer confirms with a real proof, and only then does
//! anybody dial.

use anyhow::Result;
use honnin_protocol::{
    jwk::P256Jwk,
    notice::{self, Expected},
    statement::SessionStatement,
};
use honnin_tests::{
    desk::{PATIENCE, reached},
    scene::{ANNA, Scene},
};
use serde_json::{Value, json};

fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(since.map_or(0, |d| d.as_millis())).unwrap_or(u64::MAX)
}

#[tokio::test]
async fn green_before_dialling() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let mut console = scene.desk.stream(None).await?;
    let mut device = phone.stream().await?;
    let window = json!({"from": now_ms(), "until": now_ms() + 600_000});
    let notice = json!({"handle": ANNA, "purpose": "address-change", "number": "0120-000-123", "windows": [window]});
    let view = scene.desk.post("/v1/calls", &notice).await?.ok()?;
    let (id, call) = (view["id"].as_str().unwrap().to_owned(), view["call"]["id"].as_str().unwrap().to_owned());
    device.until(PATIENCE, |event| (event.name == "calls").then_some(())).await?;

    // What the phone does before it shows anything.
    let fetched = phone.get(&format!("/v1/device/requests/{id}")).await?.ok()?;
    let pinned: P256Jwk = serde_json::from_value(phone.tenant["announcement_key"].clone())?;
    let statement: SessionStatement = serde_json::from_value(fetched["statement"].clone())?;
    let (canonical, own) = (statement.canonical(), phone.device.clone().unwrap());
    let expected =
        Expected { tenant: &statement.tenant, device: &own, canonical: &canonical, now: now_ms() / 1000 };
    notice::verify(fetched["notice"].as_str().unwrap(), &pinned, expected)?;

    let request = phone.open(&id).await?;
    let body = phone.confirmation(&request)?;
    phone.approve(&id, &body).await?.ok()?;
    let green = console.until(PATIENCE, |event| reached(event, &id, "passed")).await?;
    assert_eq!(green["call"]["state"], "confirmed");
    assert!(green["call"]["words"]["ja"].is_array(), "the pair to say: {green}");

    let word = scene.desk.get(&format!("/v1/calls/{call}/number")).await?.ok()?;
    let word = notice::verify_number(word["statement"].as_str().unwrap(), &pinned, now_ms() / 1000)?;
    assert_eq!((word.call.as_str(), word.number.as_str()), (call.as_str(), "0120-000-123"));

    for next in ["ringing", "talking", "ended"] {
        scene.desk.post(&format!("/v1/calls/{call}/state"), &json!({"state": next})).await?.ok()?;
        console
            .until(PATIENCE, |event| {
                let view: Value = serde_json::from_str(&event.data).ok()?;
                (event.name == "verification" && view["call"]["state"] == next).then_some(())
            })
            .await?;
        device.until(PATIENCE, |event| (event.name == "calls").then_some(())).await?;
    }
    assert_eq!(phone.get("/v1/device/calls").await?.ok()?["calls"], json!([]));
    Ok(())
}
