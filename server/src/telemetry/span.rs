//! One span: what it may say, and how OTLP's JSON says it.

use std::fmt;

use serde_json::{Value, json};
use tracing::field::{Field, Visit};

/// Fields that may leave, by their OpenTelemetry names.
pub const ATTRIBUTES: [&str; 4] = ["http.request.method", "http.route", "http.response.status_code", "error.type"];

/// W3C trace context that came with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Trace.
    pub trace: [u8; 16],
    /// The caller's span.
    pub id: [u8; 8],
    /// Whether the caller keeps the trace.
    pub sampled: bool,
}

impl Parent {
    /// Reads a `traceparent` (W3C Trace Context, version 00).
    pub fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let [version, trace, id, flags] = parts[..] else { return None };
        if version != "00" || flags.len() != 2 || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return None;
        }
        let (mut parent, mut bits) = (Self { trace: [0; 16], id: [0; 8], sampled: false }, [0; 1]);
        hex::decode_to_slice(trace, &mut parent.trace).ok()?;
        hex::decode_to_slice(id, &mut parent.id).ok()?;
        hex::decode_to_slice(flags, &mut bits).ok()?;
        parent.sampled = bits[0] & 1 == 1;
        (parent.trace != [0; 16] && parent.id != [0; 8]).then_some(parent)
    }
}

/// Where a span stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Trace.
    pub trace: [u8; 16],
    /// Itself.
    pub id: [u8; 8],
    /// What it is under.
    pub parent: Option<[u8; 8]>,
}

impl Place {
    /// A span under this one.
    pub fn child(&self, id: [u8; 8]) -> Self {
        Self { trace: self.trace, id, parent: Some(self.id) }
    }
}

/// What a span's fields say. `otel.name` and `otel.kind` name it; `otel.parent` is a `traceparent`.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// In place of the name in the code.
    pub name: Option<String>,
    /// Where it begins.
    pub parent: Option<Parent>,
    kind: Kind,
    attributes: Vec<(&'static str, Value)>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Kind {
    #[default]
    Internal,
    Server,
    Client,
}

impl Fields {
    fn text(&mut self, field: &Field, text: &str) {
        match field.name() {
            "otel.name" => self.name = Some(text.to_owned()),
            "otel.parent" => self.parent = Parent::read(text),
            "otel.kind" if text == "server" => self.kind = Kind::Server,
            "otel.kind" if text == "client" => self.kind = Kind::Client,
            _ => self.attribute(field, json!({"stringValue": text})),
        }
    }

    fn attribute(&mut self, field: &Field, value: Value) {
        if let Some(name) = ATTRIBUTES.into_iter().find(|name| *name == field.name()) {
            self.attributes.push((name, value));
        }
    }

    fn failed(&self) -> bool {
        self.attributes.iter().any(|(name, value)| {
            let status = value["intValue"].as_str().and_then(|s| s.parse::<u16>().ok());
            *name == "http.response.status_code" && status.is_some_and(|s| s >= 500)
        })
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attribute(field, json!({"intValue": value.to_string()}));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.attribute(field, json!({"intValue": value.to_string()}));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

/// A span under way.
#[derive(Debug)]
pub struct Open {
    /// Where it stands.
    pub place: Place,
    /// Its name in the code.
    pub name: &'static str,
    /// Nanoseconds since the epoch.
    pub began: u64,
    /// What it says.
    pub fields: Fields,
}

impl Open {
    /// The span once it is over; `ended`: nanoseconds since the epoch.
    pub fn close(self, ended: u64) -> Span {
        Span { open: self, ended }
    }
}

/// A span that is over.
#[derive(Debug)]
pub struct Span {
    open: Open,
    ended: u64,
}

impl Span {
    /// As OTLP has it.
    pub fn json(&self) -> Value {
        let Open { place, name, began, fields } = &self.open;
        let kind = match fields.kind {
            Kind::Internal => 1,
            Kind::Server => 2,
            Kind::Client => 3,
        };
        let attributes: Vec<Value> =
            fields.attributes.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        let mut span = json!({
            "traceId": hex::encode(place.trace), "spanId": hex::encode(place.id), "kind": kind,
            "name": fields.name.as_deref().unwrap_or(name), "attributes": attributes,
            "startTimeUnixNano": began.to_string(), "endTimeUnixNano": self.ended.max(*began).to_string(),
            "status": if fields.failed() { json!({"code": 2}) } else { json!({}) },
        });
        if let Some(parent) = place.parent {
            span["parentSpanId"] = json!(hex::encode(parent));
        }
        span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_context_is_read_strictly() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent = Parent::read(good).expect("the specification's own example");
        assert_eq!((parent.trace[0], parent.id[7], parent.sampled), (0x4b, 0xb7, true));
        assert!(!Parent::read(&good.replace("-01", "-00")).expect("not sampled").sampled);
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            assert_eq!(Parent::read(bad), None, "{bad}");
        }
    }
}
