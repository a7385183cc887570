//! Sealing anew what an older data key sealed: chunk by chunk, each field only where the old text still stands.

use honnin_vault::{KeyringError, OpenError};
use sqlx::{AssertSqlSafe, Row as _};

use super::{Db, Write};

/// A sealed column, and how its rows are named and owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Table.
    pub table: &'static str,
    /// The sealed column.
    pub column: &'static str,
    /// Names the row: what the field is bound to.
    pub key: &'static str,
    /// Whose row it is.
    owner: Owner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// A column of the table itself.
    Column(&'static str),
    /// The organisation of the row's person.
    Person,
    /// The tenant of the row's verification.
    Verification,
}

const fn sealed(table: &'static str, column: &'static str, key: &'static str, owner: Owner) -> Sealed {
    Sealed { table, column, key, owner }
}

/// Every sealed column there is. `tests/http/keys.rs` holds it against the migrations and the code.
pub const SEALED: [Sealed; 19] = [
    sealed("people", "profile", "id", Owner::Column("organisation")),
    sealed("passkeys", "passkey", "credential_index", Owner::Person),
    sealed("invitations", "ceremony", "token_hash", Owner::Person),
    sealed("identity_providers", "client_secret", "organisation", Owner::Column("organisation")),
    sealed("customers", "handle", "id", Owner::Column("tenant")),
    sealed("enrolments", "content", "id", Owner::Column("tenant")),
    sealed("devices", "identity", "id", Owner::Column("tenant")),
    sealed("push_keys", "secret", "tenant", Owner::Column("tenant")),
    sealed("push_subscriptions", "target", "device", Owner::Column("tenant")),
    sealed("verifications", "statement", "id", Owner::Column("tenant")),
    sealed("approvals", "evidence", "verification", Owner::Verification),
    sealed("approvals", "disclosure", "verification", Owner::Verification),
    sealed("prospects", "ceremony", "verification", Owner::Verification),
    sealed("logs", "signing_key", "organisation", Owner::Column("organisation")),
    sealed("announcement_keys", "secret", "id", Owner::Column("tenant")),
    sealed("recipients", "secret", "id", Owner::Column("tenant")),
    sealed("alert_webhooks", "secret", "organisation", Owner::Column("organisation")),
    sealed("sms_gateways", "secret", "organisation", Owner::Column("organisation")),
    sealed("incidents", "note", "id", Owner::Column("organisation")),
];

/// Fields a transaction.
const CHUNK: usize = 100;

impl Sealed {
    /// Fields of one organisation ($1) after a row ($3) that do not begin with a prefix ($2), by row.
    fn stale(&self) -> String {
        let Self { table, column, key, owner } = self;
        let (join, owner) = match owner {
            Owner::Column(owner) => (String::new(), format!("t.{owner}")),
            Owner::Person => ("JOIN people p ON p.id = t.person".to_owned(), "p.organisation".to_owned()),
            Owner::Verification => ("JOIN verifications v ON v.id = t.verification".to_owned(), "v.tenant".to_owned()),
        };
        format!(
            "SELECT t.{key}, t.{column} FROM {table} t {join}
             WHERE {owner} = $1 AND t.{column} <> '' AND t.{column} NOT LIKE $2 AND t.{key} > $3
             ORDER BY t.{key} LIMIT {CHUNK}"
        )
    }

    fn replace(&self) -> String {
        let Self { table, column, key, .. } = self;
        format!("UPDATE {table} SET {column} = $1 WHERE {key} = $2 AND {column} = $3")
    }
}

/// What a pass over an organisation's fields did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Fields that are under the current key now.
    pub resealed: u64,
    /// Fields that do not open: altered, or of another place. They stay as they are.
    pub unreadable: u64,
}

/// Seals every field of an organisation anew that is not under its current key. Several nodes may do so at once.
///
/// # Errors
/// Whatever the database answers; what was done stays done, and the next pass goes on.
pub async fn pass(db: &Db, organisation: &str) -> Result<Pass, sqlx::Error> {
    let mut done = Pass::default();
    let Some(prefix) = db.seals().keyring().current_prefix(organisation) else { return Ok(done) };
    let like = format!("{prefix}%");
    for column in SEALED {
        let mut after = String::new();
        loop {
            let rows = {
                let mut query = db.read().await?;
                sqlx::query(AssertSqlSafe(column.stale()))
                    .bind(organisation)
                    .bind(&like)
                    .bind(&after)
                    .fetch_all(query.conn())
                    .await?
            };
            let mut fresh = Vec::with_capacity(rows.len());
            for row in &rows {
                let (key, old): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                match db.seals().reseal(organisation, column.table, column.column, &key, &old) {
                    Ok(Some(new)) => fresh.push((key.clone(), old, new)),
                    // Under the current key by now, or under one that this node has not read yet.
                    Ok(None) | Err(OpenError::UnknownKey { .. }) => {}
                    Err(OpenError::Refused) => {
                        done.unreadable += 1;
                        tracing::error!(table = column.table, column = column.column, "a sealed field does not open");
                    }
                }
                after = key;
            }
            done.resealed += replace(db, column, &fresh).await?;
            if rows.len() < CHUNK {
                break;
            }
        }
    }
    Ok(done)
}

async fn replace(db: &Db, column: Sealed, fresh: &[(String, String, String)]) -> Result<u64, sqlx::Error> {
    if fresh.is_empty() {
        return Ok(0);
    }
    let mut write = db.write().await?;
    begin_keeping(&mut write).await?;
    let mut done = 0;
    for (key, old, new) in fresh {
        done += sqlx::query(AssertSqlSafe(column.replace()))
            .bind(new)
            .bind(key)
            .bind(old)
            .execute(write.conn())
            .await?
            .rows_affected();
    }
    end_keeping(&mut write).await?;
    write.commit().await?;
    Ok(done)
}

/// Lets this transaction touch what is decided, and makes others that want to wait for it.
///
/// # Errors
/// Whatever the database answers.
pub(super) async fn begin_keeping(write: &mut Write) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO purging (one) VALUES (1)").execute(write.conn()).await.map(drop)
}

/// Ends what [`begin_keeping`] began; must come before the commit.
///
/// # Errors
/// Whatever the database answers.
pub(super) async fn end_keeping(write: &mut Write) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM purging").execute(write.conn()).await.map(drop)
}

/// Wraps every key that an older key-encryption key wraps under the first one; returns how many.
///
/// # Errors
/// [`super::KeysError`].
pub async fn rewrap(write: &mut Write) -> Result<usize, super::KeysError> {
    let (keyring, now) = (write.seals().keyring().clone(), write.now);
    let rows = super::keys::rows(write.conn()).await?;
    let mut rewrapped = 0;
    for row in rows {
        let (ring, old, salt) = (keyring.clone(), row.clone(), write.seals().entropy().bytes());
        // A token may take its time.
        let fresh = tokio::task::spawn_blocking(move || ring.rewrap(&old, now, salt)).await;
        let fresh: Result<_, KeyringError> = fresh.map_err(|e| sqlx::Error::Io(std::io::Error::other(e)))?;
        if let Some(fresh) = fresh? {
            rewrapped += usize::from(super::keys::replace(write, &row, fresh).await?);
        }
    }
    Ok(rewrapped)
}
