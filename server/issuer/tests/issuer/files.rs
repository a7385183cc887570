//! Customer files and keys.

use std::fs;

use crate::common::Issuer;
use honnin_issuer::app::{App, keyring};
use honnin_issuer::customers::{generate, load};
use honnin_issuer::entropy::{Clock, Entropy};
use honnin_issuer::store::customers::search;
use honnin_protocol::certificate;
use tempfile::TempDir;

fn read(name: &str, text: &[u8]) -> String {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    load(&path).map_or_else(|e| e.to_string(), |all| format!("{} customers", all.len()))
}

#[test]
fn bad_rows_are_named_by_line_and_column() {
    let good = String::from_utf8(generate::to_csv(&generate::customers(3, 1)).unwrap()).unwrap();
    assert_eq!(read("c.csv", good.as_bytes()), "3 customers");
    assert_eq!(read("c.csv", format!("\u{feff}{good}").as_bytes()), "3 customers");
    let lines: Vec<&str> = good.lines().collect();
    let with = |n: usize, line: &str| {
        let mut all = lines.clone();
        all[n] = line;
        read("c.csv", all.join("\n").as_bytes())
    };
    let row = "C-9,山田 太郎,19850412,13,東京都,090-0000-0009,1-1,1000,2,1,tok_1,0";
    assert_eq!(with(2, row), "3 customers");
    let bent = |from: &str, to: &str| with(2, &row.replace(from, to));
    assert_eq!(bent("19850412", "19850230"), "line 3: birth: is no day of the form YYYYMMDD");
    assert_eq!(bent(",13,", ",48,"), "line 3: region: must be a prefecture, 1 to 47");
    assert_eq!(bent(",1000,", ",-5,"), "line 3: limit: is no number of the right size");
    assert_eq!(bent(",1000,", ",1e3,"), "line 3: limit: is no number of the right size");
    assert_eq!(bent("C-9", "090-1234-5678"), "line 3: handle: the handle looks like a telephone number");
    assert_eq!(bent("C-9", "C-00003"), "line 4: handle: stands twice in the file");
    assert_eq!(bent("山田 太郎", ""), "line 3: name: the text is empty");
    assert_eq!(bent("山田 太郎", "山田\u{202e}太郎"), "line 3: name: the text holds a bidirectional control");
    assert_eq!(bent(",tok_1", ""), "line 3: 11 values where the header has 12");
    assert_eq!(with(0, &lines[0].replace("birth", "birthday")), "line 1: column 3 is not known");
    assert_eq!(with(0, &lines[0].replace("spare", "name")), "line 1: column name stands twice");
    assert!(read("c.csv", &[0x8e, 0x52, 0x93, 0x63]).contains("not UTF-8"));
    assert!(read("c.txt", b"").contains(".csv"));
}

#[test]
fn json_reads_alike() {
    let all = generate::customers(3, 1);
    let good = serde_json::to_string_pretty(&all).unwrap();
    assert_eq!(read("c.json", good.as_bytes()), "3 customers");
    assert_eq!(
        read("c.json", good.replace("\"C-00002\"", "\"C-00001\"").as_bytes()),
        "entry 2: handle: stands twice in the file"
    );
    assert!(read("c.json", good.replacen("\"limit\": ", "\"limit\": -", 1).as_bytes()).starts_with("line "));
    assert!(read("c.json", good.replacen("\"spare\"", "\"secret\"", 1).as_bytes()).contains("unknown"));
    let error = read("c.json", good.replacen(&all[0].name, "x\\ny", 1).as_bytes());
    assert_eq!(error, "entry 1: name: the text holds a control character");
}

#[test]
fn the_generator_is_deterministic_and_plausible() {
    let (a, b) = (generate::customers(1000, 7), generate::customers(1000, 7));
    assert!(a == b);
    assert!(a != generate::customers(1000, 8));
    assert!(a[..10] == generate::customers(10, 7)[..], "more customers do not change the first ones");
    for customer in &a {
        customer.check().unwrap();
        assert!(customer.phone.contains("-0000-"));
    }
    assert!(a.iter().filter(|c| c.birth > 20_061_121).count() > 10, "some are under age");
    assert!(a.iter().filter(|c| c.region == 13).count() > 50, "Tokyo is large");
    let bytes = generate::to_csv(&a).unwrap();
    assert_eq!(read("c.csv", &bytes), "1000 customers");
}

#[tokio::test]
async fn a_faulty_file_changes_nothing() {
    let issuer = Issuer::start().await;
    let mut config = issuer.app.config().clone();
    config.customers = issuer.dir.path().join("bad.csv");
    let good = String::from_utf8(generate::to_csv(&generate::customers(5, 2)).unwrap()).unwrap();
    fs::write(&config.customers, format!("{good}C-6,x\n")).unwrap();
    let refused = App::open(config.clone(), crate::common::ADMIN, Clock::system(), Entropy::system()).await;
    assert_eq!(refused.err().unwrap().to_string(), "customers: line 7: 2 values where the header has 12");
    assert_eq!(search(issuer.app.store().pool(), "", 0).await.unwrap().1, 30);
    fs::write(&config.customers, good).unwrap();
    App::open(config, crate::common::ADMIN, Clock::system(), Entropy::system()).await.unwrap();
    assert_eq!(search(issuer.app.store().pool(), "", 0).await.unwrap().1, 5);
}

#[tokio::test]
async fn rotation_keeps_the_root_and_old_credentials() {
    let issuer = Issuer::start().await;
    let (now, root) = (issuer.app.now_s(), issuer.app.keys().root_jwk().unwrap());
    let before = issuer.app.keys().issuing(now).unwrap();
    let other = keyring(issuer.app.config(), &Clock::from_fn(move || now as i64 * 1000), &Entropy::system()).unwrap();
    assert_eq!(other.issuing(now).unwrap().certificate, before.certificate, "opening again changes nothing");
    other.rotate(&Entropy::system(), now).unwrap();
    let after = issuer.app.keys().issuing(now).unwrap();
    assert_ne!(after.claims.key, before.claims.key, "a running issuer takes the new key");
    assert_eq!(issuer.app.keys().root_jwk().unwrap(), root);
    assert!(certificate::verify(&before.certificate, &root, now).is_ok(), "the old certificate still verifies");
    let later = now + 3 * 365 * 86_400;
    let renewed =
        keyring(issuer.app.config(), &Clock::from_fn(move || later as i64 * 1000), &Entropy::system()).unwrap();
    let renewed = renewed.issuing(later).unwrap();
    assert_eq!(renewed.claims.key, after.claims.key, "an aging certificate is renewed for the same key");
    assert!(renewed.claims.exp > after.claims.exp);
}

#[cfg(unix)]
#[tokio::test]
async fn key_files_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let issuer = Issuer::start().await;
    let keys = issuer.app.config().data_dir.join("keys");
    for name in ["root.key", "issuing.json"] {
        let path = keys.join(name);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let opened = keyring(issuer.app.config(), &Clock::system(), &Entropy::system());
        assert!(opened.err().unwrap().to_string().contains("may be read by others"), "{name}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[tokio::test]
async fn the_database_holds_no_bearer_secret() {
    let issuer = Issuer::start().await;
    let made = issuer.offer("C-00001").await.1;
    let code = issuer.code("C-00001").await;
    let token = issuer.redeem(&code).await.1["access_token"].as_str().unwrap().to_owned();
    let nonce = issuer.nonce().await;
    issuer.app.store().close().await;
    let bytes = fs::read(issuer.app.config().data_dir.join("issuer.db")).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds("C-00001"), "the search works");
    for secret in [made["offer_id"].as_str().unwrap(), &code, &token, &nonce] {
        assert!(!holds(secret));
    }
}
