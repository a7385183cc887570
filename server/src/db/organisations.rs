//! Tenants and partners.

use honnin_protocol::text::Localized;
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Event, Millis, News, Query, Write};
use crate::domain::settings::{Kind, Settings};

/// An organisation as stored.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Identifier; a tenant's is part of every proof's scope.
    pub id: String,
    /// Tenant or partner.
    pub kind: Kind,
    /// Not frozen.
    pub active: bool,
    /// What people call it.
    pub name: Localized,
    /// What it decides about itself.
    pub settings: Settings,
    /// Raised with every change of the settings.
    pub revision: i64,
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(
            "SELECT o.id, o.kind, o.status, o.name, o.settings, o.revision FROM organisations o ",
            $rest
        ))
    };
}

fn read(row: &AnyRow) -> Result<Organisation, sqlx::Error> {
    let (kind, status): (String, String) = (row.try_get(1)?, row.try_get(2)?);
    let (name, settings): (String, String) = (row.try_get(3)?, row.try_get(4)?);
    Ok(Organisation {
        id: row.try_get(0)?,
        kind: if kind == "tenant" { Kind::Tenant } else { Kind::Partner },
        active: status == "active",
        name: stored(&name)?,
        settings: stored(&settings)?,
        revision: row.try_get(5)?,
    })
}

/// Reads a stored JSON document.
pub(super) fn stored<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(|e| sqlx::Error::Decode(e.into()))
}

/// Writes a JSON document.
pub(super) fn document<T: serde::Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(e.into()))
}

/// One organisation, whatever its standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, id: &str) -> Result<Option<Organisation>, sqlx::Error> {
    select!("WHERE o.id = $1").bind(id).fetch_optional(query.conn()).await?.as_ref().map(read).transpose()
}

/// A tenant that is not frozen.
///
/// # Errors
/// Whatever the database answers.
pub async fn active_tenant(query: &mut Query, id: &str) -> Result<Option<Organisation>, sqlx::Error> {
    Ok(find(query, id).await?.filter(|o| o.active && o.kind == Kind::Tenant))
}

/// Every organisation, by identifier.
///
/// # Errors
/// Whatever the database answers.
pub async fn all(query: &mut Query) -> Result<Vec<Organisation>, sqlx::Error> {
    select!("ORDER BY o.id").fetch_all(query.conn()).await?.iter().map(read).collect()
}

/// Founds an organisation. Its keys and its log must be made in the same transaction.
///
/// # Errors
/// Whatever the database answers; a known identifier violates its uniqueness.
pub async fn insert(write: &mut Write, organisation: &Organisation) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query(
        "INSERT INTO organisations (id, kind, name, settings, revision, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&organisation.id)
    .bind(organisation.kind.name())
    .bind(document(&organisation.name)?)
    .bind(document(&organisation.settings)?)
    .bind(organisation.revision)
    .bind(now)
    .execute(write.conn())
    .await?;
    write.record(Event::new(&organisation.id, "organisation.founded").with(json!({"kind": organisation.kind})));
    Ok(())
}

/// Replaces the settings if the revision is still the one that was read; `false` when it moved on.
///
/// # Errors
/// Whatever the database answers.
pub async fn change_settings(
    write: &mut Write,
    id: &str,
    revision: i64,
    settings: &Settings,
    name: &Localized,
    by: &str,
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE organisations SET settings = $1, name = $2, revision = revision + 1 WHERE id = $3 AND revision = $4",
    )
    .bind(document(settings)?)
    .bind(document(name)?)
    .bind(id)
    .bind(revision)
    .execute(write.conn())
    .await?
    .rows_affected()
        == 1;
    if changed {
        write.record(Event::new(id, "settings.changed").by(by).with(json!({"revision": revision + 1})));
        write.tell(News::Organisation(id.to_owned()));
    }
    Ok(changed)
}

/// Freezes or thaws; `true` when that changed something. The event is the incident's.
///
/// # Errors
/// Whatever the database answers.
pub async fn set_frozen(write: &mut Write, id: &str, frozen: bool) -> Result<bool, sqlx::Error> {
    let (to, from) = if frozen { ("frozen", "active") } else { ("active", "frozen") };
    let changed = sqlx::query("UPDATE organisations SET status = $1 WHERE id = $2 AND status = $3")
        .bind(to)
        .bind(id)
        .bind(from)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if changed {
        write.tell(News::Organisation(id.to_owned()));
    }
    Ok(changed)
}

/// A name for events and screens where an organisation is only mentioned.
///
/// # Errors
/// Whatever the database answers.
pub async fn name(query: &mut Query, id: &str) -> Result<Option<Localized>, sqlx::Error> {
    Ok(find(query, id).await?.map(|o| o.name))
}

/// When the oldest one was founded.
///
/// # Errors
/// Whatever the database answers.
pub async fn oldest(query: &mut Query) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query("SELECT MIN(created_at) FROM organisations").fetch_one(query.conn()).await?.try_get(0)
}

/// When it was founded.
///
/// # Errors
/// Whatever the database answers.
pub async fn founded_at(query: &mut Query, id: &str) -> Result<Option<Millis>, sqlx::Error> {
    let row =
        sqlx::query("SELECT created_at FROM organisations WHERE id = $1").bind(id).fetch_optional(query.conn()).await?;
    row.map(|r| r.try_get(0)).transpose()
}
