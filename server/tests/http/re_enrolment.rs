//! Coming back: what a replaced phone, a revoked key or a guesser may not do.

use serde_json::json;

use crate::support::{Phone, Service};

#[tokio::test]
async fn a_replaced_phone_does_not_take_its_place_back() {
    let service = Service::start().await;
    let mut old = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let new = Phone::replacing(&service, "midori", "C-1", 21).await;
    // The old credential still proves the handle; with its own key or with a fresh one it is refused.
    let (id, body) = old.enrolment().await;
    service.post(&format!("/v1/enrolments/{id}/complete"), body).await.problem(403, "not-in-good-standing");
    let mut thief = Phone::new(&service, "midori", "C-1", 22);
    thief.pseudonym = old.pseudonym;
    let (id, body) = thief.enrolment().await;
    service.post(&format!("/v1/enrolments/{id}/complete"), body).await.problem(403, "not-in-good-standing");
    assert_eq!(service.text("SELECT id FROM devices WHERE status = 'active'").await, new.device);
}

#[tokio::test]
async fn revoking_one_certificate_revokes_its_key() {
    let service = Service::start().await;
    Phone::enrolled(&service, "midori", "C-1", 20).await;
    service.sql("UPDATE issuer_certificates SET status = 'revoked'").await.unwrap();
    // Certified anew, with another window: the same key.
    service.shift_clock(5_000).await;
    let mut phone = Phone::new(&service, "midori", "C-2", 21);
    let (id, body) = phone.enrolment().await;
    service.post(&format!("/v1/enrolments/{id}/complete"), body).await.problem(403, "not-in-good-standing");
    assert_eq!(service.count("SELECT COUNT(*) FROM devices").await, 1);
}

#[tokio::test]
async fn the_fifth_refused_proof_ends_an_enrolment() {
    let service = Service::start().await;
    let mut phone = Phone::new(&service, "midori", "C-1", 20);
    let (id, body) = phone.enrolment().await;
    let mut wrong = body.clone();
    wrong["pseudonym"] = json!("0".repeat(63) + "7");
    for _ in 0..5 {
        service.post(&format!("/v1/enrolments/{id}/complete"), wrong.clone()).await.problem(422, "proof-invalid");
    }
    service.post(&format!("/v1/enrolments/{id}/complete"), body).await.problem(410, "expired");
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'enrolment.proof-refused'").await, 5);
}

#[tokio::test]
async fn every_policy_asks_for_the_account_holder() {
    let service = Service::start().await;
    let mut config = service.app.config().clone();
    config.check().unwrap();
    // Somebody of age, whoever they are.
    config.tenants[0].enrolment_policy.predicates = vec![config.tenants[0].policies[0].predicates[1].clone()];
    let refused = config.check().unwrap_err().to_string();
    assert!(refused.contains("does not ask for the account holder"), "{refused}");
}
