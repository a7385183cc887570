//! A phone's session: a challenge signed by the device key becomes a token.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use honnin_protocol::jwk::P256Jwk;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Verifier as _;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::db::devices;
use crate::entropy::token_hash;
use crate::http::extract::Body;
use crate::http::problem::Problem;
use crate::requests::{b64u, stored};

/// Which device.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    device: String,
}

/// `POST /v1/device/challenge`: an unknown device gets one too, and can do nothing with it.
pub async fn challenge(State(app): State<App>, Body(body): Body<Ask>) -> Result<Json<Value>, Problem> {
    let challenge = app.entropy().token();
    let mut write = app.db().write().await?;
    if devices::active(&mut write, &body.device).await?.is_some() {
        if !devices::add_challenge(&mut write, &body.device, &token_hash(&challenge)).await? {
            return Err(Problem::TooManyRequests);
        }
        write.commit().await?;
    }
    Ok(Json(json!({"challenge": challenge})))
}

/// The signed challenge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    device: String,
    challenge: String,
    signature: String,
}

/// `POST /v1/device/session`: a challenge serves once, also when the signature is wrong.
pub async fn session(State(app): State<App>, Body(body): Body<Signed>) -> Result<Json<Value>, Problem> {
    let challenge: [u8; 32] = b64u(&body.challenge)?;
    let signature: [u8; 64] = b64u(&body.signature)?;
    let mut write = app.db().write().await?;
    let taken =
        devices::take_challenge(&mut write, &body.device, &token_hash(&URL_SAFE_NO_PAD.encode(challenge))).await?;
    let device = devices::active(&mut write, &body.device).await?;
    let valid = match &device {
        Some(device) if taken => {
            let key: P256Jwk = stored(&device.identity.device_key)?;
            let message = honnin_protocol::device::session_message(&challenge);
            Signature::from_slice(&signature).is_ok_and(|s| key.verifying_key().verify(&message, &s).is_ok())
        }
        _ => false,
    };
    let token = app.entropy().token();
    if valid {
        devices::add_token(&mut write, &body.device, &token_hash(&token)).await?;
    }
    write.commit().await?;
    if !valid {
        return Err(Problem::Unauthenticated);
    }
    Ok(Json(json!({"token": token, "expires_in": devices::TOKEN_MS / 1000})))
}
