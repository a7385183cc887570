//! Who may do what: roles, resources, and the three verbs kept apart. The table is `docs/admin-api.md`, "Parties".

use serde::{Deserialize, Serialize};

/// What a person is in their organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Answers for the organisation.
    Owner,
    /// Runs its people, machines and delegations.
    Admin,
    /// Decides what is proven, and stops things.
    Security,
    /// Leads operators.
    Supervisor,
    /// Verifies callers.
    Operator,
    /// Looks and changes nothing.
    Auditor,
    /// Wires machines.
    Integration,
}

/// What rights are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// Names, zone, retention, baseline.
    Settings,
    /// People, teams, roles.
    People,
    /// The identity provider that lets them in.
    Provider,
    /// Who works for whom.
    Delegations,
    /// Policies and purposes.
    Policies,
    /// Issuers and their certificates.
    Issuers,
    /// API keys and clients.
    Machines,
    /// Keys of the service.
    Keys,
    /// Calls.
    Verifications,
    /// The log.
    Audit,
    /// What somebody should look at.
    Alerts,
    /// Freezes.
    Incidents,
    /// Export and erasure of one customer.
    Customers,
    /// Figures.
    Dashboard,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Look.
    View,
    /// Create and alter.
    Change,
    /// End, withdraw, erase.
    Delete,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] =
        [Self::Owner, Self::Admin, Self::Security, Self::Supervisor, Self::Operator, Self::Auditor, Self::Integration];

    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Security => "security",
            Self::Supervisor => "supervisor",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Integration => "integration",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }

    /// Whether the role holds this right.
    pub fn may(self, verb: Verb, resource: Resource) -> bool {
        self.verbs(resource).contains(&verb)
    }

    /// What the role may do to a resource.
    pub fn verbs(self, resource: Resource) -> &'static [Verb] {
        use Resource as R;
        use Verb::{Change as C, Delete as D, View as V};
        const NONE: &[Verb] = &[];
        const VIEW: &[Verb] = &[V];
        const CHANGE: &[Verb] = &[V, C];
        const STOP: &[Verb] = &[V, D];
        const FULL: &[Verb] = &[V, C, D];
        match (self, resource) {
            (Self::Owner, R::People | R::Provider | R::Delegations | R::Issuers | R::Machines) => FULL,
            (Self::Owner, R::Settings | R::Incidents) => CHANGE,
            (Self::Owner, R::Policies | R::Keys | R::Audit | R::Alerts | R::Dashboard) => VIEW,

            (Self::Admin, R::People | R::Machines) => FULL,
            (Self::Admin, R::Settings | R::Delegations) => CHANGE,
            (
                Self::Admin,
                R::Provider
                | R::Policies
                | R::Issuers
                | R::Keys
                | R::Alerts
                | R::Incidents
                | R::Customers
                | R::Dashboard,
            ) => VIEW,

            (Self::Security, R::Provider | R::Policies | R::Issuers | R::Customers) => FULL,
            (Self::Security, R::Keys | R::Alerts | R::Incidents) => CHANGE,
            (Self::Security, R::People | R::Delegations | R::Machines) => STOP,
            (Self::Security, R::Settings | R::Audit | R::Dashboard) => VIEW,

            (
                Self::Supervisor,
                R::Settings
                | R::People
                | R::Delegations
                | R::Policies
                | R::Verifications
                | R::Alerts
                | R::Incidents
                | R::Dashboard,
            ) => VIEW,

            (Self::Operator | Self::Integration, R::Verifications) => CHANGE,

            (
                Self::Auditor,
                R::Settings
                | R::People
                | R::Provider
                | R::Delegations
                | R::Policies
                | R::Issuers
                | R::Machines
                | R::Keys
                | R::Verifications
                | R::Audit
                | R::Alerts
                | R::Incidents
                | R::Dashboard,
            ) => VIEW,

            (Self::Integration, R::Policies | R::Machines) => VIEW,
            _ => NONE,
        }
    }
}

impl Resource {
    /// Every resource.
    pub const ALL: [Self; 14] = [
        Self::Settings,
        Self::People,
        Self::Provider,
        Self::Delegations,
        Self::Policies,
        Self::Issuers,
        Self::Machines,
        Self::Keys,
        Self::Verifications,
        Self::Audit,
        Self::Alerts,
        Self::Incidents,
        Self::Customers,
        Self::Dashboard,
    ];
}

/// Whether any of these roles holds a right; the first that does is the one that counts as used.
pub fn holder(roles: &[Role], verb: Verb, resource: Resource) -> Option<Role> {
    roles.iter().copied().find(|r| r.may(verb, resource))
}

/// Whether any of these roles begins and ends incidents: who may log in while their organisation is frozen.
pub fn ends_incidents(roles: &[Role]) -> bool {
    holder(roles, Verb::Change, Resource::Incidents).is_some()
}

/// Whether somebody with `mine` may give `role`: they must hold every right that it holds. Calls are the exception:
/// who runs people may make operators without being one.
pub fn may_grant(mine: &[Role], role: Role) -> bool {
    if mine.contains(&Role::Owner) {
        return true;
    }
    Resource::ALL
        .into_iter()
        .filter(|r| *r != Resource::Verifications)
        .all(|resource| role.verbs(resource).iter().all(|verb| holder(mine, *verb, resource).is_some()))
}

/// What a machine may be let do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Start verifications and follow its own.
    #[serde(rename = "verifications:start")]
    Start,
    /// Read every verification of the organisation.
    #[serde(rename = "verifications:read")]
    Read,
    /// Read the log.
    #[serde(rename = "audit:read")]
    Audit,
    /// Read people and roles.
    #[serde(rename = "people:read")]
    People,
    /// Hear of call-backs to be made, and say how they went.
    #[serde(rename = "fallbacks")]
    Fallbacks,
}

impl Scope {
    /// Whether the scope holds this right.
    pub fn may(self, verb: Verb, resource: Resource) -> bool {
        matches!(
            (self, verb, resource),
            (Self::Start, Verb::Change, Resource::Verifications)
                | (Self::Read, Verb::View, Resource::Verifications)
                | (Self::Audit, Verb::View, Resource::Audit)
                | (Self::People, Verb::View, Resource::People)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_changes_what_they_may_not_view() {
        for role in Role::ALL {
            for resource in Resource::ALL {
                let verbs = role.verbs(resource);
                assert!(verbs.is_empty() || verbs[0] == Verb::View, "{role:?} {resource:?}");
            }
        }
    }

    #[test]
    fn auditors_only_look() {
        for resource in Resource::ALL {
            assert!(!Role::Auditor.may(Verb::Change, resource) && !Role::Auditor.may(Verb::Delete, resource));
        }
    }

    #[test]
    fn no_role_raises_itself() {
        assert!(may_grant(&[Role::Owner], Role::Security));
        assert!(may_grant(&[Role::Admin], Role::Operator));
        assert!(may_grant(&[Role::Admin], Role::Supervisor));
        for role in [Role::Owner, Role::Security, Role::Auditor] {
            assert!(!may_grant(&[Role::Admin], role), "{role:?}");
        }
        assert!(!may_grant(&[Role::Supervisor], Role::Admin));
        // Who runs people does not decide what they are asked, nor the other way round.
        assert!(!Role::Admin.may(Verb::Change, Resource::Policies));
        assert!(!Role::Security.may(Verb::Change, Resource::People));
    }

    #[test]
    fn names_round_trip() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
