//! Putting together the receipt of a call that is over, and signing checkpoints in the background.

use std::time::Duration;

use honnin_evidence::receipt::Receipt;
use serde_json::json;

use crate::app::App;
use crate::db::steps;
use crate::db::verifications::Record;
use crate::db::{checkpoints, events, standing};
use crate::domain::state::{End, State};
use crate::http::problem::Problem;

/// How often a log that grew gets a checkpoint that nobody asked for.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// The canonical bytes of a receipt.
///
/// # Errors
/// `not-found` while the call is open, and once what the receipt rests on was purged or erased.
pub async fn receipt(app: &App, record: &Record) -> Result<Vec<u8>, Problem> {
    let State::Ended { end, .. } = record.state else { return Err(Problem::NotFound) };
    let log = record.tenant.as_str();
    let mut query = app.db().read().await?;
    let approval = match end {
        End::Passed { .. } => Some(standing::approval(&mut query, log, &record.id).await?.ok_or(Problem::NotFound)?),
        _ => None,
    };
    let unreadable = |e: serde_json::Error| Problem::Internal(format!("a receipt's body: {e}"));
    let body = steps::receipt_body(record, approval).map_err(unreadable)?.ok_or(Problem::NotFound)?;
    let kind = body.verdict.state.event();
    let entry = events::last_about(&mut query, log, &record.id, kind).await?.ok_or(Problem::NotFound)?;
    drop(query);
    if entry.data["receipt"] != json!(body.digest()) {
        // The log speaks for the handle too, and that is gone.
        return if record.handle.is_none() {
            Err(Problem::NotFound)
        } else {
            Err(Problem::Internal("a verification is not what the log says of it".into()))
        };
    }
    let kept = checkpoints::covering(app.db(), log, &app.log_origin(log), entry.place).await?;
    let index = u64::try_from(entry.place).map_err(|e| Problem::Internal(e.to_string()))?;
    let inclusion = checkpoints::inclusion(&mut app.db().read().await?, log, index, kept.size).await?;
    Ok(Receipt::new(body, &checkpoints::entry(log, &entry)?, index, inclusion, kept.note).to_bytes())
}

impl App {
    /// The name under which an organisation's log signs: the public host and the organisation.
    pub fn log_origin(&self, organisation: &str) -> String {
        let host = self.origin().split_once("://").map_or("", |(_, host)| host);
        format!("{host}/{organisation}")
    }

    /// Signs every log that grew, until the service stops.
    pub async fn sign_until_stopped(&self) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(CHECKPOINT_EVERY) => {}
                () = self.stopping().cancelled() => return,
            }
            if let Err(e) = self.sign_checkpoints().await {
                tracing::error!(cause = %e, "a checkpoint was not signed");
            }
        }
    }

    /// Signs every log that grew since its last checkpoint; returns how many did.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn sign_checkpoints(&self) -> Result<usize, sqlx::Error> {
        let behind = checkpoints::behind(&mut self.db().read().await?).await?;
        for organisation in &behind {
            checkpoints::current(self.db(), organisation, &self.log_origin(organisation)).await?;
        }
        Ok(behind.len())
    }
}
