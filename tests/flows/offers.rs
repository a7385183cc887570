//! Offers are single-use and expire; the credential request says who asks and for whom.

use anyhow::{Context, Result};
use honnin_tests::{
    http, issuance,
    issuance::Possession,
    scene::{ANNA, Scene},
    secret::Holder,
};
use serde_json::json;

#[tokio::test]
async fn an_offer_is_spent_once() -> Result<()> {
    let scene = Scene::open().await?;
    let client = http::client(false);
    let offer = scene.stack.offer(ANNA).await?;
    let url = offer["offer_url"].as_str().context("offer_url")?;
    let (issuer, code) = issuance::offer_parts(&issuance::read_offer(&client, url).await?.ok()?)?;
    let (one, two) = tokio::join!(issuance::token(&client, &issuer, &code), issuance::token(&client, &issuer, &code));
    let (one, two) = (one?, two?);
    assert!(one.status.is_success() ^ two.status.is_success(), "{one:?} {two:?}");
    let again = issuance::token(&client, &issuer, &code).await?;
    assert_eq!((again.status.as_u16(), again.body["error"].as_str()), (400, Some("invalid_grant")));
    Ok(())
}

#[tokio::test]
async fn proofs_of_possession_are_strict() -> Result<()> {
    let scene = Scene::open().await?;
    let client = http::client(false);
    let key = issuance::device_key();
    let commitment = Holder::new().commitment();
    let offer = scene.stack.offer(ANNA).await?;
    let offer = issuance::read_offer(&client, offer["offer_url"].as_str().context("offer_url")?).await?.ok()?;
    let (issuer, code) = issuance::offer_parts(&offer)?;
    let token = issuance::token(&client, &issuer, &code).await?.ok()?;
    let token = token["access_token"].as_str().context("token")?;

    type Bend = fn(&mut Possession);
    let bends: [(&str, Bend); 7] = [
        ("another audience", |p| p.claims["aud"] = json!("https://elsewhere.example")),
        ("a nonce that was never given", |p| p.claims["nonce"] = json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("made an hour ago", |p| p.claims["iat"] = json!(issuance::now_s() - 3600)),
        ("no algorithm", |p| p.header["alg"] = json!("none")),
        ("another type", |p| p.header["typ"] = json!("JWT")),
        ("a commitment at the modulus", |p| {
            p.claims["honnin_holder"] = json!("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001")
        }),
        ("another key than the signer's", |p| p.header["jwk"] = issuance::jwk(&issuance::device_key())),
    ];
    for (what, bend) in bends {
        let nonce = issuance::nonce(&client, &issuer).await?;
        let mut possession = Possession::honest(&issuer, &nonce, &key, &commitment);
        bend(&mut possession);
        let answer = issuance::credential(&client, &issuer, token, &possession.sign(&key)).await?;
        assert!(answer.status.is_client_error(), "{what}: {answer:?}");
        assert!(answer.body["error"].is_string(), "{what}: {answer:?}");
        assert!(answer.body.get("credentials").is_none(), "{what}");
    }
    let nonce = issuance::nonce(&client, &issuer).await?;
    let proof = Possession::honest(&issuer, &nonce, &key, &commitment).sign(&key);
    let answer = issuance::credential(&client, &issuer, token, &proof).await?.ok()?;
    assert!(answer["credentials"][0]["credential"]["signature"]["s"].is_string());
    // The nonce is spent now, and so is the right to a credential.
    assert!(!issuance::credential(&client, &issuer, token, &proof).await?.status.is_success());
    Ok(())
}

#[tokio::test]
async fn only_the_clerk_makes_offers() -> Result<()> {
    let scene = Scene::open().await?;
    let client = http::client(false);
    let url = format!("{}/admin/offers", scene.stack.issuer);
    let body = json!({"handle": ANNA});
    http::send(client.post(&url).json(&body)).await?.refused("unauthenticated");
    http::send(client.post(&url).bearer_auth("wrong").json(&body)).await?.refused("unauthenticated");
    assert!(scene.stack.offer("C-99999").await.is_err(), "an unknown customer");
    Ok(())
}

#[tokio::test]
async fn the_phone_app_may_ask_from_its_own_origin_alone() -> Result<()> {
    let scene = Scene::open().await?;
    let client = http::client(false);
    for path in ["/token", "/nonce", "/credential"] {
        for (origin, may) in [(scene.stack.origin.as_str(), true), ("https://evil.example", false)] {
            let answer = client
                .request(reqwest::Method::OPTIONS, format!("{}{path}", scene.stack.issuer))
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization,content-type")
                .send()
                .await?;
            let allowed = answer.headers().get("access-control-allow-origin").is_some_and(|value| value == origin);
            assert_eq!(allowed, may, "{path} from {origin}");
        }
    }
    Ok(())
}
