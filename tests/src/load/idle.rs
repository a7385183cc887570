//! Streams that stay open while nothing happens: what a node's memory and processor pay for them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{cpu, fleet::Fleet, stream::Stream};

/// Streams that the server lets one operator or phone hold.
pub const PER_LISTENER: usize = 8;
/// Half of the streams that are opened: consoles', and as many phones'.
pub const HALF: usize = 5_000;
/// Operators, and phones, that hold them.
pub const LISTENERS: usize = HALF.div_ceil(PER_LISTENER);
/// How long they stay open and silent.
const WATCHED: Duration = Duration::from_secs(10);
/// Files that a process here needs beside its streams.
const OTHER_FILES: usize = 1_000;

/// Lets this process and all that it starts have as many files as the streams need: the soft limit is raised to the
/// hard one. Where that is too low, `ulimit -Hn` or `LimitNOFILE=` must raise it.
///
/// # Errors
/// When the hard limit is too low.
pub fn raise_files(streams: usize) -> Result<()> {
    let needed = (streams + OTHER_FILES) as u64;
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|most| most < needed) {
        bail!("{streams} streams need {needed} open files: raise the hard limit (ulimit -Hn {needed}) first");
    }
    if limit.current.is_some_and(|now| now < needed) {
        let raised = Rlimit { current: limit.maximum.or(Some(needed)), maximum: limit.maximum };
        setrlimit(Resource::Nofile, raised).context("raising the limit of open files")?;
    }
    Ok(())
}

/// Opens the streams, reads them for a while, and says what the node holds and uses meanwhile.
///
/// # Errors
/// When a stream is refused or ends, or says something else than pings.
pub async fn measure(fleet: &Fleet, server: u32) -> Result<Value> {
    let before = cpu::rss_mib(server)?;
    let pings = Arc::new(AtomicUsize::new(0));
    let mut readers = JoinSet::new();
    for seat in 0..HALF {
        let at = seat % LISTENERS;
        let console = fleet.operators.get(at).context("too few operators")?.stream().await?;
        let phone = fleet.customers.get(at).context("too few phones")?.stream().await?;
        readers.spawn(read(console, pings.clone()));
        readers.spawn(read(phone, pings.clone()));
    }
    let (heard, used) = (pings.load(Ordering::Relaxed), cpu::seconds(server)?);
    tokio::time::sleep(WATCHED).await;
    let (heard, used) = (pings.load(Ordering::Relaxed) - heard, cpu::seconds(server)? - used);
    let rss = cpu::rss_mib(server)?;
    if let Some(ended) = readers.try_join_next() {
        return Err(ended?.context("an idle stream"));
    }
    let streams = readers.len();
    Ok(json!({
        "streams": streams, "rss_mib": rss, "rss_before_mib": before,
        "kib_per_stream": rounded((rss - before) * 1024.0 / streams as f64, 10.0),
        "cores": rounded(used / WATCHED.as_secs_f64(), 1000.0),
        "pings_per_s": rounded(heard as f64 / WATCHED.as_secs_f64(), 1.0),
    }))
}

/// Counts pings; ends only when something is wrong.
async fn read(mut stream: Stream, pings: Arc<AtomicUsize>) -> anyhow::Error {
    loop {
        match stream.next().await {
            Ok(event) if event.name == "ping" => pings.fetch_add(1, Ordering::Relaxed),
            Ok(event) => return anyhow!("{} came", event.name),
            Err(e) => return e,
        };
    }
}

fn rounded(x: f64, to: f64) -> f64 {
    (x * to).round() / to
}
