//! Message encryption for Web Push: RFC 8291 over the content coding `aes128gcm` of RFC 8188, one record a message.

use aes_gcm::aead::{AeadInOut as _, KeyInit as _, Nonce, Tag};
use aes_gcm::{Aes128Gcm, Key};
use hkdf::Hkdf;
use p256::ecdh::diffie_hellman;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Longest message: a push service takes 4096 bytes (RFC 8030, 7.2), less header, tag and delimiter.
pub const MAX_PLAINTEXT: usize = RECORD_SIZE as usize - HEADER - TAG - 1;

const RECORD_SIZE: u32 = 4096;
/// Salt, record size, length of the key's name, the sender's point.
const HEADER: usize = 16 + 4 + 1 + POINT;
const POINT: usize = 65;
const TAG: usize = 16;
/// Ends the last record.
const LAST: u8 = 2;

/// Why nothing was sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptionError {
    /// No uncompressed point of P-256.
    #[error("not an uncompressed P-256 point")]
    Key,
    /// The random bytes are no private key; draw others (one in 2^32).
    #[error("the random bytes make no key")]
    Chance,
    /// More than [`MAX_PLAINTEXT`].
    #[error("the message is too long")]
    Length,
    /// Not for this key, altered, or not in the one shape that is sent here.
    #[error("the message does not open")]
    Refused,
}

/// Who receives: a browser's keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Receiver {
    key: PublicKey,
    auth: [u8; 16],
}

impl Receiver {
    /// `p256dh` and `auth` of a subscription, checked to be a point of the curve.
    ///
    /// # Errors
    /// [`EncryptionError::Key`].
    pub fn new(p256dh: &[u8; POINT], auth: [u8; 16]) -> Result<Self, EncryptionError> {
        if p256dh[0] != 4 {
            return Err(EncryptionError::Key);
        }
        let key = PublicKey::from_sec1_bytes(p256dh).map_err(|_| EncryptionError::Key)?;
        Ok(Self { key, auth })
    }

    /// Seals a message. `secret` and `salt` are fresh for each.
    ///
    /// # Errors
    /// [`EncryptionError::Length`] or [`EncryptionError::Chance`].
    pub fn seal(&self, plaintext: &[u8], secret: &[u8; 32], salt: &[u8; 16]) -> Result<Vec<u8>, EncryptionError> {
        if plaintext.len() > MAX_PLAINTEXT {
            return Err(EncryptionError::Length);
        }
        let sender = SecretKey::from_slice(secret).map_err(|_| EncryptionError::Chance)?;
        let point = sender.public_key().to_sec1_point(false);
        let shared = diffie_hellman(sender.to_nonzero_scalar(), self.key.as_affine());
        let input = keying_material(shared.raw_secret_bytes(), &self.auth, &self.key, point.as_bytes())?;
        let (key, nonce) = content_keys(input.as_slice(), salt)?;

        let mut out = Vec::with_capacity(HEADER + plaintext.len() + 1 + TAG);
        out.extend_from_slice(salt);
        out.extend_from_slice(&RECORD_SIZE.to_be_bytes());
        out.push(POINT as u8);
        out.extend_from_slice(point.as_bytes());
        let start = out.len();
        out.extend_from_slice(plaintext);
        out.push(LAST);
        let tag = Aes128Gcm::new(&Key::<Aes128Gcm>::from(*key))
            .encrypt_inout_detached(&Nonce::<Aes128Gcm>::from(nonce), &[], (&mut out[start..]).into())
            .map_err(|_| EncryptionError::Length)?;
        out.extend_from_slice(&tag);
        Ok(out)
    }
}

/// Opens what was sealed to `secret`: what a browser does, for checks against the RFC and for a push service in tests.
/// Messages of one record only.
///
/// # Errors
/// [`EncryptionError::Refused`].
pub fn open(body: &[u8], secret: &SecretKey, auth: &[u8; 16]) -> Result<Vec<u8>, EncryptionError> {
    let refused = EncryptionError::Refused;
    let (salt, rest) = body.split_first_chunk::<16>().ok_or(refused)?;
    let (size, rest) = rest.split_first_chunk::<4>().ok_or(refused)?;
    let (named, rest) = rest.split_first_chunk::<1>().ok_or(refused)?;
    let (point, record) = rest.split_first_chunk::<POINT>().ok_or(refused)?;
    let size = u32::from_be_bytes(*size) as usize;
    if usize::from(named[0]) != POINT || record.len() > size || record.len() <= TAG {
        return Err(refused);
    }
    let sender = PublicKey::from_sec1_bytes(point).map_err(|_| refused)?;
    let shared = diffie_hellman(secret.to_nonzero_scalar(), sender.as_affine());
    let input = keying_material(shared.raw_secret_bytes(), auth, &secret.public_key(), point)?;
    let (key, nonce) = content_keys(input.as_slice(), salt)?;
    let (sealed, tag) = record.split_last_chunk::<TAG>().ok_or(refused)?;
    let mut plain = sealed.to_vec();
    Aes128Gcm::new(&Key::<Aes128Gcm>::from(*key))
        .decrypt_inout_detached(
            &Nonce::<Aes128Gcm>::from(nonce),
            &[],
            plain.as_mut_slice().into(),
            &Tag::<Aes128Gcm>::from(*tag),
        )
        .map_err(|_| refused)?;
    while plain.last() == Some(&0) {
        plain.pop();
    }
    if plain.pop() == Some(LAST) { Ok(plain) } else { Err(refused) }
}

/// RFC 8291, 3.3 and 3.4: the shared secret, bound to both keys and to the secret that the browser gave us.
fn keying_material(
    shared: &[u8],
    auth: &[u8; 16],
    receiver: &PublicKey,
    sender: &[u8],
) -> Result<Zeroizing<[u8; 32]>, EncryptionError> {
    let mut out = Zeroizing::new([0; 32]);
    let receiver = receiver.to_sec1_point(false);
    Hkdf::<Sha256>::new(Some(auth), shared)
        .expand_multi_info(&[b"WebPush: info\0", receiver.as_bytes(), sender], out.as_mut_slice())
        .map_err(|_| EncryptionError::Refused)?;
    Ok(out)
}

/// RFC 8188, 2.2 and 2.3, for record 0.
fn content_keys(input: &[u8], salt: &[u8; 16]) -> Result<(Zeroizing<[u8; 16]>, [u8; 12]), EncryptionError> {
    let (mut key, mut nonce) = (Zeroizing::new([0; 16]), [0; 12]);
    let from = Hkdf::<Sha256>::new(Some(salt), input);
    from.expand(b"Content-Encoding: aes128gcm\0", key.as_mut_slice()).map_err(|_| EncryptionError::Refused)?;
    from.expand(b"Content-Encoding: nonce\0", &mut nonce).map_err(|_| EncryptionError::Refused)?;
    Ok((key, nonce))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    // RFC 8291, section 5 and appendix A.
    const PLAINTEXT: &[u8] = b"When I grow up, I want to be a watermelon";
    const SENDER: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    const RECEIVER: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const SALT: &str = "DGv6ra1nlYgDCS1FRnbzlw";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    const BODY: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    #[test]
    fn the_rfcs_message_byte_for_byte() {
        let receiver = Receiver::new(&bytes(P256DH), bytes(AUTH)).unwrap();
        let body = receiver.seal(PLAINTEXT, &bytes(SENDER), &bytes(SALT)).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(&body), BODY);
        let secret = SecretKey::from_slice(&bytes::<32>(RECEIVER)).unwrap();
        assert_eq!(open(&body, &secret, &bytes(AUTH)).unwrap(), PLAINTEXT);
    }

    #[test]
    fn the_rfcs_intermediate_values() {
        let sender = SecretKey::from_slice(&bytes::<32>(SENDER)).unwrap();
        let receiver = PublicKey::from_sec1_bytes(&bytes::<65>(P256DH)).unwrap();
        let shared = diffie_hellman(sender.to_nonzero_scalar(), receiver.as_affine());
        let b64u = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        assert_eq!(b64u(shared.raw_secret_bytes()), "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let point = sender.public_key().to_sec1_point(false);
        let input = keying_material(shared.raw_secret_bytes(), &bytes(AUTH), &receiver, point.as_bytes()).unwrap();
        assert_eq!(b64u(input.as_slice()), "S4lYMb_L0FxCeq0WhDx813KgSYqU26kOyzWUdsXYyrg");
        let (key, nonce) = content_keys(input.as_slice(), &bytes(SALT)).unwrap();
        assert_eq!(b64u(key.as_slice()), "oIhVW04MRdy2XN9CiKLxTg");
        assert_eq!(b64u(&nonce), "4h_95klXJ5E_qnoN");
    }

    /// RFC 8188, 3.1, which names no key: the derivation and the record's shape.
    #[test]
    fn the_content_codings_own_example() {
        let (key, nonce) =
            content_keys(&bytes::<16>("yqdlZ-tYemfogSmv7Ws5PQ"), &bytes("I1BsxtFttlv3u_Oo94xnmw")).unwrap();
        let mut record = b"I am the walrus\x02".to_vec();
        let tag = Aes128Gcm::new(&Key::<Aes128Gcm>::from(*key))
            .encrypt_inout_detached(&Nonce::<Aes128Gcm>::from(nonce), &[], record.as_mut_slice().into())
            .unwrap();
        record.extend_from_slice(&tag);
        let body = [&bytes::<16>("I1BsxtFttlv3u_Oo94xnmw")[..], &RECORD_SIZE.to_be_bytes(), &[0], &record].concat();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body),
            "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg"
        );
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let secret = SecretKey::from_slice(&bytes::<32>(RECEIVER)).unwrap();
        let body = URL_SAFE_NO_PAD.decode(BODY).unwrap();
        for at in 0..body.len() {
            // A larger record size says nothing else about a message of one record.
            if (16..20).contains(&at) {
                continue;
            }
            let mut bent = body.clone();
            bent[at] ^= 1;
            assert!(open(&bent, &secret, &bytes(AUTH)).is_err(), "byte {at}");
            assert!(open(&body[..at], &secret, &bytes(AUTH)).is_err(), "cut at {at}");
        }
        assert!(open(&body, &secret, &[0; 16]).is_err());
    }

    #[test]
    fn keys_off_the_curve_and_long_messages_are_refused() {
        let mut off = bytes::<65>(P256DH);
        off[64] ^= 1;
        assert_eq!(Receiver::new(&off, [0; 16]).err(), Some(EncryptionError::Key));
        assert_eq!(Receiver::new(&[0; 65], [0; 16]).err(), Some(EncryptionError::Key));
        let receiver = Receiver::new(&bytes(P256DH), bytes(AUTH)).unwrap();
        let longest = receiver.seal(&[7; MAX_PLAINTEXT], &bytes(SENDER), &bytes(SALT)).unwrap();
        assert_eq!(longest.len(), RECORD_SIZE as usize);
        let long = receiver.seal(&[7; MAX_PLAINTEXT + 1], &bytes(SENDER), &bytes(SALT));
        assert_eq!(long, Err(EncryptionError::Length));
        assert_eq!(receiver.seal(b"", &[0; 32], &[0; 16]), Err(EncryptionError::Chance));
    }
}
