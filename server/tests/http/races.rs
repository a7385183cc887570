//! Answers at the same instant: exactly one wins, and the log says which.

use std::time::{Duration, Instant};

use honnin_server::db::{Backend, people, standing};
use serde_json::json;
use sqlx::Row as _;

use crate::support::{Phone, Service, service};

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

/// Waits until some session of the database waits for a lock; on SQLite the one writer is the lock, and nobody else
/// can look.
async fn until_somebody_waits(service: &Service) {
    if service.app.db().backend() == Backend::Sqlite {
        return;
    }
    let waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let deadline = Instant::now() + Duration::from_secs(10);
    while service.count(waiting).await == 0 {
        assert!(Instant::now() < deadline, "nobody waits");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_passes_after_a_freeze_that_was_under_way() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    // As a freeze that has done its work and not committed yet.
    let mut freeze = service.app.db().write_standing().await.unwrap();
    assert!(people::set_frozen(&mut freeze, "sato", true).await.unwrap());
    let frozen = async {
        until_somebody_waits(&service).await;
        freeze.commit().await.unwrap();
    };
    let (answer, ()) = tokio::join!(phone.approve(id, &body), frozen);
    answer.problem(403, "not-in-good-standing");
    assert_eq!(service.count("SELECT COUNT(*) FROM approvals").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_freeze_waits_for_a_verdict_that_was_under_way() {
    let service = Service::start().await;
    let security = service.desk("hara", 1).await;
    let desk = service.desk("sato", 2).await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    desk.ask("C-1", "standard").await;
    // As a verdict that has read the standing and not committed yet.
    let mut verdict = service.app.db().write().await.unwrap();
    standing::hold(&mut verdict).await.unwrap();
    let freezing = security.post(
        "/v1/orgs/midori/incidents",
        json!({"target": {"kind": "person", "id": "sato"}, "reason": "leak", "note": "x", "confirm": "sato"}),
    );
    let frozen_before = async {
        until_somebody_waits(&service).await;
        let row = sqlx::query("SELECT COUNT(*) FROM people WHERE id = 'sato' AND status = 'frozen'");
        let count: i64 = row.fetch_one(verdict.conn()).await.unwrap().get(0);
        verdict.commit().await.unwrap();
        count
    };
    let (answer, frozen_before) = tokio::join!(freezing, frozen_before);
    assert_eq!(frozen_before, 0);
    answer.ok(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn drafts_of_one_version_at_once() {
    let service = Service::start().await;
    let (one, two) = (service.desk("hara", 1).await, service.desk("ueda", 2).await);
    let mut document = service::policy("standard", &[]);
    document.as_object_mut().unwrap().remove("version");
    let draft = json!({"document": document});
    let mut drafted = 0;
    for _ in 0..15 {
        let posted = || one.post("/v1/orgs/midori/policies", draft.clone());
        let other = || two.post("/v1/orgs/midori/policies", draft.clone());
        let answers = tokio::join!(posted(), other(), posted(), other());
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            match answer.status {
                201 => drafted += 1,
                _ => drop(answer.problem(409, "changed-meanwhile")),
            }
        }
    }
    assert!(drafted >= 15, "{drafted}");
    let rows = "SELECT COUNT(*) FROM policies WHERE tenant = 'midori' AND id = 'standard' AND status = 'draft'";
    assert_eq!(service.count(rows).await, drafted);
}
