//! What both interfaces do with a stored verification: read it as it is now, turn down an answer, show it.

use std::borrow::Cow;

use honnin_protocol::policy::Words;
use honnin_protocol::spoken::WordPair;
use honnin_protocol::statement::{Payment, SessionStatement, Window};
use honnin_protocol::text::Localized;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::App;
use crate::db::calls::Call;
use crate::db::devices::Device;
use crate::db::steps::{self, Counted};
use crate::db::verifications::{self, Record};
use crate::db::{Millis, Write, alerts, customers};
use crate::domain::calls;
use crate::domain::state::{End, Failure, State};
use crate::gate;
use crate::http::problem::Problem;
use crate::{fallbacks, notices};

/// Refused proofs that end a request.
pub const MAX_REFUSED_PROOFS: i64 = 5;
/// Wrong numbers that end a request.
pub const MAX_WRONG_NUMBERS: i64 = 3;

/// A verification as it is now: one whose time is up is ended first.
///
/// # Errors
/// Whatever the database answers.
pub async fn current(app: &App, id: &str) -> Result<Option<Record>, sqlx::Error> {
    let (record, now) = {
        let mut query = app.db().read().await?;
        let record = verifications::find(&mut query, id).await?;
        let open = record.as_ref().is_some_and(|r| !r.state.is_ended());
        (record, if open { crate::db::now(&mut query).await? } else { 0 })
    };
    match record {
        Some(record) if !record.state.is_ended() && record.expires_at <= now => end_if_due(app, id).await,
        other => Ok(other),
    }
}

/// Ends a verification whose time is up, if it still is; the record as it then stands.
///
/// # Errors
/// Whatever the database answers.
pub async fn end_if_due(app: &App, id: &str) -> Result<Option<Record>, sqlx::Error> {
    let mut write = app.db().write().await?;
    let Some(mut record) = verifications::find(&mut write, id).await? else { return Ok(None) };
    if steps::time_out_if_due(&mut write, &mut record).await? {
        write.commit().await?;
        app.metrics().ended(record.state.name());
        return Ok(Some(record));
    }
    drop(write);
    // Another node or the sweeper may have been faster: what was read above is not what stands.
    verifications::find(&mut app.db().read().await?, id).await
}

/// As [`current`], for a phone of the customer who is asked; any other phone finds nothing.
///
/// # Errors
/// `not-found` or `internal`.
pub async fn for_device(app: &App, id: &str, device: &Device) -> Result<Record, Problem> {
    for_customer(app, id, &device.customer).await
}

/// As [`for_device`], of whom whose phone it was.
///
/// # Errors
/// `not-found` for anybody else.
pub async fn for_customer(app: &App, id: &str, customer: &str) -> Result<Record, Problem> {
    match current(app, id).await? {
        Some(record) if record.customer == customer => Ok(record),
        _ => Err(Problem::NotFound),
    }
}

/// Refuses an answer to a request that is over.
///
/// # Errors
/// `expired` when time ended it, else `already-decided`.
pub fn must_be_open(record: &Record) -> Result<(), Problem> {
    match record.state {
        State::Ended { end: End::Expired | End::Unreachable { .. }, .. } => Err(Problem::Expired),
        State::Ended { .. } => Err(Problem::AlreadyDecided),
        State::Created | State::Delivered { .. } | State::Opened { .. } => Ok(()),
    }
}

/// Compares the number that the customer typed. Called where the row is locked, so that guesses are counted one after
/// the other, and many at once gain nothing.
///
/// # Errors
/// `wrong-number`, counted: the third ends the request. `malformed` for a number that was not asked for.
pub async fn check_number(write: &mut Write, record: &mut Record, typed: Option<&str>) -> Result<(), Problem> {
    if is_number(record, typed)? {
        return Ok(());
    }
    if match_code(record)?.is_none() {
        return Err(Problem::Malformed("this request asks for no number"));
    }
    let left = note_refusal(write, record, Counted::Number, "wrong-number").await?;
    Err(Problem::WrongNumber { attempts_left: left })
}

/// Whether the typed number is the one asked for, if one is.
///
/// # Errors
/// `internal` when the stored statement does not read.
pub fn is_number(record: &Record, typed: Option<&str>) -> Result<bool, Problem> {
    use subtle::ConstantTimeEq as _;
    Ok(match (match_code(record)?, typed) {
        (None, None) => true,
        (Some(code), Some(typed)) => bool::from(typed.as_bytes().ct_eq(code.as_bytes())),
        _ => false,
    })
}

/// Refused answers of a request that count towards no limit and are still recorded.
const MAX_RECORDED: i64 = 10;

/// Records a refused answer and ends the request at the limit; returns the tries that remain.
///
/// # Errors
/// `already-decided` when the request ended meanwhile.
pub async fn refuse(
    app: &App,
    mut write: Write,
    mut record: Record,
    counted: Counted,
    code: &'static str,
) -> Result<i64, Problem> {
    let left = note_refusal(&mut write, &mut record, counted, code).await?;
    write.commit().await?;
    if record.state.is_ended() {
        app.metrics().ended(record.state.name());
    }
    Ok(left)
}

async fn note_refusal(
    write: &mut Write,
    record: &mut Record,
    counted: Counted,
    code: &'static str,
) -> Result<i64, Problem> {
    let (kind, limit, failure) = match counted {
        Counted::Number => ("verification.number-refused", MAX_WRONG_NUMBERS, Some(Failure::Number)),
        Counted::Proof => ("verification.proof-refused", MAX_REFUSED_PROOFS, Some(Failure::ProofInvalid)),
        // What counts towards no limit is recorded, but not without end.
        Counted::Other => ("verification.answer-refused", MAX_RECORDED, None),
    };
    let count = steps::count(write, &record.id, counted).await?.ok_or(Problem::AlreadyDecided)?;
    let left = limit - count;
    match failure {
        None if left < 0 => {}
        Some(failure) if left <= 0 => {
            steps::note(write, record, kind, json!({"code": code}));
            fail(write, record, failure).await?;
        }
        _ => steps::note(write, record, kind, json!({"code": code})),
    }
    Ok(left.max(0))
}

/// Refusals within this time count together.
const REFUSALS_WINDOW_MS: Millis = 10 * 60 * 1000;

/// What a refusal by the customer sets off, in its transaction: back-off for the customer's phone, a freeze after
/// several, and word to the security role about reports.
///
/// # Errors
/// Whatever the database answers.
pub async fn refused_by_customer(
    app: &App,
    write: &mut Write,
    record: &Record,
    reported: bool,
) -> Result<(), sqlx::Error> {
    let limits = &app.config().limits;
    let refusals = customers::refused(write, &record.customer, REFUSALS_WINDOW_MS).await?;
    let fresh = || crate::statements::identifier("a_", app.entropy());
    if refusals >= limits.refusals_before_freeze {
        let until = write.now + limits.freeze_s * 1000;
        customers::freeze(write, &record.tenant, &record.customer, until).await?;
        let data = json!({"customer": record.customer, "refusals": refusals, "until": until});
        alerts::raise(write, &record.tenant, &fresh(), "customer-frozen", record.asker.person(), &data).await?;
    }
    if reported {
        let data = json!({"verification": record.id, "reference": record.reference});
        alerts::raise(write, &record.tenant, &fresh(), "reported", record.asker.person(), &data).await?;
    }
    Ok(())
}

/// Ends an open request as failed.
///
/// # Errors
/// `already-decided` or `expired` when it is over.
pub async fn fail(write: &mut Write, record: &mut Record, failure: Failure) -> Result<(), Problem> {
    gate::walk_to_opened(write, record).await.map_err(Problem::from)?;
    let step = record.state.fail(failure, write.now).map_err(|_| Problem::AlreadyDecided)?;
    Ok(steps::take(write, record, step).await?)
}

/// The code that belongs to a canonical statement, if it asks for one.
///
/// # Errors
/// `internal` when the stored statement does not read.
pub fn match_code(record: &Record) -> Result<Option<String>, Problem> {
    let shown = shown(record)?;
    Ok(shown.r#match.code.map(Into::into))
}

/// Reads a stored JSON document.
///
/// # Errors
/// `internal` when it does not read.
pub fn stored<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|e| Problem::Internal(format!("a stored document does not read: {e}")))
}

/// When it was delivered, opened and decided.
pub fn times(state: State) -> (Option<Millis>, Option<Millis>, Option<Millis>) {
    match state {
        State::Created => (None, None, None),
        State::Delivered { at } => (Some(at), None, None),
        State::Opened { delivered_at, at } => (Some(delivered_at), Some(at), None),
        State::Ended { delivered_at, opened_at, at, .. } => (delivered_at, opened_at, Some(at)),
    }
}

/// The operator's view of a verification (docs/protocol.md, "View").
#[derive(Serialize)]
pub struct View<'a> {
    id: &'a str,
    tenant: &'a str,
    reference: &'a str,
    handle: Option<&'a str>,
    purpose: ShownPurpose<'a>,
    policy: PolicyName<'a>,
    words: Words,
    direction: &'a str,
    state: &'static str,
    detail: Option<&'static str>,
    match_code: Option<&'a str>,
    created_at: Millis,
    delivered_at: Option<Millis>,
    opened_at: Option<Millis>,
    decided_at: Option<Millis>,
    expires_at: Millis,
    valid_until: Option<Millis>,
    approve_ms: Option<i64>,
    call: Option<ShownCall<'a>>,
    kind: &'static str,
    payment: Option<Payment>,
    order: Option<String>,
    fallback: Option<fallbacks::Shown<'a>>,
}

/// An announced call in the operator's view.
#[derive(Serialize)]
struct ShownCall<'a> {
    id: &'a str,
    state: &'static str,
    number: String,
    from: Millis,
    until: Millis,
    offered: Vec<Window>,
    alias: Option<Localized>,
    words: Option<WordPair>,
    rescheduled_to: Option<&'a str>,
}

#[derive(Serialize)]
struct PolicyName<'a> {
    id: &'a str,
    version: u32,
    name: &'a Localized,
}

/// What the view takes from the statement.
#[derive(Deserialize)]
struct Shown<'a> {
    #[serde(borrow)]
    purpose: ShownPurpose<'a>,
    #[serde(borrow)]
    r#match: ShownMatch<'a>,
}

#[derive(Deserialize, Serialize)]
struct ShownPurpose<'a> {
    code: Cow<'a, str>,
    ja: Cow<'a, str>,
    en: Cow<'a, str>,
}

#[derive(Deserialize)]
struct ShownMatch<'a> {
    #[serde(borrow)]
    code: Option<&'a str>,
}

fn shown(record: &Record) -> Result<Shown<'_>, Problem> {
    serde_json::from_str(&record.statement)
        .map_err(|e| Problem::Internal(format!("a stored document does not read: {e}")))
}

/// See [`View`].
///
/// # Errors
/// `internal` when a stored document does not read.
pub fn view(record: &Record) -> Result<View<'_>, Problem> {
    let policy = &record.policy;
    let shown = shown(record)?;
    let (delivered_at, opened_at, decided_at) = times(record.state);
    let (detail, valid_until, approve_ms) = match record.state {
        State::Ended { end: End::Passed { valid_until, approve_ms }, .. } => {
            (None, Some(valid_until), Some(approve_ms))
        }
        State::Ended { end, .. } => (end.detail(), None, None),
        _ => (None, None, None),
    };
    let terms = match &record.recipient {
        Some(_) => Some(statement(record)?),
        None => None,
    };
    let payment = terms.as_ref().and_then(|terms| terms.payment.clone());
    let order = terms.as_ref().and_then(|terms| terms.recipient.as_ref()?.order().map(Into::into));
    let kind = match (&record.call, &terms, &payment) {
        _ if record.prospect => "eligibility",
        (Some(_), _, _) => "call",
        (None, Some(_), Some(_)) => "payment",
        (None, Some(_), None) => "order",
        (None, None, _) => "verification",
    };
    // Of a payment an agent learns approved, declined or expired: that it could not be proven would tell that the limit
    // is below the amount. The receipt keeps what it was.
    let (state, detail) = match (&terms, record.state) {
        (Some(_), State::Ended { end: End::Failed(_), .. }) => ("denied", None),
        _ => (record.state.name(), detail),
    };
    Ok(View {
        id: &record.id,
        tenant: &record.tenant,
        reference: &record.reference,
        handle: record.handle.as_deref(),
        purpose: shown.purpose,
        policy: PolicyName { id: &policy.id, version: policy.version, name: &policy.name },
        words: honnin_protocol::policy::words(policy),
        direction: &record.direction,
        state,
        detail,
        match_code: shown.r#match.code,
        created_at: record.created_at,
        delivered_at,
        opened_at,
        decided_at,
        expires_at: record.expires_at,
        valid_until,
        approve_ms,
        call: record.call.as_ref().map(|call| shown_call(record, call)).transpose()?,
        kind,
        payment,
        order,
        fallback: record.fallback.as_ref().map(fallbacks::shown),
    })
}

fn shown_call<'a>(record: &'a Record, call: &'a Call) -> Result<ShownCall<'a>, Problem> {
    let statement = statement(record)?;
    let announced = statement.call.ok_or_else(|| Problem::Internal("a call without its terms".into()))?;
    Ok(ShownCall {
        id: &call.id,
        state: calls::shown(call.stage, record.state),
        number: announced.number().to_owned(),
        from: call.from,
        until: call.until,
        offered: announced.offered().to_vec(),
        alias: statement.operator,
        words: notices::words(record),
        rescheduled_to: call.instead.as_deref(),
    })
}

/// The whole statement of a verification.
///
/// # Errors
/// `internal` when it does not read.
pub fn statement(record: &Record) -> Result<SessionStatement, Problem> {
    stored(&record.statement)
}

impl From<gate::Refusal> for Problem {
    fn from(refusal: gate::Refusal) -> Self {
        use crate::assertion::AssertionError;
        use crate::terms::TermsError;
        use gate::Refusal;
        match refusal {
            Refusal::AlreadyDecided => Self::AlreadyDecided,
            Refusal::Expired => Self::Expired,
            Refusal::OtherDevice => Self::NotFound,
            Refusal::Session => Self::Unauthenticated,
            Refusal::Standing => Self::NotInGoodStanding,
            Refusal::Certificate => Self::IssuerCertificateExpired,
            Refusal::AsOf => Self::AsOfOutOfRange,
            Refusal::Terms(TermsError::Disclosure) => Self::DisclosureMismatch,
            Refusal::Terms(e) => Self::Internal(e.to_string()),
            Refusal::Proof => Self::ProofInvalid,
            Refusal::Assertion(AssertionError::UserVerification) => Self::UserVerificationRequired,
            Refusal::Assertion(_) => Self::AssertionInvalid,
            Refusal::Inconsistent(what) => Self::Internal(format!("inconsistent {what}")),
            Refusal::Db(e) => e.into(),
        }
    }
}

/// A handle: opaque, or refused before anything is stored.
///
/// # Errors
/// `unsafe-text` or `looks-like-personal-data`.
pub fn check_handle(handle: &str) -> Result<(), Problem> {
    if honnin_protocol::guard::handle(handle).is_ok() {
        return Ok(());
    }
    let shown = !handle.is_empty() && handle.chars().count() <= 64;
    if shown && honnin_protocol::guard::display_text(handle).is_err() {
        return Err(Problem::UnsafeText);
    }
    Err(Problem::LooksLikePersonalData)
}

/// Why a purpose or policy that the tenant does not have is refused: a code that could be one is unknown; what a
/// person typed instead is told apart, so that they learn not to.
pub fn unknown_code(code: &str) -> Problem {
    if honnin_protocol::guard::display_text(code).is_err() {
        return Problem::UnsafeText;
    }
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let plain = code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if plain && digits < 8 { Problem::UnknownPolicy } else { Problem::LooksLikePersonalData }
}

/// Kinds of phone, and browsers. Closed lists: a free text would be a place for personal data.
const KINDS: [&str; 7] = ["iPhone", "iPad", "Android", "Mac", "Windows", "Linux", "Web"];
const BROWSERS: [&str; 7] = ["Chrome", "Edge", "Firefox", "Opera", "Safari", "Samsung Internet", "App"];

/// The kind of phone that is enrolled: `Android`, or with its browser `Android · Chrome`.
///
/// # Errors
/// `malformed` outside the lists.
pub fn check_label(label: &str) -> Result<(), Problem> {
    let (kind, browser) = label.split_once(" · ").map_or((label, None), |(kind, browser)| (kind, Some(browser)));
    if KINDS.contains(&kind) && browser.is_none_or(|browser| BROWSERS.contains(&browser)) {
        Ok(())
    } else {
        Err(Problem::Malformed("label is not a known kind of phone"))
    }
}

/// Decodes exactly `N` bytes of canonical b64u.
///
/// # Errors
/// `malformed`.
pub fn b64u<const N: usize>(text: &str) -> Result<[u8; N], Problem> {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let malformed = Problem::Malformed("a value is not base64url of the right length");
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) else { return Err(malformed) };
    bytes.try_into().map_err(|_| malformed)
}
