//! People, their roles, and how they lose them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::stream::Events;
use crate::support::{Desk, Phone, Service};

fn words() -> Value {
    json!({"ja": "新人", "en": "Newcomer"})
}

async fn roles_of(desk: &Desk<'_>, person: &str) -> Vec<String> {
    let listed = desk.get("/v1/orgs/midori/people").await.ok(200);
    let found = listed["people"].as_array().unwrap().iter().find(|p| p["id"] == person).cloned().unwrap_or_default();
    found["roles"].as_array().into_iter().flatten().map(|r| r["role"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn somebody_new_comes_in_by_a_link_and_works() {
    let service = Service::start().await;
    let admin = service.desk("abe", 1).await;
    let phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let body = json!({"name": words(), "label": words(), "roles": ["operator"]});
    let added = admin.post("/v1/orgs/midori/people", body).await.ok(201);
    let token = added["invitation"].as_str().unwrap().rsplit_once('=').unwrap().1.to_owned();
    let newcomer = service.invited(&token, 9).await;
    let me = newcomer.get("/v1/operator/me").await.ok(200);
    assert_eq!((&me["person"]["id"], &me["person"]["name"]), (&added["id"], &words()));
    let asked = newcomer.ask("C-1", "standard").await;
    let request = phone.open(asked["id"].as_str().unwrap()).await;
    assert_eq!(request["statement"]["operator"], words(), "the phone shows the label");
    // The link served once.
    service.refused_invitation(&token).await.problem(409, "already-decided");
}

#[tokio::test]
async fn removing_a_person_ends_everything_of_theirs_within_a_second() {
    let service = Service::start().await;
    let owner = service.desk("mori", 1).await;
    let mut desk = service.desk("sato", 2).await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let request = service.http.get(format!("{}/v1/operator/stream", service.origin)).header("cookie", &desk.cookie);
    let mut events = Events::new(request.send().await.unwrap());
    assert_eq!(events.next().await.unwrap().data["id"], asked["id"]);
    let began = Instant::now();
    owner.delete("/v1/orgs/midori/people/sato").await.empty(204);
    // What was open is called off, then the stream ends.
    while events.next().await.is_some() {}
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    desk.get("/v1/operator/me").await.problem(401, "unauthenticated");
    assert_eq!(desk.login().await.status, 422, "the passkey is gone");
    let state = format!("SELECT state FROM verifications WHERE id = '{}'", asked["id"].as_str().unwrap());
    assert_eq!(service.text(&state).await, "cancelled");
    owner.delete("/v1/orgs/midori/people/sato").await.problem(404, "not-found");
}

#[tokio::test]
async fn nobody_gives_or_takes_what_they_do_not_hold() {
    let service = Service::start().await;
    let (owner, admin, security) =
        (service.desk("mori", 1).await, service.desk("abe", 2).await, service.desk("hara", 3).await);
    let put = |desk, person: &str, roles: Value| {
        let (path, desk): (String, &Desk<'_>) = (format!("/v1/orgs/midori/people/{person}/roles"), desk);
        async move { desk.call(reqwest::Method::PUT, &path, Some(&json!({"roles": roles}))).await }
    };
    put(&admin, "sato", json!(["operator", "supervisor"])).await.empty(204);
    assert_eq!(roles_of(&admin, "sato").await, ["operator", "supervisor"]);
    for role in ["owner", "security", "auditor"] {
        put(&admin, "sato", json!(["operator", role])).await.problem(403, "not-permitted");
    }
    // Not to themselves, not from an owner, and not without a last owner.
    put(&admin, "abe", json!(["admin", "operator"])).await.problem(403, "not-permitted");
    put(&admin, "mori", json!([])).await.problem(403, "not-permitted");
    put(&owner, "mori", json!([])).await.problem(403, "not-permitted");
    admin.delete("/v1/orgs/midori/people/mori").await.problem(403, "not-permitted");
    security.delete("/v1/orgs/midori/people/mori").await.problem(403, "not-permitted");
    // A link for a further passkey is a way to somebody's rights.
    admin.post("/v1/orgs/midori/people/mori/invitation", json!({})).await.problem(403, "not-permitted");
    admin.post("/v1/orgs/midori/people/sato/invitation", json!({})).await.ok(200);
    // The one who stops things may stop an admin.
    security.delete("/v1/orgs/midori/people/abe").await.empty(204);
    admin.get("/v1/operator/me").await.problem(401, "unauthenticated");
    assert_eq!(roles_of(&owner, "mori").await, ["owner"]);
}

#[tokio::test]
async fn the_review_lists_what_nobody_uses_and_one_action_removes_it() {
    let service = Service::start().await;
    let mut owner = service.desk("mori", 1).await;
    let desk = service.desk("sato", 2).await;
    let _phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    owner.get("/v1/orgs/midori/review").await.ok(200);
    desk.ask("C-1", "light").await;
    let none = owner.get("/v1/orgs/midori/review").await.ok(200);
    assert_eq!((&none["unused_rights"], &none["dormant"]), (&json!([]), &json!([])));
    service.shift_clock(91 * 86_400_000).await;
    owner.login().await.empty(204);
    let review = owner.get("/v1/orgs/midori/review").await.ok(200);
    let people = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|e| e["person"].as_str().unwrap().to_owned()).collect()
    };
    assert!(people(&review["dormant"]).contains(&"sato".to_owned()));
    assert!(!people(&review["dormant"]).contains(&"mori".to_owned()), "who just came is not dormant");
    assert!(people(&review["unused_rights"]).contains(&"endo".to_owned()));
    let items = json!({"items": [{"person": "sato"}, {"person": "endo", "role": "auditor"}]});
    owner.post("/v1/orgs/midori/review/remove", items).await.empty(204);
    assert!(roles_of(&owner, "endo").await.is_empty());
    let after = owner.get("/v1/orgs/midori/review").await.ok(200);
    assert!(!people(&after["dormant"]).contains(&"sato".to_owned()));
    // All or nothing.
    let items = json!({"items": [{"person": "suzuki"}, {"person": "nobody"}]});
    owner.post("/v1/orgs/midori/review/remove", items).await.problem(404, "not-found");
    assert_eq!(service.text("SELECT status FROM people WHERE id = 'suzuki'").await, "active");
}
