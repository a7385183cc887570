//! What people and machines do in their organisation: `docs/admin-api.md`.

mod receipts;

use axum::Router;

use crate::app::App;
pub(super) use receipts::document;

/// Every route under `/v1/orgs`, and receipts.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(receipts::routes())
}
