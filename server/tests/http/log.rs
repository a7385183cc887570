//! The log: append-only, a Merkle tree, and without a customer in it.

use honnin_server::db::Event;
use honnin_server::db::log::{LogError, verify};
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

async fn check(service: &Service) -> Result<i64, LogError> {
    verify(&mut service.app.db().read().await.unwrap(), "midori").await
}

#[tokio::test]
async fn it_grows_and_holds() {
    let service = service_with_a_call().await;
    let length = check(&service).await.unwrap();
    assert!(length >= 8, "{length}");
    let steps = service.count("SELECT COUNT(*) FROM events WHERE kind IN ('verification.created', 'verification.delivered', 'verification.opened', 'verification.denied')").await;
    assert_eq!(steps, 4);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE data LIKE '%C-7731%'").await, 0);
    // One log an organisation: another's does not grow with it.
    assert_eq!(
        verify(&mut service.app.db().read().await.unwrap(), "aozora").await.unwrap(),
        service.count("SELECT COUNT(*) FROM events WHERE log = 'aozora'").await
    );
}

#[tokio::test]
async fn a_full_tile_is_kept() {
    let service = service_with_a_call().await;
    // 256 leaves fill a tile.
    let mut write = service.app.db().write().await.unwrap();
    for n in 0..520 {
        write.record(Event::new("midori", "test.counted").with(json!({"n": n})));
    }
    write.commit().await.unwrap();
    assert_eq!(service.count("SELECT COUNT(*) FROM log_tiles WHERE log = 'midori' AND level = 0").await, 2);
    check(&service).await.unwrap();
}

#[tokio::test]
async fn it_cannot_be_changed_and_tampering_shows() {
    let service = service_with_a_call().await;
    assert!(service.sql("UPDATE events SET kind = 'x' WHERE place = 2").await.is_err());
    assert!(service.sql("DELETE FROM events WHERE place = 2").await.is_err());
    assert!(service.sql("UPDATE verifications SET state = 'passed', valid_until = 1").await.is_err());
    assert!(service.sql("DELETE FROM verifications").await.is_err());
    // Whoever drops the triggers is found by the tree.
    service.drop_triggers().await;
    service.sql("UPDATE events SET kind = 'verification.passed' WHERE kind = 'verification.denied'").await.unwrap();
    let broken = check(&service).await;
    assert!(matches!(broken, Err(LogError::Entry { .. })), "{broken:?}");
}

#[tokio::test]
async fn a_removed_event_shows() {
    let service = service_with_a_call().await;
    service.drop_triggers().await;
    service.sql("DELETE FROM events WHERE log = 'midori' AND place = 3").await.unwrap();
    let broken = check(&service).await;
    assert!(matches!(broken, Err(LogError::Entry { place: 3, .. })), "{broken:?}");
}
