//! One error type for both interfaces, one match to RFC 9457 documents; nothing of the inside leaks.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::db::steps::StepError;
use crate::db::{KeysError, sealed};
use crate::proofs::ProofRefused;

/// What went wrong, as the client may know it.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The request is not what the interface takes.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// No valid session or token.
    #[error("unauthenticated")]
    Unauthenticated,
    /// The console session waits for a login.
    #[error("session locked")]
    SessionLocked,
    /// Sent by a page of another origin.
    #[error("forbidden origin")]
    ForbiddenOrigin,
    /// There is no such thing for this caller.
    #[error("not found")]
    NotFound,
    /// Every end is final.
    #[error("already decided")]
    AlreadyDecided,
    /// Its time is up.
    #[error("expired")]
    Expired,
    /// Over the body limit.
    #[error("too large")]
    TooLarge,
    /// The body did not come in time.
    #[error("too slow")]
    TooSlow,
    /// A handle that looks like a name, e-mail, phone, card or My Number.
    #[error("looks like personal data")]
    LooksLikePersonalData,
    /// Text with characters that may not be displayed.
    #[error("unsafe text")]
    UnsafeText,
    /// The tenant has no such policy or purpose.
    #[error("unknown policy or purpose")]
    UnknownPolicy,
    /// The number does not match.
    #[error("wrong number")]
    WrongNumber {
        /// Tries that remain.
        attempts_left: i64,
    },
    /// The proof does not decode or does not hold.
    #[error("proof invalid")]
    ProofInvalid,
    /// Other attributes than the session asks for, or a box for somebody or something else.
    #[error("disclosure mismatch")]
    DisclosureMismatch,
    /// The policy waits for a payment or a recipient, which this kind of session does not have.
    #[error("the policy needs terms")]
    PolicyNeedsTerms,
    /// Neither today nor yesterday at the tenant.
    #[error("as_of out of range")]
    AsOfOutOfRange,
    /// The passkey did not verify its user.
    #[error("user verification required")]
    UserVerificationRequired,
    /// The passkey's answer does not hold.
    #[error("assertion invalid")]
    AssertionInvalid,
    /// The identity provider's answer does not hold.
    #[error("login refused")]
    LoginRefused,
    /// The identity provider knows somebody who is linked to nobody here.
    #[error("login not linked")]
    LoginNotLinked,
    /// The organisation's people come through its identity provider.
    #[error("provider required")]
    ProviderRequired,
    /// The identity provider does not answer as it should.
    #[error("provider unavailable")]
    ProviderUnavailable,
    /// No pinned root certified this issuer key.
    #[error("issuer unknown")]
    IssuerUnknown,
    /// The issuer key is outside its validity.
    #[error("issuer certificate expired")]
    IssuerCertificateExpired,
    /// A party to the request was suspended, replaced or revoked.
    #[error("not in good standing")]
    NotInGoodStanding,
    /// What was written cannot be taken; why is for the person who wrote it.
    #[error("refused: {0}")]
    Refused(String),
    /// It shows, and that is all.
    #[error("not permitted")]
    NotPermitted,
    /// Somebody else changed it since it was read.
    #[error("changed meanwhile")]
    ChangedMeanwhile,
    /// Another person must do this.
    #[error("second person")]
    SecondPerson,
    /// It is needed where it is.
    #[error("in use: {0}")]
    InUse(&'static str),
    /// The customer has as many phones as there may be.
    #[error("too many devices")]
    TooManyDevices,
    /// Nobody may ask this customer for a while.
    #[error("customer frozen")]
    CustomerFrozen,
    /// The database does not answer, cannot be written, or is full.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Slow down.
    #[error("too many requests")]
    TooManyRequests,
    /// Too much at once; the same request may pass in a moment.
    #[error("busy")]
    Busy,
    /// Ours; the cause goes to the log only.
    #[error("internal: {0}")]
    Internal(String),
}

impl Problem {
    /// Status, stable code and title.
    pub fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed", "The request is malformed"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "Log in first"),
            Self::SessionLocked => (StatusCode::UNAUTHORIZED, "session-locked", "The session is locked"),
            Self::ForbiddenOrigin => {
                (StatusCode::FORBIDDEN, "forbidden-origin", "Requests from other origins are refused")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::TooManyDevices => {
                (StatusCode::CONFLICT, "too-many-devices", "There are as many phones as there may be")
            }
            Self::AlreadyDecided => (StatusCode::CONFLICT, "already-decided", "Already decided"),
            Self::Expired => (StatusCode::GONE, "expired", "Expired"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too-slow", "The body did not come in time"),
            Self::LooksLikePersonalData => {
                (StatusCode::UNPROCESSABLE_ENTITY, "looks-like-personal-data", "Use an opaque handle, no personal data")
            }
            Self::UnsafeText => {
                (StatusCode::UNPROCESSABLE_ENTITY, "unsafe-text", "The text holds characters that may not be displayed")
            }
            Self::UnknownPolicy => (StatusCode::UNPROCESSABLE_ENTITY, "unknown-policy", "No such policy or purpose"),
            Self::WrongNumber { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "wrong-number", "The number does not match"),
            Self::ProofInvalid => (StatusCode::UNPROCESSABLE_ENTITY, "proof-invalid", "The proof is not valid"),
            Self::DisclosureMismatch => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "disclosure-mismatch",
                "What was sent is not what the session asks for",
            ),
            Self::PolicyNeedsTerms => {
                (StatusCode::UNPROCESSABLE_ENTITY, "policy-needs-terms", "This policy is for payments and orders alone")
            }
            Self::AsOfOutOfRange => {
                (StatusCode::UNPROCESSABLE_ENTITY, "as-of-out-of-range", "The proof must speak of today or yesterday")
            }
            Self::UserVerificationRequired => {
                (StatusCode::UNPROCESSABLE_ENTITY, "user-verification-required", "The passkey must verify its user")
            }
            Self::AssertionInvalid => {
                (StatusCode::UNPROCESSABLE_ENTITY, "assertion-invalid", "The passkey's answer is not valid")
            }
            Self::LoginRefused => {
                (StatusCode::UNPROCESSABLE_ENTITY, "login-refused", "The identity provider's answer is not valid")
            }
            Self::LoginNotLinked => (
                StatusCode::FORBIDDEN,
                "login-not-linked",
                "This login is linked to nobody here; ask for an invitation",
            ),
            Self::ProviderRequired => {
                (StatusCode::FORBIDDEN, "provider-required", "Log in through your organisation's identity provider")
            }
            Self::ProviderUnavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "provider-unavailable",
                "The identity provider does not answer as it should",
            ),
            Self::IssuerUnknown => (StatusCode::UNPROCESSABLE_ENTITY, "issuer-unknown", "The issuer is not known here"),
            Self::IssuerCertificateExpired => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "issuer-certificate-expired",
                "The issuer's certificate is not valid now",
            ),
            Self::NotInGoodStanding => {
                (StatusCode::FORBIDDEN, "not-in-good-standing", "A party to this request is not in good standing")
            }
            Self::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "refused", "This cannot be taken"),
            Self::NotPermitted => (StatusCode::FORBIDDEN, "not-permitted", "Your roles do not hold this right"),
            Self::ChangedMeanwhile => {
                (StatusCode::CONFLICT, "changed-meanwhile", "It was changed meanwhile; read it again")
            }
            Self::SecondPerson => (StatusCode::CONFLICT, "second-person", "Another person must do this"),
            Self::InUse(_) => (StatusCode::CONFLICT, "in-use", "It is in use"),
            Self::CustomerFrozen => (
                StatusCode::TOO_MANY_REQUESTS,
                "customer-frozen",
                "The customer refused several times; nobody may ask them for a while",
            ),
            Self::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The service cannot work now; try again in a moment")
            }
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many proofs wait; try again in a moment"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something failed on our side"),
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.parts().1
    }
}

/// Put on error responses so that the metrics can count codes.
#[derive(Clone, Copy, Debug)]
pub struct ProblemCode(pub &'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code, title) = self.parts();
        match &self {
            Self::Internal(cause) => tracing::error!(cause, "internal error"),
            Self::Unavailable(cause) => tracing::error!(cause, "the database does not serve"),
            _ => {}
        }
        let mut body = json!({
            "type": format!("https://honnin.invalid/problems/{code}"),
            "title": title, "status": status.as_u16(), "code": code,
        });
        match &self {
            Self::Refused(detail) => body["detail"] = json!(detail),
            Self::Malformed(detail) | Self::InUse(detail) => body["detail"] = json!(detail),
            Self::WrongNumber { attempts_left } => body["attempts_left"] = json!(attempts_left),
            _ => {}
        }
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // Seconds; a full queue is worked off in less than one.
        let retry_after = match &self {
            Self::TooManyRequests | Self::CustomerFrozen => Some("60"),
            Self::Busy | Self::Unavailable(_) => Some("1"),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response.extensions_mut().insert(ProblemCode(code));
        response
    }
}

impl From<ProofRefused> for Problem {
    fn from(e: ProofRefused) -> Self {
        match e {
            ProofRefused::Invalid => Self::ProofInvalid,
            // While the service stops, another node or the next process may take it.
            ProofRefused::Busy | ProofRefused::Gone => Self::Busy,
            ProofRefused::Failed => Self::Internal(e.to_string()),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(e: sqlx::Error) -> Self {
        use sqlx::Error as E;
        // A key that another node made a moment ago: the next try finds it.
        if sealed::is_unknown_key(&e) {
            return Self::Busy;
        }
        // PostgreSQL keeps no NUL in a text; nothing that we write holds one.
        if let E::Database(inner) = &e
            && inner.code().as_deref() == Some("22021")
        {
            return Self::Malformed("a text holds a NUL");
        }
        // Two made the same at once, and the other was faster.
        if let E::Database(inner) = &e
            && inner.is_unique_violation()
        {
            return Self::ChangedMeanwhile;
        }
        let away = match &e {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::BeginFailed => true,
            E::Database(inner) => is_outage(inner.code().as_deref()),
            _ => false,
        };
        if away { Self::Unavailable(format!("database: {e}")) } else { Self::Internal(format!("database: {e}")) }
    }
}

/// Whether a database's code says that it cannot work now, rather than that the query was wrong: SQLite's BUSY, LOCKED,
/// READONLY, IOERR, FULL and CANTOPEN with their extensions; PostgreSQL's classes 08, 53, 57, 58, and read-only.
fn is_outage(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    if code.len() == 5 {
        return ["08", "53", "57", "58"].contains(&&code[..2]) || code == "25006" || code == "40001" || code == "40P01";
    }
    code.parse::<u32>().is_ok_and(|n| [5, 6, 8, 10, 13, 14].contains(&(n & 0xff)))
}

impl From<KeysError> for Problem {
    fn from(e: KeysError) -> Self {
        match e {
            KeysError::Db(e) => e.into(),
            KeysError::Raced => Self::ChangedMeanwhile,
            e => Self::Internal(format!("keys at rest: {e}")),
        }
    }
}

impl From<StepError> for Problem {
    fn from(e: StepError) -> Self {
        match e {
            StepError::Lost | StepError::Refused(_) => Self::AlreadyDecided,
            StepError::Db(e) => e.into(),
        }
    }
}
