//! People, their roles and teams.

use std::collections::HashMap;

use honnin_protocol::text::Localized;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::sets::{self, listed};
use super::{Event, Millis, News, Query, Write, sessions};
use crate::domain::rights::{self, Role};

/// What is sealed of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Seen by colleagues.
    pub name: Localized,
    /// Seen on the customer's phone.
    pub label: Localized,
}

/// A person as stored.
#[derive(Clone, Debug)]
pub struct Person {
    /// Identifier.
    pub id: String,
    /// Whose.
    pub organisation: String,
    /// Name and label.
    pub profile: Profile,
    /// WebAuthn user handle, UUID.
    pub webauthn_id: String,
    /// Team, in a partner.
    pub team: Option<String>,
    /// `active`, `frozen` or `removed`.
    pub status: String,
    /// When they were added.
    pub created_at: Millis,
    /// When they last logged in.
    pub last_login_at: Option<Millis>,
}

/// A role that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Which.
    pub role: Role,
    /// Since when.
    pub granted_at: Millis,
    /// When it last let something through.
    pub last_used_at: Option<Millis>,
}

macro_rules! columns {
    () => {
        "SELECT p.id, p.organisation, p.profile, p.webauthn_id, p.team, p.status, p.created_at, p.last_login_at \
         FROM people p "
    };
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(columns!(), $rest))
    };
}

fn read(query: &Query, row: &AnyRow) -> Result<Person, sqlx::Error> {
    let (id, organisation): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let profile: String = row.try_get(2)?;
    Ok(Person {
        profile: query.seals().open(&organisation, "people", "profile", &id, &profile)?,
        id,
        organisation,
        webauthn_id: row.try_get(3)?,
        team: row.try_get(4)?,
        status: row.try_get(5)?,
        created_at: row.try_get(6)?,
        last_login_at: row.try_get(7)?,
    })
}

/// One person, whatever their standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, id: &str) -> Result<Option<Person>, sqlx::Error> {
    let row = select!("WHERE p.id = $1").bind(id).fetch_optional(query.conn()).await?;
    row.map(|r| read(query, &r)).transpose()
}

/// A person in good standing, their organisation too.
///
/// # Errors
/// Whatever the database answers.
pub async fn active(query: &mut Query, id: &str) -> Result<Option<Person>, sqlx::Error> {
    Ok(all_active(query, &[id]).await?.remove(id))
}

/// As [`active`], for several: by identifier.
///
/// # Errors
/// Whatever the database answers.
pub async fn all_active(query: &mut Query, ids: &[&str]) -> Result<HashMap<String, Person>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = listed!(
        query,
        concat!(
            columns!(),
            "JOIN organisations o ON o.id = p.organisation WHERE p.status = 'active' AND o.status = 'active' AND p.id"
        ),
        ""
    )
    .bind(sets::rows(ids)?)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|row| read(query, row).map(|person| (person.id.clone(), person))).collect()
}

/// As [`active`]; of a frozen organisation also who can end that.
///
/// # Errors
/// Whatever the database answers.
pub async fn may_log_in(query: &mut Query, id: &str) -> Result<Option<Person>, sqlx::Error> {
    if let Some(person) = active(query, id).await? {
        return Ok(Some(person));
    }
    let Some(person) = find(query, id).await?.filter(|p| p.status == "active") else { return Ok(None) };
    let held: Vec<Role> = roles(query, id).await?.iter().map(|h| h.role).collect();
    Ok(Some(person).filter(|_| rights::ends_incidents(&held)))
}

/// The person with this WebAuthn user handle, if they [may log in](may_log_in).
///
/// # Errors
/// Whatever the database answers.
pub async fn active_by_webauthn_id(query: &mut Query, webauthn_id: &str) -> Result<Option<Person>, sqlx::Error> {
    let row = sqlx::query("SELECT id FROM people WHERE webauthn_id = $1")
        .bind(webauthn_id)
        .fetch_optional(query.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    may_log_in(query, &row.try_get::<String, _>(0)?).await
}

/// What a subject of an issuer is found by; no issuer holds a space.
fn subject_index(query: &Query, organisation: &str, issuer: &str, subject: &str) -> Result<String, sqlx::Error> {
    query.seals().index(organisation, "people.oidc", &format!("{issuer} {subject}"))
}

/// The person whom an identity provider knows by this subject, if they [may log in](may_log_in).
///
/// # Errors
/// Whatever the database answers.
pub async fn active_by_subject(
    query: &mut Query,
    organisation: &str,
    issuer: &str,
    subject: &str,
) -> Result<Option<Person>, sqlx::Error> {
    let index = subject_index(query, organisation, issuer, subject)?;
    let row = sqlx::query("SELECT id FROM people WHERE organisation = $1 AND oidc_index = $2")
        .bind(organisation)
        .bind(index)
        .fetch_optional(query.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    may_log_in(query, &row.try_get::<String, _>(0)?).await
}

/// Everybody of an organisation who was not removed, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, organisation: &str) -> Result<Vec<Person>, sqlx::Error> {
    let rows = select!("WHERE p.organisation = $1 AND p.status <> 'removed' ORDER BY p.created_at DESC, p.id")
        .bind(organisation)
        .fetch_all(query.conn())
        .await?;
    rows.iter().map(|r| read(query, r)).collect()
}

/// The roles that a person holds.
///
/// # Errors
/// Whatever the database answers.
pub async fn roles(query: &mut Query, person: &str) -> Result<Vec<Held>, sqlx::Error> {
    let rows = sqlx::query("SELECT role, granted_at, last_used_at FROM roles WHERE person = $1 ORDER BY role")
        .bind(person)
        .fetch_all(query.conn())
        .await?;
    rows.iter()
        .map(|r| {
            let name: String = r.try_get(0)?;
            let role = Role::parse(&name).ok_or_else(|| sqlx::Error::Decode("an unknown role".into()))?;
            Ok(Held { role, granted_at: r.try_get(1)?, last_used_at: r.try_get(2)? })
        })
        .collect()
}

/// Marks a role as used; once an hour is enough for a review of 90 days.
///
/// # Errors
/// Whatever the database answers.
pub async fn touch_role(write: &mut Write, person: &str, role: Role) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query(
        "UPDATE roles SET last_used_at = $1
         WHERE person = $2 AND role = $3 AND (last_used_at IS NULL OR last_used_at < $4)",
    )
    .bind(now)
    .bind(person)
    .bind(role.name())
    .bind(now - 3_600_000)
    .execute(write.conn())
    .await
    .map(drop)
}

/// Adds a person.
///
/// # Errors
/// Whatever the database answers; a known identifier violates its uniqueness.
pub async fn insert(write: &mut Write, person: &Person, roles: &[Role], by: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    let profile = write.seals().seal(&person.organisation, "people", "profile", &person.id, &person.profile)?;
    sqlx::query(
        "INSERT INTO people (id, organisation, profile, webauthn_id, team, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&person.id)
    .bind(&person.organisation)
    .bind(profile)
    .bind(&person.webauthn_id)
    .bind(person.team.as_deref())
    .bind(now)
    .execute(write.conn())
    .await?;
    for role in roles {
        grant(write, &person.id, *role, by).await?;
    }
    write.record(
        Event::new(&person.organisation, "person.added")
            .by(by)
            .with(json!({"person": person.id, "roles": roles, "team": person.team})),
    );
    Ok(())
}

async fn grant(write: &mut Write, person: &str, role: Role, by: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query(
        "INSERT INTO roles (person, role, granted_by, granted_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person, role) DO NOTHING",
    )
    .bind(person)
    .bind(role.name())
    .bind(by)
    .bind(now)
    .execute(write.conn())
    .await
    .map(drop)
}

/// Makes these the person's roles.
///
/// # Errors
/// Whatever the database answers.
pub async fn set_roles(write: &mut Write, person: &Person, roles: &[Role], by: &str) -> Result<(), sqlx::Error> {
    let held = self::roles(write, &person.id).await?;
    for gone in held.iter().filter(|h| !roles.contains(&h.role)) {
        sqlx::query("DELETE FROM roles WHERE person = $1 AND role = $2")
            .bind(&person.id)
            .bind(gone.role.name())
            .execute(write.conn())
            .await?;
    }
    for role in roles {
        grant(write, &person.id, *role, by).await?;
    }
    write.record(
        Event::new(&person.organisation, "person.roles-changed")
            .by(by)
            .with(json!({"person": person.id, "roles": roles})),
    );
    write.tell(News::Person(person.id.clone()));
    Ok(())
}

/// How many people in good standing hold a role.
///
/// # Errors
/// Whatever the database answers.
pub async fn holders(query: &mut Query, organisation: &str, role: Role) -> Result<i64, sqlx::Error> {
    sqlx::query(
        "SELECT COUNT(*) FROM roles r JOIN people p ON p.id = r.person
         WHERE p.organisation = $1 AND p.status = 'active' AND r.role = $2",
    )
    .bind(organisation)
    .bind(role.name())
    .fetch_one(query.conn())
    .await?
    .try_get(0)
}

/// Removes a person: sessions end, passkeys and roles go, the row stays for the log.
///
/// # Errors
/// Whatever the database answers.
pub async fn remove(write: &mut Write, person: &Person, by: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE people SET status = 'removed', oidc_index = NULL WHERE id = $1")
        .bind(&person.id)
        .execute(write.conn())
        .await?;
    for table in [
        "DELETE FROM roles WHERE person = $1",
        "DELETE FROM passkeys WHERE person = $1",
        "DELETE FROM invitations WHERE person = $1",
    ] {
        sqlx::query(table).bind(&person.id).execute(write.conn()).await?;
    }
    sessions::end_all_of(write, &person.id).await?;
    write.record(Event::new(&person.organisation, "person.removed").by(by).with(json!({"person": person.id})));
    write.tell(News::Person(person.id.clone()));
    Ok(())
}

/// Freezes or thaws a person; `true` when that changed something. The event is the incident's.
///
/// # Errors
/// Whatever the database answers.
pub async fn set_frozen(write: &mut Write, person: &str, frozen: bool) -> Result<bool, sqlx::Error> {
    let (to, from) = if frozen { ("frozen", "active") } else { ("active", "frozen") };
    let changed = sqlx::query("UPDATE people SET status = $1 WHERE id = $2 AND status = $3")
        .bind(to)
        .bind(person)
        .bind(from)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if changed {
        if frozen {
            sessions::end_all_of(write, person).await?;
        }
        write.tell(News::Person(person.to_owned()));
    }
    Ok(changed)
}

/// Links a person to an identity provider's subject; `false` when the subject is another person's.
///
/// # Errors
/// Whatever the database answers.
pub async fn link_subject(
    write: &mut Write,
    person: &Person,
    issuer: &str,
    subject: &str,
) -> Result<bool, sqlx::Error> {
    let index = subject_index(write, &person.organisation, issuer, subject)?;
    let taken: i64 =
        sqlx::query("SELECT COUNT(*) FROM people WHERE organisation = $1 AND oidc_index = $2 AND id <> $3")
            .bind(&person.organisation)
            .bind(&index)
            .bind(&person.id)
            .fetch_one(write.conn())
            .await?
            .try_get(0)?;
    if taken > 0 {
        return Ok(false);
    }
    sqlx::query("UPDATE people SET oidc_index = $1 WHERE id = $2")
        .bind(index)
        .bind(&person.id)
        .execute(write.conn())
        .await?;
    write.record(Event::new(&person.organisation, "person.identity-linked").by(&person.id));
    Ok(true)
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Team {
    /// Identifier.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// People in it.
    pub members: i64,
}

/// An organisation's teams, by name.
///
/// # Errors
/// Whatever the database answers.
pub async fn teams(query: &mut Query, organisation: &str) -> Result<Vec<Team>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT t.id, t.name, (SELECT COUNT(*) FROM people p WHERE p.team = t.id AND p.status <> 'removed')
         FROM teams t WHERE t.organisation = $1 ORDER BY t.name, t.id",
    )
    .bind(organisation)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|r| Ok(Team { id: r.try_get(0)?, name: r.try_get(1)?, members: r.try_get(2)? })).collect()
}

/// Adds a team.
///
/// # Errors
/// Whatever the database answers.
pub async fn add_team(
    write: &mut Write,
    id: &str,
    organisation: &str,
    name: &str,
    by: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO teams (id, organisation, name) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(organisation)
        .bind(name)
        .execute(write.conn())
        .await?;
    write.record(Event::new(organisation, "team.added").by(by).with(json!({"team": id})));
    Ok(())
}

/// Dissolves a team; its people stay. `false` when there is none such.
///
/// # Errors
/// Whatever the database answers.
pub async fn remove_team(write: &mut Write, id: &str, organisation: &str, by: &str) -> Result<bool, sqlx::Error> {
    sqlx::query("UPDATE people SET team = NULL WHERE team = $1 AND organisation = $2")
        .bind(id)
        .bind(organisation)
        .execute(write.conn())
        .await?;
    let gone = sqlx::query("DELETE FROM teams WHERE id = $1 AND organisation = $2")
        .bind(id)
        .bind(organisation)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if gone {
        write.record(Event::new(organisation, "team.removed").by(by).with(json!({"team": id})));
    }
    Ok(gone)
}
