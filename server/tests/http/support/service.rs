//! The service in process: temporary database, test key, a clock that tests move.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;

use honnin_server::db::Backend;
use honnin_server::{App, Config, Entropy};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, Row as _};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::authenticator::{Authenticator, jwk, signing_key};
use super::simulator::Simulator;

pub const ISSUER: &str = "http://issuer.localhost:9";
pub const ROOT_SEED: u8 = 40;

pub struct Service {
    pub app: App,
    pub origin: String,
    pub simulator: Simulator,
    pub http: Client,
    /// Database, keys and pages; removed with the service.
    pub dir: TempDir,
    /// As a file would say it.
    pub config: Value,
}

pub fn policy(id: &str, extra: &[Value]) -> Value {
    let mut predicates = vec![json!({"slot": "subject", "op": "EQ", "value": "handle"})];
    predicates.extend_from_slice(extra);
    json!({"v": 1, "id": id, "version": 1, "schema": "honnin-jp-1", "name": {"ja": "標準", "en": "Standard"},
           "predicates": predicates, "disclose": [], "user_verification": true, "number_match": true, "ttl_s": 120, "valid_s": 600})
}

/// People by id and roles, as a configuration founds them.
fn people(people: &[(&str, &[&str])]) -> Vec<Value> {
    let named = |(id, roles): &(&str, &[&str])| json!({"id": id, "name": {"ja": "佐藤", "en": "Sato"}, "label": {"ja": "佐藤", "en": "Sato"}, "roles": roles});
    people.iter().map(named).collect()
}

fn tenant(id: &str, members: &[(&str, &[&str])]) -> Value {
    json!({
        "id": id, "zone": "Asia/Tokyo", "idle_lock_s": 300,
        "display": {"name": {"ja": "みどり銀行", "en": "Midori Bank"}, "desk": {"ja": "カスタマーセンター", "en": "Customer centre"}, "number": "0120-000-123"},
        "purposes": [{"code": "address-change", "ja": "住所変更のお手続き", "en": "Address change", "policy": "standard"},
                     {"code": "light", "ja": "お問い合わせ", "en": "Enquiry", "policy": "light"}],
        "policies": [policy("standard", &[json!({"slot": "birth", "op": "LE", "value": {"years_before": 20}})]), policy("light", &[])],
        "enrolment_policy": policy("enrolment", &[]),
        "issuers": [{"url": ISSUER, "root": jwk(&signing_key(ROOT_SEED))}],
        "people": people(members),
    })
}

/// Two tenants, as a configuration founds them; open to additions.
pub fn tenants() -> Vec<Value> {
    vec![
        tenant(
            "midori",
            &[
                ("sato", &["operator"]),
                ("suzuki", &["operator"]),
                ("mori", &["owner"]),
                ("abe", &["admin"]),
                ("hara", &["security"]),
                ("ueda", &["security"]),
                ("ono", &["supervisor"]),
                ("endo", &["auditor"]),
            ],
        ),
        tenant("aozora", &[("tanaka", &["operator"]), ("kondo", &["owner", "security"])]),
    ]
}

impl Service {
    pub async fn start() -> Self {
        let service = Self::idle(json!({})).await;
        let sweeping = service.app.clone();
        tokio::spawn(async move { sweeping.work_until_stopped().await });
        service
    }

    /// With members of the configuration replaced, and nothing done but what requests and tests ask for.
    pub async fn idle(changes: Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let simulator = Simulator::new();
        let (vk, pk) = (simulator.verifying_key(), b"not read by the server".to_vec());
        std::fs::write(dir.path().join("circuit.vk"), &vk).unwrap();
        std::fs::write(dir.path().join("circuit.pk"), &pk).unwrap();
        let sha256 = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        let manifest =
            json!({"version": 1, "ceremony": "development", "vk_sha256": sha256(&vk), "pk_sha256": sha256(&pk)});
        std::fs::write(dir.path().join("manifest.json"), manifest.to_string()).unwrap();
        let kek = dir.path().join("kek");
        std::fs::write(&kek, sha256(b"a key for tests")).unwrap();
        std::fs::set_permissions(&kek, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::create_dir(dir.path().join("web")).unwrap();
        std::fs::create_dir(dir.path().join("web/assets")).unwrap();
        std::fs::write(dir.path().join("web/index.html"), "<!doctype html>").unwrap();
        std::fs::write(dir.path().join("web/assets/a.js"), "1").unwrap();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let origin = format!("http://localhost:{}", address.port());
        let database = match std::env::var("HONNIN_TEST_POSTGRES") {
            Ok(admin) => postgres(&admin).await,
            Err(_) => format!("sqlite://{}", dir.path().join("t.db").display()),
        };
        let mut config = json!({
            "listen": address, "public_origin": origin, "database": database,
            "static": {"phone": dir.path().join("web"), "console": dir.path().join("web"), "admin": dir.path().join("web")},
            "development": true,
            "keys": {"dir": dir.path(), "verifying_key_sha256": sha256(&vk), "proving_key_sha256": sha256(&pk)},
            "key_encryption": [{"file": kek}],
            "limits": {"verifications_per_handle_per_minute": 30, "open_per_handle": 5, "anonymous_per_address_per_minute": 6000, "refusals_before_freeze": 50},
            "tenants": tenants(),
            "partners": [{"id": "hikari", "name": {"ja": "ひかりBPO", "en": "Hikari BPO"}, "zone": "Asia/Tokyo",
                          "people": people(&[("ito", &["operator"]), ("kato", &["owner", "security"])])}],
            "delegations": [{"tenant": "midori", "partner": "hikari", "purposes": ["address-change"], "days": 30}],
        });
        for (name, value) in changes.as_object().unwrap() {
            config[name] = value.clone();
        }
        let parsed: Config = serde_json::from_value(config.clone()).unwrap();
        let (app, router) =
            honnin_server::build(parsed, Entropy::from_rng(ChaCha20Rng::seed_from_u64(5))).await.unwrap();
        let served = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
        Self { app, origin, simulator, http: Client::builder().no_proxy().build().unwrap(), dir, config }
    }

    /// Sets the database's clock apart from the machine's by some milliseconds.
    pub async fn shift_clock(&self, ms: i64) {
        let now = match self.app.db().backend() {
            Backend::Sqlite => "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)",
            Backend::Postgres => "CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)",
        };
        self.sql(&format!("DROP VIEW clock; CREATE VIEW clock AS SELECT {now} + {ms} AS now_ms")).await.unwrap();
        self.app.deadlines().unknown();
    }

    /// Sets the database's clock to the next noon in the tenants' zone; the shift that this took.
    pub async fn noon(&self) -> i64 {
        let (day, zone) = (86_400_000, 9 * 3_600_000);
        let now = self.count("SELECT now_ms FROM clock").await;
        let shift = (12 * 3_600_000 - now - zone).rem_euclid(day);
        self.shift_clock(shift).await;
        shift
    }

    /// Drops what keeps the log and the verifications from being changed, as somebody with the database's password can.
    pub async fn drop_triggers(&self) {
        let triggers = match self.app.db().backend() {
            Backend::Sqlite => "DROP TRIGGER events_no_update; DROP TRIGGER events_no_delete",
            Backend::Postgres => "DROP TRIGGER events_no_change ON events",
        };
        self.sql(triggers).await.unwrap();
    }

    /// Runs SQL as an administrator would.
    pub async fn sql(&self, statement: &str) -> Result<(), sqlx::Error> {
        let mut write = self.app.db().write().await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(write.conn()).await?;
        write.commit().await
    }

    /// A number from the database.
    pub async fn count(&self, query: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        sqlx::query(query).fetch_one(self.app.db().read().await.unwrap().conn()).await.unwrap().get(0)
    }

    /// A text from the database.
    pub async fn text(&self, query: &str) -> String {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        sqlx::query(query).fetch_one(self.app.db().read().await.unwrap().conn()).await.unwrap().get(0)
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>, with: &[(&str, &str)]) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.origin));
        for (name, value) in with {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(&body), &[]).await
    }

    /// An operator who came in by an invitation.
    pub async fn desk(&self, operator: &str, seed: u8) -> Desk<'_> {
        let link = self.app.invite(operator).await.unwrap().unwrap();
        let token = link.rsplit_once('=').unwrap().1.to_owned();
        self.invited(&token, seed).await
    }

    /// The answer to an invitation that lets nobody in.
    pub async fn refused_invitation(&self, token: &str) -> Answer {
        let desk = Desk { service: self, cookie: String::new(), passkey: Authenticator::new(99, &self.origin) };
        desk.post(&format!("/v1/operator/invitations/{token}/start"), json!({})).await
    }

    /// Somebody who came in by an invitation's token.
    pub async fn invited(&self, token: &str, seed: u8) -> Desk<'_> {
        let mut desk = Desk { service: self, cookie: String::new(), passkey: Authenticator::new(seed, &self.origin) };
        let started = desk.post(&format!("/v1/operator/invitations/{token}/start"), json!({})).await.ok(200);
        let response = desk.passkey.register(&started["passkey"]);
        let finished = desk.post(&format!("/v1/operator/invitations/{token}/finish"), response).await;
        desk.take_cookie(&finished);
        assert_eq!(finished.status, 204, "{:?}", finished.body);
        desk
    }
}

/// A database of its own in the cluster that `cargo xtask test` started.
async fn postgres(admin: &str) -> String {
    let name = format!("t_{}", hex::encode(rand::random::<[u8; 8]>()));
    let mut conn = sqlx::postgres::PgConnection::connect(admin).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut conn).await.unwrap();
    let (server, _) = admin.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

impl Drop for Service {
    fn drop(&mut self) {
        self.app.stop();
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, body, headers }
    }

    /// The body, after a success.
    #[track_caller]
    pub fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Asserts a success without a body.
    #[track_caller]
    pub fn empty(self, status: u16) {
        assert_eq!((self.status, &self.body), (status, &Value::String(String::new())));
    }

    /// Asserts a problem document with this code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], status);
        self.body
    }
}

/// A console.
pub struct Desk<'a> {
    pub service: &'a Service,
    pub cookie: String,
    pub passkey: Authenticator,
}

impl Desk<'_> {
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let with = [
            ("origin", self.service.origin.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("cookie", self.cookie.as_str()),
        ];
        self.service.call(method, path, body, &with).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(&body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    pub fn take_cookie(&mut self, answer: &Answer) {
        if let Some(cookie) = answer.headers.get("set-cookie") {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
    }

    pub async fn login(&mut self) -> Answer {
        let started = self.post("/v1/operator/login/start", json!({})).await.ok(200);
        let response = self.passkey.assert(started["passkey"]["challenge"].as_str().unwrap());
        let finished =
            self.post("/v1/operator/login/finish", json!({"login": started["login"], "response": response})).await;
        self.take_cookie(&finished);
        finished
    }

    /// Asks under the purpose that needs this policy.
    pub async fn ask(&self, handle: &str, policy: &str) -> Value {
        let purpose = if policy == "standard" { "address-change" } else { policy };
        let body = json!({"handle": handle, "purpose": purpose, "direction": "inbound"});
        self.post("/v1/verifications", body).await.ok(201)
    }

    pub async fn view(&self, id: &str) -> Value {
        self.get(&format!("/v1/verifications/{id}")).await.ok(200)
    }
}
