//! "Something was committed that concerns these": a wake-up, not the message. The tables are the truth.
//!
//! Each listener names its topics, and a commit looks up the few whom it concerns: ten thousand open streams cost a
//! commit nothing that is not about them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
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
        /// Whose phones; none where they have nothing to do with it.
        customer: Option<String>,
        /// As it was committed; absent when another node did.
        #[serde(skip)]
        record: Option<Arc<Record>>,
    },
    /// A person's rights or sessions.
    Person(String),
    /// A device's standing.
    Device(String),
    /// Which phones a customer has.
    Phones(String),
    /// An organisation's standing, settings or keys.
    Organisation(String),
    /// Something to look at.
    Alert {
        /// For whom.
        organisation: String,
        /// Which.
        id: String,
    },
    /// Something waits in the outbox. Within this node only.
    #[serde(skip)]
    Outbox,
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
            | (Self::Phones(a), Self::Phones(b))
            | (Self::Organisation(a), Self::Organisation(b))
            | (Self::Alert { id: a, .. }, Self::Alert { id: b, .. }) => a == b,
            (Self::Resync, Self::Resync) | (Self::Outbox, Self::Outbox) => true,
            _ => false,
        }
    }
}

/// What a listener wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A person and what they asked.
    Person(String),
    /// A device's standing.
    Device(String),
    /// A customer's phones and what they are asked.
    Customer(String),
    /// An organisation and its alerts.
    Organisation(String),
    /// Each verification.
    EveryVerification,
    /// Each organisation.
    EveryOrganisation,
    /// Each alert.
    EveryAlert,
    /// Each message that this node put into the outbox.
    Outbox,
}

/// What a listener hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// This was committed.
    News(Arc<News>),
    /// Something may have been missed: look again.
    Missed,
}

/// News held for a listener that is slow; beyond that it looks again.
const HELD: usize = 64;

#[derive(Debug, Default)]
struct Inbox {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    news: VecDeque<Arc<News>>,
    missed: bool,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, news: &Arc<News>) {
        let mut waiting = self.lock();
        if waiting.news.len() >= HELD || matches!(**news, News::Resync) {
            waiting.news.clear();
            waiting.missed = true;
        } else if !waiting.missed {
            // Of one subject the last is what counts.
            waiting.news.retain(|earlier| !earlier.same_subject(news));
            waiting.news.push_back(news.clone());
        }
        drop(waiting);
        self.wake.notify_one();
    }

    fn take(&self) -> Option<Heard> {
        let mut waiting = self.lock();
        if std::mem::take(&mut waiting.missed) {
            return Some(Heard::Missed);
        }
        waiting.news.pop_front().map(Heard::News)
    }
}

/// Everybody who listens in this process.
#[derive(Clone, Debug, Default)]
pub struct Listeners(Arc<Mutex<HashMap<Topic, Vec<Arc<Inbox>>>>>);

impl Listeners {
    /// Listens for what concerns these, from now on.
    pub fn listen(&self, topics: impl IntoIterator<Item = Topic>) -> Listener {
        let (inbox, topics) = (Arc::new(Inbox::default()), topics.into_iter().collect::<Vec<_>>());
        let mut all = self.lock();
        for topic in &topics {
            all.entry(topic.clone()).or_default().push(inbox.clone());
        }
        drop(all);
        Listener { listeners: self.clone(), topics, inbox }
    }

    /// Tells those whom it concerns.
    pub fn tell(&self, news: &News) {
        let topics = match news {
            News::Verification { person, customer, .. } => vec![
                person.clone().map(Topic::Person),
                customer.clone().map(Topic::Customer),
                Some(Topic::EveryVerification),
            ],
            News::Person(person) => vec![Some(Topic::Person(person.clone()))],
            News::Device(device) => vec![Some(Topic::Device(device.clone()))],
            News::Phones(customer) => vec![Some(Topic::Customer(customer.clone()))],
            News::Organisation(id) => vec![Some(Topic::Organisation(id.clone())), Some(Topic::EveryOrganisation)],
            News::Alert { organisation, .. } => {
                vec![Some(Topic::Organisation(organisation.clone())), Some(Topic::EveryAlert)]
            }
            News::Outbox => vec![Some(Topic::Outbox)],
            News::Resync => Vec::new(),
        };
        let news = Arc::new(news.clone());
        let all = self.lock();
        if let News::Resync = *news {
            all.values().flatten().for_each(|inbox| inbox.put(&news));
        } else {
            topics.iter().flatten().filter_map(|t| all.get(t)).flatten().for_each(|inbox| inbox.put(&news));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, Vec<Arc<Inbox>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One listener; dropped, it hears no more.
#[derive(Debug)]
pub struct Listener {
    listeners: Listeners,
    topics: Vec<Topic>,
    inbox: Arc<Inbox>,
}

impl Listener {
    /// The next that concerns it. Dropped while waiting, it loses nothing.
    pub async fn next(&mut self) -> Heard {
        loop {
            if let Some(heard) = self.inbox.take() {
                return heard;
            }
            self.inbox.wake.notified().await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut all = self.listeners.lock();
        for topic in &self.topics {
            if let Some(inboxes) = all.get_mut(topic) {
                inboxes.retain(|other| !Arc::ptr_eq(other, &self.inbox));
                if inboxes.is_empty() {
                    all.remove(topic);
                }
            }
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
pub(super) async fn hear_until_stopped(url: &str, node: &str, listeners: &Listeners, stopping: CancellationToken) {
    while !stopping.is_cancelled() {
        let heard = tokio::select! {
            heard = hear(url, node, listeners) => heard,
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

async fn hear(url: &str, node: &str, listeners: &Listeners) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    listeners.tell(&News::Resync);
    // `None`: the connection was lost; what was said meanwhile is not said again.
    while let Some(notification) = listener.try_recv().await? {
        match serde_json::from_str::<Telegram>(notification.payload()) {
            Ok(telegram) if telegram.node == node => {}
            Ok(telegram) => telegram.news.iter().for_each(|news| listeners.tell(news)),
            // From a newer node: look again.
            Err(_) => listeners.tell(&News::Resync),
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "news_tests.rs"]
mod tests;
