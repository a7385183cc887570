//! Two nodes at once: only one of them decides.

use anyhow::{Context, Result};
use honnin_tests::{
    phone::Phone,
    recipient::Recipient,
    scene::{ANNA, open_call},
    tenant,
};
use serde_json::json;

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

/// One payment, approved on every node at once: it passes once and its recipient is told once. The amount edited, or
/// sent when its time is over: never.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_raced_over_the_nodes_is_charged_once() -> Result<()> {
    let nodes = Nodes::start(3).await?;
    nodes.pin(Some(2));
    let security = nodes.stack.desk_of(tenant::SECURITY[0]).await?;
    let mut recipient = Recipient::add(&security, tenant::TENANT, "さくらペイ").await?;
    let desk = nodes.desk_on(0).await?;
    let mut phone = nodes.phone_on(1, ANNA).await?;
    for amount in [4_800, 9_600] {
        nodes.pin(None);
        let ask = json!({"handle": ANNA, "purpose": "card-payment", "amount": amount, "currency": "JPY",
                         "payee": "△△株式会社", "order": "A-2210", "instrument": "みどりカード", "recipient": recipient.id});
        let view = desk.post("/v1/payments", &ask).await?.ok()?;
        let (id, code) = (view["id"].as_str().context("no id")?, view["match_code"].as_str().context("no code")?);
        let request = phone.open(id).await?;
        let good = phone.authorisation(&request, code, &["payment_token"])?;
        let mut edited = request.clone();
        edited.statement["payment"]["amount"] = json!(1);
        let bad = phone.authorisation(&edited, code, &["payment_token"])?;
        let path = format!("/v1/device/requests/{id}/approve");
        let answers = tokio::join!(
            phone.post_alone(&path, &good),
            phone.post_alone(&path, &bad),
            phone.post_alone(&path, &good),
            phone.post_alone(&path, &good),
        );
        let edited = answers.1?;
        assert!(!edited.status.is_success(), "{edited:?}");
        let passed = [answers.0?, answers.2?, answers.3?].iter().filter(|a| a.status.is_success()).count();
        assert_eq!(passed, 1);
        let told = recipient.told().await?;
        assert_eq!((&told["data"]["verification"], &told["data"]["payment"]["amount"]), (&view["id"], &json!(amount)));
        let owed = format!("SELECT COUNT(*) FROM outbox WHERE kind = 'delivery' AND body LIKE '%{id}%'");
        assert_eq!(nodes.count(&owed)?, 1);
    }
    assert!(recipient.is_quiet(), "told once each");
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

/// Two phones of one customer answer one request on two nodes at once: one verdict, and it is the answering phone's.
#[tokio::test(flavor = "multi_thread")]
async fn two_phones_on_two_nodes_bring_one_verdict() -> Result<()> {
    let nodes = Nodes::start(2).await?;
    let desk = nodes.desk_on(0).await?;
    let mut one = nodes.phone_on(0, ANNA).await?;
    nodes.pin(Some(1));
    let mut two = Phone::beside(&nodes.stack, &nodes.prover, ANNA).await?;
    for _ in 0..4 {
        let call = open_call(&desk, &one, "address-change", "standard").await?;
        let request = two.open(&call.id).await?;
        let (first, second) = (one.approval(&call.request, &call.code)?, two.approval(&request, &call.code)?);
        let path = format!("/v1/device/requests/{}/approve", call.id);
        let (a, b) = tokio::join!(one.post(&path, &first), two.post(&path, &second));
        let (a, b) = (a?, b?);
        assert_eq!([&a, &b].iter().filter(|answer| answer.status.is_success()).count(), 1, "{a:?} {b:?}");
        let winner = if a.status.is_success() { &one } else { &two };
        (if a.status.is_success() { b } else { a }).refused("already-decided");
        let id = &call.id;
        assert_eq!(nodes.count(&format!("SELECT COUNT(*) FROM approvals WHERE verification = '{id}'"))?, 1);
        let device = winner.device.as_deref().context("not enrolled")?;
        let theirs = format!("SELECT COUNT(*) FROM verifications WHERE id = '{id}' AND device = '{device}'");
        assert_eq!(nodes.count(&theirs)?, 1);
    }
    Ok(())
}

/// A phone that another one removes on its node is refused at once on every other, in the middle of its answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_removed_on_one_node_is_over_on_the_others() -> Result<()> {
    let nodes = Nodes::start(2).await?;
    let desk = nodes.desk_on(0).await?;
    let mut lost = nodes.phone_on(0, ANNA).await?;
    nodes.pin(Some(1));
    let kept = Phone::beside(&nodes.stack, &nodes.prover, ANNA).await?;
    nodes.pin(Some(0));
    let mut events = lost.stream().await?;
    let call = open_call(&desk, &lost, "address-change", "standard").await?;
    let body = lost.approval(&call.request, &call.code)?;
    let id = lost.device.clone().context("not enrolled")?;
    let began = std::time::Instant::now();
    assert!(kept.delete(&format!("/v1/device/devices/{id}")).await?.status.is_success());
    lost.approve(&call.id, &body).await?.refused("unauthenticated");
    while events.next().await?.is_some() {}
    assert!(began.elapsed() < std::time::Duration::from_secs(1), "within a second: {:?}", began.elapsed());
    let open = kept.get("/v1/device/requests").await?.ok()?;
    assert_eq!(open["requests"][0]["verification"], call.id.as_str(), "the other may still answer");
    Ok(())
}
