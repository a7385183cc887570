//! What the service does by itself, however many nodes there are: it follows keys that were made or wrapped anew,
//! seals fields anew, warns of old keys, and purges what a tenant keeps no longer.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::app::App;
use crate::db::{Event, KeysError, Topic, alerts, erasure, keys, log, organisations, outbox, reseal};
use crate::domain::as_of;
use crate::domain::settings::Kind;
use crate::statements::identifier;

/// How soon a key that a program beside this one made is noticed. On PostgreSQL news come at once.
const LOOK: Duration = Duration::from_secs(5);
/// A node that did not hear of a new key yet may seal under the old one: so long after, look once more.
const STRAGGLERS: Duration = Duration::from_secs(60);
/// How often old keys and retention are looked at.
const CHORES: Duration = Duration::from_secs(60 * 60);
/// Days after which an old key is named again.
const REMIND_DAYS: i64 = 7;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What one process remembers between its rounds.
#[derive(Debug, Default)]
pub struct Upkeep {
    /// Of the wrapped keys' rows.
    keys: Option<[u8; 32]>,
    /// Under which version everything was sealed, and when to look once more.
    sealed: HashMap<String, (u32, Option<Instant>)>,
    chores: Option<Instant>,
}

impl App {
    /// Runs until the service stops.
    pub async fn upkeep_until_stopped(&self) {
        let mut upkeep = Upkeep::default();
        let mut news = self.db().listen([Topic::EveryOrganisation]);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = look.tick() => {}
                _ = news.next() => {}
                () = self.stopping().cancelled() => return,
            }
            if let Err(e) = self.upkeep(&mut upkeep).await {
                tracing::error!(cause = %e, "upkeep failed");
            }
        }
    }

    /// One round.
    ///
    /// # Errors
    /// [`KeysError`]; the next round tries again.
    pub async fn upkeep(&self, upkeep: &mut Upkeep) -> Result<(), KeysError> {
        self.follow_keys(upkeep).await?;
        if upkeep.chores.is_none_or(|last| last.elapsed() >= CHORES) {
            self.warn_of_old_keys().await?;
            self.purge_expired().await?;
            let mut write = self.db().write().await?;
            let yesterday = write.now - DAY_MS;
            outbox::tidy(&mut write, yesterday).await?;
            write.commit().await?;
            upkeep.chores = Some(Instant::now());
        }
        Ok(())
    }

    async fn follow_keys(&self, upkeep: &mut Upkeep) -> Result<(), KeysError> {
        let organisations = {
            let mut query = self.db().read().await?;
            let rows = keys::fingerprint(&mut query).await?;
            if upkeep.keys != Some(rows) {
                keys::reload(&mut query).await?;
                upkeep.keys = Some(rows);
            }
            organisations::all(&mut query).await?
        };
        for organisation in organisations {
            let Some(version) = self.db().seals().keyring().current(&organisation.id) else { continue };
            let due = match upkeep.sealed.get(&organisation.id) {
                // Its first key: nothing can be under another.
                None => version > 1,
                Some((sealed, again)) => *sealed < version || again.is_some_and(|at| at <= Instant::now()),
            };
            let known = upkeep.sealed.get(&organisation.id).is_some_and(|(sealed, _)| *sealed == version);
            if due {
                self.reseal(&organisation.id).await?;
            }
            if due || !known {
                let again = (due && !known).then(|| Instant::now() + STRAGGLERS);
                upkeep.sealed.insert(organisation.id, (version, again));
            }
        }
        Ok(())
    }

    /// Seals an organisation's fields anew and says in its log how many.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn reseal(&self, organisation: &str) -> Result<reseal::Pass, sqlx::Error> {
        let version = self.db().seals().keyring().current(organisation);
        let done = reseal::pass(self.db(), organisation).await?;
        if done.resealed > 0 || done.unreadable > 0 {
            let mut write = self.db().write().await?;
            write.record(
                Event::new(organisation, "key.resealed")
                    .with(json!({"version": version, "fields": done.resealed, "unreadable": done.unreadable})),
            );
            write.commit().await?;
        }
        Ok(done)
    }

    /// Raises an alert a week for each organisation with keys that are due.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn warn_of_old_keys(&self) -> Result<(), sqlx::Error> {
        let (now, organisations) = {
            let mut query = self.db().read().await?;
            (crate::db::now(&mut query).await?, organisations::all(&mut query).await?)
        };
        let status = self.db().seals().keyring().status(now);
        for organisation in organisations {
            let due = status.iter().filter(|k| k.warn && k.organisation.as_ref().is_none_or(|o| *o == organisation.id));
            let due: Vec<_> =
                due.map(|k| json!({"kind": kind(k.role), "version": k.version, "age_days": k.age_days})).collect();
            if due.is_empty() {
                continue;
            }
            let mut write = self.db().write().await?;
            // Of several nodes one raises it.
            log::one_at_a_time(&mut write).await?;
            let since = write.now - REMIND_DAYS * DAY_MS;
            if !alerts::raised_since(&mut write, &organisation.id, "key-age", None, since).await? {
                let id = identifier("a_", self.entropy());
                alerts::raise(&mut write, &organisation.id, &id, "key-age", None, &json!({"keys": due})).await?;
                write.commit().await?;
            }
        }
        Ok(())
    }

    /// Purges what tenants keep no longer: whole days of theirs.
    ///
    /// # Errors
    /// Whatever the database answers; what was purged stays purged and is in the log.
    pub async fn purge_expired(&self) -> Result<(), sqlx::Error> {
        let (now, organisations) = {
            let mut query = self.db().read().await?;
            (crate::db::now(&mut query).await?, organisations::all(&mut query).await?)
        };
        for tenant in organisations.iter().filter(|o| o.kind == Kind::Tenant) {
            let Some(days) = tenant.settings.retention_days else { continue };
            let Some(today) = as_of::day_start(now, &tenant.settings.time_zone()) else { continue };
            let before = today - days * DAY_MS;
            while erasure::purge(self.db(), &tenant.id, before).await? > 0 {
                if self.stopping().is_cancelled() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// What a key is called on pages and in metrics.
pub fn kind(role: honnin_vault::status::Role) -> &'static str {
    use honnin_vault::status::Role;
    match role {
        Role::KeyEncryption => "kek",
        Role::Data => "data",
        Role::Index => "index",
    }
}
