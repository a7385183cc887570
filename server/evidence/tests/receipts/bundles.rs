//! Audit bundles: truncated, edited, reordered, forked.

use honnin_evidence::bundle::{Fault, Trust, Verified, Writer, verify};
use honnin_evidence::checkpoint::Checkpoint;
use honnin_evidence::entry::Entry;
use honnin_evidence::log::Frontier;
use honnin_evidence::note::NoteKey;
use proptest::prelude::*;
use serde_json::json;

use crate::world::{ASKED, ORIGIN, log_key};

fn entry(seq: u64, kind: &str) -> Entry {
    Entry::of(json!({"seq": seq, "at": ASKED + seq, "kind": kind, "log": "midori", "data": {"n": seq}})).unwrap()
}

fn entries(count: u64) -> Vec<Entry> {
    // The numbers may have gaps: they are the service's, not the log's.
    (0..count).map(|i| entry(3 * i + 1, "operator.login")).collect()
}

fn note(entries: &[Entry], key: &NoteKey) -> String {
    let mut frontier = Frontier::new();
    for entry in entries {
        frontier.append(entry.leaf()).unwrap();
    }
    Checkpoint::of(&frontier, key).sign(key).unwrap()
}

/// Lines of a bundle with checkpoints at some sizes.
fn bundle(entries: &[Entry], checkpoints: &[usize]) -> Vec<String> {
    let mut writer = Writer::new(Vec::new(), ORIGIN).unwrap();
    for size in 0..=entries.len() {
        if size > 0 {
            writer.entry(entries[size - 1].bytes()).unwrap();
        }
        if checkpoints.contains(&size) {
            writer.checkpoint(&note(&entries[..size], &log_key())).unwrap();
        }
    }
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    text.lines().map(Into::into).collect()
}

fn check(lines: &[String], kept: &[String]) -> Result<Verified, Fault> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let kept = kept.iter().map(|note| note.clone().into_bytes()).collect();
    verify(text.as_bytes(), &Trust { log_keys: vec![log_key().verifier().clone()], kept })
}

#[test]
fn an_honest_bundle_holds() {
    let entries = entries(300);
    let lines = bundle(&entries, &[0, 1, 100, 256, 300]);
    let verified = check(&lines, &[note(&entries[..77], &log_key()), note(&entries, &log_key())]).unwrap();
    assert_eq!((verified.entries, verified.checkpoints, verified.kept), (300, 5, 2));
    assert_eq!((verified.origin.as_str(), verified.last), (ORIGIN, note(&entries, &log_key())));
    assert_eq!(check(&bundle(&[], &[0]), &[]).unwrap().entries, 0);
}

#[test]
fn a_truncated_log() {
    let entries = entries(20);
    let lines = bundle(&entries, &[10, 20]);
    // Lines: header, 10 entries, checkpoint, 10 entries, checkpoint.
    let mut cut = lines.clone();
    cut.remove(21);
    assert!(matches!(check(&cut, &[]), Err(Fault::Truncated { signed: 20, found: 19 })));
    let kept = [note(&entries, &log_key())];
    assert!(matches!(check(&lines[..12], &kept), Err(Fault::Truncated { signed: 20, found: 10 })));
    assert!(matches!(check(&lines[..15], &[]), Err(Fault::Unsigned { entries: 3 })));
    assert!(matches!(check(&lines[..1], &[]), Err(Fault::Unsigned { entries: 0 })));
    assert!(matches!(check(&[], &[]), Err(Fault::Header)));
    let text = lines.join("\n");
    let trust = Trust { log_keys: vec![log_key().verifier().clone()], kept: vec![] };
    assert!(matches!(verify(text.as_bytes(), &trust), Err(Fault::Line { line: 23 })), "no end of line");
}

#[test]
fn an_edited_log() {
    let entries = entries(20);
    let lines = bundle(&entries, &[10, 20]);
    let mut edited = lines.clone();
    edited[15] = edited[15].replace("operator.login", "operator.logout");
    assert_ne!(edited, lines);
    assert!(matches!(check(&edited, &[]), Err(Fault::Edited { from: 10, to: 19 })));
    let mut spelled = lines.clone();
    spelled[15] = spelled[15].replace("\"kind\":", "\"kind\": ");
    assert!(matches!(check(&spelled, &[]), Err(Fault::Entry { line: 16, .. })));
    // Without the checkpoint that says so, an older one that was kept still does.
    let changed: Vec<Entry> =
        entries.iter().map(|e| entry(e.seq(), if e.seq() == 4 { "x" } else { e.kind() })).collect();
    let rewritten = bundle(&changed, &[20]);
    assert!(check(&rewritten, &[]).is_ok(), "in itself it holds");
    let kept = [note(&entries[..5], &log_key())];
    assert!(matches!(check(&rewritten, &kept), Err(Fault::Forked { size: 5 })));
}

#[test]
fn a_reordered_log() {
    let entries = entries(20);
    let lines = bundle(&entries, &[10, 20]);
    let mut moved = lines.clone();
    moved.swap(3, 4);
    assert!(matches!(check(&moved, &[]), Err(Fault::Reordered { line: 5 })));
    let mut twice = lines.clone();
    twice.insert(4, twice[4].clone());
    assert!(matches!(check(&twice, &[]), Err(Fault::Reordered { line: 6 })));
    // A checkpoint that comes too late, and one that comes too early.
    let mut late = lines.clone();
    late.swap(11, 12);
    assert!(matches!(check(&late, &[]), Err(Fault::Reordered { line: 13 })));
    let mut early = lines.clone();
    early.swap(10, 11);
    assert!(matches!(check(&early, &[]), Err(Fault::Truncated { signed: 10, found: 9 })));
    // One removed and one put in for it.
    let mut swapped = lines;
    swapped[15] = format!("{{\"entry\":{}}}", String::from_utf8(entry(41, "x").bytes().to_vec()).unwrap());
    assert!(matches!(check(&swapped, &[]), Err(Fault::Reordered { .. } | Fault::Edited { .. })));
}

#[test]
fn a_forked_log() {
    let (entries, mut others) = (entries(20), entries(20));
    others[19] = entry(58, "operator.logout");
    let mut lines = bundle(&entries, &[10, 20]);
    let line = serde_json::to_string(&json!({"checkpoint": note(&others, &log_key())})).unwrap();
    lines.push(line);
    assert!(matches!(check(&lines, &[]), Err(Fault::Forked { size: 20 })));
    lines.pop();
    assert!(matches!(check(&lines, &[note(&others, &log_key())]), Err(Fault::Forked { size: 20 })));
    // A kept checkpoint of nothing agrees with everything.
    assert!(check(&lines, &[note(&[], &log_key())]).is_ok());
}

#[test]
fn strangers() {
    let entries = entries(3);
    let lines = bundle(&entries, &[3]);
    let other = NoteKey::from_seed("log.example/aozora", &[7; 32]).unwrap();
    let trust = |key: &NoteKey| Trust { log_keys: vec![key.verifier().clone()], kept: vec![] };
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    assert!(matches!(verify(text.as_bytes(), &trust(&other)), Err(Fault::Checkpoint { line: 5, .. })));
    let both = Trust { log_keys: vec![log_key().verifier().clone(), other.verifier().clone()], kept: vec![] };
    let foreign = text.replacen(ORIGIN, "log.example/aozora", 1);
    assert!(matches!(verify(foreign.as_bytes(), &both), Err(Fault::OtherLog { .. })));
    let kept = Trust { kept: vec![note(&entries, &other).into_bytes()], ..both };
    assert!(matches!(verify(text.as_bytes(), &kept), Err(Fault::OtherLog { .. })));
    assert!(matches!(check(&lines, &["nonsense".into()]), Err(Fault::Kept { number: 1, .. })));
    for stranger in ["", "{}", "{\"entry\":{}}", "{\"checkpoint\":1}", &"x".repeat(100_000)] {
        let mut lines = lines.clone();
        lines.insert(2, stranger.into());
        assert!(
            matches!(check(&lines, &[]), Err(Fault::Line { line: 3 } | Fault::Entry { line: 3, .. })),
            "{stranger}"
        );
    }
    assert!(Writer::new(Vec::new(), ORIGIN).unwrap().entry(b"{ }").is_err());
}

proptest! {
    /// One byte changed, one line removed, doubled or moved: it does not hold, or says less than was kept.
    #[test]
    fn nothing_can_be_changed(at in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), change in 1u8..=255) {
        let entries = entries(12);
        let lines = bundle(&entries, &[5, 12]);
        let kept = vec![note(&entries, &log_key())];
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut bytes = text.into_bytes();
        let place = at.index(bytes.len());
        bytes[place] ^= change;
        let trust = Trust { log_keys: vec![log_key().verifier().clone()], kept: vec![kept[0].clone().into_bytes()] };
        prop_assert!(verify(&bytes[..], &trust).is_err());
        prop_assert!(verify(&bytes[..place], &trust).is_err(), "cut short");

        let (from, to) = (at.index(lines.len()), to.index(lines.len()));
        let mut moved = lines.clone();
        let line = moved.remove(from);
        let held = check(&moved, &kept);
        // The middle checkpoint may go: the last one covers what it covered.
        prop_assert!(held.is_err() || from == 6, "{from}");
        moved.insert(to, line);
        prop_assert_eq!(check(&moved, &kept).is_ok(), moved == lines);
    }
}
