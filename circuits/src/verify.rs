//! Decoding and verifying Groth16 proofs over BN254. Everything received is decoded checked: exact length,
//! canonical coordinates, on the curve, in the subgroup.

use ark_bn254::{Bn254, Fq12, G1Affine, G2Affine};
use ark_ec::{AffineRepr, bn::G2Prepared, pairing::Pairing};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, Validate};
use sha2::{Digest, Sha256};

use crate::{
    Fr,
    input_tables::InputTables,
    statement::{PUBLIC_INPUTS, Statement},
    subgroup::in_g2,
};

/// Bytes of a proof: A (G1, 32), B (G2, 64), C (G1, 32), compressed.
pub const PROOF_BYTES: usize = 128;

/// Why a proof is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProofError {
    /// Not [`PROOF_BYTES`] bytes.
    #[error("a proof is {PROOF_BYTES} bytes")]
    Length,
    /// A coordinate that is not canonical, a point off the curve or outside the subgroup, or the identity.
    #[error("the proof does not decode to valid points")]
    Malformed,
    /// The equation does not hold.
    #[error("the proof does not verify")]
    Invalid,
    /// A public input that no honest statement has.
    #[error("the statement's pseudonym is zero")]
    ZeroPseudonym,
}

/// Why a verifying key is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// SHA-256 differs from the pinned one.
    #[error("the key's hash is not the pinned one")]
    Hash,
    /// Truncated, trailing bytes, or invalid points.
    #[error("the key does not decode")]
    Malformed,
    /// A key for another number of public inputs.
    #[error("the key is for another circuit")]
    OtherCircuit,
    /// gamma = ± delta, or an identity where a generator must stand: forgeable.
    #[error("the key is degenerate")]
    Degenerate,
}

/// A proof of valid, non-identity points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    pub(crate) a: G1Affine,
    pub(crate) b: G2Affine,
    pub(crate) c: G1Affine,
}

impl Proof {
    /// Checked decoding; the encoding must be the one [`Proof::to_bytes`] gives.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.len() != PROOF_BYTES {
            return Err(ProofError::Length);
        }
        let mut reader = bytes;
        let proof = (|| -> Result<Self, ark_serialize::SerializationError> {
            Ok(Self {
                a: G1Affine::deserialize_compressed(&mut reader)?,
                // On the curve, as y is computed from x; the subgroup is checked below.
                b: G2Affine::deserialize_with_mode(&mut reader, Compress::Yes, Validate::No)?,
                c: G1Affine::deserialize_compressed(&mut reader)?,
            })
        })()
        .map_err(|_| ProofError::Malformed)?;
        if !in_g2(&proof.b) {
            return Err(ProofError::Malformed);
        }
        // An encoding with stray flag bits, or of the identity, would be a second name for a proof.
        if proof.a.is_zero() || proof.b.is_zero() || proof.c.is_zero() || proof.to_bytes() != bytes {
            return Err(ProofError::Malformed);
        }
        Ok(proof)
    }

    /// From points made by a prover.
    pub fn from_points(a: G1Affine, b: G2Affine, c: G1Affine) -> Self {
        Self { a, b, c }
    }

    /// 128 bytes, compressed.
    pub fn to_bytes(&self) -> [u8; PROOF_BYTES] {
        let mut out = Vec::with_capacity(PROOF_BYTES);
        self.a.serialize_compressed(&mut out).expect("a vector takes all");
        self.b.serialize_compressed(&mut out).expect("a vector takes all");
        self.c.serialize_compressed(&mut out).expect("a vector takes all");
        out.try_into().expect("32 + 64 + 32 bytes")
    }
}

/// A verifying key with its constant pairing done.
#[derive(Clone)]
pub struct VerifyingKey {
    alpha_beta: Fq12,
    pub(crate) alpha: G1Affine,
    pub(crate) beta_neg: G2Prepared<ark_bn254::Config>,
    pub(crate) gamma_neg: G2Prepared<ark_bn254::Config>,
    pub(crate) delta_neg: G2Prepared<ark_bn254::Config>,
    pub(crate) inputs: InputTables,
    id: [u8; 32],
}

impl VerifyingKey {
    /// Loads arkworks' compressed form: alpha (G1), beta, gamma, delta (G2), a length and the input points (G1).
    /// The hash is compared before anything is decoded.
    pub fn load(bytes: &[u8], pinned_sha256: &[u8; 32]) -> Result<Self, KeyError> {
        let id: [u8; 32] = Sha256::digest(bytes).into();
        if &id != pinned_sha256 {
            return Err(KeyError::Hash);
        }
        let mut reader = bytes;
        let (alpha, beta, gamma, delta, inputs) = (|| -> Result<_, ark_serialize::SerializationError> {
            Ok((
                G1Affine::deserialize_compressed(&mut reader)?,
                G2Affine::deserialize_compressed(&mut reader)?,
                G2Affine::deserialize_compressed(&mut reader)?,
                G2Affine::deserialize_compressed(&mut reader)?,
                Vec::<G1Affine>::deserialize_compressed(&mut reader)?,
            ))
        })()
        .map_err(|_| KeyError::Malformed)?;
        if !reader.is_empty() {
            return Err(KeyError::Malformed);
        }
        if inputs.len() != PUBLIC_INPUTS + 1 {
            return Err(KeyError::OtherCircuit);
        }
        // An input point at infinity would leave that input unbound, ctx above all.
        let dead_input = inputs.iter().skip(1).any(|p| p.is_zero());
        if gamma == delta
            || gamma == -delta
            || alpha.is_zero()
            || beta.is_zero()
            || gamma.is_zero()
            || delta.is_zero()
            || dead_input
        {
            return Err(KeyError::Degenerate);
        }
        Ok(Self {
            alpha_beta: Bn254::pairing(alpha, beta).0,
            alpha,
            beta_neg: (-beta).into(),
            gamma_neg: (-gamma).into(),
            delta_neg: (-delta).into(),
            inputs: InputTables::new(inputs[0], &inputs[1..]),
            id,
        })
    }

    /// SHA-256 of the key's bytes.
    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// Verifies a proof of a statement. About a millisecond of one core: keep it off async threads.
    pub fn verify(&self, statement: &Statement, proof: &Proof) -> Result<(), ProofError> {
        if statement.pseudonym == Fr::from(0u64) {
            return Err(ProofError::ZeroPseudonym);
        }
        self.verify_inputs(&statement.public_inputs(), proof)
    }

    /// Verifies against raw public inputs, for tests. Nothing here checks what a [`Statement`] guarantees: a pseudonym
    /// that is not zero, a day below 2^32, well-formed flags and operands, issuer points derived from a checked key.
    #[doc(hidden)]
    pub fn verify_inputs(&self, inputs: &[Fr; PUBLIC_INPUTS], proof: &Proof) -> Result<(), ProofError> {
        let sum = self.inputs.sum(inputs);
        let loops = Bn254::multi_miller_loop(
            [proof.a, sum, proof.c],
            [proof.b.into(), self.gamma_neg.clone(), self.delta_neg.clone()],
        );
        let holds = Bn254::final_exponentiation(loops).is_some_and(|t| t.0 == self.alpha_beta);
        if holds { Ok(()) } else { Err(ProofError::Invalid) }
    }
}
