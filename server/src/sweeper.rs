//! Ends what timed out. Sleeps until the next deadline; woken when one is added.

use std::time::Duration;

use crate::app::App;
use crate::db::verifications;
use crate::requests;

/// While nothing is open, and at most: another node may have died with its deadlines unannounced.
const IDLE: Duration = Duration::from_secs(30);
/// After a database error.
const RETRY: Duration = Duration::from_secs(1);

impl App {
    /// Runs until the service stops.
    pub async fn sweep_until_stopped(&self) {
        loop {
            let pause = match self.sweep().await {
                Ok(pause) => pause,
                Err(e) => {
                    tracing::error!(cause = %e, "sweep failed");
                    RETRY
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.deadline_moved().notified() => {}
                () = self.stopping().cancelled() => return,
            }
        }
    }

    /// Ends every overdue verification; returns the time to the next deadline.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn sweep(&self) -> Result<Duration, sqlx::Error> {
        let overdue = verifications::overdue(&mut self.db().read().await?).await?;
        for id in overdue {
            requests::end_if_due(self, &id).await?;
        }
        self.limiter().tidy();
        let mut query = self.db().read().await?;
        let next = verifications::next_deadline(&mut query).await?;
        let now = crate::db::now(&mut query).await?;
        Ok(next.map_or(IDLE, |at| Duration::from_millis(u64::try_from(at - now).unwrap_or(0)).min(IDLE)))
    }
}
