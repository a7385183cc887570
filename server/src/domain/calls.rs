//! How an announced call goes: what the desk does with the telephone, beside what the customer answers.

use serde::{Deserialize, Serialize};

use crate::db::Millis;
use crate::domain::state::{End, State};

/// A call may ring this long before its window begins.
pub const EARLY_MS: Millis = 5 * 60 * 1000;
/// Ringing without an answer is over after this.
pub const RINGING_MS: Millis = 3 * 60 * 1000;
/// A desk that forgot to say that a call is over is taken to have ended it.
pub const TALKING_MS: Millis = 2 * 60 * 60 * 1000;
/// Longest window.
pub const WINDOW_MS: Millis = 4 * 60 * 60 * 1000;
/// How far ahead a window may end.
pub const AHEAD_MS: Millis = 14 * 24 * 60 * 60 * 1000;
/// Windows in one notice, the announced one included.
pub const WINDOWS: usize = 4;
/// Calls that may be announced to one customer at a time.
pub const UPCOMING: i64 = 3;

/// What the desk did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Told the customer.
    Announced,
    /// Dials.
    Ringing,
    /// Talks.
    Talking,
    /// Hung up after talking.
    Ended,
    /// Nobody answered.
    Missed,
    /// The window passed without a call.
    Expired,
    /// Called off, or moved to another window.
    Cancelled,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 7] =
        [Self::Announced, Self::Ringing, Self::Talking, Self::Ended, Self::Missed, Self::Expired, Self::Cancelled];

    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Ringing => "ringing",
            Self::Talking => "talking",
            Self::Ended => "ended",
            Self::Missed => "missed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Whether nothing comes after it.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Announced | Self::Ringing | Self::Talking)
    }

    /// Whether this may follow.
    pub fn leads_to(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Announced, Self::Ringing | Self::Expired | Self::Cancelled)
                | (Self::Ringing, Self::Talking | Self::Missed | Self::Ended)
                | (Self::Talking, Self::Ended)
        )
    }

    /// What it becomes by itself when its time is up.
    pub fn lapsed(self) -> Option<Self> {
        match self {
            Self::Announced => Some(Self::Expired),
            Self::Ringing => Some(Self::Missed),
            Self::Talking => Some(Self::Ended),
            Self::Ended | Self::Missed | Self::Expired | Self::Cancelled => None,
        }
    }

    /// When it lapses, entered at an instant, for a window that ends at another.
    pub fn lapses_at(self, entered: Millis, window_end: Millis) -> Option<Millis> {
        match self {
            Self::Announced => Some(window_end),
            Self::Ringing => Some(entered + RINGING_MS),
            Self::Talking => Some(entered + TALKING_MS),
            Self::Ended | Self::Missed | Self::Expired | Self::Cancelled => None,
        }
    }
}

/// A call as both sides see it: what the desk did and what the customer answered, in one word.
///
/// `announced confirmed ringing talking ended missed expired refused cancelled`, and `failed` where the phone could not
/// prove what was asked.
pub fn shown(stage: Stage, verification: State) -> &'static str {
    let answer = match verification {
        State::Ended { end, .. } => Some(end),
        State::Created | State::Delivered { .. } | State::Opened { .. } => None,
    };
    match (stage, answer) {
        (Stage::Announced | Stage::Expired, Some(End::Denied { .. })) => "refused",
        (Stage::Announced | Stage::Expired, Some(End::Failed(_))) => "failed",
        (Stage::Announced | Stage::Expired, Some(End::Cancelled)) => "cancelled",
        (Stage::Announced, Some(End::Expired | End::Unreachable { .. })) => "expired",
        (Stage::Announced, Some(End::Passed { .. })) => "confirmed",
        (stage, _) => stage.name(),
    }
}

/// Whether the customer can still count on the call.
pub fn is_live(stage: Stage, verification: State) -> bool {
    matches!(shown(stage, verification), "announced" | "confirmed" | "ringing" | "talking")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(end: End) -> State {
        State::Ended { delivered_at: None, opened_at: None, at: 5, end }
    }

    #[test]
    fn an_end_leads_nowhere() {
        for stage in Stage::ALL.into_iter().filter(|s| s.is_over()) {
            assert!(Stage::ALL.iter().all(|next| !stage.leads_to(*next)), "{stage:?}");
            assert_eq!((stage.lapsed(), stage.lapses_at(0, 1)), (None, None));
        }
    }

    #[test]
    fn what_lapses_may_do_so() {
        for stage in Stage::ALL.into_iter().filter(|s| !s.is_over()) {
            let next = stage.lapsed().expect("an open stage lapses");
            assert!(stage.leads_to(next) && next.is_over());
            assert!(stage.lapses_at(10, 20).is_some_and(|at| at > 10));
        }
    }

    #[test]
    fn a_refusal_is_shown_until_the_desk_dials_all_the_same() {
        let refused = ended(End::Denied { reported: true });
        assert_eq!(shown(Stage::Announced, refused), "refused");
        assert_eq!(shown(Stage::Expired, refused), "refused");
        assert!(!is_live(Stage::Announced, refused));
        assert_eq!(shown(Stage::Announced, State::Created), "announced");
        let passed = ended(End::Passed { valid_until: 9, approve_ms: 1 });
        assert_eq!(shown(Stage::Announced, passed), "confirmed");
        assert_eq!(shown(Stage::Talking, passed), "talking");
        assert_eq!(shown(Stage::Expired, passed), "expired");
    }

    #[test]
    fn names_round_trip() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.name()), Some(stage));
        }
        assert_eq!(Stage::parse("confirmed"), None);
    }
}
