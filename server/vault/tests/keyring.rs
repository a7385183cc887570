//! What a process does with its keys, from first start to the change of the key-encryption key.

use honnin_vault::status::Role;
use honnin_vault::{
    KekError, KeyEncryptionKey, KeyKind, Keyring, KeyringError, OpenError, Place, SealError, WrappedKey,
};
use proptest::prelude::*;

const DAY: i64 = 24 * 60 * 60 * 1000;
const PLACE: Place<'_> = Place { organisation: "midori", table: "devices", row: "d_1", column: "label" };

fn kek(byte: u8) -> KeyEncryptionKey {
    KeyEncryptionKey::from_bytes(&mut std::array::from_fn(|i| byte.wrapping_mul(31).wrapping_add(i as u8)))
}

fn random(byte: u8) -> [u8; 64] {
    std::array::from_fn(|i| byte.wrapping_mul(67) ^ i as u8)
}

/// A keyring, and the rows as the database would hold them.
struct Node {
    keyring: Keyring,
    rows: Vec<String>,
}

impl Node {
    fn new() -> Self {
        Self { keyring: Keyring::unlock(vec![kek(1)], []).unwrap(), rows: Vec::new() }
    }

    fn make(&mut self, kind: KeyKind, organisation: &str, now: i64) -> u32 {
        let row = self.keyring.next_key(kind, organisation, now, random(self.rows.len() as u8)).unwrap();
        self.rows.push(row.to_string());
        self.keyring.add(&row).unwrap();
        row.version()
    }

    fn rows(&self) -> Vec<WrappedKey> {
        self.rows.iter().map(|row| row.parse().unwrap()).collect()
    }

    fn restart(&self, keks: Vec<KeyEncryptionKey>) -> Result<Keyring, KeyringError> {
        Keyring::unlock(keks, &self.rows())
    }
}

#[test]
fn a_key_serves_once_it_is_added_and_after_a_restart() {
    let mut node = Node::new();
    let unknown = SealError::NoKey { organisation: "midori".into() };
    assert_eq!(node.keyring.seal(&PLACE, b"x", [1; 32]).unwrap_err(), unknown);
    assert_eq!(node.keyring.index("midori", "handle", b"x").unwrap_err(), unknown);
    let row = node.keyring.next_key(KeyKind::Data, "midori", 0, random(0)).unwrap();
    assert_eq!(node.keyring.current("midori"), None, "a drawn key is not in use before its row is stored");
    assert_eq!(row.version(), 1);

    assert_eq!(node.make(KeyKind::Data, "midori", 0), 1);
    assert_eq!(node.make(KeyKind::Index, "midori", 0), 1);
    let sealed = node.keyring.seal(&PLACE, b"x", [1; 32]).unwrap();
    let index = node.keyring.index("midori", "handle", b"cust-1").unwrap();
    let again = node.restart(vec![kek(1)]).unwrap();
    assert_eq!(again.open(&PLACE, &sealed).unwrap().as_slice(), b"x");
    assert_eq!(again.index("midori", "handle", b"cust-1").unwrap(), index);
}

#[test]
fn organisations_are_apart() {
    let mut node = Node::new();
    for organisation in ["midori", "aoi"] {
        node.make(KeyKind::Data, organisation, 0);
        node.make(KeyKind::Index, organisation, 0);
    }
    let sealed = node.keyring.seal(&PLACE, b"x", [1; 32]).unwrap();
    let elsewhere = Place { organisation: "aoi", ..PLACE };
    assert_eq!(node.keyring.open(&elsewhere, &sealed).unwrap_err(), OpenError::Refused);
    let index = |organisation| node.keyring.index(organisation, "handle", b"cust-1").unwrap();
    assert_ne!(index("midori"), index("aoi"));
    // Crypto-erasure: what is left of the organisation opens no more, the other's does.
    let kept = node.keyring.seal(&elsewhere, b"y", [2; 32]).unwrap();
    node.keyring.forget("midori");
    assert!(matches!(node.keyring.open(&PLACE, &sealed), Err(OpenError::UnknownKey { version: 1, .. })));
    assert_eq!(node.keyring.open(&elsewhere, &kept).unwrap().as_slice(), b"y");
}

#[test]
fn rotation_while_serving() {
    let mut node = Node::new();
    node.make(KeyKind::Data, "midori", 0);
    node.make(KeyKind::Index, "midori", 0);
    let index = node.keyring.index("midori", "handle", b"cust-1").unwrap();
    let other_node = node.restart(vec![kek(1)]).unwrap();
    let old = node.keyring.seal(&PLACE, b"x", [1; 32]).unwrap();
    assert_eq!(node.keyring.reseal(&PLACE, &old, [3; 32]).unwrap(), None);

    assert_eq!(node.make(KeyKind::Data, "midori", DAY), 2);
    let new = node.keyring.seal(&PLACE, b"x", [2; 32]).unwrap();
    assert!(new.starts_with(&node.keyring.current_prefix("midori").unwrap()));
    assert!(node.keyring.needs_reseal("midori", &old).unwrap());
    assert!(!node.keyring.needs_reseal("midori", &new).unwrap());
    assert_eq!(node.keyring.needs_reseal("midori", "plain"), Err(OpenError::Refused));
    assert_eq!(node.keyring.open(&PLACE, &old).unwrap().as_slice(), b"x");
    assert_eq!(node.keyring.index("midori", "handle", b"cust-1").unwrap(), index);
    let resealed = node.keyring.reseal(&PLACE, &old, [3; 32]).unwrap().unwrap();
    assert_eq!(node.keyring.open(&PLACE, &resealed).unwrap().as_slice(), b"x");
    assert!(!node.keyring.needs_reseal("midori", &resealed).unwrap());

    // A node that has not heard of the rotation says so, and opens after it has read the rows again.
    let unheard = OpenError::UnknownKey { organisation: "midori".into(), version: 2 };
    assert_eq!(other_node.open(&PLACE, &new).unwrap_err(), unheard);
    node.rows().iter().for_each(|row| other_node.add(row).unwrap());
    assert_eq!(other_node.open(&PLACE, &new).unwrap().as_slice(), b"x");
    assert_eq!(other_node.current("midori"), Some(2));
}

#[test]
fn two_nodes_that_rotate_at_once() {
    let mut node = Node::new();
    node.make(KeyKind::Data, "midori", 0);
    let other = node.restart(vec![kek(1)]).unwrap();
    let losing = other.next_key(KeyKind::Data, "midori", 0, random(99)).unwrap();
    node.make(KeyKind::Data, "midori", 0);
    // The table keeps the first row only; the loser must not hold its own key under the same version.
    node.rows().iter().for_each(|row| other.add(row).unwrap());
    assert!(matches!(other.add(&losing), Err(KeyringError::Conflict { version: 2, .. })));
    let sealed = other.seal(&PLACE, b"x", [1; 32]).unwrap();
    assert_eq!(node.keyring.open(&PLACE, &sealed).unwrap().as_slice(), b"x");
}

#[test]
fn a_transaction_that_is_rolled_back_leaves_no_key_behind() {
    let mut node = Node::new();
    node.make(KeyKind::Data, "midori", 0);
    let fork = node.keyring.fork();
    let row = fork.next_key(KeyKind::Data, "midori", 0, random(9)).unwrap();
    fork.add(&row).unwrap();
    let sealed = fork.seal(&PLACE, b"x", [1; 32]).unwrap();
    // Rolled back: the next key is again version 2, and what others seal in the meantime opens after a restart.
    assert_eq!((fork.current("midori"), node.keyring.current("midori")), (Some(2), Some(1)));
    let kept = node.keyring.seal(&PLACE, b"y", [2; 32]).unwrap();
    assert_eq!(node.restart(vec![kek(1)]).unwrap().open(&PLACE, &kept).unwrap().as_slice(), b"y");
    // Committed.
    node.keyring.add(&row).unwrap();
    assert_eq!(node.keyring.open(&PLACE, &sealed).unwrap().as_slice(), b"x");
}

#[test]
fn one_index_key_for_ever() {
    let mut node = Node::new();
    node.make(KeyKind::Index, "midori", 0);
    let second = node.keyring.next_key(KeyKind::Index, "midori", 0, random(9));
    assert!(matches!(second, Err(KeyringError::SecondIndexKey { .. })));
    let foreign = Node::new().keyring.next_key(KeyKind::Index, "midori", 0, random(9)).unwrap();
    assert!(matches!(node.keyring.add(&foreign), Err(KeyringError::Conflict { .. })));
}

#[test]
fn a_wrong_or_missing_kek_stops_the_start() {
    let mut node = Node::new();
    node.make(KeyKind::Data, "midori", 0);
    assert!(matches!(node.restart(vec![]), Err(KeyringError::NoKek)));
    let error = node.restart(vec![kek(2)]).unwrap_err();
    assert!(matches!(&error, KeyringError::WrongKek { version: 1, .. }));
    let text = error.to_string();
    for part in ["midori", kek(1).id().as_str(), kek(2).id().as_str()] {
        assert!(text.contains(part), "{text}");
    }
    // The right name over an altered row.
    let mut text = node.rows[0].clone();
    text.replace_range(
        text.len() - 10..text.len() - 9,
        if text.as_bytes()[text.len() - 10] == b'A' { "B" } else { "A" },
    );
    let row: WrappedKey = text.parse().unwrap();
    let error = Keyring::unlock(vec![kek(1)], [&row]).unwrap_err();
    assert!(matches!(error, KeyringError::Unwrap { source: KekError::Refused, .. }));
}

#[test]
fn names_of_organisations_are_checked() {
    let node = Node::new();
    for bad in ["", "a:b", "みどり", "a b", &"a".repeat(65)] {
        let made = node.keyring.next_key(KeyKind::Data, bad, 0, random(0));
        assert!(matches!(made, Err(KeyringError::Organisation)), "{bad}");
    }
    assert!(node.keyring.next_key(KeyKind::Data, &"a".repeat(64), 0, random(0)).is_ok());
}

/// The procedure of `docs/operations.md`, with two nodes that are restarted one after the other.
#[test]
fn the_key_encryption_key_changes_under_two_nodes() {
    let mut node = Node::new();
    for organisation in ["midori", "aoi"] {
        node.make(KeyKind::Data, organisation, 0);
        node.make(KeyKind::Data, organisation, 0);
        node.make(KeyKind::Index, organisation, 0);
    }
    let sealed = node.keyring.seal(&PLACE, b"x", [1; 32]).unwrap();
    let index = node.keyring.index("midori", "handle", b"cust-1").unwrap();

    // 1: both know both, the old one wraps. 2: one of them wraps with the new one, and the other reads that.
    let one = node.restart(vec![kek(2), kek(1)]).unwrap();
    let two = node.restart(vec![kek(1), kek(2)]).unwrap();
    let fresh = one.next_key(KeyKind::Data, "kuro", DAY, random(50)).unwrap();
    assert_eq!(fresh.kek(), kek(2).id());
    two.add(&fresh).unwrap();
    assert!(matches!(one.retire_kek(kek(1).id()), Err(KeyringError::InUse(_))));

    // 3: every row is wrapped anew; nodes read old and new rows alike.
    let rows: Vec<WrappedKey> = node.rows();
    let rewrapped: Vec<WrappedKey> = rows.iter().map(|row| one.rewrap(row, DAY, [8; 32]).unwrap().unwrap()).collect();
    for (old, new) in rows.iter().zip(&rewrapped) {
        assert_eq!(new.kek(), kek(2).id());
        assert_eq!((new.made_at(), new.wrapped_at()), (old.made_at(), DAY));
        assert!(one.rewrap(new, DAY, [8; 32]).unwrap().is_none());
        one.add(new).unwrap();
        two.add(new).unwrap();
    }

    // 4: the old one goes, from memory and from the configuration.
    one.retire_kek(kek(1).id()).unwrap();
    assert!(matches!(one.retire_kek(kek(2).id()), Err(KeyringError::InUse(_))));
    let after = Keyring::unlock(vec![kek(2)], &rewrapped).unwrap();
    for keyring in [&one, &two, &after] {
        assert_eq!(keyring.open(&PLACE, &sealed).unwrap().as_slice(), b"x");
        assert_eq!(keyring.index("midori", "handle", b"cust-1").unwrap(), index);
    }
    assert!(matches!(Keyring::unlock(vec![kek(1)], &rewrapped), Err(KeyringError::WrongKek { .. })));
}

#[test]
fn installed_while_serving() {
    let mut node = Node::new();
    node.make(KeyKind::Data, "midori", 0);
    node.keyring.install_kek(kek(2));
    let rewrapped = node.keyring.rewrap(&node.rows()[0], DAY, [8; 32]).unwrap().unwrap();
    node.keyring.add(&rewrapped).unwrap();
    node.keyring.retire_kek(kek(1).id()).unwrap();
    assert!(matches!(node.keyring.add(&node.rows()[0]), Err(KeyringError::WrongKek { .. })));
}

#[test]
fn ages_and_warnings() {
    let mut node = Node::new();
    node.make(KeyKind::Data, "midori", 0);
    node.make(KeyKind::Index, "midori", 0);
    let line = |keyring: &Keyring, now, role, version| {
        let all = keyring.status(now);
        all.into_iter().find(|key| key.role == role && key.version == version).unwrap()
    };
    let before = line(&node.keyring, 90 * DAY - 1, Role::Data, Some(1));
    assert_eq!((before.age_days, before.warn, before.current), (89, false, true));
    for role in [Role::Data, Role::KeyEncryption] {
        let version = (role == Role::Data).then_some(1);
        let due = line(&node.keyring, 90 * DAY, role, version);
        assert_eq!((due.age_days, due.warn, due.made_at), (90, true, Some(0)), "{role:?}");
    }
    assert!(!line(&node.keyring, 900 * DAY, Role::Index, Some(1)).warn);

    node.make(KeyKind::Data, "midori", 90 * DAY);
    let [old, new] = [1, 2].map(|version| line(&node.keyring, 91 * DAY, Role::Data, Some(version)));
    assert_eq!((old.current, old.warn, old.age_days), (false, false, 91));
    assert_eq!((new.current, new.warn, new.age_days), (true, false, 1));

    // A key-encryption key's age is counted from its first wrapping, so a new one starts at 0.
    node.keyring.install_kek(kek(2));
    let unused = node.keyring.status(91 * DAY).into_iter().find(|key| key.kek == *kek(2).id()).unwrap();
    assert_eq!((unused.made_at, unused.age_days, unused.warn, unused.current), (None, 0, false, true));
    for row in node.rows() {
        let row = node.keyring.rewrap(&row, 91 * DAY, [8; 32]).unwrap().unwrap();
        node.keyring.add(&row).unwrap();
    }
    let status = node.keyring.status(92 * DAY);
    let [old, new] = [1, 2].map(|n| status.iter().find(|k| k.role == Role::KeyEncryption && k.kek == *kek(n).id()));
    assert_eq!((old.unwrap().made_at, old.unwrap().warn), (None, false));
    assert_eq!((new.unwrap().made_at, new.unwrap().age_days), (Some(91 * DAY), 1));
    // Wrapping anew makes no data key younger.
    assert_eq!(line(&node.keyring, 92 * DAY, Role::Data, Some(1)).age_days, 92);
    let json = serde_json::to_value(&status[0]).unwrap();
    assert_eq!(json["role"], "key-encryption");
}

/// What the issue asks of a stolen database, as far as this crate writes it.
#[test]
fn rows_and_fields_say_nothing() {
    let mut node = Node::new();
    node.make(KeyKind::Data, "midori", 0);
    node.make(KeyKind::Index, "midori", 0);
    let secret = "cust-unique-0423";
    let sealed = node.keyring.seal(&PLACE, secret.as_bytes(), [1; 32]).unwrap();
    let index = node.keyring.index("midori", "handle", secret.as_bytes()).unwrap();
    let stolen = [node.rows.join("\n"), sealed.clone(), index.clone()].join("\n");
    assert!(!stolen.contains(secret));
    // Another installation, with rows and fields in hand and a key-encryption key of its own.
    assert!(node.restart(vec![kek(2)]).is_err());
    let mut thief = Node { keyring: Keyring::unlock(vec![kek(2)], []).unwrap(), rows: vec![String::new(); 9] };
    thief.make(KeyKind::Data, "midori", 0);
    thief.make(KeyKind::Index, "midori", 0);
    assert_eq!(thief.keyring.open(&PLACE, &sealed).unwrap_err(), OpenError::Refused);
    assert_ne!(thief.keyring.index("midori", "handle", secret.as_bytes()).unwrap(), index);
}

proptest! {
    #[test]
    fn every_version_opens_what_it_sealed(values in prop::collection::vec(any::<Vec<u8>>(), 1..8), salt: [u8; 32]) {
        let mut node = Node::new();
        let mut sealed = Vec::new();
        for value in &values {
            node.make(KeyKind::Data, "midori", 0);
            sealed.push(node.keyring.seal(&PLACE, value, salt).unwrap());
        }
        let again = node.restart(vec![kek(1)]).unwrap();
        for (value, sealed) in values.iter().zip(&sealed) {
            let opened = again.open(&PLACE, sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), value.as_slice());
            let fresh = again.reseal(&PLACE, sealed, salt).unwrap();
            prop_assert_eq!(fresh.is_none(), sealed.starts_with(&again.current_prefix("midori").unwrap()));
            if let Some(fresh) = fresh {
                let opened = again.open(&PLACE, &fresh).unwrap();
                prop_assert_eq!(opened.as_slice(), value.as_slice());
            }
        }
    }
}
