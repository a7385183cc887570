//! Input that no honest client sends: refused with a clear problem, nothing changed.

use anyhow::Result;
use honnin_tests::{
    http,
    scene::{ANNA, Scene},
};
use serde_json::{Value, json};

#[tokio::test]
async fn handles_that_look_like_personal_data() -> Result<()> {
    let scene = Scene::open().await?;
    for handle in [
        "taro.yamada@example.com",
        "090-1234-5678",
        "09012345678",
        "+81-90-1234-5678",
        "4111111111111111",
        "4111-1111-1111-1111",
        "123456789018",
        "山田太郎",
        "ヤマダタロウ",
    ] {
        let answer = scene.desk.ask(handle, "address-change").await?;
        answer.refused("looks-like-personal-data");
        assert!(!answer.body.to_string().contains(handle), "the refusal does not repeat it");
    }
    let day = scene.desk.get("/v1/verifications").await?.ok()?;
    assert_eq!(day["verifications"], json!([]));
    Ok(())
}

#[tokio::test]
async fn control_and_bidirectional_characters() -> Result<()> {
    let scene = Scene::open().await?;
    for handle in ["C-204\u{202e}81", "C-20481\u{200b}", "C-20481\u{0}", "C-20481\n", "C-\u{feff}20481"] {
        scene.desk.ask(handle, "address-change").await?.refused("unsafe-text");
    }
    Ok(())
}

#[tokio::test]
async fn purposes_are_the_tenants_own() -> Result<()> {
    let scene = Scene::open().await?;
    for purpose in ["no-such", "山田太郎様の件", "<b>", "", "standard"] {
        let answer = scene.desk.ask(ANNA, purpose).await?;
        assert!(answer.status.is_client_error() && answer.body["code"].is_string(), "{answer:?}");
    }
    Ok(())
}

#[tokio::test]
async fn bodies_over_the_limit() -> Result<()> {
    let scene = Scene::open().await?;
    let phone = scene.phone(ANNA).await?;
    let call = scene.call(&phone, "balance", "holder").await?;
    let huge = json!({"proof": "A".repeat(80 * 1024), "as_of": 20_261_121, "assertion": {}});
    phone.approve(&call.id, &huge).await?.refused("too-large");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "opened");
    Ok(())
}

#[tokio::test]
async fn bodies_that_are_not_what_was_agreed() -> Result<()> {
    let scene = Scene::open().await?;
    let phone = scene.phone(ANNA).await?;
    let call = scene.call(&phone, "balance", "holder").await?;
    let path = format!("/v1/device/requests/{}/refuse", call.id);
    for body in [json!({}), json!({"report": "yes"}), json!({"report": true, "more": 1}), json!([]), json!("x")] {
        phone.post(&path, &body).await?.refused("malformed");
    }
    let client = http::client(false);
    let raw = client
        .post(format!("{}/v1/enrolments", phone.origin))
        .header("Content-Type", "application/json")
        .body("{\"tenant\":");
    http::send(raw).await?.refused("malformed");
    phone.get("/v1/device/requests/v_short").await?;
    assert!(phone.get("/v1/device/requests/v_AAAAAAAAAAAAAAAAAAAAAA").await?.code() == "not-found");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "opened");
    Ok(())
}

#[tokio::test]
async fn other_sites_cannot_use_the_operators_cookie() -> Result<()> {
    let scene = Scene::open().await?;
    let stranger = http::client(false);
    let body = json!({"handle": ANNA, "purpose": "balance", "direction": "inbound"});
    let url = format!("{}/v1/verifications", scene.stack.origin);
    for (origin, site) in [("https://evil.example", "cross-site"), ("null", "cross-site")] {
        let request = stranger.post(&url).json(&body).header("Origin", origin).header("Sec-Fetch-Site", site);
        http::send(request).await?.refused("forbidden-origin");
    }
    http::send(stranger.post(&url).json(&body).header("Origin", &scene.stack.origin)).await?.refused("unauthenticated");
    Ok(())
}

#[tokio::test]
async fn a_locked_session_sees_nothing() -> Result<()> {
    let mut scene = Scene::open().await?;
    let mut events = scene.desk.stream(None).await?;
    scene.desk.post("/v1/operator/lock", &Value::Null).await?.ok()?;
    scene.desk.get("/v1/verifications").await?.refused("session-locked");
    scene.desk.ask(ANNA, "balance").await?.refused("session-locked");
    // The open stream ends too.
    tokio::time::timeout(honnin_tests::desk::PATIENCE, async {
        while events.next().await?.is_some() {}
        anyhow::Ok(())
    })
    .await??;
    scene.desk.login().await?;
    scene.desk.get("/v1/verifications").await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn pages_come_with_strict_headers() -> Result<()> {
    let scene = Scene::open().await?;
    let client = http::client(false);
    for path in ["/healthz", "/readyz"] {
        assert!(client.get(format!("{}{path}", scene.stack.origin)).send().await?.status().is_success(), "{path}");
    }
    let answer = client.get(format!("{}/v1/nothing", scene.stack.origin)).send().await?;
    assert_eq!(answer.status().as_u16(), 404);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    for path in
        ["/app/..%2f..%2fserver.json", "/console/%2e%2e/server.json", "/keys/..%2fcircuit.pk", "/keys/circuit.vk"]
    {
        let answer = client.get(format!("{}{path}", scene.stack.origin)).send().await?;
        let body = answer.text().await?;
        assert!(!body.contains("public_origin"), "{path}");
    }
    Ok(())
}
