//! From the ceremony's last file to the keys that phones and servers load.

use ark_bn254::{Bn254, Fr, G1Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::FftField;
use ark_groth16::{ProvingKey as ArkKey, VerifyingKey as ArkVerifyingKey};
use ark_serialize::CanonicalSerialize;
use honnin_circuits::verify::{KeyError, VerifyingKey};
use honnin_prover::keys::{ProvingKey, sha256};
use rayon::prelude::*;

use crate::{
    key_file::KeyFile,
    prepare::{successive, transform},
};

/// Both keys, encoded as they are loaded.
pub struct Finished {
    /// `circuit.pk`.
    pub proving: Vec<u8>,
    /// `circuit.vk`.
    pub verifying: Vec<u8>,
}

impl KeyFile {
    /// arkworks' key. Its prover wants `tau^i (tau^n - 1) / delta` where the file holds Lagrange points of the odd
    /// half of the doubled domain: both span the multiples of the vanishing polynomial, and a transform in the group
    /// leads from one to the other, since `X^i (X^n - 1)` is zero on the even half and `-2 X^i` on the odd one.
    pub fn proving_key(&self) -> ArkKey<Bn254> {
        let n = self.domain;
        let root = Fr::get_root_of_unity(2 * n as u64).expect("a power of two below 2^28");
        let mut h: Vec<_> = self.h.iter().map(|p| p.into_group()).collect();
        transform(&mut h, root * root);
        h.truncate(n - 1);
        let factors = successive(root, n - 1);
        h.par_iter_mut().zip(&factors).for_each(|(p, w)| *p *= -(*w + w));
        ArkKey {
            vk: ArkVerifyingKey {
                alpha_g1: self.alpha_g1,
                beta_g2: self.beta_g2,
                gamma_g2: self.gamma_g2,
                delta_g2: self.delta_g2,
                gamma_abc_g1: self.ic.clone(),
            },
            beta_g1: self.beta_g1,
            delta_g1: self.delta_g1,
            a_query: self.a.clone(),
            b_g1_query: self.b1.clone(),
            b_g2_query: self.b2.clone(),
            h_query: <G1Affine as AffineRepr>::Group::normalize_batch(&h),
            l_query: self.l.clone(),
        }
    }

    /// Encodes both keys and loads them once the way their users will. Only the project's own circuit passes.
    pub fn finish(&self) -> Result<Finished, KeyError> {
        let key = self.proving_key();
        let (mut proving, mut verifying) = (Vec::new(), Vec::new());
        key.serialize_uncompressed(&mut proving).expect("a vector takes all");
        key.vk.serialize_compressed(&mut verifying).expect("a vector takes all");
        ProvingKey::load(&proving, &sha256(&proving))?;
        VerifyingKey::load(&verifying, &sha256(&verifying))?;
        Ok(Finished { proving, verifying })
    }
}
