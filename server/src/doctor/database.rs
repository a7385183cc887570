//! The database: reachable, writable, of the right schema, with keys that open, and nothing left lying.

use honnin_vault::{KeyEncryptionKey, status::WARN_DAYS};

use super::machine::{expiry, sqlite_file};
use super::{Here, Report};
use crate::config::Config;
use crate::db::inspect::Inspection;
use crate::db::schema::Schema;
use crate::db::{Backend, Millis};
use crate::upkeep::kind;

/// Clocks that are further apart, milliseconds, make tokens and certificates early or late.
const APART: Millis = 2000;
/// Work that waits longer is not being done, milliseconds. Nodes sign each minute and send within half a minute.
const WAITING: Millis = 10 * 60 * 1000;

pub(super) async fn examine(report: &mut Report, config: &Config, keks: Option<Vec<KeyEncryptionKey>>, here: Here) {
    if let Some(file) = sqlite_file(&config.database)
        && !file.exists()
    {
        report.warn("database", format!("{} is not there yet", file.display()), "the first start makes it");
        return;
    }
    let mut database = match Inspection::open(&config.database).await {
        Ok(database) => database,
        Err(e) => {
            report.fail("database", reason(&e), "is it running, is `database` right, may this user connect?");
            return;
        }
    };
    if is_set_up(report, &mut database).await
        && let Err(e) = contents(report, &mut database, keks, here).await
    {
        report.fail("database", reason(&e), "the database answers some questions and not this one: look at its log");
    }
    database.close().await;
}

/// A database's error without what it was connected with.
fn reason(e: &sqlx::Error) -> String {
    match e {
        // May repeat the URL, and with it a password.
        sqlx::Error::Configuration(_) => "`database` is no URL that can be used".to_owned(),
        e => e.to_string(),
    }
}

/// Whether the schema is there and this program's.
async fn is_set_up(report: &mut Report, database: &mut Inspection) -> bool {
    let name = match database.backend() {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    };
    match database.schema().await {
        Err(e) => {
            report.fail("schema", e.to_string(), "docs/operations.md, \"Migrations\"");
            false
        }
        Ok(Schema::Empty) => {
            report.warn("schema", format!("{name}, empty"), "the first start sets it up");
            false
        }
        Ok(Schema::Behind(missing)) => {
            report.warn(
                "schema",
                format!("{name}, {missing} migrations behind this program"),
                "the next start applies them",
            );
            true
        }
        Ok(Schema::Expanded(version)) => {
            report.warn(
                "schema",
                format!("{name}, expanded by a newer program up to {version}"),
                "replace this program soon",
            );
            true
        }
        Ok(Schema::Current(version)) => {
            report.ok("schema", format!("{name}, at migration {version}"));
            true
        }
    }
}

async fn contents(
    report: &mut Report,
    database: &mut Inspection,
    keks: Option<Vec<KeyEncryptionKey>>,
    here: Here,
) -> Result<(), sqlx::Error> {
    match database.write().await {
        Ok(()) => report.ok("database", "reachable and writable"),
        Err(e) => {
            report.fail(
                "database",
                format!("reachable, and cannot be written: {}", reason(&e)),
                "a replica, a read-only mount, a full disk, or a missing right",
            );
        }
    }
    let now = database.now().await?;
    clocks(report, now - here.now);
    if let Some(keks) = keks {
        keys(report, database, keks, now).await;
    }
    issuers(report, database, now).await?;
    match database.unsigned_since().await? {
        Some(at) if now - at > WAITING => {
            let found = format!("entries of the log wait for a checkpoint since {} minutes", (now - at) / 60_000);
            report.warn("checkpoints", found, "is a server running? its log says why it does not sign");
        }
        _ => report.ok("checkpoints", "up to date"),
    }
    let backlog = database.backlog(now).await?;
    match backlog.since {
        Some(at) if now - at > WAITING => {
            let found = format!("{} messages are due, the oldest since {} minutes", backlog.due, (now - at) / 60_000);
            report.warn("outbox", found, "is a server running, and may it reach the internet?");
        }
        _ => report.ok("outbox", format!("{} messages due", backlog.due)),
    }
    let mut failing = 0;
    for (organisation, outcome) in database.last_outcomes().await? {
        let taken = outcome == "no-webhook" || outcome.parse::<u16>().is_ok_and(|status| (200..300).contains(&status));
        if !taken {
            failing += 1;
            let found = format!("the last alert of {organisation} was not taken: {outcome}");
            report.warn("webhooks", found, "is its receiver up, does it check the signature rightly?");
        }
    }
    if failing == 0 {
        report.ok("webhooks", "no alert was refused lately");
    }
    Ok(())
}

fn clocks(report: &mut Report, ahead: Millis) {
    let found = format!("the database's clock is {ahead} ms ahead of this machine's");
    if ahead.abs() > APART {
        report.warn("clocks", found, "keep both by NTP; the database's decides");
    } else {
        report.ok("clocks", found);
    }
}

async fn keys(report: &mut Report, database: &mut Inspection, keks: Vec<KeyEncryptionKey>, now: Millis) {
    let keyring = match database.unlock(keks).await {
        Ok(keyring) => keyring,
        Err(e) => {
            report.fail("keys at rest", e.to_string(), "docs/operations.md, \"What the server says of a wrong key\"");
            return;
        }
    };
    let status = keyring.status(now);
    let due: Vec<_> = status.iter().filter(|key| key.warn).collect();
    for key in &due {
        let owner = key.organisation.as_deref().map_or_else(String::new, |of| format!(" of {of}"));
        let found = format!("{} key{owner} is {} days old", kind(key.role), key.age_days);
        let way_out = match key.role {
            honnin_vault::status::Role::KeyEncryption => "docs/operations.md, \"Changing the key-encryption key\"",
            _ => "honnin-server keys rotate",
        };
        report.warn("keys at rest", found, way_out);
    }
    if due.is_empty() {
        report.ok("keys at rest", format!("{} keys open, none older than {WARN_DAYS} days", status.len()));
    }
}

async fn issuers(report: &mut Report, database: &mut Inspection, now: Millis) -> Result<(), sqlx::Error> {
    for issuer in database.issuers().await? {
        let whose = format!("{}: {}", issuer.tenant, issuer.url);
        match issuer.not_after {
            None => report.ok("issuers", format!("{whose}: no certificate seen yet")),
            Some(ends) => {
                let way_out = "the issuer renews its certificate at its next start; phones bring it along";
                expiry(report, "issuers", &whose, ends, now, way_out);
            }
        }
    }
    Ok(())
}
