//! Live streams. A commit wakes them; what they send is read from the event table, so nothing is lost or made up.
//! Each turn first asks anew whether the listener may still listen.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, Sse};
use futures_util::Stream;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::app::App;
use crate::db::events::{self, Mark};
use crate::db::{Millis, News};
use crate::db::{devices, verifications};
use crate::http::extract::authorise;
use crate::http::problem::Problem;
use crate::metrics::StreamKind;
use crate::requests;

/// The interval at which a client may expect to hear something.
pub const PING: Duration = Duration::from_secs(2);
/// Events held for a slow reader before it is let go to reconnect.
const BUFFER: usize = 64;

/// How far back an open verification can have begun.
const RECENT_MS: i64 = 60 * 60 * 1000;

type Sender = mpsc::Sender<Event>;

enum Turn {
    News,
    Ping,
    Over,
}

struct Wakes {
    news: broadcast::Receiver<News>,
    ping: Interval,
}

impl Wakes {
    fn new(app: &App) -> Self {
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { news: app.db().subscribe(), ping }
    }

    async fn next(&mut self, app: &App, out: &Sender, mine: impl Fn(&News) -> bool) -> Turn {
        loop {
            tokio::select! {
                biased;
                () = app.stopping().cancelled() => return Turn::Over,
                () = out.closed() => return Turn::Over,
                news = self.news.recv() => match news {
                    Ok(news) if mine(&news) => return Turn::News,
                    Ok(_) => {}
                    // Missed some: the event table knows.
                    Err(RecvError::Lagged(_)) => return Turn::News,
                    Err(RecvError::Closed) => return Turn::Over,
                },
                _ = self.ping.tick() => return Turn::Ping,
            }
        }
    }
}

/// A console's stream: each event of the operator's verifications as the view, after `last` if the client resumes.
pub fn operator(
    app: App,
    token_hash: String,
    operator: String,
    last: Option<i64>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    respond(move |out| async move {
        let Some(_seat) = app.seats().take(&operator) else { return Ok(()) };
        let _open = app.metrics().stream(StreamKind::Operator);
        // Subscribed before the place is read: nothing falls between.
        let mut wakes = Wakes::new(&app);
        let now = app.db().now().await?;
        let mut seq = match last {
            None => send_recent(&app, &out, &operator, now).await?,
            Some(last) => {
                let mut conn = app.db().reader().acquire().await?;
                // A place from another database would silence the stream, one from long ago replay a year: the list is
                // there for what is older.
                let oldest = events::before(&mut conn, now - RECENT_MS).await?;
                last.min(events::latest(&mut conn).await?).max(oldest)
            }
        };
        loop {
            if authorise(&app, &token_hash).await?.operator != operator {
                return Ok(());
            }
            let marks = events::of_operator(&mut *app.db().reader().acquire().await?, &operator, seq).await?;
            for mark in newest_of_each(&marks) {
                if let Some(record) = requests::current(&app, &mark.verification).await? {
                    send(&out, "verification", Some(mark.seq), &requests::view(&record)?).await?;
                }
            }
            seq = marks.last().map_or(seq, |m| m.seq);
            match wakes.next(&app, &out, |news| news.operator.as_deref() == Some(operator.as_str())).await {
                Turn::News => {}
                Turn::Ping => send(&out, "ping", None, &json!({"now": app.db().now().await?})).await?,
                Turn::Over => return Ok(()),
            }
        }
    })
}

/// To a console that just came: what is open or ended within the last minute, so that nothing falls between its list
/// and its stream. Returns the place in the event table that this is the state of: both are read in one snapshot, so
/// that nothing is sent twice.
async fn send_recent(app: &App, out: &Sender, operator: &str, now: Millis) -> Result<i64, Ended> {
    let mut snapshot = app.db().reader().begin().await?;
    let seq = events::latest(&mut snapshot).await?;
    let records = verifications::of_operator(&mut snapshot, operator, now - RECENT_MS).await?;
    snapshot.commit().await?;
    for record in records {
        let (_, _, decided) = requests::times(record.state);
        if decided.is_none_or(|at| at > now - 60_000) {
            send(out, "verification", Some(seq), &requests::view(&record)?).await?;
        }
    }
    Ok(seq)
}

/// A phone's stream: `request` for what is open and what comes, `ended` for what ends.
pub fn device(app: App, device: String, token_hash: String) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    respond(move |out| async move {
        let Some(_seat) = app.seats().take(&device) else { return Ok(()) };
        let _open = app.metrics().stream(StreamKind::Device);
        let mut wakes = Wakes::new(&app);
        let mut seq = events::latest(&mut *app.db().reader().acquire().await?).await?;
        let open = verifications::open_of_device(&mut *app.db().reader().acquire().await?, &device).await?;
        for record in open {
            send(&out, "request", None, &json!({"verification": record.id})).await?;
        }
        loop {
            if devices::by_token(&mut *app.db().reader().acquire().await?, &token_hash).await?.is_none() {
                return Ok(());
            }
            let marks = events::of_device(&mut *app.db().reader().acquire().await?, &device, seq).await?;
            for mark in &marks {
                let body = json!({"verification": mark.verification});
                match mark.kind.strip_prefix("verification.") {
                    Some("created") => send(&out, "request", None, &body).await?,
                    Some(state @ ("passed" | "failed" | "denied" | "expired" | "cancelled" | "unreachable")) => {
                        send(&out, "ended", None, &json!({"verification": mark.verification, "state": state})).await?;
                    }
                    _ => {}
                }
            }
            seq = marks.last().map_or(seq, |m| m.seq);
            match wakes.next(&app, &out, |news| news.device.as_deref() == Some(device.as_str())).await {
                Turn::News => {}
                Turn::Ping => send(&out, "ping", None, &json!({"now": app.db().now().await?})).await?,
                Turn::Over => return Ok(()),
            }
        }
    })
}

/// Runs the body as a task of its own; the response ends with it.
fn respond<F, R>(run: F) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    F: FnOnce(Sender) -> R,
    R: Future<Output = Result<(), Ended>> + Send + 'static,
{
    let (out, mut events) = mpsc::channel(BUFFER);
    let task = run(out);
    tokio::spawn(async move {
        if let Err(Ended::Failed(cause)) = task.await {
            tracing::error!(cause, "stream failed");
        }
    });
    Sse::new(futures_util::stream::poll_fn(move |cx| events.poll_recv(cx).map(|e| e.map(Ok))))
}

/// Why a stream ends before its client leaves.
enum Ended {
    /// The client left, fell behind, or may not listen any more.
    Quietly,
    /// Our fault.
    Failed(String),
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Internal(cause) => Self::Failed(cause),
            _ => Self::Quietly,
        }
    }
}

impl From<sqlx::Error> for Ended {
    fn from(e: sqlx::Error) -> Self {
        Self::Failed(e.to_string())
    }
}

async fn send(out: &Sender, name: &str, seq: Option<i64>, data: &Value) -> Result<(), Ended> {
    let event = Event::default().event(name).data(data.to_string());
    let event = match seq {
        Some(seq) => event.id(seq.to_string()),
        None => event,
    };
    // A reader that stopped reading must not hold the stream's place for ever.
    match tokio::time::timeout(PING * 5, out.send(event)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ended::Quietly),
    }
}

/// The last mark of each verification, in order: the view is of now, older ones would say the same.
fn newest_of_each(marks: &[Mark]) -> Vec<&Mark> {
    marks
        .iter()
        .enumerate()
        .filter(|(i, m)| !marks[i + 1..].iter().any(|later| later.verification == m.verification))
        .map(|(_, m)| m)
        .collect()
}
