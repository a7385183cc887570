//! For a phone that no push reached: a link, a QR code, a code to be spoken, or the link by the tenant's own gateway.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::verifications::visible;
use crate::app::App;
use crate::db::links::{self, Channel};
use crate::db::outbox::{self, Fresh, Kind};
use crate::db::verifications;
use crate::db::{sms, steps};
use crate::entropy::token_hash;
use crate::http::extract::{AuthCaller, Body, Verification};
use crate::http::problem::Problem;
use crate::requests::must_be_open;
use crate::{links as made, statements};

/// How.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    #[serde(default)]
    sms: bool,
}

/// `POST /v1/verifications/{id}/link`: 201 with link, QR code and spoken code; with `"sms": true` 202, and the link goes
/// to the tenant's gateway alone.
pub async fn make(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Verification(id): Verification,
    Body(wish): Body<Wish>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let record = visible(&app, &caller, &id).await?;
    if record.asker.id() != caller.id() {
        return Err(Problem::NotPermitted);
    }
    // A prospect has the invitation, and no number that a gateway knows.
    if record.prospect {
        return Err(Problem::NotFound);
    }
    must_be_open(&record)?;
    let mut write = app.db().write().await?;
    let record = verifications::find(&mut write, &id).await?.ok_or(Problem::NotFound)?;
    must_be_open(&record)?;
    if wish.sms {
        if sms::url(&mut write, &record.tenant).await?.is_none() {
            return Err(Problem::Refused("the tenant has no SMS gateway".into()));
        }
        let message = Fresh {
            id: statements::identifier("msg_", app.entropy()),
            organisation: &record.tenant,
            body: json!({"verification": record.id}).to_string(),
        };
        outbox::put(&mut write, Kind::Link, &[message]).await?;
        steps::note(&mut write, &record, "verification.link", json!({"channel": Channel::Sms.name()}));
        write.commit().await?;
        return Ok((StatusCode::ACCEPTED, Json(json!({"expires_at": record.expires_at}))));
    }
    let token = made::token(app.entropy());
    let (code, index) = loop {
        let code = format!("{:06}", app.entropy().below(1_000_000));
        let index = links::code_index(&write, &record.tenant, &record.customer, &code)?;
        if !links::is_taken(&mut write, &record.customer, &index).await? {
            break (code, index);
        }
    };
    let expires_at = links::make(&mut write, &record, Channel::Shown, &token_hash(&token), Some(&index))
        .await?
        .ok_or(Problem::TooManyRequests)?;
    steps::note(&mut write, &record, "verification.link", json!({"channel": Channel::Shown.name()}));
    write.commit().await?;
    let link = made::link(&app, &token);
    let qr = qr_svg(&link)?;
    Ok((StatusCode::CREATED, Json(json!({"link": link, "qr_svg": qr, "code": code, "expires_at": expires_at}))))
}

/// A link as a QR code.
///
/// # Errors
/// `internal` when it is too long for one.
pub(super) fn qr_svg(link: &str) -> Result<String, Problem> {
    let code = QrCode::with_error_correction_level(link, EcLevel::M)
        .map_err(|e| Problem::Internal(format!("QR code: {e}")))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build())
}
