//! Administration: an organisation's own affairs (docs/admin-api.md). One resource a file.

mod customers;
mod incidents;
mod keys;

use axum::Router;

use crate::app::App;

/// Every route of the administration.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(customers::routes())
        .merge(incidents::routes())
        .merge(keys::routes())
}
