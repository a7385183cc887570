//! Device authentication: the bytes that a device key signs for a session of its own.

/// Domain tag.
pub const TAG: &str = "honnin/device-session/v1";

/// `tag ‖ 0 ‖ challenge`.
pub fn session_message(challenge: &[u8]) -> Vec<u8> {
    [TAG.as_bytes(), &[0], challenge].concat()
}
