//! Which work goes into a round together.

use super::*;

fn examine(verification: &str, token: &str) -> Job {
    let input = Examine { token_hash: token.into(), verification: verification.into(), match_code: None };
    Job::Examine(Box::new(Entry { input, outcome: None, reply: oneshot::channel().0 }))
}

fn opened(verification: &str) -> Job {
    let input = Acknowledge { token_hash: "t".into(), verification: verification.into(), opened: true };
    Job::Acknowledge(Box::new(Entry { input, outcome: None, reply: oneshot::channel().0 }))
}

fn names(round: Option<Vec<Job>>) -> Vec<String> {
    let token = |job: &Job| match job {
        Job::Examine(e) => format!("{}/{}", e.input.verification, e.input.token_hash),
        Job::Acknowledge(e) => format!("{}/opened", e.input.verification),
        Job::Ask(_) | Job::Pass(_) => unreachable!("not in these tests"),
    };
    round.iter().flatten().map(token).collect()
}

#[test]
fn of_one_verification_one_at_a_time_and_in_order() {
    let rounds = Rounds::default();
    assert!(rounds.put(examine("a", "1")).unwrap(), "the first begins the rounds");
    assert!(!rounds.put(opened("a")).unwrap());
    for job in [examine("a", "2"), examine("b", "1"), examine("b", "2"), examine("c", "1")] {
        assert!(!rounds.put(job).unwrap());
    }
    assert_eq!(names(rounds.take()), ["a/1", "b/1", "c/1"]);
    assert_eq!(names(rounds.take()), ["a/opened", "b/2"]);
    assert_eq!(names(rounds.take()), ["a/2"]);
    assert!(rounds.take().is_none());
    assert!(rounds.put(examine("a", "3")).unwrap(), "after a pause they are begun anew");
}

#[test]
fn one_name_does_not_fill_the_queue() {
    let rounds = Rounds::default();
    for i in 0..OF_ONE {
        rounds.put(examine("a", &i.to_string())).unwrap();
    }
    assert!(matches!(rounds.put(examine("a", "more")), Err(Problem::Busy)));
    rounds.put(examine("b", "1")).unwrap();
    assert_eq!(names(rounds.take()), ["a/0", "b/1"]);
    rounds.put(examine("a", "again")).unwrap();
    assert!(matches!(rounds.put(examine("a", "more")), Err(Problem::Busy)));
}

#[test]
fn a_round_and_the_queue_have_an_end() {
    let rounds = Rounds::default();
    for i in 0..WAITING {
        rounds.put(examine(&format!("v{i}"), "1")).unwrap();
    }
    assert!(matches!(rounds.put(examine("more", "1")), Err(Problem::Busy)));
    assert_eq!(rounds.take().unwrap().len(), MOST);
    rounds.put(examine("more", "1")).unwrap();
    let mut left = 0;
    while let Some(round) = rounds.take() {
        left += round.len();
    }
    assert_eq!(left, WAITING - MOST + 1);
    assert!(rounds.lock().claimed.is_empty());
}
