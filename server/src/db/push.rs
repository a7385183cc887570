//! Where phones are woken: their subscriptions, the key that browsers bind them to, and what the outbox owes them.

use std::collections::HashMap;

use honnin_push::vapid::VapidKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row as _;
use zeroize::Zeroizing;

use super::outbox::{self, Fresh, Kind};
use super::sets::{self, listed, set};
use super::verifications::Record;
use super::{Db, Event, Millis, Query, Write, log};
use crate::entropy::Entropy;
use crate::statements::identifier;

/// Where a phone is woken. Whoever knows it can wake the phone, so it is sealed, and nothing prints it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Target {
    /// A browser's push service.
    Web {
        /// Its address for this browser.
        endpoint: String,
        /// The browser's point, b64u.
        p256dh: String,
        /// The secret between us and the browser, b64u.
        auth: String,
    },
    /// Apple's.
    Apns {
        /// Device token, hex.
        token: String,
    },
    /// Google's.
    Fcm {
        /// Registration token.
        token: String,
    },
}

impl Target {
    /// Which kind: for counters and the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Web { .. } => "web",
            Self::Apns { .. } => "apns",
            Self::Fcm { .. } => "fcm",
        }
    }
}

/// A phone's subscription.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Whose.
    pub device: String,
    /// Where to.
    pub target: Target,
    /// When it was set.
    pub changed_at: Millis,
}

/// Sets or replaces a phone's subscription; nothing happens when it is what it was.
///
/// # Errors
/// Whatever the database answers.
pub async fn set(write: &mut Write, tenant: &str, device: &str, target: &Target) -> Result<(), sqlx::Error> {
    let now = write.now;
    if of(write, tenant, device).await?.is_some_and(|old| old == *target) {
        return Ok(());
    }
    let sealed = write.seals().seal(tenant, "push_subscriptions", "target", device, target)?;
    sqlx::query(
        "INSERT INTO push_subscriptions (device, tenant, target, changed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (device) DO UPDATE SET target = excluded.target, changed_at = excluded.changed_at",
    )
    .bind(device)
    .bind(tenant)
    .bind(sealed)
    .bind(now)
    .execute(write.conn())
    .await?;
    write.record(Event::new(tenant, "push.set").by(device).with(json!({"kind": target.kind()})));
    Ok(())
}

async fn of(query: &mut Query, tenant: &str, device: &str) -> Result<Option<Target>, sqlx::Error> {
    let row = sqlx::query("SELECT target FROM push_subscriptions WHERE device = $1 AND tenant = $2")
        .bind(device)
        .bind(tenant)
        .fetch_optional(query.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: String = row.try_get(0)?;
    query.seals().open(tenant, "push_subscriptions", "target", device, &sealed).map(Some)
}

/// Removes a phone's subscription by its own wish.
///
/// # Errors
/// Whatever the database answers.
pub async fn remove(write: &mut Write, tenant: &str, device: &str) -> Result<(), sqlx::Error> {
    if forget(write, device).await? {
        write.record(Event::new(tenant, "push.removed").by(device));
    }
    Ok(())
}

/// Removes it because the phone is no more one of ours; `false` when there was none.
///
/// # Errors
/// Whatever the database answers.
pub async fn forget(write: &mut Write, device: &str) -> Result<bool, sqlx::Error> {
    let removed =
        sqlx::query("DELETE FROM push_subscriptions WHERE device = $1").bind(device).execute(write.conn()).await?;
    Ok(removed.rows_affected() == 1)
}

/// Removes it because the push service said that it is gone, unless it was replaced meanwhile.
///
/// # Errors
/// Whatever the database answers.
pub async fn gone(write: &mut Write, tenant: &str, subscription: &Subscription) -> Result<(), sqlx::Error> {
    let removed = sqlx::query("DELETE FROM push_subscriptions WHERE device = $1 AND changed_at = $2")
        .bind(&subscription.device)
        .bind(subscription.changed_at)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if removed {
        let data = json!({"device": subscription.device, "kind": subscription.target.kind()});
        write.record(Event::new(tenant, "push.gone").with(data));
    }
    Ok(())
}

/// The phones of these customers that have a subscription and are in good standing: customer and phone.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_customers(
    query: &mut Query,
    customers: impl ExactSizeIterator<Item = &String>,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    if customers.len() == 0 {
        return Ok(Vec::new());
    }
    let customers: Vec<&String> = customers.collect();
    let rows = listed!(
        query,
        "SELECT d.customer, d.id FROM push_subscriptions s JOIN devices d ON d.id = s.device
         WHERE d.status = 'active' AND d.customer",
        "ORDER BY d.id"
    )
    .bind(sets::rows(&customers)?)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Owes a push to each phone with a subscription whose customer was just asked something. One statement for all of them,
/// none where nobody has one. Also for a phone whose page is open: it may lie in a pocket with its page frozen, and only
/// the phone knows; its worker shows nothing over a page that is being looked at.
///
/// # Errors
/// Whatever the database answers.
pub async fn owe(write: &mut Write, asked: &[(&Record, &[String])]) -> Result<(), sqlx::Error> {
    let messages: Vec<Fresh<'_>> = asked
        .iter()
        .flat_map(|(record, devices)| devices.iter().map(move |device| (record, device)))
        .map(|(record, device)| Fresh {
            id: identifier("p_", write.seals().entropy()),
            organisation: &record.tenant,
            body: json!({"verification": record.id, "device": device}).to_string(),
        })
        .collect();
    outbox::put(write, Kind::Push, &messages).await
}

/// What a push is about, and whom it wakes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct About {
    /// The verification.
    pub verification: String,
    /// The phone.
    pub device: String,
}

/// What a push is about, as it stands now.
pub struct Owed {
    /// The phone's, if it still has one and is in good standing.
    pub subscription: Option<Subscription>,
    /// Nobody needs to be woken for it any more: opened or over.
    pub settled: bool,
    /// When it is over.
    pub expires_at: Millis,
}

/// Reads what pushes are about. What was deleted is missing.
///
/// # Errors
/// Whatever the database answers.
pub async fn owed(query: &mut Query, about: &[&About]) -> Result<HashMap<About, Owed>, sqlx::Error> {
    let now = super::now(query).await?;
    let rows = set!(
        query,
        "SELECT v.id, v.tenant, v.state, v.expires_at, s.device, s.target, s.changed_at, r.device FROM",
        [verification text, device text],
        "JOIN verifications v ON v.id = r.verification
         LEFT JOIN devices d ON d.id = r.device AND d.customer = v.customer AND d.status = 'active'
         LEFT JOIN push_subscriptions s ON s.device = d.id"
    )
    .bind(sets::rows(about)?)
    .fetch_all(query.conn())
    .await?;
    let mut found = HashMap::new();
    for row in &rows {
        let (verification, tenant, state): (String, String, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let expires_at: Millis = row.try_get(3)?;
        let subscription = match row.try_get::<Option<String>, _>(4)? {
            None => None,
            Some(device) => {
                let sealed: String = row.try_get(5)?;
                let target = query.seals().open(&tenant, "push_subscriptions", "target", &device, &sealed)?;
                Some(Subscription { device, target, changed_at: row.try_get(6)? })
            }
        };
        let settled = !["created", "delivered"].contains(&state.as_str()) || expires_at <= now;
        found.insert(About { verification, device: row.try_get(7)? }, Owed { subscription, settled, expires_at });
    }
    Ok(found)
}

/// The service's key for browsers, made and sealed for every tenant that lacks it. `None` while there is no tenant.
///
/// # Errors
/// Whatever the database answers; `Decode` when a stored key is none.
pub async fn vapid_key(db: &Db, entropy: &Entropy) -> Result<Option<VapidKey>, sqlx::Error> {
    let mut write = db.write().await?;
    // Nodes that start together take turns.
    log::one_at_a_time(&mut write).await?;
    let rows = sqlx::query(
        "SELECT o.id, k.secret FROM organisations o LEFT JOIN push_keys k ON k.tenant = o.id
         WHERE o.kind = 'tenant' ORDER BY o.created_at, o.id",
    )
    .fetch_all(write.conn())
    .await?;
    let (mut lacking, mut key) = (Vec::new(), None);
    for row in &rows {
        let tenant: String = row.try_get(0)?;
        match row.try_get::<Option<String>, _>(1)? {
            None => lacking.push(tenant),
            Some(sealed) if key.is_none() => {
                let text: String = write.seals().open(&tenant, "push_keys", "secret", &tenant, &sealed)?;
                let bytes = Zeroizing::new(hex::decode(Zeroizing::new(text)).map_err(|e| decode(e.into()))?);
                let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| decode("a push key is short".into()))?;
                key = Some(VapidKey::new(bytes).map_err(|e| decode(e.into()))?);
            }
            Some(_) => {}
        }
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let key = match key {
        Some(key) => key,
        None => loop {
            // One draw in 2^32 is none.
            if let Ok(key) = VapidKey::new(&Zeroizing::new(entropy.bytes())) {
                break key;
            }
        },
    };
    let text = Zeroizing::new(hex::encode(*key.to_bytes()));
    for tenant in &lacking {
        let sealed = write.seals().seal(tenant, "push_keys", "secret", tenant, text.as_str())?;
        sqlx::query("INSERT INTO push_keys (tenant, secret) VALUES ($1, $2)")
            .bind(tenant)
            .bind(sealed)
            .execute(write.conn())
            .await?;
        write.record(Event::new(tenant, "push.key-made"));
    }
    write.commit().await?;
    Ok(Some(key))
}

fn decode(cause: Box<dyn std::error::Error + Send + Sync>) -> sqlx::Error {
    sqlx::Error::Decode(cause)
}
