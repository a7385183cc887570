//! Several phones of one customer: all of them hear, the first answer decides, and each can be removed.

use honnin_protocol::revocation::{self, Reason, Revocation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::authenticator::signing_key;
use crate::support::push_service::PushService;
use crate::support::service::{ISSUER, ROOT_SEED};
use crate::support::stream::Events;
use crate::support::{Answer, Desk, Phone, Service};

async fn listen(phone: &Phone<'_>) -> Events {
    let request =
        phone.service.http.get(format!("{}/v1/device/stream", phone.service.origin)).bearer_auth(&phone.token);
    Events::new(request.send().await.unwrap())
}

/// A second phone's enrolment, and what is answered.
async fn enrol(phone: &mut Phone<'_>, others: &str) -> Answer {
    let (id, mut body) = phone.enrolment().await;
    body["others"] = json!(others);
    let answer = phone.service.post(&format!("/v1/enrolments/{id}/complete"), body).await;
    if answer.status == 201 {
        phone.device = answer.body["device"].as_str().unwrap().to_owned();
        phone.log_in().await;
    }
    answer
}

async fn devices(phone: &Phone<'_>) -> Vec<Value> {
    phone.get("/v1/device/devices").await.ok(200)["devices"].as_array().unwrap().clone()
}

async fn remove(phone: &Phone<'_>, id: &str) -> Answer {
    phone.call(Method::DELETE, &format!("/v1/device/devices/{id}"), None).await
}

#[tokio::test]
async fn both_hear_and_the_first_answer_decides() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut one = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut two = Phone::enrolled(&service, "midori", "C-1", 21).await;
    let other = Phone::enrolled(&service, "midori", "C-2", 22).await;
    let (mut hears_one, mut hears_two) = (listen(&one).await, listen(&two).await);

    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    for events in [&mut hears_one, &mut hears_two] {
        let event = events.next().await.unwrap();
        assert_eq!((event.name.as_str(), &event.data), ("request", &json!({"verification": id})));
    }
    // Used last, so addressed first; the other one answers.
    let addressed = format!("SELECT device FROM verifications WHERE id = '{id}'");
    assert_eq!(service.text(&addressed).await, two.device);
    other.get(&format!("/v1/device/requests/{id}")).await.problem(404, "not-found");
    let (first, second) = (two.open(id).await, one.open(id).await);
    assert_eq!(first["statement"], second["statement"]);
    let code = asked["match_code"].as_str().unwrap();
    let (late, body) = (two.approval(&first, code).await.body, one.approval(&second, code).await.body);
    one.approve(id, &body).await.ok(200);
    two.approve(id, &late).await.problem(409, "already-decided");
    two.post(&format!("/v1/device/requests/{id}/refuse"), json!({"report": true}))
        .await
        .problem(409, "already-decided");
    assert_eq!(service.text(&addressed).await, one.device, "the answering phone's");
    for events in [&mut hears_one, &mut hears_two] {
        let event = events.next().await.unwrap();
        assert_eq!((event.name.as_str(), &event.data["state"]), ("ended", &json!("passed")));
    }
    // Both show what was decided; the receipt rests on the phone that answered.
    for phone in [&one, &two] {
        let history = phone.get("/v1/device/history").await.ok(200);
        assert_eq!(history["entries"][0]["verification"], id);
    }
    let receipt = two.get(&format!("/v1/device/receipts/{id}")).await.ok(200);
    assert_eq!(receipt["body"]["approval"]["pseudonym"], honnin_circuits::encoding::fr_to_hex(&one.pseudonym));

    // Three wrong numbers are three, on whichever phone; refusing decides as well.
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let wrong = if asked["match_code"] == "11" { "12" } else { "11" };
    let both = [&mut one, &mut two];
    for (place, left) in [(0, 2), (1, 1), (0, 0)] {
        let phone = &mut *both[place];
        let request = phone.open(id).await;
        let body = phone.approval(&request, wrong).await.body;
        assert_eq!(phone.approve(id, &body).await.problem(422, "wrong-number")["attempts_left"], left);
    }
    assert_eq!(desk.view(id).await["detail"], "number");
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    two.post(&format!("/v1/device/requests/{id}/refuse"), json!({"report": false})).await.ok(200);
    one.post(&format!("/v1/device/requests/{id}/unprovable"), json!({})).await.problem(409, "already-decided");
}

#[tokio::test]
async fn a_phone_removes_another_at_once_and_five_are_enough() {
    let service = Service::idle(json!({"limits": {"enrolments_per_handle_per_minute": 100}})).await;
    let desk = service.desk("sato", 1).await;
    let one = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut hears = listen(&one).await;
    let mut rest = Vec::new();
    for seed in 21..25 {
        rest.push(Phone::enrolled(&service, "midori", "C-1", seed).await);
        assert_eq!(hears.next().await.unwrap().name, "devices");
    }
    let mut sixth = Phone::new(&service, "midori", "C-1", 25);
    enrol(&mut sixth, "keep").await.problem(409, "too-many-devices");
    assert_eq!(service.count("SELECT COUNT(*) FROM devices").await, 5, "nothing was written");

    let listed = devices(&one).await;
    assert_eq!(listed.iter().filter(|d| d["this"] == true).count(), 1);
    assert_eq!(listed[0]["id"], rest[3].device, "newest use first");
    let members: Vec<&String> = listed[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["enrolled_at", "id", "label", "last_used_at", "this"]);
    let other = Phone::enrolled(&service, "midori", "C-2", 26).await;
    remove(&one, &other.device).await.problem(404, "not-found");

    let mut hears_gone = listen(&rest[0]).await;
    remove(&one, &rest[0].device).await.empty(204);
    assert!(hears_gone.next().await.is_none(), "its stream ends");
    rest[0].get("/v1/device/requests").await.problem(401, "unauthenticated");
    remove(&rest[0], &one.device).await.problem(401, "unauthenticated");
    remove(&one, &rest[0].device).await.problem(404, "not-found");
    assert_eq!(hears.next().await.unwrap().name, "devices");
    // Its secret does not come back, neither with its key nor under another.
    enrol(&mut rest[0], "keep").await.problem(403, "not-in-good-standing");
    let left = enrol(&mut sixth, "keep").await.ok(201);
    assert_eq!(left["others"], 4);

    // Open requests stay while a phone is left, and are called off with the last.
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    for phone in &rest[1..] {
        remove(&sixth, &phone.device).await.empty(204);
    }
    remove(&sixth, &one.device).await.empty(204);
    assert_eq!(desk.view(id).await["state"], "created");
    let replaced = {
        let mut seventh = Phone::new(&service, "midori", "C-1", 27);
        assert_eq!(enrol(&mut seventh, "replace").await.ok(201)["others"], 0);
        seventh
    };
    sixth.get("/v1/device/requests").await.problem(401, "unauthenticated");
    let open = replaced.get("/v1/device/requests").await.ok(200);
    assert_eq!(open["requests"][0]["verification"], id);
    remove(&replaced, &replaced.device).await.empty(204);
    assert_eq!(desk.view(id).await["state"], "cancelled");
}

#[tokio::test]
async fn a_restored_backup_takes_the_place_of_its_phone_and_nobody_elses() {
    let service = Service::idle(json!({"limits": {"enrolments_per_handle_per_minute": 100}})).await;
    let mut old = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let kept = Phone::enrolled(&service, "midori", "C-1", 21).await;
    let mut copy = Phone::new(&service, "midori", "C-1", 22);
    copy.pseudonym = old.pseudonym;
    assert_eq!(enrol(&mut copy, "keep").await.ok(201)["others"], 1);
    old.get("/v1/device/requests").await.problem(401, "unauthenticated");
    assert_eq!(devices(&kept).await.len(), 2);
    // Under another customer's handle the secret is refused, whatever becomes of the others.
    let mut thief = Phone::new(&service, "midori", "C-2", 23);
    thief.pseudonym = copy.pseudonym;
    for others in ["keep", "replace"] {
        enrol(&mut thief, others).await.problem(403, "not-in-good-standing");
    }
    // Once the copy is gone, the old phone does not come back with the same secret.
    remove(&kept, &copy.device).await.empty(204);
    enrol(&mut old, "keep").await.problem(403, "not-in-good-standing");
}

#[tokio::test]
async fn each_phone_is_woken_and_each_takes_a_code_while_guesses_count_together() {
    let service = Service::idle(json!({})).await;
    let desk = service.desk("sato", 1).await;
    let (one, two) =
        (Phone::enrolled(&service, "midori", "C-1", 20).await, Phone::enrolled(&service, "midori", "C-1", 21).await);
    let mut push = PushService::start().await;
    one.call(Method::PUT, "/v1/device/push", Some(&push.subscribe(1))).await.empty(204);
    two.call(Method::PUT, "/v1/device/push", Some(&push.subscribe(2))).await.empty(204);
    let asked = desk.ask("C-1", "standard").await;
    service.app.push_due().await.unwrap();
    let mut woken: Vec<String> = push.all().iter().map(|g| g.to.clone()).collect();
    woken.sort();
    assert_eq!(woken, ["1", "2"]);

    let id = asked["id"].as_str().unwrap();
    let link = format!("/v1/verifications/{id}/link");
    for phone in [&one, &two] {
        let made = desk.post(&link, json!({})).await.ok(201);
        assert_eq!(phone.post("/v1/device/links", json!({"code": made["code"]})).await.ok(200)["verification"], id);
    }
    let made = desk.post(&link, json!({})).await.ok(201);
    let right: u32 = made["code"].as_str().unwrap().parse().unwrap();
    for n in 1..=5 {
        let code = format!("{:06}", (right + n) % 1_000_000);
        let phone = if n % 2 == 0 { &one } else { &two };
        phone.post("/v1/device/links", json!({"code": code})).await.problem(404, "not-found");
    }
    for phone in [&one, &two] {
        phone.post("/v1/device/links", json!({"code": made["code"]})).await.problem(429, "too-many-requests");
    }
}

#[tokio::test]
async fn a_desk_suspends_what_is_lost_and_the_tenant_finds_it_again() {
    let service = Service::start().await;
    let (desk, supervisor) = (service.desk("sato", 1).await, service.desk("ono", 2).await);
    let security = service.desk("hara", 3).await;
    let mut one = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let mut two = Phone::enrolled(&service, "midori", "C-1", 21).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap();
    let request = one.open(id).await;
    let approval = one.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    let mut hears = listen(&two).await;
    assert_eq!(hears.next().await.unwrap().name, "request");

    let lost = |handle: &str| json!({"handle": handle, "reason": "stolen"});
    desk.post("/v1/customers/lost", json!({"handle": "C-1", "reason": "bored"})).await.problem(400, "malformed");
    desk.post("/v1/customers/lost", lost("佐藤花子")).await.problem(422, "looks-like-personal-data");
    security.post("/v1/customers/lost", lost("C-1")).await.problem(403, "not-permitted");
    assert_eq!(desk.post("/v1/customers/lost", lost("C-404")).await.ok(200), json!({"phones": 0}));
    assert_eq!(desk.post("/v1/customers/lost", lost("C-1")).await.ok(200), json!({"phones": 2}));
    assert_eq!(supervisor.post("/v1/customers/lost", lost("C-1")).await.ok(200), json!({"phones": 0}));
    // At once: the answer that was under way, the streams, the tokens, and the secret.
    one.approve(id, &approval).await.problem(401, "unauthenticated");
    while hears.next().await.is_some() {}
    assert_eq!(desk.view(id).await["state"], "cancelled");
    enrol(&mut one, "keep").await.problem(403, "not-in-good-standing");
    assert_eq!(desk.ask("C-1", "standard").await["state"], "unreachable");

    let found = "/v1/orgs/midori/customers/found";
    desk.post(found, json!({"handle": "C-1"})).await.problem(404, "not-found");
    supervisor.post(found, json!({"handle": "C-404"})).await.problem(404, "not-found");
    assert_eq!(supervisor.post(found, json!({"handle": "C-1"})).await.ok(200), json!({"phones": 2}));
    assert_eq!(security.post(found, json!({"handle": "C-1"})).await.ok(200), json!({"phones": 0}));
    // The old tokens stay dead; a new session is theirs.
    two.get("/v1/device/requests").await.problem(401, "unauthenticated");
    two.log_in().await;
    assert_eq!(devices(&two).await.len(), 2);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'customer.lost'").await, 2);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'device.suspended'").await, 2);
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE data LIKE '%C-1%'").await, 0);
}

#[tokio::test]
async fn what_was_enrolled_meanwhile_leaves_less_room_for_the_found() {
    let service = Service::idle(json!({"limits": {"enrolments_per_handle_per_minute": 100}})).await;
    let (desk, supervisor) = (service.desk("sato", 1).await, service.desk("ono", 2).await);
    for seed in 20..25 {
        Phone::enrolled(&service, "midori", "C-1", seed).await;
    }
    assert_eq!(lost(&desk).await, json!({"phones": 5}));
    Phone::enrolled(&service, "midori", "C-1", 25).await;
    let found = supervisor.post("/v1/orgs/midori/customers/found", json!({"handle": "C-1"})).await.ok(200);
    assert_eq!(found, json!({"phones": 4}));
    assert_eq!(service.count("SELECT COUNT(*) FROM devices WHERE status = 'active'").await, 5);
    assert_eq!(lost(&desk).await, json!({"phones": 5}));
    let mut fresh = Phone::new(&service, "midori", "C-1", 26);
    assert_eq!(enrol(&mut fresh, "replace").await.ok(201)["others"], 0);
    let found = supervisor.post("/v1/orgs/midori/customers/found", json!({"handle": "C-1"})).await.ok(200);
    assert_eq!(found, json!({"phones": 0}), "replaced, so not found");
}

async fn lost(desk: &Desk<'_>) -> Value {
    desk.post("/v1/customers/lost", json!({"handle": "C-1", "reason": "lost"})).await.ok(200)
}

#[tokio::test]
async fn an_issuers_word_revokes_its_own_phones_once() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let other = Phone::enrolled(&service, "midori", "C-2", 21).await;
    let namesake = Phone::enrolled(&service, "aozora", "C-1", 22).await;
    let now = u64::try_from(service.app.db().now().await.unwrap() / 1000).unwrap();
    let word = Revocation {
        iss: ISSUER.into(),
        tenant: "midori".into(),
        sub: "C-1".into(),
        jti: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        iat: now,
        reason: Reason::Left,
    };
    let send = async |word: &Revocation, seed: u8| {
        let jws = revocation::sign(word, &signing_key(seed));
        service.post("/v1/revocations", json!({"jws": jws})).await
    };
    // Another root, another issuer's name, another time, no personal data, and what is no JWS at all.
    send(&word, ROOT_SEED + 1).await.problem(422, "issuer-unknown");
    send(&Revocation { iss: "https://else.example".into(), ..word.clone() }, ROOT_SEED)
        .await
        .problem(422, "issuer-unknown");
    send(&Revocation { tenant: "nobody".into(), ..word.clone() }, ROOT_SEED).await.problem(422, "issuer-unknown");
    for iat in [now - 400, now + 400] {
        send(&Revocation { iat, ..word.clone() }, ROOT_SEED).await.problem(410, "expired");
    }
    send(&Revocation { sub: "090-1234-5678".into(), ..word.clone() }, ROOT_SEED)
        .await
        .problem(422, "looks-like-personal-data");
    service.post("/v1/revocations", json!({"jws": "a.b.c"})).await.problem(400, "malformed");
    service.post("/v1/revocations", json!({})).await.problem(400, "malformed");
    phone.get("/v1/device/requests").await.ok(200);

    // Suspended ones go too, for good.
    assert_eq!(lost(&desk).await, json!({"phones": 1}));
    let second = Phone::enrolled(&service, "midori", "C-1", 23).await;
    assert_eq!(send(&word, ROOT_SEED).await.ok(200), json!({"phones": 2}));
    send(&word, ROOT_SEED).await.problem(409, "already-decided");
    second.get("/v1/device/requests").await.problem(401, "unauthenticated");
    enrol(&mut phone, "keep").await.problem(403, "not-in-good-standing");
    let supervisor = service.desk("ono", 2).await;
    let found = supervisor.post("/v1/orgs/midori/customers/found", json!({"handle": "C-1"})).await.ok(200);
    assert_eq!(found, json!({"phones": 0}));
    other.get("/v1/device/requests").await.ok(200);
    namesake.get("/v1/device/requests").await.ok(200);
    let unknown = Revocation { sub: "C-404".into(), jti: "AQAAAAAAAAAAAAAAAAAAAA".into(), ..word };
    assert_eq!(send(&unknown, ROOT_SEED).await.ok(200), json!({"phones": 0}));
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'customer.revoked'").await, 1);
}
