//! Many at once: what goes into the database together comes out each by itself.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Phone, Service};

/// Phones of customers C-0, C-1, …, and what each was asked.
async fn asked<'a>(service: &'a Service, phones: u8) -> (Vec<Phone<'a>>, Vec<Value>) {
    let desk = service.desk("sato", 1).await;
    let (mut all, mut asked) = (Vec::new(), Vec::new());
    for i in 0..phones {
        let handle = format!("C-{i}");
        all.push(Phone::enrolled(service, "midori", &handle, 20 + i).await);
    }
    for answer in join_all((0..phones).map(|i| {
        let handle = format!("C-{i}");
        let desk = &desk;
        async move { desk.ask(&handle, "standard").await }
    }))
    .await
    {
        asked.push(answer);
    }
    (all, asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_that_is_refused_does_not_touch_the_others() {
    let service = Service::start().await;
    let (mut phones, asked) = asked(&service, 6).await;
    let ids: Vec<&str> = asked.iter().map(|a| a["id"].as_str().unwrap()).collect();
    assert_eq!(service.count("SELECT COUNT(*) FROM verifications WHERE state = 'created'").await, 6);
    let requests: Vec<Value> = join_all(phones.iter().zip(&ids).map(|(phone, id)| phone.open(id))).await;
    let mut bodies = Vec::new();
    for ((phone, request), asked) in phones.iter_mut().zip(&requests).zip(&asked) {
        bodies.push(phone.approval(request, asked["match_code"].as_str().unwrap()).await.body);
    }
    // Another number, another's proof, another's request.
    let right: u32 = asked[1]["match_code"].as_str().unwrap().parse().unwrap();
    bodies[1]["match_code"] = json!(format!("{:02}", (right + 1) % 100));
    bodies[2]["proof"] = bodies[0]["proof"].clone();
    let targets = [ids[0], ids[1], ids[2], ids[0], ids[4], ids[5]];
    let answers = join_all(phones.iter().zip(targets).zip(&bodies).map(|((p, id), body)| p.approve(id, body))).await;
    let codes: Vec<(u16, Option<&str>)> = answers.iter().map(|a| (a.status, a.body["code"].as_str())).collect();
    assert_eq!(
        codes,
        [
            (200, None),
            (422, Some("wrong-number")),
            (422, Some("proof-invalid")),
            (404, Some("not-found")),
            (200, None),
            (200, None)
        ]
    );
    assert_eq!(service.count("SELECT COUNT(*) FROM approvals").await, 3);
    assert_eq!(service.count("SELECT COUNT(*) FROM verifications WHERE state = 'passed'").await, 3);
    assert_eq!(service.count("SELECT COUNT(*) FROM verifications WHERE state = 'opened'").await, 3);
    let gaps =
        "SELECT COUNT(*) FROM logs l WHERE l.size <> (SELECT COUNT(*) FROM events e WHERE e.log = l.organisation)";
    assert_eq!(service.count(gaps).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn paths_that_no_database_takes_stop_nobody() {
    let service = Service::start().await;
    let (phones, asked) = asked(&service, 3).await;
    let ids: Vec<&str> = asked.iter().map(|a| a["id"].as_str().unwrap()).collect();
    let hostile = ["%00", "v_%00", "v_%E2%80%AE", "'%3B--", "%7B%22a%22%3A1%7D", "v_%ED%A0%80"];
    let stranger = [("authorization", "Bearer nobodys")];
    let strangers = join_all(hostile.map(|id| {
        let path = format!("/v1/device/requests/{id}");
        let service = &service;
        async move { service.call(Method::GET, &path, None, &stranger).await }
    }));
    let own = join_all(hostile.map(|id| {
        let (phone, path) = (&phones[0], format!("/v1/device/requests/{id}"));
        async move { phone.get(&path).await }
    }));
    let (strangers, own, opened) =
        tokio::join!(strangers, own, join_all(phones.iter().zip(&ids).map(|(phone, id)| phone.open(id))));
    assert!(strangers.iter().chain(&own).all(|a| a.status == 404), "{strangers:?} {own:?}");
    assert_eq!(opened.len(), 3);
    let unknown = service.call(Method::GET, &format!("/v1/device/requests/{}", ids[0]), None, &stranger).await;
    unknown.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_right_guess_behind_three_wrong_ones_is_too_late() {
    let service = Service::start().await;
    let (mut phones, asked) = asked(&service, 1).await;
    let (phone, id) = (&mut phones[0], asked[0]["id"].as_str().unwrap());
    let request = phone.open(id).await;
    let code = asked[0]["match_code"].as_str().unwrap();
    let right = phone.approval(&request, code).await.body;
    let number: u32 = code.parse().unwrap();
    let wrong: Vec<Value> = (1..=3)
        .map(|i| {
            let mut body = right.clone();
            body["match_code"] = json!(format!("{:02}", (number + i) % 100));
            body
        })
        .collect();
    // The wrong ones first; the right one while they are being counted.
    let wrong = join_all(wrong.iter().map(|body| phone.approve(id, body)));
    let late = async {
        while service.count("SELECT COUNT(*) FROM events WHERE kind = 'verification.number-refused'").await < 3 {
            tokio::task::yield_now().await;
        }
        phone.approve(id, &right).await
    };
    let (wrong, late) = tokio::join!(wrong, late);
    assert!(wrong.iter().all(|a| a.body["code"] == "wrong-number"), "{wrong:?}");
    late.problem(409, "already-decided");
    assert_eq!(service.count("SELECT COUNT(*) FROM approvals").await, 0);
}
