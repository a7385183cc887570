//! The wrapped keys' rows: made with an organisation, read at the start and when another node says that there are more.

use honnin_vault::{KeyEncryptionKey, KeyKind, Keyring, KeyringError, WrappedKey};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, Row as _};

use super::{Event, News, Write};

/// Why the keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A row is no wrapped key.
    #[error("a row of data_keys does not read: {0}")]
    Row(#[from] honnin_vault::WrappedKeyError),
    /// The key-encryption key does not open them, or something is missing.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// This program does not work on the database's schema.
    #[error("schema: {0}")]
    Schema(#[from] super::SchemaError),
    /// Another node made this key at the same time.
    #[error("another node made the same key; try again")]
    Raced,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}

/// Every wrapped key.
pub(super) async fn rows(conn: &mut AnyConnection) -> Result<Vec<WrappedKey>, KeysError> {
    let rows =
        sqlx::query("SELECT wrapped FROM data_keys ORDER BY organisation, kind, version").fetch_all(conn).await?;
    rows.iter().map(|r| Ok(r.try_get::<String, _>(0)?.parse::<WrappedKey>()?)).collect()
}

/// Opens every organisation's keys.
///
/// # Errors
/// [`KeysError`]: the service must not start.
pub(super) async fn unlock(conn: &mut AnyConnection, keks: Vec<KeyEncryptionKey>) -> Result<Keyring, KeysError> {
    let rows = rows(conn).await?;
    // A token may take its time.
    let opened = tokio::task::spawn_blocking(move || Keyring::unlock(keks, &rows)).await;
    Ok(opened.map_err(|e| sqlx::Error::Io(std::io::Error::other(e)))??)
}

/// Reads the rows again: another node may have made or wrapped keys anew.
///
/// # Errors
/// [`KeysError`]; what was held stays held.
pub async fn reload(query: &mut super::Query) -> Result<(), KeysError> {
    let rows = rows(query.conn()).await?;
    let keyring = query.seals().keyring().clone();
    let added = tokio::task::spawn_blocking(move || rows.iter().try_for_each(|row| keyring.add(row))).await;
    Ok(added.map_err(|e| sqlx::Error::Io(std::io::Error::other(e)))??)
}

/// Makes an organisation's first keys, in the transaction that founds it: only this transaction seals with them until
/// they are committed.
///
/// # Errors
/// [`KeysError`].
pub async fn found(write: &mut Write, organisation: &str) -> Result<(), KeysError> {
    write.fork_seals();
    for kind in [KeyKind::Data, KeyKind::Index] {
        let row = make(write, organisation, kind).await?;
        write.seals().keyring().add(&row)?;
        write.made(row);
    }
    Ok(())
}

/// Tells whether any row changed since it was last asked: what is made or wrapped anew by a program beside this one.
///
/// # Errors
/// Whatever the database answers.
pub async fn fingerprint(query: &mut super::Query) -> Result<[u8; 32], sqlx::Error> {
    let rows = sqlx::query("SELECT wrapped FROM data_keys ORDER BY organisation, kind, version")
        .fetch_all(query.conn())
        .await?;
    let mut hash = Sha256::new();
    for row in &rows {
        hash.update(row.try_get::<String, _>(0)?);
        hash.update(b"\n");
    }
    Ok(hash.finalize().into())
}

/// Puts a key that was wrapped anew in its old row's place; `false` when another was faster.
pub(super) async fn replace(write: &mut Write, old: &WrappedKey, new: WrappedKey) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE data_keys SET wrapped = $1 WHERE organisation = $2 AND kind = $3 AND version = $4 AND wrapped = $5",
    )
    .bind(new.to_string())
    .bind(old.organisation())
    .bind(old.kind().as_str())
    .bind(i64::from(old.version()))
    .bind(old.to_string())
    .execute(write.conn())
    .await?
    .rows_affected()
        == 1;
    if changed {
        let data = json!({"kind": old.kind().as_str(), "version": old.version(), "kek": new.kek()});
        write.record(Event::new(old.organisation(), "key.rewrapped").with(data));
        write.tell(News::Organisation(old.organisation().to_owned()));
        write.made(new);
    }
    Ok(changed)
}

/// Makes the next data key: what is sealed after the commit is sealed with it.
///
/// # Errors
/// [`KeysError`].
pub async fn rotate(write: &mut Write, organisation: &str, by: &str) -> Result<u32, KeysError> {
    let row = make(write, organisation, KeyKind::Data).await?;
    let version = row.version();
    write.record(Event::new(organisation, "key.rotated").by(by).with(json!({"kind": "data", "version": version})));
    write.made(row);
    Ok(version)
}

async fn make(write: &mut Write, organisation: &str, kind: KeyKind) -> Result<WrappedKey, KeysError> {
    let now = write.now;
    let (keyring, random) = (write.seals().keyring().clone(), write.seals().entropy().bytes());
    let owner = organisation.to_owned();
    // A token may take its time.
    let made = tokio::task::spawn_blocking(move || keyring.next_key(kind, &owner, now, random)).await;
    let row = made.map_err(|e| sqlx::Error::Io(std::io::Error::other(e)))??;
    let made = sqlx::query(
        "INSERT INTO data_keys (organisation, kind, version, wrapped) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation, kind, version) DO NOTHING",
    )
    .bind(organisation)
    .bind(kind.as_str())
    .bind(i64::from(row.version()))
    .bind(row.to_string())
    .execute(write.conn())
    .await?;
    if made.rows_affected() != 1 {
        return Err(KeysError::Raced);
    }
    write.tell(News::Organisation(organisation.to_owned()));
    Ok(row)
}
