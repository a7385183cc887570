//! What a phone and an outbound platform are told about a call, signed by the tenant.

use honnin_protocol::notice::{self, CallingNumber, Notice};
use honnin_protocol::statement::SessionStatement;
use serde_json::{Value, json};

use crate::db::verifications::Record;
use crate::db::{Query, announcers};
use crate::domain::calls::shown;
use crate::domain::state::{End, State};
use crate::http::problem::Problem;
use crate::requests;

/// The notice of a call to one phone; `None` for a verification that is no call. Signed anew each time it is fetched,
/// by the key that stands then.
///
/// # Errors
/// `internal`, or whatever the database answers.
pub async fn notice(query: &mut Query, record: &Record, device: &str) -> Result<Option<String>, Problem> {
    if record.call.is_none() {
        return Ok(None);
    }
    let key = announcers::signing(query, &record.tenant).await?;
    let statement = requests::statement(record)?.without_code();
    let now = seconds(crate::db::now(query).await?)?;
    let notice = Notice {
        iss: record.tenant.clone(),
        device: device.to_owned(),
        statement: notice::digest(&statement.canonical()),
        iat: now,
        exp: seconds(record.expires_at)?.max(now) + 1,
    };
    Ok(Some(notice::sign(&key, &notice)))
}

/// The word on the number that a call comes from, for a minute; only of a call that the customer confirmed.
///
/// # Errors
/// `not-found` of what is no call, `already-decided` of one that is not confirmed or over.
pub async fn number(query: &mut Query, record: &Record) -> Result<String, Problem> {
    let call = record.call.as_ref().ok_or(Problem::NotFound)?;
    let state = shown(call.stage, record.state);
    if !confirmed(record.state) || !matches!(state, "confirmed" | "ringing" | "talking") {
        return Err(Problem::AlreadyDecided);
    }
    let statement = requests::statement(record)?;
    let announced = statement.call.as_ref().ok_or(Problem::NotFound)?;
    let now = seconds(crate::db::now(query).await?)?;
    let word = CallingNumber {
        iss: record.tenant.clone(),
        call: call.id.clone(),
        number: announced.number().to_owned(),
        purpose: record.purpose.clone(),
        state: state.to_owned(),
        from: announced.window().from(),
        until: announced.window().until(),
        iat: now,
        exp: now + 60,
    };
    let key = announcers::signing(query, &record.tenant).await?;
    Ok(notice::sign_number(&key, &word))
}

/// A call as its phone is told of it.
///
/// # Errors
/// `internal` when a stored document does not read.
pub fn for_phone(record: &Record) -> Result<Value, Problem> {
    let call = record.call.as_ref().ok_or(Problem::NotFound)?;
    let statement = requests::statement(record)?;
    let announced = statement.call.as_ref().ok_or_else(|| Problem::Internal("a call without its terms".into()))?;
    Ok(json!({
        "call": call.id, "verification": record.id, "state": shown(call.stage, record.state),
        "from": announced.window().from(), "until": announced.window().until(), "number": announced.number(),
        "operator": statement.operator, "purpose": statement.purpose, "words": words(record),
    }))
}

/// The word pair that both sides show once the customer confirmed.
pub fn words(record: &Record) -> Option<Value> {
    confirmed(record.state).then(|| json!(SessionStatement::ctx_of(&record.statement).to_string()))
}

fn confirmed(state: State) -> bool {
    matches!(state, State::Ended { end: End::Passed { .. }, .. })
}

fn seconds(at: i64) -> Result<u64, Problem> {
    u64::try_from(at / 1000).map_err(|e| Problem::Internal(e.to_string()))
}
