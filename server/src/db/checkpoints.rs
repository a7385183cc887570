//! Signed checkpoints of an organisation's log. One for each size at most: a second one could contradict the first.

use honnin_evidence::checkpoint::Checkpoint;
use honnin_evidence::entry::Entry;
use honnin_evidence::log::{Hash, Plan, Tile};
use honnin_evidence::note::NoteKey;
use sqlx::Row as _;
use zeroize::Zeroizing;

use super::log::{frontier, tile_hashes};
use super::{Db, Query, Write};

/// A checkpoint as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Entries that it covers.
    pub size: u64,
    /// C2SP signed note.
    pub note: String,
}

/// An error of data that does not read.
fn unreadable(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(e.into())
}

fn number(n: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(n).map_err(unreadable)
}

fn size(n: i64) -> Result<u64, sqlx::Error> {
    u64::try_from(n).map_err(unreadable)
}

/// The key that signs an organisation's checkpoints under an origin.
///
/// # Errors
/// Whatever the database answers.
pub async fn key(query: &mut Query, organisation: &str, origin: &str) -> Result<NoteKey, sqlx::Error> {
    let row = sqlx::query("SELECT signing_key FROM logs WHERE organisation = $1")
        .bind(organisation)
        .fetch_one(query.conn())
        .await?;
    let sealed: String = row.try_get(0)?;
    let text: Zeroizing<String> =
        Zeroizing::new(query.seals().open(organisation, "logs", "signing_key", organisation, &sealed)?);
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.as_bytes(), &mut *seed).map_err(unreadable)?;
    NoteKey::from_seed(origin, &seed).map_err(unreadable)
}

/// A checkpoint of the log as it stands now: the one that is kept, or a new one.
///
/// # Errors
/// Whatever the database answers; `Decode` when another one is kept at this size.
pub async fn current(db: &Db, organisation: &str, origin: &str) -> Result<Kept, sqlx::Error> {
    let found = of_head(&mut db.read().await?, organisation).await?;
    if let Some(kept) = found
        && is_of(&kept.note, origin)
    {
        return Ok(kept);
    }
    let mut write = db.write().await?;
    let kept = sign(&mut write, organisation, origin).await?;
    write.commit().await?;
    Ok(kept)
}

/// Signs the log as it stands in this transaction. Whoever else signs this size signs the same bytes.
async fn sign(write: &mut Write, organisation: &str, origin: &str) -> Result<Kept, sqlx::Error> {
    let row = sqlx::query("SELECT frontier FROM logs WHERE organisation = $1")
        .bind(organisation)
        .fetch_one(write.conn())
        .await?;
    let frontier = frontier(&row.try_get::<String, _>(0)?)?;
    let key = key(write, organisation, origin).await?;
    let note = Checkpoint::of(&frontier, &key).sign(&key).map_err(unreadable)?;
    let (place, now) = (number(frontier.size())?, write.now);
    sqlx::query("INSERT INTO checkpoints (log, size, note, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
        .bind(organisation)
        .bind(place)
        .bind(&note)
        .bind(now)
        .execute(write.conn())
        .await?;
    let row = sqlx::query("SELECT note FROM checkpoints WHERE log = $1 AND size = $2")
        .bind(organisation)
        .bind(place)
        .fetch_one(write.conn())
        .await?;
    if row.try_get::<String, _>(0)? != note {
        return Err(unreadable(format!("the log of {organisation} contradicts its checkpoint of {place} entries")));
    }
    Ok(Kept { size: frontier.size(), note })
}

fn is_of(note: &str, origin: &str) -> bool {
    note.strip_prefix(origin).is_some_and(|rest| rest.starts_with('\n'))
}

async fn of_head(query: &mut Query, organisation: &str) -> Result<Option<Kept>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT c.size, c.note FROM logs l JOIN checkpoints c ON c.log = l.organisation AND c.size = l.size
         WHERE l.organisation = $1",
    )
    .bind(organisation)
    .fetch_optional(query.conn())
    .await?;
    row.map(|r| Ok(Kept { size: size(r.try_get(0)?)?, note: r.try_get(1)? })).transpose()
}

/// A checkpoint that covers an entry: the first that does, so that a receipt stays the same bytes, or a new one.
///
/// # Errors
/// Whatever the database answers.
pub async fn covering(db: &Db, organisation: &str, origin: &str, place: i64) -> Result<Kept, sqlx::Error> {
    let first = between(&mut db.read().await?, organisation, place, i64::MAX, 1).await?.into_iter().next();
    match first {
        Some(kept) if is_of(&kept.note, origin) => Ok(kept),
        _ => current(db, organisation, origin).await,
    }
}

/// Checkpoints of an origin with `after < size <= until`, smallest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(
    query: &mut Query,
    organisation: &str,
    origin: &str,
    after: i64,
    until: i64,
) -> Result<Vec<Kept>, sqlx::Error> {
    let mut kept = between(query, organisation, after, until, i64::MAX).await?;
    kept.retain(|kept| is_of(&kept.note, origin));
    Ok(kept)
}

async fn between(
    query: &mut Query,
    organisation: &str,
    after: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT size, note FROM checkpoints WHERE log = $1 AND size > $2 AND size <= $3 ORDER BY size LIMIT $4",
    )
    .bind(organisation)
    .bind(after)
    .bind(until)
    .bind(limit)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|r| Ok(Kept { size: size(r.try_get(0)?)?, note: r.try_get(1)? })).collect()
}

/// The hashes from an entry's leaf to the root over `size` entries.
///
/// # Errors
/// Whatever the database answers; `Decode` when the log has a gap.
pub async fn inclusion(query: &mut Query, log: &str, index: u64, size: u64) -> Result<Vec<Hash>, sqlx::Error> {
    let plan = Plan::inclusion(index, size).map_err(unreadable)?;
    let mut tiles: Vec<(Tile, Vec<Hash>)> = Vec::new();
    for tile in plan.tiles() {
        tiles.push((tile, tile_hashes(query, log, &tile).await?));
    }
    let read = |tile: &Tile| tiles.iter().find(|(t, _)| t == tile).map(|(_, hashes)| hashes.as_slice());
    plan.hashes(read).map_err(unreadable)
}

/// An entry as the evidence reads it.
///
/// # Errors
/// `Decode` for what this service did not store.
pub fn entry(log: &str, entry: &super::events::Entry) -> Result<Entry, sqlx::Error> {
    Entry::parse(&entry.canonical(log)?).map_err(unreadable)
}

/// Organisations whose log grew since its last checkpoint.
///
/// # Errors
/// Whatever the database answers.
pub async fn behind(query: &mut Query) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT organisation FROM logs l WHERE size > 0
         AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.log = l.organisation AND c.size = l.size)",
    )
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|r| r.try_get(0)).collect()
}
