//! Sends spans to the collector, some at a time. What cannot be sent is lost and said to be: traces never hold a call up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::TARGET;
use super::span::Span;

/// Spans a request.
const BATCH: usize = 512;
/// How long a first span waits for others.
const LINGER: Duration = Duration::from_secs(1);
/// How long the collector may take.
const TIME_OUT: Duration = Duration::from_secs(5);

/// The end of the queue.
pub struct Exporter {
    http: reqwest::Client,
    url: String,
    receiver: mpsc::Receiver<Span>,
    dropped: Arc<AtomicU64>,
    failing: bool,
}

impl Exporter {
    pub(super) fn new(
        base: &Url,
        receiver: mpsc::Receiver<Span>,
        dropped: Arc<AtomicU64>,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIME_OUT)
            .user_agent("honnin-traces/1")
            .build()?;
        let url = format!("{}/v1/traces", base.as_str().trim_end_matches('/'));
        Ok(Self { http, url, receiver, dropped, failing: false })
    }

    /// Sends until `done`, then what is left.
    pub async fn run(mut self, done: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let received = tokio::select! {
                received = self.receiver.recv_many(&mut batch, BATCH) => received,
                () = done.cancelled() => break,
            };
            if received == 0 {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(LINGER) => {}
                () = done.cancelled() => {}
            }
            self.fill(&mut batch);
            self.send(&mut batch).await;
        }
        self.fill(&mut batch);
        while !batch.is_empty() {
            self.send(&mut batch).await;
            self.fill(&mut batch);
        }
    }

    fn fill(&mut self, batch: &mut Vec<Span>) {
        while batch.len() < BATCH
            && let Ok(span) = self.receiver.try_recv()
        {
            batch.push(span);
        }
    }

    async fn send(&mut self, batch: &mut Vec<Span>) {
        let spans: Vec<Value> = batch.drain(..).map(|s| s.json()).collect();
        let sent = spans.len() as u64;
        let request = self.http.post(&self.url).header("content-type", "application/json").body(document(&spans));
        let taken = request.send().await.is_ok_and(|answer| answer.status().is_success());
        let lost = self.dropped.swap(0, Ordering::Relaxed) + if taken { 0 } else { sent };
        // Once when it begins: a collector that is away for a night is no reason for a night of log lines.
        if lost > 0 && !self.failing {
            tracing::warn!(lost, "spans are lost: the collector does not take them, or not fast enough");
        }
        self.failing = lost > 0;
    }
}

fn document(spans: &[Value]) -> String {
    let resource = json!({"attributes": [
        {"key": "service.name", "value": {"stringValue": "honnin-server"}},
        {"key": "service.version", "value": {"stringValue": env!("CARGO_PKG_VERSION")}},
    ]});
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": TARGET}, "spans": spans}]}]})
        .to_string()
}
