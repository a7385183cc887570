//! The database goes away and comes back; a backup is restored.

use anyhow::{Context, Result};
use honnin_tests::{
    desk::{PATIENCE, reached},
    postgres,
    scene::{ANNA, open_call},
};

use crate::cluster::Nodes;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_and_comes_back() -> Result<()> {
    let nodes = Nodes::start(2).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    nodes.pin(Some(0));
    let call = open_call(&desk, &phone, "address-change", "standard").await?;
    let body = phone.approval(&call.request, &call.code)?;
    // As a power cut: what was answered before must be there after.
    nodes.cluster.kill()?;
    let refused = phone.approve(&call.id, &body).await?;
    assert_eq!(refused.body["code"], "unavailable", "{refused:?}");
    assert_eq!(refused.status, 503);
    assert_eq!(desk.get("/v1/operator/me").await?.body["code"], "unavailable");
    nodes.cluster.up()?;
    // Nobody restarts a node: the pools find the database again.
    let deadline = std::time::Instant::now() + PATIENCE;
    let answer = loop {
        let answer = phone.approve(&call.id, &body).await?;
        if answer.status != 503 || std::time::Instant::now() > deadline {
            break answer;
        }
    };
    answer.ok()?;
    assert_eq!(desk.view(&call.id).await?["state"], "passed");
    // And the nodes hear each other again.
    let mut heard = phone.stream().await?;
    let mut events = desk.stream(None).await?;
    let view = desk.start(ANNA, "balance", "holder").await?;
    let id = view["id"].as_str().context("no id")?;
    heard.until(PATIENCE, |e| (e.name == "request" && e.data.contains(id)).then_some(())).await?;
    phone.refuse(id, false).await?.ok()?;
    events.until(PATIENCE, |e| reached(e, id, "denied")).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_what_was_decided() -> Result<()> {
    let mut nodes = Nodes::start(2).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    nodes.pin(Some(0));
    let call = open_call(&desk, &phone, "address-change", "standard").await?;
    let body = phone.approval(&call.request, &call.code)?;
    phone.approve(&call.id, &body).await?.ok()?;
    // While serving, as docs/operations.md says.
    let backup = postgres::dump(&nodes.url)?;
    nodes.stack.stop_node(0).await?;
    nodes.stack.stop_node(1).await?;
    nodes.cluster.psql("postgres", "DROP DATABASE honnin")?;
    nodes.cluster.create("honnin")?;
    postgres::restore(&nodes.url, &backup)?;
    nodes.stack.start_node(0).await?;
    nodes.stack.start_node(1).await?;
    assert_eq!(desk.view(&call.id).await?["state"], "passed");
    // It goes on where it stopped.
    let call = open_call(&desk, &phone, "balance", "holder").await?;
    let body = phone.approval(&call.request, &call.code)?;
    phone.approve(&call.id, &body).await?.ok()?;
    Ok(())
}
