//! `tests/vectors/`: values computed apart from this crate (Python's hashlib and plain integers).

use honnin_circuits::credential::text_to_field;
use honnin_circuits::encoding::{fr_from_hex, fr_to_hex};
use honnin_circuits::holder::scope;
use honnin_circuits::predicate::{Op, Predicate};
use honnin_circuits::schema::Slot;
use honnin_protocol::encoding::{b64u, b64u_decode};
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::policy::{self, Policy};
use honnin_protocol::statement::SessionStatement;
use honnin_protocol::subject::Party;
use honnin_protocol::text::Localized;
use honnin_protocol::{approval, certificate, device, guard, spoken};
use serde_json::{Value, json};

fn vectors(name: &str) -> Value {
    let path = format!("{}/../tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn all(value: &Value) -> &[Value] {
    let all = value.as_array().unwrap();
    assert!(!all.is_empty());
    all
}

#[test]
fn statements() {
    let file = vectors("statement");
    let proof = b64u_decode(file["proof"].as_str().unwrap()).unwrap();
    for case in all(&file["statements"]) {
        let statement: SessionStatement = serde_json::from_value(case["statement"].clone()).unwrap();
        assert_eq!(statement.canonical(), case["canonical"], "{}", case["name"]);
        assert_eq!(fr_to_hex(&statement.ctx()), case["ctx"], "{}", case["name"]);
        assert_eq!(b64u(approval::of_proof(&statement.ctx(), &proof)), case["approval"], "{}", case["name"]);
        assert_eq!(serde_json::to_value(&statement).unwrap(), case["statement"]);
        if case["without_code"].is_string() {
            let phone = statement.without_code();
            assert_eq!(phone.canonical(), case["without_code"]);
            assert_eq!(phone.with_code("47").unwrap(), statement);
            assert_ne!(phone.with_code("48").unwrap().ctx(), statement.ctx());
            assert!(phone.with_code("4").is_err());
        }
        if case["same"].is_string() {
            assert_eq!(statement.without_code().canonical(), case["same"], "what the agent says is not kept back");
            assert!(statement.with_code("08").is_err());
        }
    }
    for case in all(&file["refused"]) {
        assert!(serde_json::from_value::<SessionStatement>(case["statement"].clone()).is_err(), "{}", case["why"]);
    }
}

#[test]
fn policies() {
    let file = vectors("policy");
    for case in all(&file["policies"]) {
        let policy: Policy = serde_json::from_value(case["policy"].clone()).unwrap();
        assert_eq!(policy.validate(), Ok(()));
        assert_eq!(serde_jcs::to_string(&policy).unwrap(), case["canonical"]);
        assert_eq!(policy.digest().to_string(), case["digest"]);
        let day = u32::try_from(case["as_of"].as_u64().unwrap()).unwrap();
        let payment = case["payment"].as_object().map(|p| serde_json::from_value(json!(p)).unwrap());
        let set = policy.compile(Party::Customer(case["handle"].as_str().unwrap()), day, payment.as_ref()).unwrap();
        let wanted = all(&case["predicates"]);
        for (i, found) in set.as_array().iter().enumerate() {
            let Some(wanted) = wanted.get(i) else {
                assert_eq!(*found, Predicate::NONE);
                continue;
            };
            assert_eq!(Some(found.slot()), Slot::from_name(wanted[0].as_str().unwrap()));
            assert_eq!(name(found.op()), wanted[1]);
            assert_eq!(fr_to_hex(&found.operand()), wanted[2]);
        }
        let words = serde_json::to_value(policy::words(&policy)).unwrap();
        assert_eq!(words["proves"], case["proves"]);
        assert_eq!(words["not_sent"], case["not_sent"]);
        assert_eq!(words["sealed"], case["sealed"]);
        assert!(policy.compile(Party::Customer("C-1"), 20_270_229, payment.as_ref()).is_err(), "no such day");
    }
    for case in all(&file["refused"]) {
        let read = serde_json::from_value::<Policy>(case["policy"].clone());
        assert!(read.is_err() || read.is_ok_and(|p| p.validate().is_err()), "{}", case["why"]);
    }
}

fn name(op: Op) -> &'static str {
    match op {
        Op::None => "NONE",
        Op::Eq => "EQ",
        Op::Ge => "GE",
        Op::Le => "LE",
        Op::InSet => "INSET",
    }
}

#[test]
fn certificates() {
    let file = vectors("certificate");
    let root: P256Jwk = serde_json::from_value(file["root"].clone()).unwrap();
    assert_eq!(root.thumbprint(), file["thumbprint"]);
    let good = file["certificate"].as_str().unwrap();
    for now in all(&file["valid_at"]) {
        let claims = certificate::verify(good, &root, now.as_u64().unwrap()).unwrap();
        assert_eq!(serde_json::to_value(&claims).unwrap(), file["claims"]);
    }
    for case in all(&file["refused"]) {
        let error = certificate::verify(case["certificate"].as_str().unwrap(), &root, case["now"].as_u64().unwrap());
        assert_eq!(format!("{:?}", error.unwrap_err()), case["error"], "{}", case["why"]);
    }
}

#[test]
fn handles() {
    let file = vectors("guard");
    for handle in all(&file["accepted"]) {
        assert_eq!(guard::handle(handle.as_str().unwrap()), Ok(()), "{handle}");
    }
    for case in all(&file["refused"]) {
        let error = guard::handle(case["handle"].as_str().unwrap());
        assert_eq!(error.map_err(|e| format!("{e:?}")), Err(case["why"].as_str().unwrap().to_owned()), "{case}");
    }
}

#[test]
fn texts() {
    let file = vectors("text");
    for case in all(&file["texts"]) {
        assert_eq!(fr_to_hex(&text_to_field(case["text"].as_str().unwrap())), case["field"], "{case}");
    }
    for case in all(&file["scopes"]) {
        assert_eq!(fr_to_hex(&scope(case["tenant"].as_str().unwrap())), case["scope"]);
    }
    for case in all(&file["device_session"]) {
        let challenge = b64u_decode(case["challenge"].as_str().unwrap()).unwrap();
        assert_eq!(b64u(device::session_message(&challenge)), case["message"]);
    }
    for case in all(&file["display"]) {
        let found = guard::display_text(case["text"].as_str().unwrap()).map_err(|e| format!("{e:?}"));
        let wanted = if case["ok"] == true { Ok(()) } else { Err(case["why"].as_str().unwrap().to_owned()) };
        assert_eq!(found, wanted, "{case}");
    }
}

#[test]
fn word_pairs() {
    for case in all(&vectors("words")["pairs"]) {
        let pair = spoken::pair(&fr_from_hex(case["ctx"].as_str().unwrap()).unwrap());
        assert_eq!(json!(pair.ja), case["ja"]);
        assert_eq!(json!(pair.en), case["en"]);
    }
}

/// Heard once over a telephone, each is itself: no two are nearer than two sounds of each other.
#[test]
fn the_words_are_apart() {
    let words: Vec<Localized> = serde_json::from_str(spoken::WORDS_JSON).unwrap();
    assert_eq!(words.len(), 256);
    let kana = |c: char| matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | 'ー');
    // One sound has two letters.
    let sounds = |ja: &str| -> Vec<char> {
        let hiragana = |c| if ('ァ'..='ヶ').contains(&c) { char::from_u32(c as u32 - 0x60).unwrap() } else { c };
        ja.chars().map(hiragana).collect()
    };
    for (i, word) in words.iter().enumerate() {
        assert!((3..=6).contains(&word.ja.chars().count()) && word.ja.chars().all(kana), "{}", word.ja);
        assert!((3..=10).contains(&word.en.len()) && word.en.bytes().all(|b| b.is_ascii_lowercase()), "{}", word.en);
        for other in &words[..i] {
            assert!(distance(&sounds(&word.ja), &sounds(&other.ja)) >= 2, "{} {}", word.ja, other.ja);
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            assert!(distance(&letters(&word.en), &letters(&other.en)) >= 2, "{} {}", word.en, other.en);
        }
    }
}

/// Insertions, removals and changes between two texts.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            next.push((row[j + 1] + 1).min(next[j] + 1).min(row[j] + usize::from(x != y)));
        }
        row = next;
    }
    row[b.len()]
}
