//! Every transition from every state, and a walk of random steps.

use proptest::prelude::*;

use super::*;

const NOW: Millis = 1_000;

fn every_state() -> Vec<State> {
    let ends = [
        End::Passed { valid_until: 5, approve_ms: 1 },
        End::Failed(Failure::Unprovable),
        End::Failed(Failure::Number),
        End::Failed(Failure::ProofInvalid),
        End::Denied { reported: false },
        End::Denied { reported: true },
        End::Expired,
        End::Cancelled,
        End::Unreachable { not_enrolled: false },
        End::Unreachable { not_enrolled: true },
    ];
    let open = [State::Created, State::Delivered { at: 1 }, State::Opened { delivered_at: 1, at: 2 }];
    let ended = ends.map(|end| State::Ended { delivered_at: Some(1), opened_at: None, at: 3, end });
    open.into_iter().chain(ended).collect()
}

/// Every transition by name.
fn every_move(state: State) -> Vec<(&'static str, Result<Step, Refused>)> {
    let approved = Approved::for_tests(600_000, 7);
    vec![
        ("deliver", state.deliver(NOW)),
        ("open", state.open(NOW)),
        ("pass", state.pass(&approved, NOW)),
        ("fail", state.fail(Failure::Unprovable, NOW)),
        ("deny", state.deny(false, NOW)),
        ("cancel", state.cancel(NOW)),
        ("time_out", state.time_out(NOW)),
        ("no_device", state.no_device(NOW)),
    ]
}

fn permitted(state: State) -> Vec<(&'static str, &'static str)> {
    every_move(state).into_iter().filter_map(|(name, step)| step.ok().map(|s| (name, s.to().name()))).collect()
}

#[test]
fn the_table_of_transitions_is_this_and_no_other() {
    assert_eq!(
        permitted(State::Created),
        [("deliver", "delivered"), ("cancel", "cancelled"), ("time_out", "unreachable"), ("no_device", "unreachable")]
    );
    assert_eq!(
        permitted(State::Delivered { at: 1 }),
        [("open", "opened"), ("cancel", "cancelled"), ("time_out", "expired")]
    );
    assert_eq!(
        permitted(State::Opened { delivered_at: 1, at: 2 }),
        [("pass", "passed"), ("fail", "failed"), ("deny", "denied"), ("cancel", "cancelled"), ("time_out", "expired")]
    );
}

#[test]
fn every_end_is_final() {
    for state in every_state().into_iter().filter(State::is_ended) {
        for (name, step) in every_move(state) {
            assert_eq!(step, Err(Refused::AlreadyDecided), "{name} from {state:?}");
        }
    }
}

#[test]
fn answers_need_time_left_and_timeouts_need_none() {
    for state in every_state().into_iter().filter(|s| !s.is_ended()) {
        for (name, step) in every_move(state) {
            let Ok(step) = step else { continue };
            let expected = match name {
                "time_out" => Deadline::Reached,
                "no_device" => Deadline::Any,
                _ => Deadline::Before,
            };
            assert_eq!(step.deadline(), expected, "{name}");
            assert_eq!(step.from(), state.name());
        }
    }
}

#[test]
fn times_are_kept_and_the_verdict_is_valid_from_the_decision() {
    let approved = Approved::for_tests(600_000, 7);
    let step = State::Opened { delivered_at: 1, at: 2 }.pass(&approved, NOW).expect("permitted");
    let end = End::Passed { valid_until: 601_000, approve_ms: 7 };
    assert_eq!(step.to(), State::Ended { delivered_at: Some(1), opened_at: Some(2), at: NOW, end });
}

#[test]
fn ends_read_back_from_their_columns() {
    for state in every_state() {
        let State::Ended { end, .. } = state else { continue };
        let (valid, approve) = match end {
            End::Passed { valid_until, approve_ms } => (Some(valid_until), Some(approve_ms)),
            _ => (None, None),
        };
        assert_eq!(End::parse(end.name(), end.detail(), valid, approve), Some(end));
    }
    assert_eq!(End::parse("passed", None, None, None), None);
    assert_eq!(End::parse("failed", None, None, None), None);
    assert_eq!(End::parse("created", None, None, None), None);
}

proptest! {
    /// However steps come, there is at most one end, it is never left, and a pass was opened before.
    #[test]
    fn random_walks_end_once(moves in proptest::collection::vec(0_usize..8, 1..40)) {
        let mut state = State::Created;
        let mut ends = 0;
        for (clock, pick) in moves.into_iter().enumerate() {
            let at = Millis::try_from(clock).expect("small");
            let approved = Approved::for_tests(1, 1);
            let step = match pick {
                0 => state.deliver(at),
                1 => state.open(at),
                2 => state.pass(&approved, at),
                3 => state.fail(Failure::Number, at),
                4 => state.deny(true, at),
                5 => state.cancel(at),
                6 => state.time_out(at),
                _ => state.no_device(at),
            };
            if let Ok(step) = step {
                prop_assert!(!state.is_ended());
                prop_assert_eq!(step.from(), state.name());
                state = step.to();
                ends += usize::from(state.is_ended());
                if let State::Ended { end: End::Passed { .. } | End::Failed(_) | End::Denied { .. }, delivered_at, opened_at, .. } = state {
                    prop_assert!(delivered_at.is_some() && opened_at.is_some());
                }
                if let State::Ended { end: End::Unreachable { .. }, delivered_at, .. } = state {
                    prop_assert!(delivered_at.is_none());
                }
            }
        }
        prop_assert!(ends <= 1);
    }
}
