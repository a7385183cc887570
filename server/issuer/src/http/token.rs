//! A pre-authorized code becomes an access token, once.

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::{Form, Json};
use honnin_protocol::issuance::{GRANT, TokenRequest, TokenResponse};

use super::{OAuth, Problem};
use crate::app::App;
use crate::store::offers;

/// `POST /token`.
pub async fn token(
    State(app): State<App>,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Json<TokenResponse>, OAuth> {
    let Form(request) = form.map_err(|e| match Problem::from(e) {
        Problem::TooLarge => OAuth::Other(Problem::TooLarge),
        _ => OAuth::Refused("invalid_request", "grant_type and pre-authorized_code, as a form, and nothing else"),
    })?;
    if request.grant_type != GRANT {
        return Err(OAuth::Refused("unsupported_grant_type", "only the pre-authorized code grant"));
    }
    let token = app.entropy().token();
    let life = app.config().token_ttl_s;
    let now = app.now();
    if !offers::redeem(app.store(), &request.code, &token, now, now + i64::from(life) * 1000).await? {
        return Err(OAuth::Refused("invalid_grant", "the code is unknown, used or expired"));
    }
    tracing::info!("offer redeemed");
    Ok(Json(TokenResponse { access_token: token, token_type: "Bearer".into(), expires_in: life.into() }))
}
