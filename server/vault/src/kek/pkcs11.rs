//! A key-encryption key in a PKCS#11 token: the token encrypts and decrypts, and the key never leaves it.
//!
//! Data keys pass as data through `C_Encrypt` and `C_Decrypt` with AES-GCM, not through `C_WrapKey`: that would need
//! each of them to be an object in the token first, and PKCS#11 2.40 has no associated data for wrapping.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::source::PinSource;
use super::{KekError, KekId};
use crate::place::append_part;
use crate::secret::Secret;

/// Domain tag.
const NAME: &[u8] = b"honnin/vault/kek-id/pkcs11/v1";
const IV: usize = 12;
const TAG_BITS: u64 = 128;

/// Which key in which token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs11Source {
    /// The module: a shared library.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The key's `CKA_LABEL`.
    pub key: String,
    /// Where the user's PIN is.
    pub pin: PinSource,
}

/// An AES-256 key in a token, with a session that is logged in.
pub struct Pkcs11Key {
    module: Pkcs11,
    token: String,
    label: String,
    pin: AuthPin,
    id: KekId,
    /// A session serves one thread at a time; wrapping is rare.
    connection: Mutex<Connection>,
}

struct Connection {
    session: Session,
    key: ObjectHandle,
    id: KekId,
}

impl Pkcs11Key {
    /// Loads the module, logs in, finds the key and checks that it is an AES-256 key that cannot be taken out.
    ///
    /// # Errors
    /// [`KekError`].
    pub fn open(source: &Pkcs11Source, pin: Zeroizing<String>) -> Result<Self, KekError> {
        let module = Pkcs11::new(&source.module).map_err(failed("loading the module"))?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // Another key of this process uses the same module.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(failed("starting the module")(error)),
        }
        let pin = AuthPin::from(pin.as_str().to_owned());
        let connection = connect(&module, &source.token, &source.key, &pin)?;
        Ok(Self {
            module,
            token: source.token.clone(),
            label: source.key.clone(),
            pin,
            id: connection.id.clone(),
            connection: Mutex::new(connection),
        })
    }

    pub(super) fn id(&self) -> &KekId {
        &self.id
    }

    /// `iv ‖ ciphertext ‖ tag`. So few keys are wrapped that random 96-bit nonces are far from meeting.
    pub(super) fn wrap_key(&self, key: &Secret, associated: &[u8], salt: &[u8; 32]) -> Result<Vec<u8>, KekError> {
        let mut out = salt[..IV].to_vec();
        let sealed = self.with_session(|session, handle| {
            let mut iv = [0; IV];
            iv.copy_from_slice(&salt[..IV]);
            let parameters = GcmParams::new(&mut iv, associated, TAG_BITS.into())?;
            session.encrypt(&Mechanism::AesGcm(parameters), handle, key.bytes())
        });
        let sealed = sealed.map_err(failed("encrypting with the key"))?;
        if sealed.len() != 32 + 16 {
            return Err(KekError::Unfit { key: self.label.clone(), why: "makes no 128-bit tag" });
        }
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub(super) fn unwrap_key(&self, wrapping: &[u8], associated: &[u8]) -> Result<Secret, KekError> {
        let (iv, sealed) = wrapping.split_first_chunk::<IV>().ok_or(KekError::Refused)?;
        if sealed.len() != 32 + 16 {
            return Err(KekError::Refused);
        }
        let plain = self.with_session(|session, handle| {
            let mut iv = *iv;
            let parameters = GcmParams::new(&mut iv, associated, TAG_BITS.into())?;
            session.decrypt(&Mechanism::AesGcm(parameters), handle, sealed)
        });
        let mut plain = match plain {
            Ok(plain) => plain,
            Err(Error::Pkcs11(RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange, _)) => {
                return Err(KekError::Refused);
            }
            // SoftHSM says only this of a tag that does not fit; so does a token that is broken, which cannot encrypt.
            Err(Error::Pkcs11(RvError::GeneralError, _)) if self.encrypts() => return Err(KekError::Refused),
            Err(error) => return Err(failed("decrypting with the key")(error)),
        };
        let secret = <&mut [u8; 32]>::try_from(plain.as_mut_slice()).map(Secret::take);
        plain.zeroize();
        secret.map_err(|_| KekError::Refused)
    }

    /// Whether the key works at all, on a block of zeros whose result is thrown away.
    fn encrypts(&self) -> bool {
        self.wrap_key(&Secret::take(&mut [0; 32]), NAME, &[0; 32]).is_ok()
    }

    /// Runs `work`; once more in a new session when the old one was lost, as when a token's network went away.
    fn with_session<T>(&self, work: impl Fn(&Session, ObjectHandle) -> Result<T, Error>) -> Result<T, Error> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let first = work(&connection.session, connection.key);
        let Err(Error::Pkcs11(reason, _)) = &first else { return first };
        if !says_session_is_lost(reason) {
            return first;
        }
        let Ok(fresh) = connect(&self.module, &self.token, &self.label, &self.pin) else { return first };
        if fresh.id != self.id {
            return first;
        }
        *connection = fresh;
        work(&connection.session, connection.key)
    }
}

fn connect(module: &Pkcs11, token: &str, label: &str, pin: &AuthPin) -> Result<Connection, KekError> {
    let slots = module.get_slots_with_initialized_token().map_err(failed("listing tokens"))?;
    let mut found = Vec::new();
    for slot in slots {
        if module.get_token_info(slot).map_err(failed("reading a token's label"))?.label() == token {
            found.push(slot);
        }
    }
    let slot = match found.as_slice() {
        [] => return Err(KekError::NoToken { token: token.to_owned() }),
        [slot] => *slot,
        many => return Err(KekError::ManyTokens { token: token.to_owned(), count: many.len() }),
    };
    let session = module.open_ro_session(slot).map_err(failed("opening a session"))?;
    match session.login(UserType::User, Some(pin)) {
        // Login is the application's, not the session's.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
        Err(error) => return Err(failed("logging in")(error)),
    }
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Label(label.as_bytes().to_vec()),
    ];
    let keys = session.find_objects(&template).map_err(failed("looking for the key"))?;
    let [key] = keys.as_slice() else {
        return Err(KekError::NotOneKey { token: token.to_owned(), key: label.to_owned(), count: keys.len() });
    };
    let id = checked(&session, *key, label)?;
    Ok(Connection { key: *key, id, session })
}

/// The key's name, if it is what a key-encryption key must be.
fn checked(session: &Session, key: ObjectHandle, label: &str) -> Result<KekId, KekError> {
    let wanted = [
        AttributeType::ValueLen,
        AttributeType::Sensitive,
        AttributeType::Extractable,
        AttributeType::Encrypt,
        AttributeType::Decrypt,
        AttributeType::Id,
    ];
    let attributes = session.get_attributes(key, &wanted).map_err(failed("reading the key's attributes"))?;
    let unfit = |why| Err(KekError::Unfit { key: label.to_owned(), why });
    let has = |wanted: &Attribute| attributes.contains(wanted);
    if !has(&Attribute::ValueLen(32_u64.into())) {
        return unfit("has not 256 bits");
    }
    if !has(&Attribute::Sensitive(true)) || !has(&Attribute::Extractable(false)) {
        return unfit("can be taken out of the token (CKA_SENSITIVE must be true, CKA_EXTRACTABLE false)");
    }
    if !has(&Attribute::Encrypt(true)) || !has(&Attribute::Decrypt(true)) {
        return unfit("may not encrypt and decrypt (CKA_ENCRYPT, CKA_DECRYPT)");
    }
    let id = attributes.iter().find_map(|a| if let Attribute::Id(id) = a { Some(id.as_slice()) } else { None });
    let mut named = Vec::new();
    for part in [NAME, id.unwrap_or_default(), label.as_bytes()] {
        append_part(&mut named, part);
    }
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&Sha256::digest(&named)[..16]);
    Ok(KekId::new("p11", &fingerprint))
}

fn failed(doing: &'static str) -> impl Fn(Error) -> KekError {
    move |error| KekError::Pkcs11 { doing, reason: error.to_string() }
}

fn says_session_is_lost(reason: &RvError) -> bool {
    use RvError::{
        DeviceError, DeviceRemoved, KeyHandleInvalid, ObjectHandleInvalid, SessionClosed, SessionHandleInvalid,
        TokenNotPresent, UserNotLoggedIn,
    };
    matches!(
        reason,
        DeviceError
            | DeviceRemoved
            | KeyHandleInvalid
            | ObjectHandleInvalid
            | SessionClosed
            | SessionHandleInvalid
            | TokenNotPresent
            | UserNotLoggedIn
    )
}
