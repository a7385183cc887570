//! Payments and orders: what can be asked, what is refused before anything is stored, and what recipients are told.

use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_to_hex;
use honnin_protocol::disclosure::Disclosed;
use honnin_protocol::encoding::b64u;
use honnin_server::webhook::signature;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::authenticator::{jwk, signing_key};
use crate::support::receiver::Receiver;
use crate::support::service::{policy, tenants};
use crate::support::{Desk, Phone, Service};

/// A tenant with a purpose for payments and one for orders.
async fn service() -> Service {
    let mut tenants = tenants();
    let mut payment = policy("payment", &[json!({"slot": "limit", "op": "GE", "value": "amount"})]);
    payment["disclose"] = json!(["payment_token"]);
    let mut order = policy("order", &[]);
    order["disclose"] = json!(["name", "address", "phone"]);
    let tenant = &mut tenants[0];
    tenant["policies"].as_array_mut().unwrap().extend([payment, order]);
    for code in ["payment", "order"] {
        let purpose = json!({"code": code, "ja": "お手続き", "en": "Procedure", "policy": code});
        tenant["purposes"].as_array_mut().unwrap().push(purpose);
    }
    Service::idle(json!({"tenants": tenants})).await
}

/// A recipient, and the secret that its messages are signed with.
async fn recipient(desk: &Desk<'_>, url: &str) -> (String, String) {
    let body = json!({"name": {"ja": "さくらペイ", "en": "Sakura Pay"}, "key": jwk(&signing_key(77)), "url": url});
    let added = desk.post("/v1/orgs/midori/recipients", body).await.ok(201);
    let text = |name: &str| added[name].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

fn pay(recipient: &str) -> Value {
    json!({"handle": "C-1", "purpose": "payment", "amount": 48_000, "currency": "JPY", "payee": "△△株式会社",
           "order": "A-2210", "instrument": "みどりカード", "recipient": recipient})
}

/// The honest answer to a payment: simulated proof, a box that nobody opens here.
async fn answer(phone: &mut Phone<'_>, request: &Value, code: &str, slots: &[&str]) -> Value {
    let disclosed: Disclosed =
        serde_json::from_value(json!({"slots": slots, "commitment": fr_to_hex(&Fr::from(77_u64))})).unwrap();
    let mut statement = request["statement"].clone();
    statement["match"]["code"] = json!(code);
    let mut public = phone.public(&statement, &request["policy"], phone.today().await);
    public.disclosure = Disclosed::input(Some(&disclosed));
    let mut body = phone.approve_body(&public, code);
    let key = request["statement"]["recipient"]["key"].clone();
    let sealed = json!({"v": 1, "key": key, "ctx": fr_to_hex(&public.ctx), "enc": b64u([4; 65]), "ct": b64u([7; 100])});
    body["disclosure"] = json!({"slots": disclosed.slots, "commitment": disclosed.commitment, "box": sealed});
    body
}

#[tokio::test]
async fn a_payment_is_told_to_its_recipient_once_and_signed() {
    let service = service().await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let mut receiver = Receiver::start(&[500]).await;
    let (provider, secret) = recipient(&hara, &receiver.url).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let view = desk.post("/v1/payments", pay(&provider)).await.ok(201);
    let (id, code) = (view["id"].as_str().unwrap(), view["match_code"].as_str().unwrap());
    let request = phone.open(id).await;
    assert_eq!(request["recipient_key"], jwk(&signing_key(77)));
    assert_eq!(request["statement"]["payment"], view["payment"]);
    let body = answer(&mut phone, &request, code, &["payment_token"]).await;
    phone.approve(id, &body).await.ok(200);
    phone.approve(id, &body).await.problem(409, "already-decided");

    // Refused once, then taken; by several senders at once, and told once each time.
    for (shift, came) in [(0, 1), (6_000, 1), (86_400_000, 0)] {
        service.shift_clock(shift).await;
        let (a, b) = tokio::join!(service.app.deliver_due(), service.app.deliver_due());
        a.and(b).unwrap();
        let got = receiver.all();
        assert_eq!(got.len(), came, "after {shift} ms");
        for message in got {
            let (id, seconds) = (message.header("webhook-id"), message.header("webhook-timestamp").parse().unwrap());
            assert_eq!(message.header("webhook-signature"), signature(&secret, id, seconds, &message.body).unwrap());
            let told: Value = serde_json::from_str(&message.body).unwrap();
            assert_eq!(told["type"], "payment.approved");
            assert_eq!(
                (&told["data"]["payment"], &told["data"]["box"]),
                (&view["payment"], &body["disclosure"]["box"])
            );
            assert_eq!(told["data"]["receipt"]["body"]["reference"], view["reference"]);
        }
    }
    // What waits in the outbox names nothing but identifiers.
    let row = service.text("SELECT body FROM outbox WHERE kind = 'delivery'").await;
    assert!(!row.contains("48000") && !row.contains("ct") && !row.contains("C-1"), "{row}");
}

#[tokio::test]
async fn an_agent_learns_approved_declined_or_expired() {
    let service = service().await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let (provider, _) = recipient(&hara, "https://pay.example.com/told").await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    for path in ["unprovable", "refuse"] {
        let view = desk.post("/v1/payments", pay(&provider)).await.ok(201);
        let id = view["id"].as_str().unwrap();
        phone.open(id).await;
        let answer = format!("/v1/device/requests/{id}/{path}");
        let body = (path == "refuse").then(|| json!({"report": false}));
        phone.call(Method::POST, &answer, body.as_ref()).await.ok(200);
        let view = desk.view(id).await;
        assert_eq!((&view["state"], &view["detail"]), (&json!("denied"), &json!(null)), "{path}");
    }
    let me = desk.get("/v1/operator/me").await.ok(200);
    let kinds: Vec<_> =
        me["tenants"][0]["purposes"].as_array().unwrap().iter().map(|p| (&p["code"], &p["kind"])).collect();
    assert!(
        kinds.contains(&(&json!("payment"), &json!("payment"))) && kinds.contains(&(&json!("order"), &json!("order")))
    );
    assert!(kinds.contains(&(&json!("light"), &json!(null))));
    assert_eq!(me["tenants"][0]["recipients"][0]["id"], provider.as_str());
    assert!(!me.to_string().contains("pay.example.com"), "where a recipient is told is not the desk's to know");
}

#[tokio::test]
async fn a_recipient_that_was_removed_is_sent_nothing() {
    let service = service().await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let (warehouse, _) = recipient(&hara, "https://wh.example.com/").await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let order = json!({"handle": "C-1", "purpose": "order", "order": "B-17", "recipient": warehouse});
    let view = desk.post("/v1/orders", order.clone()).await.ok(201);
    assert_eq!((&view["kind"], &view["order"]), (&json!("order"), &json!("B-17")));
    let (id, code) = (view["id"].as_str().unwrap(), view["match_code"].as_str().unwrap());
    let request = phone.open(id).await;
    let body = answer(&mut phone, &request, code, &["name", "phone"]).await;
    hara.delete(&format!("/v1/orgs/midori/recipients/{warehouse}")).await.ok(204);
    phone.approve(id, &body).await.problem(403, "not-in-good-standing");
    desk.post("/v1/orders", order).await.problem(422, "refused");
    assert_eq!(service.count("SELECT COUNT(*) FROM outbox WHERE kind = 'delivery'").await, 0);
}

#[tokio::test]
async fn what_cannot_be_paid() {
    let service = service().await;
    let (desk, hara) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let (provider, _) = recipient(&hara, "https://pay.example.com/told").await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let with = |name: &str, value: Value| {
        let mut body = pay(&provider);
        body[name] = value;
        body
    };
    for (body, status, code) in [
        (with("amount", json!(0)), 422, "refused"),
        (with("amount", json!(-5)), 400, "malformed"),
        (with("amount", json!(12.5)), 400, "malformed"),
        (with("amount", json!("48000")), 400, "malformed"),
        (with("amount", json!(1_000_000_000_000_u64)), 422, "refused"),
        (with("currency", json!("USD")), 422, "refused"),
        (with("currency", json!("jpy")), 422, "refused"),
        (with("currency", json!("XXX")), 422, "refused"),
        (with("payee", json!("△△\u{202e}株式会社")), 422, "unsafe-text"),
        (with("payee", json!("4111 1111 1111 1111")), 422, "looks-like-personal-data"),
        (with("order", json!("4111-1111-1111-1111")), 422, "looks-like-personal-data"),
        (with("instrument", json!("1234 5678 9018")), 422, "looks-like-personal-data"),
        (with("instrument", json!("")), 422, "unsafe-text"),
        (with("recipient", json!("r_AAAAAAAAAAAAAAAAAAAAAA")), 422, "refused"),
        (with("purpose", json!("light")), 422, "refused"),
        (with("purpose", json!("order")), 422, "refused"),
        (with("handle", json!("090-1234-5678")), 422, "looks-like-personal-data"),
        (with("card", json!("4111111111111111")), 400, "malformed"),
    ] {
        desk.post("/v1/payments", body.clone()).await.problem(status, code);
    }
    let order = json!({"handle": "C-1", "purpose": "payment", "order": "B-17", "recipient": provider});
    desk.post("/v1/orders", order).await.problem(422, "refused");
    assert_eq!(service.count("SELECT COUNT(*) FROM verifications").await, 0, "nothing sent, nothing charged");
}

#[tokio::test]
async fn who_may_name_recipients_and_which() {
    let service = service().await;
    let hara = service.desk("hara", 2).await;
    let good = json!({"name": {"ja": "さくら", "en": "Sakura"}, "key": jwk(&signing_key(77)), "url": "https://pay.example.com/"});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let mut other_curve = jwk(&signing_key(77));
    other_curve["crv"] = json!("P-384");
    let mut private = jwk(&signing_key(77));
    private["d"] = private["x"].clone();
    let mut off = jwk(&signing_key(77));
    off["y"] = off["x"].clone();
    for (body, status, code) in [
        (with("key", other_curve), 400, "malformed"),
        (with("key", private), 400, "malformed"),
        (with("key", off), 400, "malformed"),
        (with("url", json!("http://pay.example.com/")), 422, "refused"),
        (with("url", json!("https://10.0.0.1/")), 422, "refused"),
        (with("url", json!("https://[::ffff:192.168.0.1]/")), 422, "refused"),
        (with("name", json!({"ja": "4111 1111 1111 1111", "en": "Sakura"})), 422, "refused"),
    ] {
        hara.post("/v1/orgs/midori/recipients", body).await.problem(status, code);
    }
    for (person, status) in [("sato", 404), ("abe", 403), ("kondo", 404)] {
        let desk = service.desk(person, 3 + u8::try_from(person.len()).unwrap()).await;
        assert_eq!(desk.post("/v1/orgs/midori/recipients", good.clone()).await.status, status, "{person}");
    }
    let added = hara.post("/v1/orgs/midori/recipients", good).await.ok(201);
    let listed = hara.get("/v1/orgs/midori/recipients").await.ok(200);
    assert_eq!(listed["recipients"][0]["id"], added["id"]);
    assert!(!listed.to_string().contains("whsec"));
}
