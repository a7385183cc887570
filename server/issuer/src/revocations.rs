//! Ending a customer's phones: the word is signed by the root and brought to the tenant's server, which holds the phones.

use honnin_protocol::encoding::b64u;
use honnin_protocol::revocation::{Reason, Revocation};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::keys::KeyError;

/// The server's answer is a number; nothing longer is read.
const MOST_BYTES: usize = 4096;

/// Why phones may not be over.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// The root cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The server did not answer; the same can be tried again.
    #[error("the server does not answer")]
    Unreachable,
    /// The server does not know this issuer, or its clock is far off.
    #[error("the server refused with {0}")]
    Refused(u16),
}

#[derive(Deserialize)]
struct Done {
    phones: u64,
}

impl App {
    /// Ends every phone of a handle whose credential is of this issuer, for good; how many that were. Also of a handle
    /// that is a customer's no more: that is when it is needed most.
    ///
    /// # Errors
    /// [`RevokeError`].
    pub async fn revoke(&self, handle: &str, reason: Reason) -> Result<u64, RevokeError> {
        let jws = self.keys().revoke(&Revocation {
            iss: self.config().issuer(),
            tenant: self.config().tenant.clone(),
            sub: handle.to_owned(),
            jti: b64u(self.entropy().bytes::<16>()),
            iat: self.now_s(),
            reason,
        })?;
        let url = format!("{}/v1/revocations", self.config().server());
        let unreachable = |e: reqwest::Error| {
            tracing::warn!(timeout = e.is_timeout(), connect = e.is_connect(), "the server does not answer");
            RevokeError::Unreachable
        };
        let mut response = self.http().post(url).json(&json!({"jws": jws})).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        if status != 200 {
            tracing::warn!(status, "the server refused a revocation");
            return Err(RevokeError::Refused(status));
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&part);
            if body.len() > MOST_BYTES {
                return Err(RevokeError::Unreachable);
            }
        }
        let done: Done = serde_json::from_slice(&body).map_err(|_| RevokeError::Unreachable)?;
        tracing::info!(phones = done.phones, reason = reason.name(), "phones revoked");
        Ok(done.phones)
    }
}
