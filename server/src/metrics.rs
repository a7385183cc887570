//! Counters for Prometheus. Labels are our own codes: no tenant's customer, no handle, no identifier.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use honnin_vault::KeyStatus;

/// Upper bounds of the verification-time histogram, microseconds.
const BUCKETS_US: [u64; 8] = [500, 1_000, 2_000, 5_000, 10_000, 50_000, 250_000, 1_000_000];

/// Upper bounds of the batch-size histogram, proofs.
const BATCHES: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];

/// All counters of the process.
#[derive(Debug, Default)]
pub struct Metrics {
    responses: Mutex<BTreeMap<u16, u64>>,
    problems: Mutex<BTreeMap<&'static str, u64>>,
    ended: Mutex<BTreeMap<&'static str, u64>>,
    verify_buckets: [AtomicU64; 8],
    verify_count: AtomicU64,
    verify_sum_us: AtomicU64,
    batch_buckets: [AtomicU64; 7],
    batch_count: AtomicU64,
    batch_sum: AtomicU64,
    round_count: AtomicU64,
    round_sum: AtomicU64,
    queue_length: AtomicU64,
    queue_refused: AtomicU64,
    streams: [AtomicI64; 2],
    pushes: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

/// Which kind of stream is open.
#[derive(Clone, Copy, Debug)]
pub enum StreamKind {
    /// A console's.
    Operator,
    /// A phone's.
    Device,
}

impl Metrics {
    /// Counts an answer.
    pub fn response(&self, status: u16) {
        bump(&self.responses, status);
    }

    /// Counts a problem document.
    pub fn problem(&self, code: &'static str) {
        bump(&self.problems, code);
    }

    /// Counts a verification's end.
    pub fn ended(&self, state: &'static str) {
        bump(&self.ended, state);
    }

    /// Counts an attempt to wake a phone, by kind of push service and what it said.
    pub fn pushed(&self, kind: &'static str, outcome: &'static str) {
        bump(&self.pushes, (kind, outcome));
    }

    /// Counts a batch of proofs that were checked together.
    pub fn batch(&self, size: usize) {
        let size = size as u64;
        for (bucket, bound) in self.batch_buckets.iter().zip(BATCHES) {
            if size <= bound {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.batch_count.fetch_add(1, Ordering::Relaxed);
        self.batch_sum.fetch_add(size, Ordering::Relaxed);
    }

    /// Counts a round of the database and what it held.
    pub fn round(&self, size: usize) {
        self.round_count.fetch_add(1, Ordering::Relaxed);
        self.round_sum.fetch_add(size as u64, Ordering::Relaxed);
    }

    /// How many proofs wait.
    pub fn queue_length(&self, waiting: usize) {
        self.queue_length.store(waiting as u64, Ordering::Relaxed);
    }

    /// Counts a proof that found the queue full.
    pub fn queue_refused(&self) {
        self.queue_refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a proof check, its wait for a verifier included.
    pub fn verified(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        for (bucket, bound) in self.verify_buckets.iter().zip(BUCKETS_US) {
            if us <= bound {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.verify_count.fetch_add(1, Ordering::Relaxed);
        self.verify_sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Counts an open stream until the guard is dropped.
    pub fn stream(self: &std::sync::Arc<Self>, kind: StreamKind) -> StreamGuard {
        self.streams[kind as usize].fetch_add(1, Ordering::Relaxed);
        StreamGuard(self.clone(), kind)
    }

    /// The Prometheus text format.
    pub fn render(&self) -> String {
        let mut out = String::new();
        family(&mut out, "honnin_http_responses_total", "status", &self.responses);
        family(&mut out, "honnin_problems_total", "code", &self.problems);
        family(&mut out, "honnin_verifications_ended_total", "state", &self.ended);
        let _ = writeln!(out, "# TYPE honnin_pushes_total counter");
        for ((kind, outcome), n) in self.pushes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(out, "honnin_pushes_total{{kind=\"{kind}\",outcome=\"{outcome}\"}} {n}");
        }
        let load = |v: &AtomicU64| v.load(Ordering::Relaxed);
        // Writing into a String cannot fail.
        let _ = writeln!(out, "# TYPE honnin_proof_check_seconds histogram");
        for (bucket, bound) in self.verify_buckets.iter().zip(BUCKETS_US) {
            let seconds = Duration::from_micros(bound).as_secs_f64();
            let _ = writeln!(out, "honnin_proof_check_seconds_bucket{{le=\"{seconds}\"}} {}", load(bucket));
        }
        let _ = writeln!(out, "honnin_proof_check_seconds_bucket{{le=\"+Inf\"}} {}", load(&self.verify_count));
        let _ = writeln!(
            out,
            "honnin_proof_check_seconds_sum {}",
            Duration::from_micros(load(&self.verify_sum_us)).as_secs_f64()
        );
        let _ = writeln!(out, "honnin_proof_check_seconds_count {}", load(&self.verify_count));
        let _ = writeln!(out, "# TYPE honnin_proof_batch_size histogram");
        for (bucket, bound) in self.batch_buckets.iter().zip(BATCHES) {
            let _ = writeln!(out, "honnin_proof_batch_size_bucket{{le=\"{bound}\"}} {}", load(bucket));
        }
        let _ = writeln!(out, "honnin_proof_batch_size_bucket{{le=\"+Inf\"}} {}", load(&self.batch_count));
        let _ = writeln!(out, "honnin_proof_batch_size_sum {}", load(&self.batch_sum));
        let _ = writeln!(out, "honnin_proof_batch_size_count {}", load(&self.batch_count));
        let _ = writeln!(out, "# TYPE honnin_round_size summary");
        let _ = writeln!(out, "honnin_round_size_sum {}", load(&self.round_sum));
        let _ = writeln!(out, "honnin_round_size_count {}", load(&self.round_count));
        let _ = writeln!(out, "# TYPE honnin_proof_queue_length gauge");
        let _ = writeln!(out, "honnin_proof_queue_length {}", load(&self.queue_length));
        let _ = writeln!(out, "# TYPE honnin_proof_queue_refused_total counter");
        let _ = writeln!(out, "honnin_proof_queue_refused_total {}", load(&self.queue_refused));
        let _ = writeln!(out, "# TYPE honnin_streams gauge");
        for (kind, gauge) in ["operator", "device"].iter().zip(&self.streams) {
            let _ = writeln!(out, "honnin_streams{{kind=\"{kind}\"}} {}", gauge.load(Ordering::Relaxed));
        }
        out
    }
}

/// Holds a stream's place in the gauge.
#[derive(Debug)]
pub struct StreamGuard(std::sync::Arc<Metrics>, StreamKind);

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.0.streams[self.1 as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

/// The age of the oldest key of each kind that is in use, days. Whose it is stands on the keys page.
pub fn key_ages(keys: &[KeyStatus], oldest_log_ms: Option<i64>) -> String {
    let mut oldest: BTreeMap<&str, u64> = BTreeMap::new();
    for key in keys.iter().filter(|k| k.current || k.warn) {
        let age = oldest.entry(crate::upkeep::kind(key.role)).or_insert(0);
        *age = key.age_days.max(*age);
    }
    if let Some(ms) = oldest_log_ms {
        oldest.insert("log", u64::try_from(ms).unwrap_or(0) / (24 * 60 * 60 * 1000));
    }
    let mut out = String::from("# TYPE honnin_key_age_days gauge\n");
    for (kind, days) in oldest {
        let _ = writeln!(out, "honnin_key_age_days{{kind=\"{kind}\"}} {days}");
    }
    out
}

fn bump<K: Ord>(map: &Mutex<BTreeMap<K, u64>>, key: K) {
    *map.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(0) += 1;
}

fn family<K: std::fmt::Display>(out: &mut String, name: &str, label: &str, map: &Mutex<BTreeMap<K, u64>>) {
    let _ = writeln!(out, "# TYPE {name} counter");
    for (key, value) in map.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let _ = writeln!(out, "{name}{{{label}=\"{key}\"}} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_cumulative_and_named() {
        let metrics = std::sync::Arc::new(Metrics::default());
        metrics.ended("passed");
        metrics.ended("passed");
        metrics.verified(Duration::from_micros(900));
        metrics.batch(3);
        metrics.queue_length(5);
        metrics.queue_refused();
        let guard = metrics.stream(StreamKind::Device);
        let text = metrics.render();
        assert!(text.contains("honnin_verifications_ended_total{state=\"passed\"} 2"));
        assert!(text.contains("honnin_proof_check_seconds_bucket{le=\"0.0005\"} 0"));
        assert!(text.contains("honnin_proof_check_seconds_bucket{le=\"0.001\"} 1"));
        assert!(text.contains("honnin_proof_batch_size_bucket{le=\"2\"} 0"));
        assert!(text.contains("honnin_proof_batch_size_bucket{le=\"4\"} 1"));
        assert!(text.contains("honnin_proof_batch_size_sum 3"));
        assert!(text.contains("honnin_proof_queue_length 5"));
        assert!(text.contains("honnin_proof_queue_refused_total 1"));
        assert!(text.contains("honnin_streams{kind=\"device\"} 1"));
        drop(guard);
        assert!(metrics.render().contains("honnin_streams{kind=\"device\"} 0"));
    }
}
