//! The operator at the console, over the same HTTP interface as the page.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::{
    authenticator::Passkey,
    http::{self, Answer},
    sse::{Event, Events},
};

/// How long the desk waits for an event that must come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A logged-in operator.
pub struct Desk {
    client: Client,
    origin: String,
    /// The operator's passkey.
    pub passkey: Passkey,
}

impl Desk {
    /// Registers the operator's first passkey with a one-time invitation link and is then logged in.
    ///
    /// # Errors
    /// When the server refuses either step.
    pub async fn invited(origin: &str, link: &str) -> Result<Self> {
        let token = link.split("invite=").nth(1).context("the link holds no invitation")?.trim();
        let client = http::client(true);
        let url = format!("{origin}/v1/operator/invitations/{token}");
        let start = post(&client, origin, &format!("{url}/start"), &Value::Null).await?.ok()?;
        let (passkey, response) = Passkey::create(&start["passkey"], origin);
        post(&client, origin, &format!("{url}/finish"), &response).await?.ok()?;
        Ok(Self { client, origin: origin.into(), passkey })
    }

    /// Logs in again, as after a lock.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn login(&mut self) -> Result<()> {
        let start = self.post("/v1/operator/login/start", &Value::Null).await?.ok()?;
        let challenge = start["passkey"]["challenge"].as_str().context("no challenge")?;
        let response = self.passkey.get(challenge);
        self.post("/v1/operator/login/finish", &json!({"login": start["login"], "response": response})).await?.ok()?;
        Ok(())
    }

    /// Any POST of the operator's interface.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        post(&self.client, &self.origin, &format!("{}{path}", self.origin), body).await
    }

    /// Any GET of the operator's interface.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        http::send(self.client.get(format!("{}{path}", self.origin))).await
    }

    /// A download of the operator's interface.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn download(&self, path: &str) -> Result<Vec<u8>> {
        http::download(self.client.get(format!("{}{path}", self.origin))).await
    }

    /// Any DELETE of the operator's interface.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        let request = self.client.delete(format!("{}{path}", self.origin));
        http::send(request.header("Origin", &self.origin).header("Sec-Fetch-Site", "same-origin")).await
    }

    /// Asks for a verification; the answer may be a refusal.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn ask(&self, handle: &str, purpose: &str) -> Result<Answer> {
        let body = json!({"handle": handle, "purpose": purpose, "direction": "inbound"});
        self.post("/v1/verifications", &body).await
    }

    /// Starts a verification whose purpose needs this policy: its view.
    ///
    /// # Errors
    /// When the server refuses, or takes another policy.
    pub async fn start(&self, handle: &str, purpose: &str, policy: &str) -> Result<Value> {
        let view = self.ask(handle, purpose).await?.ok()?;
        anyhow::ensure!(view["policy"]["id"] == policy, "{purpose} needs {}", view["policy"]["id"]);
        Ok(view)
    }

    /// The view as it is now.
    ///
    /// # Errors
    /// When there is none.
    pub async fn view(&self, verification: &str) -> Result<Value> {
        self.get(&format!("/v1/verifications/{verification}")).await?.ok()
    }

    /// The live stream, from after `last` when given.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn stream(&self, last: Option<&str>) -> Result<Events> {
        let mut request = self.client.get(format!("{}/v1/operator/stream", self.origin));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        Events::new(request.send().await?)
    }
}

/// The view inside a stream's event, if it is about this verification and in this state.
pub fn reached(event: &Event, verification: &str, state: &str) -> Option<Value> {
    if event.name != "verification" {
        return None;
    }
    let view: Value = serde_json::from_str(&event.data).ok()?;
    (view["id"] == verification && view["state"] == state).then_some(view)
}

/// A POST as a page of `origin` sends it.
async fn post(client: &Client, origin: &str, url: &str, body: &Value) -> Result<Answer> {
    let request = match body {
        Value::Null => client.post(url),
        body => http::json(client, Method::POST, url, body),
    };
    http::send(request.header("Origin", origin).header("Sec-Fetch-Site", "same-origin")).await
}
