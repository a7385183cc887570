//! Where a key-encryption key is read from, as configuration says it.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::pkcs11::{Pkcs11Key, Pkcs11Source};
use super::{KekError, KeyEncryptionKey};

/// Longest content of a file or variable, in bytes.
const MAX_CONTENT: usize = 1024;
/// What others than the owner may not have, and the group may not do. The group may read: systemd hands a credential
/// to the service's user by an access list, whose mask shows as the group's bits (0440).
const EXPOSED: u32 = 0o037;

/// `{ file = "/path" }`, `{ environment = "NAME" }` or `{ pkcs11 = { … } }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KekSource {
    /// A file of 64 hex digits or 32 bytes in base64, with mode 0400, 0600 or 0440.
    File(PathBuf),
    /// An environment variable of the same content. It stands in `/proc` for whoever may trace the process, and
    /// children inherit it: a file or a token is better.
    Environment(String),
    /// An AES-256 key in a token.
    Pkcs11(Pkcs11Source),
}

/// Where a token's PIN is read from: `{ file = "/path" }` or `{ environment = "NAME" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PinSource {
    /// A file with the PIN, with the mode that key files have.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

impl KekSource {
    /// Reads the key from where this says, the environment being the process's own.
    ///
    /// # Errors
    /// [`KekError`], worded for the person who starts the server.
    pub fn load(&self) -> Result<KeyEncryptionKey, KekError> {
        self.load_with(&|name| std::env::var_os(name))
    }

    /// [`load`](Self::load) with another environment.
    ///
    /// # Errors
    /// [`KekError`].
    pub fn load_with(&self, environment: &dyn Fn(&str) -> Option<OsString>) -> Result<KeyEncryptionKey, KekError> {
        match self {
            Self::File(path) => local(&read_secret(path)?, &format!("key file {}", path.display())),
            Self::Environment(name) => local(&variable(name, environment)?, &format!("environment variable {name}")),
            Self::Pkcs11(source) => {
                let pin = source.pin.read(environment)?;
                Ok(KeyEncryptionKey::Pkcs11(Pkcs11Key::open(source, pin)?))
            }
        }
    }
}

impl PinSource {
    fn read(&self, environment: &dyn Fn(&str) -> Option<OsString>) -> Result<Zeroizing<String>, KekError> {
        let (content, origin) = match self {
            Self::File(path) => (read_secret(path)?, format!("PIN file {}", path.display())),
            Self::Environment(name) => (variable(name, environment)?, format!("environment variable {name}")),
        };
        match std::str::from_utf8(one_line(&content)) {
            Ok(pin) if !pin.is_empty() && pin.len() <= 256 => Ok(Zeroizing::new(pin.to_owned())),
            _ => Err(KekError::Pin { origin }),
        }
    }
}

fn local(content: &[u8], origin: &str) -> Result<KeyEncryptionKey, KekError> {
    let mut key = decode(one_line(content)).ok_or_else(|| KekError::Format { origin: origin.to_owned() })?;
    if key.iter().all(|byte| *byte == key[0]) {
        return Err(KekError::Placeholder { origin: origin.to_owned() });
    }
    Ok(KeyEncryptionKey::from_bytes(&mut key))
}

/// 64 hex digits, or base64 of 32 bytes in either alphabet, padded or not; the three lengths tell them apart.
fn decode(text: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    match text.len() {
        64 => hex::decode_to_slice(text, key.as_mut_slice()).ok()?,
        43 | 44 => {
            let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
            let url = text.iter().any(|b| matches!(b, b'-' | b'_'));
            let engine = GeneralPurpose::new(if url { &alphabet::URL_SAFE } else { &alphabet::STANDARD }, config);
            // The decoder wants room for what the length could hold at most.
            let mut room = Zeroizing::new([0; 36]);
            let length = engine.decode_slice(text, room.as_mut_slice()).ok()?;
            if length != 32 {
                return None;
            }
            key.copy_from_slice(&room[..32]);
        }
        _ => return None,
    }
    Some(key)
}

/// The content without one line end.
fn one_line(content: &[u8]) -> &[u8] {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    content.strip_suffix(b"\r").unwrap_or(content)
}

fn variable(name: &str, environment: &dyn Fn(&str) -> Option<OsString>) -> Result<Zeroizing<Vec<u8>>, KekError> {
    let content = environment(name).ok_or_else(|| KekError::NoVariable { name: name.to_owned() })?;
    Ok(Zeroizing::new(content.into_encoded_bytes()))
}

/// A small file that only its owner (and, to read, its group) has access to.
fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, KekError> {
    let failed = |source| KekError::Read { path: path.to_owned(), source };
    // Before opening, since opening a pipe would wait; the rest is asked of what was really opened.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(KekError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & EXPOSED != 0 {
        return Err(KekError::Exposed { path: path.to_owned(), mode });
    }
    let mut content = Zeroizing::new(Vec::with_capacity(MAX_CONTENT + 1));
    file.take(MAX_CONTENT as u64 + 1).read_to_end(&mut content).map_err(failed)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, KekSource) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (dir, KekSource::File(path))
    }

    fn load(content: &[u8], mode: u32) -> Result<KeyEncryptionKey, KekError> {
        let (_dir, source) = file(content, mode);
        source.load()
    }

    #[test]
    fn one_key_in_every_spelling() {
        let id = load(HEX.as_bytes(), 0o400).unwrap().id().clone();
        let padded = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=";
        let spellings = [
            HEX.to_uppercase(),
            format!("{HEX}\n"),
            format!("{HEX}\r\n"),
            padded.to_owned(),
            padded.trim_end_matches('=').to_owned(),
            padded.replace('/', "_"),
        ];
        for text in &spellings {
            assert_eq!(*load(text.as_bytes(), 0o600).unwrap().id(), id, "{text:?}");
            let environment = |name: &str| (name == "KEK").then(|| OsString::from(text));
            assert_eq!(*KekSource::Environment("KEK".into()).load_with(&environment).unwrap().id(), id);
        }
        assert!(!id.as_str().contains(&HEX[..8]));
    }

    #[test]
    fn other_contents_are_refused_and_not_repeated() {
        let long = "A".repeat(5000);
        for bad in ["", "\n", &HEX[1..], &format!("{HEX}0"), &format!("{HEX}\n\n"), &format!(" {HEX}"), &long] {
            let error = load(bad.as_bytes(), 0o400).unwrap_err();
            assert!(matches!(error, KekError::Format { .. }), "{bad:?}: {error}");
            assert!(bad.len() < 8 || !error.to_string().contains(bad.trim()));
        }
        // Stray bits after the last byte, and one byte too many.
        for bad in ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv9", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8A"] {
            assert!(matches!(load(bad.as_bytes(), 0o400), Err(KekError::Format { .. })), "{bad}");
        }
        assert!(matches!(load(&[0xff; 64], 0o400), Err(KekError::Format { .. })));
        assert!(matches!(load("00".repeat(32).as_bytes(), 0o400), Err(KekError::Placeholder { .. })));
    }

    #[test]
    fn modes() {
        for good in [0o400, 0o600, 0o440, 0o700] {
            assert!(load(HEX.as_bytes(), good).is_ok(), "{good:o}");
        }
        for bad in [0o444, 0o644, 0o604, 0o602, 0o660, 0o601, 0o777] {
            match load(HEX.as_bytes(), bad) {
                Err(KekError::Exposed { mode, .. }) => assert_eq!(mode, bad),
                other => panic!("{bad:o}: {other:?}"),
            }
        }
    }

    #[test]
    fn missing_and_strange() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(KekSource::File(dir.path().into()).load(), Err(KekError::NotAFile { .. })));
        assert!(matches!(KekSource::File(dir.path().join("none")).load(), Err(KekError::Read { .. })));
        let missing = KekSource::Environment("HONNIN_VAULT_TEST_UNSET".into());
        assert!(matches!(missing.load(), Err(KekError::NoVariable { .. })));
        // Really the process's environment: PATH is set, and holds no key.
        assert!(matches!(KekSource::Environment("PATH".into()).load(), Err(KekError::Format { .. })));
    }

    #[test]
    fn another_byte_another_name() {
        let other = HEX.replace("ff", "fe");
        assert_ne!(load(HEX.as_bytes(), 0o400).unwrap().id(), load(other.as_bytes(), 0o400).unwrap().id());
    }

    #[test]
    fn pins() {
        let read = |content: &[u8], mode| {
            let (_dir, KekSource::File(path)) = file(content, mode) else { unreachable!() };
            PinSource::File(path).read(&|_| None)
        };
        assert_eq!(*read(b"1234\n", 0o400).unwrap(), "1234");
        assert!(matches!(read(b"\n", 0o400), Err(KekError::Pin { .. })));
        assert!(matches!(read(&[b'1'; 300], 0o400), Err(KekError::Pin { .. })));
        assert!(matches!(read(b"1234", 0o644), Err(KekError::Exposed { .. })));
        let variable = PinSource::Environment("PIN".into());
        assert_eq!(*variable.read(&|_| Some("99".into())).unwrap(), "99");
    }

    #[test]
    fn configuration() {
        let of = |json: serde_json::Value| serde_json::from_value::<KekSource>(json);
        assert_eq!(of(serde_json::json!({"file": "/k"})).unwrap(), KekSource::File("/k".into()));
        assert_eq!(of(serde_json::json!({"environment": "K"})).unwrap(), KekSource::Environment("K".into()));
        let token = serde_json::json!({"module": "/m.so", "token": "t", "key": "k", "pin": {"file": "/p"}});
        assert!(matches!(of(serde_json::json!({"pkcs11": token})).unwrap(), KekSource::Pkcs11(_)));
        let extra = serde_json::json!({"module": "/m.so", "token": "t", "key": "k", "pin": {"file": "/p"}, "slot": 0});
        for bad in [serde_json::json!({"pkcs11": extra}), serde_json::json!({"vault": "x"}), serde_json::json!({})] {
            assert!(of(bad).is_err());
        }
    }
}
