//! Ends what timed out: verifications, announced calls, fallbacks. Sleeps until the next deadline; woken when an earlier one is added.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::app::App;
use crate::db::{Millis, calls, fallbacks, verifications};
use crate::requests;

/// While nothing is open, and at most: another node may have died with its deadlines unannounced.
const IDLE: Duration = Duration::from_secs(30);
/// After a database error.
const RETRY: Duration = Duration::from_secs(1);
/// Other nodes' verifications come without their deadlines: asking the database once for many is enough.
const APART: Duration = Duration::from_millis(250);

/// The deadline that the sweeper waits for.
#[derive(Debug)]
pub struct Deadlines {
    next: AtomicI64,
    earlier: Notify,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { next: AtomicI64::new(i64::MAX), earlier: Notify::new() }
    }
}

impl Deadlines {
    /// A verification times out at this instant, by the database's clock.
    pub fn moved(&self, at: Millis) {
        if at < self.next.load(Ordering::Acquire) {
            self.earlier.notify_one();
        }
    }

    /// Something may time out earlier than was known.
    pub fn unknown(&self) {
        self.earlier.notify_one();
    }
}

impl App {
    /// Runs until the service stops.
    pub async fn sweep_until_stopped(&self) {
        let mut tidied = Instant::now();
        loop {
            let pause = match self.sweep().await {
                Ok(pause) => pause,
                Err(e) => {
                    tracing::error!(cause = %e, "sweep failed");
                    RETRY
                }
            };
            if tidied.elapsed() > IDLE {
                self.limiter().tidy();
                tidied = Instant::now();
            }
            let woken = async {
                self.deadlines().earlier.notified().await;
                tokio::time::sleep(APART).await;
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = woken => {}
                () = self.stopping().cancelled() => return,
            }
        }
    }

    /// Ends every overdue verification; returns the time to the next deadline.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn sweep(&self) -> Result<Duration, sqlx::Error> {
        // What is asked from here on wakes the sweeper, whatever was read before it.
        self.deadlines().next.store(Millis::MAX, Ordering::Release);
        let overdue = verifications::overdue(&mut self.db().read().await?).await?;
        for id in overdue {
            requests::end_if_due(self, &id).await?;
        }
        for id in calls::overdue(&mut self.db().read().await?).await? {
            let mut write = self.db().write().await?;
            if calls::lapse(&mut write, &id).await? {
                write.commit().await?;
            }
        }
        for id in fallbacks::overdue(&mut self.db().read().await?).await? {
            let mut write = self.db().write().await?;
            if fallbacks::lapse(&mut write, &id).await? {
                write.commit().await?;
            }
        }
        let mut query = self.db().read().await?;
        let next = [
            verifications::next_deadline(&mut query).await?,
            calls::next_deadline(&mut query).await?,
            fallbacks::next_deadline(&mut query).await?,
        ];
        let next = next.into_iter().flatten().min();
        let now = crate::db::now(&mut query).await?;
        let until = Millis::try_from(IDLE.as_millis()).unwrap_or(Millis::MAX);
        let wake = next.unwrap_or(Millis::MAX).min(now + until);
        self.deadlines().next.store(wake, Ordering::Release);
        Ok(Duration::from_millis(u64::try_from(wake - now).unwrap_or(0)))
    }
}
