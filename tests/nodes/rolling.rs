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
