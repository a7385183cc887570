//! Other ways to a request: links and spoken codes. Both lead only the phones of the customer who is asked, and only once;
//! the newest of each channel counts.

use sqlx::Row as _;

use super::verifications::Record;
use super::{Millis, Query, Write};

/// How long a link or code counts at most; it lapses with its request.
pub const LINK_MS: Millis = 10 * 60 * 1000;
/// Links of one request and channel.
const MOST: i64 = 5;

/// How a link travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Shown to whoever asks: as a link, as a QR code, as a code to be spoken.
    Shown,
    /// Handed to the tenant's SMS gateway.
    Sms,
}

impl Channel {
    /// Name in the database and the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Sms => "sms",
        }
    }
}

/// The blind index of a code: of one customer, so that a code is nothing anywhere else.
///
/// # Errors
/// When the tenant's keys are missing.
pub fn code_index(query: &Query, tenant: &str, customer: &str, code: &str) -> Result<String, sqlx::Error> {
    query.seals().index(tenant, "request_links.code", &format!("{customer}:{code}"))
}

/// Whether a code leads this customer's phones somewhere already.
///
/// # Errors
/// Whatever the database answers.
pub async fn is_taken(query: &mut Query, customer: &str, code_index: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT 1 FROM request_links WHERE customer = $1 AND code_index = $2 AND expires_at > (SELECT now_ms FROM clock)",
    )
    .bind(customer)
    .bind(code_index)
    .fetch_optional(query.conn())
    .await?;
    Ok(row.is_some())
}

/// Makes a link in place of the channel's earlier one; when it lapses, or `None` when there were enough of them.
///
/// # Errors
/// Whatever the database answers.
pub async fn make(
    write: &mut Write,
    record: &Record,
    channel: Channel,
    token_hash: &str,
    code_index: Option<&str>,
) -> Result<Option<Millis>, sqlx::Error> {
    let now = write.now;
    let expires_at = record.expires_at.min(now + LINK_MS);
    sqlx::query("DELETE FROM request_links WHERE expires_at <= $1").bind(now - LINK_MS).execute(write.conn()).await?;
    let row = sqlx::query(
        "INSERT INTO request_links (verification, channel, customer, token_hash, code_index, made, expires_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6)
         ON CONFLICT (verification, channel) DO UPDATE SET token_hash = excluded.token_hash,
             code_index = excluded.code_index, made = request_links.made + 1, expires_at = excluded.expires_at,
             used_at = NULL
         WHERE request_links.made < $7 RETURNING made",
    )
    .bind(&record.id)
    .bind(channel.name())
    .bind(&record.customer)
    .bind(token_hash)
    .bind(code_index)
    .bind(expires_at)
    .bind(MOST)
    .fetch_optional(write.conn())
    .await?;
    Ok(row.map(|_| expires_at))
}

/// What a phone was given.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// SHA-256 of a link's token, hex.
    Token(&'a str),
    /// A code's blind index.
    Code(&'a str),
}

/// Uses a link or code up; the verification it led a phone of this customer to, if any.
///
/// # Errors
/// Whatever the database answers.
pub async fn take(write: &mut Write, customer: &str, key: Key<'_>) -> Result<Option<String>, sqlx::Error> {
    let now = write.now;
    let (query, key) = match key {
        Key::Token(hash) => (
            sqlx::query(
                "UPDATE request_links SET used_at = $1
                 WHERE customer = $2 AND token_hash = $3 AND used_at IS NULL AND expires_at > $1 RETURNING verification",
            ),
            hash,
        ),
        Key::Code(index) => (
            sqlx::query(
                "UPDATE request_links SET used_at = $1
                 WHERE customer = $2 AND code_index = $3 AND used_at IS NULL AND expires_at > $1 RETURNING verification",
            ),
            index,
        ),
    };
    let row = query.bind(now).bind(customer).bind(key).fetch_optional(write.conn()).await?;
    row.map(|r| r.try_get(0)).transpose()
}

/// How wrong guesses are counted together, and what they bring.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    /// Free ones within [`WINDOW_MS`].
    pub free: i64,
    /// How long nobody may guess after the first that is not; doubled with each more.
    pub first_ms: Millis,
}

/// One customer, over all their phones: a hand that slips, not a machine that tries.
pub const CUSTOMER: Bar = Bar { free: 4, first_ms: 30_000 };
/// One tenant, over all its phones.
pub const TENANT: Bar = Bar { free: 200, first_ms: 60_000 };
/// Wrong guesses within this time count together.
const WINDOW_MS: Millis = 60 * 60 * 1000;
/// Longest bar.
const LONGEST_MS: Millis = 60 * 60 * 1000;

/// How a subject stands; its row is locked from here to the commit, so that many guesses at once gain nothing.
#[derive(Clone, Debug)]
pub struct Standing {
    subject: String,
    wrong: i64,
    barred: bool,
}

impl Standing {
    /// Nobody may guess now.
    pub fn is_barred(&self) -> bool {
        self.barred
    }
}

/// Locks and reads how a subject (`c_…`, or a tenant's id after `t:`) stands.
///
/// # Errors
/// Whatever the database answers.
pub async fn standing(write: &mut Write, subject: String) -> Result<Standing, sqlx::Error> {
    let now = write.now;
    let row = sqlx::query(
        "INSERT INTO wrong_guesses (subject, wrong, began_at) VALUES ($1, 0, $2)
         ON CONFLICT (subject) DO UPDATE SET
             wrong = CASE WHEN wrong_guesses.began_at <= $3 THEN 0 ELSE wrong_guesses.wrong END,
             began_at = CASE WHEN wrong_guesses.began_at <= $3 THEN excluded.began_at ELSE wrong_guesses.began_at END
         RETURNING wrong, barred_until",
    )
    .bind(&subject)
    .bind(now)
    .bind(now - WINDOW_MS)
    .fetch_one(write.conn())
    .await?;
    let barred_until: Option<Millis> = row.try_get(1)?;
    Ok(Standing { subject, wrong: row.try_get(0)?, barred: barred_until.is_some_and(|until| until > now) })
}

/// Counts a wrong guess against a subject.
///
/// # Errors
/// Whatever the database answers.
pub async fn wrong(write: &mut Write, standing: &Standing, bar: Bar) -> Result<(), sqlx::Error> {
    let now = write.now;
    let wrong = standing.wrong + 1;
    let over = u32::try_from(wrong - bar.free).unwrap_or(0);
    let until = (over > 0).then(|| now + bar.first_ms.saturating_mul(1 << (over - 1).min(20)).min(LONGEST_MS));
    sqlx::query("UPDATE wrong_guesses SET wrong = $1, barred_until = $2 WHERE subject = $3")
        .bind(wrong)
        .bind(until)
        .bind(&standing.subject)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Forgets a subject's wrong guesses after a right one, and whoever has been quiet.
///
/// # Errors
/// Whatever the database answers.
pub async fn right(write: &mut Write, standing: &Standing) -> Result<(), sqlx::Error> {
    let long_ago = write.now - WINDOW_MS - LONGEST_MS;
    sqlx::query("DELETE FROM wrong_guesses WHERE subject = $1 OR began_at <= $2")
        .bind(&standing.subject)
        .bind(long_ago)
        .execute(write.conn())
        .await
        .map(drop)
}
