//! What a customer agreed to shows on the phone, and taking it back ends everything at once.

use serde_json::json;

use crate::support::stream::Events;
use crate::support::{Phone, Service};

#[tokio::test]
async fn enrolling_records_what_was_agreed_to() {
    let service = Service::start().await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let _other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let listed = phone.get("/v1/device/consents").await.ok(200);
    let consents = listed["consents"].as_array().unwrap();
    assert_eq!(consents.len(), 1, "another phone's show");
    let consent = &consents[0];
    assert_eq!((&consent["purpose"], &consent["withdrawn_at"]), (&json!("enrolment"), &json!(null)));
    assert!(consent["given_at"].as_i64().unwrap() > 0);
    for (language, words) in [
        ("ja", ["みどり銀行", "カスタマーセンター", "ご契約者本人である", "暗証番号"]),
        ("en", ["Midori Bank", "Customer centre", "You are the account holder", "PIN"]),
    ] {
        let text = consent["text"][language].as_str().unwrap();
        assert!(words.iter().all(|w| text.contains(w)), "{text}");
    }
    let kept = service.text("SELECT data FROM events WHERE kind = 'consent.given' ORDER BY place LIMIT 1").await;
    assert!(kept.contains("\"wording\":1") && kept.contains("\"policy\":\"enrolment\""), "{kept}");
    assert!(kept.contains("\"language\":\"ja\""), "{kept}");
}

#[tokio::test]
async fn nobody_enrols_without_having_agreed_to_the_words_of_now() {
    let service = Service::start().await;
    let asked = service.post("/v1/enrolments", json!({"tenant": "midori", "handle": "C-1"})).await.ok(201);
    let mut phone = Phone::new(&service, "midori", "C-1", 20);
    let (id, body) = phone.enrolment().await;
    let path = format!("/v1/enrolments/{id}/complete");
    let with = |consent: serde_json::Value| {
        let mut body = body.clone();
        body["consent"] = consent;
        body
    };
    let mut silent = body.clone();
    silent.as_object_mut().unwrap().remove("consent");
    service.post(&path, silent).await.problem(400, "malformed");
    service.post(&path, with(json!({"wording": 1, "language": "fr"}))).await.problem(400, "malformed");
    service.post(&path, with(json!({"wording": 0, "language": "ja"}))).await.problem(409, "changed-meanwhile");
    service.post(&path, with(json!({"wording": 1, "language": "en"}))).await.ok(201);
    // What was shown is what is kept.
    phone.device = service.text("SELECT id FROM devices").await;
    phone.log_in().await;
    let kept = &phone.get("/v1/device/consents").await.ok(200)["consents"][0];
    assert_eq!(kept["text"], asked["consent"]["text"]);
}

#[tokio::test]
async fn withdrawing_removes_the_phone_at_once() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = phone.open(id).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    let stream = service.http.get(format!("{}/v1/device/stream", service.origin)).bearer_auth(&phone.token);
    let mut events = Events::new(stream.send().await.unwrap());
    assert_eq!(events.next().await.unwrap().name, "request");

    let consents = phone.get("/v1/device/consents").await.ok(200);
    let path = format!("/v1/device/consents/{}/withdraw", consents["consents"][0]["id"].as_str().unwrap());
    // Nobody takes back what another agreed to.
    other.post(&path, json!({})).await.problem(404, "not-found");
    assert_eq!(phone.post(&path, json!({})).await.status, 204);

    while let Some(event) = events.next().await {
        assert_eq!((event.name.as_str(), &event.data["state"]), ("ended", &json!("cancelled")));
    }
    assert_eq!(desk.view(id).await["state"], "cancelled");
    phone.approve(id, &approval).await.problem(401, "unauthenticated");
    phone.get("/v1/device/consents").await.problem(401, "unauthenticated");
    other.get("/v1/device/consents").await.ok(200);
    // It cannot log in again either, and whoever asks next finds no phone.
    let challenge = service.post("/v1/device/challenge", json!({"device": phone.device})).await.ok(200);
    let signature = phone.sign(b"anything");
    let body = json!({"device": phone.device, "challenge": challenge["challenge"], "signature": signature});
    service.post("/v1/device/session", body).await.problem(401, "unauthenticated");
    assert_eq!(desk.ask("C-1", "standard").await["state"], "unreachable");
    for kind in ["consent.withdrawn", "device.revoked", "verification.cancelled"] {
        let count =
            service.count(&format!("SELECT COUNT(*) FROM events WHERE log = 'midori' AND kind = '{kind}'")).await;
        assert_eq!(count, 1, "{kind}");
    }
}
