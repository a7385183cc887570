//! Nothing but the issuer and the phone ever holds an attribute: every flow is run with values that exist once in
//! the world, then everything that the server kept, wrote or sent is searched for them.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use honnin_tests::{
    canary::Canary,
    phone::Phone,
    postgres,
    recipient::Recipient,
    scene::{ANNA, BEN, MINA, Scene},
    tenant,
};
use serde_json::json;

/// Everything the server keeps, by name.
fn kept(dir: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let config: serde_json::Value = serde_json::from_slice(&fs::read(dir.join("server.json"))?)?;
    let database = config["database"].as_str().unwrap();
    if database.starts_with("postgres") {
        files.push(("server.db".into(), postgres::dump(database)?.into_bytes()));
    }
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // The server's database with its write-ahead log, and its log. The issuer may hold the values.
        if name.starts_with("server.db") || name == "honnin-server.log" {
            files.push((name, fs::read(&path)?));
        }
    }
    Ok(files)
}

/// Before the call: a notice, moved to another window, confirmed with a proof, dialled; and a request by link.
async fn announced(scene: &Scene, phone: &mut Phone) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
    let windows = json!([{"from": now + 60_000, "until": now + 600_000}, {"from": now, "until": now + 900_000}]);
    let notice = json!({"handle": ANNA, "purpose": "address-change", "number": "0120-000-123", "windows": windows});
    let view = scene.desk.post("/v1/calls", &notice).await?.ok()?;
    let call = view["call"]["id"].as_str().unwrap_or_default();
    let moved = phone.post(&format!("/v1/device/calls/{call}/reschedule"), &json!({"window": 0})).await?.ok()?;
    let request = phone.open(moved["verification"].as_str().unwrap_or_default()).await?;
    let body = phone.confirmation(&request)?;
    phone.approve(&request.id, &body).await?.ok()?;
    let view = scene.desk.view(&request.id).await?;
    let call = view["call"]["id"].as_str().unwrap_or_default();
    scene.desk.get(&format!("/v1/calls/{call}/number")).await?.ok()?;
    for state in ["ringing", "talking", "ended"] {
        scene.desk.post(&format!("/v1/calls/{call}/state"), &json!({"state": state})).await?.ok()?;
    }
    // Sealed: nobody between phone and recipient sees the values, nor what they hash to.
    let security = scene.stack.desk_of(tenant::SECURITY[0]).await?;
    let mut recipient = Recipient::add(&security, tenant::TENANT, "さくらペイ").await?;
    let terms = json!({"handle": ANNA, "purpose": "card-payment", "amount": 4_800, "currency": "JPY", "payee": "△△株式会社",
                       "order": "A-2210", "instrument": "みどりカード", "recipient": recipient.id});
    let order = json!({"handle": ANNA, "purpose": "delivery", "order": "B-17", "recipient": recipient.id});
    for (path, body, slots) in
        [("/v1/payments", terms, &["payment_token"][..]), ("/v1/orders", order, &["name", "address", "phone"])]
    {
        let view = scene.desk.post(path, &body).await?.ok()?;
        let request = phone.open(view["id"].as_str().unwrap_or_default()).await?;
        let body = phone.authorisation(&request, view["match_code"].as_str().unwrap_or_default(), slots)?;
        phone.approve(&request.id, &body).await?.ok()?;
        let told = recipient.told().await?;
        anyhow::ensure!(recipient.open(&told)?.values().count() == slots.len(), "the recipient opens what was picked");
    }
    let open = scene.desk.start(ANNA, "balance", "holder").await?;
    let id = open["id"].as_str().unwrap_or_default();
    let link = scene.desk.post(&format!("/v1/verifications/{id}/link"), &json!({})).await?.ok()?;
    let found = phone.post("/v1/device/links", &json!({"code": link["code"]})).await?.ok()?;
    anyhow::ensure!(found["verification"] == open["id"], "the code leads to its request");
    phone.refuse(id, false).await?.ok()?;
    Ok(())
}

/// Somewhere else: a prospect proves conditions to a company that knows neither name nor account, and another cannot.
async fn invited(scene: &Scene, handles: [&str; 2]) -> Result<[Phone; 2]> {
    let desk = scene.stack.desk_of(tenant::AOZORA_OPERATOR).await?;
    let mut phones = Vec::new();
    for handle in handles {
        let mut phone = Phone::with_credential(&scene.stack, &scene.prover, handle).await?;
        let view = desk.invite_prospect().await?;
        let id = phone.follow(&view).await?;
        let request = phone.open(&id).await?;
        let code = view["match_code"].as_str().unwrap_or_default();
        match phone.approval(&request, code) {
            Ok(body) => phone.approve(&id, &body).await?.ok()?,
            Err(_) => phone.unprovable(&id).await?.ok()?,
        };
        phone.download(&format!("/v1/device/receipts/{id}")).await?;
        phones.push(phone);
    }
    phones.try_into().map_err(|_| anyhow::anyhow!("two phones"))
}

#[tokio::test]
async fn the_server_never_holds_an_attribute() -> Result<()> {
    let scene = Scene::with(|plan| plan.record = true).await?;
    let mut anna = scene.phone(ANNA).await?;
    let mut ben = scene.phone(BEN).await?;
    let mut mina = scene.phone(MINA).await?;

    let mut stream = anna.stream().await?;
    for (purpose, policy) in
        [("address-change", "standard"), ("limit-change", "limit"), ("branch-visit", "kanto"), ("balance", "holder")]
    {
        for phone in [&mut anna, &mut ben] {
            let mut call = scene.call(phone, purpose, policy).await?;
            let body = phone.approval(&call.request, &call.code)?;
            phone.approve(&call.id, &body).await?.ok()?;
            call.until("passed").await?;
        }
    }
    stream.next().await?;
    let mut call = scene.call(&mina, "address-change", "standard").await?;
    assert!(mina.approval(&call.request, &call.code).is_err());
    mina.unprovable(&call.id).await?.ok()?;
    call.until("failed").await?;
    let mut call = scene.call(&ben, "balance", "holder").await?;
    ben.refuse(&call.id, true).await?.ok()?;
    call.until("denied").await?;
    let mut call = scene.call(&anna, "balance", "holder").await?;
    let mut body = anna.approval(&call.request, &call.code)?;
    body["as_of"] = json!(20_200_101);
    assert!(!anna.approve(&call.id, &body).await?.status.is_success());
    let mut expired = scene.call(&anna, "short", "short").await?;
    expired.until("expired").await?;
    scene.desk.post(&format!("/v1/verifications/{}/cancel", call.id), &serde_json::Value::Null).await?.ok()?;
    call.until("cancelled").await?;
    announced(&scene, &mut anna).await?;
    anna.get("/v1/device/history").await?.ok()?;
    let [prospect, minor] = invited(&scene, [ANNA, MINA]).await?;
    let metrics = anna.get("/metrics").await?.body.to_string();

    let wallets = [&anna, &ben, &mina, &prospect, &minor].map(|phone| phone.wallet.document());
    let canary = Canary::of(&wallets);
    assert!(canary.len() > 1000, "only {} needles", canary.len());

    let mut searched = kept(&scene.stack.dir)?;
    assert!(searched.iter().any(|(name, _)| name == "server.db"), "the database was searched");
    assert!(searched.iter().any(|(name, bytes)| name.ends_with(".log") && !bytes.is_empty()), "the log was searched");
    searched.push(("metrics".into(), metrics.into_bytes()));
    let tapes = scene.stack.recorder.as_ref().unwrap().recorded();
    assert!(tapes.len() > 10, "the sockets were recorded");
    searched.extend(tapes.into_iter().enumerate().map(|(index, tape)| (format!("socket {index}"), tape)));
    let mut handles = 0;
    for (name, bytes) in &searched {
        let found = canary.find(bytes);
        assert!(found.is_empty(), "{name} holds {found:?}");
        // The search does see what is there: the handle, which the server may know.
        handles += usize::from(bytes.windows(ANNA.len()).any(|window| window == ANNA.as_bytes()));
    }
    assert!(handles >= 1, "the handle stands on the wire; in the database it is sealed");

    // Planted in a copy of each searched thing, one needle of each kind is found again: the canary can die.
    for index in (0..canary.len()).step_by(97) {
        let (name, mut bytes) = searched[index % searched.len()].clone();
        let middle = bytes.len() / 2;
        bytes.splice(middle..middle, canary.sample(index).iter().copied());
        assert!(!canary.find(&bytes).is_empty(), "planted in {name}");
    }
    // The issuer does hold them: the needles are the real values.
    let customers = fs::read(scene.stack.dir.join("customers.json"))?;
    assert!(!canary.find(&customers).is_empty());
    Ok(())
}
