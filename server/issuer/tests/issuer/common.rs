//! An issuer in this process: own folder, own clock, seeded randomness, real HTTP on a free port.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use honnin_circuits::Fr;
use honnin_issuer::app::App;
use honnin_issuer::config::Config;
use honnin_issuer::customers::generate;
use honnin_issuer::entropy::{Clock, Entropy};
use honnin_issuer::http;
use honnin_protocol::issuance::GRANT;
use honnin_protocol::possession;
use p256::ecdsa::SigningKey;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tempfile::TempDir;

pub const ADMIN: &str = "a-clerk-token-for-tests";
pub const SERVER: &str = "http://localhost:4444";

pub struct Issuer {
    pub url: String,
    pub app: App,
    pub clock: Arc<AtomicI64>,
    pub client: reqwest::Client,
    pub dir: TempDir,
}

/// Status and body.
pub struct Answer(pub u16, pub Value);

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    Answer(status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

pub fn config(dir: &TempDir, url: &str, server: &str) -> Config {
    let customers = dir.path().join("customers.csv");
    std::fs::write(&customers, generate::to_csv(&generate::customers(30, 1)).unwrap()).unwrap();
    serde_json::from_value(json!({"listen": "127.0.0.1:0", "public_url": url, "server_url": server, "tenant": "midori",
        "data_dir": dir.path().join("data"), "customers": customers}))
    .unwrap()
}

pub fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

impl Issuer {
    pub async fn start() -> Self {
        Self::before(SERVER).await
    }

    /// Beside this verification server.
    pub async fn before(server: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let clock = Arc::new(AtomicI64::new(1_795_300_000_000));
        let reader = clock.clone();
        let config = config(&dir, &url, server);
        let time = Clock::from_fn(move || reader.load(Ordering::SeqCst));
        let entropy = Entropy::from_rng(StdRng::seed_from_u64(1));
        let app = App::open(config, ADMIN, time, entropy).await.unwrap();
        let router = http::router(app.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url, app, clock, client, dir }
    }

    pub fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    pub async fn offer(&self, handle: &str) -> Answer {
        answer(self.post("/admin/offers").bearer_auth(ADMIN).json(&json!({"handle": handle}))).await
    }

    /// The code of a fresh offer.
    pub async fn code(&self, handle: &str) -> String {
        let Answer(status, made) = self.offer(handle).await;
        assert_eq!(status, 201, "{made}");
        let Answer(_, offer) = answer(self.client.get(made["offer_url"].as_str().unwrap())).await;
        offer["grants"][GRANT]["pre-authorized_code"].as_str().unwrap().to_owned()
    }

    pub async fn redeem(&self, code: &str) -> Answer {
        answer(self.post("/token").form(&[("grant_type", GRANT), ("pre-authorized_code", code)])).await
    }

    pub async fn token(&self, handle: &str) -> String {
        let Answer(status, body) = self.redeem(&self.code(handle).await).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn nonce(&self) -> String {
        let Answer(status, body) = answer(self.post("/nonce")).await;
        assert_eq!(status, 200, "{body}");
        body["c_nonce"].as_str().unwrap().to_owned()
    }

    pub async fn proof(&self) -> String {
        possession::sign(&key(), &self.url, self.app.now_s(), &self.nonce().await, Fr::from(5u64))
    }

    pub async fn credential(&self, token: &str, proof: &str) -> Answer {
        let body = json!({"credential_configuration_id": "honnin-jp-1", "proofs": {"jwt": [proof]}});
        answer(self.post("/credential").bearer_auth(token).json(&body)).await
    }
}
