//! Live streams. A commit wakes them and hands over what it committed; of another node's commits they read the tables,
//! so nothing is lost or made up. Whether the listener may still listen is asked anew when news say that something
//! about them changed, and every few seconds.
//!
//! A console's events are whole views, so that sending one twice does no harm: after a reconnect, or when news may have
//! been missed, everything that moved since is sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::sse::{Event, Sse};
use futures_util::Stream;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::app::App;
use crate::db::devices::Device;
use crate::db::sessions::Session;
use crate::db::verifications::Record;
use crate::db::{Heard, Listener, Millis, News, Topic, alerts, devices, verifications};
use crate::domain::rights::{self, Resource, Verb};
use crate::http::extract::{authorise, unfrozen};
use crate::http::problem::Problem;
use crate::metrics::StreamKind;
use crate::requests;

/// The interval at which a client may expect to hear something.
pub const PING: Duration = Duration::from_secs(2);
/// Events held for a slow reader before it is let go to reconnect.
const BUFFER: usize = 64;
/// How far back an open verification can have begun.
const RECENT_MS: Millis = 60 * 60 * 1000;
/// Transactions of other nodes become visible a little after the time they carry.
const OVERLAP_MS: Millis = 5_000;

/// How long a listener's right is believed without news about them.
const BELIEVED: Duration = Duration::from_secs(5);

type Sender = mpsc::Sender<Event>;

/// What woke a stream.
enum Turn {
    /// This one moved; as it is now, where this node knows.
    Moved(String, Option<Arc<Record>>),
    /// There is an alert.
    Alert(String),
    /// The listener's own standing may have changed.
    Standing,
    /// The customer has other phones than before.
    Phones,
    /// Anything may have.
    Anything,
    Ping,
    Over,
}

struct Wakes {
    listener: Listener,
    ping: Interval,
}

impl Wakes {
    fn new(app: &App, topics: impl IntoIterator<Item = Topic>) -> Self {
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { listener: app.db().listen(topics), ping }
    }

    /// Waits for something to do.
    async fn next(&mut self, app: &App, out: &Sender) -> Turn {
        tokio::select! {
            biased;
            () = app.stopping().cancelled() => Turn::Over,
            () = out.closed() => Turn::Over,
            heard = self.listener.next() => match heard {
                Heard::Missed => Turn::Anything,
                Heard::News(news) => match &*news {
                    News::Verification { id, record, .. } => Turn::Moved(id.clone(), record.clone()),
                    News::Alert { id, .. } => Turn::Alert(id.clone()),
                    News::Phones(_) => Turn::Phones,
                    News::Person(_) | News::Device(_) | News::Organisation(_) | News::Outbox => Turn::Standing,
                    News::Resync => Turn::Anything,
                },
            },
            _ = self.ping.tick() => Turn::Ping,
        }
    }
}

/// A person's stream: each change of their verifications as the whole view, everything since `last` if they resume;
/// alerts of their organisation for those who may view them.
pub fn person(
    app: App,
    token_hash: String,
    person: String,
    last: Option<Millis>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    respond(move |out| async move {
        let Some(_seat) = app.seats().take(&person) else { return Ok(()) };
        let _open = app.metrics().stream(StreamKind::Operator);
        let mut session = unfrozen(authorise(&app, &token_hash).await?)?;
        // Listens before anything is read: nothing falls between.
        let mut wakes =
            Wakes::new(&app, [Topic::Person(person.clone()), Topic::Organisation(session.organisation.clone())]);
        let (mut now, mut checked) = (session.now, Instant::now());
        // What is open or just ended, or all that moved while the console was away; a year is not replayed.
        let mut since = last.map_or(now - 60_000, |last| (last - OVERLAP_MS).clamp(now - RECENT_MS, now));
        let mut turn = Turn::Anything;
        loop {
            if matches!(turn, Turn::Standing | Turn::Anything) || checked.elapsed() > BELIEVED {
                session = unfrozen(authorise(&app, &token_hash).await?)?;
                (now, checked) = (session.now, Instant::now());
            }
            if session.person != person {
                return Ok(());
            }
            match turn {
                Turn::Anything => {
                    catch_up(&app, &out, &person, since, now).await?;
                    since = since.max(now - OVERLAP_MS);
                }
                Turn::Moved(id, record) => {
                    if let Some(record) = as_of_now(&app, &id, record).await?
                        && record.asker.person() == Some(person.as_str())
                    {
                        send(&out, "verification", Some(record.changed_at), &requests::view(&record)?).await?;
                        since = since.max(record.changed_at - OVERLAP_MS);
                    }
                }
                Turn::Alert(id) => send_alert(&app, &out, &session, &id).await?,
                Turn::Standing | Turn::Phones => {}
                // The time since the last question to the database's clock, added to its answer.
                Turn::Ping => {
                    let passed = Millis::try_from(checked.elapsed().as_millis()).unwrap_or(0);
                    send(&out, "ping", None, &json!({"now": now + passed})).await?;
                }
                Turn::Over => return Ok(()),
            }
            turn = wakes.next(&app, &out).await;
        }
    })
}

/// The record that came with the news, or read anew.
async fn as_of_now(app: &App, id: &str, record: Option<Arc<Record>>) -> Result<Option<Arc<Record>>, Ended> {
    match record {
        Some(record) => Ok(Some(record)),
        None => Ok(requests::current(app, id).await?.map(Arc::new)),
    }
}

async fn send_alert(app: &App, out: &Sender, session: &Session, id: &str) -> Result<(), Ended> {
    if rights::holder(&session.roles, Verb::View, Resource::Alerts).is_none() {
        return Ok(());
    }
    let listed = alerts::of(&mut app.db().read().await?, &session.organisation).await?;
    if let Some(alert) = listed.iter().find(|a| a.id == id) {
        let data =
            json!({"id": alert.id, "kind": alert.kind, "at": alert.at, "acknowledged_at": alert.acknowledged_at});
        send(out, "alert", None, &data).await?;
    }
    Ok(())
}

async fn catch_up(app: &App, out: &Sender, person: &str, since: Millis, now: Millis) -> Result<(), Ended> {
    let mut query = app.db().read().await?;
    let mut records = verifications::changed_since(&mut query, person, since).await?;
    let mut known: BTreeSet<String> = records.iter().map(|r| r.id.clone()).collect();
    let open = verifications::open_of_person(&mut query, person, None).await?;
    let calls = verifications::calls_of_person(&mut query, person, since).await?;
    let fallen_back = verifications::fallen_back(&mut query, person, since).await?;
    drop(query);
    let recent = |r: &Record| r.prospect || r.created_at > now - RECENT_MS;
    let open = open.into_iter().filter(recent).chain(calls).chain(fallen_back);
    for record in open {
        if known.insert(record.id.clone()) {
            records.push(record);
        }
    }
    for record in records {
        send(out, "verification", Some(record.changed_at), &requests::view(&record)?).await?;
    }
    Ok(())
}

/// A phone's stream: `request` for what its customer is asked, `ended` for what ends, on whichever phone, and `devices`
/// when the customer's phones are others than before.
pub fn device(app: App, phone: Device, token_hash: String) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    respond(move |out| async move {
        let Device { id: device, customer, .. } = phone;
        let Some(_seat) = app.seats().take(&device) else { return Ok(()) };
        let _open = app.metrics().stream(StreamKind::Device);
        let mut wakes = Wakes::new(&app, [Topic::Device(device), Topic::Customer(customer.clone())]);
        let (mut now, mut checked) = (app.db().now().await?, Instant::now());
        // What was said: an open request once, its end once.
        let mut asked = BTreeSet::new();
        let mut turn = Turn::Standing;
        let mut first = true;
        loop {
            // Also before it hears of other phones: it may be the one that went.
            if matches!(turn, Turn::Standing | Turn::Phones | Turn::Anything) || checked.elapsed() > BELIEVED {
                let mut query = app.db().read().await?;
                if !devices::may_listen(&mut query, &token_hash).await? {
                    return Ok(());
                }
                (now, checked) = (crate::db::now(&mut query).await?, Instant::now());
            }
            let began = std::mem::take(&mut first);
            if began {
                turn = Turn::Anything;
            }
            match turn {
                Turn::Anything => {
                    // A phone that just came asks for the list by itself.
                    if !began {
                        send(&out, "devices", None, &json!({})).await?;
                    }
                    let open = verifications::open_of_customer(&mut app.db().read().await?, &customer).await?;
                    let open: BTreeMap<String, Option<Arc<Record>>> =
                        open.into_iter().map(|r| (r.id.clone(), Some(Arc::new(r)))).collect();
                    // What was open and is no more has ended.
                    let gone: Vec<(String, Option<Arc<Record>>)> = asked
                        .iter()
                        .filter(|id| !open.contains_key(*id))
                        .map(|id: &String| (id.clone(), None))
                        .collect();
                    for (id, record) in open.into_iter().chain(gone) {
                        tell_device(&app, &out, &mut asked, &customer, &id, record).await?;
                    }
                }
                Turn::Moved(id, record) => tell_device(&app, &out, &mut asked, &customer, &id, record).await?,
                Turn::Phones => send(&out, "devices", None, &json!({})).await?,
                Turn::Standing | Turn::Alert(_) => {}
                Turn::Ping => {
                    let passed = Millis::try_from(checked.elapsed().as_millis()).unwrap_or(0);
                    send(&out, "ping", None, &json!({"now": now + passed})).await?;
                }
                Turn::Over => return Ok(()),
            }
            turn = wakes.next(&app, &out).await;
        }
    })
}

async fn tell_device(
    app: &App,
    out: &Sender,
    asked: &mut BTreeSet<String>,
    customer: &str,
    id: &str,
    record: Option<Arc<Record>>,
) -> Result<(), Ended> {
    let Some(record) = as_of_now(app, id, record).await?.filter(|r| r.customer == customer) else {
        return Ok(());
    };
    // Not what it is, only that it may have changed: the phone asks for all its calls at once.
    if record.call.is_some() {
        send(out, "calls", None, &json!({})).await?;
    }
    if !record.state.is_ended() {
        if asked.insert(record.id.clone()) {
            send(out, "request", None, &json!({"verification": record.id})).await?;
        }
    } else if asked.remove(id) || record.call.is_none() {
        send(out, "ended", None, &json!({"verification": record.id, "state": record.state.name()})).await?;
    }
    Ok(())
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
            Problem::Internal(cause) | Problem::Unavailable(cause) => Self::Failed(cause),
            _ => Self::Quietly,
        }
    }
}

impl From<sqlx::Error> for Ended {
    fn from(e: sqlx::Error) -> Self {
        Self::Failed(e.to_string())
    }
}

async fn send(out: &Sender, name: &str, at: Option<Millis>, data: &impl Serialize) -> Result<(), Ended> {
    let data = serde_json::to_string(data).map_err(|e| Ended::Failed(e.to_string()))?;
    let event = Event::default().event(name).data(data);
    let event = match at {
        Some(at) => event.id(at.to_string()),
        None => event,
    };
    // A reader that stopped reading must not hold the stream's place for ever.
    match tokio::time::timeout(PING * 5, out.send(event)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ended::Quietly),
    }
}
