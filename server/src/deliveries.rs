//! Tells recipients what was approved for them: the box that the customer's phone sealed to their key, and the receipt.
//! Both are put together when the message is sent, so that neither lies in the outbox.

use std::time::Duration;

use honnin_protocol::statement::SessionStatement;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::Instrument as _;

use crate::app::App;
use crate::db::outbox::{self, Kind, Message};
use crate::db::{Millis, Topic, recipients, standing, verifications};
use crate::http::problem::Problem;
use crate::outbox::PAUSES_MS;
use crate::{receipts, requests, telemetry};

/// Longer than a message may take.
const CLAIM_MS: Millis = 60_000;
const BATCH: i64 = 16;
const IDLE: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_secs(5);

/// What lies in the outbox: identifiers.
#[derive(Deserialize)]
struct Owed {
    verification: String,
    recipient: String,
}

impl App {
    /// Delivers until the service stops.
    pub async fn deliver_until_stopped(&self) {
        let mut news = self.db().listen([Topic::Outbox]);
        loop {
            let pause = tokio::select! {
                sent = self.deliver_due() => sent,
                () = self.stopping().cancelled() => return,
            };
            let pause = pause.unwrap_or_else(|e| {
                tracing::error!(cause = %e, "deliveries could not be worked");
                RETRY
            });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = news.next() => {}
                () = self.stopping().cancelled() => return,
            }
        }
    }

    /// Delivers what is due; returns the time until more is.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn deliver_due(&self) -> Result<Duration, sqlx::Error> {
        loop {
            let next = {
                let mut query = self.db().read().await?;
                let now = crate::db::now(&mut query).await?;
                outbox::next_due(&mut query, Kind::Delivery).await?.map(|at| at - now)
            };
            match next {
                None => return Ok(IDLE),
                Some(wait) if wait > 0 => {
                    return Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(IDLE));
                }
                Some(_) => {}
            }
            let mut write = self.db().write().await?;
            let claimed = outbox::claim(&mut write, Kind::Delivery, BATCH, CLAIM_MS).await?;
            write.commit().await?;
            // Side by side: a recipient that hangs holds up nobody else, and nobody's claim lapses behind it.
            futures_util::future::try_join_all(claimed.into_iter().map(|message| self.deliver(message))).await?;
        }
    }

    async fn deliver(&self, message: Message) -> Result<(), sqlx::Error> {
        // Taken, for good, or not yet; with a word for the log.
        let (done, outcome) = match self.put_together(&message).await {
            Ok(None) => (true, "purged".to_owned()),
            Ok(Some((url, secret, body))) => {
                let now = self.db().now().await?;
                let sending = self.webhooks().send(&url, &secret, &message.id, now / 1000, &body);
                match sending.instrument(telemetry::outgoing("delivery to recipient")).await {
                    Ok(status) => ((200..300).contains(&status), status.to_string()),
                    Err(e) => (false, e.to_string()),
                }
            }
            Err(Problem::Unavailable(_) | Problem::Busy) => (false, "unavailable".to_owned()),
            Err(e) => {
                tracing::error!(cause = %e, "a delivery could not be put together");
                (false, "internal".to_owned())
            }
        };
        let mut write = self.db().write().await?;
        let pause = usize::try_from(message.attempts).ok().and_then(|n| PAUSES_MS.get(n));
        match pause {
            _ if done => outbox::done(&mut write, &message, &outcome).await?,
            Some(pause) => outbox::retry(&mut write, &message, &outcome, *pause).await?,
            None => outbox::done(&mut write, &message, &format!("given up: {outcome}")).await?,
        }
        write.commit().await?;
        tracing::info!(organisation = message.organisation, attempt = message.attempts + 1, outcome, "delivery");
        Ok(())
    }

    /// Address, secret and body; `None` when what was approved is no longer kept.
    async fn put_together(
        &self,
        message: &Message,
    ) -> Result<Option<(String, zeroize::Zeroizing<String>, String)>, Problem> {
        let owed: Owed = requests::stored(&message.body)?;
        let (record, sent, reach) = {
            let mut query = self.db().read().await?;
            let record = verifications::find(&mut query, &owed.verification).await?;
            let sent = standing::sent(&mut query, &message.organisation, &owed.verification).await?;
            (record, sent, recipients::reach(&mut query, &owed.recipient).await?)
        };
        let (Some(record), Some(sent), Some((url, secret))) = (record, sent, reach) else { return Ok(None) };
        let statement: SessionStatement = requests::statement(&record)?;
        let receipt: Value = serde_json::from_slice(&receipts::receipt(self, &record).await?)
            .map_err(|e| Problem::Internal(e.to_string()))?;
        let (_, _, decided_at) = requests::times(record.state);
        let kind = if statement.payment.is_some() { "payment.approved" } else { "order.approved" };
        let order = statement.recipient.as_ref().and_then(|r| r.order());
        let body = json!({
            "type": kind, "timestamp": decided_at,
            "data": {
                "verification": record.id, "reference": record.reference, "payment": statement.payment, "order": order,
                "slots": sent.slots, "commitment": sent.commitment, "box": sent.r#box, "receipt": receipt,
            },
        });
        Ok(Some((url, secret, body.to_string())))
    }
}
