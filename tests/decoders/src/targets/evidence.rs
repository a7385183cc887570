//! Evidence from files: checkpoints, receipts, audit bundles, verifier keys, frontiers.

use std::sync::LazyLock;

use honnin_evidence::bundle::{self, Writer};
use honnin_evidence::checkpoint::Checkpoint;
use honnin_evidence::entry::Entry;
use honnin_evidence::log::{Frontier, Hash, Plan};
use honnin_evidence::note::{Note, NoteKey, VerifierKey};
use honnin_evidence::receipt::{self, Body, Detail, Receipt, State, Verdict};
use honnin_protocol::policy::Policy;
use serde_json::json;

use super::{choice, chosen};
use crate::Target;

pub const TARGET: Target = Target { name: "evidence", run, seeds };

const LOG: &str = "log.example/midori";
const NOW: u64 = 1_795_300_000_000;

fn key() -> NoteKey {
    NoteKey::from_seed(LOG, &[7; 32]).expect("a good name")
}

fn run(data: &[u8]) {
    static HONEST: LazyLock<Vec<Vec<u8>>> = LazyLock::new(seeds);
    let (which, rest) = choice(data);
    let keys = vec![key().verifier().clone()];
    // Nobody but this target's seeds has the key: what opens is one of them.
    let honest = || assert!(HONEST.iter().any(|seed| &seed[1..] == rest), "a forgery holds");
    match which % 5 {
        0 => {
            if let Ok(note) = Note::parse(rest) {
                assert_eq!(note.to_string().as_bytes(), rest, "one spelling");
            }
            if Checkpoint::open(rest, &keys).is_ok() {
                honest();
            }
        }
        1 => {
            if let Ok(read) = Receipt::from_bytes(rest) {
                assert_eq!(read.to_bytes(), rest, "one spelling");
            }
            let trust = receipt::Trust { log_keys: keys, ..receipt::Trust::default() };
            if receipt::verify(rest, &trust).holds() {
                honest();
            }
        }
        2 => {
            let kept = Vec::new();
            if let Ok(verified) = bundle::verify(rest, &bundle::Trust { log_keys: keys, kept }) {
                // A signed checkpoint may stand twice; its entries may not change.
                assert_eq!(verified.entries, 3, "a forgery holds");
            }
        }
        3 => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            if let Ok(key) = text.parse::<VerifierKey>() {
                assert_eq!(key.to_string(), text, "one spelling");
            }
        }
        _ => {
            if let Ok(mut frontier) = Frontier::from_bytes(rest) {
                assert_eq!(frontier.to_bytes(), rest, "one spelling");
                let size = frontier.size();
                assert!(frontier.append(frontier.root()).is_err() || frontier.size() == size + 1);
            }
        }
    }
}

fn body() -> Body {
    let policy: Policy = serde_json::from_value(json!({
        "v": 1, "id": "light", "version": 1, "schema": "honnin-jp-1", "name": {"ja": "簡易", "en": "Light"},
        "predicates": [{"slot": "subject", "op": "EQ", "value": "handle"}], "disclose": [],
        "user_verification": true, "number_match": false, "ttl_s": 120, "valid_s": 600,
    }))
    .expect("a policy");
    let statement = json!({
        "v": 1, "kind": "verification", "tenant": "midori", "verification": "v_AAAAAAAAAAAAAAAAAAAAAA",
        "nonce": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "direction": "inbound",
        "purpose": {"code": "address-change", "ja": "住所変更のお手続き", "en": "Address change"},
        "policy": {"id": "light", "version": 1, "digest": policy.digest()},
        "display": {"name": {"ja": "みどり銀行", "en": "Midori Bank"}, "desk": {"ja": "窓口", "en": "Desk"}, "number": "0120-000-123"},
        "operator": {"ja": "佐藤", "en": "Sato"}, "match": {"mode": "none"}, "call": null, "payment": null, "recipient": null,
        "not_before": NOW, "expires_at": NOW + 120_000,
    });
    let verdict = Verdict {
        state: State::Denied,
        detail: Some(Detail::Reported),
        delivered_at: Some(NOW + 1),
        opened_at: Some(NOW + 2),
        decided_at: NOW + 3,
        valid_until: None,
    };
    Body {
        statement: serde_json::from_value(statement).expect("a statement"),
        policy,
        reference: "H7K2-93QD".parse().expect("a reference"),
        handle: Some("C-20481".into()),
        verdict,
        approval: None,
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let body = body();
    let event = |seq: u64| {
        Entry::of(json!({"seq": seq, "at": NOW + 3, "kind": "verification.denied", "tenant": "midori",
            "verification": body.statement.verification, "operator": "sato", "device": null,
            "data": {"detail": "reported", "receipt": body.digest()}}))
        .expect("an entry")
    };
    let entries = [event(1), event(2), event(3)];
    let leaves: Vec<Hash> = entries.iter().map(Entry::leaf).collect();
    let mut frontier = Frontier::new();
    let mut bundle = Writer::new(Vec::new(), LOG).expect("a vector takes all");
    for entry in &entries {
        frontier.append(entry.leaf()).expect("there is room");
        bundle.entry(entry.bytes()).expect("a vector takes all");
    }
    let note = Checkpoint::of(&frontier, &key()).sign(&key()).expect("a good text");
    bundle.checkpoint(&note).expect("a vector takes all");
    let inclusion = Plan::inclusion(1, 3).expect("there are three").hashes(|_| Some(&leaves)).expect("all are there");
    let receipt = Receipt::new(body.clone(), &entries[1], 1, inclusion, note.clone());
    vec![
        chosen(0, &note),
        chosen(1, receipt.to_bytes()),
        chosen(2, bundle.finish().expect("a vector takes all")),
        chosen(3, key().verifier().to_string()),
        chosen(4, frontier.to_bytes()),
    ]
}
