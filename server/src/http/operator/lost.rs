//! A caller says that their phone is lost: nothing more is asked of it, at once, until somebody of the tenant looked.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::{Caller, choose, used};
use crate::db::{Event, customers, phones};
use crate::domain::rights::{Resource, Role, Verb};
use crate::http::extract::{AuthCaller, Body, unfrozen};
use crate::http::problem::Problem;
use crate::requests;

/// Whose phones, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    tenant: Option<String>,
    handle: String,
    reason: Reason,
}

/// What the caller says.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reason {
    Lost,
    Stolen,
    Dead,
    New,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Dead => "dead",
            Self::New => "new",
        }
    }
}

/// `POST /v1/customers/lost`: how many phones were suspended; what they were asked is called off.
pub async fn lost(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Body(body): Body<Lost>,
) -> Result<Json<Value>, Problem> {
    // Somebody at a desk spoke with the caller.
    let session = match &caller {
        Caller::Person(session) => unfrozen(session.clone())?,
        Caller::Machine(_) => {
            caller.require(Verb::View, Resource::Customers)?;
            return Err(Problem::NotPermitted);
        }
    };
    let role = [Role::Operator, Role::Supervisor].into_iter().find(|role| session.roles.contains(role));
    let Some(role) = role else {
        caller.require(Verb::View, Resource::Customers)?;
        return Err(Problem::NotPermitted);
    };
    requests::check_handle(&body.handle)?;
    used(&app, &session, role).await?;
    // Alone: no verdict may come after it that rests on one of these phones.
    let mut write = app.db().write_standing().await?;
    let mandates = caller.mandates(&mut write).await?;
    let tenant = choose(&mandates, body.tenant.as_deref(), "")?.tenant.id.clone();
    app.limiter().start(&tenant, Some(&session.person), None).map_err(|_| Problem::TooManyRequests)?;
    let Some(customer) = customers::find(&mut write, &tenant, &body.handle).await? else {
        return Ok(Json(json!({"phones": 0})));
    };
    let reason = body.reason.name();
    let stopped = phones::suspend(&mut write, &tenant, &customer.id, caller.id(), reason).await?;
    let data = json!({"customer": customer.id, "reason": reason, "phones": stopped.phones});
    write.record(Event::new(&tenant, "customer.lost").by(caller.id()).with(data));
    write.commit().await?;
    (0..stopped.called_off).for_each(|_| app.metrics().ended("cancelled"));
    Ok(Json(json!({"phones": stopped.phones})))
}
