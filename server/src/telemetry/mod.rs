//! Traces: spans of this service sent to a collector by OTLP over HTTP, as JSON (OpenTelemetry protocol 1). Without
//! `[telemetry]` in the configuration no span is made.
//!
//! Only spans under [`TARGET`] leave, and of their fields only [`span::ATTRIBUTES`]: route templates, codes, counts.
//! What a library may put into a span of its own never does.

pub mod export;
pub mod span;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use tokio::sync::mpsc;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use crate::config::{ConfigError, invalid};
use crate::entropy::Entropy;
use export::Exporter;
use span::{Fields, Open, Parent, Place, Span};

/// What spans that may leave are made under. They are of level `TRACE`, so that no log line carries them.
pub const TARGET: &str = "honnin::span";
/// The level of [`TARGET`]'s spans.
pub const LEVEL: Level = Level::TRACE;
/// Spans that wait for the collector; more are dropped and counted.
const QUEUE: usize = 4096;

/// Where traces go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// The collector's base address; spans go to `/v1/traces` under it.
    pub otlp: Url,
    /// One trace of so many is sent.
    #[serde(default = "one")]
    pub one_in: u64,
    /// Addresses of gateways and load balancers whose `traceparent` is followed. Anybody else's is not read.
    #[serde(default)]
    pub callers: Vec<IpAddr>,
}

fn one() -> u64 {
    1
}

impl Telemetry {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let web = ["http", "https"].contains(&self.otlp.scheme()) && self.otlp.has_host();
        if !web || self.otlp.password().is_some() || !self.otlp.username().is_empty() {
            return Err(invalid("telemetry.otlp is an http or https URL without user and password"));
        }
        if self.one_in == 0 {
            return Err(invalid("telemetry.one_in is 1 or more"));
        }
        Ok(())
    }
}

/// The layer that makes spans, and what sends them; the caller runs [`Exporter::run`].
///
/// # Errors
/// When TLS cannot be set up.
pub fn start<S>(
    telemetry: &Telemetry,
    entropy: Entropy,
) -> Result<(impl Layer<S> + Send + Sync + use<S>, Exporter), reqwest::Error>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let (sender, receiver) = mpsc::channel(QUEUE);
    let dropped = Arc::new(AtomicU64::new(0));
    let exporter = Exporter::new(&telemetry.otlp, receiver, dropped.clone())?;
    let traces = Traces { sender, entropy, one_in: telemetry.one_in, dropped };
    Ok((traces.with_filter(Targets::new().with_target(TARGET, LevelFilter::from_level(LEVEL))), exporter))
}

/// The span of a part of a request's work.
pub fn step(name: &'static str) -> tracing::Span {
    tracing::span!(target: TARGET, LEVEL, "step", otel.name = name)
}

/// The span of a request to somebody else.
pub fn outgoing(name: &'static str) -> tracing::Span {
    tracing::span!(target: TARGET, LEVEL, "outgoing", otel.name = name, otel.kind = "client")
}

struct Traces {
    sender: mpsc::Sender<Span>,
    entropy: Entropy,
    one_in: u64,
    dropped: Arc<AtomicU64>,
}

impl Traces {
    /// Where a trace begins here: under what a caller that counts said, or anew.
    fn root(&self, parent: Option<Parent>) -> Option<Place> {
        let Some(parent) = parent else {
            let trace = self.entropy.bytes::<16>();
            let draw = u64::from_be_bytes(self.entropy.bytes());
            return draw.is_multiple_of(self.one_in).then(|| Place { trace, id: self.entropy.bytes(), parent: None });
        };
        parent.sampled.then(|| Place { trace: parent.trace, id: self.entropy.bytes(), parent: Some(parent.id) })
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let place = match span.parent() {
            Some(above) => above.extensions().get::<Open>().map(|o| o.place.child(self.entropy.bytes())),
            None => self.root(fields.parent.take()),
        };
        if let Some(place) = place {
            span.extensions_mut().insert(Open { place, name: attributes.metadata().name(), began: now(), fields });
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        if self.sender.try_send(open.close(now())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Nanoseconds since the epoch by this machine's clock: for people who read traces, nothing is decided by it.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}
