//! Opening an account somewhere else: a customer of one company proves conditions to another, with the real prover.

use std::{fs, process::Command};

use anyhow::{Context, Result};
use honnin_tests::{
    http,
    phone::Phone,
    process::program,
    prospect::token,
    scene::{ANNA, BEN, MINA, Scene},
    tenant::{AOZORA, AOZORA_OPERATOR, OPENING, TENANT},
};
use serde_json::{Value, json};

/// A phone of Midori's customer that Aozora knows nothing of.
async fn stranger(scene: &Scene, handle: &str) -> Result<Phone> {
    Phone::with_credential(&scene.stack, &scene.prover, handle).await
}

#[tokio::test]
async fn from_the_invitation_to_the_green_badge() -> Result<()> {
    let scene = Scene::open().await?;
    let desk = scene.stack.desk_of(AOZORA_OPERATOR).await?;
    // A customer of Midori's, enrolled there too: the two records know nothing of each other.
    let mut anna = stranger(&scene, ANNA).await?;
    let view = desk.invite_prospect().await?;
    assert_eq!((view["kind"].as_str(), view["handle"].is_null()), (Some("eligibility"), true));
    let said = anna.read_invitation(&token(&view)?).await?.ok()?;
    assert_eq!((&said["tenant"]["tenant"], &said["policy"]["id"]), (&json!(AOZORA), &json!(OPENING)));
    assert_eq!(said["issuers"][0]["certifies"], TENANT);

    let id = anna.follow(&view).await?;
    let request = anna.open(&id).await?;
    assert_eq!((&request.statement["kind"], &request.statement["tenant"]), (&json!("eligibility"), &json!(AOZORA)));
    let code = view["match_code"].as_str().context("no code")?;
    let body = anna.approval(&request, code)?;
    anna.approve(&id, &body).await?.ok()?;
    let passed = desk.view(&id).await?;
    assert_eq!((passed["state"].as_str(), passed["handle"].is_null()), (Some("passed"), true));
    anna.get("/v1/device/requests").await?.refused("unauthenticated");

    // The receipt shows it to whoever trusts Midori's issuer for this, and to nobody else.
    let receipt = anna.download(&format!("/v1/device/receipts/{id}")).await?;
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("receipt.json");
    fs::write(&file, &receipt)?;
    let metadata = format!("{}/.well-known/openid-credential-issuer", scene.stack.issuer);
    let metadata = http::send(http::client(false).get(metadata)).await?.ok()?;
    let root = dir.path().join("root.json");
    fs::write(&root, metadata["honnin"]["root"].to_string())?;
    let owner = scene.stack.desk_of("kudo").await?;
    let keys = owner.get(&format!("/v1/orgs/{AOZORA}/keys")).await?.ok()?;
    let log_key = keys["log"]["vkey"].as_str().context("no log key")?;
    let verify = |how: &str, issuer: String| -> Result<Value> {
        let mut command = Command::new(program("honnin")?);
        command.args(["receipt", "verify", "--json", "--tenant", AOZORA, "--log-key", log_key, how, &issuer]);
        command.arg("--verifying-key").arg(scene.stack.keys.dir.join("circuit.vk")).arg(&file);
        Ok(serde_json::from_slice(&command.env_clear().output()?.stdout)?)
    };
    let said = verify("--eligibility-issuer", format!("{TENANT}={}", root.display()))?;
    assert_eq!((&said["holds"], &said["receipt"]["handle"]), (&json!(true), &Value::Null), "{said}");
    let said = verify("--eligibility-issuer", format!("sakura={}", root.display()))?;
    assert_eq!(said["failed"], "issuer");
    let said = verify("--issuer-root", root.display().to_string())?;
    assert_eq!(said["failed"], "issuer", "no customer of Aozora's");
    Ok(())
}

#[tokio::test]
async fn what_is_not_met_is_not_proven() -> Result<()> {
    let scene = Scene::open().await?;
    let desk = scene.stack.desk_of(AOZORA_OPERATOR).await?;
    let mut mina = stranger(&scene, MINA).await?; // under age, first level
    let view = desk.invite_prospect().await?;
    let id = mina.follow(&view).await?;
    let request = mina.open(&id).await?;
    let code = view["match_code"].as_str().context("no code")?;
    assert!(mina.approval(&request, code).is_err());
    mina.unprovable(&id).await?.ok()?;
    let ended = desk.view(&id).await?;
    assert_eq!((ended["state"].as_str(), ended["detail"].as_str()), (Some("failed"), Some("unprovable")));

    // A proof of the same person for Midori, where they are a customer, is none here.
    let mut anna = stranger(&scene, ANNA).await?;
    let view = desk.invite_prospect().await?;
    let id = anna.follow(&view).await?;
    let request = anna.open(&id).await?;
    let mut statement = request.statement.clone();
    statement["match"]["code"] = view["match_code"].clone();
    anna.invited_by = Some(TENANT.into());
    let forced = anna.force(&request.policy, &statement)?;
    let assertion = anna.passkey.as_mut().context("no passkey")?.get(&forced.approval);
    let body =
        json!({"proof": forced.proof, "as_of": forced.as_of, "match_code": view["match_code"], "assertion": assertion});
    anna.approve(&id, &body).await?.refused("proof-invalid");
    assert_eq!(desk.view(&id).await?["state"], "opened");
    Ok(())
}

#[tokio::test]
async fn an_invitation_is_for_one_and_for_a_while() -> Result<()> {
    let scene = Scene::open().await?;
    let desk = scene.stack.desk_of(AOZORA_OPERATOR).await?;
    let (mut anna, mut ben) = (stranger(&scene, ANNA).await?, stranger(&scene, BEN).await?);
    let view = desk.invite_prospect().await?;
    let taken = token(&view)?;
    let said = ben.read_invitation(&taken).await?.ok()?;
    let late = ben.acceptance(&taken, &said)?;
    let id = anna.follow(&view).await?;
    ben.accept(&late).await?.refused("already-decided");
    ben.read_invitation(&taken).await?.refused("already-decided");
    anna.read_invitation("AAAAAAAAAAAAAAAAAAAAAA").await?.refused("not-found");
    // Midori's desk is a stranger to it, and Midori trusts nobody's issuer but its own for customers.
    scene.desk.get(&format!("/v1/verifications/{id}")).await?.refused("not-found");
    scene.desk.post("/v1/eligibility", &json!({"purpose": "balance"})).await?.refused("unknown-policy");
    scene.desk.post("/v1/eligibility", &json!({"tenant": AOZORA, "purpose": OPENING})).await?.refused("not-found");
    // Called off: the link leads nowhere, and the phone that had it is nobody's.
    desk.post(&format!("/v1/verifications/{id}/cancel"), &Value::Null).await?.ok()?;
    anna.get(&format!("/v1/device/requests/{id}")).await?.refused("unauthenticated");
    // The certificate of an issuer that nobody pinned.
    let view = desk.invite_prospect().await?;
    let fresh = token(&view)?;
    let said = ben.read_invitation(&fresh).await?.ok()?;
    let mut body = ben.acceptance(&fresh, &said)?;
    let other = Scene::open().await?;
    body["issuer_certificate"] = json!(stranger(&other, BEN).await?.wallet.certificate());
    ben.accept(&body).await?.refused("issuer-unknown");
    Ok(())
}
