//! Who is in good standing: the status columns, read anew inside the transaction that decides.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::Write;

/// What a verification rests on, as it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Tenant, operator, console session, device and issuer are active, and belong together.
    pub parties: bool,
    /// No certificate of the issuer's key is revoked: revoking one revokes the key.
    pub certificate: bool,
    /// The issuer certificate is within its validity.
    pub in_window: bool,
}

/// Reads the standing of everything that a verification rests on; `None` when it names no device.
///
/// A locked console does not stop its open request: only an ended session does.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_verification(conn: &mut AnyConnection, verification: &str) -> Result<Option<Standing>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT CASE WHEN t.status = 'active' AND o.status = 'active' AND o.tenant = v.tenant AND s.status <> 'ended'
                      AND s.operator = v.operator AND s.expires_at > (SELECT now_ms FROM clock)
                      AND d.status = 'active' AND d.tenant = v.tenant AND d.handle = v.handle
                      AND i.status = 'active' AND c.tenant = v.tenant THEN 1 ELSE 0 END,
                CASE WHEN EXISTS (SELECT 1 FROM issuer_certificates r WHERE r.tenant = c.tenant AND r.key_x = c.key_x
                                  AND r.key_y = c.key_y AND r.status <> 'active') THEN 0 ELSE 1 END,
                CASE WHEN c.not_before <= (SELECT now_ms FROM clock) AND c.not_after > (SELECT now_ms FROM clock) THEN 1 ELSE 0 END
         FROM verifications v
         JOIN tenants t ON t.id = v.tenant JOIN operators o ON o.id = v.operator JOIN operator_sessions s ON s.id = v.session
         JOIN devices d ON d.id = v.device JOIN issuer_certificates c ON c.id = d.certificate JOIN issuers i ON i.id = c.issuer
         WHERE v.id = $1",
    )
    .bind(verification).fetch_optional(conn).await?;
    row.map(|r| {
        let yes = |i: usize| r.try_get::<i64, _>(i).map(|n| n == 1);
        Ok(Standing { parties: yes(0)?, certificate: yes(1)?, in_window: yes(2)? })
    })
    .transpose()
}

/// Whether an issuer and its tenant are active.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_issuer(conn: &mut AnyConnection, issuer: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT COUNT(*) FROM issuers i JOIN tenants t ON t.id = i.tenant WHERE i.id = $1 AND i.status = 'active' AND t.status = 'active'")
        .bind(issuer).fetch_one(conn).await?;
    Ok(row.try_get::<i64, _>(0)? == 1)
}

/// Whether no certificate of this one's key is revoked.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_certificate(conn: &mut AnyConnection, id: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM issuer_certificates c JOIN issuer_certificates r
         ON r.tenant = c.tenant AND r.key_x = c.key_x AND r.key_y = c.key_y WHERE c.id = $1 AND r.status <> 'active'",
    )
    .bind(id)
    .fetch_one(conn)
    .await?;
    Ok(row.try_get::<i64, _>(0)? == 0)
}

/// Whether a tenant is active.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_tenant(conn: &mut AnyConnection, tenant: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT COUNT(*) FROM tenants WHERE id = $1 AND status = 'active'")
        .bind(tenant)
        .fetch_one(conn)
        .await?;
    Ok(row.try_get::<i64, _>(0)? == 1)
}

/// Makes the configured parties known; never changes a status.
///
/// # Errors
/// Whatever the database answers.
pub async fn seed_tenant(write: &mut Write, tenant: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO tenants (id) VALUES ($1) ON CONFLICT (id) DO NOTHING")
        .bind(tenant)
        .execute(write.conn())
        .await
        .map(drop)
}

/// As [`seed_tenant`], for an issuer.
///
/// # Errors
/// Whatever the database answers.
pub async fn seed_issuer(write: &mut Write, id: &str, tenant: &str, url: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO issuers (id, tenant, url) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET url = $3")
        .bind(id)
        .bind(tenant)
        .bind(url)
        .execute(write.conn())
        .await
        .map(drop)
}

/// As [`seed_tenant`], for an operator.
///
/// # Errors
/// Whatever the database answers; an operator that moved to another tenant is refused.
pub async fn seed_operator(write: &mut Write, id: &str, tenant: &str, webauthn_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO operators (id, tenant, webauthn_id) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING")
        .bind(id)
        .bind(tenant)
        .bind(webauthn_id)
        .execute(write.conn())
        .await
        .map(drop)
}
