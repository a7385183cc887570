//! Prospects: people without an account, who are invited once to prove conditions. Their row among the customers has no
//! handle, their phone's record ends with what it was made for.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::Row as _;

use super::customers::Customer;
use super::verifications::Record;
use super::{Millis, Query, Write, devices, steps};
use crate::entropy::Entropy;

/// What is sealed of an invitation until it is accepted. The same for whoever opens the link, and however often: opening
/// it uses nothing up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceremony {
    /// b64u of 32 bytes: what the phone's device key signs.
    pub challenge: String,
    /// Options for the passkey's creation.
    pub options: Value,
    /// State of the passkey's registration, JSON.
    pub registration: String,
}

/// An invitation as stored.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// What it is for.
    pub verification: String,
    /// None once it was accepted.
    pub ceremony: Option<Ceremony>,
}

/// A row for somebody without a handle.
///
/// # Errors
/// Whatever the database answers.
pub async fn unknown(write: &mut Write, tenant: &str, entropy: &Entropy) -> Result<Customer, sqlx::Error> {
    let (id, now) = (crate::statements::identifier("c_", entropy), write.now);
    sqlx::query("INSERT INTO customers (id, tenant, kind, created_at) VALUES ($1, $2, 'prospect', $3)")
        .bind(&id)
        .bind(tenant)
        .bind(now)
        .execute(write.conn())
        .await?;
    Ok(Customer { id, refusals: 0, refused_at: None, frozen_until: None })
}

/// Keeps the invitation to a fresh verification.
///
/// # Errors
/// Whatever the database answers.
pub async fn invite(
    write: &mut Write,
    record: &Record,
    token_hash: &str,
    ceremony: &Ceremony,
) -> Result<(), sqlx::Error> {
    let sealed = write.seals().seal(&record.tenant, "prospects", "ceremony", &record.id, ceremony)?;
    sqlx::query("INSERT INTO prospects (verification, token_hash, ceremony) VALUES ($1, $2, $3)")
        .bind(&record.id)
        .bind(token_hash)
        .bind(sealed)
        .execute(write.conn())
        .await?;
    steps::note(write, record, "prospect.invited", json!({"expires_at": record.expires_at}));
    Ok(())
}

/// The invitation with this token.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, token_hash: &str) -> Result<Option<Invitation>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT p.verification, p.ceremony, v.tenant FROM prospects p JOIN verifications v ON v.id = p.verification
         WHERE p.token_hash = $1",
    )
    .bind(token_hash)
    .fetch_optional(query.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (verification, tenant): (String, String) = (row.try_get(0)?, row.try_get(2)?);
    let sealed: Option<String> = row.try_get(1)?;
    let ceremony = sealed
        .map(|sealed| query.seals().open(&tenant, "prospects", "ceremony", &verification, &sealed))
        .transpose()?;
    Ok(Some(Invitation { verification, ceremony }))
}

/// Uses an invitation up; `false` when it was. First of all in its transaction: of two at once the other waits here.
///
/// # Errors
/// Whatever the database answers.
pub async fn take(write: &mut Write, verification: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    let taken = sqlx::query(
        "UPDATE prospects SET accepted_at = $1, ceremony = NULL WHERE verification = $2 AND accepted_at IS NULL",
    )
    .bind(now)
    .bind(verification)
    .execute(write.conn())
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Addresses a verification to the phone that accepted it; `false` when it is over.
///
/// # Errors
/// Whatever the database answers.
pub async fn address(write: &mut Write, record: &mut Record, device: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    let addressed = sqlx::query(
        "UPDATE verifications SET device = $1, changed_at = $2
         WHERE id = $3 AND device IS NULL AND state = 'created' AND expires_at > (SELECT now_ms FROM clock)",
    )
    .bind(device)
    .bind(now)
    .bind(&record.id)
    .execute(write.conn())
    .await?
    .rows_affected()
        == 1;
    if addressed {
        record.device = Some(device.to_owned());
        record.changed_at = now;
        steps::note(write, record, "prospect.accepted", json!({"device": device}));
    }
    Ok(addressed)
}

/// Revokes a prospect's phone when what it was made for is over. Its token still fetches its receipt
/// ([`receipt_holder`]), and nothing else.
///
/// # Errors
/// Whatever the database answers.
pub async fn part(write: &mut Write, record: &Record) -> Result<(), sqlx::Error> {
    if !(record.prospect && record.state.is_ended()) {
        return Ok(());
    }
    // By the prospect and not by the record, which may have been read before somebody accepted.
    let rows = sqlx::query("SELECT id FROM devices WHERE tenant = $1 AND customer = $2 AND status = 'active'")
        .bind(&record.tenant)
        .bind(&record.customer)
        .fetch_all(write.conn())
        .await?;
    for row in &rows {
        let device: String = row.try_get(0)?;
        devices::revoke(write, &record.tenant, &device, &device, "eligibility-over").await?;
    }
    Ok(())
}

/// The prospect, their phone's record over, whose token this is.
///
/// # Errors
/// Whatever the database answers.
pub async fn receipt_holder(query: &mut Query, token_hash: &str) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT d.customer FROM device_tokens k JOIN devices d ON d.id = k.device JOIN customers u ON u.id = d.customer
         JOIN organisations t ON t.id = d.tenant
         WHERE k.token_hash = $1 AND k.expires_at > (SELECT now_ms FROM clock) AND d.status = 'revoked'
           AND u.kind = 'prospect' AND u.erased_at IS NULL AND t.status = 'active'",
    )
    .bind(token_hash)
    .fetch_optional(query.conn())
    .await?;
    row.map(|r| r.try_get(0)).transpose()
}

/// The prospect whom a verification of the tenant is about.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_verification(query: &mut Query, tenant: &str, id: &str) -> Result<Option<Customer>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT u.id, u.refusals, u.refused_at, u.frozen_until FROM verifications v JOIN customers u ON u.id = v.customer
         WHERE v.tenant = $1 AND v.id = $2 AND u.kind = 'prospect' AND u.erased_at IS NULL",
    )
    .bind(tenant)
    .bind(id)
    .fetch_optional(query.conn())
    .await?;
    row.map(|r| {
        Ok(Customer {
            id: r.try_get(0)?,
            refusals: r.try_get(1)?,
            refused_at: r.try_get(2)?,
            frozen_until: r.try_get(3)?,
        })
    })
    .transpose()
}

/// Which prospects ($1 tenant, $2 before) nothing is left of but themselves and their phones.
macro_rules! left_over {
    () => {
        "u.tenant = $1 AND u.kind = 'prospect' AND u.created_at < $2 AND u.erased_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM verifications v WHERE v.customer = u.id)"
    };
}

/// Purges the phones and rows of prospects of whom no verification is left; returns how many prospects went. What a
/// customer's phone is kept for, the next call, does not come for them.
///
/// # Errors
/// Whatever the database answers.
pub async fn purge(write: &mut Write, tenant: &str, before: Millis, chunk: i64) -> Result<u64, sqlx::Error> {
    let rows = sqlx::query(concat!("SELECT u.id FROM customers u WHERE ", left_over!(), " LIMIT $3"))
        .bind(tenant)
        .bind(before)
        .bind(chunk)
        .fetch_all(write.conn())
        .await?;
    for row in &rows {
        let customer: String = row.try_get(0)?;
        for statement in [
            "DELETE FROM consents WHERE customer = $1",
            "DELETE FROM device_tokens WHERE device IN (SELECT id FROM devices WHERE customer = $1)",
            "DELETE FROM device_challenges WHERE device IN (SELECT id FROM devices WHERE customer = $1)",
            "DELETE FROM push_subscriptions WHERE device IN (SELECT id FROM devices WHERE customer = $1)",
            "DELETE FROM devices WHERE customer = $1",
            "DELETE FROM customers WHERE id = $1",
        ] {
            sqlx::query(statement).bind(&customer).execute(write.conn()).await?;
        }
    }
    Ok(rows.len() as u64)
}

/// Whether [`purge`] has anything to do: asked without a lock.
///
/// # Errors
/// Whatever the database answers.
pub async fn is_due(query: &mut Query, tenant: &str, before: Millis) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(concat!("SELECT 1 FROM customers u WHERE ", left_over!(), " LIMIT 1"))
        .bind(tenant)
        .bind(before)
        .fetch_optional(query.conn())
        .await?;
    Ok(row.is_some())
}

/// Forgets the invitations to verifications of a customer, before those go.
///
/// # Errors
/// Whatever the database answers.
pub async fn forget(write: &mut Write, tenant: &str, customer: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM prospects WHERE verification IN (SELECT id FROM verifications WHERE tenant = $1 AND customer = $2)",
    )
    .bind(tenant)
    .bind(customer)
    .execute(write.conn())
    .await
    .map(drop)
}
