//! No input makes a decoder panic, and what it accepts it writes back alike.

use honnin_protocol::currency::Currency;
use honnin_protocol::date::Date;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::policy::{Policy, words};
use honnin_protocol::statement::{Payment, SessionStatement};
use honnin_protocol::subject::Party;
use honnin_protocol::{certificate, guard, possession, revocation};
use proptest::prelude::*;
use serde_json::{Value, json};

fn root() -> P256Jwk {
    serde_json::from_value(json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}))
    .unwrap()
}

fn paid() -> Payment {
    let name = || "△△株式会社".to_owned();
    Payment::new(1, Currency::JPY, name(), "A-2210".into(), name()).unwrap()
}

/// Conditions, sensible and not.
fn condition() -> impl Strategy<Value = Value> {
    let slot = prop::sample::select(vec![
        "schema",
        "holder",
        "expiry",
        "subject",
        "kyc_level",
        "method",
        "birth",
        "region",
        "name",
        "limit",
        "spare",
        "blinding",
    ]);
    let op = prop::sample::select(vec!["EQ", "GE", "LE", "INSET"]);
    let value = prop_oneof![
        Just(json!("handle")),
        Just(json!("amount")),
        any::<u64>().prop_map(|n| json!(n)),
        (19_000_101u32..20_991_231).prop_map(|n| json!(n)),
        (0u32..200).prop_map(|n| json!({"years_before": n})),
        prop::collection::vec(0u8..70, 0..6).prop_map(|set| json!(set)),
    ];
    (slot, op, value).prop_map(|(slot, op, value)| json!({"slot": slot, "op": op, "value": value}))
}

proptest! {
    #[test]
    fn tokens(text in "[A-Za-z0-9_.-]{0,200}|\\PC{0,60}") {
        prop_assert!(certificate::verify(&text, &root(), 1).is_err());
        prop_assert!(possession::verify(&text, "https://issuer.example", 1).is_err());
        prop_assert!(revocation::verify(&text, &root(), 1).is_err() && revocation::claimed(&text).is_err());
    }

    #[test]
    fn guards(text in "\\PC{0,80}") {
        if guard::handle(&text).is_ok() {
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
            prop_assert!(guard::display_text(&text).is_ok());
        }
        let _ = guard::display_text(&text);
    }

    /// A number that a telephone could have is refused, however it is written.
    #[test]
    fn phones(tail in "[0-9]{8}", separator in "[-._]?", prefix in "[A-Z]{0,2}-?") {
        let number = format!("{prefix}090{separator}{}{separator}{}", &tail[..4], &tail[4..]);
        prop_assert_eq!(guard::handle(&number).map_err(|e| e.to_string()), guard::handle("09012345678").map_err(|e| e.to_string()));
    }

    #[test]
    fn dates(n in any::<u32>()) {
        if let Ok(date) = Date::new(n) {
            prop_assert_eq!(Date::from_parts(date.year(), date.month(), date.day()), Ok(date));
        }
    }

    /// Whatever a policy says, if it is valid it compiles, has words, and keeps its digest through JSON.
    #[test]
    fn policies(predicates in prop::collection::vec(condition(), 0..6)) {
        let policy = json!({"v": 1, "id": "p", "version": 1, "schema": "honnin-jp-1", "name": {"ja": "標準", "en": "Standard"},
            "predicates": predicates, "disclose": [], "user_verification": true, "number_match": true, "ttl_s": 60, "valid_s": 60});
        let Ok(policy) = serde_json::from_value::<Policy>(policy) else { return Ok(()) };
        let valid = policy.validate().is_ok();
        prop_assert_eq!(valid, policy.compile(Party::Customer("C-1"), 20_261_121, Some(&paid())).is_ok());
        if valid {
            let words = words(&policy);
            prop_assert_eq!(words.proves.len(), policy.predicates.len() + 1);
            prop_assert!(words.proves.iter().all(|w| !w.ja.is_empty() && !w.en.is_empty()));
        }
        let again: Policy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
        prop_assert_eq!(again.digest(), policy.digest());
    }

    #[test]
    fn statements(text in "\\PC{0,80}") {
        prop_assert!(serde_json::from_str::<SessionStatement>(&text).is_err());
    }
}
