//! What is deleted for good: one customer's data on demand, and what a tenant keeps no longer. The log stays, because
//! it holds opaque identifiers only.

use serde::Serialize;
use serde_json::json;
use sqlx::Row as _;

use super::reseal::{begin_keeping, end_keeping};
use super::steps::{self, StepError};
use super::verifications;
use super::{Db, Event, Millis, Write, customers, devices, fallbacks, prospects};

/// Rows of each table that one transaction purges.
const CHUNK: i64 = 200;

/// What an erasure took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Phones.
    pub devices: u64,
    /// Verifications, decided or not.
    pub verifications: u64,
}

/// Erases a customer: open requests are called off, phones revoked and emptied, and everything else is deleted but the
/// row that the log's opaque identifier names.
///
/// # Errors
/// Whatever the database answers.
pub async fn erase(
    write: &mut Write,
    tenant: &str,
    customer: &str,
    handle: Option<&str>,
    by: &str,
) -> Result<Erased, sqlx::Error> {
    call_off(write, customer).await?;
    let phones = devices::of_customer(write, tenant, customer).await?;
    for phone in &phones {
        devices::revoke(write, tenant, &phone.id, by, "erased").await?;
        devices::forget(write, &phone.id).await?;
    }
    prospects::forget(write, tenant, customer).await?;
    // Asked while no phone was enrolled: ended already. Whatever else may be open dies with its row.
    begin_keeping(write).await?;
    sqlx::query(
        "DELETE FROM approvals WHERE verification IN (SELECT id FROM verifications WHERE tenant = $1 AND customer = $2)",
    )
    .bind(tenant)
    .bind(customer)
    .execute(write.conn())
    .await?;
    sqlx::query(
        "DELETE FROM calls WHERE verification IN (SELECT id FROM verifications WHERE tenant = $1 AND customer = $2)",
    )
    .bind(tenant)
    .bind(customer)
    .execute(write.conn())
    .await?;
    fallbacks::forget_customer(write, customer).await?;
    let gone = sqlx::query("DELETE FROM verifications WHERE tenant = $1 AND customer = $2")
        .bind(tenant)
        .bind(customer)
        .execute(write.conn())
        .await?
        .rows_affected();
    end_keeping(write).await?;
    sqlx::query("DELETE FROM consents WHERE tenant = $1 AND customer = $2")
        .bind(tenant)
        .bind(customer)
        .execute(write.conn())
        .await?;
    // A prospect has neither handle nor enrolments.
    if let Some(handle) = handle {
        let index = customers::index(write, tenant, handle)?;
        sqlx::query("DELETE FROM enrolments WHERE tenant = $1 AND handle_index = $2")
            .bind(tenant)
            .bind(index)
            .execute(write.conn())
            .await?;
    }
    let now = write.now;
    sqlx::query(
        "UPDATE customers SET handle = NULL, handle_index = NULL, refusals = 0, refused_at = NULL, frozen_until = NULL,
                erased_at = $1 WHERE tenant = $2 AND id = $3",
    )
    .bind(now)
    .bind(tenant)
    .bind(customer)
    .execute(write.conn())
    .await?;
    let erased = Erased { devices: phones.len() as u64, verifications: gone };
    write.record(
        Event::new(tenant, "customer.erased")
            .by(by)
            .with(json!({"customer": customer, "devices": erased.devices, "verifications": erased.verifications})),
    );
    Ok(erased)
}

/// Calls off what a customer is still asked; returns how many.
///
/// # Errors
/// Whatever the database answers.
pub async fn call_off(write: &mut Write, customer: &str) -> Result<usize, sqlx::Error> {
    let mut called_off = 0;
    for mut record in verifications::open_of_customer(write, customer).await? {
        // One whose time is up is the sweeper's.
        let Ok(step) = record.state.cancel(write.now) else { continue };
        match steps::take(write, &mut record, step).await {
            Ok(()) => called_off += 1,
            Err(StepError::Lost | StepError::Refused(_)) => {}
            Err(StepError::Db(e)) => return Err(e),
        }
    }
    Ok(called_off)
}

/// Purges a chunk of what a tenant decided or enrolled before an instant, and of customers that nothing is left of;
/// returns how many rows went. One node at a time: the others wait for its transaction.
///
/// # Errors
/// Whatever the database answers.
pub async fn purge(db: &Db, tenant: &str, before: Millis) -> Result<u64, sqlx::Error> {
    if !is_due(db, tenant, before).await? {
        return Ok(0);
    }
    let mut write = db.write().await?;
    begin_keeping(&mut write).await?;
    let rows =
        sqlx::query("SELECT id FROM verifications WHERE tenant = $1 AND decided_at < $2 ORDER BY decided_at LIMIT $3")
            .bind(tenant)
            .bind(before)
            .bind(CHUNK)
            .fetch_all(write.conn())
            .await?;
    let (mut verifications, mut approvals) = (0, 0);
    for row in &rows {
        let id: String = row.try_get(0)?;
        let delete = sqlx::query("DELETE FROM approvals WHERE verification = $1").bind(&id);
        approvals += delete.execute(write.conn()).await?.rows_affected();
        for table in ["DELETE FROM calls WHERE verification = $1", "DELETE FROM prospects WHERE verification = $1"] {
            sqlx::query(table).bind(&id).execute(write.conn()).await?;
        }
        fallbacks::forget_verification(&mut write, &id).await?;
        let delete = sqlx::query("DELETE FROM verifications WHERE id = $1 AND decided_at < $2").bind(&id).bind(before);
        verifications += delete.execute(write.conn()).await?.rows_affected();
    }
    let enrolments = sqlx::query(
        "DELETE FROM enrolments WHERE id IN (SELECT id FROM enrolments WHERE tenant = $1 AND created_at < $2 LIMIT $3)",
    )
    .bind(tenant)
    .bind(before)
    .bind(CHUNK)
    .execute(write.conn())
    .await?
    .rows_affected();
    let customers = sqlx::query(
        "DELETE FROM customers WHERE id IN (
             SELECT u.id FROM customers u WHERE u.tenant = $1 AND u.created_at < $2 AND u.erased_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.customer = u.id)
                AND NOT EXISTS (SELECT 1 FROM verifications v WHERE v.customer = u.id) LIMIT $3)",
    )
    .bind(tenant)
    .bind(before)
    .bind(CHUNK)
    .execute(write.conn())
    .await?
    .rows_affected();
    let customers = customers + prospects::purge(&mut write, tenant, before, CHUNK).await?;
    end_keeping(&mut write).await?;
    let purged = verifications + enrolments + customers;
    if purged > 0 {
        write.record(Event::new(tenant, "retention.purged").with(json!({
            "before": before, "verifications": verifications, "approvals": approvals, "enrolments": enrolments,
            "customers": customers,
        })));
    }
    write.commit().await?;
    Ok(purged)
}

/// Whether there is anything to purge: asked without a lock.
async fn is_due(db: &Db, tenant: &str, before: Millis) -> Result<bool, sqlx::Error> {
    let mut query = db.read().await?;
    let row = sqlx::query(
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM verifications WHERE tenant = $1 AND decided_at < $2)
                       OR EXISTS (SELECT 1 FROM enrolments WHERE tenant = $1 AND created_at < $2)
                       OR EXISTS (SELECT 1 FROM customers u WHERE u.tenant = $1 AND u.created_at < $2
                            AND u.erased_at IS NULL AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.customer = u.id)
                            AND NOT EXISTS (SELECT 1 FROM verifications v WHERE v.customer = u.id)) THEN 1 ELSE 0 END",
    )
    .bind(tenant)
    .bind(before)
    .fetch_one(query.conn())
    .await?;
    Ok(row.try_get::<i64, _>(0)? == 1 || prospects::is_due(&mut query, tenant, before).await?)
}
