//! Offers for programs: the clerk's token as a bearer token.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode, header};
use honnin_protocol::guard;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::app::App;
use crate::page;

/// For whom.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeOffer {
    handle: String,
}

/// The offer, ready to be shown.
#[derive(Serialize)]
pub struct OfferMade {
    offer_id: String,
    offer_url: String,
    phone_url: String,
    qr_svg: String,
    expires_at: i64,
}

/// The bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// `POST /admin/offers`.
pub async fn make_offer(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Json<MakeOffer>, JsonRejection>,
) -> Result<(StatusCode, Json<OfferMade>), Problem> {
    if !bearer(&headers).is_some_and(|token| app.is_admin(token)) {
        return Err(Problem::Unauthenticated);
    }
    let Json(request) = body?;
    guard::handle(&request.handle).map_err(|_| Problem::LooksLikePersonalData)?;
    let offer = app.offer(&request.handle).await?.ok_or(Problem::NotFound)?;
    let made = OfferMade {
        qr_svg: page::qr(&offer.phone_url).ok_or(Problem::Internal)?,
        offer_id: offer.id.to_string(),
        offer_url: offer.url,
        phone_url: offer.phone_url,
        expires_at: offer.expires_at,
    };
    Ok((StatusCode::CREATED, Json(made)))
}
