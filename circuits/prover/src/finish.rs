//! The fast half of a proof: a prepared state with tables of multiples, so that a tap costs additions alone.
//!
//! ```text
//! A = A0 + ctx U + r delta        B = B0 + s delta        C = P0 + ctx K + s A0 + (s ctx) U + (s r) delta + r B0'
//! ```
//!
//! Six points are multiplied by scalars that only the call brings. Each gets a table of its multiples when the state
//! is made ready, in the background.

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::{
    CurveGroup,
    short_weierstrass::{Bucket, Projective},
};
use ark_ff::PrimeField;
use honnin_circuits::{Fr, encoding::fr_to_bytes, verify::Proof};
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    arith::{self, G1Config, G2Config},
    keys::sha256,
    prepared::Prepared,
    tables::{Tables, add_multiple},
};

/// Places of the G1 points in the tables.
const A0: usize = 0;
const B0: usize = 1;
const U: usize = 2;
const K: usize = 3;
const DELTA: usize = 4;

/// A prepared state with its tables, half a megabyte. Secret; wiped when dropped.
pub struct Ready {
    a0: G1Affine,
    p0: G1Affine,
    b0: G2Affine,
    g1: Tables<G1Config>,
    g2: Tables<G2Config>,
    /// SHA-256 of the state's stored form.
    secret: Zeroizing<[u8; 32]>,
}

impl Ready {
    pub(crate) fn new(state: &Prepared) -> Self {
        let g1 = [state.a0, state.b0_g1, state.u, state.k, state.delta_g1].map(arith::g1);
        Self {
            a0: state.a0,
            p0: state.p0,
            b0: state.b0_g2,
            g1: Tables::new(&g1),
            g2: Tables::new(&[arith::g2(state.delta_g2)]),
            secret: Zeroizing::new(sha256(&Zeroizing::new(state.to_bytes()))),
        }
    }

    /// Finishes. r and s are drawn from the entropy, `ctx` and the state's own secret points together, so that a source
    /// that repeats itself does not repeat a pair over two sessions.
    pub fn finish(&self, ctx: Fr, entropy: &[u8; 32]) -> Proof {
        let scalar = |label: &str| {
            let mut wide = Zeroizing::new([0u8; 64]);
            let hash = Sha512::new()
                .chain_update("honnin/finish/v1/")
                .chain_update(label)
                .chain_update(entropy)
                .chain_update(*self.secret)
                .chain_update(fr_to_bytes(&ctx));
            wide.copy_from_slice(&hash.finalize());
            reduce_wide(&wide)
        };
        let (mut r, mut s) = (scalar("r"), scalar("s"));
        let proof = self.finish_with(ctx, r, s);
        r.zeroize();
        s.zeroize();
        proof
    }

    /// Finishes with r and s given, for comparison with a direct proof.
    pub fn finish_with(&self, ctx: Fr, r: Fr, s: Fr) -> Proof {
        let scalars = Zeroizing::new([ctx, r, s, s * ctx, s * r].map(|x| arith::fr(x).into_bigint()));
        let [ctx, r, s, s_ctx, s_r] = &*scalars;
        let mut a = Bucket::from(arith::g1(self.a0));
        add_multiple(&mut a, &self.g1, U, ctx);
        add_multiple(&mut a, &self.g1, DELTA, r);
        let mut b = Bucket::from(arith::g2(self.b0));
        add_multiple(&mut b, &self.g2, 0, s);
        let mut c = Bucket::from(arith::g1(self.p0));
        for (point, scalar) in [(K, ctx), (A0, s), (U, s_ctx), (DELTA, s_r), (B0, r)] {
            add_multiple(&mut c, &self.g1, point, scalar);
        }
        let g1 = Projective::<G1Config>::normalize_batch(&[a.into(), c.into()]);
        let b = Projective::<G2Config>::from(b).into_affine();
        Proof::from_points(arith::ark_g1(g1[0]), arith::ark_g2(b), arith::ark_g1(g1[1]))
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        self.a0.zeroize();
        self.p0.zeroize();
        self.b0.zeroize();
    }
}

/// 512 uniform bits modulo the field: bias below 2^-256.
fn reduce_wide(wide: &[u8; 64]) -> Fr {
    wide.iter().fold(Fr::from(0u64), |sum, byte| sum * Fr::from(256u64) + Fr::from(*byte))
}
