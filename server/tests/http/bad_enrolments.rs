//! Enrolments that must be refused.

use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_to_hex;
use serde_json::{Value, json};

use crate::support::authenticator::{UP, b64, jwk, signing_key, unb64};
use crate::support::phone::certificate;
use crate::support::service::{ROOT_SEED, Service};
use crate::support::{Answer, Phone};

async fn complete(service: &Service, id: &str, body: Value) -> Answer {
    service.post(&format!("/v1/enrolments/{id}/complete"), body).await
}

async fn now_s(service: &Service) -> u64 {
    u64::try_from(service.app.db().now().await.unwrap() / 1000).unwrap()
}

#[tokio::test]
async fn certificates_that_do_not_count() {
    let service = Service::start().await;
    let now = now_s(&service).await;
    let mut phone = Phone::new(&service, "midori", "C-1", 20);
    let (id, good) = phone.enrolment().await;
    let with = |jws: String| {
        let mut body = good.clone();
        body["issuer_certificate"] = json!(jws);
        body
    };
    complete(&service, &id, with(certificate("midori", 77, now, now + 9_999))).await.problem(422, "issuer-unknown");
    complete(&service, &id, with(certificate("aozora", ROOT_SEED, now, now + 9_999)))
        .await
        .problem(422, "issuer-unknown");
    complete(&service, &id, with("a.b.c".into())).await.problem(422, "issuer-unknown");
    complete(&service, &id, with(certificate("midori", ROOT_SEED, now, now - 1)))
        .await
        .problem(422, "issuer-certificate-expired");
    // Nothing was used up.
    complete(&service, &id, good).await.ok(201);
}

#[tokio::test]
async fn proofs_and_pseudonyms_that_do_not_hold() {
    let service = Service::start().await;
    let mut phone = Phone::new(&service, "midori", "C-1", 20);
    let (id, good) = phone.enrolment().await;
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    for pseudonym in [fr_to_hex(&Fr::from(5_u64)), fr_to_hex(&Fr::from(0_u64)), modulus.to_owned(), "00".to_owned()] {
        complete(&service, &id, with("pseudonym", json!(pseudonym))).await.problem(422, "proof-invalid");
    }
    complete(&service, &id, with("proof", json!(b64([0; 128])))).await.problem(422, "proof-invalid");
    complete(&service, &id, with("as_of", json!(20_200_101))).await.problem(422, "as-of-out-of-range");
    complete(&service, &id, with("device_key", jwk(&signing_key(88)))).await.problem(422, "assertion-invalid");
    complete(
        &service,
        &id,
        with("device_key", json!({"kty": "EC", "crv": "P-256", "x": b64([1; 32]), "y": b64([1; 32])})),
    )
    .await
    .problem(400, "malformed");
    complete(&service, &id, with("label", json!("山田 太郎"))).await.problem(400, "malformed");
    complete(&service, &id, with("extra", json!(1))).await.problem(400, "malformed");
    complete(&service, &id, good).await.ok(201);
}

#[tokio::test]
async fn passkeys_that_do_not_count() {
    let service = Service::start().await;
    let mut phone = Phone::new(&service, "midori", "C-1", 20);
    phone.passkey.flags = UP;
    let (id, body) = phone.enrolment().await;
    complete(&service, &id, body).await.problem(422, "user-verification-required");
    let mut phone = Phone::new(&service, "midori", "C-1", 21);
    phone.passkey.origin = "https://evil.example".into();
    let (id, body) = phone.enrolment().await;
    complete(&service, &id, body).await.problem(422, "assertion-invalid");
    // Another enrolment's registration.
    let mut phone = Phone::new(&service, "midori", "C-1", 22);
    let (_, first) = phone.enrolment().await;
    let (id, mut body) = phone.enrolment().await;
    body["passkey"] = first["passkey"].clone();
    complete(&service, &id, body).await.problem(422, "assertion-invalid");
}

#[tokio::test]
async fn an_enrolment_serves_once_and_for_ten_minutes() {
    let service = Service::start().await;
    let mut phone = Phone::new(&service, "midori", "C-1", 20);
    let (id, body) = phone.enrolment().await;
    complete(&service, &id, body.clone()).await.ok(201);
    complete(&service, &id, body).await.problem(409, "already-decided");
    let mut late = Phone::new(&service, "midori", "C-2", 21);
    let (id, body) = late.enrolment().await;
    service.shift_clock(600_000).await;
    complete(&service, &id, body.clone()).await.problem(410, "expired");
    complete(&service, "e_unknown", body).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_device_session_needs_a_fresh_challenge_and_the_right_key() {
    let service = Service::start().await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let challenge = service.post("/v1/device/challenge", json!({"device": phone.device})).await.ok(200);
    let text = challenge["challenge"].as_str().unwrap();
    let message = honnin_protocol::device::session_message(&<[u8; 32]>::try_from(unb64(text)).unwrap());
    let body = json!({"device": phone.device, "challenge": text, "signature": phone.sign(&message)});
    service.post("/v1/device/session", body.clone()).await.ok(200);
    service.post("/v1/device/session", body).await.problem(401, "unauthenticated");
    // A wrong signature uses the challenge up.
    let challenge = service.post("/v1/device/challenge", json!({"device": phone.device})).await.ok(200);
    let text = challenge["challenge"].as_str().unwrap();
    let message = honnin_protocol::device::session_message(&<[u8; 32]>::try_from(unb64(text)).unwrap());
    let right = phone.sign(&message);
    phone.key = signing_key(99);
    for signature in [phone.sign(&message), right] {
        let body = json!({"device": phone.device, "challenge": text, "signature": signature});
        service.post("/v1/device/session", body).await.problem(401, "unauthenticated");
    }
    let unknown = service.post("/v1/device/challenge", json!({"device": "d_nobody"})).await.ok(200);
    assert_eq!(unknown["challenge"].as_str().unwrap().len(), 43);
    service.shift_clock(13 * 3_600_000).await;
    phone.get("/v1/device/requests").await.problem(401, "unauthenticated");
}
