//! The one thing that a push says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `{"v":1,"id":"…"}`: 128 bits of chance and nothing else, so that a push service that could read it would learn no
/// more than that there is something to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    id: String,
}

impl Notice {
    /// Under a fresh id.
    pub fn new(id: [u8; 16]) -> Self {
        Self { id: URL_SAFE_NO_PAD.encode(id) }
    }

    /// 22 characters of base64url.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// As sent.
    pub fn to_json(&self) -> String {
        // base64url needs no escaping.
        format!(r#"{{"v":1,"id":"{}"}}"#, self.id)
    }
}
