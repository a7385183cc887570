//! A phone on its way to a company where its owner has no account: an invitation, read and accepted step by step.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64U};
use p256::ecdsa::{Signature, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{authenticator::Passkey, desk::Desk, http::Answer, issuance, phone::Phone, tenant::OPENING};

/// The token of an invitation's link.
///
/// # Errors
/// When the link is none.
pub fn token(view: &Value) -> Result<String> {
    let link = view["invitation"]["link"].as_str().context("no link")?;
    Ok(link.split_once("#/invited/").context("the link holds no invitation")?.1.to_owned())
}

impl Desk {
    /// Invites a prospect: the view with its invitation.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn invite_prospect(&self) -> Result<Value> {
        self.post("/v1/eligibility", &json!({"purpose": OPENING})).await?.ok()
    }
}

impl Phone {
    /// What an invitation says; nothing is used up.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn read_invitation(&self, token: &str) -> Result<Answer> {
        self.post("/v1/prospects/read", &json!({"token": token})).await
    }

    /// The honest answer to an invitation; from here on the phone proves as a prospect of whoever invites.
    ///
    /// # Errors
    /// When the invitation does not read.
    pub fn acceptance(&mut self, token: &str, said: &Value) -> Result<Value> {
        let tenant = said["tenant"]["tenant"].as_str().context("nobody invites")?.to_owned();
        let pseudonym = self.wallet.prospect_pseudonym(&tenant);
        self.invited_by = Some(tenant);
        let challenge = said["challenge"].as_str().context("no challenge")?;
        let message = [b"honnin/prospect/v1\0".to_vec(), B64U.decode(challenge)?, hex::decode(&pseudonym)?].concat();
        let signature: Signature = self.device_key.sign(&Sha256::digest(message));
        let (passkey, registration) = Passkey::create(&said["passkey"], &self.origin);
        self.passkey = Some(passkey);
        Ok(json!({
            "token": token, "challenge": challenge, "pseudonym": pseudonym,
            "issuer_certificate": self.wallet.certificate(), "device_key": issuance::jwk(&self.device_key),
            "device_signature": B64U.encode(signature.to_bytes()), "passkey": registration, "label": "Web",
            "consent": {"wording": said["consent"]["wording"], "language": "ja"},
        }))
    }

    /// Accepts an invitation; remembers the device when it is taken.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn accept(&mut self, body: &Value) -> Result<Answer> {
        let answer = self.post("/v1/prospects/accept", body).await?;
        if answer.status.is_success() {
            self.device = answer.body["device"].as_str().map(str::to_owned);
        }
        Ok(answer)
    }

    /// Follows an invitation until its request is this phone's: the verification's identifier.
    ///
    /// # Errors
    /// When any step is refused.
    pub async fn follow(&mut self, view: &Value) -> Result<String> {
        let token = token(view)?;
        let said = self.read_invitation(&token).await?.ok()?;
        let body = self.acceptance(&token, &said)?;
        let done = self.accept(&body).await?.ok()?;
        self.open_session().await?.ok()?;
        Ok(done["verification"].as_str().context("no verification")?.to_owned())
    }
}
