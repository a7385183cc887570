//! Device authentication: the bytes that a device key signs for a session of its own, and for an invitation.

use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_to_bytes;
use sha2::{Digest as _, Sha256};

/// Domain tag.
pub const TAG: &str = "honnin/device-session/v1";

/// `tag ‖ 0 ‖ challenge`.
pub fn session_message(challenge: &[u8]) -> Vec<u8> {
    [TAG.as_bytes(), &[0], challenge].concat()
}

/// Domain tag of a prospect's message.
pub const PROSPECT_TAG: &str = "honnin/prospect/v1";

/// `SHA-256(tag ‖ 0 ‖ challenge ‖ pseudonym, 32 bytes big-endian)`: what the device key of a prospect's phone signs, as
/// it signs an enrolment's approval digest.
pub fn prospect_message(challenge: &[u8; 32], pseudonym: &Fr) -> [u8; 32] {
    let hash = Sha256::new().chain_update(PROSPECT_TAG).chain_update([0]).chain_update(challenge);
    hash.chain_update(fr_to_bytes(pseudonym)).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prospects_message_is_of_its_challenge_and_pseudonym() {
        let message = prospect_message(&[7; 32], &Fr::from(5_u64));
        let mut bytes = b"honnin/prospect/v1\0".to_vec();
        bytes.extend([7; 32]);
        bytes.extend([0; 31]);
        bytes.push(5);
        assert_eq!(message.as_slice(), Sha256::digest(&bytes).as_slice());
        assert_ne!(message, prospect_message(&[8; 32], &Fr::from(5_u64)));
        assert_ne!(message, prospect_message(&[7; 32], &Fr::from(6_u64)));
    }
}
