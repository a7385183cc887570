//! The pre-authorized code flow, and everything that must not get a credential.

use crate::common::{ADMIN, Answer, Issuer, SERVER, answer, key};
use honnin_circuits::Fr;
use honnin_circuits::credential::text_to_field;
use honnin_circuits::schema::Slot;
use honnin_protocol::credential::CredentialDocument;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::possession::{self, TYP};
use honnin_protocol::{encoding::b64u, jws};
use p256::ecdsa::SigningKey;
use serde_json::json;

#[tokio::test]
async fn a_credential_verifies_and_is_blind() {
    let issuer = Issuer::start().await;
    let token = issuer.token("C-00007").await;
    let Answer(status, body) = issuer.credential(&token, &issuer.proof().await).await;
    assert_eq!(status, 200, "{body}");
    let document: CredentialDocument = serde_json::from_value(body["credentials"][0]["credential"].clone()).unwrap();
    let metadata = answer(issuer.client.get(format!("{}/.well-known/openid-credential-issuer", issuer.url))).await.1;
    let root: P256Jwk = serde_json::from_value(metadata["honnin"]["root"].clone()).unwrap();
    assert_eq!(metadata["honnin"]["server"], SERVER);
    let (credential, certificate) = document.verify(&root, issuer.app.now_s(), issuer.app.day(0).unwrap()).unwrap();
    assert_eq!((certificate.iss.as_str(), certificate.tenant.as_str()), (issuer.url.as_str(), "midori"));
    assert_eq!(credential.attributes.get(Slot::Holder), Fr::from(5u64));
    assert_eq!(credential.attributes.get(Slot::Subject), text_to_field("C-00007"));
    assert!(credential.attributes.get(Slot::Blinding) != Fr::from(0u64));

    let mut forged = document.clone();
    forged.values.limit += 1;
    assert!(forged.verify(&root, issuer.app.now_s(), issuer.app.day(0).unwrap()).is_err());
    assert!(document.verify(&root, issuer.app.now_s(), issuer.app.day(731).unwrap()).is_err(), "a day past its expiry");
}

#[tokio::test]
async fn an_offer_is_good_once_and_in_time() {
    let issuer = Issuer::start().await;
    let made = issuer.offer("C-00001").await.1;
    let url = made["offer_url"].as_str().unwrap();
    assert!(made["phone_url"].as_str().unwrap().starts_with(&format!("{SERVER}/app/#offer=http%3A%2F%2Flocalhost")));
    assert!(made["qr_svg"].as_str().unwrap().starts_with("<svg"));
    assert_eq!(answer(issuer.client.get(url)).await.0, 200);
    assert_eq!(answer(issuer.client.get(url)).await.0, 200, "reading spends nothing");
    let code =
        answer(issuer.client.get(url)).await.1["grants"][honnin_protocol::issuance::GRANT]["pre-authorized_code"]
            .as_str()
            .unwrap()
            .to_owned();
    let (one, two) = tokio::join!(issuer.redeem(&code), issuer.redeem(&code));
    let mut both = [one.0, two.0];
    both.sort_unstable();
    assert_eq!(both, [200, 400], "of two at once, one wins");
    assert_eq!(issuer.redeem(&code).await.1["error"], "invalid_grant");
    let Answer(status, body) = answer(issuer.client.get(url)).await;
    assert_eq!((status, body["code"].as_str()), (409, Some("already-decided")));

    let made = issuer.offer("C-00001").await.1;
    let late = issuer.code("C-00001").await;
    issuer.wait(600);
    assert_eq!(issuer.redeem(&late).await.1["error"], "invalid_grant");
    let Answer(status, body) = answer(issuer.client.get(made["offer_url"].as_str().unwrap())).await;
    assert_eq!((status, body["code"].as_str()), (410, Some("expired")));
    let unknown = format!("{}/offers/o_AAAAAAAAAAAAAAAAAAAAAA", issuer.url);
    assert_eq!(answer(issuer.client.get(unknown)).await.0, 404);
}

#[tokio::test]
async fn a_token_is_good_for_one_credential_and_in_time() {
    let issuer = Issuer::start().await;
    let token = issuer.token("C-00002").await;
    assert_eq!(issuer.credential(&token, &issuer.proof().await).await.0, 200);
    let Answer(status, body) = issuer.credential(&token, &issuer.proof().await).await;
    assert_eq!((status, body["error"].as_str()), (401, Some("invalid_token")));
    assert_eq!(issuer.credential("nobody's", &issuer.proof().await).await.0, 401);

    let token = issuer.token("C-00002").await;
    let (one, two) = (issuer.proof().await, issuer.proof().await);
    let (one, two) = tokio::join!(issuer.credential(&token, &one), issuer.credential(&token, &two));
    let mut both = [one.0, two.0];
    both.sort_unstable();
    assert_eq!(both, [200, 401], "of two at once, one wins");

    let token = issuer.token("C-00002").await;
    issuer.wait(600);
    assert_eq!(issuer.credential(&token, &issuer.proof().await).await.0, 401);
}

#[tokio::test]
async fn a_nonce_is_good_once_and_in_time() {
    let issuer = Issuer::start().await;
    let first = issuer.token("C-00003").await;
    let proof = issuer.proof().await;
    assert_eq!(issuer.credential(&first, &proof).await.0, 200);
    let second = issuer.token("C-00004").await;
    let Answer(status, body) = issuer.credential(&second, &proof).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_nonce")), "replayed");
    let made_up = possession::sign(&key(), &issuer.url, issuer.app.now_s(), "made-up", Fr::from(5u64));
    assert_eq!(issuer.credential(&second, &made_up).await.1["error"], "invalid_nonce");
    let nonce = issuer.nonce().await;
    issuer.wait(300);
    let late = possession::sign(&key(), &issuer.url, issuer.app.now_s(), &nonce, Fr::from(5u64));
    assert_eq!(issuer.credential(&second, &late).await.1["error"], "invalid_nonce", "expired");
    assert_eq!(issuer.credential(&second, &issuer.proof().await).await.0, 200, "refusals spent nothing");
}

#[tokio::test]
async fn proofs_are_strict() {
    let issuer = Issuer::start().await;
    let token = issuer.token("C-00005").await;
    let (now, url) = (issuer.app.now_s(), issuer.url.clone());
    let nonce = issuer.nonce().await;
    let jwk = P256Jwk::from(*key().verifying_key());
    let header = json!({"alg": "ES256", "typ": TYP, "jwk": jwk});
    let claims = json!({"aud": url, "iat": now, "nonce": nonce, "honnin_holder": "0".repeat(63) + "5"});
    let with = |part: &str, value: serde_json::Value| {
        let (mut header, mut claims) = (header.clone(), claims.clone());
        if header.get(part).is_some() {
            header[part] = value
        } else {
            claims[part] = value
        }
        jws::sign(&key(), &header, &claims)
    };
    let foreign = SigningKey::from_slice(&[8; 32]).unwrap();
    let unsigned = format!("{}.{}.", b64u(json!({"alg": "none", "typ": TYP}).to_string()), b64u(claims.to_string()));
    let bad = [
        ("another audience", with("aud", json!("https://elsewhere.example"))),
        ("an old proof", with("iat", json!(now - 301))),
        ("a proof from the future", with("iat", json!(now + 301))),
        ("alg none", with("alg", json!("none"))),
        ("another alg", with("alg", json!("ES384"))),
        ("another typ", with("typ", json!("JWT"))),
        ("another key's jwk", with("jwk", json!(P256Jwk::from(*foreign.verifying_key())))),
        (
            "a private jwk",
            with("jwk", {
                let mut j = json!(jwk);
                j["d"] = json!("AA");
                j
            }),
        ),
        ("a zero commitment", with("honnin_holder", json!("0".repeat(64)))),
        (
            "a commitment at the modulus",
            with("honnin_holder", json!("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001")),
        ),
        ("an unknown claim", with("sub", json!("x"))),
        ("no signature", unsigned),
        ("no JWT", "proof".into()),
    ];
    for (why, proof) in bad {
        let Answer(status, body) = issuer.credential(&token, &proof).await;
        assert_eq!((status, body["error"].as_str()), (400, Some("invalid_proof")), "{why}");
    }
    let good = jws::sign(&key(), &header, &claims);
    let two = json!({"credential_configuration_id": "honnin-jp-1", "proofs": {"jwt": [good, good]}});
    let Answer(_, body) = answer(issuer.post("/credential").bearer_auth(&token).json(&two)).await;
    assert_eq!(body["error"], "invalid_proof", "two proofs");
    let other = json!({"credential_configuration_id": "other", "proofs": {"jwt": [good]}});
    let Answer(_, body) = answer(issuer.post("/credential").bearer_auth(&token).json(&other)).await;
    assert_eq!(body["error"], "unknown_credential_configuration");
    let extra = json!({"credential_configuration_id": "honnin-jp-1", "proofs": {"jwt": [good]}, "extra": 1});
    let Answer(_, body) = answer(issuer.post("/credential").bearer_auth(&token).json(&extra)).await;
    assert_eq!(body["error"], "invalid_credential_request");
    assert_eq!(issuer.credential(&token, &good).await.0, 200, "refusals spent neither nonce nor token");
}

#[tokio::test]
async fn requests_out_of_shape() {
    let issuer = Issuer::start().await;
    let Answer(status, body) = issuer.offer("C-99999").await;
    assert_eq!((status, body["code"].as_str()), (404, Some("not-found")));
    let Answer(status, body) = issuer.offer("090-1234-5678").await;
    assert_eq!((status, body["code"].as_str()), (422, Some("looks-like-personal-data")));
    let make = || issuer.post("/admin/offers").json(&json!({"handle": "C-00001"}));
    assert_eq!(answer(make()).await.0, 401);
    assert_eq!(answer(make().bearer_auth("wrong")).await.0, 401);
    let unknown = issuer.post("/admin/offers").bearer_auth(ADMIN).json(&json!({"handle": "C-00001", "x": 1}));
    assert_eq!(answer(unknown).await.0, 400);
    let form = [("grant_type", "authorization_code"), ("pre-authorized_code", "x")];
    assert_eq!(answer(issuer.post("/token").form(&form)).await.1["error"], "unsupported_grant_type");
    assert_eq!(answer(issuer.post("/token").form(&[("grant_type", "x")])).await.1["error"], "invalid_request");
    let big = "x".repeat(70_000);
    let token = issuer.token("C-00001").await;
    for request in [
        issuer.post("/token").form(&[("grant_type", big.as_str())]),
        issuer.post("/admin/offers").bearer_auth(ADMIN).json(&json!({"handle": big})),
        issuer.post("/credential").bearer_auth(&token).json(&json!({"credential_configuration_id": big})),
    ] {
        let Answer(status, body) = answer(request).await;
        assert_eq!((status, body["code"].as_str()), (413, Some("too-large")));
    }
    assert_eq!(answer(issuer.client.get(format!("{}/nothing", issuer.url))).await.1["code"], "not-found");
    assert_eq!(answer(issuer.client.get(format!("{}/token", issuer.url))).await.0, 405);
    assert_eq!(answer(issuer.client.get(format!("{}/readyz", issuer.url))).await.0, 200);
}

#[tokio::test]
async fn only_the_phone_apps_origin_may_read_answers() {
    let issuer = Issuer::start().await;
    let get = |path: &str| issuer.client.get(format!("{}{path}", issuer.url)).header("origin", SERVER);
    let allowed = |r: &reqwest::Response| r.headers().get("access-control-allow-origin").cloned();
    let metadata = get("/.well-known/openid-credential-issuer").send().await.unwrap();
    assert_eq!(allowed(&metadata).unwrap(), SERVER);
    assert_eq!(allowed(&get("/").send().await.unwrap()), None, "not the clerk's page");
    let stranger = issuer.post("/nonce").header("origin", "https://evil.example").send().await.unwrap();
    assert_ne!(allowed(&stranger).unwrap(), "https://evil.example");
    let preflight = issuer
        .client
        .request(reqwest::Method::OPTIONS, format!("{}/credential", issuer.url))
        .header("origin", SERVER)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .send()
        .await
        .unwrap();
    assert!(preflight.status().is_success());
    assert_eq!(allowed(&preflight).unwrap(), SERVER);
    assert!(preflight.headers()["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
}
