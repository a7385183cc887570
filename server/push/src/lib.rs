//! What reaches a phone through somebody else's push service: requests to send, and how their answers are read.
//!
//! ```text
//! web    RFC 8030 request, body sealed to the browser (RFC 8291 over RFC 8188), VAPID (RFC 8292)
//! apns   Apple: ES256 provider token
//! fcm    Google, HTTP v1: a service account's RS256 assertion, exchanged for an access token
//! ```
//!
//! Whoever the push service is, it learns that a phone is woken and nothing else: a body is [`Notice`], one opaque id.
//! What a phone shows is a generic text that is the same for everybody.
//!
//! Invariant: no HTTP client, no SQL, no clock. Times are Unix seconds and come in as arguments, and so do random
//! bytes, which must be fresh from a cryptographic generator each time. (RSA blinding inside `ring` draws its own.)

pub mod apns;
pub mod encryption;
pub mod fcm;
mod jws;
mod notice;
mod outgoing;
pub mod vapid;
pub mod web;

pub use notice::Notice;
pub use outgoing::{Answer, Outgoing, Urgency};
