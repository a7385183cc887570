//! Administration: an organisation's own affairs (docs/admin-api.md). One resource a file.

mod alerts;
mod audit;
mod audit_export;
mod customers;
mod dashboard;
mod delegations;
mod incidents;
mod issuers;
mod keys;
mod machines;
mod people;
mod policies;
mod provider;
mod purposes;
mod receipts;
mod recipients;
mod review;
mod settings;
mod sms;
mod teams;

use axum::Router;

use crate::app::App;
pub(super) use receipts::document;

/// Every route of the administration.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(alerts::routes())
        .merge(audit::routes())
        .merge(customers::routes())
        .merge(dashboard::routes())
        .merge(delegations::routes())
        .merge(incidents::routes())
        .merge(issuers::routes())
        .merge(keys::routes())
        .merge(machines::routes())
        .merge(people::routes())
        .merge(policies::routes())
        .merge(provider::routes())
        .merge(purposes::routes())
        .merge(receipts::routes())
        .merge(recipients::routes())
        .merge(review::routes())
        .merge(settings::routes())
        .merge(sms::routes())
        .merge(teams::routes())
}
