//! Work for threads of their own, in batches: an idle first worker takes what comes at once; what comes while it is
//! busy waits, bounded, and is taken together. The others help when more waits than one batch should hold, because a
//! piece in a batch costs a fraction of a piece alone.
//!
//! Tenants take turns, and none may fill more than half of the queue while it can keep others out.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::metrics::Metrics;

/// How far workers stand back, as `nice` counts.
const BEHIND: i32 = 5;

/// Why work was not taken on, or has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// No place, for this tenant or at all.
    #[error("the queue is full")]
    Full,
    /// The service is stopping.
    #[error("the queue is closed")]
    Closed,
    /// The work panicked.
    #[error("the work failed")]
    Failed,
}

/// How much the queue holds and hands out.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Threads.
    pub workers: usize,
    /// Pieces that may wait; those being worked on do not count.
    pub waiting: usize,
    /// Pieces taken together at most.
    pub batch: usize,
    /// Pieces that must wait for each worker that is at work already before another one helps.
    pub help: usize,
    /// How long a worker whose last batch held several waits for the next to fill. A quiet queue waits for nothing.
    pub gather: Duration,
}

/// One thread's way to work: pieces in, as many answers out in the same order.
pub trait Work<J, A>: Send + 'static {
    /// Works on a batch, never an empty one.
    fn work(&mut self, batch: &[J]) -> Vec<A>;
}

impl<J, A, F: FnMut(&[J]) -> Vec<A> + Send + 'static> Work<J, A> for F {
    fn work(&mut self, batch: &[J]) -> Vec<A> {
        self(batch)
    }
}

type Answer<A> = oneshot::Sender<Result<A, QueueError>>;
/// Waiting pieces of one tenant, oldest first.
type Lane<J, A> = VecDeque<(J, Answer<A>)>;

struct State<J, A> {
    /// One lane a tenant with waiting work, in turn.
    lanes: VecDeque<(String, Lane<J, A>)>,
    waiting: usize,
    /// Pieces of the last batch.
    last: usize,
    closed: bool,
    held: bool,
}

struct Shared<J, A> {
    state: Mutex<State<J, A>>,
    /// One for each worker.
    wake: Vec<Condvar>,
    metrics: Arc<Metrics>,
    limits: Limits,
}

/// The queue and its threads. Dropping it closes it.
pub struct Queue<J, A> {
    shared: Arc<Shared<J, A>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<J: Send + 'static, A: Send + 'static> Queue<J, A> {
    /// Starts the threads, each with work of its own.
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub fn start<W: Work<J, A>>(
        limits: Limits,
        metrics: Arc<Metrics>,
        mut worker: impl FnMut() -> W,
    ) -> std::io::Result<Self> {
        let state = State { lanes: VecDeque::new(), waiting: 0, last: 0, closed: false, held: false };
        let wake = (0..limits.workers.max(1)).map(|_| Condvar::new()).collect();
        let shared = Arc::new(Shared { state: Mutex::new(state), wake, metrics, limits });
        let queue = Self { shared, threads: Mutex::default() };
        for i in 0..limits.workers.max(1) {
            let (shared, mut work) = (queue.shared.clone(), worker());
            let thread = std::thread::Builder::new().name(format!("verifier-{i}")).spawn(move || {
                // Long work goes behind the short: on few cores everything else would wait for a whole batch. Of
                // this thread alone; a system that refuses it does no harm.
                let _ = rustix::process::setpriority_process(None, BEHIND);
                while shared.serve(i, &mut work) {}
            })?;
            queue.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(queue)
    }

    /// Hands work in and waits for its answer. Whoever stops waiting takes the work back, unless it was begun.
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn run(&self, tenant: &str, job: J) -> Result<A, QueueError> {
        self.submit(tenant, job)?.await.map_err(|_| QueueError::Closed)?
    }

    fn submit(&self, tenant: &str, job: J) -> Result<oneshot::Receiver<Result<A, QueueError>>, QueueError> {
        let (answer, receiver) = oneshot::channel();
        let mut state = self.shared.lock();
        if state.closed {
            return Err(QueueError::Closed);
        }
        if !state.has_place(tenant, self.shared.limits.waiting) {
            // Those who hung up give their places back before anybody is refused.
            state.forget_abandoned();
            if !state.has_place(tenant, self.shared.limits.waiting) {
                self.shared.metrics.queue_length(state.waiting);
                self.shared.metrics.queue_refused();
                return Err(QueueError::Full);
            }
        }
        state.push(tenant, job, answer);
        let waiting = state.waiting;
        self.shared.metrics.queue_length(waiting);
        drop(state);
        self.shared.wake_for(waiting);
        Ok(receiver)
    }
}

impl<J, A> Queue<J, A> {
    /// Takes nothing new on; what waits is still worked on.
    pub fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.wake.iter().for_each(Condvar::notify_all);
    }

    /// As [`Queue::close`], and waits until every piece has its answer. Blocks: not for async threads.
    pub fn drain(&self) {
        self.close();
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // A worker catches the panics of its work.
            let _ = thread.join();
        }
    }

    /// Makes the workers pause before their next batch, or go on; so that tests can fill the queue.
    #[doc(hidden)]
    pub fn hold(&self, held: bool) {
        self.shared.lock().held = held;
        self.shared.wake.iter().for_each(Condvar::notify_all);
    }
}

impl<J, A> Drop for Queue<J, A> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<J, A> Shared<J, A> {
    fn lock(&self) -> MutexGuard<'_, State<J, A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the workers that so many pieces are for.
    fn wake_for(&self, waiting: usize) {
        for (i, wake) in self.wake.iter().enumerate() {
            if waiting > i * self.limits.help {
                wake.notify_one();
            }
        }
    }

    /// One batch; false once closed and empty.
    fn serve(&self, worker: usize, work: &mut impl Work<J, A>) -> bool {
        let Some(batch) = self.take(worker) else { return false };
        let (jobs, answers): (Vec<J>, Vec<Answer<A>>) =
            batch.into_iter().filter(|(_, answer)| !answer.is_closed()).unzip();
        if jobs.is_empty() {
            return true;
        }
        self.metrics.batch(jobs.len());
        for (answer, result) in answers.into_iter().zip(answers_to(&jobs, work)) {
            // Whoever asked may have gone.
            let _ = answer.send(result);
        }
        true
    }

    /// The next batch, as soon as there is enough work for this worker.
    fn take(&self, worker: usize) -> Option<Vec<(J, Answer<A>)>> {
        let enough = worker * self.limits.help;
        let mut state = self.lock();
        loop {
            while !state.closed && (state.held || state.waiting <= enough) {
                state = self.wake[worker].wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.last > 1 && !self.limits.gather.is_zero() {
                let full = self.limits.help.min(self.limits.batch);
                let filling = |state: &mut State<J, A>| !state.closed && state.waiting < full;
                let waited = self.wake[worker].wait_timeout_while(state, self.limits.gather, filling);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            // Another worker may have taken everything meanwhile.
            if state.waiting > 0 && !state.held {
                break;
            }
            if state.closed && state.waiting == 0 {
                return None;
            }
            if state.closed {
                break;
            }
        }
        let mut batch = Vec::with_capacity(state.waiting.min(self.limits.batch));
        while batch.len() < self.limits.batch
            && let Some(job) = state.pop()
        {
            batch.push(job);
        }
        state.last = batch.len();
        self.metrics.queue_length(state.waiting);
        Some(batch)
    }
}

/// Answers to a batch. Where the work panics, each piece is tried alone, so that one cannot take others with it.
fn answers_to<J, A>(jobs: &[J], work: &mut impl Work<J, A>) -> Vec<Result<A, QueueError>> {
    let mut attempt = |jobs: &[J]| {
        let answers = catch_unwind(AssertUnwindSafe(|| work.work(jobs))).ok()?;
        (answers.len() == jobs.len()).then_some(answers)
    };
    if let Some(answers) = attempt(jobs) {
        return answers.into_iter().map(Ok).collect();
    }
    tracing::error!(batch = jobs.len(), "a worker's batch failed");
    if jobs.len() == 1 {
        return vec![Err(QueueError::Failed)];
    }
    jobs.iter()
        .map(|job| attempt(std::slice::from_ref(job)).and_then(|mut one| one.pop()).ok_or(QueueError::Failed))
        .collect()
}

impl<J, A> State<J, A> {
    /// Whether there is room, and this tenant is within its half of it.
    fn has_place(&self, tenant: &str, most: usize) -> bool {
        let own = self.lanes.iter().find(|(t, _)| t == tenant).map_or(0, |(_, lane)| lane.len());
        self.waiting < most && own < most.div_ceil(2)
    }

    fn push(&mut self, tenant: &str, job: J, answer: Answer<A>) {
        self.waiting += 1;
        match self.lanes.iter_mut().find(|(t, _)| t == tenant) {
            Some((_, lane)) => lane.push_back((job, answer)),
            None => self.lanes.push_back((tenant.to_owned(), VecDeque::from([(job, answer)]))),
        }
    }

    /// The oldest of the tenant whose turn it is.
    fn pop(&mut self) -> Option<(J, Answer<A>)> {
        let (tenant, mut lane) = self.lanes.pop_front()?;
        let job = lane.pop_front();
        if !lane.is_empty() {
            self.lanes.push_back((tenant, lane));
        }
        self.waiting -= 1;
        job
    }

    fn forget_abandoned(&mut self) {
        for (_, lane) in &mut self.lanes {
            lane.retain(|(_, answer)| !answer.is_closed());
        }
        self.lanes.retain(|(_, lane)| !lane.is_empty());
        self.waiting = self.lanes.iter().map(|(_, lane)| lane.len()).sum();
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
