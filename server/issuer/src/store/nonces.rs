//! `c_nonce`s: given out, spent once.

use sqlx::{Sqlite, Transaction};

use super::Store;

/// Milliseconds a nonce lives.
pub const LIFE_MS: i64 = 300_000;

/// Keeps a fresh nonce and forgets the ones that ran out.
///
/// # Errors
/// Whatever the database answers.
pub async fn give(store: &Store, hash: &str, now: i64) -> Result<(), sqlx::Error> {
    let mut tx = store.write().await?;
    sqlx::query("DELETE FROM nonces WHERE expires_at <= $1").bind(now).execute(&mut *tx).await?;
    sqlx::query("INSERT INTO nonces (hash, expires_at) VALUES ($1, $2)")
        .bind(hash)
        .bind(now + LIFE_MS)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

/// Spends a nonce: true exactly once, and only in time.
///
/// # Errors
/// Whatever the database answers.
pub async fn spend(tx: &mut Transaction<'static, Sqlite>, hash: &str, now: i64) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("DELETE FROM nonces WHERE hash = $1 AND expires_at > $2")
        .bind(hash)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
