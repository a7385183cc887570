//! What the device key and the passkey sign: this session and this proof, nothing else.

use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_to_bytes;
use sha2::{Digest as _, Sha256};

/// Domain tag.
pub const TAG: &str = "honnin/approval/v1";

/// `SHA-256(tag ‖ 0 ‖ ctx ‖ SHA-256(proof))`, from the proof's hash.
pub fn digest(ctx: &Fr, proof_sha256: &[u8; 32]) -> [u8; 32] {
    let hash =
        Sha256::new().chain_update(TAG).chain_update([0]).chain_update(fr_to_bytes(ctx)).chain_update(proof_sha256);
    hash.finalize().into()
}

/// [`digest`] from the proof's bytes.
pub fn of_proof(ctx: &Fr, proof: &[u8]) -> [u8; 32] {
    digest(ctx, &Sha256::digest(proof).into())
}
