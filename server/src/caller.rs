//! Who asks for something, and whether they may. Every route that is not a phone's goes through here.

use crate::app::App;
use crate::db::delegations::{self, Delegation};
use crate::db::machines::Machine;
use crate::db::organisations::{self, Organisation};
use crate::db::sessions::Session;
use crate::db::{Query, people};
use crate::domain::rights::{self, Resource, Role, Verb};
use crate::domain::settings::Kind;
use crate::http::problem::Problem;

/// A person in a session, or a machine.
#[derive(Clone, Debug)]
pub enum Caller {
    /// With a session cookie.
    Person(Session),
    /// With an API key or access token.
    Machine(Machine),
}

/// For whom a verification may be started, and by which delegation.
#[derive(Clone, Debug)]
pub struct Mandate {
    /// The tenant.
    pub tenant: Organisation,
    /// What lets a partner's people work for it.
    pub delegation: Option<Delegation>,
}

impl Mandate {
    /// Whether it covers a purpose.
    pub fn covers(&self, purpose: &str) -> bool {
        self.delegation.as_ref().is_none_or(|d| d.purposes.iter().any(|p| p == purpose))
    }
}

impl Caller {
    /// Whose they are.
    pub fn organisation(&self) -> &str {
        match self {
            Self::Person(session) => &session.organisation,
            Self::Machine(machine) => &machine.organisation,
        }
    }

    /// The person, if it is one.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Person(session) => Some(&session.person),
            Self::Machine(_) => None,
        }
    }

    /// Tenant or partner.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Person(session) => session.kind,
            Self::Machine(machine) => machine.organisation_kind,
        }
    }

    /// The identifier that stands in the log.
    pub fn id(&self) -> &str {
        match self {
            Self::Person(session) => &session.person,
            Self::Machine(machine) => &machine.id,
        }
    }

    /// Whether they hold a right in their own organisation. While that is frozen, nothing but its incidents.
    pub fn may(&self, verb: Verb, resource: Resource) -> bool {
        match self {
            Self::Person(session) if session.frozen && resource != Resource::Incidents => false,
            Self::Person(session) => rights::holder(&session.roles, verb, resource).is_some(),
            Self::Machine(machine) => machine.scopes.iter().any(|s| s.may(verb, resource)),
        }
    }

    /// Asks for a right.
    ///
    /// # Errors
    /// `not-found` to whom the thing does not show, `not-permitted` to whom it does.
    pub fn require(&self, verb: Verb, resource: Resource) -> Result<(), Problem> {
        if self.may(verb, resource) {
            Ok(())
        } else if self.may(Verb::View, resource) {
            Err(Problem::NotPermitted)
        } else {
            Err(Problem::NotFound)
        }
    }

    /// For whom they may start verifications now: their own organisation if it is a tenant, else those that delegate.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn mandates(&self, query: &mut Query) -> Result<Vec<Mandate>, sqlx::Error> {
        if self.kind() == Kind::Tenant {
            let own = organisations::active_tenant(query, self.organisation()).await?;
            return Ok(own.into_iter().map(|tenant| Mandate { tenant, delegation: None }).collect());
        }
        let mut mandates = Vec::new();
        for delegation in delegations::in_force(query, self.organisation()).await? {
            if let Some(tenant) = organisations::active_tenant(query, &delegation.tenant).await? {
                mandates.push(Mandate { tenant, delegation: Some(delegation) });
            }
        }
        Ok(mandates)
    }
}

/// The mandate for one tenant and purpose; without a tenant, the only one there is.
///
/// # Errors
/// `not-found` when there is none, `malformed` when the tenant must be named.
pub fn choose<'a>(mandates: &'a [Mandate], tenant: Option<&str>, purpose: &str) -> Result<&'a Mandate, Problem> {
    if tenant.is_none() && mandates.iter().any(|m| m.tenant.id != mandates[0].tenant.id) {
        return Err(Problem::Malformed("name the tenant"));
    }
    let of_tenant = || mandates.iter().filter(|m| tenant.is_none_or(|tenant| m.tenant.id == tenant));
    // Several delegations of one tenant may stand side by side.
    of_tenant().find(|m| m.covers(purpose)).or_else(|| of_tenant().next()).ok_or(Problem::NotFound)
}

/// Lets a caller through to one resource of one organisation, or not.
///
/// # Errors
/// `not-found` for another organisation's, or what they may not view; `not-permitted` for what they may only view.
pub async fn admit(
    app: &App,
    caller: &Caller,
    organisation: &str,
    verb: Verb,
    resource: Resource,
) -> Result<(), Problem> {
    if caller.organisation() != organisation {
        return Err(Problem::NotFound);
    }
    caller.require(verb, resource)?;
    if let Caller::Person(session) = caller
        && let Some(role) = rights::holder(&session.roles, verb, resource)
    {
        used(app, session, role).await?;
    }
    Ok(())
}

/// Notes that a role let something through, for the review of unused rights.
///
/// # Errors
/// Whatever the database answers.
pub async fn used(app: &App, session: &Session, role: Role) -> Result<(), sqlx::Error> {
    if app.role_uses().is_due(&session.person, role, session.now) {
        let mut write = app.db().write().await?;
        people::touch_role(&mut write, &session.person, role).await?;
        write.commit().await?;
    }
    Ok(())
}

/// When each role was last noted as used by this process: once an hour is enough for a review of 90 days.
#[derive(Debug, Default)]
pub struct RoleUses(std::sync::Mutex<std::collections::HashMap<(String, Role), i64>>);

impl RoleUses {
    /// Whether it is to be noted now; if so, it counts as noted.
    pub fn is_due(&self, person: &str, role: Role, now: i64) -> bool {
        let mut uses = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if uses.len() > 100_000 {
            uses.clear();
        }
        let last = uses.entry((person.to_owned(), role)).or_insert(i64::MIN);
        let due = now.saturating_sub(*last) > 3_600_000;
        if due {
            *last = now;
        }
        due
    }
}
