//! `honnin-server doctor`: what it finds, and that it tells no secret.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use honnin_server::db::Backend;
use honnin_server::doctor::{Here, Level, Report, examine};
use honnin_server::{Config, config::ConfigError};
use serde_json::{Value, json};
use sqlx::Connection as _;
use tempfile::TempDir;

use crate::support::{Phone, Service};
use crate::tls::{Authority, put};

const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1000;

async fn here(service: &Service) -> Here {
    Here { now: service.app.db().now().await.unwrap(), open_files: Some(65_536) }
}

async fn examined(service: &Service, changes: Value, here: Here) -> Report {
    let mut document = service.config.clone();
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    let config: Config = serde_json::from_value(document).unwrap();
    let report = examine(Ok(config), None, here).await;
    let kek = fs::read_to_string(service.dir.path().join("kek")).unwrap();
    assert!(!report.to_string().contains(&kek));
    report
}

#[track_caller]
fn says(report: &Report, level: Level, what: &str, part: &str) {
    let found = report.of(what).unwrap_or_else(|| panic!("nothing about {what}:\n{report}"));
    assert!(found.level == level && found.found.contains(part), "{what}, {part}:\n{report}");
    assert_eq!(level == Level::Ok, found.way_out.is_empty(), "{found:?}");
    assert_eq!(report.to_string().lines().count(), report.0.len(), "one line each");
}

#[tokio::test]
async fn a_service_that_is_well() {
    let service = Service::idle(json!({})).await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let report = examined(&service, json!({}), here(&service).await).await;
    assert!(report.serves(), "{report}");
    for what in [
        "circuit keys",
        "pages",
        "open files",
        "key-encryption",
        "database",
        "schema",
        "keys at rest",
        "outbox",
        "webhooks",
        "checkpoints",
    ] {
        says(&report, Level::Ok, what, "");
    }
    // The service runs on parameters that the test made.
    says(&report, Level::Warn, "configuration", "development");
    assert!(report.of("clocks").is_some() && report.of("issuers").is_some(), "{report}");
}

#[tokio::test]
async fn key_encryption_keys_that_are_missing_or_wrong() {
    let service = Service::idle(json!({})).await;
    let here = here(&service).await;
    let missing = examined(&service, json!({"key_encryption": [{"file": "/no/such/kek"}]}), here).await;
    says(&missing, Level::Fail, "key-encryption", "/no/such/kek");
    let other = service.dir.path().join("other-kek");
    let bits = "6f1ed002ab5595859014ebf0951522d96f1ed002ab5595859014ebf0951522d8";
    fs::write(&other, bits).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = examined(&service, json!({"key_encryption": [{"file": other}]}), here).await;
    says(&exposed, Level::Fail, "key-encryption", "chmod");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    let wrong = examined(&service, json!({"key_encryption": [{"file": other}]}), here).await;
    says(&wrong, Level::Fail, "keys at rest", "is wrapped by key-encryption key aes-");
    assert!(!wrong.serves() && !wrong.to_string().contains(bits));
}

/// The service's database as one that takes no writes.
async fn read_only(service: &Service) -> Value {
    let url = service.config["database"].as_str().unwrap();
    match service.app.db().backend() {
        Backend::Sqlite => json!(format!("{url}?mode=ro")),
        Backend::Postgres => {
            let name = url.rsplit_once('/').unwrap().1;
            let mut admin = sqlx::postgres::PgConnection::connect(url).await.unwrap();
            let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
            json!(url)
        }
    }
}

#[tokio::test]
async fn databases_that_are_away_read_only_or_not_there_yet() {
    let service = Service::idle(json!({})).await;
    let here = here(&service).await;
    let dir = TempDir::new().unwrap();
    let new = json!({"database": format!("sqlite://{}/new.db", dir.path().display())});
    let report = examined(&service, new, here).await;
    says(&report, Level::Warn, "database", "not there yet");
    assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "it looks only");
    let away = json!({"database": "postgres://somebody:hunter2@127.0.0.1:9/nothing"});
    let report = examined(&service, away, here).await;
    says(&report, Level::Fail, "database", "");
    assert!(!report.to_string().contains("hunter2"));
    let report = examined(&service, json!({"database": read_only(&service).await}), here).await;
    says(&report, Level::Fail, "database", "cannot be written");
    assert!(!report.serves());
}

#[tokio::test]
async fn certificates_clocks_and_limits() {
    let service = Service::idle(json!({})).await;
    let mut here = here(&service).await;
    let (dir, authority) = (TempDir::new().unwrap(), Authority::new("a"));
    let tls = |pair: &(String, String)| {
        let (cert, key) = put(&dir, pair);
        json!({"tls": {"cert": cert, "key": key}})
    };
    let good = authority.certify("localhost", 2100);
    says(&examined(&service, tls(&good), here).await, Level::Ok, "tls", "good for");
    let expired = examined(&service, tls(&authority.certify("localhost", 2021)), here).await;
    says(&expired, Level::Fail, "tls", "expired");
    let mixed = (good.0, authority.certify("localhost", 2100).1);
    says(&examined(&service, tls(&mixed), here).await, Level::Fail, "tls", "is not the key of");
    here.open_files = Some(256);
    here.now -= YEAR_MS;
    let report = examined(&service, json!({"static": {"phone": dir.path()}}), here).await;
    says(&report, Level::Fail, "open files", "256");
    says(&report, Level::Warn, "clocks", "ahead");
    says(&report, Level::Fail, "pages", "index.html");
}

#[tokio::test]
async fn what_lies_about_in_the_database() {
    let service = Service::idle(json!({})).await;
    let now = service.app.db().now().await.unwrap();
    let message = |id: &str, done: &str, outcome: &str| {
        format!(
            "INSERT INTO outbox (id, organisation, kind, body, created_at, due_at, done_at, outcome)
             VALUES ('{id}', 'midori', 'alert', '{{}}', {now}, {now}, {done}, {outcome})"
        )
    };
    service.sql(&message("msg_1", &now.to_string(), "'500'")).await.unwrap();
    service.sql(&message("msg_2", "NULL", "NULL")).await.unwrap();
    service.shift_clock(31 * 60 * 1000).await;
    let report = examined(&service, json!({}), here(&service).await).await;
    assert!(report.serves(), "{report}");
    says(&report, Level::Warn, "checkpoints", "since 31 minutes");
    says(&report, Level::Warn, "outbox", "1 messages are due");
    says(&report, Level::Warn, "webhooks", "midori was not taken: 500");
    service.shift_clock(100 * 24 * 60 * 60 * 1000).await;
    let report = examined(&service, json!({}), here(&service).await).await;
    says(&report, Level::Warn, "keys at rest", "100 days old");
}

#[tokio::test]
async fn a_configuration_that_does_not_load() {
    let refused = examine(Err(ConfigError::Invalid("nothing".into())), None, Here::now()).await;
    says(&refused, Level::Fail, "configuration", "nothing");
    assert!(!refused.serves());
}

#[tokio::test]
async fn the_command_ends_as_it_finds() {
    let service = Service::idle(json!({})).await;
    let path = service.dir.path().join("server.json");
    let run = |document: &Value| {
        fs::write(&path, document.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_honnin-server"));
        let output = command.args(["doctor", "--config"]).arg(&path).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = run(&service.config);
    // The limit of open files is this machine's own.
    let failed: Vec<&str> =
        text.lines().filter(|line| line.starts_with("FAIL") && !line.contains("open files")).collect();
    assert!(failed.is_empty() && (code == Some(0)) != text.contains("FAIL"), "{code:?}\n{text}");
    let mut broken = service.config.clone();
    broken["keys"]["verifying_key_sha256"] = json!("00".repeat(32));
    let (code, text) = run(&broken);
    assert!(code == Some(1) && text.contains("FAIL  circuit keys"), "{text}");
    broken["no_such_key"] = json!(1);
    let (code, text) = run(&broken);
    assert!(code == Some(1) && text.starts_with("FAIL  configuration") && text.contains("no_such_key"), "{text}");
}
