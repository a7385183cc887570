//! A key-encryption key in SoftHSM, Debian's software token, through its real module.
//!
//! A token's place is read from the environment once a process, so each test runs itself again in a process of its
//! own, beside a token of its own in a temporary folder.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use honnin_vault::kek::{PinSource, Pkcs11Source};
use honnin_vault::{KekError, KekSource, KeyEncryptionKey, KeyKind, Keyring, KeyringError, Place, WrappedKey};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const UTIL: &str = "/usr/bin/softhsm2-util";
const TOKEN: &str = "honnin-test";
const PIN: &str = "73914628";
/// Set in the process that has a token: the folder of that token.
const FOLDER: &str = "HONNIN_VAULT_TEST_TOKEN";
const PLACE: Place<'_> = Place { organisation: "midori", table: "devices", row: "d_1", column: "label" };

/// Runs `test` in a process of its own with a new token.
fn with_token(name: &str, test: fn(&Token)) {
    if let Some(folder) = env::var_os(FOLDER) {
        return test(&Token::open(folder.into()));
    }
    for file in [MODULE, UTIL] {
        assert!(Path::new(file).exists(), "{file} is missing: install Debian's softhsm2 (`cargo xtask test` does)");
    }
    let dir = tempfile::tempdir().unwrap();
    let (config, tokens) = (dir.path().join("softhsm2.conf"), dir.path().join("tokens"));
    fs::create_dir(&tokens).unwrap();
    fs::write(&config, format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display())).unwrap();
    let pin = dir.path().join("pin");
    fs::write(&pin, format!("{PIN}\n")).unwrap();
    fs::set_permissions(&pin, fs::Permissions::from_mode(0o400)).unwrap();
    let init = ["--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "11112222"];
    let made = Command::new(UTIL).args(init).env("SOFTHSM2_CONF", &config).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("SOFTHSM2_CONF", &config)
        .env(FOLDER, dir.path())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && out.contains("1 passed"), "{out}\n{err}");
}

/// The token, as the person sees it who sets it up.
struct Token {
    folder: PathBuf,
    module: Pkcs11,
    session: Session,
}

impl Token {
    fn open(folder: PathBuf) -> Self {
        let module = Pkcs11::new(MODULE).unwrap();
        module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        let session = Self::session(&module);
        Self { folder, module, session }
    }

    fn session(module: &Pkcs11) -> Session {
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        let session = module.open_rw_session(slot).unwrap();
        session.login(UserType::User, Some(&AuthPin::from(PIN.to_owned()))).unwrap();
        session
    }

    /// A new AES key: 256 bits that cannot be taken out, unless `change` says otherwise.
    fn generate(&self, label: &str, change: &[Attribute]) {
        let mut template = vec![
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Id(vec![0x01]),
            Attribute::ValueLen(32_u64.into()),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ];
        for attribute in change {
            template.retain(|a| a.attribute_type() != attribute.attribute_type());
            template.push(attribute.clone());
        }
        self.session.generate_key(&Mechanism::AesKeyGen, &template).unwrap();
    }

    fn destroy(&self, label: &str) {
        for key in self.session.find_objects(&[Attribute::Label(label.as_bytes().to_vec())]).unwrap() {
            self.session.destroy_object(key).unwrap();
        }
    }

    fn source(&self, key: &str) -> Pkcs11Source {
        Pkcs11Source {
            module: MODULE.into(),
            token: TOKEN.into(),
            key: key.into(),
            pin: PinSource::File(self.folder.join("pin")),
        }
    }

    fn load(&self, key: &str) -> Result<KeyEncryptionKey, KekError> {
        KekSource::Pkcs11(self.source(key)).load()
    }
}

fn local() -> KeyEncryptionKey {
    KeyEncryptionKey::from_bytes(&mut std::array::from_fn(|i| i as u8))
}

fn make(keyring: &Keyring, kind: KeyKind, byte: u8) -> WrappedKey {
    let row = keyring.next_key(kind, "midori", 0, std::array::from_fn(|i| byte ^ i as u8)).unwrap();
    keyring.add(&row).unwrap();
    row
}

#[test]
fn wraps_and_opens_after_a_restart() {
    with_token("wraps_and_opens_after_a_restart", |token| {
        token.generate("kek", &[]);
        let keyring = Keyring::unlock(vec![token.load("kek").unwrap()], []).unwrap();
        let rows = [make(&keyring, KeyKind::Data, 1), make(&keyring, KeyKind::Index, 2)];
        assert!(rows[0].kek().as_str().starts_with("p11-"));
        let sealed = keyring.seal(&PLACE, b"x", [1; 32]).unwrap();
        let index = keyring.index("midori", "handle", b"cust-1").unwrap();
        drop(keyring);
        // Through text, as the database holds it.
        let rows = rows.map(|row| row.to_string().parse::<WrappedKey>().unwrap());
        let again = Keyring::unlock(vec![token.load("kek").unwrap()], &rows).unwrap();
        assert_eq!(again.open(&PLACE, &sealed).unwrap().as_slice(), b"x");
        assert_eq!(again.index("midori", "handle", b"cust-1").unwrap(), index);
    });
}

#[test]
fn altered_rows_and_other_keys_are_refused() {
    with_token("altered_rows_and_other_keys_are_refused", |token| {
        token.generate("kek", &[]);
        let keyring = Keyring::unlock(vec![token.load("kek").unwrap()], []).unwrap();
        let text = make(&keyring, KeyKind::Data, 1).to_string();
        let refused = |text: &str| {
            let row: WrappedKey = text.parse().unwrap();
            let error = Keyring::unlock(vec![token.load("kek").unwrap()], [&row]).unwrap_err();
            assert!(matches!(error, KeyringError::Unwrap { source: KekError::Refused, .. }), "{error}");
        };
        // Associated data reaches the token: another organisation, another version.
        refused(&text.replacen(":midori:", ":aoi:", 1));
        refused(&text.replacen(":1:", ":2:", 1));
        let body = text.rfind(':').unwrap() + 1;
        // Nonce, ciphertext and tag.
        for at in [0, 20, text.len() - body - 4] {
            let mut altered = text.clone().into_bytes();
            altered[body + at] = if altered[body + at] == b'A' { b'B' } else { b'A' };
            refused(&String::from_utf8(altered).unwrap());
        }
        // Too short for a nonce, too short for a tag.
        refused(&text[..body + 8]);
        refused(&text[..body + 32]);
        // Somebody put another key in its place, with the same label and CKA_ID.
        token.destroy("kek");
        token.generate("kek", &[]);
        refused(&text);
        // And with another CKA_ID it has another name.
        token.destroy("kek");
        token.generate("kek", &[Attribute::Id(vec![0x02])]);
        let error = Keyring::unlock(vec![token.load("kek").unwrap()], [&text.parse().unwrap()]).unwrap_err();
        assert!(matches!(error, KeyringError::WrongKek { .. }), "{error}");
    });
}

#[test]
fn unfit_tokens_keys_and_pins_are_named() {
    with_token("unfit_tokens_keys_and_pins_are_named", |token| {
        token.generate("kek", &[]);
        token.generate("twice", &[]);
        token.generate("twice", &[]);
        token.generate("short", &[Attribute::ValueLen(16_u64.into())]);
        token.generate("open", &[Attribute::Extractable(true)]);
        token.generate("plain", &[Attribute::Sensitive(false)]);
        token.generate("half", &[Attribute::Decrypt(false)]);
        assert!(matches!(token.load("none"), Err(KekError::NotOneKey { count: 0, .. })));
        assert!(matches!(token.load("twice"), Err(KekError::NotOneKey { count: 2, .. })));
        for unfit in ["short", "open", "plain", "half"] {
            let error = token.load(unfit).unwrap_err();
            assert!(matches!(error, KekError::Unfit { .. }), "{unfit}: {error}");
        }
        let source = |change: &dyn Fn(&mut Pkcs11Source)| {
            let mut source = token.source("kek");
            change(&mut source);
            KekSource::Pkcs11(source).load()
        };
        assert!(matches!(source(&|s| s.token = "elsewhere".into()), Err(KekError::NoToken { .. })));
        let missing = source(&|s| s.module = "/usr/lib/none.so".into()).unwrap_err();
        assert!(matches!(missing, KekError::Pkcs11 { doing: "loading the module", .. }), "{missing}");
        let no_module = source(&|s| s.module = token.folder.join("pin")).unwrap_err();
        assert!(matches!(no_module, KekError::Pkcs11 { doing: "loading the module", .. }), "{no_module}");
        assert!(token.load("kek").is_ok());
    });
}

#[test]
fn a_wrong_pin_is_refused() {
    with_token("a_wrong_pin_is_refused", |token| {
        token.generate("kek", &[]);
        // Login is the process's: what this test did with the right PIN must not count.
        token.session.logout().unwrap();
        let mut source = token.source("kek");
        source.pin = PinSource::Environment("PIN".into());
        let source = KekSource::Pkcs11(source);
        let error = source.load_with(&|_| Some("00000000".into())).unwrap_err();
        assert!(matches!(error, KekError::Pkcs11 { doing: "logging in", .. }), "{error}");
        assert!(!error.to_string().contains("00000000"));
        assert!(source.load_with(&|_| Some(PIN.into())).is_ok());
    });
}

#[test]
fn a_lost_session_is_opened_again() {
    with_token("a_lost_session_is_opened_again", |token| {
        token.generate("kek", &[]);
        let keyring = Keyring::unlock(vec![token.load("kek").unwrap()], []).unwrap();
        let row = make(&keyring, KeyKind::Data, 1);
        // Every session and the login are gone, as when a token's daemon restarts.
        token.module.clone().finalize().unwrap();
        token.module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        keyring.add(&row).unwrap();
        assert_eq!(make(&keyring, KeyKind::Data, 2).version(), 2);
    });
}

#[test]
fn from_a_file_into_the_token_and_on_to_another_key() {
    with_token("from_a_file_into_the_token_and_on_to_another_key", |token| {
        let keyring = Keyring::unlock(vec![local()], []).unwrap();
        let row = make(&keyring, KeyKind::Data, 1);
        let sealed = keyring.seal(&PLACE, b"x", [1; 32]).unwrap();
        token.generate("kek-1", &[]);
        token.generate("kek-2", &[]);
        // Two keys of one token at once: one module, one login, two sessions.
        keyring.install_kek(token.load("kek-1").unwrap());
        let first = keyring.rewrap(&row, 1, [2; 32]).unwrap().unwrap();
        keyring.add(&first).unwrap();
        keyring.retire_kek(local().id()).unwrap();
        keyring.install_kek(token.load("kek-2").unwrap());
        let second = keyring.rewrap(&first, 2, [3; 32]).unwrap().unwrap();
        keyring.add(&second).unwrap();
        keyring.retire_kek(first.kek()).unwrap();
        assert_eq!(second.made_at(), row.made_at());
        let again = Keyring::unlock(vec![token.load("kek-2").unwrap()], [&second]).unwrap();
        assert_eq!(again.open(&PLACE, &sealed).unwrap().as_slice(), b"x");
    });
}

#[test]
fn threads_share_the_session() {
    with_token("threads_share_the_session", |token| {
        token.generate("kek", &[]);
        let keyring = Keyring::unlock(vec![token.load("kek").unwrap()], []).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8_u8 {
                let keyring = &keyring;
                scope.spawn(move || {
                    for round in 0..20_u8 {
                        let organisation = format!("o{thread}");
                        let random = std::array::from_fn(|i| thread.wrapping_mul(20) ^ round ^ i as u8);
                        keyring.add(&keyring.next_key(KeyKind::Data, &organisation, 0, random).unwrap()).unwrap();
                    }
                });
            }
        });
        assert!((0..8).all(|thread| keyring.current(&format!("o{thread}")) == Some(20)));
    });
}
