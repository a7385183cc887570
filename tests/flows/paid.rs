//! Payments and orders with real proofs: the agent learns the verdict, the recipient alone what was sealed to it.

use anyhow::Result;
use honnin_circuits::schema::Slot;
use honnin_tests::{
    recipient::Recipient,
    scene::{ANNA, BEN, MINA, Scene},
    tenant,
};
use serde_json::{Value, json};

fn payment(handle: &str, recipient: &str) -> Value {
    json!({"handle": handle, "purpose": "card-payment", "amount": 48_000, "currency": "JPY", "payee": "△△株式会社",
           "order": "A-2210", "instrument": "みどりカード", "recipient": recipient})
}

async fn recipient(scene: &Scene) -> Result<Recipient> {
    let security = scene.stack.desk_of(tenant::SECURITY[0]).await?;
    Recipient::add(&security, tenant::TENANT, "さくらペイ").await
}

#[tokio::test]
async fn a_payment_reaches_the_provider_sealed() -> Result<()> {
    let scene = Scene::open().await?;
    let mut provider = recipient(&scene).await?;
    let mut anna = scene.phone(ANNA).await?;
    let view = scene.desk.post("/v1/payments", &payment(ANNA, &provider.id)).await?.ok()?;
    assert_eq!((view["kind"].as_str(), view["payment"]["amount"].as_u64()), (Some("payment"), Some(48_000)));
    let (id, code) = (view["id"].as_str().unwrap(), view["match_code"].as_str().unwrap());
    let request = anna.open(id).await?;
    assert_eq!(request.statement["payment"], view["payment"], "the phone shows what the desk asked");
    let body = anna.authorisation(&request, code, &["payment_token"])?;
    anna.approve(id, &body).await?.ok()?;
    let view = scene.desk.view(id).await?;
    assert_eq!((view["state"].as_str(), view["detail"].is_null()), (Some("passed"), true));

    let told = provider.told().await?;
    assert_eq!((&told["type"], &told["data"]["payment"]), (&json!("payment.approved"), &view["payment"]));
    assert_eq!(told["data"]["reference"], view["reference"]);
    let opened = provider.open(&told)?;
    let token = anna.wallet.document()["values"]["payment_token"].as_str().unwrap().to_owned();
    assert_eq!(opened.get(Slot::PaymentToken), Some(token.as_str()));
    // Twice is once.
    anna.approve(id, &body).await?.refused("already-decided");
    assert!(provider.is_quiet());
    Ok(())
}

#[tokio::test]
async fn an_order_sends_what_the_customer_picked() -> Result<()> {
    let scene = Scene::open().await?;
    let mut warehouse = recipient(&scene).await?;
    let mut ben = scene.phone(BEN).await?;
    let order = json!({"handle": BEN, "purpose": "delivery", "order": "B-17", "recipient": warehouse.id});
    let view = scene.desk.post("/v1/orders", &order).await?.ok()?;
    assert_eq!((view["kind"].as_str(), view["order"].as_str()), (Some("order"), Some("B-17")));
    let (id, code) = (view["id"].as_str().unwrap(), view["match_code"].as_str().unwrap());
    let request = ben.open(id).await?;
    let body = ben.authorisation(&request, code, &["name", "address"])?;
    ben.approve(id, &body).await?.ok()?;
    let told = warehouse.told().await?;
    assert_eq!((&told["type"], &told["data"]["order"]), (&json!("order.approved"), &json!("B-17")));
    let opened = warehouse.open(&told)?;
    let values = ben.wallet.document()["values"].clone();
    assert_eq!(opened.get(Slot::Name), values["name"].as_str());
    assert_eq!(opened.get(Slot::Address), values["address"].as_str());
    assert_eq!(opened.get(Slot::Phone), None, "what was not picked is not there");
    Ok(())
}

#[tokio::test]
async fn what_the_limit_does_not_cover_is_declined_and_says_no_more() -> Result<()> {
    let scene = Scene::open().await?;
    let mut provider = recipient(&scene).await?;
    let mut mina = scene.phone(MINA).await?; // her limit is below the amount
    let view = scene.desk.post("/v1/payments", &payment(MINA, &provider.id)).await?.ok()?;
    let (id, code) = (view["id"].as_str().unwrap(), view["match_code"].as_str().unwrap());
    let request = mina.open(id).await?;
    assert!(mina.authorisation(&request, code, &["payment_token"]).is_err());
    mina.unprovable(id).await?.ok()?;
    let view = scene.desk.view(id).await?;
    assert_eq!((view["state"].as_str(), view["detail"].is_null()), (Some("denied"), true));
    assert!(provider.is_quiet());
    Ok(())
}

#[tokio::test]
async fn an_edited_amount_proves_nothing() -> Result<()> {
    let scene = Scene::open().await?;
    let mut provider = recipient(&scene).await?;
    let mut anna = scene.phone(ANNA).await?;
    let view = scene.desk.post("/v1/payments", &payment(ANNA, &provider.id)).await?.ok()?;
    let (id, code) = (view["id"].as_str().unwrap(), view["match_code"].as_str().unwrap());
    let mut request = anna.open(id).await?;
    request.statement["payment"]["amount"] = json!(48);
    let body = anna.authorisation(&request, code, &["payment_token"])?;
    assert!(!anna.approve(id, &body).await?.status.is_success());
    request.statement["payment"]["amount"] = json!(48_000);
    request.statement["payment"]["payee"] = json!("□□株式会社");
    let body = anna.authorisation(&request, code, &["payment_token"])?;
    assert!(!anna.approve(id, &body).await?.status.is_success());
    assert!(provider.is_quiet());
    Ok(())
}
