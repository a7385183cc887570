//! A real proof of a real credential in a receipt, and a log, through the command.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use honnin_circuits::encoding::fr_to_hex;
use honnin_circuits::holder::HolderSecret;
use honnin_circuits::schema::Slot;
use honnin_circuits::statement::Opening;
use honnin_circuits::{CircuitVersion, Fr};
use honnin_evidence::bundle::Writer;
use honnin_evidence::checkpoint::Checkpoint;
use honnin_evidence::entry::Entry;
use honnin_evidence::log::{Frontier, Plan};
use honnin_evidence::note::NoteKey;
use honnin_evidence::receipt::{Approval, Body, Passkey, Receipt, State, Verdict};
use honnin_protocol::approval;
use honnin_protocol::certificate::{self, IssuerCertificate, PointHex};
use honnin_protocol::encoding::{B64u, b64u};
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::policy::Policy;
use honnin_protocol::sealed::Sent;
use honnin_protocol::subject::{Party, Subject};
use honnin_prover::direct::prove;
use honnin_prover::example::{attributes, issuer, witness_for};
use honnin_prover::keys::{ProvingKey, sha256};
use honnin_recipient::{Contents, RecipientKey};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const NOW: u64 = 1_795_300_000_000;
const LOG: &str = "log.example/midori";

fn honnin(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_honnin")).args(args).output().unwrap()
}

fn said(args: &[&str], code: i32) -> String {
    let output = honnin(args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn log_key() -> NoteKey {
    NoteKey::from_seed(LOG, &[7; 32]).unwrap()
}

fn root() -> SigningKey {
    SigningKey::from_slice(&[40; 32]).unwrap()
}

fn statement(policy: &Policy, recipient: &Value) -> Value {
    json!({
        "v": 1, "kind": "verification", "tenant": "midori", "verification": "v_AAAAAAAAAAAAAAAAAAAAAA",
        "nonce": b64u([9; 32]), "direction": "inbound",
        "purpose": {"code": "address-change", "ja": "住所変更のお手続き", "en": "Address change"},
        "policy": {"id": policy.id, "version": 1, "digest": policy.digest()},
        "display": {"name": {"ja": "みどり銀行", "en": "Midori Bank"}, "desk": {"ja": "窓口", "en": "Desk"}, "number": "0120-000-123"},
        "operator": {"ja": "佐藤", "en": "Sato"}, "match": {"mode": "none"}, "call": null, "payment": null, "recipient": recipient,
        "not_before": NOW, "expires_at": NOW + 120_000,
    })
}

/// Fulfilment, which may have name and address.
fn fulfilment() -> RecipientKey {
    RecipientKey::generate(&[5; 32])
}

fn recipient() -> Value {
    json!({"id": "r_AAAAAAAAAAAAAAAAAAAAAA", "name": {"ja": "桜物流", "en": "Sakura Logistics"},
        "key": fulfilment().public().thumbprint(), "slots": ["name", "address"]})
}

/// The example's customer approves a call: credential, proof and passkey as on a phone; name and address go sealed to
/// the recipient, where there is one.
fn passed(key: &ProvingKey, recipient: &Value) -> (Body, Option<Sent>) {
    let disclose = if recipient.is_null() { json!([]) } else { recipient["slots"].clone() };
    let policy: Policy = serde_json::from_value(json!({
        "v": 1, "id": "standard", "version": 1, "schema": "honnin-jp-1", "name": {"ja": "標準", "en": "Standard"},
        "predicates": [{"slot": "subject", "op": "EQ", "value": "handle"}, {"slot": "kyc_level", "op": "GE", "value": 2},
            {"slot": "birth", "op": "LE", "value": {"years_before": 20}}, {"slot": "region", "op": "INSET", "value": [8, 9, 13]}],
        "disclose": disclose, "user_verification": true, "number_match": false, "ttl_s": 120, "valid_s": 600,
    }))
    .unwrap();
    let claims = IssuerCertificate {
        iss: "https://issuer.example".into(),
        tenant: "midori".into(),
        schema: "honnin-jp-1".into(),
        key: PointHex::of(&issuer().public()),
        key_id: "k1".into(),
        nbf: NOW / 1000 - 10,
        exp: NOW / 1000 + 86_400,
    };
    let session: honnin_protocol::statement::SessionStatement =
        serde_json::from_value(statement(&policy, recipient)).unwrap();
    let holder = HolderSecret::generate(&mut StdRng::seed_from_u64(10));
    let pseudonym = fr_to_hex(&holder.pseudonym(honnin_circuits::holder::scope("midori")));
    let (handle, as_of) = ("C-20481", 20_261_122);
    let opening = Opening(Fr::from(77u64));
    let sent = session.recipient.as_ref().map(|named| {
        let values = [(Slot::Name, "見本 花子"), (Slot::Address, "東京都見本区見本町1-2-3")];
        let values = values.map(|(slot, value)| (slot, Zeroizing::new(value.to_owned()))).to_vec();
        let contents = Contents::new(named.slots(), values, opening.clone()).unwrap();
        honnin_recipient::seal(fulfilment().public(), &session.ctx(), &contents, &[6; 32]).unwrap()
    });
    let disclosure = sent.as_ref().map(Sent::disclosed);
    let subject = Subject {
        tenant: "midori",
        party: Party::Customer(handle),
        pseudonym: &pseudonym,
        issuer: issuer().public(),
        policy: &policy,
        as_of,
        ctx: session.ctx(),
        payment: None,
        disclosed: disclosure.as_ref(),
    };
    let mut witness = witness_for(holder.clone(), attributes(&holder));
    if sent.is_some() {
        witness.opening = opening;
    }
    let proof = prove(key, &subject.statement().unwrap(), &witness, Fr::from(5u64), Fr::from(6u64)).unwrap().to_bytes();

    let passkey = SigningKey::from_slice(&[9; 32]).unwrap();
    let challenge = b64u(approval::of_proof(&session.ctx(), &proof));
    let client =
        json!({"type": "webauthn.get", "challenge": challenge, "origin": "https://id.example", "crossOrigin": false})
            .to_string();
    let data = [&Sha256::digest("id.example")[..], &[5], &4u32.to_be_bytes()].concat();
    let signature: Signature = passkey.sign(&[&data[..], &Sha256::digest(&client)].concat());
    let assertion = json!({"id": "AQID", "rawId": "AQID", "type": "public-key", "response": {
        "clientDataJSON": b64u(client), "authenticatorData": b64u(data), "signature": b64u(signature.to_der().as_bytes())}});
    let approval = Approval {
        circuit: CircuitVersion::V1,
        verifying_key: hex::encode(sha256(&key.verifying_key_bytes())),
        pseudonym,
        as_of,
        disclosure,
        proof: B64u(proof),
        certificate: certificate::sign(&claims, &root()),
        root: P256Jwk::from(*root().verifying_key()),
        passkey: Passkey {
            id: "AQID".into(),
            key: P256Jwk::from(*passkey.verifying_key()),
            counter: 3,
            rp_id: "id.example".into(),
            origin: "https://id.example".into(),
        },
        assertion: serde_json::from_value(assertion).unwrap(),
    };
    let verdict = Verdict {
        state: State::Passed,
        detail: None,
        delivered_at: Some(NOW + 1),
        opened_at: Some(NOW + 2),
        decided_at: NOW + 9_000,
        valid_until: Some(NOW + 609_000),
    };
    let reference = "H7K2-93QD".parse().unwrap();
    (
        Body { statement: session, policy, reference, handle: Some(handle.into()), verdict, approval: Some(approval) },
        sent,
    )
}

/// A log of 300 events with the body's among them; its receipt, its bundle and an older checkpoint.
fn logged(body: Body) -> (Vec<u8>, Vec<u8>, String) {
    let event = |seq: u64| {
        let passed = json!({"seq": seq, "at": body.verdict.decided_at, "kind": "verification.passed", "log": "midori",
            "verification": body.statement.verification, "operator": "sato", "device": null, "data": {"receipt": body.digest()}});
        let other = json!({"seq": seq, "at": NOW, "kind": "operator.login", "log": "midori", "verification": null,
            "operator": "sato", "device": null, "data": {}});
        Entry::of(if seq == 71 { passed } else { other }).unwrap()
    };
    let entries: Vec<Entry> = (1..=300).map(event).collect();
    let leaves: Vec<_> = entries.iter().map(Entry::leaf).collect();
    let (mut frontier, mut old) = (Frontier::new(), String::new());
    let mut bundle = Writer::new(Vec::new(), LOG).unwrap();
    for entry in &entries {
        frontier.append(entry.leaf()).unwrap();
        bundle.entry(entry.bytes()).unwrap();
        if [100, 300].contains(&frontier.size()) {
            let note = Checkpoint::of(&frontier, &log_key()).sign(&log_key()).unwrap();
            bundle.checkpoint(&note).unwrap();
            if frontier.size() == 100 {
                old = note;
            }
        }
    }
    let read = |tile: &honnin_evidence::log::Tile| {
        let first = tile.first() as usize;
        (tile.level == 0).then(|| &leaves[first..first + usize::from(tile.width)])
    };
    let inclusion = Plan::inclusion(70, 100).unwrap().hashes(read).unwrap();
    let receipt = Receipt::new(body, &entries[70], 70, inclusion, old.clone());
    (receipt.to_bytes(), bundle.finish().unwrap(), old)
}

fn write(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn receipt_and_log_offline() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let key = ProvingKey::development(&mut StdRng::seed_from_u64(1));
    let (receipt, bundle, old) = logged(passed(&key, &Value::Null).0);
    let file = write(dir, "receipt.json", &receipt);
    let vk = write(dir, "circuit.vk", key.verifying_key_bytes());
    let jwk = P256Jwk::from(*root().verifying_key());
    let jwk_file = write(dir, "root.json", serde_json::to_vec(&jwk).unwrap());
    let (log, print) = (log_key().verifier().to_string(), jwk.thumbprint());
    let base = ["receipt", "verify", &file, "--verifying-key", &vk, "--log-key", &log];
    let with = |more: &[&'static str], root: &str| {
        let args: Vec<String> =
            base.iter().map(|s| (*s).to_owned()).chain(["--issuer-root".into(), root.to_owned()]).collect();
        args.into_iter().chain(more.iter().map(|s| (*s).to_owned())).collect::<Vec<_>>()
    };
    let run = |args: Vec<String>, code| said(&args.iter().map(String::as_str).collect::<Vec<_>>(), code);

    let lines = run(with(&["--tenant", "midori"], &jwk_file), 0);
    assert_eq!(lines.lines().filter(|line| line.starts_with("  ok  ")).count(), 11, "{lines}");
    assert!(lines.contains("The receipt holds: call H7K2-93QD of C-20481 for midori (address-change)"), "{lines}");
    let document: Value = serde_json::from_str(&run(with(&["--json"], &print), 0)).unwrap();
    assert_eq!((&document["holds"], &document["receipt"]["verdict"]["state"]), (&json!(true), &json!("passed")));
    assert_eq!(document["log"]["size"], 100);

    let lines = run(with(&["--tenant", "aozora"], &print), 1);
    assert!(lines.contains("FAIL  it is of the expected tenant: the receipt is of tenant midori"), "{lines}");
    let document: Value = serde_json::from_str(&run(with(&["--json"], &b64u([0; 32])), 1)).unwrap();
    assert_eq!((&document["holds"], &document["failed"]), (&json!(false), &json!("issuer")));
    // Another customer's handle: the proof is of somebody else.
    let text = String::from_utf8(receipt).unwrap();
    fs::write(&file, text.replace("C-20481", "C-20482")).unwrap();
    let lines = run(with(&[], &print), 1);
    assert!(lines.contains("FAIL  the zero-knowledge proof holds for this call: the proof does not verify"), "{lines}");
    assert!(lines.contains("skip  the entry is in that log"), "{lines}");
    // What is no receipt, no key, too large or not there: a clear error, no panic.
    fs::write(&file, "{}").unwrap();
    assert!(run(with(&[], &print), 1).contains("FAIL  the file is a receipt"));
    let failed = |args: Vec<String>| {
        let output = honnin(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(failed(with(&[], "/nowhere")).contains("/nowhere"));
    fs::write(&file, "x".repeat(70_000)).unwrap();
    assert!(failed(with(&[], &print)).contains("larger"));
    assert_eq!(honnin(&["receipt", "verify", &file, "--log-key", "nonsense"]).status.code(), Some(2));

    let file = write(dir, "bundle.jsonl", &bundle);
    let old = write(dir, "old.txt", old);
    let audit = ["audit", "verify", &file, "--log-key", &log];
    let lines = said(&[&audit[..], &["--checkpoint", &old]].concat(), 0);
    assert!(
        lines.contains("300 entries") && lines.contains("1 checkpoints kept from earlier are continued"),
        "{lines}"
    );
    let document: Value = serde_json::from_str(&said(&[&audit[..], &["--json"]].concat(), 0)).unwrap();
    assert_eq!((&document["entries"], &document["checkpoints"]), (&json!(300), &json!(2)));
    let text = String::from_utf8(bundle).unwrap();
    let edited = text.replacen("\"kind\":\"verification.passed\"", "\"kind\":\"verification.denied\"", 1);
    assert_ne!(edited, text);
    fs::write(&file, edited).unwrap();
    assert!(said(&audit, 1).contains("FAIL  entries 0 to 99 are not those that were signed"));
    let cut: String = text.lines().take(50).map(|line| format!("{line}\n")).collect();
    fs::write(&file, cut).unwrap();
    let document: Value =
        serde_json::from_str(&said(&[&audit[..], &["--json", "--checkpoint", &old]].concat(), 1)).unwrap();
    assert_eq!(document["fault"], "truncated");
}

#[test]
fn fulfilment_opens_what_was_proven_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let key = ProvingKey::development(&mut StdRng::seed_from_u64(1));
    let (body, sent) = passed(&key, &recipient());
    let sent = sent.unwrap();
    let (receipt, ..) = logged(body);
    let file = write(dir, "receipt.json", &receipt);
    let vk = write(dir, "circuit.vk", key.verifying_key_bytes());
    let (log, print) = (log_key().verifier().to_string(), P256Jwk::from(*root().verifying_key()).thumbprint());
    let sealed = write(dir, "box.json", serde_json::to_vec(&sent.r#box).unwrap());
    let jwk = write(dir, "key.json", fulfilment().to_jwk().as_bytes());
    let open = |file: &str, sealed: &str, jwk: &str| {
        honnin(&[
            "open",
            file,
            "--box",
            sealed,
            "--key",
            jwk,
            "--verifying-key",
            &vk,
            "--log-key",
            &log,
            "--issuer-root",
            &print,
        ])
    };
    let opened = open(&file, &sealed, &jwk);
    assert_eq!(opened.status.code(), Some(0), "{}", String::from_utf8_lossy(&opened.stderr));
    let values: Value = serde_json::from_slice(&opened.stdout).unwrap();
    assert_eq!(values, json!({"name": "見本 花子", "address": "東京都見本区見本町1-2-3"}));

    let refused = |file: &str, sealed: &str, jwk: &str, why: &str| {
        let output = open(file, sealed, jwk);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
        assert!(said.contains(why), "{said}");
    };
    let stranger = write(dir, "stranger.json", RecipientKey::generate(&[8; 32]).to_jwk().as_bytes());
    refused(&file, &sealed, &stranger, "the session is not for this recipient");
    let mut bent = serde_json::to_value(&sent.r#box).unwrap();
    bent["ct"] = json!(b64u([0; 200]));
    refused(&file, &write(dir, "bent.json", bent.to_string()), &jwk, "the box was altered");
    let mut swapped = serde_json::to_value(&sent.r#box).unwrap();
    swapped["ctx"] = json!("0".repeat(64));
    refused(&file, &write(dir, "swapped.json", swapped.to_string()), &jwk, "the box is of another session");
    refused(&file, &write(dir, "none.json", "{}"), &jwk, "not a sealed box");
    refused(&file, &sealed, &write(dir, "no-key.json", "{}"), "not a private JWK");
    // A receipt that does not hold opens nothing, and neither does one of a call that sent nothing.
    let text = String::from_utf8(receipt).unwrap();
    let edited = write(dir, "edited.json", text.replace("C-20481", "C-20482"));
    refused(&edited, &sealed, &jwk, "the receipt does not hold");
    let (plain, ..) = logged(passed(&key, &Value::Null).0);
    refused(&write(dir, "plain.json", plain), &sealed, &jwk, "the session is not for this recipient");
}
