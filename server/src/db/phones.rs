//! A customer's phones together: up to five are active, every one of them hears what the customer is asked, and any of
//! them may answer. What ends or stops phones goes through here.
//!
//! Whatever changes which phones a customer has runs in [`super::Db::write_standing`]: one after the other, and after
//! the verdicts that are being decided.

use serde::Deserialize;
use serde_json::json;
use sqlx::Row as _;

use super::devices::{self, Device, Identity, open_identity};
use super::{Event, Millis, News, Query, Write, erasure, push};

/// Active phones of one customer at most.
pub const MOST: i64 = 5;

/// What becomes of the phones that a customer has already when another one is enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Others {
    /// They stay.
    Keep,
    /// The new one takes their place.
    Replace,
}

/// A phone as its owner is shown it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// `d_…`.
    pub id: String,
    /// What kind of phone it is.
    pub label: String,
    /// When it was enrolled.
    pub enrolled_at: Millis,
    /// When it last logged in or approved something.
    pub last_used_at: Millis,
}

/// A customer's active phones, newest use first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, tenant: &str, customer: &str) -> Result<Vec<Shown>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, identity, enrolled_at, last_used_at FROM devices
         WHERE tenant = $1 AND customer = $2 AND status = 'active' ORDER BY last_used_at DESC, enrolled_at DESC, id",
    )
    .bind(tenant)
    .bind(customer)
    .fetch_all(query.conn())
    .await?;
    rows.iter()
        .map(|r| {
            let (id, sealed): (String, String) = (r.try_get(0)?, r.try_get(1)?);
            let Identity { label, .. } = open_identity(query, tenant, &id, &sealed)?;
            Ok(Shown { id, label, enrolled_at: r.try_get(2)?, last_used_at: r.try_get(3)? })
        })
        .collect()
}

/// How many active phones a customer has.
///
/// # Errors
/// Whatever the database answers.
pub async fn count(query: &mut Query, customer: &str) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT COUNT(*) FROM devices WHERE customer = $1 AND status = 'active'")
        .bind(customer)
        .fetch_one(query.conn())
        .await?
        .try_get(0)
}

/// Who holds a holder secret, by its pseudonym.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Nobody yet.
    Nobody,
    /// This active phone of the customer: whoever has the secret may take its place, as a restored backup does.
    Phone(String),
    /// Another customer's phone, or one that is over: it does not come back by itself.
    Taken,
}

/// Who holds a holder secret.
///
/// # Errors
/// Whatever the database answers.
pub async fn holder(query: &mut Query, tenant: &str, customer: &str, pseudonym: &str) -> Result<Holder, sqlx::Error> {
    let index = query.seals().index(tenant, "devices.pseudonym", pseudonym)?;
    let rows = sqlx::query(
        // What a prospect's phone says of itself is not proven when it is kept, and takes nothing from anybody.
        "SELECT d.id, d.customer, d.status FROM devices d JOIN customers u ON u.id = d.customer
         WHERE d.tenant = $1 AND d.pseudonym_index = $2 AND u.kind = 'customer'",
    )
    .bind(tenant)
    .bind(index)
    .fetch_all(query.conn())
    .await?;
    let mut holder = Holder::Nobody;
    for row in &rows {
        let (id, owner, status): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        match status.as_str() {
            "active" if owner == customer => holder = Holder::Phone(id),
            // An earlier copy of the phone that holds it now.
            "replaced" if owner == customer => {
                if holder == Holder::Nobody {
                    holder = Holder::Taken;
                }
            }
            _ => return Ok(Holder::Taken),
        }
    }
    Ok(holder)
}

/// Enrols a phone beside its customer's others or in their place, and always in the place of the one that holds its
/// secret (`copied`). How many others stay active; `None` when those are enough already: then nothing may be committed.
/// # Errors
/// Whatever the database answers.
pub async fn enrol(
    write: &mut Write,
    device: &Device,
    others: Others,
    copied: Option<&str>,
) -> Result<Option<i64>, sqlx::Error> {
    let replaced = sqlx::query(
        "UPDATE devices SET status = 'replaced'
         WHERE customer = $1 AND status IN ('active', 'suspended') AND (id = $2 OR $3 = 1) RETURNING id",
    )
    .bind(&device.customer)
    .bind(copied.unwrap_or_default())
    .bind(i64::from(others == Others::Replace))
    .fetch_all(write.conn())
    .await?;
    let stay = count(write, &device.customer).await?;
    if stay >= MOST {
        return Ok(None);
    }
    for row in &replaced {
        let id: String = row.try_get(0)?;
        push::forget(write, &id).await?;
        write.tell(News::Device(id));
    }
    devices::insert(write, device).await?;
    let data = json!({"customer": device.customer, "replaced": replaced.len(), "others": stay});
    write.record(Event::new(&device.tenant, "device.enrolled").by(&device.id).with(data));
    write.tell(News::Phones(device.customer.clone()));
    Ok(Some(stay))
}

/// Ends phones for good, with their sessions; what nobody can answer any more is called off. How many phones and
/// requests that were.
///
/// # Errors
/// Whatever the database answers.
pub async fn remove(
    write: &mut Write,
    tenant: &str,
    customer: &str,
    ids: &[String],
    by: &str,
    reason: &str,
) -> Result<Stopped, sqlx::Error> {
    let mut stopped = Stopped::default();
    for id in ids {
        if devices::revoke(write, tenant, id, by, reason).await? {
            stopped.phones += 1;
        }
        devices::forget_sessions(write, id).await?;
    }
    stopped.called_off = settle(write, customer).await?;
    Ok(stopped)
}

/// What stopping phones took along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    /// Phones.
    pub phones: usize,
    /// Open requests that no phone was left for.
    pub called_off: usize,
}

/// Suspends every active phone of a customer.
///
/// # Errors
/// Whatever the database answers.
pub async fn suspend(
    write: &mut Write,
    tenant: &str,
    customer: &str,
    by: &str,
    reason: &str,
) -> Result<Stopped, sqlx::Error> {
    let rows = sqlx::query(
        "UPDATE devices SET status = 'suspended' WHERE tenant = $1 AND customer = $2 AND status = 'active' RETURNING id",
    )
    .bind(tenant)
    .bind(customer)
    .fetch_all(write.conn())
    .await?;
    for row in &rows {
        let id: String = row.try_get(0)?;
        devices::forget_sessions(write, &id).await?;
        write.record(Event::new(tenant, "device.suspended").by(by).with(json!({"device": id, "reason": reason})));
    }
    let called_off = settle(write, customer).await?;
    Ok(Stopped { phones: rows.len(), called_off })
}

/// Makes suspended phones active again, those used last first, as far as there is room beside what was enrolled
/// meanwhile. How many that were.
///
/// # Errors
/// Whatever the database answers.
pub async fn restore(write: &mut Write, tenant: &str, customer: &str, by: &str) -> Result<usize, sqlx::Error> {
    let room = MOST - count(write, customer).await?;
    let rows = sqlx::query(
        "UPDATE devices SET status = 'active' WHERE id IN (
             SELECT id FROM devices WHERE tenant = $1 AND customer = $2 AND status = 'suspended'
             ORDER BY last_used_at DESC, id LIMIT $3) RETURNING id",
    )
    .bind(tenant)
    .bind(customer)
    .bind(room.max(0))
    .fetch_all(write.conn())
    .await?;
    for row in &rows {
        let id: String = row.try_get(0)?;
        write.record(Event::new(tenant, "device.restored").by(by).with(json!({"device": id})));
    }
    if !rows.is_empty() {
        write.tell(News::Phones(customer.to_owned()));
    }
    Ok(rows.len())
}

/// A customer's active or suspended phones whose credentials are an issuer's.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_issuer(query: &mut Query, customer: &str, issuer: &str) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT d.id FROM devices d JOIN issuer_certificates c ON c.id = d.certificate
         WHERE d.customer = $1 AND c.issuer = $2 AND d.status IN ('active', 'suspended') ORDER BY d.id",
    )
    .bind(customer)
    .bind(issuer)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Notes an issuer's assertion as used; `false` when it was already.
///
/// # Errors
/// Whatever the database answers.
pub async fn use_assertion(write: &mut Write, jti_hash: &str, kept_ms: Millis) -> Result<bool, sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM issuer_assertions WHERE expires_at <= $1").bind(now).execute(write.conn()).await?;
    let added = sqlx::query(
        "INSERT INTO issuer_assertions (jti_hash, expires_at) VALUES ($1, $2) ON CONFLICT (jti_hash) DO NOTHING",
    )
    .bind(jti_hash)
    .bind(now + kept_ms)
    .execute(write.conn())
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Calls off what a customer is asked, once no phone is left to answer it.
async fn settle(write: &mut Write, customer: &str) -> Result<usize, sqlx::Error> {
    if count(write, customer).await? > 0 { Ok(0) } else { erasure::call_off(write, customer).await }
}
