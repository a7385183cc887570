//! Sessions of people: active, locked when idle, ended.

use std::collections::HashMap;

use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::organisations::stored;
use super::people::Person;
use super::sets::{self, listed};
use super::{Event, Millis, News, Query, Write};
use crate::domain::rights::{self, Role};
use crate::domain::settings::{Kind, Settings};

/// A session ends after a working day, whatever happens.
pub const LIFETIME_MS: Millis = 12 * 60 * 60 * 1000;

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// With a passkey of ours.
    Passkey,
    /// At their organisation's identity provider.
    Provider,
}

impl Through {
    fn name(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Provider => "provider",
        }
    }
}

/// A session that may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Row identifier (not a secret).
    pub id: String,
    /// Who.
    pub person: String,
    /// Whose.
    pub organisation: String,
    /// Tenant or partner.
    pub kind: Kind,
    /// Silence after which it locks.
    pub idle_ms: Millis,
    /// What the person is.
    pub roles: Vec<Role>,
    /// Last request, milliseconds.
    pub last_seen_at: Millis,
    /// The organisation is frozen: nothing but its incidents may be seen and ended.
    pub frozen: bool,
    /// The database's clock when this was read.
    pub now: Millis,
}

impl Session {
    /// Whether activity is to be noted: a second's grain spares a write for each of a burst of requests.
    pub fn should_touch(&self) -> bool {
        self.now - self.last_seen_at > 1000
    }
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may act.
    Active(Session),
    /// It waits for the next login.
    Locked(Session),
    /// It has been silent too long: lock it.
    Idle(Session),
    /// Unknown, ended, expired, or its person or organisation is not in good standing.
    Gone,
}

/// Looks a session up by its token's hash.
///
/// # Errors
/// Whatever the database answers.
pub async fn by_token(query: &mut Query, token_hash: &str) -> Result<Standing, sqlx::Error> {
    Ok(by_tokens(query, &[token_hash]).await?.remove(token_hash).unwrap_or(Standing::Gone))
}

/// As [`by_token`], for several: by hash, those that are not gone.
///
/// # Errors
/// Whatever the database answers.
pub async fn by_tokens(query: &mut Query, hashes: &[&str]) -> Result<HashMap<String, Standing>, sqlx::Error> {
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    // One row a role; a person without any may still log in and out.
    let rows = listed!(
        query,
        "SELECT s.id, s.person, p.organisation, o.kind, o.settings, s.status, s.last_seen_at, r.role,
                (SELECT now_ms FROM clock), o.status, s.token_hash
         FROM sessions s JOIN people p ON p.id = s.person JOIN organisations o ON o.id = p.organisation
         LEFT JOIN roles r ON r.person = p.id
         WHERE s.status <> 'ended' AND s.expires_at > (SELECT now_ms FROM clock) AND p.status = 'active'
           AND s.token_hash",
        "ORDER BY s.token_hash, r.role"
    )
    .bind(sets::rows(hashes)?)
    .fetch_all(query.conn())
    .await?;
    let mut found = HashMap::new();
    let token = |row: &AnyRow| row.try_get::<String, _>(10);
    let mut rest = rows.as_slice();
    while let Some(first) = rest.first() {
        let hash = token(first)?;
        let mut count = 1;
        while rest.get(count).map(token).transpose()?.as_ref() == Some(&hash) {
            count += 1;
        }
        let (own, others) = rest.split_at(count);
        found.insert(hash, standing(own)?);
        rest = others;
    }
    Ok(found)
}

/// The standing that the rows of one session tell.
fn standing(rows: &[AnyRow]) -> Result<Standing, sqlx::Error> {
    let Some(row) = rows.first() else { return Ok(Standing::Gone) };
    let (kind, settings): (String, String) = (row.try_get(3)?, row.try_get(4)?);
    let settings: Settings = stored(&settings)?;
    let mut roles = Vec::with_capacity(rows.len());
    for row in rows {
        roles.extend(row.try_get::<Option<String>, _>(7)?.as_deref().and_then(Role::parse));
    }
    let frozen = row.try_get::<String, _>(9)? != "active";
    // Of a frozen organisation come in who can end that, and nobody else.
    if frozen && !rights::ends_incidents(&roles) {
        return Ok(Standing::Gone);
    }
    let session = Session {
        id: row.try_get(0)?,
        person: row.try_get(1)?,
        organisation: row.try_get(2)?,
        kind: if kind == "tenant" { Kind::Tenant } else { Kind::Partner },
        idle_ms: settings.idle_ms(),
        roles,
        frozen,
        last_seen_at: row.try_get(6)?,
        now: row.try_get(8)?,
    };
    let status: String = row.try_get(5)?;
    Ok(if status == "locked" {
        Standing::Locked(session)
    } else if session.now - session.last_seen_at > session.idle_ms {
        Standing::Idle(session)
    } else {
        Standing::Active(session)
    })
}

/// Marks activity.
///
/// # Errors
/// Whatever the database answers.
pub async fn touch(write: &mut Write, session: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("UPDATE sessions SET last_seen_at = $1 WHERE id = $2 AND status = 'active'")
        .bind(now)
        .bind(session)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Begins a session, or unlocks `locked` under a new token.
///
/// # Errors
/// Whatever the database answers.
pub async fn begin(
    write: &mut Write,
    fresh_id: &str,
    token_hash: &str,
    person: &Person,
    through: Through,
    locked: Option<&str>,
) -> Result<(), sqlx::Error> {
    let now = write.now;
    let mut unlocked = false;
    if let Some(id) = locked {
        unlocked = sqlx::query(
            "UPDATE sessions SET status = 'active', token_hash = $1, last_seen_at = $2, expires_at = $3, through = $4
             WHERE id = $5 AND person = $6 AND status <> 'ended'",
        )
        .bind(token_hash)
        .bind(now)
        .bind(now + LIFETIME_MS)
        .bind(through.name())
        .bind(id)
        .bind(&person.id)
        .execute(write.conn())
        .await?
        .rows_affected()
            == 1;
    }
    if !unlocked {
        sqlx::query(
            "INSERT INTO sessions (id, token_hash, person, status, through, created_at, last_seen_at, expires_at)
             VALUES ($1, $2, $3, 'active', $4, $5, $5, $6)",
        )
        .bind(fresh_id)
        .bind(token_hash)
        .bind(&person.id)
        .bind(through.name())
        .bind(now)
        .bind(now + LIFETIME_MS)
        .execute(write.conn())
        .await?;
    }
    sqlx::query("UPDATE people SET last_login_at = $1 WHERE id = $2")
        .bind(now)
        .bind(&person.id)
        .execute(write.conn())
        .await?;
    let kind = if unlocked { "session.unlocked" } else { "session.started" };
    write.record(Event::new(&person.organisation, kind).by(&person.id).with(json!({"through": through.name()})));
    Ok(())
}

/// Locks a session; `true` when it was active.
///
/// # Errors
/// Whatever the database answers.
pub async fn lock(write: &mut Write, session: &Session, idle: bool) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query("UPDATE sessions SET status = 'locked' WHERE id = $1 AND status = 'active'")
        .bind(&session.id)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if changed {
        let kind = if idle { "session.locked-idle" } else { "session.locked" };
        write.record(Event::new(&session.organisation, kind).by(&session.person));
        write.tell(News::Person(session.person.clone()));
    }
    Ok(changed)
}

/// Ends a session for good.
///
/// # Errors
/// Whatever the database answers.
pub async fn end(write: &mut Write, session: &Session) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET status = 'ended' WHERE id = $1").bind(&session.id).execute(write.conn()).await?;
    write.record(Event::new(&session.organisation, "session.ended").by(&session.person));
    write.tell(News::Person(session.person.clone()));
    Ok(())
}

/// Ends every session of a person; whoever calls it records why.
///
/// # Errors
/// Whatever the database answers.
pub async fn end_all_of(write: &mut Write, person: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET status = 'ended' WHERE person = $1 AND status <> 'ended'")
        .bind(person)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Ends every session of an organisation's people that its identity provider opened, and returns whose they were;
/// whoever calls it records why.
///
/// # Errors
/// Whatever the database answers.
pub async fn end_provided(write: &mut Write, organisation: &str) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "UPDATE sessions SET status = 'ended' WHERE through = 'provider' AND status <> 'ended'
           AND person IN (SELECT id FROM people WHERE organisation = $1) RETURNING person",
    )
    .bind(organisation)
    .fetch_all(write.conn())
    .await?;
    let mut people = rows.iter().map(|r| r.try_get(0)).collect::<Result<Vec<String>, _>>()?;
    people.sort_unstable();
    people.dedup();
    Ok(people)
}
