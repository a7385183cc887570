//! Nothing in a receipt can be changed: every member is altered, removed and joined by a stranger, and every byte flipped.

use std::collections::BTreeMap;

use honnin_evidence::receipt::{Check, Detail, Receipt, State, verify};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{World, receipt, trust};

/// All variants of a document that differ from it in one place.
fn variants(value: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    match value {
        Value::Null => out.extend([json!(0), json!(""), json!({})]),
        Value::Bool(b) => out.push(json!(!b)),
        Value::Number(n) => {
            let n = n.as_u64().unwrap();
            out.extend([json!(n + 1), json!(n ^ 1), json!(n.to_string()), Value::Null]);
        }
        Value::String(text) => {
            let chars: Vec<char> = text.chars().collect();
            let step = chars.len().div_ceil(12).max(1);
            for at in (0..chars.len()).step_by(step).chain(chars.len().checked_sub(1)) {
                let mut bent = chars.clone();
                bent[at] = if bent[at] == 'A' { 'B' } else { 'A' };
                out.push(json!(bent.iter().collect::<String>()));
            }
            out.extend([json!(format!("{text}A")), json!(chars.iter().skip(1).collect::<String>()), Value::Null]);
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                let with = |item: Option<Value>| {
                    let mut items = items.clone();
                    items.splice(i..=i, item);
                    Value::Array(items)
                };
                out.push(with(None));
                out.extend(variants(item).into_iter().map(|item| with(Some(item))));
            }
            out.push(Value::Array(items.iter().chain(items.first()).cloned().chain([json!("AA")]).collect()));
            out.push(Value::Array(items.iter().rev().cloned().collect()));
        }
        Value::Object(members) => {
            for (name, member) in members {
                let mut without = members.clone();
                without.remove(name);
                out.push(Value::Object(without));
                for variant in variants(member) {
                    let mut members = members.clone();
                    members.insert(name.clone(), variant);
                    out.push(Value::Object(members));
                }
            }
            let mut more = members.clone();
            more.insert("stranger".into(), json!(1));
            out.push(Value::Object(more));
        }
    }
    out.retain(|variant| variant != value);
    out
}

fn refused_in_every_variant(receipt: &Receipt) -> BTreeMap<Check, usize> {
    let bytes = receipt.to_bytes();
    let (trust, mut failed) = (trust(), BTreeMap::new());
    assert!(verify(&bytes, &trust).holds());
    let all = variants(&serde_json::from_slice(&bytes).unwrap());
    for variant in all {
        let canonical = serde_jcs::to_vec(&variant).unwrap();
        let report = verify(&canonical, &trust);
        assert!(!report.holds() && report.receipt().is_none(), "{variant}");
        let (check, _) = report.fault().unwrap();
        *failed.entry(check).or_default() += 1;
    }
    failed
}

#[test]
fn every_member_of_a_pass_counts() {
    let failed = refused_in_every_variant(&receipt(World::new().passed()));
    // The variants reach every check there is.
    assert_eq!(failed.keys().copied().collect::<Vec<_>>(), Check::ALL, "{failed:?}");
    assert!(failed.values().sum::<usize>() > 600, "{failed:?}");
}

/// Amount, payee, recipient, commitment: what a payment adds counts like the rest.
#[test]
fn every_member_of_a_payment_counts() {
    let failed = refused_in_every_variant(&receipt(World::paying().passed()));
    assert!(failed.values().sum::<usize>() > 700, "{failed:?}");
}

#[test]
fn every_member_of_a_weaker_end_counts() {
    let failed = refused_in_every_variant(&receipt(World::new().ended(State::Denied, Some(Detail::Reported))));
    assert!(failed.keys().all(|check| !check.is_of_approval()), "{failed:?}");
}

#[test]
fn other_spellings_of_the_same_document_are_refused() {
    let bytes = receipt(World::new().passed()).to_bytes();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    for other in [
        serde_json::to_vec_pretty(&value).unwrap(),
        [&bytes[..], b"\n"].concat(),
        text.replacen("\"v\":1", "\"v\":1.0", 1).into_bytes(),
        text.replacen("みどり", "\\u307fどり", 1).into_bytes(),
        text.replacen("{\"body\":", "{\"body\":{},\"body\":", 1).into_bytes(),
        vec![b' '; 70_000],
    ] {
        let report = verify(&other, &trust());
        assert_eq!(report.fault().map(|(check, _)| check), Some(Check::Form));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_byte_counts(at in any::<prop::sample::Index>(), change in 1u8..=255) {
        static BYTES: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| receipt(World::new().passed()).to_bytes());
        let mut bytes = BYTES.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(!verify(&bytes, &trust()).holds());
    }
}
