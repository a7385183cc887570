//! One level of a closed loop: so many workers, each beginning its next piece when the last one ended.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::cpu;
use crate::measure::{percentile, rounded};

/// How long a level runs.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Not counted.
    pub warm: Duration,
    /// Counted: what ended within.
    pub counted: Duration,
}

/// Something that can be done again and again.
pub trait Work: Send + 'static {
    /// Does it once: how long it took, and when it ended.
    fn once(&mut self) -> impl Future<Output = Result<(Duration, Instant)>> + Send;
}

/// A process whose time is counted.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Its name in the figures.
    pub name: &'static str,
    /// Its number.
    pub id: u32,
    /// With all processes below it.
    pub tree: bool,
}

impl Counted {
    /// One process alone.
    pub fn one(name: &'static str, id: u32) -> Self {
        Self { name, id, tree: false }
    }

    fn seconds(&self) -> Result<f64> {
        if self.tree { cpu::seconds_of_tree(self.id) } else { cpu::seconds(self.id) }
    }
}

/// What a level showed.
pub struct Figures {
    /// Milliseconds, ascending.
    latencies: Vec<f64>,
    seconds: f64,
    /// Processor milliseconds by name.
    cpu: Vec<(&'static str, f64)>,
    /// Cores that everything else on the machine kept busy.
    others: f64,
}

/// Runs all workers over the window; any failure fails the level. The workers come back for the next.
///
/// # Errors
/// The first worker's that fails.
pub async fn run<W: Work>(workers: Vec<W>, window: Window, counted: &[Counted]) -> Result<(Figures, Vec<W>)> {
    let from = Instant::now() + window.warm;
    let until = from + window.counted;
    let mut tasks = JoinSet::new();
    for mut worker in workers {
        tasks.spawn(async move {
            let mut took = Vec::new();
            loop {
                let (latency, end) = worker.once().await?;
                if end >= until {
                    return anyhow::Ok((took, worker));
                }
                if end >= from {
                    took.push(latency.as_secs_f64() * 1000.0);
                }
            }
        });
    }
    let used = || -> Result<(f64, Vec<f64>)> {
        let each = counted.iter().map(Counted::seconds).collect::<Result<Vec<f64>>>()?;
        Ok((cpu::seconds_of_machine()? - each.iter().sum::<f64>(), each))
    };
    tokio::time::sleep_until(from.into()).await;
    let before = used()?;
    tokio::time::sleep_until(until.into()).await;
    let after = used()?;
    let (mut latencies, mut back) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (took, worker) = done??;
        latencies.extend(took);
        back.push(worker);
    }
    latencies.sort_by(f64::total_cmp);
    let cpu = counted.iter().zip(before.1.iter().zip(&after.1));
    let cpu = cpu.map(|(one, (before, after))| (one.name, (after - before) * 1000.0)).collect();
    let seconds = window.counted.as_secs_f64();
    Ok((Figures { latencies, seconds, cpu, others: (after.0 - before.0) / seconds }, back))
}

impl Figures {
    /// `calls_per_s`, `p50_ms`, `p95_ms`, `p99_ms`, `calls`, `cpu_ms_per_call` by process, `others_cores`.
    ///
    /// # Errors
    /// When nothing ended in time.
    pub fn json(&self) -> Result<Value> {
        let calls = self.latencies.len();
        let at = |share: f64| rounded(percentile(&self.latencies, share));
        self.latencies.first().context("nothing ended within the window")?;
        let cpu: serde_json::Map<String, Value> =
            self.cpu.iter().map(|(name, ms)| ((*name).to_owned(), json!(rounded(ms / calls as f64)))).collect();
        Ok(json!({
            "calls_per_s": rounded(calls as f64 / self.seconds), "p50_ms": at(0.50), "p95_ms": at(0.95),
            "p99_ms": at(0.99), "calls": calls, "cpu_ms_per_call": cpu,
            // Well above zero, and the figures are of a machine that had other things to do.
            "others_cores": rounded(self.others),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_nearest_rank() {
        let all: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!([0.5, 0.95, 0.99].map(|share| percentile(&all, share)), [100.0, 190.0, 198.0]);
        assert_eq!(percentile(&[7.0], 0.99), 7.0);
    }
}
