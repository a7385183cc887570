//! Schemas that another program made: programs side by side, one that is too old, one that is of another build.

use honnin_server::db::Backend;
use honnin_server::doctor::{Here, examine};
use honnin_server::{App, Config, Entropy};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use crate::support::{Phone, Service};

/// Another process of this program on the same database.
async fn second(config: &Value, seed: u64) -> Result<App, String> {
    let config: Config = serde_json::from_value(config.clone()).unwrap();
    App::start(config, Entropy::from_rng(ChaCha20Rng::seed_from_u64(seed))).await.map_err(|e| e.to_string())
}

/// What a newer program's migration leaves: its work, and its row.
async fn migrated(service: &Service, version: i64, name: &str, work: &str) {
    let (checksum, yes) = match service.app.db().backend() {
        Backend::Sqlite => ("x'00'", "1"),
        Backend::Postgres => ("'\\x00'", "TRUE"),
    };
    let row = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES ({version}, '{name}', {yes}, {checksum}, 0)"
    );
    service.sql(&format!("{work}; {row}")).await.unwrap();
}

const EXPAND: &str = "CREATE TABLE newer (id TEXT PRIMARY KEY, person TEXT REFERENCES people (id));
    ALTER TABLE verifications ADD COLUMN newer TEXT; ALTER TABLE people ADD COLUMN newer BIGINT NOT NULL DEFAULT 0";

async fn call(service: &Service, phone: &mut Phone<'_>, desk: &crate::support::Desk<'_>) {
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id, &body).await.ok(200);
    assert_eq!(service.text(&format!("SELECT state FROM verifications WHERE id = '{id}'")).await, "passed");
}

#[tokio::test]
async fn calls_go_on_while_a_newer_program_expands_the_schema() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    call(&service, &mut phone, &desk).await;
    migrated(&service, 9001, "expand newer", EXPAND).await;
    call(&service, &mut phone, &desk).await;
    // This program also starts on it, beside the one that runs: as an old node that is restarted in mid-upgrade.
    let other = second(&service.config, 7).await.unwrap();
    assert!(other.invite("mori").await.unwrap().is_some());
    call(&service, &mut phone, &desk).await;
    let config: Config = serde_json::from_value(service.config.clone()).unwrap();
    let report = examine(Ok(config), None, Here::now()).await;
    assert!(report.of("schema").unwrap().found.contains("expanded by a newer program up to 9001"), "{report}");
    other.db().close().await;

    migrated(&service, 9002, "contract verifications", "ALTER TABLE verifications DROP COLUMN newer").await;
    let error = second(&service.config, 8).await.map(drop).unwrap_err();
    assert!(error.contains("migration 9002 (contract verifications)") && error.contains("too old"), "{error}");
}

#[tokio::test]
async fn a_database_of_another_build_is_refused() {
    let service = Service::idle(json!({})).await;
    let altered = match service.app.db().backend() {
        Backend::Sqlite => "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1",
        Backend::Postgres => "UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 1",
    };
    service.sql(altered).await.unwrap();
    let error = second(&service.config, 7).await.map(drop).unwrap_err();
    assert!(error.contains("migration 1 was applied with another text"), "{error}");
    service.sql("UPDATE _sqlx_migrations SET success = (1 = 0) WHERE version = 1").await.unwrap();
    let error = second(&service.config, 8).await.map(drop).unwrap_err();
    assert!(error.contains("migration 1 did not end"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_together_on_an_empty_database() {
    let service = Service::idle(json!({})).await;
    if service.app.db().backend() == Backend::Sqlite {
        // One node.
        return;
    }
    let url = service.config["database"].as_str().unwrap();
    let (server, name) = url.rsplit_once('/').unwrap();
    let mut admin = <sqlx::postgres::PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}_new"))).execute(&mut admin).await.unwrap();
    let mut config = service.config.clone();
    config["database"] = json!(format!("{server}/{name}_new"));
    let nodes = tokio::join!(second(&config, 1), second(&config, 2), second(&config, 3));
    for node in [nodes.0, nodes.1, nodes.2] {
        let node = node.unwrap();
        let people = sqlx::query("SELECT COUNT(*) FROM people").fetch_one(node.db().read().await.unwrap().conn()).await;
        assert_eq!(sqlx::Row::get::<i64, _>(&people.unwrap(), 0), 12);
        node.db().close().await;
    }
}
