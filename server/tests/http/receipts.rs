//! Receipts: what the service hands out holds by itself, and only for those it is for.

use honnin_circuits::verify::VerifyingKey;
use honnin_evidence::note::VerifierKey;
use honnin_evidence::receipt::{Check, Trust, verify};
use honnin_protocol::jwk::P256Jwk;
use honnin_server::db::{checkpoints, log};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::authenticator::signing_key;
use crate::support::service::ROOT_SEED;
use crate::support::{Answer, Desk, Phone, Service};

/// The log's key as its reader pins it.
pub async fn log_key(service: &Service, organisation: &str) -> VerifierKey {
    let origin = service.app.log_origin(organisation);
    let mut query = service.app.db().read().await.unwrap();
    checkpoints::key(&mut query, organisation, &origin).await.unwrap().verifier().clone()
}

pub async fn trust(service: &Service) -> Trust {
    let bytes = service.simulator.verifying_key();
    Trust {
        verifying_keys: vec![VerifyingKey::load(&bytes, &Sha256::digest(&bytes).into()).unwrap()],
        log_keys: vec![log_key(service, "midori").await],
        issuer_roots: vec![P256Jwk::from(*signing_key(ROOT_SEED).verifying_key()).thumbprint()],
        eligibility_issuers: vec![],
        tenant: Some("midori".into()),
    }
}

/// A call that passes; its identifier.
pub async fn pass(desk: &Desk<'_>, phone: &mut Phone<'_>) -> String {
    let asked = desk.ask(&phone.handle.clone(), "standard").await;
    let id = asked["id"].as_str().unwrap().to_owned();
    let request = phone.open(&id).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await;
    phone.approve(&id, &approval.body).await.ok(200);
    id
}

/// The receipt's bytes as they came.
async fn bytes(desk: &Desk<'_>, id: &str) -> Vec<u8> {
    let request = desk.service.http.get(format!("{}/v1/verifications/{id}/receipt", desk.service.origin));
    let response = request.header("cookie", &desk.cookie).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (200, "application/json")
    );
    response.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_pass_is_shown_without_the_service() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-20481", 20).await;
    let id = pass(&desk, &mut phone).await;
    let receipt = bytes(&desk, &id).await;
    let trust = trust(&service).await;
    let report = verify(&receipt, &trust);
    assert!(report.holds(), "{:?}", report.fault());
    let body = &report.receipt().unwrap().body;
    assert_eq!((body.statement.verification.as_str(), body.handle.as_deref()), (id.as_str(), Some("C-20481")));
    // Every time the same bytes, to the customer too, also when the log has grown.
    assert_eq!(bytes(&desk, &id).await, receipt);
    let customers = phone.get(&format!("/v1/device/receipts/{id}")).await.ok(200);
    assert_eq!(customers, serde_json::from_slice::<Value>(&receipt).unwrap());
    // Another log's key, another tenant, one digit of the time: the first check that fails is named.
    let stranger = Trust { log_keys: vec![log_key(&service, "aozora").await], ..trust.clone() };
    assert_eq!(verify(&receipt, &stranger).fault().unwrap().0, Check::Checkpoint);
    let mut changed: Value = customers;
    changed["body"]["verdict"]["delivered_at"] =
        json!(changed["body"]["verdict"]["delivered_at"].as_u64().unwrap() + 1);
    let changed = serde_jcs::to_vec(&changed).unwrap();
    assert_eq!(verify(&changed, &trust).fault().unwrap().0, Check::Entry);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'receipt.viewed'").await, 2);
}

#[tokio::test]
async fn every_end_has_a_receipt_and_an_open_call_has_none() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let trust = trust(&service).await;
    let holds = async |id: &str| {
        let report = verify(&bytes(&desk, id).await, &trust);
        assert!(report.holds(), "{:?}", report.fault());
        report.receipt().unwrap().body.verdict.state.name()
    };
    let refused = desk.ask("C-1", "standard").await["id"].as_str().unwrap().to_owned();
    desk.get(&format!("/v1/verifications/{refused}/receipt")).await.problem(404, "not-found");
    phone.get(&format!("/v1/device/receipts/{refused}")).await.problem(404, "not-found");
    phone.open(&refused).await;
    phone.post(&format!("/v1/device/requests/{refused}/refuse"), json!({"report": true})).await.ok(200);
    assert_eq!(holds(&refused).await, "denied");
    let unprovable = desk.ask("C-1", "light").await["id"].as_str().unwrap().to_owned();
    phone.open(&unprovable).await;
    phone.post(&format!("/v1/device/requests/{unprovable}/unprovable"), json!({})).await.ok(200);
    assert_eq!(holds(&unprovable).await, "failed");
    let cancelled = desk.ask("C-1", "standard").await["id"].as_str().unwrap().to_owned();
    desk.post(&format!("/v1/verifications/{cancelled}/cancel"), json!({})).await.ok(200);
    assert_eq!(holds(&cancelled).await, "cancelled");
    let unreachable = desk.ask("C-404", "standard").await["id"].as_str().unwrap().to_owned();
    assert_eq!(holds(&unreachable).await, "unreachable");
    let late = desk.ask("C-1", "standard").await["id"].as_str().unwrap().to_owned();
    phone.open(&late).await;
    service.shift_clock(120_000).await;
    assert_eq!(holds(&late).await, "expired");
}

#[tokio::test]
async fn receipts_are_for_who_asked_and_who_looks() {
    let service = Service::start().await;
    let (sato, suzuki, ono, endo, hara, abe) = (
        service.desk("sato", 1).await,
        service.desk("suzuki", 2).await,
        service.desk("ono", 3).await,
        service.desk("endo", 4).await,
        service.desk("hara", 5).await,
        service.desk("abe", 6).await,
    );
    let (tanaka, kondo) = (service.desk("tanaka", 7).await, service.desk("kondo", 8).await);
    let (ito, kato) = (service.desk("ito", 9).await, service.desk("kato", 10).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let own = pass(&sato, &mut phone).await;
    let partners = pass(&ito, &mut phone).await;
    let status =
        async |desk: &Desk<'_>, id: &str| -> Answer { desk.get(&format!("/v1/verifications/{id}/receipt")).await };
    for desk in [&sato, &ono, &endo, &hara] {
        status(desk, &own).await.ok(200);
    }
    for desk in [&suzuki, &abe, &tanaka, &kondo, &ito, &kato] {
        status(desk, &own).await.problem(404, "not-found");
    }
    for desk in [&ito, &kato, &ono, &hara] {
        status(desk, &partners).await.ok(200);
    }
    for desk in [&sato, &tanaka, &kondo] {
        status(desk, &partners).await.problem(404, "not-found");
    }
    other.get(&format!("/v1/device/receipts/{own}")).await.problem(404, "not-found");
    service
        .call(reqwest::Method::GET, &format!("/v1/verifications/{own}/receipt"), None, &[])
        .await
        .problem(401, "unauthenticated");
    sato.get("/v1/verifications/v_AAAAAAAAAAAAAAAAAAAAAA/receipt").await.problem(404, "not-found");
}

#[tokio::test]
async fn what_was_erased_or_purged_has_no_receipt() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let id = pass(&desk, &mut phone).await;
    let path = format!("/v1/verifications/{id}/receipt");
    desk.get(&path).await.ok(200);
    service.sql("UPDATE customers SET handle = NULL, handle_index = NULL").await.unwrap();
    desk.get(&path).await.problem(404, "not-found");
    service.sql("DELETE FROM approvals").await.unwrap();
    desk.get(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn one_checkpoint_a_size() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let id = pass(&desk, &mut phone).await;
    let origin = service.app.log_origin("midori");
    let sign = || checkpoints::current(service.app.db(), "midori", &origin);
    let (a, b, c) = tokio::join!(sign(), sign(), sign());
    let a = a.unwrap();
    assert_eq!((&a, &a), (&b.unwrap(), &c.unwrap()));
    let size = log::verify(&mut service.app.db().read().await.unwrap(), "midori").await.unwrap();
    assert_eq!(
        (a.size, service.count("SELECT COUNT(*) FROM checkpoints WHERE log = 'midori'").await),
        (size as u64, 1)
    );
    // In the background: logs that grew, each once.
    assert!(service.app.sign_checkpoints().await.unwrap() >= 1);
    assert_eq!(service.app.sign_checkpoints().await.unwrap(), 0);
    // A log of more than a tile: the proof is read from tiles.
    let mut write = service.app.db().write().await.unwrap();
    for n in 0..700 {
        write.record(honnin_server::db::Event::new("midori", "test.counted").with(json!({"n": n})));
    }
    write.commit().await.unwrap();
    service.sql(&format!("DELETE FROM checkpoints WHERE size = {size}")).await.unwrap();
    let report = verify(&bytes(&desk, &id).await, &trust(&service).await);
    assert!(report.holds(), "{:?}", report.fault());
    assert!(report.checkpoint().unwrap().checkpoint.size > 700);
    // A log that says something else than was signed is not signed again.
    let head = service.text("SELECT frontier FROM logs WHERE organisation = 'aozora'").await;
    service.sql(&format!("UPDATE logs SET frontier = '{head}', size = 1 WHERE organisation = 'midori'")).await.unwrap();
    let forged = service.text("SELECT note FROM checkpoints WHERE log = 'midori'").await;
    let small = u64::from_str_radix(&head[..16], 16).unwrap();
    service.sql(&format!("INSERT INTO checkpoints (log, size, note, at) VALUES ('midori', {small}, '{forged}', 1) ON CONFLICT DO NOTHING")).await.unwrap();
    assert!(sign().await.is_err());
}
