//! Opening, at the recipient's.

use honnin_circuits::Fr;
use honnin_circuits::schema::Slot;
use honnin_protocol::disclosure::{Disclosed, DisclosureError};
use honnin_protocol::sealed::SealedBox;
use honnin_protocol::statement::SessionStatement;
use zeroize::Zeroizing;

use crate::document::Contents;
use crate::key::RecipientKey;
use crate::suite;

/// Why a box gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The session names another recipient, or none.
    #[error("the session is not for this recipient")]
    OtherRecipient,
    /// The disclosure is not what the session asks for.
    #[error("the disclosure: {0}")]
    Disclosure(#[from] DisclosureError),
    /// Sealed to another key.
    #[error("the box is sealed to another key")]
    OtherKey,
    /// A box of another session.
    #[error("the box is of another session")]
    OtherSession,
    /// A byte of it was changed, or it was sealed beside another commitment.
    #[error("the box was altered, or belongs to another commitment")]
    Altered,
    /// Opened, and not a document of attributes.
    #[error("the box holds no attributes")]
    Malformed,
    /// Opened, and other attributes than the proof says.
    #[error("the box holds other attributes than were proven")]
    Slots,
    /// Opened, and other values than the proof committed to.
    #[error("the values are not what the proof committed to")]
    Commitment,
}

impl OpenError {
    /// The stable code, for bindings.
    pub fn code(self) -> &'static str {
        match self {
            OpenError::OtherRecipient => "other-recipient",
            OpenError::Disclosure(_) => "disclosure-mismatch",
            OpenError::OtherKey => "other-key",
            OpenError::OtherSession => "other-session",
            OpenError::Altered => "altered",
            OpenError::Malformed => "malformed-contents",
            OpenError::Slots => "slots-mismatch",
            OpenError::Commitment => "commitment-mismatch",
        }
    }
}

/// What the box must be of: from a receipt that was checked.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The session.
    pub ctx: Fr,
    /// What the proof committed to.
    pub disclosed: Disclosed,
}

impl Expected {
    /// From a statement with its number and the disclosure of its approval, for the holder of a key.
    ///
    /// # Errors
    /// [`OpenError::OtherRecipient`], [`OpenError::Disclosure`].
    pub fn of(
        statement: &SessionStatement,
        disclosed: Option<&Disclosed>,
        key: &RecipientKey,
    ) -> Result<Self, OpenError> {
        let recipient = statement.recipient.as_ref().ok_or(OpenError::OtherRecipient)?;
        if recipient.key().to_string() != key.public().thumbprint() {
            return Err(OpenError::OtherRecipient);
        }
        Disclosed::answers(disclosed, statement)?;
        let disclosed = disclosed.ok_or(DisclosureError::Missing)?.clone();
        Ok(Self { ctx: statement.ctx(), disclosed })
    }
}

/// Values that are what the proof committed to, in the credential's order; wiped when dropped, never printed.
pub struct Opened(Vec<(Slot, Zeroizing<String>)>);

impl Opened {
    /// Every value with its attribute.
    pub fn values(&self) -> impl Iterator<Item = (Slot, &str)> {
        self.0.iter().map(|(slot, value)| (*slot, value.as_str()))
    }

    /// One value.
    pub fn get(&self, slot: Slot) -> Option<&str> {
        self.values().find(|(s, _)| *s == slot).map(|(_, value)| value)
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opened(..)")
    }
}

/// Opens a box and checks that its content is what the proof committed to.
///
/// # Errors
/// [`OpenError`], the first that applies.
pub fn open(key: &RecipientKey, sealed: &SealedBox, expected: &Expected) -> Result<Opened, OpenError> {
    if sealed.key.to_string() != key.public().thumbprint() {
        return Err(OpenError::OtherKey);
    }
    if sealed.ctx.0 != expected.ctx {
        return Err(OpenError::OtherSession);
    }
    let (info, aad) = (suite::info(&expected.ctx), suite::aad(&expected.disclosed.commitment.0));
    let plaintext =
        suite::open(key.private(), &sealed.enc.0, &info, &aad, sealed.ct.as_bytes()).map_err(|_| OpenError::Altered)?;
    let contents = Contents::from_bytes(&plaintext).ok_or(OpenError::Malformed)?;
    let found = contents.disclosed();
    if found.slots != expected.disclosed.slots {
        return Err(OpenError::Slots);
    }
    if found.commitment != expected.disclosed.commitment {
        return Err(OpenError::Commitment);
    }
    Ok(Opened(contents.into_values()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use honnin_circuits::statement::Opening;
    use honnin_protocol::disclosure::Slots;
    use honnin_protocol::encoding::{B64u, HexField, b64u_array};
    use honnin_protocol::statement::V1;

    fn contents(opening: u64) -> Contents {
        let slots = Slots::try_from(vec![Slot::Name]).unwrap();
        Contents::new(&slots, vec![(Slot::Name, Zeroizing::new("見本 花子".into()))], Opening(Fr::from(opening)))
            .unwrap()
    }

    /// A phone that seals something else than it proved, in good form.
    #[test]
    fn what_was_not_proven_is_found_after_opening() {
        let key = RecipientKey::generate(&[1; 32]);
        let (ctx, proven) = (Fr::from(9_u64), contents(1).disclosed());
        let sealed = |plaintext: &[u8]| {
            let (x, y) = key.public().coordinates();
            let point = [&[4][..], &x, &y].concat().try_into().unwrap();
            let (info, aad) = (suite::info(&ctx), suite::aad(&proven.commitment.0));
            let (enc, ct) = suite::seal(&point, &[5; 32], &info, &aad, plaintext).unwrap();
            let thumbprint = B64u(b64u_array(&key.public().thumbprint()).unwrap());
            SealedBox { v: V1, key: thumbprint, ctx: HexField(ctx), enc: B64u(enc), ct: ct.try_into().unwrap() }
        };
        let expected = Expected { ctx, disclosed: proven.clone() };
        assert!(open(&key, &sealed(&contents(1).to_bytes().unwrap()), &expected).is_ok());
        let other = sealed(&contents(2).to_bytes().unwrap());
        assert_eq!(open(&key, &other, &expected).err(), Some(OpenError::Commitment));
        assert_eq!(open(&key, &sealed(b"{}"), &expected).err(), Some(OpenError::Malformed));
    }
}
