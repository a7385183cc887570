//! Credential issuers, their pinned roots and the certificates that rest on them.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row as _;

use super::{Event, Millis, News, Query, Write};

/// An issuer as stored.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// `i_…`.
    pub id: String,
    /// For which tenant.
    pub tenant: String,
    /// Equal to the certificate's `iss`.
    pub url: String,
    /// RFC 7638, of the root.
    pub thumbprint: String,
    /// JWK, JSON.
    pub root: String,
    /// Of one for eligibility: the tenant that its certificates name.
    pub certifies: Option<String>,
    /// Not suspended.
    pub active: bool,
}

/// Whose credentials an issuer is trusted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Serves {
    /// The tenant's own customers'.
    #[default]
    Customers,
    /// Somebody else's customers', who have no account here.
    Eligibility,
}

impl Serves {
    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Eligibility => "eligibility",
        }
    }

    /// Whether the tenant that certificates name goes with it: one for eligibility has one, of its own form.
    pub fn goes_with(self, certifies: Option<&str>) -> bool {
        match (self, certifies) {
            (Self::Customers, None) => true,
            (Self::Eligibility, Some(tenant)) => crate::bootstrap::is_plain(tenant),
            _ => false,
        }
    }
}

impl Issuer {
    /// Whose credentials it is trusted for.
    pub fn serves(&self) -> Serves {
        if self.certifies.is_some() { Serves::Eligibility } else { Serves::Customers }
    }
}

/// A tenant's issuers.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, tenant: &str) -> Result<Vec<Issuer>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, tenant, url, thumbprint, root, status, certifies FROM issuers WHERE tenant = $1 ORDER BY created_at DESC, id",
    )
    .bind(tenant)
    .fetch_all(query.conn())
    .await?;
    rows.iter()
        .map(|r| {
            let status: String = r.try_get(5)?;
            Ok(Issuer {
                id: r.try_get(0)?,
                tenant: r.try_get(1)?,
                url: r.try_get(2)?,
                thumbprint: r.try_get(3)?,
                root: r.try_get(4)?,
                certifies: r.try_get(6)?,
                active: status == "active",
            })
        })
        .collect()
}

/// Origins of every tenant's issuers, for the phone application's content-security policy.
///
/// # Errors
/// Whatever the database answers.
pub async fn urls(query: &mut Query) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query("SELECT DISTINCT url FROM issuers ORDER BY url").fetch_all(query.conn()).await?;
    rows.iter().map(|r| r.try_get(0)).collect()
}

/// Adds an issuer; `false` when its root is known to the tenant already.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert(write: &mut Write, issuer: &Issuer, by: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    let added = sqlx::query(
        "INSERT INTO issuers (id, tenant, url, thumbprint, root, serves, certifies, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant, thumbprint) DO NOTHING",
    )
    .bind(&issuer.id)
    .bind(&issuer.tenant)
    .bind(&issuer.url)
    .bind(&issuer.thumbprint)
    .bind(&issuer.root)
    .bind(issuer.serves().name())
    .bind(&issuer.certifies)
    .bind(now)
    .execute(write.conn())
    .await?
    .rows_affected()
        == 1;
    if added {
        write.record(
            Event::new(&issuer.tenant, "issuer.added")
                .by(by)
                .with(json!({"issuer": issuer.id, "thumbprint": issuer.thumbprint, "serves": issuer.serves().name(),
                             "certifies": issuer.certifies})),
        );
        write.tell(News::Organisation(issuer.tenant.clone()));
    }
    Ok(added)
}

/// Suspends or resumes an issuer; `false` when there is none such or it stood so already.
///
/// # Errors
/// Whatever the database answers.
pub async fn set_suspended(
    write: &mut Write,
    tenant: &str,
    id: &str,
    suspended: bool,
    by: &str,
) -> Result<bool, sqlx::Error> {
    let (to, from, kind) =
        if suspended { ("suspended", "active", "issuer.suspended") } else { ("active", "suspended", "issuer.resumed") };
    let changed = sqlx::query("UPDATE issuers SET status = $1 WHERE id = $2 AND tenant = $3 AND status = $4")
        .bind(to)
        .bind(id)
        .bind(tenant)
        .bind(from)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if changed {
        write.record(Event::new(tenant, kind).by(by).with(json!({"issuer": id})));
    }
    Ok(changed)
}

/// A checked issuer certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// SHA-256 of tenant, key and window, hex.
    pub id: String,
    /// For which tenant.
    pub tenant: String,
    /// Row of the issuer.
    pub issuer: String,
    /// The compact JWS.
    pub jws: String,
    /// Baby Jubjub key, hex.
    pub key_x: String,
    /// Baby Jubjub key, hex.
    pub key_y: String,
    /// Milliseconds.
    pub not_before: Millis,
    /// Milliseconds.
    pub not_after: Millis,
}

/// Keeps a certificate once.
///
/// # Errors
/// Whatever the database answers.
pub async fn keep_certificate(write: &mut Write, c: &Certificate) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO issuer_certificates (id, tenant, issuer, jws, key_x, key_y, not_before, not_after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&c.id)
    .bind(&c.tenant)
    .bind(&c.issuer)
    .bind(&c.jws)
    .bind(&c.key_x)
    .bind(&c.key_y)
    .bind(c.not_before)
    .bind(c.not_after)
    .execute(write.conn())
    .await
    .map(drop)
}

/// A certificate as the admin pages show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Row.
    pub id: String,
    /// Milliseconds.
    pub not_before: Millis,
    /// Milliseconds.
    pub not_after: Millis,
    /// `active` or `revoked`.
    pub status: String,
    /// Active devices that stand on it.
    pub devices: i64,
}

/// The certificates of an issuer, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn certificates(query: &mut Query, issuer: &str) -> Result<Vec<Listed>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT c.id, c.not_before, c.not_after, c.status,
                (SELECT COUNT(*) FROM devices d WHERE d.certificate = c.id AND d.status = 'active')
         FROM issuer_certificates c WHERE c.issuer = $1 ORDER BY c.not_before DESC, c.id",
    )
    .bind(issuer)
    .fetch_all(query.conn())
    .await?;
    rows.iter()
        .map(|r| {
            Ok(Listed {
                id: r.try_get(0)?,
                not_before: r.try_get(1)?,
                not_after: r.try_get(2)?,
                status: r.try_get(3)?,
                devices: r.try_get(4)?,
            })
        })
        .collect()
}

/// Revokes a certificate, and with it its key; `false` when there is none such or it was revoked.
///
/// # Errors
/// Whatever the database answers.
pub async fn revoke(
    write: &mut Write,
    tenant: &str,
    issuer: &str,
    certificate: &str,
    by: &str,
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE issuer_certificates SET status = 'revoked'
         WHERE id = $1 AND issuer = $2 AND tenant = $3 AND status = 'active'",
    )
    .bind(certificate)
    .bind(issuer)
    .bind(tenant)
    .execute(write.conn())
    .await?
    .rows_affected()
        == 1;
    if changed {
        write.record(
            Event::new(tenant, "issuer.certificate-revoked")
                .by(by)
                .with(json!({"issuer": issuer, "certificate": certificate})),
        );
    }
    Ok(changed)
}
