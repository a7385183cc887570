//! Sealing, on the phone.

use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_to_bytes;
use honnin_protocol::encoding::{B64u, HexField, b64u_array};
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::sealed::{SealedBox, Sent};
use honnin_protocol::statement::V1;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::document::{Contents, DocumentError};
use crate::suite;

/// Why nothing was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The contents do not fit.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The key cannot be sealed to.
    #[error("the recipient's key is not usable")]
    Key,
}

/// Seals contents to a recipient for one session. `entropy`: 32 fresh random bytes; contents and session are mixed in,
/// so that a source that repeats itself does not repeat a key over two boxes.
///
/// # Errors
/// [`SealError`].
pub fn seal(recipient: &P256Jwk, ctx: &Fr, contents: &Contents, entropy: &[u8; 32]) -> Result<Sent, SealError> {
    let plaintext = contents.to_bytes()?;
    let disclosed = contents.disclosed();
    let thumbprint: [u8; 32] = b64u_array(&recipient.thumbprint()).map_err(|_| SealError::Key)?;
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(
        Sha256::new()
            .chain_update("honnin/box-seed/v1\0")
            .chain_update(entropy)
            .chain_update(fr_to_bytes(ctx))
            .chain_update(thumbprint)
            .chain_update(&*plaintext)
            .finalize()
            .into(),
    );
    let (x, y) = recipient.coordinates();
    let mut point = [4; 65];
    point[1..33].copy_from_slice(&x);
    point[33..].copy_from_slice(&y);
    let (enc, ct) = suite::seal(&point, &seed, &suite::info(ctx), &suite::aad(&disclosed.commitment.0), &plaintext)
        .map_err(|_| SealError::Key)?;
    let ct = ct.try_into().map_err(|_| DocumentError::TooLong)?;
    let sealed = SealedBox { v: V1, key: B64u(thumbprint), ctx: HexField(*ctx), enc: B64u(enc), ct };
    Ok(Sent { slots: disclosed.slots, commitment: disclosed.commitment, r#box: sealed })
}
