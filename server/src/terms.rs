//! What a session brings to its policy: a payment, a recipient, and what the phone sent for them.

use honnin_protocol::disclosure::Disclosed;
use honnin_protocol::policy::Policy;
use honnin_protocol::sealed::Sent;
use honnin_protocol::statement::{Payment, SessionStatement};

/// Why a phone's disclosure is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// Other attributes than the session asks for, or a box for somebody or something else.
    #[error("the disclosure is not what the session asks for")]
    Disclosure,
    /// The stored statement does not read.
    #[error("the stored statement does not read")]
    Stored,
}

/// The terms of a session.
#[derive(Debug)]
pub struct Terms {
    session: Option<SessionStatement>,
}

impl Terms {
    /// Of a stored statement with its number. A plain policy has no terms, so its statement need not be read.
    ///
    /// # Errors
    /// [`TermsError::Stored`].
    pub fn of(policy: &Policy, statement: &str) -> Result<Self, TermsError> {
        if policy.is_plain() {
            return Ok(Self { session: None });
        }
        let session: SessionStatement = serde_json::from_str(statement).map_err(|_| TermsError::Stored)?;
        policy.fits(session.payment.as_ref(), session.recipient.as_ref()).map_err(|_| TermsError::Stored)?;
        Ok(Self { session: Some(session) })
    }

    /// What is to be paid.
    pub fn payment(&self) -> Option<&Payment> {
        self.session.as_ref()?.payment.as_ref()
    }

    /// What the proof must have committed to: what the phone sent, if it is what the session asks for, and its box is
    /// addressed to the session's recipient.
    ///
    /// # Errors
    /// [`TermsError::Disclosure`].
    pub fn disclosed(&self, sent: Option<&Sent>) -> Result<Option<Disclosed>, TermsError> {
        let disclosed = sent.map(Sent::disclosed);
        match (&self.session, sent) {
            (None, None) => {}
            (None, Some(_)) => return Err(TermsError::Disclosure),
            (Some(session), sent) => {
                Disclosed::answers(disclosed.as_ref(), session).map_err(|_| TermsError::Disclosure)?;
                if let Some(sent) = sent {
                    sent.r#box.is_addressed_to(session).map_err(|_| TermsError::Disclosure)?;
                }
            }
        }
        Ok(disclosed)
    }
}
