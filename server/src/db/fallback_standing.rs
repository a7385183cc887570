//! What a fallback rests on and who may decide it, read anew inside the transaction that does.

use sqlx::Row as _;

use super::fallbacks::Fallback;
use super::organisations::stored;
use super::{Millis, Query};
use crate::domain::settings::Settings;

/// What a fallback rests on, as it stands now.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Tenant, whoever asked, their organisation and its delegation are active, and belong together.
    pub parties: bool,
    /// Nobody may ask the customer now.
    pub frozen: bool,
    /// The customer's phone refused something, or could not prove it, since the instant asked for: it works.
    pub refused: bool,
    /// The tenant's settings.
    pub settings: Settings,
    /// Code of the purpose.
    pub purpose: String,
}

/// See [`Standing`].
///
/// # Errors
/// Whatever the database answers.
pub async fn standing(query: &mut Query, fallback: &Fallback, refused_since: Millis) -> Result<Standing, sqlx::Error> {
    let r = sqlx::query(
        "SELECT CASE WHEN t.status = 'active' AND a.status = 'active'
                      AND (v.person IS NULL OR (p.status = 'active'
                           AND EXISTS (SELECT 1 FROM roles r WHERE r.person = p.id AND r.role = 'operator')
                           AND ($2 = 0 OR (s.person = v.person AND s.status <> 'ended'
                                           AND s.expires_at > (SELECT now_ms FROM clock)))))
                      AND (v.machine IS NULL OR (m.status = 'active' AND m.expires_at > (SELECT now_ms FROM clock)))
                      AND ((v.delegation IS NULL AND a.id = v.tenant)
                           OR (g.status = 'active' AND g.tenant = v.tenant AND g.partner = a.id
                               AND g.not_before <= (SELECT now_ms FROM clock) AND g.not_after > (SELECT now_ms FROM clock)))
                     THEN 1 ELSE 0 END,
                CASE WHEN u.frozen_until > (SELECT now_ms FROM clock) THEN 1 ELSE 0 END,
                CASE WHEN EXISTS (SELECT 1 FROM verifications d WHERE d.customer = f.customer AND d.state IN ('denied', 'failed')
                                  AND d.decided_at > $3) THEN 1 ELSE 0 END,
                t.settings, v.purpose
         FROM fallbacks f
         JOIN verifications v ON v.id = f.verification
         JOIN organisations t ON t.id = f.tenant
         JOIN customers u ON u.id = f.customer
         LEFT JOIN people p ON p.id = v.person
         LEFT JOIN sessions s ON s.id = f.session
         LEFT JOIN machines m ON m.id = v.machine
         LEFT JOIN organisations a ON a.id = COALESCE(p.organisation, m.organisation)
         LEFT JOIN delegations g ON g.id = v.delegation
         WHERE f.id = $1",
    )
    .bind(&fallback.id)
    .bind(i64::from(fallback.method.needs_session()))
    .bind(refused_since)
    .fetch_one(query.conn())
    .await?;
    let yes = |place: usize| r.try_get::<i64, _>(place).map(|n| n == 1);
    Ok(Standing {
        parties: yes(0)?,
        frozen: yes(1)?,
        refused: yes(2)?,
        settings: stored(&r.try_get::<String, _>(3)?)?,
        purpose: r.try_get(4)?,
    })
}

/// Whether a person in a session may decide this fallback now: a supervisor of the tenant or of the asker's
/// organisation, and not the asker.
///
/// # Errors
/// Whatever the database answers.
pub async fn may_decide(query: &mut Query, id: &str, person: &str, session: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM fallbacks f
         JOIN verifications v ON v.id = f.verification
         LEFT JOIN people q ON q.id = v.person LEFT JOIN machines m ON m.id = v.machine
         JOIN people p ON p.id = $2 JOIN organisations o ON o.id = p.organisation
         JOIN sessions s ON s.id = $3 AND s.person = p.id
         WHERE f.id = $1 AND f.method = 'supervisors' AND p.status = 'active' AND o.status = 'active'
           AND s.status <> 'ended' AND s.expires_at > (SELECT now_ms FROM clock)
           AND (v.person IS NULL OR v.person <> p.id) AND (m.created_by IS NULL OR m.created_by <> p.id)
           AND EXISTS (SELECT 1 FROM roles r WHERE r.person = p.id AND r.role = 'supervisor')
           AND (p.organisation = f.tenant OR p.organisation = COALESCE(q.organisation, m.organisation))",
    )
    .bind(id)
    .bind(person)
    .bind(session)
    .fetch_one(query.conn())
    .await?;
    Ok(row.try_get::<i64, _>(0)? == 1)
}

/// Whether a dialler is somebody else's than the verification's asker: not the machine that asked, not made by the person
/// who asked, nor by whoever made the machine that did.
///
/// # Errors
/// Whatever the database answers.
pub async fn is_anothers(query: &mut Query, verification: &str, dialler: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM verifications v JOIN machines k ON k.id = $2 LEFT JOIN machines m ON m.id = v.machine
         WHERE v.id = $1 AND (v.machine IS NULL OR v.machine <> k.id) AND (v.person IS NULL OR v.person <> k.created_by)
           AND (m.created_by IS NULL OR m.created_by <> k.created_by)",
    )
    .bind(verification)
    .bind(dialler)
    .fetch_one(query.conn())
    .await?;
    Ok(row.try_get::<i64, _>(0)? == 1)
}

/// Whether a machine is in good standing now.
///
/// # Errors
/// Whatever the database answers.
pub async fn machine_stands(query: &mut Query, machine: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM machines m JOIN organisations o ON o.id = m.organisation
         WHERE m.id = $1 AND m.status = 'active' AND o.status = 'active' AND m.expires_at > (SELECT now_ms FROM clock)",
    )
    .bind(machine)
    .fetch_one(query.conn())
    .await?;
    Ok(row.try_get::<i64, _>(0)? == 1)
}

/// Whether a phone stands on a credential that no phone stood on before: one that the issuer gave anew.
///
/// # Errors
/// Whatever the database answers.
pub async fn is_fresh(query: &mut Query, device: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        // What a prospect's phone says of itself is not proven when it is kept.
        "SELECT COUNT(*) FROM devices d JOIN devices o
         ON o.tenant = d.tenant AND o.pseudonym_index = d.pseudonym_index AND o.id <> d.id
         JOIN customers u ON u.id = o.customer AND u.kind = 'customer' WHERE d.id = $1",
    )
    .bind(device)
    .fetch_one(query.conn())
    .await?;
    Ok(row.try_get::<i64, _>(0)? == 0)
}
