//! The phone's interface.

pub(super) mod answer;
pub(super) mod approve;
mod calls;
mod consents;
pub(super) mod device_session;
mod devices;
pub(super) mod enrol_complete;
pub(super) mod enrol_start;
mod links;
mod prospects;
mod push;
mod receipts;
mod requests;
mod stream;
mod tenant;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// Every route of an enrolled phone, and what anybody may read.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/tenants/{tenant}", get(tenant::tenant))
        .route("/v1/device/stream", get(stream::stream))
        .route("/v1/device/requests", get(requests::open))
        .route("/v1/device/requests/{id}", get(requests::one))
        .route("/v1/device/requests/{id}/opened", post(requests::opened))
        .route("/v1/device/requests/{id}/approve", post(approve::approve))
        .route("/v1/device/requests/{id}/refuse", post(answer::refuse))
        .route("/v1/device/requests/{id}/unprovable", post(answer::unprovable))
        .route("/v1/device/calls", get(calls::expected))
        .route("/v1/device/calls/{id}/reschedule", post(calls::reschedule))
        .route("/v1/device/push", get(push::key).put(push::set).delete(push::remove))
        .route("/v1/device/history", get(requests::history))
        .route("/v1/device/receipts/{verification}", get(receipts::receipt))
        .merge(consents::routes())
        .merge(devices::routes())
}

/// What a phone may guess at: bounded by address too.
pub fn guessed() -> Router<App> {
    Router::new().route("/v1/device/links", post(links::open))
}

/// Routes for a phone that has no session yet.
pub fn anonymous() -> Router<App> {
    Router::new()
        .route("/v1/enrolments", post(enrol_start::start))
        .route("/v1/enrolments/{id}/complete", post(enrol_complete::complete))
        .route("/v1/prospects/read", post(prospects::read))
        .route("/v1/prospects/accept", post(prospects::accept))
        .route("/v1/device/challenge", post(device_session::challenge))
        .route("/v1/device/session", post(device_session::session))
}
