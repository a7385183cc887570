//! Signed notes and checkpoints: the values of C2SP's reference implementation, and what must not be read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use honnin_evidence::checkpoint::{Checkpoint, CheckpointError};
use honnin_evidence::log::{Frontier, leaf_hash};
use honnin_evidence::note::{KeyError, Note, NoteError, NoteKey, VerifierKey};
use proptest::prelude::*;

/// Of the tests of Go's golang.org/x/mod/sumdb/note.
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const LINE: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

const ORIGIN: &str = "log.example/midori";

fn log_key() -> NoteKey {
    NoteKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn frontier(size: u64) -> Frontier {
    let mut frontier = Frontier::new();
    for i in 0..size {
        frontier.append(leaf_hash(&i.to_be_bytes())).unwrap();
    }
    frontier
}

fn signed(size: u64) -> String {
    Checkpoint::of(&frontier(size), &log_key()).sign(&log_key()).unwrap()
}

#[test]
fn the_reference_implementations_values() {
    let seed = STANDARD.decode(SEED).unwrap();
    let key = NoteKey::from_seed("PeterNeumann", seed[1..].try_into().unwrap()).unwrap();
    assert_eq!(key.verifier().to_string(), KEY);
    let note = Note::sign(TEXT, &key).unwrap();
    assert_eq!(note.to_string(), format!("{TEXT}\n{LINE}"));
    let verifier: VerifierKey = KEY.parse().unwrap();
    assert_eq!(note.verify(&[&verifier]).unwrap().trusted, [("PeterNeumann".to_owned(), None)]);
}

#[test]
fn verifier_keys_read_in_one_spelling() {
    for (bad, why) in [
        ("PeterNeumann", KeyError::Malformed),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Name),
        ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Name),
        ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Hash),
        ("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Hash),
        ("PeterNeumann+c74f20a3+AhpcBQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Kind),
        ("PeterNeumann+c74f20a3+ARpc2Q==", KeyError::Malformed),
        ("PeterNeumann+c74f20a3+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", KeyError::Point),
    ] {
        assert_eq!(bad.parse::<VerifierKey>(), Err(why), "{bad}");
    }
    let witness = NoteKey::witness("witness.example", &[8; 32]).unwrap();
    assert_eq!(witness.verifier().to_string().parse::<VerifierKey>().as_ref(), Ok(witness.verifier()));
    assert_eq!(NoteKey::from_seed("a+b", &[1; 32]).err(), Some(KeyError::Name));
}

#[test]
fn checkpoints_open_with_their_own_logs_key() {
    let key = log_key();
    let opened = Checkpoint::open(signed(5).as_bytes(), &[key.verifier().clone()]).unwrap();
    assert_eq!((opened.checkpoint.size, opened.checkpoint.root), (5, frontier(5).root()));
    assert_eq!(opened.checkpoint.origin, ORIGIN);
    let unknown = Err(CheckpointError::UnknownLog(ORIGIN.into()));
    assert_eq!(Checkpoint::open(signed(5).as_bytes(), &[]), unknown);
    // The same seed under another name, and another seed under the same name.
    for (name, seed) in [("log.example/aozora", [7; 32]), (ORIGIN, [9; 32])] {
        let other = NoteKey::from_seed(name, &seed).unwrap();
        assert_eq!(Checkpoint::open(signed(5).as_bytes(), &[other.verifier().clone()]), unknown);
    }
    // A trusted log that signs in another log's name.
    let other = NoteKey::from_seed("log.example/aozora", &[9; 32]).unwrap();
    let foreign = Checkpoint::of(&frontier(5), &key).sign(&other).unwrap();
    assert_eq!(Checkpoint::open(foreign.as_bytes(), &[key.verifier().clone(), other.verifier().clone()]), unknown);
}

#[test]
fn witnesses_cosign() {
    let (key, witness) = (log_key(), NoteKey::witness("witness.example", &[8; 32]).unwrap());
    let note = Note::parse(signed(5).as_bytes()).unwrap().cosign(&witness, 1_795_300_000).unwrap().to_string();
    let alone = Checkpoint::open(note.as_bytes(), &[key.verifier().clone()]).unwrap();
    assert_eq!((alone.signers.trusted.len(), alone.signers.unknown), (1, 1));
    let keys = [key.verifier().clone(), witness.verifier().clone()];
    let both = Checkpoint::open(note.as_bytes(), &keys).unwrap();
    assert_eq!(both.signers.trusted[1], ("witness.example".to_owned(), Some(1_795_300_000)));
    // A witness alone says nothing of the log.
    assert!(Checkpoint::open(note.as_bytes(), &keys[1..]).is_err());
    // A known witness's line that does not hold is a fault, not a stranger's.
    let other = NoteKey::witness("witness.example", &[8; 32]).unwrap();
    let elsewhere = Note::parse(signed(6).as_bytes()).unwrap().cosign(&other, 1).unwrap().to_string();
    let line = elsewhere.lines().last().unwrap();
    let forged = format!("{}{line}\n", signed(5));
    let fault = NoteError::Signature("witness.example".into());
    assert_eq!(Checkpoint::open(forged.as_bytes(), &keys), Err(CheckpointError::Note(fault)));
    assert!(Note::parse(note.as_bytes()).unwrap().cosign(&witness, 2).is_err(), "once a key");
}

#[test]
fn other_spellings_are_refused() {
    let key = log_key();
    let keys = [key.verifier().clone()];
    let text = Checkpoint::of(&frontier(5), &key).to_string();
    let root = text.lines().nth(2).unwrap();
    let texts = [
        format!("{ORIGIN}\n05\n{root}\n"),
        format!("{ORIGIN}\n+5\n{root}\n"),
        format!("{ORIGIN}\n-5\n{root}\n"),
        format!("{ORIGIN}\n5\n{}\n", root.trim_end_matches('=')),
        format!("{ORIGIN}\n5\nAAAA\n"),
        format!("{ORIGIN}\n5\n{root}\nextension\n"),
        format!("{ORIGIN}\n5\n"),
        format!("{ORIGIN}\n0\n{root}\n"),
        format!("{ORIGIN}\n9007199254740992\n{root}\n"),
    ];
    for text in texts {
        let note = Note::sign(&text, &key).unwrap().to_string();
        assert_eq!(Checkpoint::open(note.as_bytes(), &keys), Err(CheckpointError::Malformed), "{text}");
    }
    assert_eq!(Note::sign("no newline", &key), Err(NoteError::Malformed));
    assert_eq!(Note::sign("a\ttab\n", &key), Err(NoteError::Malformed));
    assert!(Checkpoint::open(signed(0).as_bytes(), &keys).is_ok());
    let note = signed(5);
    for bad in [
        note.trim_end().to_owned(),
        note.replace("— ", "- "),
        note.replace('\n', "\r\n"),
        format!("{note}\n"),
        format!("{note}{}\n", note.lines().last().unwrap()),
        format!("{note}— a+b AAAAAAA=\n"),
        format!("{note}— a AAAAAA==\n"),
        String::new(),
        "\n\n".into(),
        format!("{text}\n"),
        "x".repeat(20_000),
    ] {
        assert_eq!(Checkpoint::open(bad.as_bytes(), &keys), Err(CheckpointError::Note(NoteError::Malformed)), "{bad}");
    }
}

proptest! {
    /// One byte changed anywhere, and the log has not signed it.
    #[test]
    fn edited_checkpoints_do_not_open(at in any::<prop::sample::Index>(), change in 1u8..=255) {
        let mut bytes = signed(5).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(Checkpoint::open(&bytes, &[log_key().verifier().clone()]).is_err());
    }

    #[test]
    fn reading_never_panics_and_has_one_spelling(text in "(\\PC|\n){0,200}") {
        let _ = text.parse::<VerifierKey>();
        if let Ok(note) = Note::parse(text.as_bytes()) {
            prop_assert_eq!(note.to_string(), text);
        }
    }
}
