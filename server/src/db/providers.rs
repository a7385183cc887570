//! Identity providers of organisations, and logins that are under way through them.

use serde_json::json;
use sqlx::Row as _;
use zeroize::Zeroizing;

use super::{Event, Millis, News, Query, Write, sessions};
use crate::domain::rights::Role;
use crate::oidc::Registration;

/// People type passwords and look for their second factor: ten minutes.
pub const LOGIN_MS: Millis = 10 * 60 * 1000;

/// An organisation's provider.
pub struct Provider {
    /// Issuer, client and secret.
    pub registration: Registration,
    /// Nobody but owners logs in with a passkey.
    pub required: bool,
}

impl Provider {
    /// Whether both are the same client of the same issuer.
    pub fn is_same_client(&self, issuer: &str, client_id: &str) -> bool {
        self.registration.issuer == issuer && self.registration.client_id == client_id
    }
}

/// An organisation's provider.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, organisation: &str) -> Result<Option<Provider>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT issuer, client_id, client_secret, required FROM identity_providers WHERE organisation = $1",
    )
    .bind(organisation)
    .fetch_optional(query.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: Option<String> = row.try_get(2)?;
    let client_secret = sealed
        .map(|s| query.seals().open(organisation, "identity_providers", "client_secret", organisation, &s))
        .transpose()?
        .map(|s: String| Zeroizing::new(s));
    Ok(Some(Provider {
        registration: Registration { issuer: row.try_get(0)?, client_id: row.try_get(1)?, client_secret },
        required: row.try_get::<i64, _>(3)? == 1,
    }))
}

/// Whether this person must come through their organisation's provider. Owners need not: they are who can repair it.
///
/// # Errors
/// Whatever the database answers.
pub async fn binds(query: &mut Query, organisation: &str, person: &str) -> Result<bool, sqlx::Error> {
    let found: i64 = sqlx::query(
        "SELECT COUNT(*) FROM identity_providers WHERE organisation = $1 AND required = 1
           AND NOT EXISTS (SELECT 1 FROM roles WHERE person = $2 AND role = $3)",
    )
    .bind(organisation)
    .bind(person)
    .bind(Role::Owner.name())
    .fetch_one(query.conn())
    .await?
    .try_get(0)?;
    Ok(found > 0)
}

/// Whether an organisation has a provider.
///
/// # Errors
/// Whatever the database answers.
pub async fn exists(query: &mut Query, organisation: &str) -> Result<bool, sqlx::Error> {
    let found: i64 = sqlx::query("SELECT COUNT(*) FROM identity_providers WHERE organisation = $1")
        .bind(organisation)
        .fetch_one(query.conn())
        .await?
        .try_get(0)?;
    Ok(found > 0)
}

/// Sets an organisation's provider.
///
/// # Errors
/// Whatever the database answers.
pub async fn set(write: &mut Write, organisation: &str, provider: &Provider, by: &str) -> Result<(), sqlx::Error> {
    let Registration { issuer, client_id, client_secret } = &provider.registration;
    let sealed = client_secret
        .as_ref()
        .map(|s| write.seals().seal(organisation, "identity_providers", "client_secret", organisation, s.as_str()))
        .transpose()?;
    let now = write.now;
    sqlx::query(
        "INSERT INTO identity_providers (organisation, issuer, client_id, client_secret, required, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (organisation) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id,
           client_secret = excluded.client_secret, required = excluded.required, created_at = excluded.created_at",
    )
    .bind(organisation)
    .bind(issuer)
    .bind(client_id)
    .bind(sealed)
    .bind(i64::from(provider.required))
    .bind(now)
    .execute(write.conn())
    .await?;
    write.record(
        Event::new(organisation, "provider.set")
            .by(by)
            .with(json!({"issuer": issuer, "client_id": client_id, "required": provider.required})),
    );
    Ok(())
}

/// Removes it; `false` when there is none.
///
/// # Errors
/// Whatever the database answers.
pub async fn remove(write: &mut Write, organisation: &str, by: &str) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query("DELETE FROM identity_providers WHERE organisation = $1")
        .bind(organisation)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if removed {
        write.record(Event::new(organisation, "provider.removed").by(by));
    }
    Ok(removed)
}

/// Forgets whom an organisation's provider knew and ends the sessions that it opened; returns whose they were.
///
/// # Errors
/// Whatever the database answers.
pub async fn unlink_all(write: &mut Write, organisation: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query("UPDATE people SET oidc_index = NULL WHERE organisation = $1 AND oidc_index IS NOT NULL")
        .bind(organisation)
        .execute(write.conn())
        .await?;
    sqlx::query("DELETE FROM provider_logins WHERE organisation = $1").bind(organisation).execute(write.conn()).await?;
    let people = sessions::end_provided(write, organisation).await?;
    for person in &people {
        write.tell(News::Person(person.clone()));
    }
    Ok(people)
}

/// A login that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Whose people the provider knows.
    pub organisation: String,
    /// The provider as it was when the login was started.
    pub issuer: String,
    /// The client likewise.
    pub client_id: String,
    /// Hash of the invitation that is to be used up.
    pub invitation: Option<String>,
    /// When it was started.
    pub started_at: Millis,
}

/// Stores a login that is under way, and drops lapsed ones. `login.started_at` is this transaction's time.
///
/// # Errors
/// Whatever the database answers.
pub async fn start_login(
    write: &mut Write,
    state_hash: &str,
    browser_hash: &str,
    login: &Login,
) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM provider_logins WHERE expires_at <= $1").bind(now).execute(write.conn()).await?;
    sqlx::query(
        "INSERT INTO provider_logins
           (state_hash, browser_hash, organisation, issuer, client_id, invitation, started_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(state_hash)
    .bind(browser_hash)
    .bind(&login.organisation)
    .bind(&login.issuer)
    .bind(&login.client_id)
    .bind(login.invitation.as_deref())
    .bind(now)
    .bind(now + LOGIN_MS)
    .execute(write.conn())
    .await
    .map(drop)
}

/// Takes a login out: it serves once, and only the browser that started it.
///
/// # Errors
/// Whatever the database answers.
pub async fn take_login(write: &mut Write, state_hash: &str, browser_hash: &str) -> Result<Option<Login>, sqlx::Error> {
    let row = sqlx::query(
        "DELETE FROM provider_logins
         WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > (SELECT now_ms FROM clock)
         RETURNING organisation, issuer, client_id, invitation, started_at",
    )
    .bind(state_hash)
    .bind(browser_hash)
    .fetch_optional(write.conn())
    .await?;
    row.map(|r| {
        Ok(Login {
            organisation: r.try_get(0)?,
            issuer: r.try_get(1)?,
            client_id: r.try_get(2)?,
            invitation: r.try_get(3)?,
            started_at: r.try_get(4)?,
        })
    })
    .transpose()
}
