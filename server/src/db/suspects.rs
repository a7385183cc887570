//! Who of an organisation stands out now: one query for each sign.

use sqlx::Row as _;

use super::{Millis, Query};
use crate::domain::suspicion::{LOG_VIEWED, Suspicion};

/// A person or customer with what they did, as often as counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// Person or customer.
    pub id: String,
    /// How often.
    pub count: i64,
}

/// Whoever acted lately is looked at; what is older was looked at then.
const LATELY_MS: Millis = 10 * 60 * 1000;
const DAY_MS: Millis = 86_400_000;

macro_rules! suspects {
    ($query:expr, $sql:expr, $($bind:expr),+) => {{
        let rows = sqlx::query($sql)$(.bind($bind))+.fetch_all($query.conn()).await?;
        rows.iter().map(|r| Ok(Suspect { id: r.try_get(0)?, count: r.try_get(1)? })).collect()
    }};
}

/// People who did something lately, whatever it was; whether the hour is odd, `instants` of theirs say.
///
/// # Errors
/// Whatever the database answers.
pub async fn acts(query: &mut Query, log: &str, now: Millis) -> Result<Vec<(String, String, Millis)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT e.actor, e.kind, MAX(e.at) FROM events e JOIN people p ON p.id = e.actor
         WHERE e.log = $1 AND e.at > $2 GROUP BY e.actor, e.kind",
    )
    .bind(log)
    .bind(now - LATELY_MS)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?, r.try_get(2)?))).collect()
}

/// People who lately started many verifications in a short time.
///
/// # Errors
/// Whatever the database answers.
pub async fn bursts(query: &mut Query, log: &str, now: Millis, s: &Suspicion) -> Result<Vec<Suspect>, sqlx::Error> {
    let window = s.burst_window_s * 1000;
    // Counted at each start, so that a burst between two looks is seen whole.
    suspects!(
        query,
        "SELECT id, MAX(n) FROM (
           SELECT e.actor AS id, (SELECT COUNT(*) FROM events b WHERE b.log = e.log AND b.actor = e.actor
                AND b.at > e.at - $3 AND b.at <= e.at AND b.place <= e.place AND b.kind = 'verification.created') AS n
           FROM events e JOIN people p ON p.id = e.actor
           WHERE e.log = $1 AND e.at > $2 AND e.kind = 'verification.created'
             AND e.actor IN (SELECT c.actor FROM events c WHERE c.log = $1 AND c.at > $2 - $3
                             AND c.kind = 'verification.created' GROUP BY c.actor HAVING COUNT(*) >= $4)) counted
         GROUP BY id HAVING MAX(n) >= $4",
        log,
        now - LATELY_MS,
        window,
        s.burst_starts
    )
}

/// People who asked many different customers within a day, the last one lately.
///
/// # Errors
/// Whatever the database answers.
pub async fn many_customers(
    query: &mut Query,
    tenant: &str,
    now: Millis,
    s: &Suspicion,
) -> Result<Vec<Suspect>, sqlx::Error> {
    suspects!(
        query,
        "SELECT person, COUNT(DISTINCT customer) FROM verifications
         WHERE tenant = $1 AND created_at > $2 AND person IS NOT NULL
         GROUP BY person HAVING COUNT(DISTINCT customer) >= $3 AND MAX(created_at) > $4",
        tenant,
        now - DAY_MS,
        s.customers_per_day,
        now - LATELY_MS
    )
}

/// People whose verifications were refused or reported several times.
///
/// # Errors
/// Whatever the database answers.
pub async fn refused_people(
    query: &mut Query,
    log: &str,
    now: Millis,
    s: &Suspicion,
) -> Result<Vec<Suspect>, sqlx::Error> {
    suspects!(
        query,
        "SELECT e.actor, COUNT(*) FROM events e JOIN people p ON p.id = e.actor
         WHERE e.log = $1 AND e.at > $2 AND e.kind = 'verification.denied' GROUP BY e.actor HAVING COUNT(*) >= $3",
        log,
        now - s.refusals_window_s * 1000,
        s.refusals
    )
}

/// Customers who refused or reported several times.
///
/// # Errors
/// Whatever the database answers.
pub async fn refusing_customers(
    query: &mut Query,
    tenant: &str,
    now: Millis,
    s: &Suspicion,
) -> Result<Vec<Suspect>, sqlx::Error> {
    // A verification lives for minutes: what was decided within the window began a day before at most.
    suspects!(
        query,
        "SELECT customer, COUNT(*) FROM verifications
         WHERE tenant = $1 AND created_at > $2 AND state = 'denied' AND decided_at > $3
         GROUP BY customer HAVING COUNT(*) >= $4",
        tenant,
        now - s.refusals_window_s * 1000 - DAY_MS,
        now - s.refusals_window_s * 1000,
        s.refusals
    )
}

/// Who looked at the log lately, person or machine.
///
/// # Errors
/// Whatever the database answers.
pub async fn log_viewers(query: &mut Query, log: &str, now: Millis) -> Result<Vec<Suspect>, sqlx::Error> {
    suspects!(
        query,
        "SELECT actor, COUNT(*) FROM events WHERE log = $1 AND at > $2 AND kind = $3 AND actor IS NOT NULL GROUP BY actor",
        log,
        now - LATELY_MS,
        LOG_VIEWED
    )
}
