//! The customer's phone: `honnin-sdk` for everything secret, HTTP for the rest. Each step can be taken by itself,
//! so that a test can take it wrongly.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64U};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::{
    authenticator::{Knobs, Passkey},
    http::{self, Answer},
    issuance,
    secret::{Finished, Prepared, Prover, Wallet},
    sse::Events,
    stack::Stack,
};

/// What the server sent about one request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The verification's identifier.
    pub id: String,
    /// The session statement as received: without the match code.
    pub statement: Value,
    /// The policy's document.
    pub policy: Value,
    /// The key that attributes go sealed to, if any do.
    pub recipient_key: Value,
}

/// One customer's phone.
pub struct Phone {
    /// Origin of the server.
    pub origin: String,
    /// The customer's handle.
    pub handle: String,
    /// Credential and holder secret.
    pub wallet: Wallet,
    /// ES256 device key.
    pub device_key: SigningKey,
    /// What becomes of the customer's other phones when it enrols: `keep` or `replace`.
    pub others: &'static str,
    /// The passkey registered at enrolment.
    pub passkey: Option<Passkey>,
    /// The device's identifier after enrolment.
    pub device: Option<String>,
    /// What the server says about the tenant.
    pub tenant: Value,
    /// The tenant that invited it, of a prospect's phone: no handle is known there.
    pub invited_by: Option<String>,
    /// Makes prepared states.
    pub prover: Arc<Prover>,
    prepared: HashMap<String, Prepared>,
    token: Option<String>,
    client: Client,
}

impl Phone {
    /// Redeems an offer for a customer: a phone with a credential, not yet enrolled.
    ///
    /// # Errors
    /// When the issuer or the wallet refuses.
    pub async fn with_credential(stack: &Stack, prover: &Arc<Prover>, handle: &str) -> Result<Self> {
        let client = http::client(false);
        let device_key = issuance::device_key();
        let offer = stack.offer(handle).await?;
        let offer_url = offer["offer_url"].as_str().context("no offer_url")?;
        let wallet = issuance::redeem(&client, offer_url, &device_key).await?;
        let tenant =
            http::send(client.get(format!("{}/v1/tenants/{}", stack.origin, crate::tenant::TENANT))).await?.ok()?;
        Ok(Self {
            origin: stack.origin.clone(),
            handle: handle.into(),
            wallet,
            device_key,
            others: "replace",
            passkey: None,
            device: None,
            tenant,
            invited_by: None,
            prover: Arc::clone(prover),
            prepared: HashMap::new(),
            token: None,
            client,
        })
    }

    /// A phone that is enrolled and has a session.
    ///
    /// # Errors
    /// When any step is refused.
    pub async fn enrolled(stack: &Stack, prover: &Arc<Prover>, handle: &str) -> Result<Self> {
        let mut phone = Self::with_credential(stack, prover, handle).await?;
        phone.enrol().await?;
        Ok(phone)
    }

    /// As [`Phone::enrolled`], beside the phones that the customer has.
    ///
    /// # Errors
    /// When any step is refused.
    pub async fn beside(stack: &Stack, prover: &Arc<Prover>, handle: &str) -> Result<Self> {
        let mut phone = Self::with_credential(stack, prover, handle).await?;
        phone.others = "keep";
        phone.enrol().await?;
        Ok(phone)
    }

    /// Enrols with the credential it has, and opens a session.
    ///
    /// # Errors
    /// When any step is refused.
    pub async fn enrol(&mut self) -> Result<()> {
        let start = self.enrolment_start(&self.handle).await?.ok()?;
        let body = self.enrolment_body(&start)?;
        self.enrolment_complete(&start, &body).await?.ok()?;
        self.open_session().await?.ok()?;
        Ok(())
    }

    /// Asks for an enrolment.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn enrolment_start(&self, handle: &str) -> Result<Answer> {
        self.post("/v1/enrolments", &json!({"tenant": crate::tenant::TENANT, "handle": handle})).await
    }

    /// The honest answer to an enrolment's start.
    ///
    /// # Errors
    /// When the wallet cannot prove the enrolment policy.
    pub fn enrolment_body(&mut self, start: &Value) -> Result<Value> {
        let finished = self.finish(&start["policy"], &start["statement"])?;
        let (passkey, registration) = Passkey::create(&start["passkey"], &self.origin);
        self.passkey = Some(passkey);
        let signature: Signature = self.device_key.sign(&B64U.decode(&finished.approval)?);
        Ok(json!({
            "proof": finished.proof, "as_of": finished.as_of, "pseudonym": finished.pseudonym,
            "issuer_certificate": self.wallet.certificate(), "device_key": issuance::jwk(&self.device_key),
            "device_signature": B64U.encode(signature.to_bytes()), "passkey": registration, "label": "Web", "others": self.others,
            "consent": {"wording": start["consent"]["wording"], "language": "ja"},
        }))
    }

    /// Sends an enrolment's answer; remembers the device when it is accepted.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn enrolment_complete(&mut self, start: &Value, body: &Value) -> Result<Answer> {
        let id = start["enrolment"].as_str().context("no enrolment")?;
        let answer = self.post(&format!("/v1/enrolments/{id}/complete"), body).await?;
        if answer.status.is_success() {
            self.device = answer.body["device"].as_str().map(str::to_owned);
        }
        Ok(answer)
    }

    /// Signs a challenge with the device key for a session token.
    ///
    /// # Errors
    /// When the connection breaks or there is no device yet.
    pub async fn open_session(&mut self) -> Result<Answer> {
        let device = self.device.clone().context("not enrolled")?;
        let challenge = self.post("/v1/device/challenge", &json!({"device": device})).await?.ok()?;
        let challenge = challenge["challenge"].as_str().context("no challenge")?;
        let mut message = b"honnin/device-session/v1\0".to_vec();
        message.extend(B64U.decode(challenge)?);
        let signature: Signature = self.device_key.sign(&message);
        let body = json!({"device": device, "challenge": challenge, "signature": B64U.encode(signature.to_bytes())});
        let answer = self.post("/v1/device/session", &body).await?;
        if answer.status.is_success() {
            self.token = answer.body["token"].as_str().map(str::to_owned);
        }
        Ok(answer)
    }

    /// The device's live stream.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn stream(&self) -> Result<Events> {
        Events::new(self.with_token(self.client.get(format!("{}/v1/device/stream", self.origin))).send().await?)
    }

    /// Fetches a request, which marks it delivered.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn fetch(&self, id: &str) -> Result<Request> {
        let body = self.get(&format!("/v1/device/requests/{id}")).await?.ok()?;
        Ok(Request {
            id: id.into(),
            statement: body["statement"].clone(),
            policy: body["policy"].clone(),
            recipient_key: body["recipient_key"].clone(),
        })
    }

    /// Fetches a request and opens it on the screen.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn open(&self, id: &str) -> Result<Request> {
        let request = self.fetch(id).await?;
        self.post(&format!("/v1/device/requests/{id}/opened"), &Value::Null).await?.ok()?;
        Ok(request)
    }

    /// Prepares a policy ahead of the call; done by [`Phone::finish`] when it has not been.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn prepare(&mut self, policy: &Value) -> Result<()> {
        let id = policy["id"].as_str().context("policy without id")?.to_owned();
        if !self.prepared.contains_key(&id) {
            let prepared = match &self.invited_by {
                Some(tenant) => self.prover.prepare_eligibility(&self.wallet, policy, tenant)?,
                None => self.prover.prepare(&self.wallet, policy, &self.handle)?,
            };
            self.prepared.insert(id, prepared);
        }
        Ok(())
    }

    /// The proof for a statement that holds its match code.
    ///
    /// # Errors
    /// When the credential does not meet the policy or the statement does not fit it.
    pub fn finish(&mut self, policy: &Value, statement: &Value) -> Result<Finished> {
        self.prepare(policy)?;
        self.prepared[policy["id"].as_str().unwrap_or_default()].finish(statement)
    }

    /// The proof that a hostile phone makes for any statement with the prepared state of any policy.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn force(&mut self, policy: &Value, statement: &Value) -> Result<Finished> {
        self.prepare(policy)?;
        self.prepared[policy["id"].as_str().unwrap_or_default()].force(statement)
    }

    /// The honest approval of a request with the two digits that the customer heard.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn approval(&mut self, request: &Request, code: &str) -> Result<Value> {
        self.approval_with(request, code, &Knobs::default())
    }

    /// The honest approval of a request that asks for no number.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn confirmation(&mut self, request: &Request) -> Result<Value> {
        let finished = self.finish(&request.policy, &request.statement)?;
        let assertion = self.passkey.as_mut().context("no passkey")?.get(&finished.approval);
        Ok(json!({"proof": finished.proof, "as_of": finished.as_of, "assertion": assertion}))
    }

    /// The honest approval of a payment or an order that sends these attributes.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn authorisation(&mut self, request: &Request, code: &str, slots: &[&str]) -> Result<Value> {
        let prepared = self.prepare_session(request, slots)?;
        self.authorisation_with(&prepared, request, code)
    }

    /// Prepares a payment or an order that sends these attributes.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn prepare_session(&self, request: &Request, slots: &[&str]) -> Result<Prepared> {
        self.prover.prepare_session(&self.wallet, &request.policy, &self.handle, &request.statement, slots)
    }

    /// As [`Phone::authorisation`], of what was prepared.
    ///
    /// # Errors
    /// When it was prepared for something else.
    pub fn authorisation_with(&mut self, prepared: &Prepared, request: &Request, code: &str) -> Result<Value> {
        let mut statement = request.statement.clone();
        statement["match"]["code"] = json!(code);
        let (finished, sent) = prepared.finish_sealed(&statement, &request.recipient_key)?;
        let assertion = self.passkey.as_mut().context("no passkey")?.get(&finished.approval);
        Ok(json!({"proof": finished.proof, "as_of": finished.as_of, "match_code": code, "assertion": assertion,
                  "disclosure": sent}))
    }

    /// An approval whose assertion departs from an honest one.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn approval_with(&mut self, request: &Request, code: &str, knobs: &Knobs) -> Result<Value> {
        let mut statement = request.statement.clone();
        statement["match"]["code"] = json!(code);
        let finished = self.finish(&request.policy, &statement)?;
        let assertion = self.passkey.as_mut().context("no passkey")?.get_with(&finished.approval, knobs);
        Ok(json!({"proof": finished.proof, "as_of": finished.as_of, "match_code": code, "assertion": assertion}))
    }

    /// Sends an approval.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn approve(&self, id: &str, body: &Value) -> Result<Answer> {
        self.post(&format!("/v1/device/requests/{id}/approve"), body).await
    }

    /// Refuses a request.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn refuse(&self, id: &str, report: bool) -> Result<Answer> {
        self.post(&format!("/v1/device/requests/{id}/refuse"), &json!({"report": report})).await
    }

    /// Says that the credential does not meet the policy.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn unprovable(&self, id: &str) -> Result<Answer> {
        self.post(&format!("/v1/device/requests/{id}/unprovable"), &Value::Null).await
    }

    /// Any GET with the session's token.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        http::send(self.with_token(self.client.get(format!("{}{path}", self.origin)))).await
    }

    /// A download with the session's token.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn download(&self, path: &str) -> Result<Vec<u8>> {
        http::download(self.with_token(self.client.get(format!("{}{path}", self.origin)))).await
    }

    /// Any POST with the session's token, as the phone app's page sends it.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let url = format!("{}{path}", self.origin);
        let request = match body {
            Value::Null => self.client.post(url),
            body => http::json(&self.client, Method::POST, &url, body),
        };
        http::send(self.with_token(request.header("Origin", &self.origin))).await
    }

    /// Any PUT with the session's token.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        let request = http::json(&self.client, Method::PUT, &format!("{}{path}", self.origin), body);
        http::send(self.with_token(request.header("Origin", &self.origin))).await
    }

    /// Any DELETE with the session's token.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        let request = self.client.delete(format!("{}{path}", self.origin));
        http::send(self.with_token(request.header("Origin", &self.origin))).await
    }

    /// The session's token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// As [`Phone::post`], over a connection of its own: a balancer gives it to whichever node is next.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn post_alone(&self, path: &str, body: &Value) -> Result<Answer> {
        let client = http::client(false);
        let request = http::json(&client, Method::POST, &format!("{}{path}", self.origin), body);
        http::send(self.with_token(request.header("Origin", &self.origin))).await
    }

    /// The next request opens a new connection.
    pub fn forget_connections(&mut self) {
        self.client = http::client(false);
    }

    fn with_token(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}
