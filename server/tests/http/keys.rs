//! Keys while serving: their age, rotation, wrapping anew, and that nothing sealed is forgotten.

use std::collections::BTreeSet;
use std::path::Path;

use honnin_server::commands::{Keys, keys};
use honnin_server::db::reseal::SEALED;
use honnin_server::upkeep::Upkeep;
use honnin_server::{Config, Entropy};
use serde_json::json;

use crate::support::{Phone, Service};

/// Fields that version 1 of any organisation's key sealed.
async fn under_the_first_key(service: &Service) -> Vec<(&'static str, i64)> {
    let first = honnin_vault::data_key::prefix(1);
    let mut left = Vec::new();
    for column in SEALED {
        let (table, name) = (column.table, column.column);
        let count = service.count(&format!("SELECT COUNT(*) FROM {table} WHERE {name} LIKE '{first}%'")).await;
        left.push((table, count));
    }
    left
}

#[tokio::test]
async fn rotation_while_serving() {
    let service = Service::start().await;
    let (mut desk, security) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut calls = Vec::new();
    for _ in 0..2 {
        calls.push(desk.ask("C-1", "standard").await);
    }
    let (decided, open) = (&calls[0], &calls[1]);
    let request = phone.open(decided["id"].as_str().unwrap()).await;
    let approval = phone.approval(&request, decided["match_code"].as_str().unwrap()).await.body;
    phone.approve(decided["id"].as_str().unwrap(), &approval).await.ok(200);
    // An open enrolment and an unused invitation hold sealed fields too.
    let mut second = Phone::new(&service, "midori", "C-2", 21);
    let (enrolment, completion) = second.enrolment().await;
    assert!(under_the_first_key(&service).await.iter().filter(|(_, n)| *n > 0).count() >= 7);

    let before = security.get("/v1/orgs/midori/keys").await.ok(200);
    assert_eq!(security.post("/v1/orgs/midori/keys/rotate", json!({})).await.status, 204);
    // The others by the command, as beside a running server.
    for organisation in ["aozora", "hikari"] {
        let rotate = Keys::Rotate { organisation: Some(organisation.into()) };
        let rotated = keys(service.app.config(), rotate, &Entropy::system()).await.unwrap();
        assert_eq!(rotated, format!("{organisation}: data key 2\n"));
    }

    service.app.upkeep(&mut Upkeep::default()).await.unwrap();
    let left = under_the_first_key(&service).await;
    assert!(left.iter().all(|(_, n)| *n == 0), "{left:?}");
    assert!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'key.resealed' AND log = 'midori'").await >= 1);

    // The log's key is what it was, and the new one is current.
    let after = security.get("/v1/orgs/midori/keys").await.ok(200);
    assert_eq!(after["log"]["vkey"], before["log"]["vkey"]);
    let data: Vec<_> = after["keys"].as_array().unwrap().iter().filter(|k| k["kind"] == "data").collect();
    assert_eq!(data.len(), 2);
    // And everything opens: login, views, the open call, the open enrolment.
    assert_eq!(desk.login().await.status, 204);
    assert_eq!(desk.view(decided["id"].as_str().unwrap()).await["state"], "passed");
    let request = phone.open(open["id"].as_str().unwrap()).await;
    let approval = phone.approval(&request, open["match_code"].as_str().unwrap()).await.body;
    phone.approve(open["id"].as_str().unwrap(), &approval).await.ok(200);
    service.post(&format!("/v1/enrolments/{enrolment}/complete"), completion).await.ok(201);
    // Nothing is left to do.
    let again = service.app.reseal("midori").await.unwrap();
    assert_eq!((again.resealed, again.unreadable), (0, 0));
}

#[tokio::test]
async fn a_field_that_does_not_open_is_named_and_left() {
    let service = Service::start().await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let _other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    // Somebody with the database's password gave one row the other's field.
    service.sql("UPDATE customers SET handle = (SELECT MIN(o.handle) FROM customers o)").await.unwrap();
    let mut write = service.app.db().write().await.unwrap();
    honnin_server::db::keys::rotate(&mut write, "midori", "test").await.unwrap();
    write.commit().await.unwrap();
    let done = service.app.reseal("midori").await.unwrap();
    assert_eq!(done.unreadable, 1);
    let left: i64 = under_the_first_key(&service).await.iter().filter(|(t, _)| *t == "customers").map(|(_, n)| n).sum();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn what_is_decided_stays_so_in_every_column() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    desk.ask("C-nobody", "standard").await;
    let columns = match service.app.db().backend() {
        honnin_server::db::Backend::Sqlite => "SELECT group_concat(name) FROM pragma_table_info('verifications')",
        honnin_server::db::Backend::Postgres => {
            "SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name = 'verifications'"
        }
    };
    let columns = service.text(columns).await;
    assert!(columns.split(',').count() > 20, "{columns}");
    for column in columns.split(',') {
        let changed = service.sql(&format!("UPDATE verifications SET {column} = {column}")).await;
        assert!(changed.is_err(), "{column}: a trigger must guard it (migrations, verifications_final)");
    }
}

#[tokio::test]
async fn who_may_look_and_who_may_rotate() {
    let service = Service::start().await;
    for (seed, (person, view, rotate)) in (10..).zip([
        ("sato", 404, 404),
        ("mori", 200, 403),
        ("endo", 200, 403),
        ("kondo", 404, 404),
        ("kato", 404, 404),
    ]) {
        let desk = service.desk(person, seed).await;
        assert_eq!(desk.get("/v1/orgs/midori/keys").await.status, view, "{person}");
        assert_eq!(desk.post("/v1/orgs/midori/keys/rotate", json!({})).await.status, rotate, "{person}");
    }
    let security = service.desk("hara", 2).await;
    let listed = security.get("/v1/orgs/midori/keys").await.ok(200);
    let kinds: Vec<_> = listed["keys"].as_array().unwrap().iter().map(|k| k["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["kek", "data", "index", "log", "announcement"]);
    let origin = service.app.log_origin("midori");
    assert_eq!((&listed["warn_after_days"], &listed["log"]["origin"]), (&json!(90), &json!(origin)));
    assert!(listed["log"]["vkey"].as_str().unwrap().starts_with(&format!("{origin}+")));
    assert!(!listed.to_string().contains("aozora"), "another organisation's keys show");
}

#[tokio::test]
async fn old_keys_are_named_once_a_week() {
    let service = Service::start().await;
    let alerts = "SELECT COUNT(*) FROM alerts WHERE kind = 'key-age' AND organisation = 'midori'";
    let day = 86_400_000;
    service.shift_clock(89 * day).await;
    service.app.warn_of_old_keys().await.unwrap();
    assert_eq!(service.count(alerts).await, 0);
    service.shift_clock(91 * day).await;
    service.app.warn_of_old_keys().await.unwrap();
    service.app.warn_of_old_keys().await.unwrap();
    assert_eq!(service.count(alerts).await, 1);
    service.shift_clock(99 * day).await;
    service.app.warn_of_old_keys().await.unwrap();
    assert_eq!(service.count(alerts).await, 2);
    let metrics = service.call(reqwest::Method::GET, "/metrics", None, &[]).await.body;
    let metrics = metrics.as_str().unwrap();
    for kind in ["kek", "data", "index", "log"] {
        assert!(metrics.contains(&format!("honnin_key_age_days{{kind=\"{kind}\"}} 99\n")), "{metrics}");
    }
    assert!(!metrics.contains("midori"));
}

#[tokio::test]
async fn another_key_encryption_key_takes_over() {
    let service = Service::start().await;
    let fresh = service.dir.path().join("kek-2");
    std::fs::write(&fresh, "3a91".repeat(16)).unwrap();
    std::fs::set_permissions(&fresh, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let old = service.app.config().key_encryption[0].clone();
    let new: honnin_vault::KekSource = serde_json::from_value(json!({"file": fresh})).unwrap();
    let with = |keks: &[&honnin_vault::KekSource]| Config {
        key_encryption: keks.iter().map(|k| (*k).clone()).collect(),
        ..service.app.config().clone()
    };
    let run = async |config: &Config, what| keys(config, what, &Entropy::system()).await;
    // Two keys of each of three organisations.
    assert_eq!(run(&with(&[&new, &old]), Keys::Rewrap).await.unwrap(), "6 keys wrapped anew\n");
    assert_eq!(run(&with(&[&new, &old]), Keys::Rewrap).await.unwrap(), "0 keys wrapped anew\n");
    let status = run(&with(&[&new]), Keys::Status { organisation: Some("midori".into()) }).await.unwrap();
    assert_eq!(status.lines().filter(|l| l.contains("midori")).count(), 2, "{status}");
    let refused = run(&with(&[&old]), Keys::Status { organisation: None }).await.unwrap_err();
    assert!(refused.to_string().contains("is wrapped by key-encryption key"), "{refused}");
    let unknown = run(&with(&[&new]), Keys::Rotate { organisation: Some("nobody".into()) }).await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no organisation nobody");
}

#[test]
fn the_list_of_sealed_columns_is_whole() {
    let listed: BTreeSet<(String, String)> = SEALED.iter().map(|s| (s.table.into(), s.column.into())).collect();
    assert_eq!(listed.len(), SEALED.len(), "a column stands twice");
    for database in ["sqlite", "postgres"] {
        assert_eq!(marked(database), listed, "migrations/{database}: columns marked `-- sealed`, against db/reseal.rs");
    }
    let mut used = BTreeSet::new();
    sealed_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
    assert!(used.len() >= 9, "the search finds what seals: {used:?}");
    assert_eq!(used.difference(&listed).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "sealed and not listed");
}

/// Columns that a migration's comment calls sealed.
fn marked(database: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut table = String::new();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
    for file in std::fs::read_dir(dir).unwrap() {
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["CREATE", "TABLE", name, ..] => table = (*name).to_owned(),
                ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] if line.contains("-- sealed") => {
                    found.insert(((*name).to_owned(), (*column).to_owned()));
                }
                [column, ..] if line.contains("-- sealed") => {
                    found.insert((table.clone(), (*column).to_owned()));
                }
                _ => {}
            }
        }
    }
    found
}

/// Columns that the code seals: the first two literals after each `.seal(`.
fn sealed_in(dir: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sealed_in(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for call in text.split(".seals().seal(").skip(1) {
                let mut literals = call.split('"').skip(1).step_by(2);
                found.insert((literals.next().unwrap().to_owned(), literals.next().unwrap().to_owned()));
            }
        }
    }
}
