//! "Something was committed that concerns these": a wake-up, not the message. The tables are the truth.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::verifications::Record;

/// The channel between nodes.
const CHANNEL: &str = "honnin";
/// Pause before a lost listener is made anew.
const RETRY: Duration = Duration::from_millis(500);
/// PostgreSQL takes payloads below 8000 bytes.
const MOST: usize = 32;

/// What may have changed. Between nodes, identifiers only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// A verification.
    Verification {
        /// Which.
        id: String,
        /// Whose console.
        person: Option<String>,
        /// Whose phone.
        device: Option<String>,
        /// As it was committed; absent when another node did.
        #[serde(skip)]
        record: Option<Arc<Record>>,
    },
    /// A person's rights or sessions.
    Person(String),
    /// A device's standing.
    Device(String),
    /// An organisation's standing, settings or keys.
    Organisation(String),
    /// Something to look at.
    Alert {
        /// For whom.
        organisation: String,
        /// Which.
        id: String,
    },
    /// Something may have been missed: look again.
    Resync,
}

impl News {
    /// What is told of once a transaction, however often it happened in it: the last is what counts.
    pub(super) fn same_subject(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Verification { id: a, .. }, Self::Verification { id: b, .. })
            | (Self::Person(a), Self::Person(b))
            | (Self::Device(a), Self::Device(b))
            | (Self::Organisation(a), Self::Organisation(b))
            | (Self::Alert { id: a, .. }, Self::Alert { id: b, .. }) => a == b,
            (Self::Resync, Self::Resync) => true,
            _ => false,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Telegram {
    node: String,
    news: Vec<News>,
}

/// Tells the other nodes, once the transaction commits.
pub(super) async fn publish(conn: &mut AnyConnection, node: &str, news: &[News]) -> Result<(), sqlx::Error> {
    for news in news.chunks(MOST) {
        let telegram = Telegram { node: node.to_owned(), news: news.to_vec() };
        let text = serde_json::to_string(&telegram).map_err(|e| sqlx::Error::Encode(e.into()))?;
        sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(text).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Passes on what other nodes tell. While the connection is away things may be missed, so that all look again after.
pub(super) async fn listen(url: &str, node: &str, sender: &broadcast::Sender<News>, stopping: CancellationToken) {
    while !stopping.is_cancelled() {
        let heard = tokio::select! {
            heard = hear(url, node, sender) => heard,
            () = stopping.cancelled() => return,
        };
        if let Err(e) = heard {
            tracing::warn!(cause = %e, "listening to other nodes was interrupted");
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = stopping.cancelled() => return,
        }
    }
}

async fn hear(url: &str, node: &str, sender: &broadcast::Sender<News>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    // Nobody to tell is no error, here and below.
    let _ = sender.send(News::Resync);
    // `None`: the connection was lost; what was said meanwhile is not said again.
    while let Some(notification) = listener.try_recv().await? {
        match serde_json::from_str::<Telegram>(notification.payload()) {
            Ok(telegram) if telegram.node == node => {}
            Ok(telegram) => telegram.news.into_iter().for_each(|news| drop(sender.send(news))),
            // From a newer node: look again.
            Err(_) => drop(sender.send(News::Resync)),
        }
    }
    Ok(())
}
