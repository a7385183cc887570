//! The database: SQLite or PostgreSQL behind one set of queries. SQLite has one writer at a time and readers beside it;
//! PostgreSQL many of both. News is told only after the commit, on PostgreSQL to every node.

pub mod alerts;
pub mod announcers;
pub mod audit;
pub mod calls;
pub mod checkpoints;
pub mod consents;
pub mod customers;
pub mod delegations;
pub mod devices;
pub mod enrolments;
pub mod erasure;
pub mod events;
pub mod fallback_standing;
pub mod fallbacks;
pub mod incidents;
pub mod inspect;
pub mod issuers;
pub mod keys;
pub mod links;
pub mod log;
pub mod logins;
pub mod machines;
pub mod news;
pub mod organisations;
pub mod outbox;
pub mod people;
pub mod phones;
pub mod policies;
mod pool;
pub mod prospects;
pub mod providers;
pub mod push;
pub mod recipients;
pub mod reseal;
pub mod schema;
pub mod sealed;
pub mod sessions;
mod sets;
pub mod sms;
pub mod standing;
pub mod steps;
pub mod suspects;
pub mod verifications;
pub mod webhooks;

use honnin_vault::{KeyEncryptionKey, WrappedKey};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Row as _, Transaction};
use tokio_util::sync::CancellationToken;

pub use events::Event;
pub use keys::KeysError;
pub use news::{Heard, Listener, Listeners, News, Topic};
pub use pool::Backend;
use pool::Pools;
pub use schema::SchemaError;
pub use sealed::Seals;

use crate::entropy::Entropy;

/// Milliseconds since the Unix epoch, by the database's clock.
pub type Millis = i64;

/// PostgreSQL's advisory lock between verdicts (shared) and what changes whom they rest on (alone).
const LOCK_STANDING: i64 = 0x686f_6e6e_0001;

/// Handle on the database.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    seals: Seals,
    listeners: Listeners,
    node: String,
}

impl Db {
    /// Opens (making an SQLite file when missing), migrates, and opens every organisation's keys.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn open(url: &str, keks: Vec<KeyEncryptionKey>, entropy: &Entropy) -> Result<Self, KeysError> {
        let pools = Pools::open(url).await?;
        pools.migrate().await?;
        let keyring = keys::unlock(&mut *pools.reader().acquire().await?, keks).await?;
        let seals = Seals::new(keyring, entropy.clone());
        let node = hex::encode(entropy.bytes::<8>());
        Ok(Self { pools, seals, listeners: Listeners::default(), node })
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.pools.backend()
    }

    /// What opens and seals columns.
    pub fn seals(&self) -> &Seals {
        &self.seals
    }

    /// Begins reading.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn read(&self) -> Result<Query, sqlx::Error> {
        let conn = Conn::Pool(self.pools.reader().acquire().await?);
        Ok(self.query(conn))
    }

    /// Begins reading in one snapshot.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn snapshot(&self) -> Result<Query, sqlx::Error> {
        let begin = match self.backend() {
            Backend::Sqlite => "BEGIN",
            Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let conn = Conn::Transaction(self.pools.reader().begin_with(begin).await?);
        Ok(self.query(conn))
    }

    /// Begins a writing transaction; dropped without [`Write::commit`] it leaves no trace.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn write(&self) -> Result<Write, sqlx::Error> {
        let begin = match self.backend() {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            Backend::Postgres => "BEGIN",
        };
        let writer = self.pools.writer();
        let transaction = match writer.begin_with(begin).await {
            // SQLite undoes a transaction by itself when the disk is full or fails. sqlx goes on counting it, and this
            // connection would never begin another: a fresh one does.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                writer.acquire().await?.close().await?;
                writer.begin_with(begin).await?
            }
            begun => begun?,
        };
        let conn = Conn::Transaction(transaction);
        let mut query = self.query(conn);
        let now = now(&mut query).await?;
        Ok(Write {
            query,
            now,
            events: Vec::new(),
            news: Vec::new(),
            keys: Vec::new(),
            outbox_waits: false,
            seals: self.seals.clone(),
            listeners: self.listeners.clone(),
            node: self.node.clone(),
        })
    }

    fn query(&self, conn: Conn) -> Query {
        Query { conn, seals: self.seals.clone(), backend: self.backend() }
    }

    /// Listens for commits that concern these.
    pub fn listen(&self, topics: impl IntoIterator<Item = Topic>) -> Listener {
        self.listeners.listen(topics)
    }

    /// Begins a writing transaction that takes somebody's good standing away: waits for the verdicts that are being
    /// decided, and lets none be decided until it ends. Without that a pass that read the standing a moment before
    /// could commit after it. On SQLite every writer is alone anyway.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn write_standing(&self) -> Result<Write, sqlx::Error> {
        let mut write = self.write().await?;
        if let Backend::Postgres = self.backend() {
            // First of all locks, here as in a verdict, so that the two never wait for each other. `LOCK_STANDING` is
            // shared by verdicts (`standing::hold`).
            sqlx::query("SELECT 1 FROM pg_advisory_xact_lock($1)").bind(LOCK_STANDING).execute(write.conn()).await?;
        }
        Ok(write)
    }

    /// Passes on what other nodes commit, until told to stop. Nothing to do on SQLite.
    pub async fn hear_other_nodes(&self, stopping: CancellationToken) {
        if let Backend::Postgres = self.backend() {
            news::hear_until_stopped(self.pools.url(), &self.node, &self.listeners, stopping).await;
        }
    }

    /// The database's clock.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn now(&self) -> Result<Millis, sqlx::Error> {
        now(&mut self.read().await?).await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pools.close().await;
    }
}

enum Conn {
    Pool(PoolConnection<Any>),
    Transaction(Transaction<'static, Any>),
}

/// Where queries run: a connection, or a transaction, with what opens sealed columns.
pub struct Query {
    conn: Conn,
    seals: Seals,
    backend: Backend,
}

impl Query {
    /// The connection.
    pub fn conn(&mut self) -> &mut AnyConnection {
        match &mut self.conn {
            Conn::Pool(conn) => conn,
            Conn::Transaction(tx) => tx,
        }
    }

    /// What opens and seals columns.
    pub fn seals(&self) -> &Seals {
        &self.seals
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.backend
    }
}

/// A writing transaction. Events and news gather in it; [`Write::commit`] appends the ones and tells the others.
pub struct Write {
    query: Query,
    /// The database's clock at the start of the transaction.
    pub now: Millis,
    events: Vec<Event>,
    news: Vec<News>,
    keys: Vec<WrappedKey>,
    outbox_waits: bool,
    /// What everybody seals with; the transaction itself may work with a fork.
    seals: Seals,
    listeners: Listeners,
    node: String,
}

impl std::ops::Deref for Write {
    type Target = Query;
    fn deref(&self) -> &Query {
        &self.query
    }
}

impl std::ops::DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Query {
        &mut self.query
    }
}

impl Write {
    /// Records an event: appended to its organisation's log in this transaction.
    pub fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// From now on this transaction seals with keys of its own, which others get with the commit.
    fn fork_seals(&mut self) {
        self.query.seals = self.query.seals.fork();
    }

    /// A key whose row this transaction wrote: in use once that is committed.
    fn made(&mut self, key: WrappedKey) {
        self.keys.push(key);
    }

    /// Something was put into the outbox: this node sends it once committed. Others look by themselves now and then, so
    /// that it goes out also when this one dies.
    fn outbox_waits(&mut self) {
        self.outbox_waits = true;
    }

    /// Tells of this once committed.
    pub fn tell(&mut self, news: News) {
        self.news.retain(|earlier| !earlier.same_subject(&news));
        self.news.push(news);
    }

    /// Appends the events, commits, then wakes the listeners here and on other nodes.
    ///
    /// # Errors
    /// Whatever the database answers; nothing was told then.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        // Last, because the log's row is locked from here to the commit.
        let events = std::mem::take(&mut self.events);
        log::append(&mut self.query, self.now, events).await?;
        if let Backend::Postgres = self.query.backend
            && !self.news.is_empty()
        {
            news::publish(self.query.conn(), &self.node, &self.news).await?;
        }
        match self.query.conn {
            Conn::Transaction(tx) => tx.commit().await?,
            Conn::Pool(_) => {}
        }
        for key in &self.keys {
            // The row stands; should it not open now, the next reading of the rows says why.
            if let Err(e) = self.seals.keyring().add(key) {
                tracing::error!(cause = %e, "a new key is not in use here yet");
            }
        }
        for news in &self.news {
            self.listeners.tell(news);
        }
        if self.outbox_waits {
            self.listeners.tell(&News::Outbox);
        }
        Ok(())
    }
}

/// The database's clock on this connection.
///
/// # Errors
/// Whatever the database answers.
pub async fn now(query: &mut Query) -> Result<Millis, sqlx::Error> {
    sqlx::query("SELECT now_ms FROM clock").fetch_one(query.conn()).await?.try_get(0)
}
