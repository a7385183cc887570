//! A client's access token: `client_credentials` with a `private_key_jwt` assertion (RFC 6749, RFC 7523).

use axum::body::Body;
use axum::extract::{FromRequest as _, Request, State};
use axum::routing::post;
use axum::{Form, Json, Router};
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::jws;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::db::machines;
use crate::entropy::token_hash;
use crate::http::extract::{body, by_their_listener};
use crate::http::problem::Problem;
use crate::requests::stored;

/// RFC 7523's name for the kind of assertion.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// An assertion may be good for so long at most, seconds.
const LONGEST_S: i64 = 10 * 60;
/// How far a client's clock may be ahead, seconds.
const SKEW_S: i64 = 30;

/// The token endpoint.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/oauth/token", post(token))
}

/// The form.
#[derive(Deserialize)]
struct Ask {
    grant_type: String,
    client_assertion_type: String,
    client_assertion: String,
}

/// An assertion's claims (RFC 7523, section 3).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    jti: String,
    exp: i64,
    nbf: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// ES256 and nothing else. Further members (`typ`, `kid`) say nothing that decides.
#[derive(Deserialize)]
struct Header {
    #[expect(dead_code, reason = "read for its type: any other algorithm is refused")]
    alg: Es256,
}

#[derive(Deserialize)]
enum Es256 {
    #[serde(rename = "ES256")]
    Es256,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<P256Jwk>,
}

/// `POST /v1/oauth/token`. Whatever is wrong with an assertion, the answer is the same.
async fn token(State(app): State<App>, request: Request) -> Result<Json<Value>, Problem> {
    let (parts, unread) = request.into_parts();
    by_their_listener(&app, &parts)?;
    let whole = Body::from(body(Request::from_parts(parts.clone(), unread), &app).await?);
    let form = Form::from_request(Request::from_parts(parts, whole), &app).await;
    let Form(ask): Form<Ask> =
        form.map_err(|_| Problem::Malformed("the body is a form of grant_type and client_assertion"))?;
    if ask.grant_type != "client_credentials" || ask.client_assertion_type != ASSERTION_TYPE {
        return Err(Problem::Malformed("grant_type is client_credentials, client_assertion_type is jwt-bearer"));
    }
    let parse = || jws::parse::<Header, Claims>(&ask.client_assertion).map_err(|_| Problem::Unauthenticated);
    let sub = parse()?.claimed().sub.clone();
    let mut write = app.db().write().await?;
    let client = machines::active_client(&mut write, &sub).await?.ok_or(Problem::Unauthenticated)?;
    let jwks: Jwks = stored(client.jwks.as_deref().unwrap_or("{\"keys\": []}"))?;
    let mut verified = None;
    for key in &jwks.keys {
        verified = parse()?.verify(key.verifying_key()).ok().or(verified);
    }
    let (_, claimed) = verified.ok_or(Problem::Unauthenticated)?;
    let (now_s, here) = (write.now / 1000, format!("{}/v1/oauth/token", app.origin()));
    let for_us = match &claimed.aud {
        Audience::One(aud) => *aud == here || aud == app.origin(),
        Audience::Many(all) => all.len() == 1 && (all[0] == here || all[0] == app.origin()),
    };
    let timely =
        claimed.exp > now_s && claimed.exp <= now_s + LONGEST_S && claimed.nbf.is_none_or(|nbf| nbf <= now_s + SKEW_S);
    if !for_us || !timely || claimed.iss != claimed.sub || claimed.jti.is_empty() || claimed.jti.len() > 256 {
        return Err(Problem::Unauthenticated);
    }
    // An assertion serves once.
    let jti = token_hash(&format!("{} {}", client.id, claimed.jti));
    if !machines::remember_assertion(&mut write, &jti, claimed.exp * 1000).await? {
        return Err(Problem::Unauthenticated);
    }
    let token = app.entropy().token();
    machines::add_token(&mut write, &client.id, &token_hash(&token)).await?;
    write.commit().await?;
    Ok(Json(json!({"access_token": token, "token_type": "Bearer", "expires_in": machines::TOKEN_MS / 1000})))
}
