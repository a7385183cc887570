//! What the program does besides serving.

use std::fmt::Write as _;

use clap::Subcommand;

use crate::app::{StartError, open_db};
use crate::config::Config;
use crate::db::{Db, KeysError, keys, organisations, reseal};
use crate::entropy::Entropy;
use crate::upkeep::kind;

/// Who stands in the log for what was typed here.
const BY: &str = "command-line";

/// What to do about keys.
#[derive(Clone, Debug, Subcommand)]
pub enum Keys {
    /// Print every key and its age in days.
    Status {
        /// This one's only.
        #[arg(long)]
        organisation: Option<String>,
    },
    /// Make the next data key. Servers seal with it within seconds, and seal anew what older keys sealed.
    Rotate {
        /// This one's only; of every organisation without it.
        #[arg(long)]
        organisation: Option<String>,
    },
    /// Wrap every key under the first key-encryption key of the configuration.
    Rewrap,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The database or its keys do not open.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Keys cannot be read, made or wrapped.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// There is none of this identifier.
    #[error("there is no organisation {0}")]
    Organisation(String),
}

impl From<sqlx::Error> for CommandError {
    fn from(e: sqlx::Error) -> Self {
        Self::Keys(e.into())
    }
}

/// Runs a command on the configured database; what it answers is for the person who typed it.
///
/// # Errors
/// [`CommandError`].
pub async fn keys(config: &Config, what: Keys, entropy: &Entropy) -> Result<String, CommandError> {
    let db = open_db(config, entropy).await?;
    let answer = match what {
        Keys::Status { organisation } => status(&db, organisation).await,
        Keys::Rotate { organisation } => rotate(&db, organisation).await,
        Keys::Rewrap => rewrap(&db).await,
    };
    db.close().await;
    answer
}

async fn chosen(db: &Db, organisation: Option<String>) -> Result<Vec<String>, CommandError> {
    let all = organisations::all(&mut db.read().await?).await?.into_iter().map(|o| o.id);
    let chosen: Vec<String> = all.filter(|id| organisation.as_ref().is_none_or(|o| o == id)).collect();
    match organisation {
        Some(organisation) if chosen.is_empty() => Err(CommandError::Organisation(organisation)),
        _ => Ok(chosen),
    }
}

async fn status(db: &Db, organisation: Option<String>) -> Result<String, CommandError> {
    let chosen = chosen(db, organisation).await?;
    let mut out = String::from("kind  organisation  version  age_days  wrapped_by  warn\n");
    for key in db.seals().keyring().status(db.now().await?) {
        if key.organisation.as_ref().is_some_and(|o| !chosen.contains(o)) {
            continue;
        }
        let owner = key.organisation.as_deref().unwrap_or("-");
        let version = key.version.map_or_else(|| "-".to_owned(), |v| v.to_string());
        let warn = if key.warn { "due" } else { "-" };
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{}  {owner}  {version}  {}  {}  {warn}", kind(key.role), key.age_days, key.kek.as_str());
    }
    Ok(out)
}

async fn rotate(db: &Db, organisation: Option<String>) -> Result<String, CommandError> {
    let mut out = String::new();
    for organisation in chosen(db, organisation).await? {
        let mut write = db.write().await?;
        let version = keys::rotate(&mut write, &organisation, BY).await?;
        write.commit().await?;
        let _ = writeln!(out, "{organisation}: data key {version}");
    }
    Ok(out)
}

async fn rewrap(db: &Db) -> Result<String, CommandError> {
    let mut write = db.write().await?;
    let count = reseal::rewrap(&mut write).await?;
    write.commit().await?;
    Ok(format!("{count} keys wrapped anew\n"))
}
