//! A node that dies takes no accepted verdict with it, and nobody has to do anything about it.

use anyhow::{Context, Result};
use honnin_tests::{
    desk::{PATIENCE, reached},
    scene::{ANNA, open_call},
};
use serde_json::json;

use crate::cluster::Nodes;

#[tokio::test(flavor = "multi_thread")]
async fn console_and_phone_on_different_nodes() -> Result<()> {
    let nodes = Nodes::start(3).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    let mut heard = phone.stream().await?;
    let mut events = desk.stream(None).await?;
    let view = desk.start(ANNA, "address-change", "standard").await?;
    let id = view["id"].as_str().context("no id")?;
    // The phone hears of it on its own node, without asking.
    heard.until(PATIENCE, |e| (e.name == "request" && e.data.contains(id)).then_some(())).await?;
    let request = phone.open(id).await?;
    let body = phone.approval(&request, view["match_code"].as_str().context("no code")?)?;
    phone.approve(id, &body).await?.ok()?;
    events.until(PATIENCE, |e| reached(e, id, "passed")).await?;
    heard.until(PATIENCE, |e| (e.name == "ended" && e.data.contains("passed")).then_some(())).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consoles_node_dies_in_mid_call() -> Result<()> {
    let mut nodes = Nodes::start(3).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    nodes.pin(Some(0));
    let mut call = open_call(&desk, &phone, "address-change", "standard").await?;
    let opened =
        call.events.until(PATIENCE, |e| e.id.clone().filter(|_| reached(e, &call.id, "opened").is_some())).await?;
    nodes.stack.kill_node(0);
    // The stream breaks; the phone goes on meanwhile.
    let body = phone.approval(&call.request, &call.code)?;
    phone.approve(&call.id, &body).await?.ok()?;
    // The console comes back by itself through the balancer, with the place it had reached.
    let mut events = desk.stream(Some(&opened)).await?;
    let view = events.until(PATIENCE, |e| reached(e, &call.id, "passed")).await?;
    assert_eq!(view["state"], "passed");
    assert_eq!(desk.view(&call.id).await?["state"], "passed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phones_node_dies_in_mid_call() -> Result<()> {
    let mut nodes = Nodes::start(3).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    nodes.pin(Some(0));
    let mut call = open_call(&desk, &phone, "address-change", "standard").await?;
    nodes.stack.kill_node(1);
    let body = phone.approval(&call.request, &call.code)?;
    // Its connection is gone; the next one finds another node, where its token counts as well.
    let answer = match phone.approve(&call.id, &body).await {
        Ok(answer) => answer,
        Err(_) => phone.approve(&call.id, &body).await?,
    };
    answer.ok()?;
    call.until("passed").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_accepted_verdict_is_lost() -> Result<()> {
    let mut nodes = Nodes::start(3).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    let mut accepted = Vec::new();
    // Each round a node is killed while an approval is on its way to it; whatever was answered must stand.
    for round in 0..6 {
        let node = 1 + round % 2;
        nodes.pin(Some(0));
        let call = open_call(&desk, &phone, "address-change", "standard").await?;
        let body = phone.approval(&call.request, &call.code)?;
        nodes.pin(Some(node));
        phone.forget_connections();
        let path = format!("/v1/device/requests/{}/approve", call.id);
        let sent = phone.post(&path, &body);
        let killed = async {
            tokio::time::sleep(std::time::Duration::from_millis(2 * round as u64)).await;
        };
        let (answer, ()) = tokio::join!(sent, killed);
        nodes.stack.kill_node(node);
        if answer.is_ok_and(|a| a.status.is_success()) {
            accepted.push(call.id.clone());
        } else {
            // Not answered: it may have passed all the same, or may be tried again; never half of it.
            let state = desk.view(&call.id).await?["state"].clone();
            assert!(state == "passed" || state == "opened", "{state}");
        }
        nodes.stack.start_node(node).await?;
    }
    assert!(!accepted.is_empty());
    for id in &accepted {
        assert_eq!(desk.view(id).await?["state"], "passed", "{id}");
        let rows = format!("SELECT COUNT(*) FROM approvals WHERE verification = '{id}'");
        assert_eq!(nodes.count(&rows)?, 1, "its evidence");
        let entries =
            format!("SELECT COUNT(*) FROM events WHERE verification = '{id}' AND kind = 'verification.passed'");
        assert_eq!(nodes.count(&entries)?, 1, "its entry in the log");
    }
    // The log has no gap.
    let gaps =
        "SELECT COUNT(*) FROM logs l WHERE l.size <> (SELECT COUNT(*) FROM events e WHERE e.log = l.organisation)";
    assert_eq!(nodes.count(gaps)?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_nodes_open_requests_time_out_on_another() -> Result<()> {
    let mut nodes = Nodes::start(2).await?;
    let desk = nodes.desk_on(0).await?;
    let _phone = nodes.phone_on(1, ANNA).await?;
    let mut events = desk.stream(None).await?;
    nodes.pin(Some(1));
    let other = nodes.stack.desk().await?;
    let view = other.start(ANNA, "short", "short").await?;
    let id = view["id"].as_str().context("no id")?;
    nodes.stack.kill_node(1);
    let ended = events.until(PATIENCE, |e| reached(e, id, "unreachable")).await?;
    assert_eq!(ended["detail"], json!(null));
    Ok(())
}
