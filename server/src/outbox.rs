//! Sends the alerts that wait in the outbox. Whatever process claims a message sends it; when it dies, the claim lapses and
//! another does: a receiver may get a message twice, under one id, and never not at all.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tracing::Instrument as _;

use crate::app::App;
use crate::db::outbox::{self, Kind, Message};
use crate::db::{Millis, Topic, webhooks};
use crate::telemetry;

/// Pauses before the second attempt and the ones after it; the first is at once.
pub const PAUSES_MS: [Millis; 9] = {
    const S: Millis = 1000;
    const M: Millis = 60 * S;
    const H: Millis = 60 * M;
    [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H]
};
/// Longer than a message may take.
const CLAIM_MS: Millis = 60_000;
/// Messages claimed, and sent, at a time.
const BATCH: i64 = 32;
const AT_ONCE: usize = 8;
/// While nothing is due, and at most.
const IDLE: Duration = Duration::from_secs(30);
/// After a database error.
const RETRY: Duration = Duration::from_secs(5);

/// What an attempt leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    Done(String),
    /// The receiver wants no more.
    Gone(String),
    Again(String),
}

impl App {
    /// Sends until the service stops.
    pub async fn send_until_stopped(&self) {
        let mut news = self.db().listen([Topic::EveryAlert]);
        loop {
            let pause = tokio::select! {
                sent = self.send_due() => sent,
                () = self.stopping().cancelled() => return,
            };
            let pause = pause.unwrap_or_else(|e| {
                tracing::error!(cause = %e, "the outbox could not be worked");
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
    pub async fn send_due(&self) -> Result<Duration, sqlx::Error> {
        loop {
            let next = {
                let mut query = self.db().read().await?;
                let now = crate::db::now(&mut query).await?;
                outbox::next_due(&mut query, Kind::Alert).await?.map(|at| at - now)
            };
            match next {
                None => return Ok(IDLE),
                Some(wait) if wait > 0 => {
                    return Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(IDLE));
                }
                Some(_) => {}
            }
            let mut write = self.db().write().await?;
            let claimed = outbox::claim(&mut write, Kind::Alert, BATCH, CLAIM_MS).await?;
            write.commit().await?;
            let mut sent = stream::iter(claimed).map(|message| self.attempt(message)).buffer_unordered(AT_ONCE);
            while let Some(result) = sent.next().await {
                result?;
            }
        }
    }

    async fn attempt(&self, message: Message) -> Result<(), sqlx::Error> {
        let (webhook, now) = {
            let mut query = self.db().read().await?;
            (webhooks::of(&mut query, &message.organisation).await?, crate::db::now(&mut query).await?)
        };
        let next = match &webhook {
            None => Next::Done("no-webhook".into()),
            Some(to) => {
                let sending = self.webhooks().send(&to.url, &to.secret, &message.id, now / 1000, &message.body);
                match sending.instrument(telemetry::outgoing("alert to webhook")).await {
                    Ok(status @ 200..=299) => Next::Done(status.to_string()),
                    Ok(410) => Next::Gone("410".into()),
                    Ok(status) => Next::Again(status.to_string()),
                    Err(e) => Next::Again(e.to_string()),
                }
            }
        };
        let mut write = self.db().write().await?;
        match &next {
            Next::Done(outcome) => outbox::done(&mut write, &message, outcome).await?,
            Next::Gone(outcome) => {
                if let Some(to) = &webhook {
                    webhooks::gone(&mut write, &message.organisation, &to.url).await?;
                }
                outbox::done(&mut write, &message, outcome).await?;
            }
            Next::Again(outcome) => match usize::try_from(message.attempts).ok().and_then(|n| PAUSES_MS.get(n)) {
                Some(pause) => outbox::retry(&mut write, &message, outcome, *pause).await?,
                None => outbox::done(&mut write, &message, &format!("given up: {outcome}")).await?,
            },
        }
        write.commit().await?;
        tracing::info!(organisation = message.organisation, attempt = message.attempts + 1, ?next, "webhook");
        Ok(())
    }
}
