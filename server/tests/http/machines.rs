//! API keys and clients.

use honnin_protocol::jws;
use p256::ecdsa::SigningKey;
use serde_json::{Value, json};

use crate::support::authenticator::{jwk, signing_key};
use crate::support::{Answer, Phone, Service};

const FORM: &str = "application/x-www-form-urlencoded";

fn words() -> Value {
    json!({"ja": "自動音声", "en": "Voice menu"})
}

async fn with_key(service: &Service, key: &str, method: reqwest::Method, path: &str, body: Option<&Value>) -> Answer {
    service.call(method, path, body, &[("authorization", &format!("Bearer {key}"))]).await
}

#[tokio::test]
async fn a_key_starts_verifications_and_nothing_else() {
    let service = Service::start().await;
    let owner = service.desk("mori", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let ask = json!({"kind": "api_key", "name": "ivr", "label": words(), "scopes": ["verifications:start"], "expires_in_days": 30});
    let made = owner.post("/v1/orgs/midori/machines", ask).await.ok(201);
    let key = made["secret"].as_str().unwrap();
    assert!(key.starts_with("hk_") && key.len() == 46);
    // Stored hashed, shown once.
    let row = format!("SELECT secret_hash FROM machines WHERE id = '{}'", made["id"].as_str().unwrap());
    assert_eq!(service.text(&row).await, honnin_server::entropy::token_hash(key));
    assert!(!owner.get("/v1/orgs/midori/machines").await.ok(200).to_string().contains(key));

    let start = json!({"handle": "C-1", "purpose": "address-change", "direction": "inbound"});
    let asked = with_key(&service, key, reqwest::Method::POST, "/v1/verifications", Some(&start)).await.ok(201);
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    assert_eq!(request["statement"]["operator"], words());
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &body).await.ok(200);
    let view = with_key(&service, key, reqwest::Method::GET, &format!("/v1/verifications/{id}"), None).await.ok(200);
    assert_eq!(view["state"], "passed");
    for path in ["/v1/orgs/midori/people", "/v1/orgs/midori/machines", "/v1/orgs/aozora/people"] {
        with_key(&service, key, reqwest::Method::GET, path, None).await.problem(404, "not-found");
    }
    with_key(&service, "hk_nonsense", reqwest::Method::GET, "/v1/orgs/midori/people", None)
        .await
        .problem(401, "unauthenticated");
    // Another's verification is not theirs to see without the scope.
    let desk = service.desk("sato", 2).await;
    let other = desk.ask("C-1", "light").await;
    let path = format!("/v1/verifications/{}", other["id"].as_str().unwrap());
    with_key(&service, key, reqwest::Method::GET, &path, None).await.problem(404, "not-found");

    owner.delete(&format!("/v1/orgs/midori/machines/{}", made["id"].as_str().unwrap())).await.empty(204);
    with_key(&service, key, reqwest::Method::POST, "/v1/verifications", Some(&start))
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_that_is_revoked_in_mid_call_stops_it() {
    let service = Service::start().await;
    let owner = service.desk("mori", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let ask = json!({"kind": "api_key", "name": "ivr", "label": words(), "scopes": ["verifications:start"], "expires_in_days": 1});
    let made = owner.post("/v1/orgs/midori/machines", ask).await.ok(201);
    let start = json!({"handle": "C-1", "purpose": "address-change", "direction": "inbound"});
    let key = made["secret"].as_str().unwrap();
    let asked = with_key(&service, key, reqwest::Method::POST, "/v1/verifications", Some(&start)).await.ok(201);
    let request = phone.open(asked["id"].as_str().unwrap()).await;
    owner.delete(&format!("/v1/orgs/midori/machines/{}", made["id"].as_str().unwrap())).await.empty(204);
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(asked["id"].as_str().unwrap(), &body).await.problem(403, "not-in-good-standing");
}

#[tokio::test]
async fn keys_end_by_themselves() {
    let service = Service::start().await;
    let mut owner = service.desk("mori", 1).await;
    let ask =
        json!({"kind": "api_key", "name": "x", "label": words(), "scopes": ["people:read"], "expires_in_days": 1});
    let made = owner.post("/v1/orgs/midori/machines", ask.clone()).await.ok(201);
    let key = made["secret"].as_str().unwrap();
    with_key(&service, key, reqwest::Method::GET, "/v1/orgs/midori/people", None).await.ok(200);
    service.shift_clock(86_400_000 + 1000).await;
    with_key(&service, key, reqwest::Method::GET, "/v1/orgs/midori/people", None).await.problem(401, "unauthenticated");
    owner.login().await.empty(204);
    for (member, value) in [
        ("expires_in_days", json!(0)),
        ("expires_in_days", json!(400)),
        ("scopes", json!([])),
        ("scopes", json!(["everything"])),
    ] {
        let mut bad = ask.clone();
        bad[member] = value;
        assert_eq!(owner.post("/v1/orgs/midori/machines", bad).await.status, 400, "{member}");
    }
}

fn assertion(service: &Service, key: &SigningKey, client: &str, change: impl FnOnce(&mut Value)) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({"iss": client, "sub": client, "aud": format!("{}/v1/oauth/token", service.origin),
                            "jti": hex::encode(rand::random::<[u8; 16]>()), "exp": now + 120, "iat": now});
    change(&mut claims);
    jws::sign(key, &json!({"alg": "ES256", "typ": "JWT"}), &claims)
}

async fn token(service: &Service, assertion: &str) -> Answer {
    let form = format!(
        "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
    );
    let request =
        service.http.post(format!("{}/v1/oauth/token", service.origin)).header("content-type", FORM).body(form);
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_client_signs_for_its_token() {
    let service = Service::start().await;
    let owner = service.desk("mori", 1).await;
    let (key, other) = (signing_key(60), signing_key(61));
    let ask = json!({"kind": "client", "name": "crm", "label": words(), "scopes": ["people:read"], "expires_in_days": 30, "jwks": {"keys": [jwk(&key)]}});
    let made = owner.post("/v1/orgs/midori/machines", ask).await.ok(201);
    assert!(made["secret"].is_null());
    let client = made["id"].as_str().unwrap();
    let good = assertion(&service, &key, client, |_| {});
    let answer = token(&service, &good).await.ok(200);
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(600)));
    let access = answer["access_token"].as_str().unwrap().to_owned();
    with_key(&service, &access, reqwest::Method::GET, "/v1/orgs/midori/people", None).await.ok(200);
    token(&service, &good).await.problem(401, "unauthenticated");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let bad: [(&str, String); 8] = [
        ("another key", assertion(&service, &other, client, |_| {})),
        ("another client", assertion(&service, &key, "m_nobody", |_| {})),
        ("another audience", assertion(&service, &key, client, |c| c["aud"] = json!("https://elsewhere.example"))),
        (
            "several audiences",
            assertion(&service, &key, client, |c| c["aud"] = json!([service.origin, "https://elsewhere.example"])),
        ),
        ("expired", assertion(&service, &key, client, |c| c["exp"] = json!(now - 5))),
        ("too long", assertion(&service, &key, client, |c| c["exp"] = json!(now + 3600))),
        ("not yet", assertion(&service, &key, client, |c| c["nbf"] = json!(now + 300))),
        ("no jti", assertion(&service, &key, client, |c| c["jti"] = json!(""))),
    ];
    for (what, assertion) in bad {
        let answer = token(&service, &assertion).await;
        assert_eq!((answer.status, &answer.body["code"]), (401, &json!("unauthenticated")), "{what}");
    }
    service.shift_clock(601_000).await;
    with_key(&service, &access, reqwest::Method::GET, "/v1/orgs/midori/people", None)
        .await
        .problem(401, "unauthenticated");
}
