//! Customers: an opaque handle, sealed, and found by its blind index.

use std::collections::HashMap;

use serde_json::json;
use sqlx::Row as _;

use super::sets::{self, listed, set};
use super::{Event, Millis, Query, Write, push};
use crate::entropy::Entropy;

/// A customer as a verification meets them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// `c_…`: stands for the handle wherever one is recorded.
    pub id: String,
    /// Refusals within the last while.
    pub refusals: i64,
    /// When the last one was.
    pub refused_at: Option<Millis>,
    /// Nobody may ask them before.
    pub frozen_until: Option<Millis>,
}

/// The blind index of a handle.
///
/// # Errors
/// When the tenant's keys are missing.
pub fn index(query: &Query, tenant: &str, handle: &str) -> Result<String, sqlx::Error> {
    query.seals().index(tenant, "customers.handle", handle)
}

/// The customer with this handle.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, tenant: &str, handle: &str) -> Result<Option<Customer>, sqlx::Error> {
    let index = index(query, tenant, handle)?;
    let row = sqlx::query(
        "SELECT id, refusals, refused_at, frozen_until FROM customers WHERE tenant = $1 AND handle_index = $2",
    )
    .bind(tenant)
    .bind(index)
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

/// As [`find`], made known when they are not.
///
/// # Errors
/// Whatever the database answers.
pub async fn known(write: &mut Write, tenant: &str, handle: &str, entropy: &Entropy) -> Result<Customer, sqlx::Error> {
    if let Some(customer) = find(write, tenant, handle).await? {
        return Ok(customer);
    }
    let now = write.now;
    let id = crate::statements::identifier("c_", entropy);
    let index = index(write, tenant, handle)?;
    let sealed = write.seals().seal(tenant, "customers", "handle", &id, &handle)?;
    // Another node may be faster; then its row is the one.
    sqlx::query(
        "INSERT INTO customers (id, tenant, handle_index, handle, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, handle_index) DO NOTHING",
    )
    .bind(id)
    .bind(tenant)
    .bind(index)
    .bind(sealed)
    .bind(now)
    .execute(write.conn())
    .await?;
    find(write, tenant, handle).await?.ok_or_else(|| sqlx::Error::Decode("a customer vanished".into()))
}

/// The handle of a customer, unless it was erased.
///
/// # Errors
/// Whatever the database answers.
pub async fn handle(query: &mut Query, tenant: &str, id: &str) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query("SELECT handle FROM customers WHERE tenant = $1 AND id = $2")
        .bind(tenant)
        .bind(id)
        .fetch_optional(query.conn())
        .await?;
    let sealed: Option<String> = match row {
        Some(row) => row.try_get(0)?,
        None => None,
    };
    sealed.map(|sealed| query.seals().open(tenant, "customers", "handle", id, &sealed)).transpose()
}

/// When a customer was first asked or enrolled.
///
/// # Errors
/// Whatever the database answers.
pub async fn known_since(query: &mut Query, id: &str) -> Result<Millis, sqlx::Error> {
    sqlx::query("SELECT created_at FROM customers WHERE id = $1").bind(id).fetch_one(query.conn()).await?.try_get(0)
}

/// A customer to be asked, with what presses on their phone.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who.
    pub customer: Customer,
    /// Verifications started within the last minute.
    pub started: i64,
    /// Verifications that are open.
    pub open: i64,
    /// The phone that is addressed first: the one used last.
    pub device: Option<String>,
    /// Those of their phones that can be woken by a push.
    pub subscribed: Vec<String>,
}

/// The customers of these handles (tenant, handle), made known when they are not: by tenant and handle.
///
/// # Errors
/// Whatever the database answers.
pub async fn all_known<'a>(
    write: &mut Write,
    handles: &[(&'a str, &'a str)],
    entropy: &Entropy,
) -> Result<HashMap<(&'a str, &'a str), Asked>, sqlx::Error> {
    let mut indexes = HashMap::new();
    for (tenant, handle) in handles {
        indexes.insert((*tenant, *handle), index(write, tenant, handle)?);
    }
    let mut found = pressed(write, &indexes).await?;
    if found.len() < indexes.len() {
        for ((tenant, handle), _) in indexes.iter().filter(|(whom, _)| !found.contains_key(*whom)) {
            known(write, tenant, handle, entropy).await?;
        }
        found = pressed(write, &indexes).await?;
    }
    Ok(found)
}

/// How many verifications of a customer were started within the last minute.
///
/// # Errors
/// Whatever the database answers.
pub async fn pressure(write: &mut Write, customer: &str) -> Result<i64, sqlx::Error> {
    let since = write.now - 60_000;
    sqlx::query("SELECT COUNT(*) FROM verifications WHERE customer = $1 AND created_at > $2")
        .bind(customer)
        .bind(since)
        .fetch_one(write.conn())
        .await?
        .try_get(0)
}

/// How many verifications were started lately and how many are open, and the phones, of each known customer.
async fn pressed<'a>(
    write: &mut Write,
    indexes: &HashMap<(&'a str, &'a str), String>,
) -> Result<HashMap<(&'a str, &'a str), Asked>, sqlx::Error> {
    if indexes.is_empty() {
        return Ok(HashMap::new());
    }
    let now = write.now;
    let rows: Vec<_> = indexes.iter().map(|((tenant, _), index)| json!({"tenant": tenant, "place": index})).collect();
    // Nothing stays open longer than an hour, so older rows need not be looked at.
    let rows = set!(
        write,
        "SELECT u.id, u.refusals, u.refused_at, u.frozen_until, u.tenant, u.handle_index,
                (SELECT COUNT(*) FROM verifications v WHERE v.customer = u.id AND v.created_at > $2),
                (SELECT COUNT(*) FROM verifications v
                 WHERE v.customer = u.id AND v.created_at > $3 AND v.decided_at IS NULL),
                (SELECT d.id FROM devices d WHERE d.customer = u.id AND d.status = 'active'
                 ORDER BY d.last_used_at DESC, d.enrolled_at DESC, d.id LIMIT 1),
                (SELECT COUNT(*) FROM push_subscriptions s JOIN devices d ON d.id = s.device
                 WHERE d.customer = u.id AND d.status = 'active'),
                (SELECT MIN(d.id) FROM push_subscriptions s JOIN devices d ON d.id = s.device
                 WHERE d.customer = u.id AND d.status = 'active')
         FROM",
        [tenant text, place text],
        "JOIN customers u ON u.tenant = r.tenant AND u.handle_index = r.place"
    )
    .bind(sets::rows(&rows)?)
    .bind(now - 60_000)
    .bind(now - 3_600_000)
    .fetch_all(write.conn())
    .await?;
    let by_index: HashMap<(&str, &str), (&'a str, &'a str)> =
        indexes.iter().map(|(whom, index)| ((whom.0, index.as_str()), *whom)).collect();
    let mut found = HashMap::new();
    let mut several = HashMap::new();
    for row in &rows {
        let (tenant, index): (String, String) = (row.try_get(4)?, row.try_get(5)?);
        let Some(whom) = by_index.get(&(tenant.as_str(), index.as_str())) else { continue };
        let customer = Customer {
            id: row.try_get(0)?,
            refusals: row.try_get(1)?,
            refused_at: row.try_get(2)?,
            frozen_until: row.try_get(3)?,
        };
        let asked = Asked {
            customer,
            started: row.try_get(6)?,
            open: row.try_get(7)?,
            device: row.try_get(8)?,
            subscribed: row.try_get::<Option<String>, _>(10)?.into_iter().collect(),
        };
        if row.try_get::<i64, _>(9)? > 1 {
            several.insert(asked.customer.id.clone(), *whom);
        }
        found.insert(*whom, asked);
    }
    // Asked for only where there are several, which is seldom.
    for (customer, device) in push::of_customers(write, several.keys()).await? {
        let asked = several.get(&customer).and_then(|whom| found.get_mut(whom));
        if let Some(asked) = asked.filter(|asked| !asked.subscribed.contains(&device)) {
            asked.subscribed.push(device);
        }
    }
    Ok(found)
}

/// Notes a refusal by the customer; returns how many there are within `window_ms`.
///
/// # Errors
/// Whatever the database answers.
pub async fn refused(write: &mut Write, id: &str, window_ms: Millis) -> Result<i64, sqlx::Error> {
    let now = write.now;
    sqlx::query(
        "UPDATE customers SET refusals = CASE WHEN refused_at > $1 THEN refusals + 1 ELSE 1 END, refused_at = $2
         WHERE id = $3 RETURNING refusals",
    )
    .bind(now - window_ms)
    .bind(now)
    .bind(id)
    .fetch_one(write.conn())
    .await?
    .try_get(0)
}

/// A pass ends the back-off.
///
/// # Errors
/// Whatever the database answers.
pub async fn reached(write: &mut Write, ids: &[&str]) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    listed!(write, "UPDATE customers SET refusals = 0 WHERE refusals > 0 AND id", "")
        .bind(sets::rows(ids)?)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Lets nobody ask a customer until an instant.
///
/// # Errors
/// Whatever the database answers.
pub async fn freeze(write: &mut Write, tenant: &str, id: &str, until: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE customers SET frozen_until = $1 WHERE id = $2")
        .bind(until)
        .bind(id)
        .execute(write.conn())
        .await?;
    write.record(Event::new(tenant, "customer.frozen").with(json!({"customer": id, "until": until})));
    Ok(())
}

/// Lets a frozen customer be asked again; `false` when they were not frozen.
///
/// # Errors
/// Whatever the database answers.
pub async fn release(write: &mut Write, tenant: &str, id: &str, by: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    let changed = sqlx::query(
        "UPDATE customers SET frozen_until = NULL, refusals = 0 WHERE tenant = $1 AND id = $2 AND frozen_until > $3",
    )
    .bind(tenant)
    .bind(id)
    .bind(now)
    .execute(write.conn())
    .await?
    .rows_affected()
        == 1;
    if changed {
        write.record(Event::new(tenant, "customer.released").by(by).with(json!({"customer": id})));
    }
    Ok(changed)
}

/// Customers whom nobody may ask now, latest first: id, since, until, refusals.
///
/// # Errors
/// Whatever the database answers.
pub async fn frozen(query: &mut Query, tenant: &str) -> Result<Vec<Customer>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, refusals, refused_at, frozen_until FROM customers
         WHERE tenant = $1 AND frozen_until > (SELECT now_ms FROM clock) ORDER BY frozen_until DESC LIMIT 200",
    )
    .bind(tenant)
    .fetch_all(query.conn())
    .await?;
    rows.iter()
        .map(|r| {
            Ok(Customer {
                id: r.try_get(0)?,
                refusals: r.try_get(1)?,
                refused_at: r.try_get(2)?,
                frozen_until: r.try_get(3)?,
            })
        })
        .collect()
}
