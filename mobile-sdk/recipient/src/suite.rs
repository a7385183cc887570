//! The one HPKE suite: base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (RFC 9180).

use std::convert::Infallible;

use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_to_bytes;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable as _, HpkeError, OpModeR, OpModeS, Serializable as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

type Kem = hpke::kem::DhP256HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::AesGcm256;

/// Domain tag of the key schedule.
const BOX_TAG: &str = "honnin/box/v1";

/// `info` of the key schedule: the session.
pub fn info(ctx: &Fr) -> Vec<u8> {
    [BOX_TAG.as_bytes(), &[0], &fr_to_bytes(ctx)].concat()
}

/// The associated data: what the proof committed to.
pub fn aad(commitment: &Fr) -> [u8; 32] {
    fr_to_bytes(commitment)
}

/// Seals to an uncompressed point; the ephemeral key pair is RFC 9180's `DeriveKeyPair(seed)`.
pub fn seal(
    public: &[u8; 65],
    seed: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<([u8; 65], Vec<u8>), HpkeError> {
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(public)?;
    let mut seed = Seed { bytes: *seed, drawn: 0 };
    let (enc, ct) =
        hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(&OpModeS::Base, &public, info, plaintext, aad, &mut seed)?;
    let mut point = [0; 65];
    point.copy_from_slice(&enc.to_bytes());
    Ok((point, ct))
}

/// Opens with a private scalar, 32 bytes big-endian.
pub fn open(
    private: &[u8; 32],
    enc: &[u8; 65],
    info: &[u8],
    aad: &[u8],
    ct: &[u8],
) -> Result<Zeroizing<Vec<u8>>, HpkeError> {
    let private = <Kem as hpke::Kem>::PrivateKey::from_bytes(private)?;
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc)?;
    hpke::single_shot_open::<Aead, Kdf, Kem>(&OpModeR::Base, &private, &enc, info, ct, aad).map(Zeroizing::new)
}

/// Gives the seed itself first: what an encapsulation draws, and all that it draws. Hashes of it would follow.
struct Seed {
    bytes: [u8; 32],
    drawn: u64,
}

impl TryRng for Seed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for part in out.chunks_mut(32) {
            let block = match self.drawn {
                0 => Zeroizing::new(self.bytes),
                n => Zeroizing::new(
                    Sha256::new().chain_update(self.bytes).chain_update(n.to_be_bytes()).finalize().into(),
                ),
            };
            part.copy_from_slice(&block[..part.len()]);
            self.drawn += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Seed {}

impl Drop for Seed {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        hex::decode(hex).unwrap()
    }

    /// RFC 9180's own test vectors: mode 0, KEM 0x0010, KDF 0x0001, AEAD 0x0002, first message.
    #[test]
    fn the_rfcs_vectors() {
        let info = bytes("4f6465206f6e2061204772656369616e2055726e");
        let ikm_e = bytes("a90d3417c3da9cb6c6ae19b4b5dd6cc9529a4cc24efb7ae0ace1f31887a8cd6c");
        let private = bytes("317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2");
        let public = bytes(
            "04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c685136f853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c",
        );
        let enc = bytes(
            "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0",
        );
        let aad = bytes("436f756e742d30");
        let plaintext = bytes("4265617574792069732074727574682c20747275746820626561757479");
        let ct = bytes("58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f");

        let sealed = seal(&public.try_into().unwrap(), &ikm_e.try_into().unwrap(), &info, &aad, &plaintext).unwrap();
        assert_eq!((sealed.0.to_vec(), sealed.1), (enc.clone(), ct.clone()));
        let (private, enc) = (private.try_into().unwrap(), enc.try_into().unwrap());
        assert_eq!(*open(&private, &enc, &info, &aad, &ct).unwrap(), plaintext);
        assert!(open(&private, &enc, &info, b"Count-1", &ct).is_err(), "other associated data");
        assert!(open(&private, &enc, b"", &aad, &ct).is_err(), "another key schedule");
    }

    /// A point of another curve: P-256's x of G with a y that does not fit.
    #[test]
    fn points_off_the_curve_are_refused() {
        let mut point = [0; 65];
        point[0] = 4;
        point[1..33].copy_from_slice(&bytes("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"));
        point[64] = 1;
        assert!(seal(&point, &[1; 32], b"", b"", b"x").is_err());
        assert!(open(&[1; 32], &point, b"", b"", &[0; 17]).is_err());
    }
}
