//! What a phone sends sealed: taken only as the session asks for it, kept with the approval, in the receipt as its
//! commitment alone.

use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_to_hex;
use honnin_circuits::statement::Disclosure;
use honnin_protocol::disclosure::{Disclosed, Slots};
use honnin_protocol::encoding::b64u;
use honnin_protocol::statement::SessionStatement;
use honnin_server::db::{standing, steps, verifications};
use serde_json::{Value, json};

use crate::support::service::{policy, tenants};
use crate::support::{Phone, Service};

const THUMBPRINT: [u8; 32] = [3; 32];

/// A tenant whose purposes ask for what nobody but a payment or an order has.
async fn service() -> Service {
    let mut tenants = tenants();
    let mut payment = policy("payment", &[json!({"slot": "limit", "op": "GE", "value": "amount"})]);
    payment["disclose"] = json!(["payment_token"]);
    payment["number_match"] = json!(false);
    let mut order = policy("order", &[]);
    order["disclose"] = json!(["name", "address", "phone"]);
    order["number_match"] = json!(false);
    let tenant = &mut tenants[0];
    tenant["policies"].as_array_mut().unwrap().extend([payment, order]);
    for code in ["payment", "order"] {
        let purpose = json!({"code": code, "ja": "お手続き", "en": "Procedure", "policy": code});
        tenant["purposes"].as_array_mut().unwrap().push(purpose);
    }
    Service::idle(json!({"tenants": tenants})).await
}

/// A session with terms, as the calls that make them will store it; its statement.
async fn session(service: &Service, asked: &Value, code: &str, change: impl FnOnce(&mut Value)) -> (String, Value) {
    let mut write = service.app.db().write().await.unwrap();
    let mut record = verifications::find(&mut write, asked["id"].as_str().unwrap()).await.unwrap().unwrap();
    let (purpose, policy) =
        honnin_server::db::policies::for_purpose(&mut write, "midori", code).await.unwrap().unwrap();
    let id = honnin_server::statements::identifier("v_", service.app.entropy());
    let mut statement: Value = serde_json::from_str(&record.statement).unwrap();
    statement["verification"] = json!(id);
    statement["purpose"] = json!({"code": purpose.code, "ja": purpose.ja, "en": purpose.en});
    statement["policy"] = json!({"id": policy.id, "version": policy.version, "digest": policy.digest()});
    statement["match"] = json!({"mode": "none"});
    statement["recipient"] = json!({"id": "r_AAAAAAAAAAAAAAAAAAAAAA", "name": {"ja": "桜物流", "en": "Sakura"},
        "key": b64u(THUMBPRINT), "slots": policy.disclose});
    change(&mut statement);
    let typed: SessionStatement = serde_json::from_value(statement.clone()).unwrap();
    record.id.clone_from(&id);
    record.reference = format!("{}-TEST", &record.reference[..4]);
    record.purpose = purpose.code;
    record.policy = policy;
    record.statement = typed.canonical();
    steps::insert_all(&mut write, &[&record]).await.unwrap();
    write.commit().await.unwrap();
    (id, statement)
}

fn paid(statement: &mut Value) {
    statement["payment"] = json!({"amount": 48_000, "currency": "JPY", "payee": "△△株式会社", "order": "A-2210",
        "instrument": "みどりカード"});
}

fn disclosed(slots: &[&str]) -> Disclosed {
    serde_json::from_value(json!({"slots": slots, "commitment": fr_to_hex(&Fr::from(77_u64))})).unwrap()
}

fn sent(disclosed: &Disclosed, ctx: &Fr) -> Value {
    let sealed =
        json!({"v": 1, "key": b64u(THUMBPRINT), "ctx": fr_to_hex(ctx), "enc": b64u([4; 65]), "ct": b64u([7; 100])});
    json!({"slots": disclosed.slots, "commitment": disclosed.commitment, "box": sealed})
}

/// The honest body for a statement and a disclosure.
async fn body(phone: &mut Phone<'_>, request: &Value, disclosed: &Disclosed) -> Value {
    let mut public = phone.public(&request["statement"], &request["policy"], phone.today().await);
    public.disclosure = Disclosed::input(Some(disclosed));
    assert!(matches!(public.disclosure, Disclosure::Committed { .. }));
    let mut body = phone.approve_body(&public, "");
    body.as_object_mut().unwrap().remove("match_code");
    body["disclosure"] = sent(disclosed, &public.ctx);
    body
}

#[tokio::test]
async fn a_payment_passes_with_its_box() {
    let service = service().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-20481", 20).await;
    let asked = desk.ask("C-20481", "light").await;
    let (id, _) = session(&service, &asked, "payment", paid).await;
    let request = phone.open(&id).await;
    assert_eq!(request["words"]["sealed"]["en"], json!(["payment token"]));
    let token = disclosed(&["payment_token"]);
    let good = body(&mut phone, &request, &token).await;

    let spoilt = |change: &dyn Fn(&mut Value)| {
        let mut spoilt = good.clone();
        change(&mut spoilt);
        spoilt
    };
    for bad in [
        spoilt(&|b| b["disclosure"] = Value::Null),
        spoilt(&|b| b["disclosure"]["slots"] = json!(["name"])),
        spoilt(&|b| b["disclosure"]["box"]["key"] = json!(b64u([4; 32]))),
        spoilt(&|b| b["disclosure"]["box"]["ctx"] = json!("0".repeat(64))),
    ] {
        phone.approve(&id, &bad).await.problem(422, "disclosure-mismatch");
    }
    // Another commitment than the proof's.
    let other = spoilt(&|b| b["disclosure"]["commitment"] = json!("0".repeat(64)));
    phone.approve(&id, &other).await.problem(422, "proof-invalid");
    for malformed in [
        spoilt(&|b| b["disclosure"]["slots"] = json!([])),
        spoilt(&|b| b["disclosure"]["slots"] = json!(["account"])),
        spoilt(&|b| b["disclosure"]["box"]["enc"] = json!(b64u([4; 64]))),
        spoilt(&|b| b["disclosure"]["box"]["ct"] = json!(b64u([4; 15]))),
        spoilt(&|b| b["disclosure"]["box"]["ct"] = json!(b64u(vec![4; 8 * 1024 + 17]))),
        spoilt(&|b| b["disclosure"]["values"] = json!({"payment_token": "tok"})),
    ] {
        assert_eq!(phone.approve(&id, &malformed).await.status, 400, "{}", malformed["disclosure"]);
    }

    phone.approve(&id, &good).await.ok(200);
    let mut query = service.app.db().read().await.unwrap();
    let kept = standing::sent(&mut query, "midori", &id).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&kept).unwrap(), good["disclosure"]);
    assert_eq!(standing::sent(&mut query, "midori", asked["id"].as_str().unwrap()).await.unwrap(), None);
    let evidence = standing::approval(&mut query, "midori", &id).await.unwrap().unwrap();
    assert_eq!(evidence.disclosure, Some(token));
    drop(query);
    let receipt = phone.get(&format!("/v1/device/receipts/{id}")).await.ok(200);
    assert_eq!(receipt["body"]["approval"]["disclosure"]["slots"], json!(["payment_token"]));
    assert!(!receipt.to_string().contains(&b64u([7; 100])), "a receipt is for more eyes than the recipient's");
    // At rest the box is sealed once more.
    let stored = service.text(&format!("SELECT disclosure FROM approvals WHERE verification = '{id}'")).await;
    assert!(!stored.contains(&b64u([7; 100])));
}

#[tokio::test]
async fn an_order_takes_what_was_picked() {
    let service = service().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "light").await;
    let (id, _) = session(&service, &asked, "order", |_| ()).await;
    let request = phone.open(&id).await;
    let token = body(&mut phone, &request, &disclosed(&["name", "payment_token"])).await;
    phone.approve(&id, &token).await.problem(422, "disclosure-mismatch");
    let picked = body(&mut phone, &request, &disclosed(&["name", "phone"])).await;
    phone.approve(&id, &picked).await.ok(200);
    // A call without a recipient takes nothing.
    let request = phone.open(asked["id"].as_str().unwrap()).await;
    let mut plain = phone.approval(&request, asked["match_code"].as_str().unwrap()).await;
    plain.body["disclosure"] = sent(&disclosed(&["name"]), &plain.statement.ctx);
    phone.approve(asked["id"].as_str().unwrap(), &plain.body).await.problem(422, "disclosure-mismatch");
}

#[tokio::test]
async fn an_ordinary_call_cannot_ask_for_terms() {
    let service = service().await;
    let desk = service.desk("sato", 1).await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    for code in ["payment", "order"] {
        let ask = json!({"handle": "C-1", "purpose": code, "direction": "inbound"});
        desk.post("/v1/verifications", ask).await.problem(422, "policy-needs-terms");
    }
    assert_eq!(service.count("SELECT COUNT(*) FROM verifications").await, 0);
    // Nor an enrolment.
    let admin = service.desk("abe", 2).await;
    let settings = admin.get("/v1/orgs/midori").await.ok(200);
    let mut changed = settings["settings"].clone();
    changed["enrolment_policy"] = json!("order");
    let change = json!({"revision": settings["revision"], "settings": changed});
    admin
        .call(reqwest::Method::PUT, "/v1/orgs/midori/settings", Some(&change))
        .await
        .problem(422, "policy-needs-terms");
    // Slots are slots wherever they are read.
    assert!(serde_json::from_value::<Slots>(json!(["name", "name"])).is_err());
}
