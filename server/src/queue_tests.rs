//! Workers that tests let go on by hand: what a batch holds is then no matter of luck.

use std::sync::mpsc;

use super::*;

type Batch = Vec<&'static str>;
type Pending = oneshot::Receiver<Result<String, QueueError>>;

/// A queue whose workers report each batch and then wait for a word to go on.
struct Bench {
    queue: Queue<&'static str, String>,
    batches: mpsc::Receiver<Batch>,
    go: mpsc::Sender<()>,
    metrics: Arc<Metrics>,
}

fn bench(workers: usize, waiting: usize, batch: usize) -> Bench {
    let (report, batches) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let may_go = Arc::new(Mutex::new(may_go));
    let metrics = Arc::new(Metrics::default());
    let queue =
        Queue::start(Limits { workers, waiting, batch, help: 2, gather: Duration::ZERO }, metrics.clone(), || {
            let (report, may_go) = (report.clone(), may_go.clone());
            move |jobs: &[&'static str]| {
                report.send(jobs.to_vec()).unwrap();
                may_go.lock().unwrap_or_else(PoisonError::into_inner).recv().unwrap();
                assert!(!jobs.contains(&"panic"), "a panic on purpose");
                jobs.iter().map(|job| format!("{job}!")).collect()
            }
        })
        .unwrap();
    Bench { queue, batches, go, metrics }
}

impl Bench {
    fn submit(&self, tenant: &str, job: &'static str) -> Pending {
        self.queue.submit(tenant, job).unwrap()
    }

    fn next(&self) -> Batch {
        self.batches.recv().unwrap()
    }

    fn go(&self, times: usize) {
        for _ in 0..times {
            self.go.send(()).unwrap();
        }
    }
}

fn answer(pending: Pending) -> Result<String, QueueError> {
    pending.blocking_recv().unwrap()
}

#[test]
fn an_idle_worker_takes_work_at_once_and_others_help_when_much_waits() {
    let bench = bench(2, 8, 8);
    let mut pending = vec![bench.submit("a", "one")];
    assert_eq!(bench.next(), ["one"]);
    // The first is still being worked on; two wait for it, with a third there is enough for another worker.
    pending.extend(["two", "three"].map(|job| bench.submit("a", job)));
    assert!(bench.batches.recv_timeout(std::time::Duration::from_millis(50)).is_err(), "nobody helps yet");
    pending.push(bench.submit("a", "four"));
    assert_eq!(bench.next(), ["two", "three", "four"]);
    bench.go(2);
    let answers: Vec<String> = pending.into_iter().map(|p| answer(p).unwrap()).collect();
    assert_eq!(answers, ["one!", "two!", "three!", "four!"]);
}

#[test]
fn what_comes_while_all_are_busy_is_taken_together() {
    let bench = bench(1, 8, 3);
    let mut pending = vec![bench.submit("a", "0")];
    assert_eq!(bench.next(), ["0"]);
    for job in ["1", "2", "3", "4"] {
        pending.push(bench.submit("a", job));
    }
    bench.go(3);
    assert_eq!(bench.next(), ["1", "2", "3"], "no more than the limit");
    assert_eq!(bench.next(), ["4"]);
    let answers: Vec<String> = pending.into_iter().map(|p| answer(p).unwrap()).collect();
    assert_eq!(answers, ["0!", "1!", "2!", "3!", "4!"], "each its own answer");
    let text = bench.metrics.render();
    assert!(text.contains("honnin_proof_batch_size_bucket{le=\"1\"} 2"), "{text}");
    assert!(text.contains("honnin_proof_batch_size_count 3") && text.contains("honnin_proof_batch_size_sum 5"));
    assert!(text.contains("honnin_proof_queue_length 0"));
}

#[test]
fn tenants_take_turns() {
    let bench = bench(1, 20, 4);
    let _first = bench.submit("a", "a0");
    assert_eq!(bench.next(), ["a0"]);
    let _rest = [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")]
        .map(|(tenant, job)| bench.submit(tenant, job));
    bench.go(3);
    assert_eq!(bench.next(), ["a1", "b1", "c1", "a2"]);
    assert_eq!(bench.next(), ["b2", "a3"]);
}

#[test]
fn a_full_queue_refuses_and_a_tenant_has_half_of_it() {
    let bench = bench(1, 4, 8);
    let first = bench.submit("a", "0");
    assert_eq!(bench.next(), ["0"]);
    let mut waiting = vec![bench.submit("a", "1"), bench.submit("a", "2")];
    assert_eq!(bench.queue.submit("a", "3").err(), Some(QueueError::Full), "a's half");
    waiting.extend([bench.submit("b", "4"), bench.submit("c", "5")]);
    assert_eq!(bench.queue.submit("d", "6").err(), Some(QueueError::Full), "all of it");
    assert!(bench.metrics.render().contains("honnin_proof_queue_refused_total 2"));
    // Whoever hangs up makes room.
    drop(waiting.remove(0));
    let late = bench.submit("d", "7");
    bench.go(2);
    assert_eq!(bench.next(), ["2", "4", "5", "7"], "what was given up is not worked on");
    assert_eq!((answer(first).unwrap(), answer(late).unwrap()), ("0!".into(), "7!".into()));
}

#[test]
fn abandoned_work_is_skipped() {
    let bench = bench(1, 8, 8);
    let first = bench.submit("a", "0");
    assert_eq!(bench.next(), ["0"]);
    drop(bench.submit("a", "gone"));
    bench.go(1);
    answer(first).unwrap();
    let kept = bench.submit("a", "kept");
    assert_eq!(bench.next(), ["kept"]);
    bench.go(1);
    answer(kept).unwrap();
}

#[test]
fn a_panic_fails_its_own_piece_alone_and_the_queue_lives_on() {
    let bench = bench(1, 8, 8);
    let first = bench.submit("a", "0");
    assert_eq!(bench.next(), ["0"]);
    let pending = ["1", "panic", "2"].map(|job| bench.submit("a", job));
    bench.go(5);
    assert_eq!(bench.next(), ["1", "panic", "2"]);
    for alone in ["1", "panic", "2"] {
        assert_eq!(bench.next(), [alone]);
    }
    answer(first).unwrap();
    let answers = pending.map(answer);
    assert_eq!(answers, [Ok("1!".into()), Err(QueueError::Failed), Ok("2!".into())]);
    let after = bench.submit("a", "after");
    bench.go(1);
    assert_eq!(answer(after), Ok("after!".into()));
}

#[test]
fn closing_answers_what_waits_and_refuses_what_comes() {
    let bench = bench(1, 8, 8);
    let first = bench.submit("a", "0");
    assert_eq!(bench.next(), ["0"]);
    let waiting = bench.submit("a", "1");
    bench.queue.close();
    assert_eq!(bench.queue.submit("a", "2").err(), Some(QueueError::Closed));
    bench.go(2);
    bench.queue.drain();
    assert_eq!((answer(first).unwrap(), answer(waiting).unwrap()), ("0!".into(), "1!".into()));
}

#[test]
fn dropping_the_queue_still_answers_what_waits() {
    let bench = bench(2, 8, 8);
    bench.queue.hold(true);
    let waiting = bench.submit("a", "1");
    bench.go(1);
    let Bench { queue, .. } = bench;
    drop(queue);
    assert_eq!(answer(waiting), Ok("1!".into()));
}
