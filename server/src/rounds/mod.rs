//! What desks and phones do in every call goes into the database in rounds: all that arrived while the last round was
//! being written goes into one transaction, each kind with a fixed number of statements, and one commit to the disk
//! answers for all of them. A quiet service has rounds of one, a busy one of dozens.
//!
//! What one of them is refused does not touch the others. Should the database refuse the whole round, each is tried
//! again by itself, so that whatever it was stays with whom it belongs to. Nobody is answered before the commit.

mod acknowledge;
mod ask;
mod examine;
mod pass;

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::oneshot;

pub use acknowledge::Acknowledge;
pub use ask::{Ask, By, Invite, NewCall, NewTerms, Whom};
pub use examine::{Examine, Examined};

use crate::app::App;
use crate::db::Write;
use crate::db::verifications::Record;
use crate::gate::Attempt;
use crate::http::problem::Problem;

/// Taken together at most.
const MOST: usize = 64;
/// Waiting at most; a full queue is more than a second's work.
const WAITING: usize = 2048;
/// Waiting at most for one verification or phone, of which a round takes one: nobody fills the queue with one name.
const OF_ONE: usize = 32;

/// One piece of work, its outcome once it has one, and who waits for it.
struct Entry<I, T> {
    input: I,
    outcome: Option<Result<T, Problem>>,
    reply: oneshot::Sender<Result<T, Problem>>,
}

impl<I, T> Entry<I, T> {
    fn answer(self) {
        let outcome = self.outcome.unwrap_or_else(|| Err(Problem::Internal("a round left something out".into())));
        // Whoever asked may have gone.
        let _ = self.reply.send(outcome);
    }
}

type Asking = Entry<Ask, Record>;
type Acknowledging = Entry<Acknowledge, Examined>;
type Examining = Entry<Examine, Examined>;
type Passing = Entry<Attempt, Record>;

enum Job {
    Ask(Box<Asking>),
    Acknowledge(Box<Acknowledging>),
    Examine(Box<Examining>),
    Pass(Box<Passing>),
}

impl Job {
    /// What no two of a round may share: each kind works on a set of rows, in which none stands twice.
    fn claims(&self) -> Vec<String> {
        match self {
            Self::Ask(_) => Vec::new(),
            Self::Acknowledge(e) => vec![e.input.verification.clone()],
            Self::Examine(e) => vec![e.input.verification.clone()],
            Self::Pass(e) => vec![e.input.verification.clone(), e.input.device.clone()],
        }
    }

    fn fail(&mut self, problem: Problem) {
        match self {
            Self::Ask(e) => e.outcome = Some(Err(problem)),
            Self::Acknowledge(e) => e.outcome = Some(Err(problem)),
            Self::Examine(e) => e.outcome = Some(Err(problem)),
            Self::Pass(e) => e.outcome = Some(Err(problem)),
        }
    }

    fn answer(self) {
        match self {
            Self::Ask(e) => e.answer(),
            Self::Acknowledge(e) => e.answer(),
            Self::Examine(e) => e.answer(),
            Self::Pass(e) => e.answer(),
        }
    }
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// How many of those that wait claim each.
    claimed: HashMap<String, usize>,
    running: bool,
}

impl Queue {
    fn release(&mut self, claims: &[String]) {
        for claim in claims {
            if let Some(n) = self.claimed.get_mut(claim) {
                *n -= 1;
                if *n == 0 {
                    self.claimed.remove(claim);
                }
            }
        }
    }
}

/// What waits for the next round.
#[derive(Default)]
pub struct Rounds(Mutex<Queue>);

impl Rounds {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to what waits; whether rounds must be begun.
    ///
    /// # Errors
    /// `busy`.
    fn put(&self, job: Job) -> Result<bool, Problem> {
        let mut queue = self.lock();
        let claims = job.claims();
        let crowded = |claim| queue.claimed.get(claim).is_some_and(|n| *n >= OF_ONE);
        if queue.waiting.len() >= WAITING || claims.iter().any(crowded) {
            return Err(Problem::Busy);
        }
        for claim in claims {
            *queue.claimed.entry(claim).or_default() += 1;
        }
        queue.waiting.push_back(job);
        Ok(!std::mem::replace(&mut queue.running, true))
    }

    /// The next round, oldest first; what claims the same as another waits for the one after. `None`, and no more
    /// rounds until something comes, when nothing waits.
    fn take(&self) -> Option<Vec<Job>> {
        let mut queue = self.lock();
        let (mut round, mut later, mut claimed) = (Vec::new(), VecDeque::new(), HashSet::new());
        while round.len() < MOST
            && let Some(job) = queue.waiting.pop_front()
        {
            let claims = job.claims();
            if claims.iter().any(|claim| claimed.contains(claim)) {
                later.push_back(job);
            } else {
                queue.release(&claims);
                round.push(job);
            }
            // Also of those that wait, so that nothing overtakes them.
            claimed.extend(claims);
        }
        later.append(&mut queue.waiting);
        queue.waiting = later;
        queue.running = !round.is_empty();
        if round.is_empty() { None } else { Some(round) }
    }
}

/// A round as its parts see it.
struct Round<'a> {
    app: &'a App,
    write: Write,
    /// States in which verifications ended, to be counted once that is committed.
    ended: Vec<&'static str>,
}

impl App {
    /// Asks a customer; the verification as it then stands.
    ///
    /// # Errors
    /// As `docs/protocol.md`, "Starting".
    pub async fn ask(&self, ask: Ask) -> Result<Record, Problem> {
        self.submit(ask, Job::Ask).await
    }

    /// Takes a phone's word that it has, or shows, a request.
    ///
    /// # Errors
    /// `unauthenticated`, `not-found`; of one to be shown also why it is over.
    pub async fn acknowledge(&self, acknowledge: Acknowledge) -> Result<Examined, Problem> {
        self.submit(acknowledge, Job::Acknowledge).await
    }

    /// Looks at an answer before its proof is checked.
    ///
    /// # Errors
    /// `unauthenticated`, `not-found`, why it is over, or `wrong-number`.
    pub async fn examine(&self, examine: Examine) -> Result<Examined, Problem> {
        self.submit(examine, Job::Examine).await
    }

    /// Through the gate: the verification, passed.
    ///
    /// # Errors
    /// The gate's.
    pub async fn pass(&self, attempt: Attempt) -> Result<Record, Problem> {
        self.submit(attempt, Job::Pass).await
    }

    async fn submit<I, T>(&self, input: I, job: impl FnOnce(Box<Entry<I, T>>) -> Job) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        if self.rounds().put(job(Box::new(Entry { input, outcome: None, reply })))? {
            // A task of its own: a round belongs to many, and must not end because one of them hangs up.
            tokio::spawn(self.clone().run_rounds());
        }
        answer.await.map_err(|_| Problem::Internal("a round was given up".into()))?
    }

    async fn run_rounds(self) {
        while let Some(jobs) = self.rounds().take() {
            // Whoever waits for a round that panicked learns it: the replies are dropped.
            if AssertUnwindSafe(self.run_round(jobs)).catch_unwind().await.is_err() {
                tracing::error!("a round panicked");
            }
        }
    }

    async fn run_round(&self, mut jobs: Vec<Job>) {
        self.metrics().round(jobs.len());
        let mut done = self.try_round(&mut jobs).await;
        if let Err(Problem::Unavailable(_)) = done {
            // Two nodes may have waited for each other, or a connection was lost: the next try finds neither.
            done = self.try_round(&mut jobs).await;
        }
        if let Err(problem) = done {
            let alone = jobs.len() == 1;
            for mut job in jobs {
                match &problem {
                    // To ask a database that is away once for each would only take longer.
                    Problem::Unavailable(cause) => job.fail(Problem::Unavailable(cause.clone())),
                    Problem::Internal(cause) if alone => job.fail(Problem::Internal(cause.clone())),
                    _ if alone => job.fail(Problem::Busy),
                    _ => {
                        let mut one = [job];
                        if let Err(problem) = self.try_round(&mut one).await {
                            one[0].fail(problem);
                        }
                        [job] = one;
                    }
                }
                job.answer();
            }
            return;
        }
        jobs.into_iter().for_each(Job::answer);
    }

    /// Does the work and commits it. What is one job's own is in its outcome; an error is the whole round's.
    async fn try_round(&self, jobs: &mut [Job]) -> Result<(), Problem> {
        let mut round = Round { app: self, write: self.db().write().await?, ended: Vec::new() };
        let (mut asks, mut acknowledges, mut examines, mut passes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Ask(e) => asks.push(&mut **e),
                Job::Acknowledge(e) => acknowledges.push(&mut **e),
                Job::Examine(e) => examines.push(&mut **e),
                Job::Pass(e) => passes.push(&mut **e),
            }
        }
        pass::run(&mut round, &mut passes).await?;
        examine::run(&mut round, &mut examines).await?;
        acknowledge::run(&mut round, &mut acknowledges).await?;
        ask::run(&mut round, &mut asks).await?;
        round.write.commit().await?;
        for state in round.ended {
            self.metrics().ended(state);
        }
        Ok(())
    }
}

/// Whether a problem is the database's or ours, so that the round must not be committed.
fn is_ours(problem: &Problem) -> bool {
    matches!(problem, Problem::Unavailable(_) | Problem::Internal(_) | Problem::Busy)
}

/// A job's own problem is its outcome; ours ends the round.
fn own<T>(result: Result<T, Problem>) -> Result<Result<T, Problem>, Problem> {
    match result {
        Err(problem) if is_ours(&problem) => Err(problem),
        other => Ok(other),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
