//! Incidents: what was frozen, why, whom it concerns. Freezing and its record are one transaction; nothing passes after.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::{Event, Millis, Query, Write, delegations, issuers, organisations, people};

/// What kind of thing is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// The tenant itself.
    Tenant,
    /// A partner: as far as it works for the tenant that freezes it, or itself.
    Partner,
    /// A person of the organisation.
    Person,
    /// An issuer of the tenant.
    Issuer,
}

impl TargetKind {
    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Partner => "partner",
            Self::Person => "person",
            Self::Issuer => "issuer",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Tenant, Self::Partner, Self::Person, Self::Issuer].into_iter().find(|k| k.name() == name)
    }
}

/// What is frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Which kind.
    pub kind: TargetKind,
    /// Which.
    pub id: String,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Data came out.
    Leak,
    /// Somebody got in.
    UnauthorisedAccess,
    /// A key is known to others.
    KeyCompromise,
    /// Somebody inside.
    Insider,
    /// Else: the note says what.
    Other,
}

impl Reason {
    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::UnauthorisedAccess => "unauthorised-access",
            Self::KeyCompromise => "key-compromise",
            Self::Insider => "insider",
            Self::Other => "other",
        }
    }
}

/// An incident as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// `in_…`.
    pub id: String,
    /// Who froze.
    pub organisation: String,
    /// What.
    pub target: Target,
    /// Code of the reason.
    pub reason: String,
    /// In the words of whoever began it.
    pub note: String,
    /// What it met.
    pub scale: Scale,
    /// Whether the end thaws.
    pub froze: bool,
    /// When.
    pub began_at: Millis,
    /// Who.
    pub began_by: String,
    /// When it was over.
    pub ended_at: Option<Millis>,
    /// Who said so.
    pub ended_by: Option<String>,
}

/// How much an incident concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scale {
    /// Open requests.
    pub live_calls: i64,
    /// Customers whose data or verifications the target could reach.
    pub affected_customers: i64,
    /// People with a session that is in use.
    pub people_online: i64,
}

/// A customer whom an incident concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// Opaque.
    pub customer: String,
    /// Whose customer.
    pub tenant: String,
    /// Since when the target could reach them.
    pub since: Millis,
    /// Their last verification or enrolment by it.
    pub last: Millis,
}

/// Whether the target is one that this organisation may freeze.
///
/// # Errors
/// Whatever the database answers.
pub async fn is_frozen_by(query: &mut Query, organisation: &str, target: &Target) -> Result<bool, sqlx::Error> {
    let own = organisations::find(query, organisation).await?;
    let Some(own) = own else { return Ok(false) };
    Ok(match target.kind {
        TargetKind::Tenant | TargetKind::Partner if target.id == organisation => own.kind.name() == target.kind.name(),
        TargetKind::Tenant => false,
        TargetKind::Partner => delegations::of(query, organisation)
            .await?
            .iter()
            .any(|d| d.tenant == organisation && d.partner == target.id),
        TargetKind::Person => people::find(query, &target.id)
            .await?
            .is_some_and(|p| p.organisation == organisation && p.status != "removed"),
        TargetKind::Issuer => issuers::of(query, organisation).await?.iter().any(|i| i.id == target.id),
    })
}

/// Which verifications a target ($1) touches, of the organisation that freezes it ($2). Both are named in each, because
/// PostgreSQL refuses what is bound and not used.
fn verifications_of(organisation: &str, target: &Target) -> &'static str {
    match target.kind {
        TargetKind::Tenant => "v.tenant = $1 AND v.tenant = $2",
        TargetKind::Partner if target.id == organisation => {
            "v.delegation IN (SELECT id FROM delegations WHERE partner = $1 AND partner = $2)"
        }
        TargetKind::Partner => {
            "v.tenant = $2 AND v.delegation IN (SELECT id FROM delegations WHERE partner = $1 AND tenant = $2)"
        }
        TargetKind::Person => "v.person = $1 AND v.person IN (SELECT id FROM people WHERE organisation = $2)",
        TargetKind::Issuer => {
            "v.device IN (SELECT d.id FROM devices d JOIN issuer_certificates c ON c.id = d.certificate WHERE c.issuer = $1 AND c.tenant = $2)"
        }
    }
}

/// The customers that a target touches, until an instant ($3): customer, tenant, since, last.
fn customers_of(organisation: &str, target: &Target) -> String {
    match target.kind {
        TargetKind::Tenant => "SELECT u.id, u.tenant, u.created_at AS since,
                    COALESCE((SELECT MAX(v.created_at) FROM verifications v WHERE v.customer = u.id AND v.created_at <= $3), u.created_at) AS last
             FROM customers u WHERE u.tenant = $1 AND u.tenant = $2 AND u.created_at <= $3 AND u.erased_at IS NULL"
            .to_owned(),
        TargetKind::Issuer => "SELECT d.customer AS id, d.tenant, MIN(d.enrolled_at) AS since, MAX(d.enrolled_at) AS last
             FROM devices d JOIN issuer_certificates c ON c.id = d.certificate
             WHERE c.issuer = $1 AND c.tenant = $2 AND d.enrolled_at <= $3 GROUP BY d.customer, d.tenant"
            .to_owned(),
        TargetKind::Partner | TargetKind::Person => format!(
            "SELECT v.customer AS id, v.tenant, MIN(v.created_at) AS since, MAX(v.created_at) AS last
             FROM verifications v WHERE {} AND v.created_at <= $3 GROUP BY v.customer, v.tenant",
            verifications_of(organisation, target)
        ),
    }
}

/// How much a target concerns now.
///
/// # Errors
/// Whatever the database answers.
pub async fn scale(query: &mut Query, organisation: &str, target: &Target) -> Result<Scale, sqlx::Error> {
    let now = super::now(query).await?;
    let live = format!(
        "SELECT COUNT(*) FROM verifications v WHERE v.decided_at IS NULL AND {}",
        verifications_of(organisation, target)
    );
    let live_calls = sqlx::query(AssertSqlSafe(live))
        .bind(&target.id)
        .bind(organisation)
        .fetch_one(query.conn())
        .await?
        .try_get(0)?;
    let affected = format!("SELECT COUNT(*) FROM ({}) a", customers_of(organisation, target));
    let affected_customers = sqlx::query(AssertSqlSafe(affected))
        .bind(&target.id)
        .bind(organisation)
        .bind(now)
        .fetch_one(query.conn())
        .await?
        .try_get(0)?;
    let whose = match target.kind {
        TargetKind::Tenant | TargetKind::Partner => "p.organisation = $1",
        TargetKind::Person => "p.id = $1",
        // Nobody works at an issuer.
        TargetKind::Issuer => return Ok(Scale { live_calls, affected_customers, people_online: 0 }),
    };
    let holder = match target.kind {
        TargetKind::Partner => target.id.as_str(),
        _ => organisation,
    };
    let idle = organisations::find(query, holder).await?.map_or(0, |o| o.settings.idle_ms());
    let online = format!(
        "SELECT COUNT(DISTINCT p.id) FROM people p JOIN sessions s ON s.person = p.id
         WHERE {whose} AND s.status = 'active' AND s.expires_at > $2 AND s.last_seen_at > $3"
    );
    let people_online = sqlx::query(AssertSqlSafe(online))
        .bind(&target.id)
        .bind(now)
        .bind(now - idle)
        .fetch_one(query.conn())
        .await?
        .try_get(0)?;
    Ok(Scale { live_calls, affected_customers, people_online })
}

/// Customers that an incident concerns, by since, and then by identifier, after a number of them.
///
/// # Errors
/// Whatever the database answers.
pub async fn affected(query: &mut Query, incident: &Incident, limit: i64) -> Result<Vec<Affected>, sqlx::Error> {
    let rows = format!("{} ORDER BY since, id LIMIT $4", customers_of(&incident.organisation, &incident.target));
    let rows = sqlx::query(AssertSqlSafe(rows))
        .bind(&incident.target.id)
        .bind(&incident.organisation)
        .bind(incident.began_at)
        .bind(limit)
        .fetch_all(query.conn())
        .await?;
    rows.iter()
        .map(|r| {
            Ok(Affected { customer: r.try_get(0)?, tenant: r.try_get(1)?, since: r.try_get(2)?, last: r.try_get(3)? })
        })
        .collect()
}

/// Open requests that a target touches.
///
/// # Errors
/// Whatever the database answers.
pub async fn open_requests(query: &mut Query, organisation: &str, target: &Target) -> Result<Vec<String>, sqlx::Error> {
    let open = format!(
        "SELECT v.id FROM verifications v WHERE v.decided_at IS NULL AND {}",
        verifications_of(organisation, target)
    );
    let rows = sqlx::query(AssertSqlSafe(open)).bind(&target.id).bind(organisation).fetch_all(query.conn()).await?;
    rows.iter().map(|r| r.try_get(0)).collect()
}

/// Freezes and records; `false` when an incident about this target is open already.
///
/// # Errors
/// Whatever the database answers.
pub async fn begin(write: &mut Write, incident: &mut Incident) -> Result<bool, sqlx::Error> {
    let (organisation, target) = (incident.organisation.clone(), incident.target.clone());
    incident.froze = set_frozen(write, &organisation, &target, true, &incident.began_by).await?;
    let note = write.seals().seal(&organisation, "incidents", "note", &incident.id, &incident.note)?;
    let recorded = sqlx::query(
        "INSERT INTO incidents (id, organisation, target_kind, target, reason, note, live_calls, people_online, affected,
                                froze, began_at, began_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
    )
    .bind(&incident.id)
    .bind(&organisation)
    .bind(target.kind.name())
    .bind(&target.id)
    .bind(&incident.reason)
    .bind(note)
    .bind(incident.scale.live_calls)
    .bind(incident.scale.people_online)
    .bind(incident.scale.affected_customers)
    .bind(i64::from(incident.froze))
    .bind(incident.began_at)
    .bind(&incident.began_by)
    .execute(write.conn())
    .await?;
    if recorded.rows_affected() != 1 {
        return Ok(false);
    }
    let data = json!({
        "incident": incident.id, "by_organisation": organisation, "target_kind": target.kind, "target": target.id,
        "reason": incident.reason, "live_calls": incident.scale.live_calls, "people_online": incident.scale.people_online,
        "affected_customers": incident.scale.affected_customers,
    });
    for log in concerned(write, incident).await? {
        write.record(Event::new(&log, "incident.began").by(&incident.began_by).with(data.clone()));
    }
    Ok(true)
}

/// Ends an incident and thaws what it froze; `false` when it was over.
///
/// # Errors
/// Whatever the database answers.
pub async fn end(write: &mut Write, incident: &Incident, by: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    let ended = sqlx::query(
        "UPDATE incidents SET ended_at = $1, ended_by = $2 WHERE id = $3 AND organisation = $4 AND ended_at IS NULL",
    )
    .bind(now)
    .bind(by)
    .bind(&incident.id)
    .bind(&incident.organisation)
    .execute(write.conn())
    .await?;
    if ended.rows_affected() != 1 {
        return Ok(false);
    }
    if incident.froze {
        set_frozen(write, &incident.organisation, &incident.target, false, by).await?;
    }
    let data = json!({
        "incident": incident.id, "by_organisation": incident.organisation, "target_kind": incident.target.kind,
        "target": incident.target.id,
    });
    for log in concerned(write, incident).await? {
        write.record(Event::new(&log, "incident.ended").by(by).with(data.clone()));
    }
    Ok(true)
}

async fn set_frozen(
    write: &mut Write,
    organisation: &str,
    target: &Target,
    frozen: bool,
    by: &str,
) -> Result<bool, sqlx::Error> {
    match target.kind {
        TargetKind::Tenant => organisations::set_frozen(write, &target.id, frozen).await,
        TargetKind::Partner if target.id == organisation => organisations::set_frozen(write, &target.id, frozen).await,
        TargetKind::Partner => delegations::set_frozen(write, organisation, &target.id, frozen).await,
        TargetKind::Person => people::set_frozen(write, &target.id, frozen).await,
        TargetKind::Issuer => {
            write.tell(super::News::Organisation(organisation.to_owned()));
            issuers::set_suspended(write, organisation, &target.id, frozen, by).await
        }
    }
}

/// Whose logs say so: who froze, a partner that is frozen, and the other side of delegations that stand still by it.
///
/// # Errors
/// Whatever the database answers.
pub async fn concerned(query: &mut Query, incident: &Incident) -> Result<Vec<String>, sqlx::Error> {
    let own = incident.organisation.as_str();
    let mut logs = vec![own.to_owned()];
    let of = match incident.target.kind {
        TargetKind::Issuer => return Ok(logs),
        TargetKind::Partner if incident.target.id != own => Some(incident.target.id.as_str()),
        TargetKind::Tenant | TargetKind::Partner | TargetKind::Person => None,
    };
    for delegation in delegations::of(query, own).await?.into_iter().filter(|d| d.status != "ended") {
        let gave = delegation.tenant == own;
        let other = if gave { delegation.partner } else { delegation.tenant };
        // A tenant's own person is no partner's business.
        let told = match of {
            Some(partner) => other == partner,
            None => incident.target.kind != TargetKind::Person || !gave,
        };
        if told && !logs.contains(&other) {
            logs.push(other);
        }
    }
    if let Some(partner) = of
        && !logs.iter().any(|l| l == partner)
    {
        logs.push(partner.to_owned());
    }
    Ok(logs)
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(
            "SELECT id, organisation, target_kind, target, reason, note, live_calls, people_online, affected, froze, ",
            "began_at, began_by, ended_at, ended_by FROM incidents ",
            $rest
        ))
    };
}

fn read(query: &Query, r: &AnyRow) -> Result<Incident, sqlx::Error> {
    let (id, organisation): (String, String) = (r.try_get(0)?, r.try_get(1)?);
    let (kind, note): (String, String) = (r.try_get(2)?, r.try_get(5)?);
    let kind = TargetKind::parse(&kind).ok_or_else(|| sqlx::Error::Decode("an unknown kind of target".into()))?;
    Ok(Incident {
        note: query.seals().open(&organisation, "incidents", "note", &id, &note)?,
        id,
        organisation,
        target: Target { kind, id: r.try_get(3)? },
        reason: r.try_get(4)?,
        scale: Scale { live_calls: r.try_get(6)?, people_online: r.try_get(7)?, affected_customers: r.try_get(8)? },
        froze: r.try_get::<i64, _>(9)? == 1,
        began_at: r.try_get(10)?,
        began_by: r.try_get(11)?,
        ended_at: r.try_get(12)?,
        ended_by: r.try_get(13)?,
    })
}

/// An organisation's incidents, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, organisation: &str) -> Result<Vec<Incident>, sqlx::Error> {
    let rows = select!("WHERE organisation = $1 ORDER BY began_at DESC, id LIMIT 500")
        .bind(organisation)
        .fetch_all(query.conn())
        .await?;
    rows.iter().map(|r| read(query, r)).collect()
}

/// One incident of an organisation.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, organisation: &str, id: &str) -> Result<Option<Incident>, sqlx::Error> {
    let row =
        select!("WHERE organisation = $1 AND id = $2").bind(organisation).bind(id).fetch_optional(query.conn()).await?;
    row.map(|r| read(query, &r)).transpose()
}

/// Whether an incident about this target is open.
///
/// # Errors
/// Whatever the database answers.
pub async fn is_open(query: &mut Query, organisation: &str, target: &Target) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT 1 FROM incidents WHERE organisation = $1 AND target_kind = $2 AND target = $3 AND ended_at IS NULL",
    )
    .bind(organisation)
    .bind(target.kind.name())
    .bind(&target.id)
    .fetch_optional(query.conn())
    .await?;
    Ok(row.is_some())
}
