//! Errors: OpenID4VCI's JSON for token and credential endpoint, RFC 9457 for the rest.

use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use honnin_protocol::issuance::OAuthError;
use serde_json::json;

use crate::keys::KeyError;

/// What went wrong, as the client may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The request is not what the interface takes.
    #[error("The request is malformed")]
    Malformed,
    /// No valid token or session.
    #[error("Not authenticated")]
    Unauthenticated,
    /// Sent by a page of another origin.
    #[error("The request came from another origin")]
    ForbiddenOrigin,
    /// There is no such thing.
    #[error("Not found")]
    NotFound,
    /// Another method.
    #[error("Method not allowed")]
    MethodNotAllowed,
    /// The offer was redeemed.
    #[error("The offer was used already")]
    AlreadyUsed,
    /// The offer ran out.
    #[error("The offer has expired")]
    Expired,
    /// Over the body limit.
    #[error("The body is too large")]
    TooLarge,
    /// A handle that looks like personal data.
    #[error("The handle looks like personal data")]
    LooksLikePersonalData,
    /// The verification server does not answer, or not as it should.
    #[error("The verification server does not answer")]
    ServerUnavailable,
    /// Ours; the cause goes to the log only.
    #[error("Internal error")]
    Internal,
}

impl Problem {
    fn parts(self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::ForbiddenOrigin => (StatusCode::FORBIDDEN, "forbidden-origin"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "malformed"),
            Self::AlreadyUsed => (StatusCode::CONFLICT, "already-decided"),
            Self::Expired => (StatusCode::GONE, "expired"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            Self::LooksLikePersonalData => (StatusCode::UNPROCESSABLE_ENTITY, "looks-like-personal-data"),
            Self::ServerUnavailable => (StatusCode::BAD_GATEWAY, "busy"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        let body = json!({"type": format!("https://honnin.invalid/problems/{code}"), "title": self.to_string(),
            "status": status.as_u16(), "code": code});
        let mut response = (status, Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl From<sqlx::Error> for Problem {
    fn from(e: sqlx::Error) -> Self {
        tracing::error!(error = %e, "database");
        Self::Internal
    }
}

impl From<KeyError> for Problem {
    fn from(e: KeyError) -> Self {
        tracing::error!(error = %e, "keys");
        Self::Internal
    }
}

impl From<JsonRejection> for Problem {
    fn from(e: JsonRejection) -> Self {
        if e.status() == StatusCode::PAYLOAD_TOO_LARGE { Self::TooLarge } else { Self::Malformed }
    }
}

impl From<FormRejection> for Problem {
    fn from(e: FormRejection) -> Self {
        if e.status() == StatusCode::PAYLOAD_TOO_LARGE { Self::TooLarge } else { Self::Malformed }
    }
}

/// An error of the token or credential endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuth {
    /// Stable code and a sentence for developers; 400.
    Refused(&'static str, &'static str),
    /// No usable access token; 401.
    InvalidToken,
    /// What has no place in OAuth's list.
    Other(Problem),
}

impl IntoResponse for OAuth {
    fn into_response(self) -> Response {
        let body =
            |error: &str, text: &str| Json(OAuthError { error: error.into(), error_description: Some(text.into()) });
        match self {
            Self::Refused(error, text) => (StatusCode::BAD_REQUEST, body(error, text)).into_response(),
            Self::InvalidToken => {
                let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
                let body = body("invalid_token", "the access token is missing, unknown, used or expired");
                (StatusCode::UNAUTHORIZED, challenge, body).into_response()
            }
            Self::Other(problem) => problem.into_response(),
        }
    }
}

impl From<Problem> for OAuth {
    fn from(e: Problem) -> Self {
        Self::Other(e)
    }
}

impl From<sqlx::Error> for OAuth {
    fn from(e: sqlx::Error) -> Self {
        Self::Other(e.into())
    }
}
