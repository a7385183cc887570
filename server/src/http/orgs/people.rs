//! People and their roles.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use honnin_protocol::text::Localized;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::caller::{Caller, admit};
use crate::db::people::{self, Person, Profile};
use crate::db::{Query, Write, logins, steps};
use crate::domain::rights::{Resource, Role, Verb, may_grant};
use crate::domain::settings::check_texts;
use crate::entropy::token_hash;
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;
use crate::statements::identifier;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/people", get(list).post(add))
        .route("/v1/orgs/{org}/people/{id}", delete(remove))
        .route("/v1/orgs/{org}/people/{id}/roles", put(set_roles))
        .route("/v1/orgs/{org}/people/{id}/invitation", post(invite))
}

/// `GET /v1/orgs/{org}/people`.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::People).await?;
    let mut query = app.db().read().await?;
    let mut listed = Vec::new();
    for person in people::of(&mut query, &org).await? {
        listed.push(json!({
            "id": person.id, "name": person.profile.name, "label": person.profile.label,
            "roles": people::roles(&mut query, &person.id).await?, "team": person.team, "status": person.status,
            "passkeys": logins::passkeys(&mut query, &person.id).await?,
            "created_at": person.created_at, "last_login_at": person.last_login_at,
        }));
    }
    Ok(Json(json!({"people": listed})))
}

/// Somebody new.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    name: Localized,
    label: Localized,
    roles: Vec<Role>,
    team: Option<String>,
}

/// `POST /v1/orgs/{org}/people`: 201 with the link that registers a passkey, shown once.
async fn add(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Add>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::People).await?;
    let session = person_only(&caller)?;
    check_texts([&body.name, &body.label]).map_err(|_| Problem::UnsafeText)?;
    if !body.roles.iter().all(|role| may_grant(session, *role)) {
        return Err(Problem::NotPermitted);
    }
    let mut write = app.db().write().await?;
    if let Some(team) = &body.team
        && !people::teams(&mut write, &org).await?.iter().any(|t| t.id == *team)
    {
        return Err(Problem::NotFound);
    }
    let person = Person {
        id: identifier("o_", app.entropy()),
        organisation: org,
        profile: Profile { name: body.name, label: body.label },
        webauthn_id: Uuid::from_bytes(app.entropy().bytes()).to_string(),
        team: body.team,
        status: "active".into(),
        created_at: write.now,
        last_login_at: None,
    };
    people::insert(&mut write, &person, &body.roles, caller.id()).await?;
    let invitation = fresh_invitation(&app, &mut write, &person, &body.roles, caller.id()).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"id": person.id, "invitation": invitation}))))
}

/// `POST /v1/orgs/{org}/people/{id}/invitation`: a link for a further passkey.
async fn invite(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::People).await?;
    let session = person_only(&caller)?;
    let mut write = app.db().write().await?;
    let person = member(&mut write, &org, &id).await?;
    // A passkey of somebody with more rights would be a way to them.
    let held: Vec<Role> = people::roles(&mut write, &id).await?.into_iter().map(|h| h.role).collect();
    if !held.iter().all(|role| may_grant(session, *role)) {
        return Err(Problem::NotPermitted);
    }
    let invitation = fresh_invitation(&app, &mut write, &person, &held, caller.id()).await?;
    write.commit().await?;
    Ok(Json(json!({"invitation": invitation})))
}

async fn fresh_invitation(
    app: &App,
    write: &mut Write,
    person: &Person,
    roles: &[Role],
    by: &str,
) -> Result<String, Problem> {
    let token = app.entropy().token();
    logins::invite(write, person, &token_hash(&token), by).await?;
    Ok(app.invitation_link(&token, roles))
}

/// The roles that shall be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    roles: Vec<Role>,
}

/// `PUT /v1/orgs/{org}/people/{id}/roles`.
async fn set_roles(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
    Body(body): Body<Roles>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::People).await?;
    let mine = person_only(&caller)?;
    let mut write = app.db().write_standing().await?;
    let person = member(&mut write, &org, &id).await?;
    if person.id == caller.id() {
        return Err(Problem::NotPermitted);
    }
    let held: Vec<Role> = people::roles(&mut write, &id).await?.into_iter().map(|h| h.role).collect();
    // What is taken away counts as much as what is given.
    let moved = body.roles.iter().filter(|r| !held.contains(r)).chain(held.iter().filter(|r| !body.roles.contains(r)));
    if !moved.into_iter().all(|role| may_grant(mine, *role)) {
        return Err(Problem::NotPermitted);
    }
    people::set_roles(&mut write, &person, &body.roles, caller.id()).await?;
    keep_an_owner(&mut write, &org).await?;
    if !body.roles.contains(&Role::Operator) {
        let cancelled = steps::call_off(&mut write, &person.id, None).await?;
        write.commit().await?;
        (0..cancelled).for_each(|_| app.metrics().ended("cancelled"));
    } else {
        write.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/orgs/{org}/people/{id}`: sessions, streams and open requests end with the commit.
async fn remove(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::People).await?;
    let mut write = app.db().write_standing().await?;
    let cancelled = remove_one(&mut write, &caller, &org, &id).await?;
    keep_an_owner(&mut write, &org).await?;
    write.commit().await?;
    (0..cancelled).for_each(|_| app.metrics().ended("cancelled"));
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a person in the caller's transaction; returns how many of their requests were called off.
pub(super) async fn remove_one(write: &mut Write, caller: &Caller, org: &str, id: &str) -> Result<usize, Problem> {
    let mine = person_only(caller)?;
    let person = member(write, org, id).await?;
    if person.id == caller.id() {
        return Err(Problem::NotPermitted);
    }
    // Who stops things may stop anybody but an owner; who runs people, those whose roles they could give.
    let held = people::roles(write, id).await?;
    let stops = mine.contains(&Role::Security) && !held.iter().any(|h| h.role == Role::Owner);
    if !stops && !held.iter().all(|h| may_grant(mine, h.role)) {
        return Err(Problem::NotPermitted);
    }
    let cancelled = steps::call_off(write, id, None).await?;
    people::remove(write, &person, caller.id()).await?;
    Ok(cancelled)
}

/// Somebody of this organisation who was not removed.
pub(super) async fn member(query: &mut Query, org: &str, id: &str) -> Result<Person, Problem> {
    let person = people::find(query, id).await?.ok_or(Problem::NotFound)?;
    if person.organisation == org && person.status != "removed" { Ok(person) } else { Err(Problem::NotFound) }
}

/// Machines do not change people: roles are given by somebody who holds them.
pub(super) fn person_only(caller: &Caller) -> Result<&[Role], Problem> {
    match caller {
        Caller::Person(session) => Ok(&session.roles),
        Caller::Machine(_) => Err(Problem::NotPermitted),
    }
}

/// An organisation without an owner could never change again.
pub(super) async fn keep_an_owner(write: &mut Write, org: &str) -> Result<(), Problem> {
    if people::holders(write, org, Role::Owner).await? == 0 {
        return Err(Problem::InUse("an organisation keeps at least one owner"));
    }
    Ok(())
}
