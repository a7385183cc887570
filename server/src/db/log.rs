//! Appending to an organisation's Merkle log, and reading what proofs need of it.

use std::collections::BTreeMap;

use honnin_evidence::log::{Frontier, leaf_hash};
use sqlx::Row as _;

use super::events::{Event, canonical};
use super::{Millis, Query, Write};

/// An empty log.
///
/// # Errors
/// Whatever the database answers.
pub async fn create(write: &mut Write, organisation: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO logs (organisation, size, frontier) VALUES ($1, 0, $2)")
        .bind(organisation)
        .bind(hex::encode(Frontier::new().to_bytes()))
        .execute(write.conn())
        .await
        .map(drop)
}

/// Appends events, each to its organisation's log, in one order for all transactions.
///
/// # Errors
/// Whatever the database answers.
pub(super) async fn append(query: &mut Query, now: Millis, events: Vec<Event>) -> Result<(), sqlx::Error> {
    let mut logs: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in events {
        logs.entry(event.log.clone()).or_default().push(event);
    }
    for (log, events) in logs {
        append_to(query, now, &log, &events).await?;
    }
    Ok(())
}

async fn append_to(query: &mut Query, now: Millis, log: &str, events: &[Event]) -> Result<(), sqlx::Error> {
    // The update locks the row: places are given in the order of commits.
    let row = sqlx::query("UPDATE logs SET size = size + $1 WHERE organisation = $2 RETURNING frontier")
        .bind(i64::try_from(events.len()).map_err(|e| sqlx::Error::Encode(e.into()))?)
        .bind(log)
        .fetch_one(query.conn())
        .await?;
    let mut frontier = frontier(&row.try_get::<String, _>(0)?)?;
    let before = frontier.size();
    for event in events {
        let place = i64::try_from(frontier.size()).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let (actor, verification) = (event.actor.as_deref(), event.verification.as_deref());
        let leaf = leaf_hash(&canonical(log, place, now, event.kind, actor, verification, &event.data)?);
        frontier.append(leaf).map_err(|e| sqlx::Error::Encode(e.into()))?;
        sqlx::query(
            "INSERT INTO events (log, place, at, kind, actor, verification, data, leaf)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(log)
        .bind(place)
        .bind(now)
        .bind(event.kind)
        .bind(actor)
        .bind(verification)
        .bind(serde_jcs::to_string(&event.data).map_err(|e| sqlx::Error::Encode(e.into()))?)
        .bind(hex::encode(leaf))
        .execute(query.conn())
        .await?;
    }
    tiles(query, log, before, frontier.size()).await?;
    sqlx::query("UPDATE logs SET frontier = $1 WHERE organisation = $2")
        .bind(hex::encode(frontier.to_bytes()))
        .bind(log)
        .execute(query.conn())
        .await
        .map(drop)
}

fn frontier(text: &str) -> Result<Frontier, sqlx::Error> {
    let bytes = hex::decode(text).map_err(|e| sqlx::Error::Decode(e.into()))?;
    Frontier::from_bytes(&bytes).map_err(|e| sqlx::Error::Decode(e.into()))
}
