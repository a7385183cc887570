//! Wakes phones: takes what the outbox owes them and gives it to the push services, with retries that stop when the
//! request is opened or over. What a push service accepts is no word of the phone's: a verification moves on when the
//! phone fetches it, and not before.

pub mod config;
pub mod services;

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use honnin_push::Answer;
use tracing::Instrument as _;

use crate::app::App;
use crate::db::outbox::{self, Kind, Message};
use crate::db::push::{self, About, Owed, Subscription};
use crate::db::{Millis, Topic};
use crate::telemetry;
use services::Sent;

/// Pauses before the second attempt and the ones after it; the last goes on. Somebody waits on the telephone.
const PAUSES_MS: [Millis; 6] = [1_000, 2_000, 5_000, 10_000, 20_000, 60_000];
/// Longer than a message may take.
const CLAIM_MS: Millis = 30_000;
/// Messages claimed at a time, and sent at a time.
const BATCH: i64 = 64;
const AT_ONCE: usize = 32;
/// While nothing is due, and at most: another node may have died with its messages.
const IDLE: Duration = Duration::from_secs(5);
/// After a database error.
const RETRY: Duration = Duration::from_secs(2);

/// What an attempt leads to.
enum Next {
    Done(&'static str),
    /// The push service knows this phone no more.
    Gone(Subscription),
    Again(&'static str, Millis),
}

impl App {
    /// Sends until the service stops.
    pub async fn push_until_stopped(&self) {
        let mut news = self.db().listen([Topic::Outbox]);
        loop {
            let pause = tokio::select! {
                sent = self.push_due() => sent,
                () = self.stopping().cancelled() => return,
            };
            let pause = pause.unwrap_or_else(|e| {
                tracing::error!(cause = %e, "pushes could not be worked");
                RETRY
            });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = news.next() => {}
                () = self.stopping().cancelled() => return,
            }
        }
    }

    /// Sends what is due; returns the time until more is.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn push_due(&self) -> Result<Duration, sqlx::Error> {
        loop {
            let next = {
                let mut query = self.db().read().await?;
                let now = crate::db::now(&mut query).await?;
                outbox::next_due(&mut query, Kind::Push).await?.map(|at| at - now)
            };
            match next {
                None => return Ok(IDLE),
                Some(wait) if wait > 0 => return Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(IDLE)),
                Some(_) => {}
            }
            let mut write = self.db().write().await?;
            let claimed = outbox::claim(&mut write, Kind::Push, BATCH, CLAIM_MS).await?;
            write.commit().await?;
            let (now, mut owed) = {
                let mut query = self.db().read().await?;
                let about: Vec<Option<About>> = claimed.iter().map(|m| serde_json::from_str(&m.body).ok()).collect();
                let asked: Vec<&About> = about.iter().flatten().collect();
                let mut found = push::owed(&mut query, &asked).await?;
                let owed: HashMap<String, Owed> = claimed
                    .iter()
                    .zip(&about)
                    .filter_map(|(m, body)| Some((m.id.clone(), found.remove(body.as_ref()?)?)))
                    .collect();
                (crate::db::now(&mut query).await?, owed)
            };
            let work: Vec<(Message, Option<Owed>)> = claimed
                .into_iter()
                .map(|message| {
                    let owed = owed.remove(&message.id);
                    (message, owed)
                })
                .collect();
            let attempts = stream::iter(work).map(|(message, owed)| self.wake(message, owed, now));
            let mut sent = attempts.buffer_unordered(AT_ONCE).ready_chunks(AT_ONCE);
            while let Some(results) = sent.next().await {
                let mut write = self.db().write().await?;
                for (message, next) in &results {
                    match next {
                        Next::Done(outcome) => outbox::done(&mut write, message, outcome).await?,
                        Next::Gone(subscription) => {
                            push::gone(&mut write, &message.organisation, subscription).await?;
                            outbox::done(&mut write, message, "gone").await?;
                        }
                        Next::Again(outcome, pause) => outbox::retry(&mut write, message, outcome, *pause).await?,
                    }
                }
                write.commit().await?;
            }
        }
    }

    async fn wake(&self, message: Message, owed: Option<Owed>, now: Millis) -> (Message, Next) {
        let Some(Owed { subscription, settled: false, expires_at }) = owed else {
            return (message, Next::Done("over"));
        };
        let Some(subscription) = subscription else { return (message, Next::Done("no subscription")) };
        let target = &subscription.target;
        let sent = self
            .pushes()
            .wake(target, now / 1000, expires_at / 1000)
            .instrument(telemetry::outgoing("push to phone"))
            .await;
        let pause = usize::try_from(message.attempts)
            .ok()
            .and_then(|n| PAUSES_MS.get(n))
            .or(PAUSES_MS.last())
            .copied()
            .unwrap_or(CLAIM_MS);
        let again = |outcome, pause: Millis| {
            // A phone that is woken when it is over learns nothing.
            if now + pause >= expires_at { Next::Done("given up") } else { Next::Again(outcome, pause) }
        };
        let (outcome, next) = match sent {
            Sent::Answered(Answer::Accepted) => ("accepted", Next::Done("accepted")),
            Sent::Answered(Answer::Gone) => ("gone", Next::Gone(subscription.clone())),
            Sent::Answered(Answer::Token) => ("token", again("token", pause)),
            Sent::Answered(Answer::Later(wait)) => {
                let wait = wait.and_then(|w| Millis::try_from(w.as_millis()).ok()).unwrap_or(0);
                ("later", again("later", pause.max(wait)))
            }
            Sent::Answered(Answer::Refused(_)) => ("refused", Next::Done("refused")),
            Sent::Unanswered => ("unanswered", again("unanswered", pause)),
            Sent::Unsendable => ("unsendable", Next::Done("unsendable")),
        };
        self.metrics().pushed(target.kind(), outcome);
        if let Sent::Answered(Answer::Refused(status)) = sent {
            tracing::warn!(organisation = message.organisation, kind = target.kind(), status, "push refused");
        }
        (message, next)
    }
}
