//! Administration: an organisation's own affairs (docs/admin-api.md). One resource a file.

mod customers;
mod dashboard;
mod delegations;
mod incidents;
mod issuers;
mod keys;
mod machines;
mod people;
mod policies;
mod purposes;
mod review;
mod settings;
mod teams;

use axum::Router;

use crate::app::App;

/// Every route of the administration.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(customers::routes())
        .merge(dashboard::routes())
        .merge(delegations::routes())
        .merge(incidents::routes())
        .merge(issuers::routes())
        .merge(keys::routes())
        .merge(machines::routes())
        .merge(people::routes())
        .merge(policies::routes())
        .merge(purposes::routes())
        .merge(review::routes())
        .merge(settings::routes())
        .merge(teams::routes())
}
