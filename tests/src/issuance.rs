//! OpenID4VCI's pre-authorized code flow from the phone's side.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64U};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    entropy::bytes,
    http::{self, Answer},
    secret::{Holder, Wallet},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// A fresh P-256 device key.
pub fn device_key() -> SigningKey {
    loop {
        if let Ok(key) = SigningKey::from_slice(&bytes::<32>()) {
            return key;
        }
    }
}

/// The public half as a JWK.
///
/// # Panics
/// Never: a public key is not the identity.
pub fn jwk(key: &SigningKey) -> Value {
    let point = key.verifying_key().to_sec1_point(false);
    json!({"kty": "EC", "crv": "P-256", "x": B64U.encode(point.x().expect("affine")), "y": B64U.encode(point.y().expect("affine"))})
}

/// Seconds since the epoch.
pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// What a proof of possession says; a test may change any of it.
pub struct Possession {
    /// JOSE header.
    pub header: Value,
    /// Claims.
    pub claims: Value,
}

impl Possession {
    /// The honest one.
    pub fn honest(issuer: &str, nonce: &str, key: &SigningKey, commitment: &str) -> Self {
        Self {
            header: json!({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": jwk(key)}),
            claims: json!({"aud": issuer, "iat": now_s(), "nonce": nonce, "honnin_holder": commitment}),
        }
    }

    /// Signed, in compact form.
    pub fn sign(&self, key: &SigningKey) -> String {
        let input = format!("{}.{}", B64U.encode(self.header.to_string()), B64U.encode(self.claims.to_string()));
        let signature: Signature = key.sign(input.as_bytes());
        format!("{input}.{}", B64U.encode(signature.to_bytes()))
    }
}

/// Fetches an offer: (issuer, pre-authorized code), or the refusal.
///
/// # Errors
/// When the connection breaks.
pub async fn read_offer(client: &Client, offer_url: &str) -> Result<Answer> {
    http::send(client.get(offer_url)).await
}

/// Spends a pre-authorized code for a token.
///
/// # Errors
/// When the connection breaks.
pub async fn token(client: &Client, issuer: &str, code: &str) -> Result<Answer> {
    http::send(client.post(format!("{issuer}/token")).form(&[("grant_type", GRANT), ("pre-authorized_code", code)]))
        .await
}

/// A fresh `c_nonce`.
///
/// # Errors
/// When the issuer refuses.
pub async fn nonce(client: &Client, issuer: &str) -> Result<String> {
    let body = http::send(client.post(format!("{issuer}/nonce"))).await?.ok()?;
    body["c_nonce"].as_str().map(str::to_owned).context("no c_nonce")
}

/// Asks for the credential with a proof of possession.
///
/// # Errors
/// When the connection breaks.
pub async fn credential(client: &Client, issuer: &str, token: &str, proof: &str) -> Result<Answer> {
    let body = json!({"credential_configuration_id": "honnin-jp-1", "proofs": {"jwt": [proof]}});
    http::send(client.post(format!("{issuer}/credential")).bearer_auth(token).json(&body)).await
}

/// An offer's issuer and code.
///
/// # Errors
/// When the document holds none.
pub fn offer_parts(offer: &Value) -> Result<(String, String)> {
    let issuer = offer["credential_issuer"].as_str().context("no credential_issuer")?;
    let code = offer["grants"][GRANT]["pre-authorized_code"].as_str().context("no code")?;
    Ok((issuer.to_owned(), code.to_owned()))
}

/// The whole flow: from an offer's address to a checked wallet.
///
/// # Errors
/// When the issuer or the check of its credential refuses.
pub async fn redeem(client: &Client, offer_url: &str, key: &SigningKey) -> Result<Wallet> {
    let (issuer, code) = offer_parts(&read_offer(client, offer_url).await?.ok()?)?;
    let metadata = http::send(client.get(format!("{issuer}/.well-known/openid-credential-issuer"))).await?.ok()?;
    let token = token(client, &issuer, &code).await?.ok()?;
    let token = token["access_token"].as_str().context("no access_token")?;
    let holder = Holder::new();
    let nonce = nonce(client, &issuer).await?;
    let proof = Possession::honest(&issuer, &nonce, key, &holder.commitment()).sign(key);
    let answer = credential(client, &issuer, token, &proof).await?.ok()?;
    Wallet::check(holder, &answer["credentials"][0]["credential"], &metadata["honnin"]["root"], now_s())
}
