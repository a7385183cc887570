//! `honnin-bench-flows OUT.json`: the figures of `cargo xtask bench flows`.
//!
//! Phone and desk are this program, with the prover native; a browser's own part is in `bench calls`. With a delay, every
//! byte between them, the server and the push service is that much later in each direction.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::{Router, extract::Path, routing::post};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64U};
use clap::Parser;
use honnin_tests::{
    delay,
    desk::{Desk, PATIENCE, reached},
    load::fleet,
    measure,
    phone::Phone,
    recipient::Recipient,
    secret::Prover,
    stack::{Plan, Stack},
    tenant,
};
use serde_json::{Map, Value, json};
use tokio::{
    net::TcpListener,
    sync::{Barrier, broadcast},
    task::JoinSet,
    time::Instant,
};

/// At once.
const LEVELS: [usize; 2] = [1, 64];
/// For the slowest of many to be as far as the others: well within a request's life.
const TOGETHER: Duration = Duration::from_secs(90);
/// Delay in each direction.
const EACH_WAY: Duration = Duration::from_millis(100);

/// Measures notice to push, tap to badge and tap to payment approved.
#[derive(Parser)]
struct Cli {
    /// Where the figures go.
    out: PathBuf,
    /// Rounds of each level; a level of many has fewer.
    #[arg(long, default_value_t = 40)]
    rounds: usize,
}

/// One customer with an operator of their own.
struct Pair {
    index: usize,
    phone: Phone,
    desk: Desk,
    pushes: broadcast::Sender<usize>,
}

/// What the flows of one level share.
struct Level {
    /// All begin the measured part together: none prepares while another one taps.
    start: Barrier,
    /// Identifier of who is paid.
    recipient: String,
}

impl Level {
    async fn together(&self) -> Result<Instant> {
        tokio::time::timeout(TOGETHER, self.start.wait()).await.context("another flow never came so far")?;
        Ok(Instant::now())
    }
}

/// A push service that says whose subscription was pushed to.
async fn push_service(each_way: Option<Duration>) -> Result<(String, broadcast::Sender<usize>)> {
    let (sender, _) = broadcast::channel(4096);
    let told = sender.clone();
    let take = move |Path(index): Path<usize>| {
        // Nobody waits for what another flow set off.
        let _ = told.send(index);
        async { axum::http::StatusCode::CREATED }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut port = listener.local_addr()?.port();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/p/{index}", post(take))).await });
    if let Some(each_way) = each_way {
        let front = std::net::TcpListener::bind("127.0.0.1:0")?;
        let behind = std::mem::replace(&mut port, front.local_addr()?.port());
        delay::start(front, behind, each_way)?;
    }
    Ok((format!("http://127.0.0.1:{port}/p"), sender))
}

async fn pairs(stack: &Arc<Stack>, each_way: Option<Duration>, count: usize) -> Result<Vec<Pair>> {
    let prover = Arc::new(Prover::load(&stack.keys)?);
    let (endpoint, pushes) = push_service(each_way).await?;
    let mut tasks = JoinSet::new();
    for index in 0..count {
        let (stack, prover, endpoint, pushes) = (stack.clone(), prover.clone(), endpoint.clone(), pushes.clone());
        tasks.spawn(async move {
            let desk = stack.desk_of(&tenant::extra_operator(index)).await?;
            let phone = Phone::enrolled(&stack, &prover, &fleet::handle(index)).await?;
            let subscription = json!({"kind": "web", "endpoint": format!("{endpoint}/{index}"), "keys": {
                "p256dh": B64U.encode(phone.device_key.verifying_key().to_sec1_point(false).as_bytes()),
                "auth": B64U.encode([7_u8; 16])}});
            phone.put("/v1/device/push", &subscription).await?.ok()?;
            anyhow::Ok(Pair { index, phone, desk, pushes })
        });
    }
    let mut made = Vec::with_capacity(count);
    while let Some(pair) = tasks.join_next().await {
        made.push(pair??);
    }
    Ok(made)
}

impl Pair {
    /// From the desk's notice to the push service's receipt of the push.
    async fn notice_to_push(&mut self, level: &Level) -> Result<Duration> {
        let mut pushes = self.pushes.subscribe();
        let now = u64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis())?;
        let body = json!({"handle": self.phone.handle, "purpose": "address-change", "number": "0120-000-123",
                          "windows": [{"from": now, "until": now + 3_600_000}]});
        let start = level.together().await?;
        // The push may well be faster than the answer.
        let (answer, pushed) = tokio::join!(self.desk.post("/v1/calls", &body), async {
            tokio::time::timeout(PATIENCE, async {
                while pushes.recv().await? != self.index {}
                anyhow::Ok(start.elapsed())
            })
            .await
            .context("no push came")?
        });
        let call = answer?.ok()?["call"]["id"].as_str().context("no call")?.to_owned();
        self.desk.post(&format!("/v1/calls/{call}/cancel"), &Value::Null).await?.ok()?;
        pushed
    }

    /// From the customer's tap, the number typed, to the badge's event at the desk.
    async fn tap_to_badge(&mut self, level: &Level) -> Result<Duration> {
        let mut console = self.desk.stream(None).await?;
        let view = self.desk.start(&self.phone.handle, "address-change", "standard").await?;
        let (id, code) = (text(&view, "id")?, text(&view, "match_code")?);
        let request = self.phone.open(&id).await?;
        self.phone.prepare(&request.policy)?;
        let start = level.together().await?;
        let body = self.phone.approval(&request, &code)?;
        let (answer, badge) = tokio::join!(
            self.phone.approve(&id, &body),
            console.until(PATIENCE, |event| reached(event, &id, "passed").map(|_| start.elapsed()))
        );
        answer?.ok()?;
        badge
    }

    /// From the customer's tap to the desk's "approved". The proof is prepared when the request comes, as the phone app
    /// does while the customer reads; of many at once every one is ready before the first taps.
    async fn tap_to_paid(&mut self, level: &Level) -> Result<Duration> {
        let mut console = self.desk.stream(None).await?;
        let ask = json!({"handle": self.phone.handle, "purpose": "card-payment", "amount": 4_800, "currency": "JPY",
                         "payee": "△△株式会社", "order": "A-2210", "instrument": "みどりカード", "recipient": level.recipient});
        let view = self.desk.post("/v1/payments", &ask).await?.ok()?;
        let (id, code) = (text(&view, "id")?, text(&view, "match_code")?);
        let request = self.phone.open(&id).await?;
        let prepared = self.phone.prepare_session(&request, &["payment_token"])?;
        let start = level.together().await?;
        let body = self.phone.authorisation_with(&prepared, &request, &code)?;
        let (answer, paid) = tokio::join!(
            self.phone.approve(&id, &body),
            console.until(PATIENCE, |event| reached(event, &id, "passed").map(|_| start.elapsed()))
        );
        answer?.ok()?;
        paid
    }
}

fn text(view: &Value, name: &str) -> Result<String> {
    view[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"))
}

/// Which flow.
#[derive(Clone, Copy)]
enum Flow {
    NoticeToPush,
    TapToBadge,
    TapToPaid,
}

impl Flow {
    const ALL: [Self; 3] = [Self::NoticeToPush, Self::TapToBadge, Self::TapToPaid];

    fn name(self) -> &'static str {
        match self {
            Self::NoticeToPush => "notice_to_push",
            Self::TapToBadge => "tap_to_badge",
            Self::TapToPaid => "tap_to_paid",
        }
    }

    async fn once(self, pair: &mut Pair, level: &Level) -> Result<Duration> {
        match self {
            Self::NoticeToPush => pair.notice_to_push(level).await,
            Self::TapToBadge => pair.tap_to_badge(level).await,
            Self::TapToPaid => pair.tap_to_paid(level).await,
        }
    }
}

/// Runs a flow with the first so many pairs at once, some rounds each, the first not counted.
async fn level(
    flow: Flow,
    pairs: Vec<Pair>,
    at_once: usize,
    rounds: usize,
    recipient: &str,
) -> Result<(Value, Vec<Pair>)> {
    let rounds = if at_once == 1 { rounds } else { rounds.div_ceil(8).max(3) };
    let level = Arc::new(Level { start: Barrier::new(at_once), recipient: recipient.to_owned() });
    let mut tasks = JoinSet::new();
    let mut resting = Vec::new();
    for pair in pairs {
        if tasks.len() == at_once {
            resting.push(pair);
            continue;
        }
        let (mut pair, level) = (pair, level.clone());
        tasks.spawn(async move {
            let mut took = Vec::with_capacity(rounds);
            for round in 0..=rounds {
                let one = flow.once(&mut pair, &level).await?;
                if round > 0 {
                    took.push(one.as_secs_f64() * 1000.0);
                }
            }
            anyhow::Ok((pair, took))
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (pair, took) = done??;
        resting.push(pair);
        all.extend(took);
    }
    all.sort_by(f64::total_cmp);
    let at = |share: f64| measure::rounded(measure::percentile(&all, share));
    Ok((json!({"p50_ms": at(0.50), "p95_ms": at(0.95), "flows": all.len()}), resting))
}

/// Every flow at every level, with or without a delay.
async fn side(each_way: Option<Duration>, rounds: usize) -> Result<Map<String, Value>> {
    let dir = tempfile::tempdir()?;
    let most = LEVELS.into_iter().max().unwrap_or(1);
    let customers = Some(fleet::customers_file(dir.path(), most)?);
    let plan = Plan { customers, operators: most, unlimited: true, delay: each_way, ..Plan::new(dir.path()) };
    let stack = Arc::new(Stack::start(plan).await?);
    let security = stack.desk_of(tenant::SECURITY[0]).await?;
    let recipient = Recipient::add(&security, tenant::TENANT, "さくらペイ").await?;
    let mut ready = pairs(&stack, each_way, most).await?;
    eprintln!("{most} phones and desks are ready");
    let mut figures = Map::new();
    for flow in Flow::ALL {
        let mut levels = Map::new();
        for at_once in LEVELS {
            let (figure, back) = level(flow, ready, at_once, rounds, &recipient.id).await?;
            ready = back;
            eprintln!("{} at {at_once}: {figure}", flow.name());
            levels.insert(at_once.to_string(), figure);
        }
        figures.insert(flow.name().to_owned(), Value::Object(levels));
    }
    Ok(figures)
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let plain = side(None, cli.rounds).await?;
    let delayed = side(Some(EACH_WAY), cli.rounds).await?;
    let mut report = Map::new();
    for flow in Flow::ALL {
        let (plain, delayed) = (&plain[flow.name()], &delayed[flow.name()]);
        report.insert(flow.name().to_owned(), json!({"plain": plain, "delay_100": delayed}));
    }
    fs::write(&cli.out, serde_json::to_vec_pretty(&Value::Object(report))?)?;
    Ok(())
}
