//! Who is logged in and what they may ask.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::http::extract::AuthOperator;
use crate::http::problem::Problem;

/// `GET /v1/operator/me`.
pub async fn me(State(app): State<App>, AuthOperator(session): AuthOperator) -> Result<Json<Value>, Problem> {
    let tenant = app.tenant(&session.tenant).ok_or(Problem::Unauthenticated)?;
    let operator = app.operator(&session.tenant, &session.operator).ok_or(Problem::Unauthenticated)?;
    let purposes: Vec<Value> =
        tenant.purposes.iter().map(|p| json!({"code": p.code, "ja": p.ja, "en": p.en, "policy": p.policy})).collect();
    let policies: Vec<Value> = tenant
        .policies
        .iter()
        .map(|p| json!({"id": p.id, "version": p.version, "name": p.name, "words": honnin_protocol::policy::words(p)}))
        .collect();
    Ok(Json(json!({
        "operator": {"id": operator.id, "name": operator.name, "label": operator.label},
        "tenant": {"id": tenant.id, "display": tenant.display},
        "purposes": purposes, "policies": policies, "idle_lock_s": tenant.idle_lock_s, "now": app.db().now().await?,
    })))
}
