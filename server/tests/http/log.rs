//! The event table: append-only, chained, and without a customer in it.

use honnin_server::db::events::{ChainError, verify_chain};
use serde_json::json;

use crate::support::{Phone, Service};

async fn service_with_a_call() -> Service {
    let service = Service::start().await;
    {
        let desk = service.desk("sato", 1).await;
        let phone = Phone::enrolled(&service, "midori", "C-7731", 20).await;
        let asked = desk.ask("C-7731", "standard").await;
        let id = asked["id"].as_str().unwrap();
        phone.open(id).await;
        phone.post(&format!("/v1/device/requests/{id}/refuse"), json!({"report": true})).await.ok(200);
    }
    service
}

#[tokio::test]
async fn it_grows_and_holds() {
    let service = service_with_a_call().await;
    let length = verify_chain(&mut service.app.db().reader().acquire().await.unwrap()).await.unwrap();
    assert!(length >= 8, "{length}");
    let steps = service.count("SELECT COUNT(*) FROM events WHERE kind IN ('verification.created', 'verification.delivered', 'verification.opened', 'verification.denied')").await;
    assert_eq!(steps, 4);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE data LIKE '%C-7731%'").await, 0);
}

#[tokio::test]
async fn it_cannot_be_changed_and_tampering_shows() {
    let service = service_with_a_call().await;
    assert!(service.sql("UPDATE events SET kind = 'x' WHERE seq = 2").await.is_err());
    assert!(service.sql("DELETE FROM events WHERE seq = 2").await.is_err());
    assert!(service.sql("UPDATE verifications SET state = 'passed', valid_until = 1").await.is_err());
    assert!(service.sql("DELETE FROM verifications").await.is_err());
    // Whoever drops the triggers is found by the chain.
    service.sql("DROP TRIGGER events_no_update; DROP TRIGGER events_no_delete").await.unwrap();
    service.sql("UPDATE events SET kind = 'verification.passed' WHERE kind = 'verification.denied'").await.unwrap();
    let broken = verify_chain(&mut service.app.db().reader().acquire().await.unwrap()).await;
    assert!(matches!(broken, Err(ChainError::Broken { .. })), "{broken:?}");
}

#[tokio::test]
async fn a_removed_event_shows() {
    let service = service_with_a_call().await;
    service.sql("DROP TRIGGER events_no_delete").await.unwrap();
    service.sql("DELETE FROM events WHERE seq = 3").await.unwrap();
    let broken = verify_chain(&mut service.app.db().reader().acquire().await.unwrap()).await;
    assert!(matches!(broken, Err(ChainError::Broken { seq: 4 })), "{broken:?}");
}
