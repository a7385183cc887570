//! Traces leave by route template and code; no path, handle, name or secret does.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use honnin_server::Entropy;
use honnin_server::telemetry::{self, Telemetry};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::canary::Canary;
use crate::support::{Phone, Service};

const HANDLE: &str = "C-KANARIA-5512-ZT";

/// Takes what an exporter sends, as it comes.
struct Collector {
    base: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    async fn start() -> Self {
        let bodies: Arc<Mutex<Vec<String>>> = Arc::default();
        let take = |State(bodies): State<Arc<Mutex<Vec<String>>>>, body: String| async move {
            bodies.lock().unwrap().push(body);
        };
        let app = Router::new().route("/base/v1/traces", post(take)).with_state(bodies.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/base/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, bodies }
    }

    fn spans(&self) -> Vec<Value> {
        let bodies = self.bodies.lock().unwrap();
        let documents = bodies.iter().map(|b| serde_json::from_str::<Value>(b).unwrap());
        documents
            .flat_map(|d| {
                let name = &d["resourceSpans"][0]["resource"]["attributes"][0];
                assert_eq!(name, &json!({"key": "service.name", "value": {"stringValue": "honnin-server"}}));
                d["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
            })
            .collect()
    }
}

/// Who makes spans of what happens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// This test's thread alone.
    Thread,
    /// The whole process, as in the server: a span may end on a thread of the database. One test may.
    Process,
}

/// Runs with spans going to a collector; they have all left when this ends.
async fn traced(whose: Whose, settings: Value, run: impl AsyncFnOnce(&Service)) -> Collector {
    let collector = Collector::start().await;
    let mut settings = settings;
    settings["otlp"] = json!(collector.base);
    let read: Telemetry = serde_json::from_value(settings.clone()).unwrap();
    let (layer, exporter) = telemetry::start(&read, Entropy::system()).unwrap();
    let subscriber = Registry::default().with(layer);
    let listening = match whose {
        Whose::Thread => Some(tracing::subscriber::set_default(subscriber)),
        Whose::Process => {
            tracing::subscriber::set_global_default(subscriber).unwrap();
            None
        }
    };
    let done = CancellationToken::new();
    let sending = tokio::spawn(exporter.run(done.clone()));
    let service = Service::idle(json!({"telemetry": settings})).await;
    run(&service).await;
    drop(listening);
    done.cancel();
    sending.await.unwrap();
    collector
}

fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    spans.iter().find(|s| s["name"] == name).unwrap_or_else(|| panic!("no {name} among {spans:#?}"))
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    span["attributes"].as_array().unwrap().iter().find(|a| a["key"] == key).map_or(&Value::Null, |a| &a["value"])
}

#[tokio::test]
async fn a_login_and_a_verification_leave_templates_and_codes_alone() {
    let mut secrets: Vec<(&str, String)> = Vec::new();
    let collector = traced(Whose::Process, json!({}), async |service: &Service| {
        let mut desk = service.desk("sato", 1).await;
        desk.login().await.empty(204);
        let mut phone = Phone::enrolled(service, "midori", HANDLE, 63).await;
        let asked = desk.ask(HANDLE, "standard").await;
        let id = asked["id"].as_str().unwrap().to_owned();
        let request = phone.open(&id).await;
        let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
        phone.approve(&id, &approval).await.ok(200);
        desk.get(&format!("/v1/orgs/midori/audit?person=sato&verification={id}")).await.problem(404, "not-found");
        desk.get(&format!("/nowhere/{HANDLE}?handle={HANDLE}")).await.problem(404, "not-found");
        let odd = Method::from_bytes(b"C-KANARIA-5512-ZT").unwrap();
        service.call(odd, "/v1/verifications", None, &[]).await;
        secrets = vec![
            ("handle", HANDLE.to_owned()),
            ("verification", id),
            ("person", "sato".to_owned()),
            ("name", "佐藤".to_owned()),
            ("tenant", "midori".to_owned()),
            ("device", phone.device.clone()),
            ("phone's token", phone.token.clone()),
            ("cookie", desk.cookie.split_once('=').unwrap().1.to_owned()),
            ("pseudonym", honnin_circuits::encoding::fr_to_hex(&phone.pseudonym)),
            ("proof", approval["proof"].as_str().unwrap()[..64].to_owned()),
        ];
    })
    .await;
    let spans = collector.spans();
    // Other tests of this process may approve as well: ours passed.
    let passed = json!({"intValue": "200"});
    let approve = spans
        .iter()
        .find(|s| {
            s["name"] == "POST /v1/device/requests/{id}/approve" && attribute(s, "http.response.status_code") == &passed
        })
        .unwrap_or_else(|| panic!("no approval among {spans:#?}"));
    assert_eq!(approve["kind"], 2);
    for step in ["proof check", "verdict"] {
        let inside = spans.iter().find(|s| s["name"] == step && s["parentSpanId"] == approve["spanId"]).unwrap();
        assert_eq!(inside["traceId"], approve["traceId"]);
        let time = |span: &Value, end: &str| span[end].as_str().unwrap().parse::<u64>().unwrap();
        assert!(time(inside, "startTimeUnixNano") >= time(approve, "startTimeUnixNano"));
        assert!(time(inside, "endTimeUnixNano") <= time(approve, "endTimeUnixNano"));
    }
    assert!(approve.get("parentSpanId").is_none());
    named(&spans, "POST /v1/operator/login/finish");
    let refused = json!({"stringValue": "not-found"});
    let audit = |s: &&Value| s["name"] == "GET /v1/orgs/{org}/audit" && attribute(s, "error.type") == &refused;
    assert!(spans.iter().any(|s| audit(&s)), "{spans:#?}");
    named(&spans, "GET unmatched");
    named(&spans, "_OTHER /v1/verifications");
    // Nothing but what is listed, and nothing in it.
    for span in &spans {
        for attribute in span["attributes"].as_array().unwrap() {
            assert!(telemetry::span::ATTRIBUTES.contains(&attribute["key"].as_str().unwrap()), "{attribute}");
        }
    }
    let canary = Canary::of_texts(secrets.iter().map(|(what, text)| (*what, text.as_str())));
    let sent = collector.bodies.lock().unwrap().concat();
    assert_eq!(canary.find(sent.as_bytes()), std::collections::BTreeSet::new());
    for (what, text) in &secrets {
        assert!(!sent.contains(text.as_str()), "{what}");
    }
}

#[tokio::test]
async fn a_traceparent_counts_from_whom_the_configuration_names_alone() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let ask = async |service: &Service| {
        for flags in ["01", "00"] {
            let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-{flags}");
            service.call(Method::GET, "/healthz", None, &[("traceparent", &traceparent)]).await.ok(200);
        }
    };
    let spans = traced(Whose::Thread, json!({"callers": ["127.0.0.1"]}), ask).await.spans();
    // The one that the caller keeps, under the caller's span; the other is left out, as it asked.
    assert_eq!(spans.len(), 1, "{spans:#?}");
    assert_eq!((&spans[0]["traceId"], &spans[0]["parentSpanId"]), (&json!(TRACE), &json!("00f067aa0ba902b7")));
    for settings in [json!({}), json!({"callers": ["192.0.2.1"]})] {
        let spans = traced(Whose::Thread, settings, ask).await.spans();
        assert_eq!(spans.len(), 2);
        assert!(spans.iter().all(|s| s["traceId"] != TRACE && s.get("parentSpanId").is_none()), "{spans:#?}");
    }
}

#[tokio::test]
async fn a_part_of_the_traces_is_kept_whole() {
    let spans = traced(Whose::Thread, json!({"one_in": 1_000_000_000_000_u64}), async |service: &Service| {
        service.call(Method::GET, "/healthz", None, &[]).await.ok(200);
    });
    assert_eq!(spans.await.spans(), Vec::<Value>::new());
}
