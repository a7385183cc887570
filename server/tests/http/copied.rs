//! A database that was copied without its key-encryption key yields nothing, and no server starts on it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use honnin_protocol::text::Localized;
use honnin_server::db::Backend;
use honnin_server::db::people::{self, Person, Profile};
use honnin_server::domain::rights::Role;
use honnin_server::{App, Config, Entropy};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use crate::support::authenticator::{b64, unb64};
use crate::support::canary::Canary;
use crate::support::{Phone, Service};

const HANDLE: &str = "C-KANARIA-8841-XQ";
const PERSON: [&str; 4] = ["黄金井 金糸雀", "Koganei Canaria", "窓口の金糸雀担当", "Canaria at the desk"];
const WEBHOOK: &str = "whsec_Q2FuYXJpYVdlYmhvb2tTZWNyZXQwMTIzNDU2Nzg5";
/// Nobody listens there.
const ENDPOINT: &str = "http://127.0.0.1:9/push/kanarienvogel-2207";
/// RFC 8291, appendix A.
const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const NOTE: &str = "A canary flew out of the cage at noon";

/// A whole call with a person, a handle and secrets that nothing else contains; what to look for.
async fn a_whole_call(service: &Service) -> (Canary, Canary) {
    let mut write = service.app.db().write().await.unwrap();
    let person = Person {
        id: "p-1".into(),
        organisation: "midori".into(),
        profile: Profile { name: Localized::new(PERSON[0], PERSON[1]), label: Localized::new(PERSON[2], PERSON[3]) },
        webauthn_id: uuid::Uuid::from_bytes([9; 16]).to_string(),
        team: None,
        status: "active".into(),
        created_at: write.now,
        last_login_at: None,
    };
    people::insert(&mut write, &person, &[Role::Operator], "test").await.unwrap();
    let secret = write.seals().seal("midori", "alert_webhooks", "secret", "midori", WEBHOOK).unwrap();
    sqlx::query("INSERT INTO alert_webhooks (organisation, url, secret, created_at) VALUES ('midori', 'https://hooks.invalid/', $1, 1)")
        .bind(secret)
        .execute(write.conn())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let desk = service.desk("p-1", 201).await;
    let security = service.desk("hara", 202).await;
    let begin =
        json!({"target": {"kind": "person", "id": "suzuki"}, "reason": "other", "note": NOTE, "confirm": "suzuki"});
    security.post("/v1/orgs/midori/incidents", begin).await.ok(201);
    let mut phone = Phone::enrolled(service, "midori", HANDLE, 63).await;
    let asked = desk.ask(HANDLE, "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let code = asked["match_code"].as_str().unwrap().to_owned();
    let approval = phone.approval(&request, &code).await.body;
    phone.approve(id, &approval).await.ok(200);
    // One more stays open, and wakes the phone.
    let subscription =
        json!({"kind": "web", "endpoint": ENDPOINT, "keys": {"p256dh": P256DH, "auth": b64([0xc4; 16])}});
    phone.call(reqwest::Method::PUT, "/v1/device/push", Some(&subscription)).await.empty(204);
    desk.ask(HANDLE, "standard").await;

    let device: Value = security
        .post("/v1/orgs/midori/customers/export", json!({"handle": HANDLE}))
        .await
        .ok(200)["devices"][0]["identity"]
        .clone();
    let text = |name: &str| device[name].as_str().unwrap().to_owned();
    let key: Value = serde_json::from_str(&text("device_key")).unwrap();
    let passkey: Value = serde_json::from_str(&text("passkey_key")).unwrap();
    let nonce = request["statement"]["nonce"].as_str().unwrap();
    let pseudonym = hex::decode(text("pseudonym")).unwrap();
    // Two digits alone turn up anywhere.
    let matching = format!("\"code\":\"{code}\"");
    let texts = Canary::of_texts([
        ("handle", HANDLE),
        ("name, ja", PERSON[0]),
        ("name, en", PERSON[1]),
        ("label, ja", PERSON[2]),
        ("label, en", PERSON[3]),
        ("pseudonym as text", text("pseudonym").as_str()),
        ("note", NOTE),
        ("match code", &matching),
        ("webhook secret as text", WEBHOOK),
        ("kind of phone", "Android"),
        ("push endpoint", ENDPOINT),
    ]);
    let bytes = |name: &str| unb64(name);
    let proof = bytes(approval["proof"].as_str().unwrap());
    let secrets = [
        ("nonce", bytes(nonce)),
        ("pseudonym", pseudonym),
        ("passkey id", bytes(&text("passkey_id"))),
        ("device key x", bytes(key["x"].as_str().unwrap())),
        ("device key y", bytes(key["y"].as_str().unwrap())),
        ("passkey x", bytes(passkey["x"].as_str().unwrap())),
        ("operator's passkey id", desk.passkey.id.clone()),
        ("webhook secret", unb64(WEBHOOK.strip_prefix("whsec_").unwrap())),
        ("session cookie", desk.cookie.clone().into_bytes()),
        ("phone's token", bytes(&phone.token)),
        ("proof", proof),
        ("push key", unb64(P256DH)),
        ("push secret", vec![0xc4; 16]),
    ];
    (texts, Canary::of_secrets(secrets.iter().map(|(name, bytes)| (*name, bytes.as_slice()))))
}

/// Everything that lies in the database, as somebody who copied it has it.
fn copy(service: &Service) -> Vec<u8> {
    match service.app.db().backend() {
        Backend::Sqlite => {
            let files = std::fs::read_dir(service.dir.path()).unwrap().map(|f| f.unwrap().path());
            let mut files: Vec<PathBuf> = files.filter(|p| p.to_string_lossy().contains("t.db")).collect();
            files.sort();
            assert!(files.iter().any(|p| p.ends_with("t.db")), "{files:?}");
            files.iter().flat_map(|p| std::fs::read(p).unwrap()).collect()
        }
        Backend::Postgres => {
            let programs =
                std::fs::read_dir("/usr/lib/postgresql").unwrap().map(|v| v.unwrap().path().join("bin/pg_dump"));
            let newest = programs.filter(|p| p.exists()).max().expect("pg_dump (Debian package postgresql)");
            let dump = Command::new(newest).args(["--inserts", "-d", &service.app.config().database]).output().unwrap();
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            dump.stdout
        }
    }
}

#[tokio::test]
async fn a_copy_holds_nothing_of_anybody() {
    let service = Service::start().await;
    let (texts, secrets) = a_whole_call(&service).await;
    let copied = copy(&service);
    // It is the right database, and its call is in it.
    let has = |needle: &str| copied.windows(needle.len()).any(|w| w == needle.as_bytes());
    assert!(has("verification.passed") && has(&honnin_vault::data_key::prefix(1)), "{} bytes", copied.len());
    assert!(texts.len() > 200 && secrets.len() > 80, "{} and {}", texts.len(), secrets.len());
    assert_eq!((texts.find(&copied), secrets.find(&copied)), Default::default());
    // The search finds what is there.
    let mut planted = copied;
    planted.extend(texts.sample(7));
    assert!(!texts.find(&planted).is_empty());
}

/// Why a server with this configuration does not start.
async fn refusal(config: Config) -> String {
    match App::start(config, Entropy::from_rng(ChaCha20Rng::seed_from_u64(6))).await {
        Ok(_) => panic!("it started"),
        Err(e) => e.to_string(),
    }
}

/// The same configuration on a copy of the database, with another content of the key file.
fn with_kek(service: &Service, name: &str, content: Option<&str>) -> Config {
    let path = service.dir.path().join(name);
    if let Some(content) = content {
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let kek = serde_json::from_value(json!({"file": path})).unwrap();
    Config { key_encryption: vec![kek], database: database(service), ..service.app.config().clone() }
}

fn database(service: &Service) -> String {
    let served = &service.app.config().database;
    match served.strip_prefix("sqlite://") {
        None => served.clone(),
        Some(path) => {
            let copy = service.dir.path().join("copy.db");
            for suffix in ["", "-wal"] {
                let from = format!("{path}{suffix}");
                if Path::new(&from).exists() {
                    std::fs::copy(from, format!("{}{suffix}", copy.display())).unwrap();
                }
            }
            format!("sqlite://{}", copy.display())
        }
    }
}

#[tokio::test]
async fn no_server_starts_on_a_copy_without_its_key() {
    let service = Service::start().await;
    a_whole_call(&service).await;

    let other = refusal(with_kek(&service, "other", Some(&"5c3d".repeat(16)))).await;
    assert!(other.contains("is wrapped by key-encryption key aes-") && other.contains("only aes-"), "{other}");
    let key = std::fs::read_to_string(service.dir.path().join("kek")).unwrap();
    let (rest, last) = key.split_at(key.len() - 1);
    let flipped = format!("{rest}{:x}", u8::from_str_radix(last, 16).unwrap() ^ 1);
    let bit = refusal(with_kek(&service, "bit", Some(&flipped))).await;
    assert!(bit.contains("is wrapped by key-encryption key aes-"), "{bit}");
    let missing = refusal(with_kek(&service, "missing", None)).await;
    assert!(missing.contains("key_encryption: key file") && missing.contains("missing"), "{missing}");
    let short = refusal(with_kek(&service, "short", Some("07"))).await;
    assert!(short.contains("holds no 256-bit key"), "{short}");
    let none =
        refusal(Config { key_encryption: Vec::new(), database: database(&service), ..service.app.config().clone() });
    assert!(none.await.contains("key_encryption names no key"));

    // The right key starts it.
    let right = App::start(with_kek(&service, "kek", None), Entropy::system()).await.unwrap();
    right.db().close().await;
}

#[tokio::test]
async fn a_wrapped_key_with_one_bit_changed_is_refused() {
    let service = Service::start().await;
    a_whole_call(&service).await;
    let wrapped = service.text("SELECT wrapped FROM data_keys WHERE organisation = 'midori' AND kind = 'data'").await;
    // Well inside the wrapped bytes: the last of the six bits of one base64 digit.
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = wrapped.len() - 20;
    let value = DIGITS.iter().position(|d| *d == wrapped.as_bytes()[at]).unwrap();
    let altered = format!("{}{}{}", &wrapped[..at], char::from(DIGITS[value ^ 1]), &wrapped[at + 1..]);
    assert_ne!(altered, wrapped);
    service
        .sql(&format!("UPDATE data_keys SET wrapped = '{altered}' WHERE organisation = 'midori' AND kind = 'data'"))
        .await
        .unwrap();
    let said = refusal(with_kek(&service, "kek", None)).await;
    assert!(said.contains("data key 1 of organisation midori") && said.contains("does not open"), "{said}");
}
