use futures_util::FutureExt as _;

use super::*;

fn verification(id: &str, person: &str, customer: &str) -> News {
    News::Verification { id: id.into(), person: Some(person.into()), customer: Some(customer.into()), record: None }
}

fn next(listener: &mut Listener) -> Option<Heard> {
    listener.next().now_or_never()
}

fn id(heard: Option<Heard>) -> String {
    match heard {
        Some(Heard::News(news)) => match &*news {
            News::Verification { id, .. } => id.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_those_whom_it_concerns_hear() {
    let listeners = Listeners::default();
    let mut sato = listeners.listen([Topic::Person("sato".into()), Topic::Organisation("midori".into())]);
    let mut phone = listeners.listen([Topic::Customer("c_1".into())]);
    let mut other = listeners.listen([Topic::Person("ito".into())]);
    listeners.tell(&verification("v_1", "sato", "c_1"));
    assert_eq!([id(next(&mut sato)), id(next(&mut phone))], ["v_1", "v_1"]);
    assert!(next(&mut sato).is_none() && next(&mut phone).is_none() && next(&mut other).is_none());
    listeners.tell(&News::Alert { organisation: "midori".into(), id: "a_1".into() });
    assert!(matches!(next(&mut sato), Some(Heard::News(_))));
    assert!(next(&mut other).is_none());
}

#[test]
fn of_one_subject_the_last_counts_and_a_slow_listener_looks_again() {
    let listeners = Listeners::default();
    let mut sato = listeners.listen([Topic::Person("sato".into())]);
    for _ in 0..3 {
        listeners.tell(&verification("v_1", "sato", "c_1"));
    }
    assert_eq!(id(next(&mut sato)), "v_1");
    assert!(next(&mut sato).is_none());
    for i in 0..=HELD {
        listeners.tell(&verification(&format!("v_{i}"), "sato", "c_1"));
    }
    assert!(matches!(next(&mut sato), Some(Heard::Missed)));
    assert!(next(&mut sato).is_none());
    listeners.tell(&News::Resync);
    assert!(matches!(next(&mut sato), Some(Heard::Missed)));
}

#[test]
fn who_left_is_forgotten() {
    let listeners = Listeners::default();
    let one = listeners.listen([Topic::Person("sato".into()), Topic::EveryAlert]);
    let two = listeners.listen([Topic::Person("sato".into())]);
    drop(one);
    assert_eq!(listeners.lock().len(), 1);
    drop(two);
    assert!(listeners.lock().is_empty());
}
