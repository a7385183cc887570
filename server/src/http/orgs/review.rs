//! The review of rights that nobody uses and of people who do not come.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::people::{keep_an_owner, member, person_only, remove_one};
use crate::app::App;
use crate::caller::admit;
use crate::db::{Millis, people};
use crate::domain::rights::{Resource, Role, Verb, may_grant};
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;

/// A right or a person is stale after so long.
const DAYS: i64 = 90;
const STALE_MS: Millis = DAYS * 86_400_000;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/orgs/{org}/review", get(review)).route("/v1/orgs/{org}/review/remove", post(remove))
}

/// `GET /v1/orgs/{org}/review`.
async fn review(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::People).await?;
    let mut query = app.db().read().await?;
    let since = crate::db::now(&mut query).await? - STALE_MS;
    let (mut unused, mut dormant) = (Vec::new(), Vec::new());
    for person in people::of(&mut query, &org).await? {
        let name = &person.profile.name;
        // Counted from when it could first have been used.
        for held in people::roles(&mut query, &person.id).await? {
            if held.last_used_at.unwrap_or(held.granted_at) < since {
                unused.push(json!({"person": person.id, "name": name, "role": held.role,
                                   "granted_at": held.granted_at, "last_used_at": held.last_used_at}));
            }
        }
        if person.last_login_at.unwrap_or(person.created_at) < since {
            dormant.push(json!({"person": person.id, "name": name, "last_login_at": person.last_login_at,
                                "created_at": person.created_at}));
        }
    }
    Ok(Json(json!({"unused_rights": unused, "dormant": dormant, "days": DAYS})))
}

/// What shall go: a person's role, or without one the person.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    person: String,
    role: Option<Role>,
}

/// All of it at once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    items: Vec<Item>,
}

/// `POST /v1/orgs/{org}/review/remove`: everything or nothing.
async fn remove(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Remove>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::People).await?;
    let mine = person_only(&caller)?;
    let mut write = app.db().write_standing().await?;
    let mut cancelled = 0;
    for item in &body.items {
        let Some(role) = item.role else {
            cancelled += remove_one(&mut write, &caller, &org, &item.person).await?;
            continue;
        };
        let person = member(&mut write, &org, &item.person).await?;
        if person.id == caller.id()
            || !(may_grant(mine, role) || (mine.contains(&Role::Security) && role != Role::Owner))
        {
            return Err(Problem::NotPermitted);
        }
        let rest: Vec<Role> =
            people::roles(&mut write, &person.id).await?.into_iter().map(|h| h.role).filter(|r| *r != role).collect();
        people::set_roles(&mut write, &person, &rest, caller.id()).await?;
    }
    keep_an_owner(&mut write, &org).await?;
    write.commit().await?;
    (0..cancelled).for_each(|_| app.metrics().ended("cancelled"));
    Ok(StatusCode::NO_CONTENT)
}
