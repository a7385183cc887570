//! Policies as data: drafts, dry runs, two people, versions.

use serde_json::{Value, json};

use crate::support::service::policy;
use crate::support::{Phone, Service};

fn document(id: &str, extra: &[Value]) -> Value {
    let mut document = policy(id, extra);
    document.as_object_mut().unwrap().remove("version");
    json!({"document": document})
}

fn of_age(years: u32) -> Value {
    json!({"slot": "birth", "op": "LE", "value": {"years_before": years}})
}

#[tokio::test]
async fn two_people_make_a_policy_and_calls_follow_it() {
    let service = Service::start().await;
    let (hara, ueda, desk) =
        (service.desk("hara", 1).await, service.desk("ueda", 2).await, service.desk("sato", 3).await);
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let before = desk.ask("C-1", "standard").await;
    let level = json!({"slot": "kyc_level", "op": "GE", "value": 2});
    let dry =
        hara.post("/v1/orgs/midori/policies/dry-run", document("standard", &[of_age(18), level.clone()])).await.ok(200);
    assert_eq!((&dry["purposes"], &dry["devices"]), (&json!(["address-change"]), &json!(1)));
    let today = i64::from(phone.today().await);
    assert_eq!(dry["conditions"][1], json!({"slot": "birth", "op": "LE", "operand": today - 180_000}));
    assert_eq!(dry["changes"][0]["member"], "predicates");
    assert!(dry["words"]["proves"].as_array().unwrap().len() >= 3);

    let drafted = hara.post("/v1/orgs/midori/policies", document("standard", &[of_age(18), level])).await.ok(201);
    assert_eq!(drafted, json!({"id": "standard", "version": 2}));
    hara.post("/v1/orgs/midori/policies/standard/2/publish", json!({})).await.problem(409, "second-person");
    // Until then nothing has changed.
    assert_eq!(desk.ask("C-1", "standard").await["policy"]["version"], 1);
    ueda.post("/v1/orgs/midori/policies/standard/2/publish", json!({})).await.empty(204);
    ueda.post("/v1/orgs/midori/policies/standard/2/publish", json!({})).await.problem(409, "already-decided");
    assert_eq!(desk.ask("C-1", "standard").await["policy"]["version"], 2);
    assert_eq!(desk.view(before["id"].as_str().unwrap()).await["policy"]["version"], 1, "what was asked stays asked");
    let seen = service.call(reqwest::Method::GET, "/v1/tenants/midori", None, &[]).await.ok(200);
    assert!(seen["policies"].as_array().unwrap().iter().any(|p| p["id"] == "standard" && p["version"] == 2));
    let listed = hara.get("/v1/orgs/midori/policies").await.ok(200);
    let standard = listed["policies"].as_array().unwrap().iter().find(|p| p["id"] == "standard").unwrap();
    assert_eq!((&standard["current"], &standard["versions"][1]["status"]), (&json!(2), &json!("retired")));
}

#[tokio::test]
async fn policies_that_cannot_be_are_refused_with_a_reason() {
    let service = Service::start().await;
    let (hara, ueda) = (service.desk("hara", 1).await, service.desk("ueda", 2).await);
    let draft = |body: Value| hara.post("/v1/orgs/midori/policies", body);
    // Without the account holder it is for people who have no account: not for what customers are asked, and nothing of
    // theirs is sent.
    let anyone = |id: &str, disclose: Value| {
        let mut anyone = document(id, &[]);
        anyone["document"]["predicates"] = json!([of_age(20)]);
        anyone["document"]["disclose"] = disclose;
        anyone
    };
    for (id, disclose) in [("light", json!([])), ("enrolment", json!([])), ("anyone", json!(["name"]))] {
        let refused = draft(anyone(id, disclose)).await.problem(422, "refused");
        assert!(refused["detail"].as_str().unwrap().contains("account holder"), "{refused}");
    }
    draft(anyone("anyone", json!([]))).await.ok(201);
    let mut versioned = document("standard", &[]);
    versioned["document"]["version"] = json!(9);
    draft(versioned).await.problem(400, "malformed");
    draft(json!({"document": {"id": "x"}})).await.problem(400, "malformed");
    let mut bidi = document("odd", &[]);
    bidi["document"]["name"] = json!({"ja": "標準\u{202e}", "en": "Standard"});
    draft(bidi).await.problem(422, "refused");
    // Needed ones stay, an older draft does not come back over a newer version.
    hara.delete("/v1/orgs/midori/policies/standard/1").await.problem(409, "in-use");
    hara.delete("/v1/orgs/midori/policies/enrolment/1").await.problem(409, "in-use");
    draft(document("light", &[of_age(18)])).await.ok(201);
    draft(document("light", &[of_age(25)])).await.ok(201);
    ueda.post("/v1/orgs/midori/policies/light/3/publish", json!({})).await.empty(204);
    ueda.post("/v1/orgs/midori/policies/light/2/publish", json!({})).await.problem(409, "changed-meanwhile");
    hara.delete("/v1/orgs/midori/policies/light/2").await.empty(204);
    hara.delete("/v1/orgs/midori/policies/light/1").await.problem(409, "already-decided");
}

#[tokio::test]
async fn the_security_role_decides_which_policy_a_purpose_needs() {
    let service = Service::start().await;
    let (hara, admin, desk) =
        (service.desk("hara", 1).await, service.desk("abe", 2).await, service.desk("sato", 3).await);
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let put = json!({"ja": "住所変更", "en": "Address change", "policy": "light"});
    let path = "/v1/orgs/midori/purposes/address-change";
    admin.call(reqwest::Method::PUT, path, Some(&put)).await.problem(403, "not-permitted");
    desk.call(reqwest::Method::PUT, path, Some(&put)).await.problem(404, "not-found");
    hara.call(reqwest::Method::PUT, path, Some(&put)).await.empty(204);
    assert_eq!(desk.ask("C-1", "standard").await["policy"]["id"], "light", "the purpose decides");
    let unknown = json!({"ja": "あ", "en": "a", "policy": "nothing"});
    hara.call(reqwest::Method::PUT, path, Some(&unknown)).await.problem(422, "unknown-policy");
    hara.delete(path).await.empty(204);
    let ask = json!({"handle": "C-1", "purpose": "address-change", "direction": "inbound"});
    desk.post("/v1/verifications", ask).await.problem(422, "unknown-policy");
}
