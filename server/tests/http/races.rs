//! Answers at the same instant: exactly one wins, and the log says which.

use serde_json::json;

use crate::support::{Phone, Service};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_racing_answers_leave_one_verdict() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    for round in 0..20 {
        let asked = desk.ask("C-1", "standard").await;
        let id = asked["id"].as_str().unwrap().to_owned();
        let request = phone.open(&id).await;
        let code = asked["match_code"].as_str().unwrap();
        let (one, two) = (phone.approval(&request, code).await.body, phone.approval(&request, code).await.body);
        let refuse = format!("/v1/device/requests/{id}/refuse");
        let cancel = format!("/v1/verifications/{id}/cancel");
        let answers = tokio::join!(
            phone.approve(&id, &one),
            phone.approve(&id, &two),
            phone.post(&refuse, json!({"report": false})),
            desk.post(&cancel, json!({})),
        );
        let answers = [&answers.0, &answers.1, &answers.2, &answers.3];
        let winners: Vec<_> = answers.iter().filter(|a| a.status == 200).collect();
        assert_eq!(winners.len(), 1, "round {round}: {answers:?}");
        for loser in answers.iter().filter(|a| a.status != 200) {
            assert_eq!(loser.body["code"], "already-decided", "round {round}");
        }
        assert_eq!(desk.view(&id).await["state"], winners[0].body["state"]);
        let query = format!(
            "SELECT COUNT(*) FROM events WHERE verification = '{id}' AND kind IN
             ('verification.passed', 'verification.denied', 'verification.cancelled', 'verification.failed', 'verification.expired')"
        );
        assert_eq!(service.count(&query).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_guesses_at_once_gain_nothing() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap().to_owned();
    let request = phone.open(&id).await;
    let right: u32 = asked["match_code"].as_str().unwrap().parse().unwrap();
    let mut bodies = Vec::new();
    for guess in (0..100).filter(|g| *g != right).take(12) {
        bodies.push(phone.approval(&request, &format!("{guess:02}")).await.body);
    }
    let answers = futures_util::future::join_all(bodies.iter().map(|b| phone.approve(&id, b))).await;
    assert_eq!(answers.iter().filter(|a| a.body["code"] == "wrong-number").count(), 3);
    assert!(answers.iter().all(|a| a.status == 422 || a.status == 409));
    assert_eq!(desk.view(&id).await["detail"], "number");
}
