//! Keys that a tenant announces its calls with. A phone pins the first that it sees; a later one stands because the one
//! before signed it.

use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::notice;
use p256::ecdsa::SigningKey;
use serde_json::json;
use sqlx::Row as _;
use zeroize::Zeroizing;

use super::organisations::stored;
use super::{Event, Millis, Query, Write};

/// The public half, and how it came to stand.
#[derive(Clone, Debug)]
pub struct Announcer {
    /// JWK.
    pub public: P256Jwk,
    /// Signed by the key before; `None` for the first.
    pub signed: Option<String>,
    /// When it was made.
    pub made_at: Millis,
}

/// A tenant's first key.
///
/// # Errors
/// Whatever the database answers.
pub async fn create(write: &mut Write, tenant: &str) -> Result<(), sqlx::Error> {
    add(write, tenant, 0, None).await.map(drop)
}

/// A new key in the old one's place, signed by it; the thumbprint.
///
/// # Errors
/// Whatever the database answers; a second rotation at once violates uniqueness.
pub async fn rotate(write: &mut Write, tenant: &str, by: &str) -> Result<String, sqlx::Error> {
    let before = signing(write, tenant).await?;
    let all = of(write, tenant).await?;
    let place = i64::try_from(all.len()).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let id = add(write, tenant, place, Some(&before)).await?;
    write.record(Event::new(tenant, "announcement-key.rotated").by(by).with(json!({"key": id})));
    Ok(id)
}

async fn add(write: &mut Write, tenant: &str, place: i64, before: Option<&SigningKey>) -> Result<String, sqlx::Error> {
    let (key, secret) = loop {
        let secret = Zeroizing::new(write.seals().entropy().bytes::<32>());
        // Zero, or beyond the group's order: once in 2^32.
        if let Ok(key) = SigningKey::from_slice(&*secret) {
            break (key, secret);
        }
    };
    let public = P256Jwk::from(*key.verifying_key());
    let now = write.now;
    let at = u64::try_from(now / 1000).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let (id, signed) = (public.thumbprint(), before.map(|before| notice::sign_successor(before, tenant, &public, at)));
    let sealed =
        write.seals().seal(tenant, "announcement_keys", "secret", &id, &Zeroizing::new(hex::encode(*secret)))?;
    sqlx::query(
        "INSERT INTO announcement_keys (id, tenant, place, public, secret, signed, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&id)
    .bind(tenant)
    .bind(place)
    .bind(serde_json::to_string(&public).map_err(|e| sqlx::Error::Encode(e.into()))?)
    .bind(sealed)
    .bind(signed)
    .bind(now)
    .execute(write.conn())
    .await?;
    Ok(id)
}

/// Every key of a tenant, the first one first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, tenant: &str) -> Result<Vec<Announcer>, sqlx::Error> {
    let rows = sqlx::query("SELECT public, signed, created_at FROM announcement_keys WHERE tenant = $1 ORDER BY place")
        .bind(tenant)
        .fetch_all(query.conn())
        .await?;
    rows.iter()
        .map(|row| {
            let public: String = row.try_get(0)?;
            Ok(Announcer { public: stored(&public)?, signed: row.try_get(1)?, made_at: row.try_get(2)? })
        })
        .collect()
}

/// The key that signs now.
///
/// # Errors
/// Whatever the database answers.
pub async fn signing(query: &mut Query, tenant: &str) -> Result<SigningKey, sqlx::Error> {
    let row = sqlx::query("SELECT id, secret FROM announcement_keys WHERE tenant = $1 ORDER BY place DESC LIMIT 1")
        .bind(tenant)
        .fetch_one(query.conn())
        .await?;
    let (id, sealed): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let secret: Zeroizing<String> =
        query.seals().open(tenant, "announcement_keys", "secret", &id, &sealed).map(Zeroizing::new)?;
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(secret.as_bytes(), &mut *bytes).map_err(|e| sqlx::Error::Decode(e.into()))?;
    SigningKey::from_slice(&*bytes).map_err(|e| sqlx::Error::Decode(e.into()))
}
