//! Headers that every answer carries, and the content-security policy of the two applications.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

/// Adds the headers; what a handler set itself stays.
pub async fn security(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = if path.starts_with("/app/") {
        app.phone_csp()
    } else if path.starts_with("/console/") || path.starts_with("/admin/") {
        HeaderValue::from_static(CONSOLE_CSP)
    } else {
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")
    };
    let set = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(self), geolocation=(), microphone=(), payment=(), usb=()"),
        ),
    ];
    for (name, value) in set {
        headers.entry(name).or_insert(value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if app.config().is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

const CONSOLE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The phone's policy: it may speak to this server and to the tenants' issuers, to nobody else.
pub fn phone_csp<'a>(issuers: impl IntoIterator<Item = &'a str>) -> HeaderValue {
    let mut hosts: Vec<&str> = issuers.into_iter().collect();
    hosts.sort_unstable();
    hosts.dedup();
    let connect = hosts.iter().fold("'self'".to_owned(), |all, host| format!("{all} {host}"));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; \
         media-src 'self'; font-src 'self'; connect-src {connect}; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phone_may_speak_to_each_issuer_once() {
        let csp = phone_csp(["http://localhost:1", "http://localhost:1", "https://issuer.example"]);
        let text = csp.to_str().expect("ascii");
        assert!(text.contains("connect-src 'self' http://localhost:1 https://issuer.example;"), "{text}");
        assert!(!text.contains("unsafe-inline"));
    }
}
