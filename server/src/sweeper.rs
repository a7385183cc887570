//! Ends what timed out. Sleeps until the next deadline; woken when one is added.

use std::time::Duration;

use crate::app::App;
use crate::db::verifications;

/// While nothing is open; only a wake-up ends it sooner.
const IDLE: Duration = Duration::from_secs(3600);
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
        let overdue = {
            let mut conn = self.db().reader().acquire().await?;
            verifications::overdue(&mut conn).await?
        };
        for mut record in overdue {
            let mut write = self.db().write().await?;
            if verifications::time_out_if_due(&mut write, &mut record).await? {
                write.commit().await?;
                self.metrics().ended(record.state.name());
            }
        }
        let mut conn = self.db().reader().acquire().await?;
        let next = verifications::next_deadline(&mut conn).await?;
        let now = crate::db::now(&mut conn).await?;
        Ok(next.map_or(IDLE, |at| Duration::from_millis(u64::try_from(at - now).unwrap_or(0))))
    }
}
