//! Push services on this machine: one for browsers, which opens what it gets as a browser would, and faithful doubles
//! of Apple's and Google's. Apple's takes HTTP/2 only; the double takes HTTP/1.1, because this machine's plain
//! addresses are not negotiated. All refuse what the real ones refuse.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use honnin_push::encryption::open;
use p256::SecretKey;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::authenticator::{b64, unb64};

/// A message that was taken or answered otherwise.
#[derive(Debug)]
pub struct Got {
    /// For whom: the browser's number, or the device's token.
    pub to: String,
    pub headers: HeaderMap,
    /// As the phone reads it.
    pub said: Value,
    pub status: u16,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

struct Shared {
    origin: String,
    got: mpsc::UnboundedSender<Got>,
    /// Status and `Retry-After` in turn; after them everything is taken.
    answers: Mutex<VecDeque<(u16, Option<&'static str>)>>,
    browsers: Mutex<HashMap<String, (SecretKey, [u8; 16])>>,
    rsa: RsaKeyPair,
    apple: SecretKey,
    tokens_given: Mutex<u32>,
}

pub struct PushService {
    shared: Arc<Shared>,
    got: mpsc::UnboundedReceiver<Got>,
}

pub const APPLE_TOPIC: &str = "example.honnin.app";

impl PushService {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (sender, got) = mpsc::unbounded_channel();
        let der: String = include_str!("rsa-for-tests.b64").split_whitespace().collect();
        let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, der).unwrap();
        let shared = Arc::new(Shared {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            got: sender,
            answers: Mutex::default(),
            browsers: Mutex::default(),
            rsa: RsaKeyPair::from_pkcs8(&der).unwrap(),
            apple: SecretKey::from_slice(&[61; 32]).unwrap(),
            tokens_given: Mutex::default(),
        });
        let router = Router::new()
            .route("/p/{browser}", post(web))
            .route("/moved", post(|| async { StatusCode::CREATED }))
            .route("/3/device/{token}", post(apple))
            .route("/token", post(token))
            .route("/v1/projects/honnin-test/messages:send", post(google))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { shared, got }
    }

    pub fn origin(&self) -> &str {
        &self.shared.origin
    }

    /// What comes next is answered so.
    pub fn answer(&self, answers: &[(u16, Option<&'static str>)]) {
        self.shared.answers.lock().unwrap().extend(answers);
    }

    /// A browser's new subscription, as the phone hands it in.
    pub fn subscribe(&self, seed: u8) -> Value {
        let secret = SecretKey::from_slice(&[seed; 32]).unwrap();
        let p256dh = b64(secret.public_key().to_sec1_point(false).as_bytes());
        let auth = [seed; 16];
        self.shared.browsers.lock().unwrap().insert(seed.to_string(), (secret, auth));
        json!({"kind": "web", "endpoint": format!("{}/p/{seed}", self.origin()),
               "keys": {"p256dh": p256dh, "auth": b64(auth)}})
    }

    /// What came, without waiting.
    pub fn all(&mut self) -> Vec<Got> {
        std::iter::from_fn(|| self.got.try_recv().ok()).collect()
    }

    /// The next that comes.
    pub async fn next(&mut self) -> Got {
        tokio::time::timeout(std::time::Duration::from_secs(10), self.got.recv()).await.unwrap().unwrap()
    }

    /// How often an access token was given out.
    pub fn tokens_given(&self) -> u32 {
        *self.shared.tokens_given.lock().unwrap()
    }

    /// The `push` table of a configuration with accounts at both; the files lie in `dir`.
    pub fn accounts(&self, dir: &std::path::Path) -> Value {
        use p256::pkcs8::EncodePrivateKey as _;
        let key = dir.join("AuthKey.p8");
        std::fs::write(&key, self.shared.apple.to_pkcs8_pem(Default::default()).unwrap()).unwrap();
        let rsa = include_str!("rsa-for-tests.b64").trim();
        let account = json!({
            "type": "service_account", "project_id": "honnin-test", "private_key_id": "k1",
            "private_key": format!("-----BEGIN PRIVATE KEY-----\n{rsa}\n-----END PRIVATE KEY-----\n"),
            "client_email": "push@honnin-test.example", "token_uri": format!("{}/token", self.origin()),
        });
        let file = dir.join("account.json");
        std::fs::write(&file, account.to_string()).unwrap();
        json!({
            "apns": {"key_file": key, "key_id": "KEY1234567", "team_id": "TEAM123456", "topic": APPLE_TOPIC, "server": self.origin()},
            "fcm": {"service_account": file, "server": self.origin()},
        })
    }
}

impl Shared {
    fn take(&self, to: String, headers: HeaderMap, said: Value, accepted: u16) -> Response {
        let (status, wait) = self.answers.lock().unwrap().pop_front().unwrap_or((accepted, None));
        self.got.send(Got { to, headers, said, status }).unwrap();
        let mut answer = StatusCode::from_u16(status).unwrap().into_response();
        answer.headers_mut().insert("location", "/moved".parse().unwrap());
        if let Some(wait) = wait {
            answer.headers_mut().insert("retry-after", wait.parse().unwrap());
        }
        answer
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn claims(part: &str) -> Option<Value> {
    serde_json::from_slice(&unb64(part)).ok()
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// RFC 8292, 4.2: the token holds under the key that it names, for this origin, for a day at most.
fn vapid_holds(authorization: &str, origin: &str) -> Option<()> {
    let (jwt, key) = authorization.strip_prefix("vapid t=")?.split_once(", k=")?;
    let key = VerifyingKey::from_sec1_bytes(&unb64(key)).ok()?;
    let (input, signature) = jwt.rsplit_once('.')?;
    key.verify(input.as_bytes(), &Signature::from_slice(&unb64(signature)).ok()?).ok()?;
    let claims = claims(input.split_once('.')?.1)?;
    let exp = claims["exp"].as_i64()?;
    let contact = claims["sub"].as_str()?;
    let fits = claims["aud"] == origin
        && contact.contains(':')
        // Tests move the server's clock by hours.
        && exp > now() - 86_400
        && exp < now() + 2 * 86_400;
    fits.then_some(())
}

async fn web(
    State(shared): State<Arc<Shared>>,
    Path(browser): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let known = shared.browsers.lock().unwrap().get(&browser).cloned();
    let Some((secret, auth)) = known else { return StatusCode::NOT_FOUND.into_response() };
    if vapid_holds(header(&headers, "authorization").unwrap_or_default(), &shared.origin).is_none() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let ttl = header(&headers, "ttl").and_then(|v| v.parse::<u32>().ok());
    if ttl.is_none() || header(&headers, "content-encoding") != Some("aes128gcm") || body.len() > 4096 {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let said = open(&body, &secret, &auth).expect("a browser cannot open it");
    let said = serde_json::from_slice(&said).unwrap();
    shared.take(browser, headers, said, 201)
}

async fn apple(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fail = |status: u16, reason: &str| {
        (StatusCode::from_u16(status).unwrap(), json!({"reason": reason}).to_string()).into_response()
    };
    let jwt = header(&headers, "authorization").and_then(|v| v.strip_prefix("bearer ")).unwrap_or_default();
    let holds = (|| {
        let (input, signature) = jwt.rsplit_once('.')?;
        let key = VerifyingKey::from(shared.apple.public_key());
        key.verify(input.as_bytes(), &Signature::from_slice(&unb64(signature)).ok()?).ok()?;
        let (head, payload) = input.split_once('.')?;
        (claims(head)? == json!({"alg": "ES256", "kid": "KEY1234567"}) && claims(payload)?["iss"] == "TEAM123456")
            .then_some(())
    })();
    if holds.is_none() {
        return fail(403, "InvalidProviderToken");
    }
    if header(&headers, "apns-topic") != Some(APPLE_TOPIC) {
        return fail(400, "BadTopic");
    }
    if header(&headers, "apns-push-type").is_none() || token.len() != 64 {
        return fail(400, "BadDeviceToken");
    }
    let said = serde_json::from_slice(&body).unwrap();
    shared.take(token, headers, said, 200)
}

async fn token(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let Some((_, assertion)) = body.split_once("jwt-bearer&assertion=") else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let (input, signature) = assertion.rsplit_once('.').unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, shared.rsa.public_key().as_ref());
    let holds = key.verify(input.as_bytes(), &unb64(signature)).is_ok();
    let claims = claims(input.split_once('.').unwrap().1).unwrap();
    if !holds || claims["aud"] != format!("{}/token", shared.origin) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    *shared.tokens_given.lock().unwrap() += 1;
    json!({"access_token": "ya29.for-tests", "expires_in": 3599, "token_type": "Bearer"}).to_string().into_response()
}

async fn google(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if header(&headers, "authorization") != Some("Bearer ya29.for-tests") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let said: Value = serde_json::from_slice(&body).unwrap();
    let to = said["message"]["token"].as_str().unwrap().to_owned();
    shared.take(to, headers, said, 200)
}
