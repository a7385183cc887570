//! Who is in good standing: everything that a verification rests on, read anew inside the transaction that decides.

use std::collections::HashMap;

use honnin_evidence::receipt::Approval;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::policy::Policy;
use honnin_protocol::sealed::Sent;
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::devices::{Identity, open_identity};
use super::issuers::Certificate;
use super::organisations::stored;
use super::sets::{self, set};
use super::{Backend, LOCK_STANDING, Query, Write};
use crate::domain::settings::Settings;

/// What a verification rests on, as it stands now.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Tenant, asking person or machine, session, delegation, device, recipient and issuer are active, and belong
    /// together.
    pub parties: bool,
    /// No certificate of the issuer's key is revoked: revoking one revokes the key.
    pub certificate_stands: bool,
    /// The issuer certificate is within its validity.
    pub in_window: bool,
    /// The tenant's settings.
    pub settings: Settings,
    /// The policy that was asked for.
    pub policy: Policy,
    /// The device's keys and names.
    pub identity: Identity,
    /// Its last signature counter.
    pub passkey_counter: i64,
    /// The certificate that its credential stands on.
    pub certificate: Certificate,
    /// The pinned root that signed it.
    pub root: P256Jwk,
}

/// Reads the standing of everything that these verifications rest on, each answered by a phone (verification, device),
/// by verification. Where there is no such phone there is none.
///
/// A locked console does not stop its open request: only an ended session does; a call that was announced for later
/// outlives even that.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_verifications(
    query: &mut Query,
    answers: &[(&str, &str)],
) -> Result<HashMap<String, Standing>, sqlx::Error> {
    if answers.is_empty() {
        return Ok(HashMap::new());
    }
    let answers: Vec<_> = answers.iter().map(|(id, device)| json!({"verification": id, "device": device})).collect();
    let rows = set!(
        query,
        "SELECT CASE WHEN t.status = 'active'
                      AND (v.person IS NULL OR (p.status = 'active' AND s.person = v.person
                           AND (k.id IS NOT NULL OR (s.status <> 'ended' AND s.expires_at > (SELECT now_ms FROM clock)))
                           AND EXISTS (SELECT 1 FROM roles r WHERE r.person = p.id AND r.role = 'operator')))
                      AND (v.machine IS NULL OR (m.status = 'active' AND m.expires_at > (SELECT now_ms FROM clock)))
                      AND a.status = 'active'
                      AND ((v.delegation IS NULL AND a.id = v.tenant)
                           OR (g.status = 'active' AND g.tenant = v.tenant AND g.partner = a.id
                               AND g.not_before <= (SELECT now_ms FROM clock) AND g.not_after > (SELECT now_ms FROM clock)))
                      AND d.status = 'active' AND d.tenant = v.tenant AND d.customer = v.customer
                      AND i.status = 'active' AND i.tenant = v.tenant AND c.tenant = v.tenant
                      AND i.serves = CASE u.kind WHEN 'prospect' THEN 'eligibility' ELSE 'customers' END
                      AND (v.recipient IS NULL OR EXISTS (SELECT 1 FROM recipients x
                           WHERE x.id = v.recipient AND x.tenant = v.tenant AND x.status = 'active')) THEN 1 ELSE 0 END,
                CASE WHEN EXISTS (SELECT 1 FROM issuer_certificates r WHERE r.tenant = c.tenant AND r.key_x = c.key_x
                                  AND r.key_y = c.key_y AND r.status <> 'active') THEN 0 ELSE 1 END,
                CASE WHEN c.not_before <= (SELECT now_ms FROM clock) AND c.not_after > (SELECT now_ms FROM clock) THEN 1 ELSE 0 END,
                t.settings, y.document, d.id, d.tenant, d.identity, d.passkey_counter,
                c.id, c.issuer, c.jws, c.key_x, c.key_y, c.not_before, c.not_after, i.root, v.id
         FROM",
        [verification text, device text],
        "JOIN verifications v ON v.id = r.verification
         JOIN organisations t ON t.id = v.tenant
         JOIN policies y ON y.tenant = v.tenant AND y.id = v.policy_id AND y.version = v.policy_version
         JOIN customers u ON u.id = v.customer
         JOIN devices d ON d.id = r.device
         JOIN issuer_certificates c ON c.id = d.certificate
         JOIN issuers i ON i.id = c.issuer
         LEFT JOIN people p ON p.id = v.person
         LEFT JOIN sessions s ON s.id = v.session
         LEFT JOIN machines m ON m.id = v.machine
         LEFT JOIN organisations a ON a.id = COALESCE(p.organisation, m.organisation)
         LEFT JOIN delegations g ON g.id = v.delegation
         LEFT JOIN calls k ON k.verification = v.id"
    )
    .bind(sets::rows(&answers)?)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|row| Ok((row.try_get(17)?, read(query, row)?))).collect()
}

fn read(query: &Query, r: &AnyRow) -> Result<Standing, sqlx::Error> {
    let yes = |i: usize| r.try_get::<i64, _>(i).map(|n| n == 1);
    let (device, tenant, identity): (String, String, String) = (r.try_get(5)?, r.try_get(6)?, r.try_get(7)?);
    Ok(Standing {
        parties: yes(0)?,
        certificate_stands: yes(1)?,
        in_window: yes(2)?,
        settings: stored(&r.try_get::<String, _>(3)?)?,
        policy: stored(&r.try_get::<String, _>(4)?)?,
        identity: open_identity(query, &tenant, &device, &identity)?,
        passkey_counter: r.try_get(8)?,
        certificate: Certificate {
            id: r.try_get(9)?,
            tenant,
            issuer: r.try_get(10)?,
            jws: r.try_get(11)?,
            key_x: r.try_get(12)?,
            key_y: r.try_get(13)?,
            not_before: r.try_get(14)?,
            not_after: r.try_get(15)?,
        },
        root: stored(&r.try_get::<String, _>(16)?)?,
    })
}

/// Lets nobody freeze, revoke or end what a verdict rests on until this transaction is over
/// ([`super::Db::write_standing`] is the other side): the two come one after the other, never side by side. First of all
/// locks in a transaction. SQLite has one writer anyway.
///
/// # Errors
/// Whatever the database answers.
pub async fn hold(write: &mut Write) -> Result<(), sqlx::Error> {
    if write.backend() == Backend::Sqlite {
        return Ok(());
    }
    sqlx::query("SELECT 1 FROM pg_advisory_xact_lock_shared($1)")
        .bind(LOCK_STANDING)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Whether an issuer and its tenant are active.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_issuer(query: &mut Query, issuer: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM issuers i JOIN organisations t ON t.id = i.tenant
         WHERE i.id = $1 AND i.status = 'active' AND t.status = 'active'",
    )
    .bind(issuer)
    .fetch_one(query.conn())
    .await?;
    Ok(row.try_get::<i64, _>(0)? == 1)
}

/// Whether no certificate of this one's key is revoked.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_certificate(query: &mut Query, id: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM issuer_certificates c JOIN issuer_certificates r
         ON r.tenant = c.tenant AND r.key_x = c.key_x AND r.key_y = c.key_y WHERE c.id = $1 AND r.status <> 'active'",
    )
    .bind(id)
    .fetch_one(query.conn())
    .await?;
    Ok(row.try_get::<i64, _>(0)? == 0)
}

/// What a pass rests on, to be kept for its receipt.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// Tenant.
    pub tenant: &'a str,
    /// Which passed.
    pub verification: &'a str,
    /// Row of the issuer certificate.
    pub certificate: &'a str,
    /// Proof, assertion and keys.
    pub approval: &'a Approval,
    /// What went sealed to the session's recipient.
    pub sent: Option<&'a Sent>,
}

/// Keeps what passes rest on, for their receipts.
///
/// # Errors
/// Whatever the database answers.
pub async fn keep_approvals(write: &mut Write, kept: &[Kept<'_>]) -> Result<(), sqlx::Error> {
    if kept.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(kept.len());
    for Kept { tenant, verification, certificate, approval, sent } in kept {
        let sealed = write.seals().seal(tenant, "approvals", "evidence", verification, approval)?;
        let boxed = match sent {
            Some(sent) => Some(write.seals().seal(tenant, "approvals", "disclosure", verification, sent)?),
            None => None,
        };
        rows.push(json!({
            "verification": verification, "day": approval.as_of, "key": approval.verifying_key,
            "certificate": certificate, "evidence": sealed, "disclosure": boxed,
        }));
    }
    set!(
        write,
        "INSERT INTO approvals (verification, as_of, verifying_key, certificate, evidence, disclosure)
         SELECT r.verification, r.day, r.key, r.certificate, r.evidence, r.disclosure FROM",
        [verification text, day bigint, key text, certificate text, evidence text, disclosure text],
        ""
    )
    .bind(sets::rows(&rows)?)
    .execute(write.conn())
    .await
    .map(drop)
}

/// What a pass rested on, unless it was purged.
///
/// # Errors
/// Whatever the database answers.
pub async fn approval(query: &mut Query, tenant: &str, verification: &str) -> Result<Option<Approval>, sqlx::Error> {
    let row = sqlx::query("SELECT evidence FROM approvals WHERE verification = $1")
        .bind(verification)
        .fetch_optional(query.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: String = row.try_get(0)?;
    query.seals().open(tenant, "approvals", "evidence", verification, &sealed).map(Some)
}

/// What went sealed to a session's recipient with its approval, unless it was purged.
///
/// # Errors
/// Whatever the database answers.
pub async fn sent(query: &mut Query, tenant: &str, verification: &str) -> Result<Option<Sent>, sqlx::Error> {
    let row = sqlx::query("SELECT disclosure FROM approvals WHERE verification = $1 AND disclosure IS NOT NULL")
        .bind(verification)
        .fetch_optional(query.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: String = row.try_get(0)?;
    query.seals().open(tenant, "approvals", "disclosure", verification, &sealed).map(Some)
}
