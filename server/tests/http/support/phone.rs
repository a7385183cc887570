//! A phone: device key, passkey, and proofs from the simulator.

use honnin_circuits::statement::{Disclosure, Statement};
use honnin_circuits::{Fr, encoding, schnorr};
use honnin_protocol::certificate;
use honnin_protocol::policy::Policy;
use honnin_protocol::statement::{Kind, SessionStatement};
use honnin_protocol::subject::Party;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use rand::SeedableRng;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::authenticator::{Authenticator, b64, jwk, signing_key, unb64};
use super::service::{Answer, ISSUER, ROOT_SEED, Service};

/// The issuer's Baby Jubjub key.
pub fn issuer_key() -> schnorr::PublicKey {
    schnorr::SigningKey::generate(&mut StdRng::seed_from_u64(3)).public()
}

/// A certificate for `tenant` under the root of `seed`, valid for a day around now, or until `exp`.
pub fn certificate(tenant: &str, seed: u8, now_s: u64, exp: u64) -> String {
    let (x, y) = issuer_key().to_xy_hex();
    let claims = json!({
        "iss": ISSUER, "tenant": tenant, "schema": "honnin-jp-1", "key": {"x": x, "y": y}, "key_id": "k1", "nbf": now_s - 86_400, "exp": exp,
    });
    certificate::sign(&serde_json::from_value(claims).unwrap(), &signing_key(seed))
}

pub struct Phone<'a> {
    pub service: &'a Service,
    pub tenant: String,
    pub handle: String,
    pub key: SigningKey,
    pub passkey: Authenticator,
    pub pseudonym: Fr,
    pub device: String,
    pub token: String,
}

/// What a phone would hand in, open to spoiling.
pub struct Approval {
    pub statement: Statement,
    pub body: Value,
}

impl<'a> Phone<'a> {
    /// Not enrolled yet.
    pub fn new(service: &'a Service, tenant: &str, handle: &str, seed: u8) -> Self {
        Self {
            service,
            tenant: tenant.into(),
            handle: handle.into(),
            key: signing_key(seed),
            passkey: Authenticator::new(seed + 100, &service.origin),
            pseudonym: Fr::from(u64::from(seed) + 1000),
            device: String::new(),
            token: String::new(),
        }
    }

    /// Enrolled beside the customer's others, and logged in.
    pub async fn enrolled(service: &'a Service, tenant: &str, handle: &str, seed: u8) -> Self {
        Self::enrolled_and(service, tenant, handle, seed, "keep").await
    }

    /// Enrolled in the place of the customer's others, and logged in.
    pub async fn replacing(service: &'a Service, tenant: &str, handle: &str, seed: u8) -> Self {
        Self::enrolled_and(service, tenant, handle, seed, "replace").await
    }

    async fn enrolled_and(service: &'a Service, tenant: &str, handle: &str, seed: u8, others: &str) -> Self {
        let mut phone = Self::new(service, tenant, handle, seed);
        let (id, mut body) = phone.enrolment().await;
        body["others"] = json!(others);
        let done = service.post(&format!("/v1/enrolments/{id}/complete"), body).await.ok(201);
        phone.device = done["device"].as_str().unwrap().to_owned();
        phone.log_in().await;
        phone
    }

    /// Starts an enrolment and gives the body that completes it.
    pub async fn enrolment(&mut self) -> (String, Value) {
        let now = self.service.app.db().now().await.unwrap();
        let now_s = u64::try_from(now / 1000).unwrap();
        let started =
            self.service.post("/v1/enrolments", json!({"tenant": self.tenant, "handle": self.handle})).await.ok(201);
        let statement = self.public(&started["statement"], &started["policy"], self.today().await);
        let proof = self.service.simulator.prove(&statement);
        let body = json!({
            "proof": b64(proof), "as_of": statement.as_of, "pseudonym": encoding::fr_to_hex(&self.pseudonym),
            "issuer_certificate": certificate(&self.tenant, ROOT_SEED, now_s, now_s + 86_400),
            "device_key": jwk(&self.key), "device_signature": self.sign(&approval(&statement, &proof)),
            "passkey": self.passkey.register(&started["passkey"]), "label": "Android", "others": "keep",
            "consent": {"wording": started["consent"]["wording"], "language": "ja"},
        });
        (started["enrolment"].as_str().unwrap().to_owned(), body)
    }

    pub async fn log_in(&mut self) {
        let challenge = self.service.post("/v1/device/challenge", json!({"device": self.device})).await.ok(200);
        let text = challenge["challenge"].as_str().unwrap();
        let bytes: [u8; 32] = unb64(text).try_into().unwrap();
        let message = honnin_protocol::device::session_message(&bytes);
        let body = json!({"device": self.device, "challenge": text, "signature": self.sign(&message)});
        let session = self.service.post("/v1/device/session", body).await.ok(200);
        self.token = session["token"].as_str().unwrap().to_owned();
    }

    pub fn sign(&self, message: &[u8]) -> String {
        let signature: Signature = self.key.sign(message);
        b64(signature.to_bytes())
    }

    /// Today where the tenant is.
    pub async fn today(&self) -> u32 {
        let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
        honnin_server::domain::as_of::allowed(self.service.app.db().now().await.unwrap(), &zone).unwrap()[0]
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        self.service.call(method, path, body, &[("authorization", &bearer)]).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(&body)).await
    }

    /// Fetches a request and shows it.
    pub async fn open(&self, id: &str) -> Value {
        let request = self.get(&format!("/v1/device/requests/{id}")).await.ok(200);
        self.call(Method::POST, &format!("/v1/device/requests/{id}/opened"), None).await.ok(204);
        request
    }

    /// The public inputs of a statement as the phone got it.
    pub fn public(&self, statement: &Value, policy: &Value, as_of: u32) -> Statement {
        let session: SessionStatement = serde_json::from_value(statement.clone()).unwrap();
        let policy: Policy = serde_json::from_value(policy.clone()).unwrap();
        let party = match session.kind {
            Kind::Eligibility => Party::Prospect,
            Kind::Verification | Kind::Enrolment => Party::Customer(&self.handle),
        };
        Statement {
            issuer: issuer_key(),
            scope: party.scope(&self.tenant),
            pseudonym: self.pseudonym,
            as_of,
            predicates: policy.compile(party, as_of, session.payment.as_ref()).unwrap(),
            disclosure: Disclosure::Nothing,
            ctx: session.ctx(),
        }
    }

    /// An honest approval of a fetched request, with the number typed.
    pub async fn approval(&mut self, request: &Value, code: &str) -> Approval {
        let mut statement = request["statement"].clone();
        statement["match"]["code"] = json!(code);
        let public = self.public(&statement, &request["policy"], self.today().await);
        let body = self.approve_body(&public, code);
        Approval { statement: public, body }
    }

    /// Proof and assertion for any statement.
    pub fn approve_body(&mut self, statement: &Statement, code: &str) -> Value {
        let proof = self.service.simulator.prove(statement);
        let assertion = self.passkey.assert(&b64(approval(statement, &proof)));
        json!({"proof": b64(proof), "as_of": statement.as_of, "match_code": code, "assertion": assertion})
    }

    pub async fn approve(&self, id: &str, body: &Value) -> Answer {
        self.call(Method::POST, &format!("/v1/device/requests/{id}/approve"), Some(body)).await
    }
}

/// The approval digest over a proof's bytes.
pub fn approval(statement: &Statement, proof: &[u8]) -> [u8; 32] {
    honnin_protocol::approval::digest(&statement.ctx, &Sha256::digest(proof).into())
}
