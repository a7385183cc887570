//! What the service hands out as evidence, checked by the `honnin` program with files alone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use honnin_tests::{
    desk::Desk,
    http,
    process::program,
    scene::{ANNA, Scene},
    tenant::{OWNER, TENANT},
};
use serde_json::Value;

/// Files that a reader has, and the keys that it trusts.
struct Reader {
    dir: tempfile::TempDir,
    verifying_key: PathBuf,
    log_key: String,
}

impl Reader {
    /// What a client enterprise is given once: the circuit's key, the log's and the issuer's root.
    async fn of(scene: &Scene, owner: &Desk) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let keys = owner.get(&format!("/v1/orgs/{TENANT}/keys")).await?.ok()?;
        let metadata = format!("{}/.well-known/openid-credential-issuer", scene.stack.issuer);
        let metadata = http::send(http::client(false).get(metadata)).await?.ok()?;
        fs::write(dir.path().join("root.json"), metadata["honnin"]["root"].to_string())?;
        let verifying_key = scene.stack.keys.dir.join("circuit.vk");
        Ok(Self { dir, verifying_key, log_key: keys["log"]["vkey"].as_str().context("no log key")?.to_owned() })
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes)?;
        Ok(path)
    }

    /// Runs the program and gives what it says; its exit code must say the same.
    fn verify(&self, what: &str, file: &Path, more: &[&Path]) -> Result<Value> {
        let mut command = Command::new(program("honnin")?);
        command.args([what, "verify", "--json", "--log-key", &self.log_key]).arg(file).args(more);
        let output = command.env_clear().output()?;
        let said: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("honnin: {}", String::from_utf8_lossy(&output.stderr)))?;
        assert_eq!(output.status.code(), Some(i32::from(said["holds"] != true)), "{said}");
        Ok(said)
    }

    fn receipt(&self, name: &str, bytes: &[u8]) -> Result<Value> {
        let (file, root) = (self.file(name, bytes)?, self.dir.path().join("root.json"));
        let more = ["--verifying-key".as_ref(), self.verifying_key.as_path(), "--issuer-root".as_ref(), root.as_path()];
        self.verify("receipt", &file, &more)
    }

    fn bundle(&self, name: &str, text: &str) -> Result<Value> {
        self.verify("audit", &self.file(name, text.as_bytes())?, &[])
    }
}

#[tokio::test]
async fn a_call_is_shown_to_whoever_holds_the_files() -> Result<()> {
    let scene = Scene::open().await?;
    let owner = Desk::invited(&scene.stack.origin, &scene.stack.invite(OWNER)?).await?;
    let mut phone = scene.phone(ANNA).await?;
    let mut call = scene.call(&phone, "address-change", "standard").await?;
    let body = phone.approval(&call.request, &call.code)?;
    phone.approve(&call.id, &body).await?.ok()?;
    let view = call.until("passed").await?;

    let reader = Reader::of(&scene, &owner).await?;
    let desks = scene.desk.download(&format!("/v1/verifications/{}/receipt", call.id)).await?;
    let phones = phone.download(&format!("/v1/device/receipts/{}", call.id)).await?;
    let bundle = String::from_utf8(owner.download(&format!("/v1/orgs/{TENANT}/audit/bundle")).await?)?;
    // From here on nothing is asked of the service: it is not there.
    assert!(scene.stack.stop().await?);

    for (name, bytes) in [("operator.json", &desks), ("customer.json", &phones)] {
        let said = reader.receipt(name, bytes)?;
        assert_eq!(said["holds"], true, "{name}: {said}");
        let receipt = &said["receipt"];
        assert_eq!((&receipt["tenant"], &receipt["verification"]), (&TENANT.into(), &call.id.clone().into()));
        assert_eq!((&receipt["reference"], &receipt["verdict"]["state"]), (&view["reference"], &"passed".into()));
        // Another reference, another purpose, another operator: each is noticed.
        let text = String::from_utf8(bytes.clone())?;
        let reference = view["reference"].as_str().context("no reference")?;
        for (from, to) in [(reference, "0000-0000"), ("address-change", "card-reissue"), ("Sato", "Mori")] {
            assert!(text.contains(from), "{from} stands in the receipt");
            let said = reader.receipt("forged.json", text.replace(from, to).as_bytes())?;
            assert_eq!(said["holds"], false, "{name}: {from} became {to}");
        }
        assert_eq!(reader.receipt("short.json", &bytes[..bytes.len() - 1])?["failed"], "form");
    }

    let whole = reader.bundle("bundle.jsonl", &bundle)?;
    assert_eq!(whole["holds"], true, "{whole}");
    let lines: Vec<&str> = bundle.lines().collect();
    let entries: Vec<usize> = (0..lines.len()).filter(|&at| lines[at].contains("verification.passed")).collect();
    let [passed] = entries[..] else { panic!("one pass in {bundle}") };
    let without: Vec<&str> = lines.iter().enumerate().filter(|&(at, _)| at != passed).map(|(_, line)| *line).collect();
    assert_eq!(reader.bundle("removed.jsonl", &(without.join("\n") + "\n"))?["holds"], false);
    let changed = bundle.replacen("verification.passed", "verification.denied", 1);
    assert_eq!(reader.bundle("changed.jsonl", &changed)?["holds"], false);
    let cut = lines[..lines.len() - 1].join("\n") + "\n";
    assert_eq!(reader.bundle("cut.jsonl", &cut)?["holds"], false, "its end is missing");
    Ok(())
}
