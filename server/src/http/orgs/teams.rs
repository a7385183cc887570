//! Teams of people.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::admit;
use crate::db::people;
use crate::domain::rights::{Resource, Verb};
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;
use crate::statements::identifier;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/orgs/{org}/teams", get(list).post(add)).route("/v1/orgs/{org}/teams/{id}", delete(remove))
}

/// `GET /v1/orgs/{org}/teams`.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::People).await?;
    Ok(Json(json!({"teams": people::teams(&mut app.db().read().await?, &org).await?})))
}

/// A new team.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    name: String,
}

/// `POST /v1/orgs/{org}/teams`.
async fn add(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Add>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::People).await?;
    honnin_protocol::guard::display_text(&body.name).map_err(|_| Problem::UnsafeText)?;
    let id = identifier("t_", app.entropy());
    let mut write = app.db().write().await?;
    people::add_team(&mut write, &id, &org, &body.name, caller.id()).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"id": id}))))
}

/// `DELETE /v1/orgs/{org}/teams/{id}`: its people stay.
async fn remove(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::People).await?;
    let mut write = app.db().write().await?;
    if !people::remove_team(&mut write, &id, &org, caller.id()).await? {
        return Err(Problem::NotFound);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
