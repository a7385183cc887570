//! What stands in for a proof when a customer's phone is lost, dead or new: weaker evidence, told apart from a verdict
//! everywhere, and never `passed`. It hangs on a verification that nobody answered.
//!
//!     waiting -> accepted | refused | expired

use serde::{Deserialize, Serialize};

use crate::db::Millis;

/// A fallback may be asked for this long after its verification ended.
pub const ASKED_WITHIN_MS: Millis = 15 * 60 * 1000;
/// A call-back and two supervisors are waited for this long.
const ANSWERED_WITHIN_MS: Millis = 10 * 60 * 1000;
/// The issuer sees the customer within a day.
const RE_ENROLLED_WITHIN_MS: Millis = 24 * 60 * 60 * 1000;
/// Who refused a request has a phone that works: for so long nothing stands in for it.
pub const AFTER_REFUSAL_MS: Millis = 60 * 60 * 1000;

/// What is accepted instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The enterprise calls the number that it pinned.
    Callback,
    /// Two supervisors, neither of them the asker.
    Supervisors,
    /// The customer enrols a phone anew, through the issuer.
    ReEnrolment,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::Callback, Self::Supervisors, Self::ReEnrolment];

    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Supervisors => "supervisors",
            Self::ReEnrolment => "re-enrolment",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    /// How many must say yes: people, or for a call-back the machine that dialled.
    pub fn needed(self) -> usize {
        match self {
            Self::Supervisors => 2,
            Self::Callback => 1,
            Self::ReEnrolment => 0,
        }
    }

    /// How long it waits.
    pub fn waits_ms(self) -> Millis {
        match self {
            Self::Callback | Self::Supervisors => ANSWERED_WITHIN_MS,
            Self::ReEnrolment => RE_ENROLLED_WITHIN_MS,
        }
    }

    /// Whether it ends with the session of whoever asked. A re-enrolment takes a day: it outlives the session, not the
    /// rights, as an announced call does.
    pub fn needs_session(self) -> bool {
        self != Self::ReEnrolment
    }
}

/// What became of the phone, as the caller says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Lost or stolen.
    Lost,
    /// Broken or without power.
    Dead,
    /// Replaced by another that is not enrolled.
    New,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Lost, Self::Dead, Self::New];

    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Dead => "dead",
            Self::New => "new",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// Where a fallback is. Only the first leads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// For people, a call or an enrolment.
    Waiting,
    /// Taken instead of a proof.
    Accepted,
    /// Turned down.
    Refused,
    /// Nobody answered in time.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Accepted, Self::Refused, Self::Expired];

    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Whether this may follow.
    pub fn leads_to(self, next: Self) -> bool {
        self == Self::Waiting && next != Self::Waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for method in Method::ALL {
            assert_eq!(Method::parse(method.name()), Some(method));
            assert_eq!(serde_json::to_value(method).unwrap(), method.name());
        }
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.name()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
        for state in State::ALL {
            assert_eq!(State::parse(state.name()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        assert_eq!(Method::parse("passed"), None);
        assert_eq!(State::parse("passed"), None, "never as good as a proof");
    }

    #[test]
    fn every_end_is_final() {
        for state in State::ALL {
            for next in State::ALL {
                assert_eq!(
                    state.leads_to(next),
                    state == State::Waiting && next != State::Waiting,
                    "{state:?} {next:?}"
                );
            }
        }
    }

    #[test]
    fn people_are_waited_for_minutes_and_the_issuer_a_day() {
        assert_eq!(Method::ALL.map(Method::needed), [1, 2, 0]);
        assert_eq!(Method::ALL.map(|m| m.waits_ms() / 60_000), [10, 10, 24 * 60]);
        assert_eq!(Method::ALL.map(Method::needs_session), [true, true, false]);
    }
}
