//! An operator: one login, one stream, several calls at a time.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{connection::Connection, stream::Stream};
use crate::{authenticator::Passkey, stack::Stack};

/// The console's media type.
pub const JSON: &str = "application/json";

/// A logged-in operator.
pub struct Operator {
    to: SocketAddr,
    host: String,
    headers: String,
}

/// How a call ended, as the console's stream says, and when the stream said it.
pub type Verdict = (String, Instant);

/// Calls that wait for their verdict, by verification.
#[derive(Clone, Default)]
pub struct Waiting(Arc<Mutex<HashMap<String, oneshot::Sender<Verdict>>>>);

impl Waiting {
    /// The verdict to come; to be asked for before the phone answers.
    pub fn of(&self, verification: &str) -> oneshot::Receiver<Verdict> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(verification.to_owned(), sender);
        receiver
    }

    fn tell(&self, verification: &str, state: &str, at: Instant) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(verification);
        if let Some(waiting) = waiting {
            // A call that was given up waits no more.
            let _ = waiting.send((state.to_owned(), at));
        }
    }
}

/// An operator's open stream, read until dropped.
pub struct Listener {
    /// What to ask for verdicts.
    pub waiting: Waiting,
    task: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Operator {
    /// Registers the operator's first passkey with an invitation and is then logged in.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn invited(stack: &Arc<Stack>, id: &str) -> Result<Self> {
        let link = {
            // A process of its own makes the link.
            let (stack, id) = (stack.clone(), id.to_owned());
            tokio::task::spawn_blocking(move || stack.invite(&id)).await??
        };
        let token = link.split("invite=").nth(1).context("the link holds no invitation")?.trim();
        let to = address(&stack.origin)?;
        let host = host(&stack.origin)?.to_owned();
        let page = format!("Origin: {}\r\nSec-Fetch-Site: same-origin\r\n", stack.origin);
        let mut connection = Connection::open(to, &host, &page).await?;
        let path = format!("/v1/operator/invitations/{token}");
        let start = connection.exchange("POST", &format!("{path}/start"), "", b"").await?;
        let start: Value = serde_json::from_slice(start.ok()?)?;
        let (_, response) = Passkey::create(&start["passkey"], &stack.origin);
        let body = serde_json::to_vec(&response)?;
        let done = connection.exchange("POST", &format!("{path}/finish"), JSON, &body).await?;
        done.ok()?;
        let cookie = done.cookie.context("no session cookie")?;
        let cookie = cookie.split(';').next().unwrap_or_default();
        Ok(Self { to, host, headers: format!("{page}Cookie: {cookie}\r\n") })
    }

    /// A connection of this operator's browser.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connection(&self) -> Result<Connection> {
        Connection::open(self.to, &self.host, &self.headers).await
    }

    /// The operator's stream.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn stream(&self) -> Result<Stream> {
        Stream::open(self.connection().await?, "/v1/operator/stream").await
    }

    /// Opens the stream and reads it in a task of its own.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn listen(&self) -> Result<Listener> {
        let mut stream = self.stream().await?;
        let waiting = Waiting::default();
        let told = waiting.clone();
        let task = tokio::spawn(async move {
            if let Err(e) = follow(&mut stream, &told).await {
                // Whoever still waits learns it: their senders are dropped.
                eprintln!("the console's stream: {e:#}");
                told.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
            }
        });
        Ok(Listener { waiting, task })
    }
}

/// What counts of a view.
#[derive(Deserialize)]
struct View<'a> {
    #[serde(borrow)]
    id: &'a str,
    #[serde(borrow)]
    state: &'a str,
}

async fn follow(stream: &mut Stream, waiting: &Waiting) -> Result<()> {
    loop {
        let event = stream.next().await?;
        let at = Instant::now();
        if event.name == "verification" {
            let view: View<'_> = serde_json::from_str(event.data)?;
            if !matches!(view.state, "created" | "delivered" | "opened") {
                waiting.tell(view.id, view.state, at);
            }
        }
    }
}

/// Host and port of an origin.
///
/// # Errors
/// When it is not plain HTTP.
pub fn host(origin: &str) -> Result<&str> {
    origin.strip_prefix("http://").context("the load generator speaks plain HTTP")
}

/// Where a loopback origin listens.
///
/// # Errors
/// When it has no port.
pub fn address(origin: &str) -> Result<SocketAddr> {
    let port = host(origin)?.rsplit(':').next().context("no port")?;
    Ok(([127, 0, 0, 1], port.parse()?).into())
}
