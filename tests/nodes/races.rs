//! Two nodes at once: only one of them decides.

use anyhow::{Context, Result};
use honnin_tests::scene::{ANNA, open_call};

use crate::cluster::Nodes;

#[tokio::test(flavor = "multi_thread")]
async fn one_approval_sent_to_every_node_passes_once() -> Result<()> {
    let nodes = Nodes::start(3).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    for _ in 0..5 {
        nodes.pin(None);
        let call = open_call(&desk, &phone, "address-change", "standard").await?;
        let body = phone.approval(&call.request, &call.code)?;
        let path = format!("/v1/device/requests/{}/approve", call.id);
        // In turn, each over a connection of its own.
        let answers = tokio::join!(
            phone.post_alone(&path, &body),
            phone.post_alone(&path, &body),
            phone.post_alone(&path, &body),
        );
        let answers = [answers.0?, answers.1?, answers.2?];
        let passed = answers.iter().filter(|a| a.status.is_success()).count();
        assert_eq!(passed, 1, "{answers:?}");
        let id = &call.id;
        assert_eq!(nodes.count(&format!("SELECT COUNT(*) FROM approvals WHERE verification = '{id}'"))?, 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_spread_over_nodes_are_counted_together() -> Result<()> {
    let nodes = Nodes::start(3).await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    let call = open_call(&desk, &phone, "address-change", "standard").await?;
    nodes.pin(None);
    let path = format!("/v1/device/requests/{}/approve", call.id);
    let wrong: Vec<String> = (0..12).map(|n| format!("{n:02}")).filter(|code| *code != call.code).take(9).collect();
    let mut bodies = Vec::new();
    for code in &wrong {
        bodies.push(phone.approval(&call.request, code)?);
    }
    let phone = &phone;
    let sent = bodies.iter().map(|body| phone.post_alone(&path, body));
    let answers = futures_util::future::try_join_all(sent).await?;
    let counted = answers.iter().filter(|a| a.body["code"] == "wrong-number").count();
    assert_eq!(counted, 3, "three tries, wherever they arrive");
    let view = desk.view(&call.id).await?;
    assert_eq!(
        (view["state"].as_str().context("no state")?, &view["detail"]),
        ("failed", &serde_json::json!("number"))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_a_person_ends_their_stream_on_another_node() -> Result<()> {
    let nodes = Nodes::start(2).await?;
    let desk = nodes.desk_on(0).await?;
    let mut events = desk.stream(None).await?;
    nodes.pin(Some(1));
    let owner = honnin_tests::desk::Desk::invited(&nodes.stack.origin, &nodes.stack.invite("mori")?).await?;
    let began = std::time::Instant::now();
    owner.delete("/v1/orgs/midori/people/sato").await?.ok()?;
    while events.next().await?.is_some() {}
    assert!(began.elapsed() < std::time::Duration::from_secs(1), "within a second: {:?}", began.elapsed());
    desk.get("/v1/operator/me").await?.refused("unauthenticated");
    Ok(())
}
