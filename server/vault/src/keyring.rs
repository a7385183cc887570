//! Every key that a process holds, of all organisations, shared between its threads.
//!
//! **Rotating a data key.** [`next_key`](Keyring::next_key) draws it, the caller stores the row, and only then
//! [`add`](Keyring::add)s it: nothing is ever sealed with a key that is not stored. Two nodes that rotate at once meet at
//! the table's primary key (organisation, kind, version); the loser reads the rows again. A node that meets a field of
//! a version that it does not hold yet gets [`OpenError::UnknownKey`] and reads the rows again. Fields are sealed
//! anew one by one ([`reseal`](Keyring::reseal)), and open under the old key until then.
//!
//! **Changing the key-encryption key.** Nodes hold old and new at once: first all of them with the old one first in
//! the list, then with the new one first; then every row is [`rewrap`](Keyring::rewrap)ped; then the old one goes.
//!
//! No lock is held while a token works or a field is sealed.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zeroize::Zeroizing;

use crate::data_key::{DataKey, OpenError, SealError, prefix, version_of};
use crate::index::IndexKey;
use crate::kek::{KekError, KekId, KeyEncryptionKey};
use crate::place::Place;
use crate::secret::Secret;
use crate::status::{KeyStatus, Role, WARN_DAYS, days};
use crate::wrapped::{KeyKind, Label, WrappedKey, is_organisation};

/// Why keys cannot be held, made or wrapped.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// No key-encryption key was given.
    #[error("no key-encryption key is configured")]
    NoKek,
    /// A row is wrapped by a key-encryption key that is not configured.
    #[error(
        "{kind} key {version} of organisation {organisation} is wrapped by key-encryption key {wanted}, and only {held} is configured"
    )]
    WrongKek {
        /// `data` or `index`.
        kind: &'static str,
        /// Whose key.
        organisation: String,
        /// Its version.
        version: u32,
        /// What wrapped it.
        wanted: KekId,
        /// Names of those that are configured.
        held: String,
    },
    /// The right key-encryption key by name, and yet it does not open the row, or its token does not work.
    #[error("{kind} key {version} of organisation {organisation}: {source}")]
    Unwrap {
        /// `data` or `index`.
        kind: &'static str,
        /// Whose key.
        organisation: String,
        /// Its version.
        version: u32,
        /// What the key-encryption key says.
        source: KekError,
    },
    /// Two different keys under one organisation, kind and version.
    #[error("another {kind} key {version} of organisation {organisation} is held already")]
    Conflict {
        /// `data` or `index`.
        kind: &'static str,
        /// Whose key.
        organisation: String,
        /// Its version.
        version: u32,
    },
    /// An organisation has one index key, version 1.
    #[error("organisation {organisation} has its index key already")]
    SecondIndexKey {
        /// Whose key.
        organisation: String,
    },
    /// Not a name of 1 to 64 characters of `A-Z a-z 0-9 - _ .`.
    #[error("not an organisation's name")]
    Organisation,
    /// Data keys are numbered to 2^32 - 1.
    #[error("organisation {organisation} has used up its key versions")]
    NoVersionLeft {
        /// Whose keys.
        organisation: String,
    },
    /// Wrapping failed.
    #[error(transparent)]
    Kek(#[from] KekError),
    /// Keys that are held are still wrapped by it, or new ones would be.
    #[error("key-encryption key {0} is still in use")]
    InUse(KekId),
}

/// A key and what is known of its row.
struct Held<K> {
    key: Arc<K>,
    made_at: i64,
    wrapped_at: i64,
    kek: KekId,
}

impl<K> Clone for Held<K> {
    fn clone(&self) -> Self {
        let Self { key, made_at, wrapped_at, kek } = self;
        Self { key: key.clone(), made_at: *made_at, wrapped_at: *wrapped_at, kek: kek.clone() }
    }
}

#[derive(Clone, Default)]
struct Organisation {
    data: BTreeMap<u32, Held<DataKey>>,
    index: Option<Held<IndexKey>>,
}

#[derive(Clone)]
struct State {
    /// The first wraps; all unwrap. Never empty.
    keks: Vec<Arc<KeyEncryptionKey>>,
    organisations: HashMap<String, Organisation>,
}

/// All keys in use. Clones share them.
#[derive(Clone)]
pub struct Keyring(Arc<RwLock<State>>);

impl Keyring {
    /// Opens every row. The first key-encryption key wraps what is made from now on; the others only open.
    ///
    /// Blocks while a token works.
    ///
    /// # Errors
    /// [`KeyringError`]: the server must not start.
    pub fn unlock<'a>(
        keks: Vec<KeyEncryptionKey>,
        rows: impl IntoIterator<Item = &'a WrappedKey>,
    ) -> Result<Self, KeyringError> {
        if keks.is_empty() {
            return Err(KeyringError::NoKek);
        }
        let keks = keks.into_iter().map(Arc::new).collect();
        let keyring = Self(Arc::new(RwLock::new(State { keks, organisations: HashMap::new() })));
        for row in rows {
            keyring.add(row)?;
        }
        Ok(keyring)
    }

    /// A keyring apart, which starts with the same keys: what is added to one is not in the other.
    ///
    /// For a transaction that makes a key and seals with it: it works with a fork, and the row is added to the shared
    /// keyring once it is committed. A key that was added before and then rolled back would go on sealing, and what it
    /// sealed would be lost with the process.
    pub fn fork(&self) -> Self {
        Self(Arc::new(RwLock::new(self.read().clone())))
    }

    /// Opens a row and holds its key; the row must be committed. A row that is held already and was wrapped anew takes the old one's place.
    ///
    /// # Errors
    /// [`KeyringError`]; nothing has changed then.
    pub fn add(&self, row: &WrappedKey) -> Result<(), KeyringError> {
        let secret = self.unwrap_row(row)?;
        let mut state = self.write();
        let organisation = state.organisations.entry(row.organisation().to_owned()).or_default();
        let conflict = || KeyringError::Conflict {
            kind: row.kind().as_str(),
            organisation: row.organisation().to_owned(),
            version: row.version(),
        };
        match row.kind() {
            KeyKind::Data => {
                if organisation.data.get(&row.version()).is_some_and(|held| !held.key.secret().same_as(&secret)) {
                    return Err(conflict());
                }
                organisation.data.insert(row.version(), hold(row, DataKey::new(secret, row.version())));
            }
            KeyKind::Index => {
                if row.version() != 1 {
                    return Err(KeyringError::SecondIndexKey { organisation: row.organisation().to_owned() });
                }
                if organisation.index.as_ref().is_some_and(|held| !held.key.secret().same_as(&secret)) {
                    return Err(conflict());
                }
                organisation.index = Some(hold(row, IndexKey::new(secret)));
            }
        }
        Ok(())
    }

    /// Draws the organisation's next key of this kind and wraps it. It is not in use until the row is stored and
    /// [`add`](Self::add)ed. `random` is fresh: 32 bytes become the key, 32 salt the wrapping. `now`: Unix milliseconds.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn next_key(
        &self,
        kind: KeyKind,
        organisation: &str,
        now: i64,
        random: [u8; 64],
    ) -> Result<WrappedKey, KeyringError> {
        if !is_organisation(organisation) {
            return Err(KeyringError::Organisation);
        }
        let (version, kek) = {
            let state = self.read();
            let held = state.organisations.get(organisation);
            let version = match kind {
                KeyKind::Data => held.and_then(|o| o.data.keys().next_back().copied()).unwrap_or(0).checked_add(1),
                KeyKind::Index if held.is_some_and(|o| o.index.is_some()) => {
                    return Err(KeyringError::SecondIndexKey { organisation: organisation.to_owned() });
                }
                KeyKind::Index => Some(1),
            };
            let version =
                version.ok_or_else(|| KeyringError::NoVersionLeft { organisation: organisation.to_owned() })?;
            (version, state.keks[0].clone())
        };
        let random = Zeroizing::new(random);
        let (mut key, mut salt) = (Zeroizing::new([0; 32]), [0; 32]);
        key.copy_from_slice(&random[..32]);
        salt.copy_from_slice(&random[32..]);
        let label = Label { kind, organisation, version, made_at: now };
        Ok(WrappedKey::wrap(&label, &Secret::take(&mut key), &kek, now, &salt)?)
    }

    /// The version that seals this organisation's fields, if it has one.
    pub fn current(&self, organisation: &str) -> Option<u32> {
        self.read().organisations.get(organisation)?.data.keys().next_back().copied()
    }

    /// What every field under the current key begins with: SQL finds the others by `NOT LIKE '<prefix>%'`.
    pub fn current_prefix(&self, organisation: &str) -> Option<String> {
        self.current(organisation).map(prefix)
    }

    /// Seals a field under the organisation's current key. `salt` is fresh randomness.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal(&self, place: &Place<'_>, plaintext: &[u8], salt: [u8; 32]) -> Result<String, SealError> {
        let key = self.read().organisations.get(place.organisation).and_then(|o| {
            let (_, held) = o.data.last_key_value()?;
            Some(held.key.clone())
        });
        key.ok_or_else(|| no_key(place.organisation))?.seal(place, plaintext, &salt)
    }

    /// Opens a field under whichever of the organisation's keys sealed it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, place: &Place<'_>, sealed: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let version = version_of(sealed)?;
        let key = self.read().organisations.get(place.organisation).and_then(|o| {
            let held = o.data.get(&version)?;
            Some(held.key.clone())
        });
        let key = key.ok_or_else(|| OpenError::UnknownKey { organisation: place.organisation.to_owned(), version })?;
        key.open(place, sealed)
    }

    /// The blind index of a value: 64 hex digits, see [`IndexKey::index`].
    ///
    /// # Errors
    /// [`SealError::NoKey`].
    pub fn index(&self, organisation: &str, column: &str, value: &[u8]) -> Result<String, SealError> {
        let key = self.read().organisations.get(organisation).and_then(|o| Some(o.index.as_ref()?.key.clone()));
        Ok(key.ok_or_else(|| no_key(organisation))?.index(column, value))
    }

    /// Whether an older key than the current one sealed this.
    ///
    /// # Errors
    /// [`OpenError::Refused`] if it is no sealed field.
    pub fn needs_reseal(&self, organisation: &str, sealed: &str) -> Result<bool, OpenError> {
        let version = version_of(sealed)?;
        Ok(self.current(organisation).is_some_and(|current| version < current))
    }

    /// The same value under the current key; nothing if it is already. `salt` is fresh randomness.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn reseal(&self, place: &Place<'_>, sealed: &str, salt: [u8; 32]) -> Result<Option<String>, OpenError> {
        if !self.needs_reseal(place.organisation, sealed)? {
            return Ok(None);
        }
        let plaintext = self.open(place, sealed)?;
        // What was sealed once is short enough, and a current key was there a moment ago.
        self.seal(place, &plaintext, salt).map(Some).map_err(|_| OpenError::Refused)
    }

    /// The same key under the first key-encryption key; nothing if that wraps it already. The caller stores the row
    /// (where the old text still stands there) and then [`add`](Self::add)s it.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn rewrap(&self, row: &WrappedKey, now: i64, salt: [u8; 32]) -> Result<Option<WrappedKey>, KeyringError> {
        let first = self.read().keks[0].clone();
        if row.kek() == first.id() {
            return Ok(None);
        }
        let secret = self.unwrap_row(row)?;
        Ok(Some(WrappedKey::wrap(&row.label(), &secret, &first, now, &salt)?))
    }

    /// Makes `kek` the one that wraps; the others go on opening.
    pub fn install_kek(&self, kek: KeyEncryptionKey) {
        let mut state = self.write();
        state.keks.retain(|held| held.id() != kek.id());
        state.keks.insert(0, Arc::new(kek));
    }

    /// Gives up a key-encryption key that wraps nothing any more.
    ///
    /// # Errors
    /// [`KeyringError::InUse`].
    pub fn retire_kek(&self, id: &KekId) -> Result<(), KeyringError> {
        let mut state = self.write();
        let wraps = state.organisations.values().any(|o| {
            o.data.values().map(|held| &held.kek).chain(o.index.iter().map(|held| &held.kek)).any(|kek| kek == id)
        });
        if wraps || state.keks[0].id() == id {
            return Err(KeyringError::InUse(id.clone()));
        }
        state.keks.retain(|kek| kek.id() != id);
        Ok(())
    }

    /// Forgets every key of an organisation. Once its rows are gone too, from the database and from every backup,
    /// nobody can read its fields again.
    pub fn forget(&self, organisation: &str) {
        self.write().organisations.remove(organisation);
    }

    /// Every key with its age, key-encryption keys first, then by organisation and version. `now`: Unix milliseconds.
    pub fn status(&self, now: i64) -> Vec<KeyStatus> {
        let state = self.read();
        let mut keys = Vec::new();
        let mut first_wrapping: HashMap<&KekId, i64> = HashMap::new();
        for (name, organisation) in &state.organisations {
            let current = organisation.data.keys().next_back();
            let data = organisation.data.iter().map(|(version, held)| {
                (Role::Data, *version, current == Some(version), held.made_at, held.wrapped_at, &held.kek)
            });
            let index =
                organisation.index.iter().map(|held| (Role::Index, 1, true, held.made_at, held.wrapped_at, &held.kek));
            for (role, version, current, made_at, wrapped_at, kek) in data.chain(index) {
                first_wrapping.entry(kek).and_modify(|at| *at = wrapped_at.min(*at)).or_insert(wrapped_at);
                let age_days = days(made_at, now);
                keys.push(KeyStatus {
                    role,
                    organisation: Some(name.clone()),
                    version: Some(version),
                    current,
                    made_at: Some(made_at),
                    kek: kek.clone(),
                    age_days,
                    warn: role == Role::Data && current && age_days >= WARN_DAYS,
                });
            }
        }
        for (at, kek) in state.keks.iter().enumerate() {
            let made_at = first_wrapping.get(kek.id()).copied();
            let age_days = made_at.map_or(0, |made_at| days(made_at, now));
            keys.push(KeyStatus {
                role: Role::KeyEncryption,
                organisation: None,
                version: None,
                current: at == 0,
                made_at,
                kek: kek.id().clone(),
                age_days,
                // An old one that still wraps something is as much a warning as a current one.
                warn: age_days >= WARN_DAYS,
            });
        }
        keys.sort();
        keys
    }

    fn unwrap_row(&self, row: &WrappedKey) -> Result<Secret, KeyringError> {
        let kek = self.read().keks.iter().find(|kek| kek.id() == row.kek()).cloned();
        let Some(kek) = kek else {
            let held = self.read().keks.iter().map(|kek| kek.id().as_str()).collect::<Vec<_>>().join(", ");
            return Err(KeyringError::WrongKek {
                kind: row.kind().as_str(),
                organisation: row.organisation().to_owned(),
                version: row.version(),
                wanted: row.kek().clone(),
                held,
            });
        };
        row.unwrap_key(&kek).map_err(|source| KeyringError::Unwrap {
            kind: row.kind().as_str(),
            organisation: row.organisation().to_owned(),
            version: row.version(),
            source,
        })
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hold<K>(row: &WrappedKey, key: K) -> Held<K> {
    Held { key: Arc::new(key), made_at: row.made_at(), wrapped_at: row.wrapped_at(), kek: row.kek().clone() }
}

fn no_key(organisation: &str) -> SealError {
    SealError::NoKey { organisation: organisation.to_owned() }
}

/// How many organisations, nothing of the keys.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} organisations)", self.read().organisations.len())
    }
}
