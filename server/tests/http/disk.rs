//! A disk that is full, a database that takes no writes, and clocks that jump.

use honnin_server::db::Backend;
use honnin_server::{App, Config, Entropy};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::support::{Phone, Service};

#[tokio::test]
async fn a_full_disk_answers_503_and_loses_nothing() {
    let service = Service::idle(json!({})).await;
    if service.app.db().backend() == Backend::Postgres {
        // There is no disk of its own to fill here; PostgreSQL's answer is told apart by its class (53).
        return;
    }
    let desk = service.desk("sato", 1).await;
    let owner = service.desk("mori", 2).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    // For the connection that writes there is no further page, as on a file system without a free block.
    service.sql("PRAGMA max_page_count = 1").await.unwrap();
    let team = || owner.post("/v1/orgs/midori/teams", json!({"name": "x".repeat(100)}));
    let mut made = 0;
    let refused = loop {
        let answer = team().await;
        if answer.status != 201 {
            break answer;
        }
        made += 1;
        assert!(made < 2000, "the disk does not fill");
    };
    assert_eq!(refused.headers["retry-after"], "1");
    let told = refused.problem(503, "unavailable");
    assert!(!told.to_string().contains("sqlite") && !told.to_string().contains("disk"), "{told}");
    // Nothing half-written: what was answered is there, what was not is not, and the log has no gap.
    assert_eq!(service.count("SELECT COUNT(*) FROM teams").await, made);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'team.added'").await, made);
    let gaps =
        "SELECT COUNT(*) FROM logs l WHERE l.size <> (SELECT COUNT(*) FROM events e WHERE e.log = l.organisation)";
    assert_eq!(service.count(gaps).await, 0);
    assert_eq!(desk.view(id).await["state"], "opened", "reading goes on");
    // Room again. Where SQLite had undone the transaction by itself, the connection is replaced; writing goes on.
    service.sql("PRAGMA max_page_count = 1073741823").await.unwrap();
    team().await.ok(201);
    phone.approve(id, &body).await.ok(200);
    assert_eq!(desk.view(id).await["state"], "passed");
    assert_eq!(service.count(gaps).await, 0);
}

/// Makes the service's database take no writes, or again.
async fn set_read_only(service: &Service, on: bool) {
    match service.app.db().backend() {
        Backend::Sqlite => service.sql(&format!("PRAGMA query_only = {}", i32::from(on))).await.unwrap(),
        Backend::Postgres => {
            let url = service.config["database"].as_str().unwrap();
            let name = url.rsplit_once('/').unwrap().1;
            let mut admin = sqlx::postgres::PgConnection::connect(url).await.unwrap();
            // Apart, because a transaction that has begun stays what it is.
            sqlx::raw_sql("SET default_transaction_read_only = off").execute(&mut admin).await.unwrap();
            // For sessions that are open too: they are ended, and the pools make new ones.
            let sql = format!(
                "ALTER DATABASE {name} SET default_transaction_read_only = {};
                 SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()",
                if on { "on" } else { "off" }
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_database_that_turns_read_only_answers_503_and_recovers() {
    let service = Service::idle(json!({})).await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    set_read_only(&service, true).await;
    // The pools' idle connections are asked after and replaced.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    phone.approve(id, &body).await.problem(503, "unavailable");
    assert_eq!(service.count("SELECT COUNT(*) FROM approvals").await, 0);
    if service.app.db().backend() == Backend::Sqlite {
        // The setting is its one writing connection's, which now begins nothing that could undo it.
        return;
    }
    set_read_only(&service, false).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    phone.approve(id, &body).await.ok(200);
}

async fn start_with(service: &Service, changes: Value) -> Result<App, String> {
    let mut document = service.config.clone();
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    let config: Config = serde_json::from_value(document).unwrap();
    App::start(config, Entropy::from_rng(ChaCha20Rng::seed_from_u64(6))).await.map_err(|e| e.to_string())
}

#[tokio::test]
async fn a_start_that_cannot_be_says_why() {
    let service = Service::idle(json!({})).await;
    // What follows asks for something to be written: an organisation that is not founded yet.
    let new = json!({"id": "kaede", "name": {"ja": "かえで", "en": "Kaede"}, "zone": "Asia/Tokyo"});
    let read_only = match service.app.db().backend() {
        Backend::Sqlite => {
            let url = service.config["database"].as_str().unwrap();
            start_with(&service, json!({"partners": [new], "delegations": [], "database": format!("{url}?mode=ro")}))
                .await
        }
        Backend::Postgres => {
            set_read_only(&service, true).await;
            start_with(&service, json!({"partners": [new], "delegations": []})).await
        }
    };
    let error = read_only.map(drop).unwrap_err();
    assert!(error.contains("database: ") && (error.contains("readonly") || error.contains("read-only")), "{error}");
    let missing =
        start_with(&service, json!({"key_encryption": [{"file": "/no/such/kek"}]})).await.map(drop).unwrap_err();
    assert!(missing.contains("key_encryption: key file /no/such/kek"), "{missing}");
}

#[tokio::test]
async fn a_clock_that_jumps_lets_nobody_in_and_loses_nothing() {
    let service = Service::idle(json!({})).await;
    // From noon on: an hour back is the same day, so that proofs speak of today whenever this runs.
    let noon = service.noon().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let asked = desk.ask("C-1", "light").await;
        let request = phone.open(asked["id"].as_str().unwrap()).await;
        let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
        open.push((asked["id"].as_str().unwrap().to_owned(), body));
    }
    // Back by an hour: what is open stays open and passes; who is logged in stays so, and no token comes alive.
    service.shift_clock(noon - 3_600_000).await;
    phone.approve(&open[0].0, &open[0].1).await.ok(200);
    desk.get("/v1/operator/me").await.ok(200);
    // Forward past the request's end: nothing passes any more, and it says so.
    service.shift_clock(noon + 200_000).await;
    phone.approve(&open[1].0, &open[1].1).await.problem(410, "expired");
    assert_eq!(service.count("SELECT COUNT(*) FROM approvals").await, 1);
    // Back again before it was swept: its time is not over, and it passes as if nothing had been.
    service.shift_clock(noon).await;
    phone.approve(&open[2].0, &open[2].1).await.ok(200);
    // Years ahead: sessions, tokens and certificates have ended.
    service.shift_clock(noon + 10 * 365 * 86_400_000).await;
    desk.get("/v1/operator/me").await.problem(401, "unauthenticated");
    phone.approve(&open[1].0, &open[1].1).await.problem(401, "unauthenticated");
    // The log goes on without a gap, whatever the clock said.
    service.shift_clock(noon).await;
    let gaps =
        "SELECT COUNT(*) FROM logs l WHERE l.size <> (SELECT COUNT(*) FROM events e WHERE e.log = l.organisation)";
    assert_eq!(service.count(gaps).await, 0);
}
