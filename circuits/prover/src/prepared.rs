//! The proof in two halves. Everything but `ctx` is known long before a call, and Groth16 is affine in `ctx`:
//!
//! ```text
//! A0 = alpha + sum z_i u_i  (ctx = 0)     B0 in G2, B0' in G1     U = a_query[ctx]
//! P0 = sum over witness l_i + H0          K = [L_ctx B / Z]
//! A  = A0 + ctx U + r delta    B = B0 + s delta    C = P0 + ctx K + s A + r B0'
//! ```
//!
//! (the `r s delta` terms cancel). With the same r and s this is byte for byte arkworks' proof.
//! A prepared state is as secret as the credential: with a proof's r and s it gives the witness commitments away.

use ark_bn254::{G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Zero;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use honnin_circuits::{
    Fr,
    statement::{CTX_INPUT, PUBLIC_INPUTS, Statement, Violation, Witness},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    arith,
    circuit::{assignment, shape},
    direct::{converted, integers, plain_g1, sums},
    finish::Ready,
    keys::ProvingKey,
    msm::msm,
    qap,
};

/// A prepared state does not decode.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PreparedError {
    /// Wrong length or version, points off the curve or outside the subgroup.
    #[error("the prepared state does not decode")]
    Malformed,
}

/// Everything of a proof that does not depend on the call. Secret; wiped when dropped.
#[derive(Clone, CanonicalSerialize, CanonicalDeserialize, Zeroize, ZeroizeOnDrop)]
pub struct Prepared {
    pub(crate) a0: G1Affine,
    pub(crate) b0_g1: G1Affine,
    pub(crate) p0: G1Affine,
    pub(crate) u: G1Affine,
    pub(crate) k: G1Affine,
    pub(crate) delta_g1: G1Affine,
    pub(crate) b0_g2: G2Affine,
    pub(crate) delta_g2: G2Affine,
    inputs: Vec<Fr>,
}

/// Version byte of the stored form.
const STORED_VERSION: u8 = 1;

impl Prepared {
    /// Checks the statement natively (its `ctx` is not looked at) and prepares it. The slow half.
    pub fn new(key: &ProvingKey, statement: &Statement, witness: &Witness) -> Result<Self, Violation> {
        let statement = Statement { ctx: Fr::zero(), ..*statement };
        statement.check(witness)?;
        let z = converted(&Zeroizing::new(assignment(&statement, witness)));
        let quotients = qap::quotients(shape(), &z);
        let sums = sums(key, &z, &quotients.h0);
        let h = key.h();
        let k = plain_g1(msm(h, &integers(&quotients.k[..h.len()])));
        let g1 = G1Projective::normalize_batch(&[sums.a, sums.b_g1, sums.c, k]);
        Ok(Self {
            a0: g1[0],
            b0_g1: g1[1],
            p0: g1[2],
            k: g1[3],
            u: key.a_of(CTX_INPUT + 1),
            delta_g1: key.delta_g1,
            b0_g2: sums.b_g2.into_affine(),
            delta_g2: key.vk.delta_g2,
            inputs: z[1..=CTX_INPUT].iter().map(|x| arith::ark_fr(*x)).collect(),
        })
    }

    /// The public inputs this state proves, `ctx` apart.
    pub fn inputs(&self) -> &[Fr] {
        &self.inputs
    }

    /// Lays down the tables that make the fast half fast; do it before the call.
    pub fn ready(&self) -> Ready {
        Ready::new(self)
    }

    /// Stored form: a version byte, then uncompressed points and the 14 public inputs.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Room for all at once: growing would leave copies of secrets behind.
        let mut out = Vec::with_capacity(STORED_BYTES);
        out.push(STORED_VERSION);
        self.serialize_uncompressed(&mut out).expect("a vector takes all");
        out
    }

    /// Checked decoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PreparedError> {
        let (version, mut reader) = bytes.split_first().ok_or(PreparedError::Malformed)?;
        // The stored form has one exact length, and its one inner length has one value.
        let inputs = (PUBLIC_INPUTS as u64 - 1).to_le_bytes();
        if *version != STORED_VERSION || bytes.len() != STORED_BYTES || bytes[INPUTS_AT..][..8] != inputs {
            return Err(PreparedError::Malformed);
        }
        let state = Self::deserialize_uncompressed(&mut reader).map_err(|_| PreparedError::Malformed)?;
        // Without delta the halves would go out unblinded.
        if !reader.is_empty() || state.delta_g1.is_zero() || state.delta_g2.is_zero() {
            return Err(PreparedError::Malformed);
        }
        // Stray flag bits would be a second name for a state.
        if *Zeroizing::new(state.to_bytes()) != bytes {
            return Err(PreparedError::Malformed);
        }
        Ok(state)
    }
}

/// Where the length of the inputs stands: after the version, 6 G1 points and 2 G2 points.
const INPUTS_AT: usize = 1 + 6 * 64 + 2 * 128;

/// Length of the stored form: version, points, a length, 14 field elements.
pub const STORED_BYTES: usize = INPUTS_AT + 8 + (PUBLIC_INPUTS - 1) * 32;
