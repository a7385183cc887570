//! Organisations that a configuration file founds: a first tenant and its first people, so that somebody can log in.
//! What the database knows already is left alone.

use std::collections::HashSet;
use std::path::PathBuf;

use honnin_protocol::guard;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::policy::Policy;
use honnin_protocol::statement::Display;
use honnin_protocol::text::Localized;
use serde::Deserialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::config::{Config, ConfigError, invalid};
use crate::db::delegations::{self, Delegation};
use crate::db::issuers::{self, Issuer, Serves};
use crate::db::keys::{self, KeysError};
use crate::db::organisations::{self, Organisation};
use crate::db::people::{self, Person, Profile};
use crate::db::policies::{self, Purpose, PurposeKind};
use crate::db::recipients::{self, Recipient};
use crate::db::{Db, Write, announcers, log};
use crate::domain::rights::Role;
use crate::domain::settings::{Fallbacks, Kind, Settings, check_texts};
use crate::entropy::Entropy;
use crate::statements::identifier;
use crate::webhook::{self, Reach};

/// Who stands in the log for what a configuration file did.
pub const BY: &str = "configuration";

/// One client enterprise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantEntry {
    /// Identifier; part of every proof's scope.
    pub id: String,
    /// IANA time zone that decides what day it is.
    pub zone: String,
    /// Seconds without a request after which a session locks.
    #[serde(default = "idle_lock_s")]
    pub idle_lock_s: i64,
    /// Seconds that a spoken check takes.
    #[serde(default = "baseline_s")]
    pub baseline_s: i64,
    /// Days that decided verifications are kept.
    #[serde(default = "retention_days")]
    pub retention_days: i64,
    /// What the phone shows about the asking party.
    pub display: Display,
    /// Numbers that it calls from, beside the displayed one.
    #[serde(default)]
    pub outbound_numbers: Vec<String>,
    /// What may stand in for a proof, by purpose.
    #[serde(default)]
    pub fallbacks: Vec<Fallbacks>,
    /// Reasons an operator may give.
    pub purposes: Vec<PurposeEntry>,
    /// Policies that purposes name.
    pub policies: Vec<Policy>,
    /// What enrolment proves.
    pub enrolment_policy: Policy,
    /// Who may issue credentials.
    pub issuers: Vec<IssuerEntry>,
    /// Who opens what payments and orders seal.
    #[serde(default)]
    pub recipients: Vec<RecipientEntry>,
    /// The first people.
    #[serde(default)]
    pub people: Vec<PersonEntry>,
}

/// One BPO.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerEntry {
    /// Identifier.
    pub id: String,
    /// What people call it.
    pub name: Localized,
    /// IANA time zone that decides which hours are odd.
    pub zone: String,
    /// Seconds without a request after which a session locks.
    #[serde(default = "idle_lock_s")]
    pub idle_lock_s: i64,
    /// The first people.
    #[serde(default)]
    pub people: Vec<PersonEntry>,
}

/// A reason for a verification.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeEntry {
    /// Stable code.
    pub code: String,
    /// Japanese text.
    pub ja: String,
    /// English text.
    pub en: String,
    /// Identifier of the policy that goes with it.
    pub policy: String,
    /// `eligibility`: for people who have no account.
    #[serde(default)]
    pub kind: Option<PurposeKind>,
}

impl PurposeEntry {
    fn purpose(&self) -> Purpose {
        let Self { code, ja, en, policy, kind } = self.clone();
        Purpose { code, ja, en, policy, kind }
    }
}

/// A credential issuer and its pinned root.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerEntry {
    /// The issuer's URL, equal to the certificate's `iss`.
    pub url: String,
    /// Its ES256 root key.
    pub root: P256Jwk,
    /// Whose credentials it is trusted for.
    #[serde(default)]
    pub serves: Serves,
    /// Of one for eligibility: the tenant that its certificates name.
    #[serde(default)]
    pub certifies: Option<String>,
}

/// A payment provider, or who fulfils orders.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipientEntry {
    /// As the phone shows it.
    pub name: Localized,
    /// The public key that boxes are sealed to.
    pub key: P256Jwk,
    /// Where it is told.
    pub url: String,
    /// File that holds what its messages are signed with: `whsec_` and 32 bytes in base64.
    pub secret_file: PathBuf,
}

/// A person.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonEntry {
    /// Identifier, unique over all organisations.
    pub id: String,
    /// Name, seen by colleagues.
    pub name: Localized,
    /// What the customer's phone shows.
    pub label: Localized,
    /// What they are.
    #[serde(default = "operator")]
    pub roles: Vec<Role>,
}

/// Who works for whom.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegationEntry {
    /// Who lets.
    pub tenant: String,
    /// Who is let.
    pub partner: String,
    /// For which purposes.
    pub purposes: Vec<String>,
    /// For how many days from the first start.
    pub days: i64,
}

fn idle_lock_s() -> i64 {
    300
}

fn baseline_s() -> i64 {
    75
}

fn retention_days() -> i64 {
    365
}

fn operator() -> Vec<Role> {
    vec![Role::Operator]
}

/// Whether a name may stand as an identifier.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

impl Config {
    /// Checks the organisations to found.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the first thing that is wrong.
    pub(crate) fn check_bootstrap(&self) -> Result<(), ConfigError> {
        let (mut organisations, mut people) = (HashSet::new(), HashSet::new());
        let parties =
            self.tenants.iter().map(|t| (&t.id, &t.people)).chain(self.partners.iter().map(|p| (&p.id, &p.people)));
        for (id, members) in parties {
            if !is_plain(id) {
                return Err(invalid(format!("{id}: an id is letters, digits, '-', '_', '.'")));
            }
            if !organisations.insert(id) {
                return Err(invalid(format!("organisation {id} stands twice")));
            }
            for person in members {
                if !is_plain(&person.id) {
                    return Err(invalid(format!("{id}: person id must be letters, digits, '-', '_', '.'")));
                }
                if !people.insert(&person.id) {
                    return Err(invalid(format!("person {} stands twice", person.id)));
                }
                check_texts([&person.name, &person.label])
                    .map_err(|e| invalid(format!("{id}: person {}: {e}", person.id)))?;
            }
        }
        let reach = Reach::of(self.development);
        self.tenants.iter().try_for_each(|t| t.check(reach))?;
        for partner in &self.partners {
            let at = |e| invalid(format!("partner {}: {e}", partner.id));
            check_texts([&partner.name]).map_err(at)?;
            partner.settings().check(Kind::Partner).map_err(at)?;
        }
        for d in &self.delegations {
            let tenant = self.tenants.iter().find(|t| t.id == d.tenant);
            let known = |code: &String| tenant.is_some_and(|t| t.purposes.iter().any(|p| p.code == *code));
            if tenant.is_none() || !self.partners.iter().any(|p| p.id == d.partner) || !d.purposes.iter().all(known) {
                return Err(invalid("a delegation names a tenant, partner or purpose that is not there"));
            }
            if !(1..=3650).contains(&d.days) {
                return Err(invalid("a delegation is for 1 to 3650 days"));
            }
        }
        Ok(())
    }
}

impl PartnerEntry {
    fn settings(&self) -> Settings {
        Settings {
            zone: self.zone.clone(),
            idle_lock_s: self.idle_lock_s,
            display: None,
            baseline_s: None,
            retention_days: None,
            outbound_numbers: Vec::new(),
            enrolment_policy: None,
            fallbacks: Vec::new(),
        }
    }
}

impl TenantEntry {
    fn settings(&self) -> Settings {
        Settings {
            zone: self.zone.clone(),
            idle_lock_s: self.idle_lock_s,
            display: Some(self.display.clone()),
            baseline_s: Some(self.baseline_s),
            retention_days: Some(self.retention_days),
            outbound_numbers: self.outbound_numbers.clone(),
            enrolment_policy: Some(self.enrolment_policy.id.clone()),
            fallbacks: self.fallbacks.clone(),
        }
    }

    fn check(&self, reach: Reach) -> Result<(), ConfigError> {
        let at = |what: &str| invalid(format!("tenant {}: {what}", self.id));
        self.settings().check(Kind::Tenant).map_err(|e| at(&e.to_string()))?;
        if self.issuers.is_empty() {
            return Err(at("no issuers"));
        }
        if !self.issuers.iter().all(|i| i.serves.goes_with(i.certifies.as_deref())) {
            return Err(at("an issuer for eligibility certifies a tenant, and no other does"));
        }
        for policy in self.policies.iter().chain([&self.enrolment_policy]) {
            check_policy(policy).map_err(|e| at(&e))?;
        }
        if !self.enrolment_policy.asks_for_holder() {
            return Err(at("the enrolment policy does not ask for the account holder (subject EQ handle)"));
        }
        for purpose in &self.purposes {
            if !is_plain(&purpose.code) {
                return Err(at("purpose code must be letters, digits, '-', '_', '.'"));
            }
            let Some(policy) = self.policies.iter().find(|p| p.id == purpose.policy) else {
                return Err(at(&format!("purpose {} names an unknown policy", purpose.code)));
            };
            if !purpose.purpose().fits(policy) {
                return Err(at(&format!("purpose {}: {}", purpose.code, policies::MISFIT)));
            }
            check_texts([&Localized::new(&*purpose.ja, &*purpose.en)]).map_err(|e| at(&e.to_string()))?;
        }
        for recipient in &self.recipients {
            for text in [&recipient.name.ja, &recipient.name.en] {
                guard::term(text).map_err(|e| at(&format!("a recipient's name: {e}")))?;
            }
            reach.read(&recipient.url).map_err(|e| at(&format!("a recipient's url: {e}")))?;
        }
        Ok(())
    }
}

impl RecipientEntry {
    /// What its messages are signed with.
    fn secret(&self) -> Result<Zeroizing<String>, String> {
        let at = |e: &dyn std::fmt::Display| format!("secret_file {}: {e}", self.secret_file.display());
        let text = Zeroizing::new(std::fs::read_to_string(&self.secret_file).map_err(|e| at(&e))?);
        let secret = Zeroizing::new(text.trim_end().to_owned());
        if webhook::is_secret(&secret) { Ok(secret) } else { Err(at(&"not whsec_ and 32 bytes in base64")) }
    }
}

/// Whether a policy may be a tenant's.
///
/// # Errors
/// Why not, for the person who wrote it.
pub fn check_policy(policy: &Policy) -> Result<(), String> {
    policy.validate().map_err(|e| format!("policy {}: {e}", policy.id))?;
    // Without it a credential of somebody else would do: for an enrolment, anybody's; for a call, one that was
    // issued to the same holder secret.
    // Only who has no account is asked so, by purposes of that kind alone ([`Purpose::fits`]).
    if !policy.asks_for_holder() && !policy.is_for_prospects() {
        return Err(format!("policy {} does not ask for the account holder (subject EQ handle)", policy.id));
    }
    Ok(())
}

/// Founds what the database does not know yet, each organisation in one transaction.
///
/// # Errors
/// [`KeysError`].
pub async fn found(db: &Db, config: &Config, entropy: &Entropy) -> Result<(), KeysError> {
    for tenant in &config.tenants {
        let organisation = Organisation {
            id: tenant.id.clone(),
            kind: Kind::Tenant,
            active: true,
            name: tenant.display.name.clone(),
            settings: tenant.settings(),
            revision: 1,
        };
        let Some(mut write) = begin(db, &organisation).await? else { continue };
        for policy in tenant.policies.iter().chain([&tenant.enrolment_policy]) {
            policies::draft(&mut write, &tenant.id, policy, BY).await?;
            policies::publish(&mut write, &tenant.id, policy, BY).await?;
        }
        for p in &tenant.purposes {
            policies::put_purpose(&mut write, &tenant.id, &p.purpose(), BY).await?;
        }
        for entry in &tenant.issuers {
            let root = serde_json::to_string(&entry.root).map_err(|e| sqlx::Error::Encode(e.into()))?;
            let issuer = Issuer {
                id: identifier("i_", entropy),
                tenant: tenant.id.clone(),
                url: entry.url.clone(),
                thumbprint: entry.root.thumbprint(),
                root,
                certifies: entry.certifies.clone(),
                active: true,
            };
            issuers::insert(&mut write, &issuer, BY).await?;
        }
        for entry in &tenant.recipients {
            let recipient = Recipient {
                id: identifier("r_", entropy),
                tenant: tenant.id.clone(),
                name: entry.name.clone(),
                key: entry.key.clone(),
                url: entry.url.clone(),
                created_at: write.now,
            };
            let secret = entry.secret().map_err(|e| sqlx::Error::Configuration(e.into()))?;
            recipients::insert(&mut write, &recipient, &secret, BY).await?;
        }
        announcers::create(&mut write, &tenant.id).await?;
        add_people(&mut write, &tenant.id, &tenant.people, entropy).await?;
        write.commit().await?;
    }
    for partner in &config.partners {
        let organisation = Organisation {
            id: partner.id.clone(),
            kind: Kind::Partner,
            active: true,
            name: partner.name.clone(),
            settings: partner.settings(),
            revision: 1,
        };
        let Some(mut write) = begin(db, &organisation).await? else { continue };
        add_people(&mut write, &partner.id, &partner.people, entropy).await?;
        write.commit().await?;
    }
    for entry in &config.delegations {
        let mut write = db.write().await?;
        // Given once; what became of it since is the database's.
        let given = delegations::of(&mut write, &entry.partner).await?;
        if given.iter().any(|d| d.tenant == entry.tenant) {
            continue;
        }
        let now = write.now;
        let delegation = Delegation {
            id: identifier("dl_", entropy),
            tenant: entry.tenant.clone(),
            partner: entry.partner.clone(),
            purposes: entry.purposes.clone(),
            not_before: now,
            not_after: now + entry.days * 86_400_000,
            status: "active".into(),
            created_by: BY.into(),
            created_at: now,
        };
        delegations::insert(&mut write, &delegation).await?;
        write.commit().await?;
    }
    Ok(())
}

/// Begins the transaction that founds an organisation; `None` when it is known.
async fn begin(db: &Db, organisation: &Organisation) -> Result<Option<Write>, KeysError> {
    let mut write = db.write().await?;
    // Nodes that start together take turns.
    log::one_at_a_time(&mut write).await?;
    if organisations::find(&mut write, &organisation.id).await?.is_some() {
        return Ok(None);
    }
    organisations::insert(&mut write, organisation).await?;
    keys::found(&mut write, &organisation.id).await?;
    log::create(&mut write, &organisation.id).await?;
    Ok(Some(write))
}

async fn add_people(
    write: &mut Write,
    organisation: &str,
    entries: &[PersonEntry],
    entropy: &Entropy,
) -> Result<(), sqlx::Error> {
    for entry in entries {
        let person = Person {
            id: entry.id.clone(),
            organisation: organisation.to_owned(),
            profile: Profile { name: entry.name.clone(), label: entry.label.clone() },
            webauthn_id: Uuid::from_bytes(entropy.bytes()).to_string(),
            team: None,
            status: "active".into(),
            created_at: write.now,
            last_login_at: None,
        };
        people::insert(write, &person, &entry.roles, BY).await?;
    }
    Ok(())
}
