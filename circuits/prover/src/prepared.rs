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

use ark_bn254::{G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{PrimeField, Zero};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use honnin_circuits::{
    Fr,
    encoding::fr_to_bytes,
    statement::{CTX_INPUT, PUBLIC_INPUTS, Statement, Violation, Witness},
    verify::Proof,
};
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    circuit::{assignment, shape},
    keys::{ProvingKey, sha256},
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
    a0: G1Affine,
    b0_g1: G1Affine,
    p0: G1Affine,
    u: G1Affine,
    k: G1Affine,
    delta_g1: G1Affine,
    b0_g2: G2Affine,
    delta_g2: G2Affine,
    inputs: Vec<Fr>,
}

/// Version byte of the stored form.
const STORED_VERSION: u8 = 1;

impl Prepared {
    /// Checks the statement natively (its `ctx` is not looked at) and prepares it. The slow half.
    pub fn new(key: &ProvingKey, statement: &Statement, witness: &Witness) -> Result<Self, Violation> {
        let statement = Statement { ctx: Fr::zero(), ..*statement };
        statement.check(witness)?;
        let z = Zeroizing::new(assignment(&statement, witness));
        let shape = shape();
        debug_assert_eq!(shape.unsatisfied(&z), None);
        let quotients = qap::quotients(shape, &z);
        let bits = |variables: &[usize]| variables.iter().map(|&i| z[i].into_bigint()).collect::<Vec<_>>();
        let to_bits = |scalars: &[Fr]| scalars.iter().map(|s| s.into_bigint()).collect::<Vec<_>>();

        let pk = &key.ark;
        let b_bits = bits(&key.b_variables);
        let a0 = G1Projective::msm_bigint(&key.a, &bits(&key.a_variables)) + pk.vk.alpha_g1;
        let b0_g1 = G1Projective::msm_bigint(&key.b_g1, &b_bits) + pk.beta_g1;
        let b0_g2 = G2Projective::msm_bigint(&key.b_g2, &b_bits) + pk.vk.beta_g2;
        let p0 = G1Projective::msm_bigint(&pk.l_query, &to_bits(&z[shape.inputs..]))
            + G1Projective::msm_bigint(&pk.h_query, &to_bits(&quotients.h0));
        let k = G1Projective::msm_bigint(&pk.h_query, &to_bits(&quotients.k));
        let g1 = G1Projective::normalize_batch(&[a0, b0_g1, p0, k]);
        Ok(Self {
            a0: g1[0],
            b0_g1: g1[1],
            p0: g1[2],
            k: g1[3],
            u: pk.a_query[CTX_INPUT + 1],
            delta_g1: pk.delta_g1,
            b0_g2: b0_g2.into_affine(),
            delta_g2: pk.vk.delta_g2,
            inputs: z[1..=CTX_INPUT].to_vec(),
        })
    }

    /// The public inputs this state proves, `ctx` apart.
    pub fn inputs(&self) -> &[Fr] {
        &self.inputs
    }

    /// The fast half. r and s are drawn from the entropy, `ctx` and the state's own secret points together, so that
    /// a source that repeats itself does not repeat a pair over two sessions.
    pub fn finish(&self, ctx: Fr, entropy: &[u8; 32]) -> Proof {
        let stored = Zeroizing::new(self.to_bytes());
        let mut secret = sha256(&stored);
        let scalar = |label: &str| {
            let mut wide = Zeroizing::new([0u8; 64]);
            let hash = Sha512::new()
                .chain_update("honnin/finish/v1/")
                .chain_update(label)
                .chain_update(entropy)
                .chain_update(secret)
                .chain_update(fr_to_bytes(&ctx));
            wide.copy_from_slice(&hash.finalize());
            reduce_wide(&wide)
        };
        let (mut r, mut s) = (scalar("r"), scalar("s"));
        let proof = self.finish_with(ctx, r, s);
        r.zeroize();
        s.zeroize();
        secret.zeroize();
        proof
    }

    /// The fast half with r and s given, for comparison with a direct proof.
    pub fn finish_with(&self, ctx: Fr, r: Fr, s: Fr) -> Proof {
        let a = self.u * ctx + self.delta_g1 * r + self.a0;
        let b = self.delta_g2 * s + self.b0_g2;
        let c = self.k * ctx + a * s + self.b0_g1 * r + self.p0;
        let g1 = G1Projective::normalize_batch(&[a, c]);
        Proof::from_points(g1[0], b.into_affine(), g1[1])
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
        Ok(state)
    }
}

/// Where the length of the inputs stands: after the version, 6 G1 points and 2 G2 points.
const INPUTS_AT: usize = 1 + 6 * 64 + 2 * 128;

/// Length of the stored form: version, points, a length, 14 field elements.
pub const STORED_BYTES: usize = INPUTS_AT + 8 + (PUBLIC_INPUTS - 1) * 32;

/// 512 uniform bits modulo the field: bias below 2^-256.
fn reduce_wide(wide: &[u8; 64]) -> Fr {
    let half = |bytes: &[u8]| bytes.iter().fold(Fr::zero(), |acc, b| acc * Fr::from(256u64) + Fr::from(*b));
    half(wide)
}
