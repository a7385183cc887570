//! A contribution: delta is multiplied with a fresh secret, shown to be known, and forgotten.

use ark_bn254::{Fr, G1Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{Field, PrimeField};
use rand_chacha::rand_core::CryptoRngCore;
use zeroize::Zeroizing;

use crate::{
    derive::{Beacon, Hash, blake2b, g1, hash_forms, hash_to_g2, is_trivial, scalar, stream},
    error::{FormatError, KeyFileError},
    key_file::{Contribution, KeyFile},
    pairing::scale,
    points::limbs,
    ptau::is_name,
};

impl KeyFile {
    /// Adds a person's contribution. The secret comes from `rng` and whatever text the person typed, together: one good
    /// source is enough. Nothing of it outlives this call.
    pub fn contribute(
        &mut self,
        name: &str,
        typed: &[u8],
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Contribution, KeyFileError> {
        if !is_name(name) {
            return Err(FormatError::Range("a contributor's name").into());
        }
        if self.contributions.iter().any(|c| c.beacon.is_some()) {
            return Err(KeyFileError::EarlyBeacon(self.contributions.len()));
        }
        let mut fresh = Zeroizing::new([0; 64]);
        rng.fill_bytes(&mut *fresh);
        if fresh.iter().all(|b| *b == fresh[0]) {
            return Err(KeyFileError::Randomness("it gives the same byte again and again"));
        }
        let seed = Zeroizing::new(blake2b(&[&*fresh, typed]));
        let secret = fresh_scalar(&seed);
        // The point's stream is a hash away from the secret's seed: nothing that outlives this call leads back to it.
        let public = blake2b(&[&*seed, b"public point"]);
        let g1_s = g1(&mut stream(public.first_chunk().expect("64 bytes")));
        self.add(secret, g1_s, Some(name.to_owned()), None)
    }

    /// Adds the beacon that closes the ceremony: everybody can compute it, nobody could choose it.
    pub fn add_beacon(&mut self, beacon: &Beacon) -> Result<Contribution, KeyFileError> {
        if !beacon.is_valid() {
            return Err(FormatError::Range("the beacon").into());
        }
        if self.contributions.iter().any(|c| c.beacon.is_some()) {
            return Err(KeyFileError::EarlyBeacon(self.contributions.len()));
        }
        let mut stream = beacon.stream();
        let secret = Zeroizing::new(scalar(&mut stream));
        self.add(secret, g1(&mut stream), None, Some(beacon.clone()))
    }

    fn add(
        &mut self,
        secret: Zeroizing<Fr>,
        g1_s: G1Affine,
        name: Option<String>,
        beacon: Option<Beacon>,
    ) -> Result<Contribution, KeyFileError> {
        if is_trivial(&secret) {
            return Err(KeyFileError::Randomness("the secret is zero or one"));
        }
        if self.contributions.iter().any(|c| c.g1_s == g1_s) {
            return Err(KeyFileError::Randomness("it repeats an earlier contribution"));
        }
        let g1_sx = times(g1_s, &secret);
        let transcript = blake2b(&[&self.transcript(self.contributions.len()), &hash_forms(&[g1_s, g1_sx])]);
        let g2_spx = (hash_to_g2(&transcript).into_group() * *secret).into_affine();

        self.delta_g1 = times(self.delta_g1, &secret);
        self.delta_g2 = (self.delta_g2.into_group() * *secret).into_affine();
        let inverse = Zeroizing::new(secret.inverse().expect("not zero"));
        self.l = scale(&self.l, *inverse);
        self.h = scale(&self.h, *inverse);
        let contribution = Contribution { delta_after: self.delta_g1, g1_s, g1_sx, g2_spx, transcript, name, beacon };
        self.contributions.push(contribution.clone());
        Ok(contribution)
    }
}

/// A uniform scalar of a seed: masked to 254 bits, again until below the order.
fn fresh_scalar(seed: &Hash) -> Zeroizing<Fr> {
    for round in 0u32.. {
        let mut hash = Zeroizing::new(blake2b(&[seed, b"secret", &round.to_le_bytes()]));
        hash[31] &= 0x3f;
        if let Some(secret) = Fr::from_bigint(limbs(hash.first_chunk().expect("64 bytes"))) {
            return Zeroizing::new(secret);
        }
    }
    unreachable!("three of four hashes are below the order")
}

fn times(point: G1Affine, scalar: &Fr) -> G1Affine {
    (point.into_group() * *scalar).into_affine()
}
