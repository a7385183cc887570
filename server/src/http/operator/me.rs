//! Who is logged in, what they may do, and what they may ask.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use honnin_protocol::policy::Policy;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::db::policies::{Purpose, PurposeKind};
use crate::db::{organisations, people, policies, recipients};
use crate::domain::fallback::Method;
use crate::domain::rights::{Resource, Verb};
use crate::http::extract::AnyPerson;
use crate::http::problem::Problem;

/// `GET /v1/operator/me`.
pub async fn me(State(app): State<App>, AnyPerson(session): AnyPerson) -> Result<Json<Value>, Problem> {
    let mut query = app.db().read().await?;
    let person = people::may_log_in(&mut query, &session.person).await?.ok_or(Problem::Unauthenticated)?;
    let own = organisations::find(&mut query, &session.organisation).await?.ok_or(Problem::Unauthenticated)?;
    let roles = session.roles.clone();
    let (idle_ms, caller) = (session.idle_ms, Caller::Person(session));
    let rights: BTreeMap<Resource, Vec<Verb>> = Resource::ALL
        .into_iter()
        .map(|r| (r, [Verb::View, Verb::Change, Verb::Delete].into_iter().filter(|v| caller.may(*v, r)).collect()))
        .filter(|(_, verbs): &(_, Vec<Verb>)| !verbs.is_empty())
        .collect();
    let mandates =
        if caller.may(Verb::Change, Resource::Verifications) { caller.mandates(&mut query).await? } else { Vec::new() };
    let mut tenants = Vec::new();
    // A tenant may have given several delegations: it stands here once, with what they allow together.
    for of_tenant in mandates.chunk_by(|a, b| a.tenant.id == b.tenant.id) {
        let Some(tenant) = of_tenant.first().map(|mandate| &mandate.tenant) else { continue };
        let published = policies::published(&mut query, &tenant.id).await?;
        let purposes: Vec<Value> = policies::purposes(&mut query, &tenant.id)
            .await?
            .into_iter()
            .filter_map(|p| {
                let policy = published.iter().find(|d| d.id == p.policy)?;
                let delegation = &of_tenant.iter().find(|mandate| mandate.covers(&p.code))?.delegation;
                Some(json!({"code": p.code, "ja": p.ja, "en": p.en, "kind": kind(&p, policy),
                    "policy": {"id": policy.id, "version": policy.version, "name": policy.name,
                               "words": honnin_protocol::policy::words(policy)},
                    "fallbacks": Method::ALL.into_iter().filter(|m| tenant.settings.allows(&p.code, *m)).collect::<Vec<_>>(),
                    "delegation": delegation.as_ref().map(|d| &d.id),
                    "until": delegation.as_ref().map(|d| d.not_after)}))
            })
            .collect();
        tenants.push(json!({
            "id": tenant.id, "display": tenant.settings.display, "purposes": purposes,
            "numbers": tenant.settings.numbers().collect::<Vec<_>>(),
            "recipients": recipients::of(&mut query, &tenant.id).await?.into_iter()
                .map(|r| json!({"id": r.id, "name": r.name})).collect::<Vec<_>>(),
        }));
    }
    let now = crate::db::now(&mut query).await?;
    Ok(Json(json!({
        "person": {"id": person.id, "name": person.profile.name, "label": person.profile.label, "roles": roles},
        "organisation": {"id": own.id, "kind": own.kind, "name": own.name,
                         "status": if own.active { "active" } else { "frozen" }},
        "rights": rights, "tenants": tenants, "idle_lock_s": idle_ms / 1000, "now": now,
    })))
}

/// What a purpose is for; `None` serves checks and announced calls alike.
fn kind(purpose: &Purpose, policy: &Policy) -> Option<&'static str> {
    if purpose.kind == Some(PurposeKind::Eligibility) {
        return Some("eligibility");
    }
    match (policy.asks_for_amount(), policy.disclose.is_empty()) {
        (true, _) => Some("payment"),
        (false, false) => Some("order"),
        (false, true) => None,
    }
}
