//! Payments and orders: what the customer authorises, and of which the agent learns the verdict alone.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use honnin_protocol::currency::Currency;
use honnin_protocol::guard::{self, TermError};
use honnin_protocol::statement::{Payment, PaymentError};
use serde::Deserialize;

use crate::app::App;
use crate::bootstrap::is_plain;
use crate::http::extract::{Asking, Body};
use crate::http::problem::Problem;
use crate::requests;
use crate::rounds::{Ask, By, NewTerms, Whom};

/// A payment to be approved; the amount in minor units.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pay {
    tenant: Option<String>,
    handle: String,
    purpose: String,
    amount: u64,
    currency: String,
    payee: String,
    order: String,
    instrument: String,
    recipient: String,
}

/// What a delivery needs, to be sent sealed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    tenant: Option<String>,
    handle: String,
    purpose: String,
    order: String,
    recipient: String,
}

/// `POST /v1/payments`: 201 and the view.
pub async fn pay(
    State(app): State<App>,
    Asking(by): Asking,
    Body(body): Body<Pay>,
) -> Result<(StatusCode, Response), Problem> {
    let Pay { tenant, handle, purpose, amount, currency, payee, order, instrument, recipient } = body;
    let currency = currency.parse::<Currency>().map_err(|e| Problem::Refused(e.to_string()))?;
    let payment = Payment::new(amount, currency, payee, order, instrument).map_err(refused)?;
    let terms = NewTerms { recipient, payment: Some(payment), order: None };
    ask(&app, by, tenant, handle, purpose, terms).await
}

/// `POST /v1/orders`: 201 and the view.
pub async fn order(
    State(app): State<App>,
    Asking(by): Asking,
    Body(body): Body<Order>,
) -> Result<(StatusCode, Response), Problem> {
    let Order { tenant, handle, purpose, order, recipient } = body;
    guard::term(&order).map_err(term_refused)?;
    let terms = NewTerms { recipient, payment: None, order: Some(order) };
    ask(&app, by, tenant, handle, purpose, terms).await
}

async fn ask(
    app: &App,
    by: By,
    tenant: Option<String>,
    handle: String,
    purpose: String,
    terms: NewTerms,
) -> Result<(StatusCode, Response), Problem> {
    requests::check_handle(&handle)?;
    if !is_plain(&purpose) {
        return Err(requests::unknown_code(&purpose));
    }
    let ask = Ask {
        by,
        tenant,
        whom: Whom::Customer(handle),
        purpose,
        direction: "inbound",
        call: None,
        terms: Some(terms),
        counted: false,
    };
    let record = app.ask(ask).await?;
    Ok((StatusCode::CREATED, Json(requests::view(&record)?).into_response()))
}

fn refused(e: PaymentError) -> Problem {
    match e {
        PaymentError::Payee(e) | PaymentError::Order(e) | PaymentError::Instrument(e) => term_refused(e),
        other => Problem::Refused(other.to_string()),
    }
}

fn term_refused(e: TermError) -> Problem {
    match e {
        TermError::Text(_) | TermError::Digits => Problem::UnsafeText,
        TermError::Card | TermError::MyNumber => Problem::LooksLikePersonalData,
    }
}
