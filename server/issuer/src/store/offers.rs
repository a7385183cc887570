//! Offers: made by a clerk, redeemed once for a token, which is good for one credential. Each step is one
//! compare-and-set.

use honnin_protocol::encoding::b64u;
use honnin_protocol::ids::OfferId;
use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, Sqlite, SqlitePool, Transaction};

use super::Store;
use crate::entropy::secret_hash;

/// The pre-authorized code of an offer: derived from the offer's id, so that neither has to be stored.
pub fn code(id: &OfferId) -> String {
    let hash = Sha256::new().chain_update("honnin/offer-code/v1").chain_update([0]).chain_update(id.to_string());
    b64u(hash.finalize())
}

/// Keeps a fresh offer; ones that ended a day ago are forgotten.
///
/// # Errors
/// Whatever the database answers.
pub async fn make(store: &Store, id: &OfferId, handle: &str, now: i64, expires_at: i64) -> Result<(), sqlx::Error> {
    let mut tx = store.write().await?;
    sqlx::query("DELETE FROM offers WHERE expires_at <= $1").bind(now - 86_400_000).execute(&mut *tx).await?;
    sqlx::query("INSERT INTO offers (id_hash, code_hash, handle, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(secret_hash(&id.to_string()))
        .bind(secret_hash(&code(id)))
        .bind(handle)
        .bind(now)
        .bind(expires_at)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

/// How an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be redeemed.
    Open,
    /// Its time is up.
    Expired,
    /// It was redeemed.
    Used,
}

/// How an offer stands; `None` when there is none.
///
/// # Errors
/// Whatever the database answers.
pub async fn standing(pool: &SqlitePool, id: &OfferId, now: i64) -> Result<Option<Standing>, sqlx::Error> {
    let row = sqlx::query("SELECT redeemed_at, expires_at FROM offers WHERE id_hash = $1")
        .bind(secret_hash(&id.to_string()))
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let used = row.try_get::<Option<i64>, _>("redeemed_at")?.is_some();
    let expired = row.try_get::<i64, _>("expires_at")? <= now;
    Ok(Some(match (used, expired) {
        (true, _) => Standing::Used,
        (false, true) => Standing::Expired,
        (false, false) => Standing::Open,
    }))
}

/// Redeems a code for a token: true exactly once, and only in time.
///
/// # Errors
/// Whatever the database answers.
pub async fn redeem(
    store: &Store,
    code: &str,
    token: &str,
    now: i64,
    token_expires_at: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE offers SET redeemed_at = $1, token_hash = $2, token_expires_at = $3
         WHERE code_hash = $4 AND redeemed_at IS NULL AND expires_at > $1",
    )
    .bind(now)
    .bind(secret_hash(token))
    .bind(token_expires_at)
    .bind(secret_hash(code))
    .execute(store.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The handle that a token is good for, unless it was used or its time is up.
///
/// # Errors
/// Whatever the database answers.
pub async fn by_token(pool: &SqlitePool, token: &str, now: i64) -> Result<Option<String>, sqlx::Error> {
    sqlx::query("SELECT handle FROM offers WHERE token_hash = $1 AND issued_at IS NULL AND token_expires_at > $2")
        .bind(secret_hash(token))
        .bind(now)
        .fetch_optional(pool)
        .await?
        .map(|row| row.try_get(0))
        .transpose()
}

/// Marks the one credential of a token as issued: true exactly once, and only in time.
///
/// # Errors
/// Whatever the database answers.
pub async fn issue(tx: &mut Transaction<'static, Sqlite>, token: &str, now: i64) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE offers SET issued_at = $1 WHERE token_hash = $2 AND issued_at IS NULL AND token_expires_at > $1",
    )
    .bind(now)
    .bind(secret_hash(token))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
