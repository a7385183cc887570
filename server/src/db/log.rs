//! Appending to an organisation's Merkle log, and reading what proofs need of it.

use std::collections::BTreeMap;

use honnin_evidence::log::{Frontier, Hash, Tile, completed, leaf_hash};
use honnin_evidence::note::NoteKey;
use honnin_protocol::encoding::B64u;
use serde_json::json;
use sqlx::Row as _;
use zeroize::Zeroizing;

use super::events::{self, Event, canonical};
use super::sets::{self, set};
use super::{Backend, Millis, Query, Write};

/// An empty log and the key that will sign its checkpoints, sealed with the organisation's key.
///
/// # Errors
/// Whatever the database answers.
pub async fn create(write: &mut Write, organisation: &str) -> Result<(), sqlx::Error> {
    let seed = Zeroizing::new(write.seals().entropy().bytes::<32>());
    let sealed = write.seals().seal(organisation, "logs", "signing_key", organisation, &hex::encode(*seed))?;
    sqlx::query("INSERT INTO logs (organisation, size, frontier, signing_key) VALUES ($1, 0, $2, $3)")
        .bind(organisation)
        .bind(hex::encode(Frontier::new().to_bytes()))
        .bind(sealed)
        .execute(write.conn())
        .await
        .map(drop)
}

/// The key that verifiers pin for a log of this origin, and the log's size.
///
/// # Errors
/// Whatever the database answers.
pub async fn public_key(query: &mut Query, organisation: &str, origin: &str) -> Result<(String, i64), sqlx::Error> {
    let row = sqlx::query("SELECT signing_key, size FROM logs WHERE organisation = $1")
        .bind(organisation)
        .fetch_one(query.conn())
        .await?;
    let sealed: String = row.try_get(0)?;
    let seed: Zeroizing<String> =
        query.seals().open(organisation, "logs", "signing_key", organisation, &sealed).map(Zeroizing::new)?;
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(seed.as_bytes(), &mut *bytes).map_err(|e| sqlx::Error::Decode(e.into()))?;
    let key = NoteKey::from_seed(origin, &bytes).map_err(|e| sqlx::Error::Decode(e.into()))?;
    Ok((key.verifier().to_string(), row.try_get(1)?))
}

/// Lets one transaction at a time go on from here: for what must not happen twice at once on several nodes.
///
/// # Errors
/// Whatever the database answers.
pub async fn one_at_a_time(write: &mut Write) -> Result<(), sqlx::Error> {
    if let Backend::Postgres = write.backend() {
        sqlx::query("SELECT pg_advisory_xact_lock(4879237)").execute(write.conn()).await?;
    }
    Ok(())
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
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let place = i64::try_from(frontier.size()).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let (actor, verification) = (event.actor.as_deref(), event.verification.as_deref());
        let leaf = leaf_hash(&canonical(log, place, now, event.kind, actor, verification, &event.data)?);
        frontier.append(leaf).map_err(|e| sqlx::Error::Encode(e.into()))?;
        rows.push(json!({
            "place": place, "at": now, "kind": event.kind, "actor": actor, "verification": verification,
            "data": serde_jcs::to_string(&event.data).map_err(|e| sqlx::Error::Encode(e.into()))?,
            "leaf": hex::encode(leaf.0),
        }));
    }
    set!(
        query,
        "INSERT INTO events (log, place, at, kind, actor, verification, data, leaf)
         SELECT $2, r.place, r.at, r.kind, r.actor, r.verification, r.data, r.leaf FROM",
        [place bigint, at bigint, kind text, actor text, verification text, data text, leaf text],
        ""
    )
    .bind(sets::rows(&rows)?)
    .bind(log)
    .execute(query.conn())
    .await?;
    for tile in completed(before, frontier.size()) {
        fill(query, log, &tile).await?;
    }
    sqlx::query("UPDATE logs SET frontier = $1 WHERE organisation = $2")
        .bind(hex::encode(frontier.to_bytes()))
        .bind(log)
        .execute(query.conn())
        .await
        .map(drop)
}

/// Writes the one hash that a full tile is in the tile above it.
async fn fill(query: &mut Query, log: &str, tile: &Tile) -> Result<(), sqlx::Error> {
    let hashes = tile_hashes(query, log, tile).await?;
    let root = Tile::root(&hashes).ok_or_else(|| sqlx::Error::Decode("the log has a gap".into()))?;
    sqlx::query("INSERT INTO log_tiles (log, level, place, root) VALUES ($1, $2, $3, $4)")
        .bind(log)
        .bind(i64::from(tile.level))
        .bind(i64::try_from(tile.index).map_err(|e| sqlx::Error::Encode(e.into()))?)
        .bind(hex::encode(root.0))
        .execute(query.conn())
        .await
        .map(drop)
}

/// The hashes of a tile: leaves from the events, roots of full tiles from the level below.
///
/// # Errors
/// Whatever the database answers.
pub async fn tile_hashes(query: &mut Query, log: &str, tile: &Tile) -> Result<Vec<Hash>, sqlx::Error> {
    let first = i64::try_from(tile.first()).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let width = i64::from(tile.width);
    let rows = if tile.level == 0 {
        sqlx::query("SELECT leaf FROM events WHERE log = $1 AND place >= $2 AND place < $3 ORDER BY place")
            .bind(log)
            .bind(first)
            .bind(first + width)
            .fetch_all(query.conn())
            .await?
    } else {
        sqlx::query(
            "SELECT root FROM log_tiles WHERE log = $1 AND level = $2 AND place >= $3 AND place < $4 ORDER BY place",
        )
        .bind(log)
        .bind(i64::from(tile.level) - 1)
        .bind(first)
        .bind(first + width)
        .fetch_all(query.conn())
        .await?
    };
    rows.iter()
        .map(|r| {
            let text: String = r.try_get(0)?;
            let mut hash = [0; 32];
            hex::decode_to_slice(&text, &mut hash).map_err(|e| sqlx::Error::Decode(e.into()))?;
            Ok(B64u(hash))
        })
        .collect()
}

pub(super) fn frontier(text: &str) -> Result<Frontier, sqlx::Error> {
    let bytes = hex::decode(text).map_err(|e| sqlx::Error::Decode(e.into()))?;
    Frontier::from_bytes(&bytes).map_err(|e| sqlx::Error::Decode(e.into()))
}

/// Why a stored log does not hold.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// An entry was changed, removed or put in.
    #[error("entry {place} of the log of {log} is not the one that was logged")]
    Entry {
        /// Whose log.
        log: String,
        /// The first such entry.
        place: i64,
    },
    /// The entries are not those that the log's head says.
    #[error("the log of {log} does not lead to its head")]
    Head {
        /// Whose log.
        log: String,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}

/// Entries read at a time.
const CHUNK: i64 = 1000;

/// Walks a whole log: each entry hashes to its leaf, the leaves to the head. Returns the number of entries.
///
/// # Errors
/// [`LogError`] names the first entry that does not hold.
pub async fn verify(query: &mut Query, log: &str) -> Result<i64, LogError> {
    let row = sqlx::query("SELECT size, frontier FROM logs WHERE organisation = $1")
        .bind(log)
        .fetch_one(query.conn())
        .await?;
    let (size, head) = (row.try_get::<i64, _>(0)?, frontier(&row.try_get::<String, _>(1)?)?);
    let mut rebuilt = Frontier::new();
    let mut place = 0;
    while place < size {
        let entries = events::from(query, log, place, CHUNK.min(size - place)).await?;
        if entries.is_empty() {
            return Err(LogError::Entry { log: log.to_owned(), place });
        }
        for entry in entries {
            let leaf = leaf_hash(&entry.canonical(log)?);
            if entry.place != place || hex::encode(leaf.0) != entry.leaf {
                return Err(LogError::Entry { log: log.to_owned(), place });
            }
            rebuilt.append(leaf).map_err(|e| sqlx::Error::Decode(e.into()))?;
            place += 1;
        }
    }
    if rebuilt.to_bytes() == head.to_bytes() { Ok(size) } else { Err(LogError::Head { log: log.to_owned() }) }
}
