//! How phones are woken, from the configuration file.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::config::{ConfigError, invalid};

/// Push services. Browsers need none of this.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushConfig {
    /// Whom a push service may write to: `mailto:` or `https:`; `public_origin` when left out.
    pub contact: Option<Url>,
    /// Apple.
    pub apns: Option<ApnsConfig>,
    /// Google.
    pub fcm: Option<FcmConfig>,
}

/// Who we are to Apple.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApnsConfig {
    /// `AuthKey_….p8`.
    pub key_file: PathBuf,
    /// Its ten characters.
    pub key_id: String,
    /// The developer team's ten characters.
    pub team_id: String,
    /// The application's bundle id.
    pub topic: String,
    /// Apple's own when left out; the sandbox is another.
    pub server: Option<Url>,
}

/// Who we are to Google.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FcmConfig {
    /// The service account's JSON file.
    pub service_account: PathBuf,
    /// Google's own when left out.
    pub server: Option<Url>,
}

impl PushConfig {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.contact.as_ref().is_some_and(|url| !["mailto", "https"].contains(&url.scheme())) {
            return Err(invalid("push.contact is a mailto: or https: URL"));
        }
        let Some(apns) = &self.apns else { return Ok(()) };
        let plain = |text: &str| {
            !text.is_empty()
                && text.len() <= 200
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
        };
        if [&apns.key_id, &apns.team_id, &apns.topic].iter().all(|text| plain(text)) {
            Ok(())
        } else {
            Err(invalid("push.apns: key_id, team_id and topic are letters, digits, '-' and '.'"))
        }
    }
}
