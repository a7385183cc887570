//! A box opens for its recipient, in its session, beside its commitment, and nowhere else.

use honnin_circuits::Fr;
use honnin_circuits::schema::Slot;
use honnin_circuits::statement::Opening;
use honnin_protocol::disclosure::{Disclosed, DisclosureError, Slots};
use honnin_protocol::encoding::{B64u, HexField};
use honnin_protocol::sealed::{AddressError, SealedBox, Sent};
use honnin_protocol::statement::SessionStatement;
use honnin_recipient::{Contents, DocumentError, Expected, KeyError, OpenError, RecipientKey, SealError, open, seal};
use serde_json::{Value, json};
use zeroize::Zeroizing;

fn key(n: u8) -> RecipientKey {
    RecipientKey::generate(&[n; 32])
}

fn contents(values: &[(Slot, &str)], opening: u64) -> Contents {
    let slots: Vec<Slot> = values.iter().map(|(slot, _)| *slot).collect();
    let values = values.iter().map(|(slot, value)| (*slot, Zeroizing::new((*value).to_owned()))).collect();
    Contents::new(&Slots::try_from(slots).unwrap(), values, Opening(Fr::from(opening))).unwrap()
}

fn order() -> Contents {
    contents(&[(Slot::Name, "見本 花子"), (Slot::Address, "東京都若葉市桜台3-12-5")], 7)
}

fn ctx() -> Fr {
    Fr::from(99_u64)
}

fn sent() -> Sent {
    seal(key(1).public(), &ctx(), &order(), &[3; 32]).unwrap()
}

fn expected(sent: &Sent) -> Expected {
    Expected { ctx: ctx(), disclosed: sent.disclosed() }
}

fn refused(sealed: &SealedBox, expected: &Expected, why: OpenError) {
    assert_eq!(open(&key(1), sealed, expected).err(), Some(why));
}

#[test]
fn what_was_sealed_opens() {
    let sent = sent();
    let opened = open(&key(1), &sent.r#box, &expected(&sent)).unwrap();
    assert_eq!(opened.get(Slot::Name), Some("見本 花子"));
    assert_eq!(opened.get(Slot::Address), Some("東京都若葉市桜台3-12-5"));
    assert_eq!((opened.get(Slot::Phone), opened.values().count()), (None, 2));
    assert_eq!(format!("{opened:?}"), "Opened(..)");
    // The wire form holds nothing of it, and reads back.
    let json = serde_json::to_string(&sent).unwrap();
    assert!(!json.contains("見本") && !json.contains("桜台"));
    assert_eq!(serde_json::from_str::<Sent>(&json).unwrap(), sent);
}

#[test]
fn sources_that_repeat_themselves_repeat_no_key() {
    let again = seal(key(1).public(), &Fr::from(100_u64), &order(), &[3; 32]).unwrap();
    assert_ne!(again.r#box.enc, sent().r#box.enc);
    let other = seal(key(1).public(), &ctx(), &contents(&[(Slot::Name, "見本 太郎")], 7), &[3; 32]).unwrap();
    assert_ne!(other.r#box.enc, sent().r#box.enc);
}

#[test]
fn an_altered_box_is_refused() {
    let sent = sent();
    let whole = serde_json::to_value(&sent.r#box).unwrap();
    let bent = |name: &str, at: usize| {
        let mut bytes = honnin_protocol::encoding::b64u_decode(whole[name].as_str().unwrap()).unwrap();
        bytes[at] ^= 1;
        let mut bent = whole.clone();
        bent[name] = json!(honnin_protocol::encoding::b64u(bytes));
        serde_json::from_value::<SealedBox>(bent).unwrap()
    };
    for at in [0, 10, 60] {
        refused(&bent("ct", at), &expected(&sent), OpenError::Altered);
    }
    for at in [0, 1, 40, 64] {
        refused(&bent("enc", at), &expected(&sent), OpenError::Altered);
    }
    refused(&bent("key", 0), &expected(&sent), OpenError::OtherKey);
}

#[test]
fn a_box_of_another_session_is_refused() {
    let sent = sent();
    let elsewhere = Expected { ctx: Fr::from(100_u64), ..expected(&sent) };
    refused(&sent.r#box, &elsewhere, OpenError::OtherSession);
    // Relabelled: the key schedule knows better.
    let relabelled = SealedBox { ctx: HexField(Fr::from(100_u64)), ..sent.r#box };
    refused(&relabelled, &elsewhere, OpenError::Altered);
}

#[test]
fn a_box_for_another_key_is_refused() {
    let sent = seal(key(2).public(), &ctx(), &order(), &[3; 32]).unwrap();
    refused(&sent.r#box, &expected(&sent), OpenError::OtherKey);
    let mine = honnin_protocol::encoding::b64u_array(&key(1).public().thumbprint()).unwrap();
    let relabelled = SealedBox { key: B64u(mine), ..sent.r#box.clone() };
    refused(&relabelled, &expected(&sent), OpenError::Altered);
}

#[test]
fn content_that_was_not_proven_is_refused() {
    // Opened beside another commitment: the sealing itself binds it.
    let sent = sent();
    let other = contents(&[(Slot::Name, "見本 太郎"), (Slot::Address, "東京都若葉市桜台3-12-5")], 7).disclosed();
    refused(&sent.r#box, &Expected { ctx: ctx(), disclosed: other }, OpenError::Altered);
    // A phone that seals something else beside the proven commitment, which only this crate's parts could make.
    let slots = Disclosed { slots: Slots::try_from(vec![Slot::Name]).unwrap(), ..sent.disclosed() };
    refused(&sent.r#box, &Expected { ctx: ctx(), disclosed: slots }, OpenError::Slots);
}

#[test]
fn only_sealable_attributes_in_bounds_are_sealed() {
    let slots = Slots::try_from(vec![Slot::Name, Slot::Phone]).unwrap();
    let values = vec![(Slot::Name, Zeroizing::new("a".to_owned()))];
    assert_eq!(Contents::new(&slots, values, Opening(Fr::from(1_u64))).err(), Some(DocumentError::Slots));
    let long = "あ".repeat(3_000);
    let refused = seal(key(1).public(), &ctx(), &contents(&[(Slot::Address, &long)], 7), &[3; 32]);
    assert_eq!(refused.err(), Some(SealError::Document(DocumentError::TooLong)));
    for bad in [r#"{"opening":"00","v":1,"values":{}}"#, "{}", "", r#"{"v":1}"#] {
        assert!(Contents::from_bytes(bad.as_bytes()).is_none(), "{bad}");
    }
    let good = order().to_bytes().unwrap();
    assert!(Contents::from_bytes(&good).is_some());
    let loose = [b" ", &**good].concat();
    assert!(Contents::from_bytes(&loose).is_none(), "another spelling");
    let account = String::from_utf8(good.to_vec()).unwrap().replace("\"name\"", "\"account\"");
    assert!(Contents::from_bytes(account.as_bytes()).is_none(), "never sent");
}

#[test]
fn keys() {
    let jwk: Value = serde_json::from_str(&key(1).to_jwk()).unwrap();
    let read = |change: &dyn Fn(&mut Value)| {
        let mut jwk = jwk.clone();
        change(&mut jwk);
        RecipientKey::from_jwk(&jwk.to_string())
    };
    assert_eq!(read(&|_| ()).unwrap().public(), key(1).public());
    assert!(read(&|j| j["kid"] = json!("fulfilment")).is_ok(), "other members are the holder's own business");
    assert_eq!(read(&|j| j["crv"] = json!("P-384")).err(), Some(KeyError::Curve));
    assert_eq!(read(&|j| j["kty"] = json!("OKP")).err(), Some(KeyError::Curve));
    assert_eq!(read(&|j| j["y"] = j["x"].clone()).err(), Some(KeyError::Curve));
    assert_eq!(read(&|j| j["d"] = json!("AA")).err(), Some(KeyError::Malformed));
    assert_eq!(read(&|j| j["d"] = Value::Null).err(), Some(KeyError::Malformed));
    let other: Value = serde_json::from_str(&key(2).to_jwk()).unwrap();
    assert_eq!(read(&|j| j["d"] = other["d"].clone()).err(), Some(KeyError::Mismatch));
    assert_eq!(RecipientKey::from_jwk("[]").err(), Some(KeyError::Malformed));
}

fn statement(key: &RecipientKey, slots: &[&str], paid: bool) -> SessionStatement {
    let payment = json!({"amount": 48000, "currency": "JPY", "payee": "△△株式会社", "order": "A-2210", "instrument": "みどりカード"});
    serde_json::from_value(json!({"v": 1, "kind": "verification", "tenant": "midori", "verification": "v_AAAAAAAAAAAAAAAAAAAAAA",
        "nonce": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "direction": "inbound",
        "purpose": {"code": "delivery", "ja": "お届け", "en": "Delivery"},
        "policy": {"id": "order", "version": 1, "digest": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},
        "display": {"name": {"ja": "みどり銀行", "en": "Midori Bank"}, "desk": {"ja": "窓口", "en": "Desk"}, "number": "0120-000-123"},
        "operator": {"ja": "佐藤", "en": "Sato"}, "match": {"mode": "none"}, "call": null,
        "payment": if paid { payment } else { Value::Null },
        "recipient": {"id": "r_AAAAAAAAAAAAAAAAAAAAAA", "name": {"ja": "桜物流", "en": "Sakura"}, "key": key.public().thumbprint(), "slots": slots},
        "not_before": 1, "expires_at": 2}))
    .unwrap()
}

#[test]
fn a_session_says_what_its_box_may_be() {
    let (mine, other) = (key(1), key(2));
    let all = statement(&mine, &["name", "address", "phone"], false);
    let sent = seal(mine.public(), &all.ctx(), &order(), &[3; 32]).unwrap();
    let disclosed = sent.disclosed();
    let good = Expected::of(&all, Some(&disclosed), &mine).unwrap();
    assert!(open(&mine, &sent.r#box, &good).is_ok());
    assert_eq!(sent.r#box.is_addressed_to(&all), Ok(()));
    let refused = |statement: &SessionStatement, disclosed: Option<&Disclosed>, key: &RecipientKey| {
        Expected::of(statement, disclosed, key).unwrap_err()
    };
    assert_eq!(refused(&all, Some(&disclosed), &other), OpenError::OtherRecipient);
    assert_eq!(refused(&all, None, &mine), OpenError::Disclosure(DisclosureError::Missing));
    let less = statement(&mine, &["name"], false);
    assert_eq!(refused(&less, Some(&disclosed), &mine), OpenError::Disclosure(DisclosureError::TooMuch("address")));
    let paid = statement(&mine, &["name", "address", "phone"], true);
    assert_eq!(refused(&paid, Some(&disclosed), &mine), OpenError::Disclosure(DisclosureError::TooLittle));
    assert_eq!(sent.r#box.is_addressed_to(&less), Err(AddressError::OtherSession));
    assert_eq!(sent.r#box.is_addressed_to(&statement(&other, &["name"], false)), Err(AddressError::OtherKey));
}

/// `tests/vectors/sealed.json`: what every language opens. Another implementation of RFC 9180 (pyhpke) opened it too.
#[test]
fn the_vector() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/sealed.json");
    let vector: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let key = RecipientKey::from_jwk(&vector["key"].to_string()).unwrap();
    let statement: SessionStatement = serde_json::from_value(vector["statement"].clone()).unwrap();
    let sent = seal(key.public(), &statement.ctx(), &order(), &[3; 32]).unwrap();
    let written = json!({"key": vector["key"], "statement": vector["statement"], "disclosed": sent.disclosed(), "box": sent.r#box,
        "values": {"name": "見本 花子", "address": "東京都若葉市桜台3-12-5"}});
    assert_eq!(written, vector, "{written}");
    let expected = Expected::of(&statement, Some(&sent.disclosed()), &key).unwrap();
    assert_eq!(open(&key, &sent.r#box, &expected).unwrap().values().count(), 2);
}
