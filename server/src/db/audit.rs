//! Searching a log, newest first, with the counts that make an entry suspicious.

use sqlx::Row as _;

use super::events::{Entry, read};
use super::{Millis, Query};
use crate::domain::suspicion::{Counts, Suspicion};

/// What is searched for; an empty text is any.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Not before, milliseconds.
    pub from: Millis,
    /// Before, milliseconds.
    pub to: Millis,
    /// Kind, or its beginning up to a dot.
    pub kind: String,
    /// Actor.
    pub person: String,
    /// Verification.
    pub verification: String,
}

/// An entry and what happened around it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The entry.
    pub entry: Entry,
    /// What makes it suspicious or not.
    pub counts: Counts,
}

// The counts stand in the select list: they are made for the rows of the page only.
macro_rules! search {
    ($which:literal) => {
        concat!(
            "SELECT e.place, e.at, e.kind, e.actor, e.verification, e.data, e.leaf,
               CASE WHEN EXISTS (SELECT 1 FROM people p WHERE p.id = e.actor) THEN 1 ELSE 0 END,
               CASE WHEN e.kind = 'verification.created' THEN
                 (SELECT COUNT(*) FROM events b WHERE b.log = e.log AND b.actor = e.actor AND b.at > e.at - $8
                    AND b.at <= e.at AND b.place <= e.place AND b.kind = 'verification.created') ELSE 0 END,
               CASE WHEN e.kind = 'verification.created' THEN
                 (SELECT COUNT(DISTINCT v.customer) FROM verifications v WHERE v.person = e.actor AND v.tenant = e.log
                    AND v.changed_at > e.at - 86400000 AND v.created_at > e.at - 86400000 AND v.created_at <= e.at)
                 ELSE 0 END,
               CASE WHEN e.kind = 'verification.denied' THEN
                 (SELECT COUNT(*) FROM events b WHERE b.log = e.log AND b.actor = e.actor AND b.at > e.at - $9
                    AND b.at <= e.at AND b.place <= e.place AND b.kind = 'verification.denied') ELSE 0 END,
               CASE WHEN e.kind = 'verification.denied' THEN
                 (SELECT COUNT(*) FROM verifications v JOIN verifications w ON w.customer = v.customer
                    WHERE v.id = e.verification AND w.state = 'denied' AND w.decided_at > e.at - $9
                      AND w.decided_at <= e.at) ELSE 0 END
             FROM events e WHERE e.log = $1 AND e.place < $2 AND e.at >= $3 AND e.at < $4
               AND ($5 = '' OR e.kind = $5 OR e.kind LIKE $5 || '.%') AND ",
            $which,
            " ORDER BY e.place DESC LIMIT $7"
        )
    };
}

/// Entries below a place, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn page(
    query: &mut Query,
    log: &str,
    filter: &Filter,
    below: i64,
    limit: i64,
    suspicion: &Suspicion,
) -> Result<Vec<Seen>, sqlx::Error> {
    // One statement for each index that can serve.
    let (statement, which) = match (filter.verification.as_str(), filter.person.as_str()) {
        ("", "") => (search!("$6 = ''"), String::new()),
        ("", person) => (search!("e.actor = $6"), person.to_owned()),
        (verification, "") => (search!("e.verification = $6"), verification.to_owned()),
        // An identifier holds no space.
        (verification, person) => {
            (search!("e.verification || ' ' || e.actor = $6"), format!("{verification} {person}"))
        }
    };
    let rows = sqlx::query(statement)
        .bind(log)
        .bind(below)
        .bind(filter.from)
        .bind(filter.to)
        .bind(&filter.kind)
        .bind(which)
        .bind(limit)
        .bind(suspicion.burst_window_s * 1000)
        .bind(suspicion.refusals_window_s * 1000)
        .fetch_all(query.conn())
        .await?;
    rows.iter()
        .map(|row| {
            let counts = Counts {
                by_person: row.try_get::<i64, _>(7)? == 1,
                starts: row.try_get(8)?,
                customers: row.try_get(9)?,
                refusals_of_actor: row.try_get(10)?,
                refusals_of_customer: row.try_get(11)?,
            };
            Ok(Seen { entry: read(row)?, counts })
        })
        .collect()
}

/// How many entries a log has.
///
/// # Errors
/// Whatever the database answers.
pub async fn size(query: &mut Query, log: &str) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT size FROM logs WHERE organisation = $1").bind(log).fetch_one(query.conn()).await?.try_get(0)
}
