//! The log as an auditor gets it: searched, exported, and as a bundle that holds by itself.

use std::collections::BTreeSet;

use honnin_evidence::bundle::{self, Fault, Trust};
use honnin_evidence::checkpoint::Checkpoint;
use honnin_server::db::Event;
use reqwest::Method;
use serde_json::{Value, json};

use crate::receipts::{log_key, pass};
use crate::support::{Desk, Phone, Service};

async fn search(desk: &Desk<'_>, query: &str) -> Value {
    desk.get(&format!("/v1/orgs/midori/audit?{query}")).await.ok(200)
}

fn events(found: &Value) -> &Vec<Value> {
    found["events"].as_array().unwrap()
}

/// A text download.
async fn text(desk: &Desk<'_>, path: &str) -> String {
    let request = desk.service.http.get(format!("{}/v1/orgs/midori/audit/{path}", desk.service.origin));
    let response = request.header("cookie", &desk.cookie).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

async fn fill(service: &Service, entries: u32) {
    let mut write = service.app.db().write().await.unwrap();
    for n in 0..entries {
        write.record(Event::new("midori", "test.counted").by("sato").with(json!({"n": n})));
    }
    write.commit().await.unwrap();
}

#[tokio::test]
async fn it_is_searched_by_every_filter() {
    let service = Service::idle(json!({})).await;
    let (desk, endo) = (service.desk("sato", 1).await, service.desk("endo", 2).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-7731", 20).await;
    let id = pass(&desk, &mut phone).await;
    let found = search(&endo, "").await;
    let all = events(&found);
    assert_eq!((&all[0]["kind"], &all[0]["person"]), (&json!("audit.viewed"), &json!("endo")));
    assert!(all[0]["flags"].as_array().unwrap().contains(&json!("log-viewed")));
    let places: Vec<i64> = all.iter().map(|e| e["index"].as_i64().unwrap()).collect();
    assert!(places.windows(2).all(|w| w[0] == w[1] + 1) && *places.last().unwrap() == 0, "{places:?}");
    assert_eq!(found["cursor"], json!(null));

    let of_call = search(&endo, &format!("verification={id}")).await;
    let kinds: Vec<&str> = events(&of_call).iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["verification.passed", "verification.opened", "verification.delivered", "verification.created"]);
    assert_eq!(events(&search(&endo, &format!("verification={id}&person=sato")).await).len(), 4);
    assert_eq!(events(&search(&endo, &format!("verification={id}&person=endo")).await).len(), 0);
    assert_eq!(events(&search(&endo, "kind=verification").await).len(), 4);
    assert_eq!(events(&search(&endo, "kind=verification.passed").await).len(), 1);
    assert_eq!(events(&search(&endo, "kind=verif").await).len(), 0);
    let by_sato = search(&endo, "person=sato").await;
    assert!(events(&by_sato).len() >= 5 && events(&by_sato).iter().all(|e| e["person"] == "sato"));
    let at = events(&of_call)[0]["at"].as_i64().unwrap();
    assert_eq!(events(&search(&endo, &format!("kind=verification.passed&from={at}&to={}", at + 1)).await).len(), 1);
    assert_eq!(events(&search(&endo, &format!("kind=verification.passed&from={}", at + 1)).await).len(), 0);
    assert_eq!(events(&search(&endo, &format!("kind=verification.passed&to={at}")).await).len(), 0);
    // What was looked for stands nowhere, only by what.
    let own = search(&endo, "kind=audit.viewed&person=endo&limit=2").await;
    assert_eq!(events(&own)[0]["data"], json!({"what": "search", "filters": ["kind", "person"]}));
    for bad in
        ["limit=0", "limit=201", "cursor=x", "cursor=-1", "kind=%25", "person=a%27b", "from=x", "who=1", "format=csv"]
    {
        endo.get(&format!("/v1/orgs/midori/audit?{bad}")).await.problem(400, "malformed");
    }
}

#[tokio::test]
async fn pages_hold_every_entry_once() {
    let service = Service::idle(json!({})).await;
    let endo = service.desk("endo", 2).await;
    fill(&service, 60).await;
    let size = service.count("SELECT size FROM logs WHERE organisation = 'midori'").await;
    let (mut seen, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = search(&endo, &format!("limit=7{cursor}")).await;
        for event in events(&page) {
            assert!(seen.insert(event["index"].as_i64().unwrap()), "twice");
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    // The first search stands in its own page, the later ones above it.
    assert_eq!(seen, (0..=size).collect());
    // Few suspicious ones among many: the pages go on until there are no more.
    let (mut found, mut cursor) = (0, String::new());
    fill(&service, 1200).await;
    loop {
        let page = search(&endo, &format!("suspicious=true&kind=audit&to=9999999999999&limit=5{cursor}")).await;
        found += events(&page).len();
        assert!(events(&page).iter().all(|e| e["kind"] == "audit.viewed"));
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(found > 9, "{found}");
}

#[tokio::test]
async fn it_is_for_owner_security_and_auditor_of_the_same_organisation() {
    let service = Service::idle(json!({})).await;
    let routes = ["audit", "audit/export?format=csv", "audit/export?format=jsonl", "audit/bundle", "audit/checkpoint"];
    for (seed, person) in [(1, "mori"), (2, "hara"), (3, "endo")] {
        let desk = service.desk(person, seed).await;
        for route in routes {
            assert_eq!(desk.get(&format!("/v1/orgs/midori/{route}")).await.status, 200, "{person} {route}");
            desk.get(&format!("/v1/orgs/aozora/{route}")).await.problem(404, "not-found");
            desk.get(&format!("/v1/orgs/nobody/{route}")).await.problem(404, "not-found");
        }
    }
    let before = service.count("SELECT size FROM logs WHERE organisation = 'midori'").await;
    for (seed, person) in [(4, "kondo"), (5, "kato")] {
        let desk = service.desk(person, seed).await;
        for route in routes {
            desk.get(&format!("/v1/orgs/midori/{route}")).await.problem(404, "not-found");
        }
    }
    assert_eq!(service.count("SELECT size FROM logs WHERE organisation = 'midori'").await, before);
    for (seed, person) in [(6, "sato"), (7, "abe"), (8, "ono")] {
        let desk = service.desk(person, seed).await;
        for route in routes {
            desk.get(&format!("/v1/orgs/midori/{route}")).await.problem(404, "not-found");
        }
    }
    for route in routes {
        let path = format!("/v1/orgs/midori/{route}");
        service.call(Method::GET, &path, None, &[]).await.problem(401, "unauthenticated");
    }
    // Three people, four downloads and searches each; a checkpoint is no look at an entry.
    assert_eq!(service.count("SELECT COUNT(*) FROM events WHERE kind = 'audit.viewed'").await, 12);
}

#[tokio::test]
async fn an_export_is_the_whole_search() {
    let service = Service::idle(json!({})).await;
    let (desk, endo) = (service.desk("sato", 1).await, service.desk("endo", 2).await);
    let mut phone = Phone::enrolled(&service, "midori", "C-7731", 20).await;
    pass(&desk, &mut phone).await;
    fill(&service, 1100).await;
    let lines: Vec<Value> =
        text(&endo, "export?format=jsonl").await.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let size = service.count("SELECT size FROM logs WHERE organisation = 'midori'").await;
    let places: Vec<i64> = lines.iter().map(|l| l["index"].as_i64().unwrap()).collect();
    assert_eq!(places, (0..size).rev().collect::<Vec<_>>());
    assert_eq!(lines[0]["data"], json!({"what": "export", "filters": []}));

    let csv = text(&endo, "export?format=csv&kind=verification").await;
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(rows[0], "index,at,time,kind,person,verification,flags,data");
    assert_eq!((rows.len(), rows[5]), (6, ""), "{csv}");
    assert!(rows[1].contains("\"verification.passed\",\"sato\",\"v_") && rows[1].contains("\"\"receipt\"\":"), "{csv}");
    assert!(!csv.contains("C-7731"));
    let suspicious = text(&endo, "export?format=jsonl&suspicious=true&kind=audit").await;
    assert_eq!(suspicious.lines().count(), 3);
    endo.get("/v1/orgs/midori/audit/export").await.problem(400, "malformed");
    endo.get("/v1/orgs/midori/audit/export?format=csv&limit=5").await.problem(400, "malformed");
    endo.get("/v1/orgs/midori/audit/export?format=xml").await.problem(400, "malformed");
}

#[tokio::test]
async fn a_bundle_holds_and_a_changed_log_does_not() {
    let service = Service::idle(json!({})).await;
    let endo = service.desk("endo", 2).await;
    fill(&service, 300).await;
    let kept = text(&endo, "checkpoint").await;
    let key = log_key(&service, "midori").await;
    let keys = endo.get("/v1/orgs/midori/keys").await.ok(200);
    assert_eq!(keys["log"]["vkey"], key.to_string(), "what the pages tell an auditor to pin");
    let opened = Checkpoint::open(kept.as_bytes(), std::slice::from_ref(&key)).unwrap().checkpoint;
    assert_eq!(
        (opened.origin, opened.size),
        (
            service.app.log_origin("midori"),
            service.count("SELECT size FROM logs WHERE organisation = 'midori'").await as u64
        )
    );
    fill(&service, 900).await;
    let trust = Trust { log_keys: vec![key], kept: vec![kept.into_bytes()] };
    let whole = text(&endo, "bundle").await;
    let verified = bundle::verify(whole.as_bytes(), &trust).unwrap();
    let size = service.count("SELECT size FROM logs WHERE organisation = 'midori'").await;
    assert_eq!((verified.entries as i64, verified.checkpoints, verified.kept), (size, 2, 1));
    // Cut, and changed by somebody with the database's password.
    let cut = &whole[..whole[..whole.len() / 2].rfind('\n').unwrap() + 1];
    assert!(bundle::verify(cut.as_bytes(), &trust).is_err());
    service.drop_triggers().await;
    service.sql("UPDATE events SET data = '{\"n\":7000}' WHERE log = 'midori' AND place = 1000").await.unwrap();
    let changed = text(&endo, "bundle").await;
    let fault = bundle::verify(changed.as_bytes(), &trust);
    assert!(matches!(fault, Err(Fault::Edited { .. })), "{fault:?}");
}
