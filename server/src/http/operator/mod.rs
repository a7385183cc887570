//! The operator's interface.

mod calls;
mod eligibility;
mod fallbacks;
mod invitations;
mod links;
pub(super) mod login;
mod lost;
mod me;
pub(super) mod provider;
mod session;
mod stream;
mod terms;
pub(super) mod verifications;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// Every route of who is logged in.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/operator/lock", post(session::lock))
        .route("/v1/operator/logout", post(session::logout))
        .route("/v1/operator/me", get(me::me))
        .route("/v1/operator/stream", get(stream::stream))
        .route("/v1/calls", post(calls::announce).get(calls::mine))
        .route("/v1/calls/{id}", get(calls::one))
        .route("/v1/calls/{id}/state", post(calls::progress))
        .route("/v1/calls/{id}/cancel", post(calls::cancel))
        .route("/v1/calls/{id}/number", get(calls::number))
        .route("/v1/customers/lost", post(lost::lost))
        .route("/v1/fallbacks", get(fallbacks::waiting))
        .route("/v1/fallbacks/callbacks", get(fallbacks::callbacks))
        .route("/v1/fallbacks/{id}/approve", post(fallbacks::approve))
        .route("/v1/fallbacks/{id}/refuse", post(fallbacks::refuse))
        .route("/v1/fallbacks/{id}/outcome", post(fallbacks::outcome))
        .route("/v1/eligibility", post(eligibility::invite))
        .route("/v1/payments", post(terms::pay))
        .route("/v1/orders", post(terms::order))
        .route("/v1/verifications", post(verifications::start).get(verifications::today))
        .route("/v1/verifications/{id}", get(verifications::one))
        .route("/v1/verifications/{id}/cancel", post(verifications::cancel))
        .route("/v1/verifications/{id}/fallback", post(fallbacks::ask))
        .route("/v1/verifications/{id}/link", post(links::make))
}

/// Routes for who is not logged in yet.
pub fn anonymous() -> Router<App> {
    Router::new()
        .route("/v1/operator/invitations/{token}/start", post(invitations::start))
        .route("/v1/operator/invitations/{token}/finish", post(invitations::finish))
        .route("/v1/operator/login/start", post(login::start))
        .route("/v1/operator/login/finish", post(login::finish))
        .route("/v1/operator/login/provider/start", post(provider::start))
        .route(provider::CALLBACK, get(provider::callback))
        .route("/v1/operator/login/provider/finish", post(provider::finish))
}
