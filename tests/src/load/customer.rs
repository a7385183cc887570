//! One call slot: a customer's phone with its stream, and a place at an operator's desk.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use honnin_protocol::statement::SessionStatement;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    PATIENCE,
    connection::Connection,
    console::{JSON, Operator, Waiting, address, host},
    level::Work,
    stream::Stream,
};
use crate::{phone::Phone, secret::Prepared};

/// The purpose and policy of each call.
pub const PURPOSE: (&str, &str) = ("address-change", "standard");

/// A customer with an enrolled phone.
pub struct Customer {
    phone: Phone,
    state: Option<Prepared>,
}

impl Customer {
    /// Takes an enrolled phone.
    pub fn new(phone: Phone) -> Self {
        Self { phone, state: None }
    }

    /// Prepares the calls' policy.
    ///
    /// # Errors
    /// When the credential does not meet it.
    pub fn prepare(&mut self, policy: &Value) -> Result<()> {
        self.state = Some(self.phone.prover.prepare(&self.phone.wallet, policy, &self.phone.handle)?);
        Ok(())
    }

    /// The approval of a statement with the number that the customer heard.
    fn approval(&mut self, statement: &SessionStatement, code: &str) -> Result<Vec<u8>> {
        let state = self.state.as_ref().context("nothing is prepared")?;
        let finished = state.finish_read(&statement.with_code(code)?)?;
        let assertion = self.phone.passkey.as_mut().context("no passkey")?.get(&finished.approval);
        let body =
            json!({"proof": finished.proof, "as_of": finished.as_of, "match_code": code, "assertion": assertion});
        Ok(serde_json::to_vec(&body)?)
    }

    async fn connection(&self) -> Result<Connection> {
        let origin = &self.phone.origin;
        let token = self.phone.token().context("the phone has no session")?;
        let headers = format!("Origin: {origin}\r\nAuthorization: Bearer {token}\r\n");
        Connection::open(address(origin)?, host(origin)?, &headers).await
    }

    /// The phone's stream.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn stream(&self) -> Result<Stream> {
        Stream::open(self.connection().await?, "/v1/device/stream").await
    }
}

/// A slot in which one call follows the other.
pub struct Slot {
    customer: Customer,
    desk: Connection,
    waiting: Waiting,
    phone: Connection,
    stream: Stream,
    ask: Vec<u8>,
}

/// What the console gets back from its question.
#[derive(Deserialize)]
struct Asked {
    id: String,
    match_code: String,
}

/// What the phone's stream says of a request.
#[derive(Deserialize)]
struct Wanted<'a> {
    #[serde(borrow)]
    verification: &'a str,
}

/// What the phone reads of what it fetches.
#[derive(Deserialize)]
struct Fetched {
    statement: SessionStatement,
}

impl Slot {
    /// Connects the phone, opens its stream and takes a place at the desk.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn open(customer: Customer, operator: &Operator, waiting: &Waiting) -> Result<Self> {
        let ask = json!({"handle": customer.phone.handle, "purpose": PURPOSE.0, "direction": "inbound"});
        Ok(Self {
            desk: operator.connection().await?,
            waiting: waiting.clone(),
            phone: customer.connection().await?,
            stream: customer.stream().await?,
            ask: serde_json::to_vec(&ask)?,
            customer,
        })
    }

    /// The customer again; the streams close.
    pub fn close(self) -> Customer {
        self.customer
    }

    /// A whole call: asked, announced on the phone's stream, fetched, approved with proof and device signature, and
    /// the verdict read off the console's stream. Anything but `passed` is an error.
    async fn call(&mut self) -> Result<(Duration, Instant)> {
        let start = Instant::now();
        let asked: Asked =
            serde_json::from_slice(self.desk.exchange("POST", "/v1/verifications", JSON, &self.ask).await?.ok()?)?;
        let verdict = self.waiting.of(&asked.id);
        loop {
            let event = self.stream.next().await?;
            if event.name == "request" {
                let wanted: Wanted<'_> = serde_json::from_str(event.data)?;
                if wanted.verification != asked.id {
                    bail!("the phone was sent another request");
                }
                break;
            }
        }
        let path = format!("/v1/device/requests/{}", asked.id);
        let fetched: Fetched = serde_json::from_slice(self.phone.exchange("GET", &path, "", b"").await?.ok()?)?;
        let approval = self.customer.approval(&fetched.statement, &asked.match_code)?;
        self.phone.exchange("POST", &format!("{path}/approve"), JSON, &approval).await?.ok()?;
        let (state, end) = verdict.await.context("the console's stream broke")?;
        if state != "passed" {
            bail!("a call ended as {state}");
        }
        Ok((end - start, end))
    }
}

impl Work for Slot {
    async fn once(&mut self) -> Result<(Duration, Instant)> {
        timeout(PATIENCE, self.call()).await.context("a call did not end in time")?
    }
}
