//! What most flows begin with: running services, a few customers, an operator at the desk.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    desk::{Desk, PATIENCE, reached},
    phone::{Phone, Request},
    secret::Prover,
    sse::Events,
    stack::{Plan, Stack},
};

/// Meets every policy of the tenant.
pub const ANNA: &str = "C-20481";
/// Another customer who meets every policy.
pub const BEN: &str = "C-20482";
/// Under age, first level, outside Kanto, small limit: meets the enrolment policy alone.
pub const MINA: &str = "C-30001";

/// A running stack with an operator.
pub struct Scene {
    /// Issuer and server.
    pub stack: Stack,
    /// The operator.
    pub desk: Desk,
    /// Makes prepared states.
    pub prover: Arc<Prover>,
    _dir: TempDir,
}

/// The three customers as the issuer reads them; every value that the canary looks for is theirs alone.
pub fn customers() -> Value {
    let one = |handle: &str, name: &str, address: &str, tail: &str, birth: u32, region: u32, level: u32, limit: u64| {
        json!({"handle": handle, "name": name, "address": address, "phone": format!("090-0000-{tail}"),
            "account": format!("0417-7730{tail}"), "payment_token": format!("tok_Zq7{tail}xWv81"), "birth": birth,
            "region": region, "kyc_level": level, "method": 1, "limit": limit})
    };
    json!([
        one(ANNA, "高橋 千尋", "東京都葛飾区若葉町三丁目九番十七号", "4817", 19_830_217, 13, 2, 734_019_400_583),
        one(BEN, "五十嵐 健太郎", "神奈川県横浜市翠ヶ丘区汐見台八十一番地", "9263", 19_710_905, 14, 3, 861_204_775_019),
        one(MINA, "久保田 美奈", "北海道札幌市白樺区雪見通二条西四丁目", "3158", 20_100_630, 1, 1, 20_119),
    ])
}

/// Writes the three customers to a file.
///
/// # Errors
/// When the folder cannot be written.
pub fn customers_file(dir: &Path) -> Result<std::path::PathBuf> {
    let path = dir.join("customers.json");
    fs::write(&path, serde_json::to_string_pretty(&customers())?)?;
    Ok(path)
}

impl Scene {
    /// Starts everything in a folder of its own.
    ///
    /// # Errors
    /// When a service does not start.
    pub async fn open() -> Result<Self> {
        Self::with(|_| {}).await
    }

    /// As [`Scene::open`], with changes to the plan.
    ///
    /// # Errors
    /// When a service does not start.
    pub async fn with(change: impl FnOnce(&mut Plan)) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut plan = Plan { customers: Some(customers_file(dir.path())?), ..Plan::of_this_run(dir.path())? };
        change(&mut plan);
        let stack = Stack::start(plan).await?;
        let prover = Arc::new(Prover::load(&stack.keys)?);
        let desk = stack.desk().await?;
        Ok(Self { stack, desk, prover, _dir: dir })
    }

    /// An enrolled phone.
    ///
    /// # Errors
    /// When enrolment is refused.
    pub async fn phone(&self, handle: &str) -> Result<Phone> {
        Phone::enrolled(&self.stack, &self.prover, handle).await
    }

    /// Starts a verification and opens it on the phone: a call in the middle.
    ///
    /// # Errors
    /// When any step is refused.
    pub async fn call(&self, phone: &Phone, purpose: &str, policy: &str) -> Result<Call> {
        open_call(&self.desk, phone, purpose, policy).await
    }
}

/// Starts a verification at the desk and opens it on the phone.
///
/// # Errors
/// When any step is refused.
pub async fn open_call(desk: &Desk, phone: &Phone, purpose: &str, policy: &str) -> Result<Call> {
    let events = desk.stream(None).await?;
    let view = desk.start(&phone.handle, purpose, policy).await?;
    let id = view["id"].as_str().context("no id")?.to_owned();
    let code = view["match_code"].as_str().context("no match_code")?.to_owned();
    let request = phone.open(&id).await?;
    Ok(Call { id, code, request, events })
}

/// A verification that the phone has opened.
pub struct Call {
    /// The verification.
    pub id: String,
    /// The two digits that the operator reads out.
    pub code: String,
    /// What the phone received.
    pub request: Request,
    /// The console's stream from before the start.
    pub events: Events,
}

impl Call {
    /// Waits until the console's stream shows this state: the view.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn until(&mut self, state: &str) -> Result<Value> {
        self.events
            .until(PATIENCE, |event| reached(event, &self.id, state))
            .await
            .with_context(|| format!("waiting for {state}"))
    }
}
