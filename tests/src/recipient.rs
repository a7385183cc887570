//! A payment provider or a warehouse: a key of its own, a webhook, and what it was told.

use std::time::Duration;

use anyhow::{Context, Result};
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use honnin_evidence::receipt::Receipt;
use honnin_protocol::{disclosure::Disclosed, sealed::SealedBox, statement::SessionStatement};
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
        let receipt = Receipt::from_bytes(&serde_jcs::to_vec(&told["data"]["receipt"])?)?;
        let statement: &SessionStatement = &receipt.body.statement;
        let disclosed: Option<&Disclosed> = receipt.body.approval.as_ref().and_then(|a| a.disclosure.as_ref());
        let sealed: SealedBox = serde_json::from_value(told["data"]["box"].clone())?;
        Ok(open(&self.key, &sealed, &Expected::of(statement, disclosed, &self.key)?)?)
    }
}
