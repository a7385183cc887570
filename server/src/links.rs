//! Links that lead a phone to its request: how one looks, and handing it to a tenant's SMS gateway from the outbox.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use tracing::Instrument as _;

use crate::app::App;
use crate::db::links::{self, Channel};
use crate::db::outbox::{self, Kind, Message};
use crate::db::{Millis, Topic, sms, verifications};
use crate::entropy::{Entropy, token_hash};
use crate::telemetry;

/// Pauses before the second attempt and the ones after it: the customer waits on the telephone.
const PAUSES_MS: [Millis; 3] = [2_000, 10_000, 30_000];
/// Longer than a gateway may take.
const CLAIM_MS: Millis = 30_000;
const BATCH: i64 = 8;
const IDLE: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_secs(2);

/// A link's token: 128 bits.
pub fn token(entropy: &Entropy) -> String {
    URL_SAFE_NO_PAD.encode(entropy.bytes::<16>())
}

/// Where a token opens the phone's application. In the fragment, which no server is sent.
pub fn link(app: &App, token: &str) -> String {
    format!("{}/app/#r={token}", app.origin())
}

/// Where an invitation opens it. As above, in the fragment.
pub fn invitation(app: &App, token: &str) -> String {
    format!("{}/app/#/invited/{token}", app.origin())
}

#[derive(Deserialize)]
struct Body {
    verification: String,
}

impl App {
    /// Hands links to gateways until the service stops.
    pub async fn link_until_stopped(&self) {
        let mut news = self.db().listen([Topic::Outbox]);
        loop {
            let pause = tokio::select! {
                sent = self.link_due() => sent,
                () = self.stopping().cancelled() => return,
            };
            let pause = pause.unwrap_or_else(|e| {
                tracing::error!(cause = %e, "links could not be handed over");
                RETRY
            });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = news.next() => {}
                () = self.stopping().cancelled() => return,
            }
        }
    }

    /// Hands over what is due; returns the time until more is.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn link_due(&self) -> Result<Duration, sqlx::Error> {
        loop {
            let next = {
                let mut query = self.db().read().await?;
                let now = crate::db::now(&mut query).await?;
                outbox::next_due(&mut query, Kind::Link).await?.map(|at| at - now)
            };
            match next {
                None => return Ok(IDLE),
                Some(wait) if wait > 0 => return Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(IDLE)),
                Some(_) => {}
            }
            let mut write = self.db().write().await?;
            let claimed = outbox::claim(&mut write, Kind::Link, BATCH, CLAIM_MS).await?;
            write.commit().await?;
            futures_util::future::try_join_all(claimed.into_iter().map(|message| self.hand_over(message))).await?;
        }
    }

    /// One attempt. The token is made here, so that none ever lies in the outbox; each attempt's takes the place of the
    /// one before.
    async fn hand_over(&self, message: Message) -> Result<(), sqlx::Error> {
        let outcome = match self.fresh_link(&message).await? {
            Err(why) => Ok(why),
            Ok((gateway, body, seconds)) => {
                let sending = self.webhooks().send(&gateway.url, &gateway.secret, &message.id, seconds, &body);
                match sending.instrument(telemetry::outgoing("link to gateway")).await {
                    Ok(200..=299) => Ok("accepted"),
                    Ok(_) => Err("refused"),
                    Err(_) => Err("unanswered"),
                }
            }
        };
        let mut write = self.db().write().await?;
        match outcome {
            Ok(why) => outbox::done(&mut write, &message, why).await?,
            Err(why) => match usize::try_from(message.attempts).ok().and_then(|n| PAUSES_MS.get(n)) {
                Some(pause) => outbox::retry(&mut write, &message, why, *pause).await?,
                None => outbox::done(&mut write, &message, "given up").await?,
            },
        }
        write.commit().await
    }

    /// The gateway and what it is told, or why there is nothing to tell.
    async fn fresh_link(
        &self,
        message: &Message,
    ) -> Result<Result<(sms::Gateway, String, i64), &'static str>, sqlx::Error> {
        let Ok(about) = serde_json::from_str::<Body>(&message.body) else { return Ok(Err("malformed")) };
        let mut write = self.db().write().await?;
        let record = verifications::find(&mut write, &about.verification).await?;
        let Some(record) = record.filter(|r| !r.state.is_ended() && r.expires_at > write.now) else {
            return Ok(Err("over"));
        };
        let Some(gateway) = sms::of(&mut write, &record.tenant).await? else { return Ok(Err("no gateway")) };
        let token = token(self.entropy());
        let Some(expires_at) = links::make(&mut write, &record, Channel::Sms, &token_hash(&token), None).await? else {
            return Ok(Err("too many"));
        };
        let now = write.now;
        write.commit().await?;
        // To whom, in the tenant's own words, and the link: no company, no purpose, no amount.
        let data = json!({"handle": record.handle, "link": link(self, &token), "expires_at": expires_at});
        let body = json!({"type": "link.created", "timestamp": now, "data": data}).to_string();
        Ok(Ok((gateway, body, now / 1000)))
    }
}
