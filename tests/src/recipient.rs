//! A payment provider or a warehouse: a key of its own, a webhook, and what it was told.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use honnin_evidence::receipt::Receipt;
use honnin_protocol::{disclosure::Disclosed, sealed::SealedBox, statement::SessionStatement, text::Localized};
use honnin_recipient::{Expected, Opened, RecipientKey, open};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use crate::{desk::Desk, entropy::bytes};

/// How long a delivery may take that has to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A recipient that listens.
pub struct Recipient {
    /// `r_…`, once it is known to the tenant.
    pub id: String,
    key: RecipientKey,
    got: mpsc::UnboundedReceiver<Value>,
}

/// A recipient that keeps what it is told in a folder, for people to look at.
pub struct Till {
    /// Its entry in the server's configuration.
    pub entry: Value,
    /// Where its private key is.
    pub key: PathBuf,
    /// Where it puts box and receipt of each session.
    pub boxes: PathBuf,
    /// What came and opened: the session's reference, and names of what was in the box.
    pub opened: mpsc::UnboundedReceiver<(String, Vec<&'static str>)>,
}

impl Till {
    /// Listens on this port; its key is made once and kept in the folder.
    ///
    /// # Errors
    /// When the port is taken or the folder does not take files.
    pub async fn listen(dir: &Path, port: u16, name: &Localized) -> Result<Self> {
        let (path, secret, boxes) = (dir.join("recipient.jwk"), dir.join("recipient.secret"), dir.join("boxes"));
        fs::create_dir_all(&boxes)?;
        if !path.exists() {
            private_file(&path, RecipientKey::generate(&bytes()).to_jwk().as_bytes())?;
            private_file(&secret, format!("whsec_{}", STANDARD.encode(bytes::<32>())).as_bytes())?;
        }
        let key = RecipientKey::from_jwk(&fs::read_to_string(&path)?)?;
        let (public, kept) = (key.public().clone(), boxes.clone());
        let (sender, opened) = mpsc::unbounded_channel();
        let state = Arc::new((key, kept, sender));
        let take = |State(state): State<Arc<Shop>>, Json(told): Json<Value>| async move {
            match keep(&state.0, &state.1, &told) {
                Ok(line) => {
                    // Nobody may be looking.
                    let _ = state.2.send(line);
                    StatusCode::NO_CONTENT
                }
                Err(_) => StatusCode::BAD_REQUEST,
            }
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let url = format!("http://{}/told", listener.local_addr()?);
        let router = Router::new().route("/told", post(take)).with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            entry: json!({"name": name, "key": public, "url": url, "secret_file": secret}),
            key: path,
            boxes,
            opened,
        })
    }
}

/// A till's key, folder, and who looks.
type Shop = (RecipientKey, PathBuf, mpsc::UnboundedSender<(String, Vec<&'static str>)>);

/// Keeps box and receipt, and opens the box: what is in it stays there.
fn keep(key: &RecipientKey, boxes: &Path, told: &Value) -> Result<(String, Vec<&'static str>)> {
    let reference = told["data"]["reference"].as_str().context("no reference")?.to_owned();
    anyhow::ensure!(reference.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "not a reference");
    fs::write(boxes.join(format!("{reference}.box.json")), serde_json::to_vec(&told["data"]["box"])?)?;
    fs::write(boxes.join(format!("{reference}.receipt.json")), serde_jcs::to_vec(&told["data"]["receipt"])?)?;
    let opened = open_told(key, told)?;
    Ok((reference, opened.values().map(|(slot, _)| slot.name()).collect()))
}

fn private_file(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(content)?)
}

fn open_told(key: &RecipientKey, told: &Value) -> Result<Opened> {
    let receipt = Receipt::from_bytes(&serde_jcs::to_vec(&told["data"]["receipt"])?)?;
    let statement: &SessionStatement = &receipt.body.statement;
    let disclosed: Option<&Disclosed> = receipt.body.approval.as_ref().and_then(|a| a.disclosure.as_ref());
    let sealed: SealedBox = serde_json::from_value(told["data"]["box"].clone())?;
    Ok(open(key, &sealed, &Expected::of(statement, disclosed, key)?)?)
}

impl Recipient {
    /// Listens on a free port, and is made known to the tenant by one of its security people.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn add(security: &Desk, tenant: &str, name: &str) -> Result<Self> {
        let (sender, got) = mpsc::unbounded_channel();
        let take = |State(sender): State<mpsc::UnboundedSender<Value>>, headers: HeaderMap, body: Bytes| async move {
            let signed = headers.contains_key("webhook-signature");
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            // Whoever waited may have gone.
            let _ = sender.send(json!({"signed": signed, "body": body}));
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/told", listener.local_addr()?);
        let router = Router::new().route("/told", post(take)).with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let key = RecipientKey::generate(&bytes());
        let body = json!({"name": {"ja": name, "en": name}, "key": key.public(), "url": url});
        let added = security.post(&format!("/v1/orgs/{tenant}/recipients"), &body).await?.ok()?;
        Ok(Self { id: added["id"].as_str().context("no id")?.to_owned(), key, got })
    }

    /// The next thing it is told.
    ///
    /// # Errors
    /// When nothing comes in time, or it is not signed.
    pub async fn told(&mut self) -> Result<Value> {
        let got = timeout(PATIENCE, self.got.recv()).await.context("nothing was delivered")?.context("closed")?;
        anyhow::ensure!(got["signed"] == true, "not signed");
        Ok(got["body"].clone())
    }

    /// Whether anything else came.
    pub fn is_quiet(&mut self) -> bool {
        self.got.try_recv().is_err()
    }

    /// Opens what it was told, and checks that it is what the receipt's proof committed to.
    ///
    /// # Errors
    /// When it is not.
    pub fn open(&self, told: &Value) -> Result<Opened> {
        open_told(&self.key, told)
    }
}
