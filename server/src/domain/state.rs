//! The life of a verification. Each transition consumes the state and gives the one step that the database then
//! takes by compare-and-set; what is not listed here cannot happen.
//!
//!     created -> delivered -> opened -> passed | failed | denied | expired | cancelled
//!     created -> unreachable

use crate::db::Millis;
use crate::gate::Approved;

/// A state and what is known in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Asked for; the phone has not acknowledged.
    Created,
    /// The phone fetched the request.
    Delivered {
        /// When.
        at: Millis,
    },
    /// The phone showed it.
    Opened {
        /// When it was fetched.
        delivered_at: Millis,
        /// When it was shown.
        at: Millis,
    },
    /// Over, for good.
    Ended {
        /// When it was fetched, if ever.
        delivered_at: Option<Millis>,
        /// When it was shown, if ever.
        opened_at: Option<Millis>,
        /// When it ended.
        at: Millis,
        /// How.
        end: End,
    },
}

/// How a verification ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Proven and approved.
    Passed {
        /// The verdict counts until then.
        valid_until: Millis,
        /// From receipt of the approval to the commit.
        approve_ms: i64,
    },
    /// Not proven.
    Failed(Failure),
    /// The customer refused.
    Denied {
        /// And reported the request.
        reported: bool,
    },
    /// The phone had it and did not answer in time.
    Expired,
    /// The operator called it off.
    Cancelled,
    /// No phone acknowledged it.
    Unreachable {
        /// Because none is enrolled.
        not_enrolled: bool,
    },
}

/// Why it was not proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The phone says that its credential does not meet the policy.
    Unprovable,
    /// Three wrong numbers.
    Number,
    /// Five refused proofs.
    ProofInvalid,
}

/// Which side of the deadline a step needs, by the database's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Only before it.
    Before,
    /// Only at or after it.
    Reached,
    /// Either.
    Any,
}

/// One permitted step. Only this module makes them.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a step does nothing until the database takes it"]
pub struct Step {
    from: &'static str,
    to: State,
    deadline: Deadline,
}

impl Step {
    /// The state's name that the row must still have.
    pub fn from(&self) -> &'static str {
        self.from
    }

    /// The state after it.
    pub fn to(&self) -> State {
        self.to
    }

    /// Its side of the deadline.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }
}

/// Why a transition does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Every end is final.
    #[error("already decided")]
    AlreadyDecided,
    /// The step does not lead on from here.
    #[error("not possible in state {0}")]
    OutOfOrder(&'static str),
}

impl State {
    /// Name on the wire and in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Delivered { .. } => "delivered",
            Self::Opened { .. } => "opened",
            Self::Ended { end, .. } => end.name(),
        }
    }

    /// Whether it is over.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }

    /// The phone fetched the request.
    ///
    /// # Errors
    /// Out of order unless just created.
    pub fn deliver(self, at: Millis) -> Result<Step, Refused> {
        match self {
            Self::Created => Ok(self.step(Self::Delivered { at }, Deadline::Before)),
            Self::Delivered { .. } | Self::Opened { .. } => Err(Refused::OutOfOrder(self.name())),
            Self::Ended { .. } => Err(Refused::AlreadyDecided),
        }
    }

    /// The phone showed the request.
    ///
    /// # Errors
    /// Out of order unless delivered.
    pub fn open(self, at: Millis) -> Result<Step, Refused> {
        match self {
            Self::Delivered { at: delivered_at } => Ok(self.step(Self::Opened { delivered_at, at }, Deadline::Before)),
            Self::Created | Self::Opened { .. } => Err(Refused::OutOfOrder(self.name())),
            Self::Ended { .. } => Err(Refused::AlreadyDecided),
        }
    }

    /// Proven and approved; only the gate can say so.
    ///
    /// # Errors
    /// Out of order unless opened.
    pub fn pass(self, approved: &Approved, at: Millis) -> Result<Step, Refused> {
        let end = End::Passed { valid_until: at + approved.valid_ms(), approve_ms: approved.approve_ms() };
        self.answered()?.end(end, at, Deadline::Before)
    }

    /// Not proven.
    ///
    /// # Errors
    /// Out of order unless opened.
    pub fn fail(self, failure: Failure, at: Millis) -> Result<Step, Refused> {
        self.answered()?.end(End::Failed(failure), at, Deadline::Before)
    }

    /// The customer refused.
    ///
    /// # Errors
    /// Out of order unless opened.
    pub fn deny(self, reported: bool, at: Millis) -> Result<Step, Refused> {
        self.answered()?.end(End::Denied { reported }, at, Deadline::Before)
    }

    /// The operator called it off.
    ///
    /// # Errors
    /// When it is over already.
    pub fn cancel(self, at: Millis) -> Result<Step, Refused> {
        self.end(End::Cancelled, at, Deadline::Before)
    }

    /// The time is up: expired when the phone had it, unreachable when it never acknowledged.
    ///
    /// # Errors
    /// When it is over already.
    pub fn time_out(self, at: Millis) -> Result<Step, Refused> {
        let end = match self {
            Self::Created => End::Unreachable { not_enrolled: false },
            _ => End::Expired,
        };
        self.end(end, at, Deadline::Reached)
    }

    /// There is no phone to ask.
    ///
    /// # Errors
    /// Out of order unless just created.
    pub fn no_device(self, at: Millis) -> Result<Step, Refused> {
        match self {
            Self::Created => self.end(End::Unreachable { not_enrolled: true }, at, Deadline::Any),
            Self::Delivered { .. } | Self::Opened { .. } => Err(Refused::OutOfOrder(self.name())),
            Self::Ended { .. } => Err(Refused::AlreadyDecided),
        }
    }

    fn answered(self) -> Result<Self, Refused> {
        match self {
            Self::Opened { .. } => Ok(self),
            Self::Created | Self::Delivered { .. } => Err(Refused::OutOfOrder(self.name())),
            Self::Ended { .. } => Err(Refused::AlreadyDecided),
        }
    }

    fn end(self, end: End, at: Millis, deadline: Deadline) -> Result<Step, Refused> {
        let (delivered_at, opened_at) = match self {
            Self::Created => (None, None),
            Self::Delivered { at } => (Some(at), None),
            Self::Opened { delivered_at, at } => (Some(delivered_at), Some(at)),
            Self::Ended { .. } => return Err(Refused::AlreadyDecided),
        };
        Ok(self.step(Self::Ended { delivered_at, opened_at, at, end }, deadline))
    }

    fn step(&self, to: Self, deadline: Deadline) -> Step {
        Step { from: self.name(), to, deadline }
    }
}

impl End {
    /// Name on the wire and in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passed { .. } => "passed",
            Self::Failed(_) => "failed",
            Self::Denied { .. } => "denied",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Unreachable { .. } => "unreachable",
        }
    }

    /// The detail that goes with it.
    pub fn detail(&self) -> Option<&'static str> {
        match self {
            Self::Failed(Failure::Unprovable) => Some("unprovable"),
            Self::Failed(Failure::Number) => Some("number"),
            Self::Failed(Failure::ProofInvalid) => Some("proof_invalid"),
            Self::Denied { reported: true } => Some("reported"),
            Self::Unreachable { not_enrolled: true } => Some("not_enrolled"),
            Self::Passed { .. } | Self::Denied { .. } | Self::Expired | Self::Cancelled | Self::Unreachable { .. } => {
                None
            }
        }
    }

    /// Reads name and detail back.
    pub fn parse(
        name: &str,
        detail: Option<&str>,
        valid_until: Option<Millis>,
        approve_ms: Option<i64>,
    ) -> Option<Self> {
        Some(match (name, detail) {
            ("passed", None) => Self::Passed { valid_until: valid_until?, approve_ms: approve_ms? },
            ("failed", Some("unprovable")) => Self::Failed(Failure::Unprovable),
            ("failed", Some("number")) => Self::Failed(Failure::Number),
            ("failed", Some("proof_invalid")) => Self::Failed(Failure::ProofInvalid),
            ("denied", None) => Self::Denied { reported: false },
            ("denied", Some("reported")) => Self::Denied { reported: true },
            ("expired", None) => Self::Expired,
            ("cancelled", None) => Self::Cancelled,
            ("unreachable", None) => Self::Unreachable { not_enrolled: false },
            ("unreachable", Some("not_enrolled")) => Self::Unreachable { not_enrolled: true },
            _ => return None,
        })
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
