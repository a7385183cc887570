//! A rolling upgrade: one node after the other is replaced while calls go on.

use anyhow::Result;
use honnin_tests::scene::{ANNA, open_call};

use crate::cluster::Nodes;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_replaced_one_by_one_while_calls_go_on() -> Result<()> {
    let mut nodes = Nodes::start(3).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    for node in 0..3 {
        nodes.pin(Some((node + 1) % 3));
        phone.forget_connections();
        let call = open_call(&desk, &phone, "address-change", "standard").await;
        // A polite stop lets what is under way end.
        let clean = nodes.stack.stop_node(node).await?;
        assert!(clean, "node {node} ended by itself");
        let call = match call {
            Ok(call) => call,
            // The console's connection was to the node that went: it tries again, as browsers do.
            Err(_) => open_call(&desk, &phone, "address-change", "standard").await?,
        };
        let body = phone.approval(&call.request, &call.code)?;
        phone.approve(&call.id, &body).await?.ok()?;
        assert_eq!(desk.view(&call.id).await?["state"], "passed");
        nodes.stack.start_node(node).await?;
    }
    Ok(())
}

/// What a newer program's migration leaves behind: its tables and columns, and its row.
const EXPANDED: &str = "BEGIN; CREATE TABLE newer (id TEXT PRIMARY KEY, person TEXT REFERENCES people (id));
    ALTER TABLE verifications ADD COLUMN newer TEXT; ALTER TABLE people ADD COLUMN newer BIGINT NOT NULL DEFAULT 0;
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES (9001, 'expand newer', TRUE, '\\x00', 0); COMMIT";

#[tokio::test(flavor = "multi_thread")]
async fn nodes_go_on_and_restart_on_a_schema_that_a_newer_program_expanded() -> Result<()> {
    let mut nodes = Nodes::start(2).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    let open = open_call(&desk, &phone, "address-change", "standard").await?;
    // In mid-call, with both nodes running.
    nodes.cluster.psql("honnin", EXPANDED)?;
    let body = phone.approval(&open.request, &open.code)?;
    phone.approve(&open.id, &body).await?.ok()?;
    // One node is restarted: the console is on it, the phone on the one that runs since before.
    nodes.stack.stop_node(0).await?;
    nodes.stack.start_node(0).await?;
    for node in [0, 1] {
        nodes.pin(Some(node));
        phone.forget_connections();
        let call = open_call(&desk, &phone, "address-change", "standard").await?;
        let body = phone.approval(&call.request, &call.code)?;
        phone.approve(&call.id, &body).await?.ok()?;
        assert_eq!(desk.view(&call.id).await?["state"], "passed", "node {node}");
    }
    Ok(())
}
