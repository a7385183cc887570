//! Requests that must be refused: personal data, unknown codes, wrong shapes, floods.

use reqwest::Method;
use serde_json::json;

use crate::support::{Phone, Service};

#[tokio::test]
async fn handles_that_look_like_personal_data() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let personal = [
        "taro.yamada@example.com",
        "090-1234-5678",
        "+819012345678",
        "4111111111111111",
        "123456789018",
        "山田太郎",
        "ヤマダ",
        "やまだ",
        "name=Yamada",
    ];
    for handle in personal {
        let body = json!({"handle": handle, "purpose": "address-change", "direction": "inbound"});
        desk.post("/v1/verifications", body).await.problem(422, "looks-like-personal-data");
        service
            .post("/v1/enrolments", json!({"tenant": "midori", "handle": handle}))
            .await
            .problem(422, "looks-like-personal-data");
    }
    for purpose in ["taro.yamada@example.com", "090-1234-5678", "山田太郎"] {
        let body = json!({"handle": "C-1", "purpose": purpose, "direction": "inbound"});
        desk.post("/v1/verifications", body).await.problem(422, "looks-like-personal-data");
    }
    for text in ["address\u{202e}change", "address\u{0}change", "address\u{200b}change"] {
        let body = json!({"handle": "C-1", "purpose": text, "direction": "inbound"});
        desk.post("/v1/verifications", body).await.problem(422, "unsafe-text");
        let body = json!({"handle": text, "purpose": "address-change", "direction": "inbound"});
        assert_eq!(desk.post("/v1/verifications", body).await.status, 422);
    }
    assert_eq!(desk.get("/v1/verifications").await.ok(200)["verifications"], json!([]));
}

#[tokio::test]
async fn unknown_codes_and_shapes() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let ask = |purpose: &str| json!({"handle": "C-1", "purpose": purpose, "direction": "inbound"});
    desk.post("/v1/verifications", ask("something-else")).await.problem(422, "unknown-policy");
    // The purpose decides: nobody names a policy.
    let mut weaker = ask("address-change");
    weaker["policy"] = json!("light");
    desk.post("/v1/verifications", weaker).await.problem(400, "malformed");
    let mut sideways = ask("address-change");
    sideways["direction"] = json!("sideways");
    desk.post("/v1/verifications", sideways).await.problem(400, "malformed");
    let mut extra = ask("address-change");
    extra["name"] = json!("x");
    desk.post("/v1/verifications", extra).await.problem(400, "malformed");
    desk.get("/v1/verifications/v_unknown").await.problem(404, "not-found");
    service.post("/v1/enrolments", json!({"tenant": "nobody", "handle": "C-1"})).await.problem(404, "not-found");
    desk.get("/v1/nothing").await.problem(404, "not-found");
}

#[tokio::test]
async fn bodies_over_the_limit() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let big = json!({"handle": "x".repeat(70_000)});
    desk.post("/v1/verifications", big.clone()).await.problem(413, "too-large");
    service.post("/v1/enrolments", big.clone()).await.problem(413, "too-large");
    phone.approve("v_unknown", &big).await.problem(413, "too-large");
    let text = service.http.post(format!("{}/v1/enrolments", service.origin)).body("{}").send().await.unwrap();
    assert_eq!(text.status(), 400);
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let service = Service::start().await;
    let midori = service.desk("sato", 1).await;
    let colleague = service.desk("suzuki", 2).await;
    let aozora = service.desk("tanaka", 3).await;
    let asked = midori.ask("C-1", "standard").await;
    let path = format!("/v1/verifications/{}", asked["id"].as_str().unwrap());
    for other in [&colleague, &aozora] {
        other.get(&path).await.problem(404, "not-found");
        other.post(&format!("{path}/cancel"), json!({})).await.problem(404, "not-found");
        assert_eq!(other.get("/v1/verifications").await.ok(200)["verifications"], json!([]));
    }
    midori.get(&path).await.ok(200);
}

#[tokio::test]
async fn a_phone_is_not_flooded() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    for _ in 0..5 {
        desk.ask("C-1", "standard").await;
    }
    let body = json!({"handle": "C-1", "purpose": "address-change", "direction": "inbound"});
    let refused = desk.post("/v1/verifications", body.clone()).await;
    assert_eq!(refused.headers["retry-after"], "60");
    refused.problem(429, "too-many-requests");
    desk.ask("C-2", "standard").await;
    // Once they have timed out it may be asked again.
    service.shift_clock(121_000).await;
    desk.get("/v1/verifications").await.ok(200);
    desk.post("/v1/verifications", body).await.ok(201);
}

#[tokio::test]
async fn only_our_own_pages_may_change_something() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let body = json!({"handle": "C-1", "purpose": "address-change", "direction": "inbound"});
    let cookie = ("cookie", desk.cookie.as_str());
    let origin = ("origin", service.origin.as_str());
    let refused: [&[(&str, &str)]; 4] = [
        &[cookie],
        &[cookie, ("origin", "https://evil.example")],
        &[cookie, origin, ("sec-fetch-site", "cross-site")],
        &[cookie, origin, ("sec-fetch-site", "same-site")],
    ];
    for headers in refused {
        service.call(Method::POST, "/v1/verifications", Some(&body), headers).await.problem(403, "forbidden-origin");
    }
    service.call(Method::POST, "/v1/verifications", Some(&body), &[cookie, origin]).await.ok(201);
}
