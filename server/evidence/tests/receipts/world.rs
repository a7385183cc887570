//! A tenant, its issuer, a customer's passkey and a log: everything that a receipt is made of, open to spoiling.

use std::sync::LazyLock;

use honnin_circuits::schnorr;
use honnin_circuits::verify::VerifyingKey;
use honnin_circuits::{CircuitVersion, Fr, encoding};
use honnin_evidence::checkpoint::Checkpoint;
use honnin_evidence::entry::Entry;
use honnin_evidence::log::{Frontier, Plan};
use honnin_evidence::note::NoteKey;
use honnin_evidence::receipt::{Approval, Body, Detail, Passkey, Receipt, State, Trust, Verdict};
use honnin_protocol::approval;
use honnin_protocol::certificate::{self, IssuerCertificate, PointHex};
use honnin_protocol::disclosure::Disclosed;
use honnin_protocol::encoding::B64u;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::policy::Policy;
use honnin_protocol::subject::{Party, Subject};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::authenticator::{Authenticator, b64, signing_key};
use crate::simulator::Simulator;

pub const ORIGIN: &str = "log.example/midori";
pub const ASKED: u64 = 1_795_300_000_000;
pub const DECIDED: u64 = ASKED + 60_000;
pub const ROOT_SEED: u8 = 40;

/// The key whose exponents are known, and its bytes loaded.
static KEY: LazyLock<(Simulator, VerifyingKey)> = LazyLock::new(|| {
    let simulator = Simulator::new();
    let bytes = simulator.verifying_key();
    let key = VerifyingKey::load(&bytes, &Sha256::digest(&bytes).into()).unwrap();
    (simulator, key)
});

pub fn issuer_key() -> schnorr::PublicKey {
    schnorr::SigningKey::generate(&mut StdRng::seed_from_u64(3)).public()
}

pub fn root() -> P256Jwk {
    P256Jwk::from(*signing_key(ROOT_SEED).verifying_key())
}

pub fn log_key() -> NoteKey {
    NoteKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

pub fn trust() -> Trust {
    Trust {
        verifying_keys: vec![KEY.1.clone()],
        log_keys: vec![log_key().verifier().clone()],
        issuer_roots: vec![root().thumbprint()],
        eligibility_issuers: vec![],
        tenant: Some("midori".into()),
    }
}

/// What goes into an approval, before anything is proven or signed.
pub struct World {
    pub policy: Policy,
    /// The session statement's JSON.
    pub statement: Value,
    pub claims: IssuerCertificate,
    pub root_seed: u8,
    pub as_of: u32,
    pub passkey: Authenticator,
    pub handle: Option<String>,
    pub decided_at: u64,
    pub disclosed: Option<Disclosed>,
}

impl World {
    pub fn new() -> Self {
        let policy: Policy = serde_json::from_value(json!({
            "v": 1, "id": "standard", "version": 1, "schema": "honnin-jp-1", "name": {"ja": "標準", "en": "Standard"},
            "predicates": [{"slot": "subject", "op": "EQ", "value": "handle"}, {"slot": "birth", "op": "LE", "value": {"years_before": 20}}],
            "disclose": [], "user_verification": true, "number_match": true, "ttl_s": 120, "valid_s": 600,
        }))
        .unwrap();
        let statement = json!({
            "v": 1, "kind": "verification", "tenant": "midori", "verification": "v_AAAAAAAAAAAAAAAAAAAAAA",
            "nonce": b64([9; 32]), "direction": "inbound",
            "purpose": {"code": "address-change", "ja": "住所変更のお手続き", "en": "Address change"},
            "policy": {"id": "standard", "version": 1, "digest": policy.digest()},
            "display": {"name": {"ja": "みどり銀行", "en": "Midori Bank"}, "desk": {"ja": "窓口", "en": "Desk"}, "number": "0120-000-123"},
            "operator": {"ja": "佐藤", "en": "Sato"}, "match": {"mode": "enter", "code": "47"},
            "call": null, "payment": null, "recipient": null, "not_before": ASKED, "expires_at": ASKED + 120_000,
        });
        let claims = IssuerCertificate {
            iss: "https://issuer.example".into(),
            tenant: "midori".into(),
            schema: "honnin-jp-1".into(),
            key: PointHex::of(&issuer_key()),
            key_id: "k1".into(),
            nbf: ASKED / 1000 - 86_400,
            exp: ASKED / 1000 + 86_400,
        };
        Self {
            policy,
            statement,
            claims,
            root_seed: ROOT_SEED,
            as_of: 20_261_122,
            passkey: Authenticator::new(120, "http://localhost:8080"),
            handle: Some("C-20481".into()),
            decided_at: DECIDED,
            disclosed: None,
        }
    }

    /// A payment of ¥48,000 whose limit is proven and whose token went sealed.
    pub fn paying() -> Self {
        let mut world = Self::new();
        let policy = json!({
            "v": 1, "id": "payment", "version": 1, "schema": "honnin-jp-1", "name": {"ja": "お支払い", "en": "Payment"},
            "predicates": [{"slot": "subject", "op": "EQ", "value": "handle"}, {"slot": "limit", "op": "GE", "value": "amount"}],
            "disclose": ["payment_token"], "user_verification": true, "number_match": true, "ttl_s": 120, "valid_s": 600,
        });
        world.policy = serde_json::from_value(policy).unwrap();
        world.statement["policy"] = json!({"id": "payment", "version": 1, "digest": world.policy.digest()});
        world.statement["payment"] = json!({"amount": 48_000, "currency": "JPY", "payee": "△△株式会社", "order": "A-2210",
            "instrument": "みどりカード"});
        world.statement["recipient"] = json!({"id": "r_AAAAAAAAAAAAAAAAAAAAAA", "name": {"ja": "みどりペイ", "en": "Midori Pay"},
            "key": b64([3; 32]), "slots": ["payment_token"]});
        world.disclosed = Some(disclosed(&["payment_token"]));
        world
    }

    /// An end without approval.
    pub fn ended(&self, state: State, detail: Option<Detail>) -> Body {
        let verdict = Verdict {
            state,
            detail,
            delivered_at: Some(ASKED + 1_000),
            opened_at: Some(ASKED + 2_000),
            decided_at: self.decided_at,
            valid_until: None,
        };
        Body {
            statement: serde_json::from_value(self.statement.clone()).unwrap(),
            policy: self.policy.clone(),
            reference: "H7K2-93QD".parse().unwrap(),
            handle: self.handle.clone(),
            verdict,
            approval: None,
        }
    }

    /// A pass, proven and signed.
    pub fn passed(&mut self) -> Body {
        let mut body = self.ended(State::Passed, None);
        body.verdict.valid_until = Some(self.decided_at + 600_000);
        let pseudonym = encoding::fr_to_hex(&Fr::from(1_234_u64));
        let ctx = body.statement.ctx();
        let subject = Subject {
            tenant: &body.statement.tenant,
            party: Party::of(body.statement.kind, body.handle.as_deref()).unwrap_or(Party::Prospect),
            pseudonym: &pseudonym,
            issuer: issuer_key(),
            policy: &self.policy,
            as_of: self.as_of,
            ctx,
            payment: body.statement.payment.as_ref(),
            disclosed: self.disclosed.as_ref(),
        };
        // Where there is no statement to prove, any bytes stand in: such a body is refused before they are looked at.
        let proof = subject.statement().map_or([1; 128], |statement| KEY.0.prove(&statement));
        let before = self.passkey.counter;
        let assertion = self.passkey.assert(&b64(approval::of_proof(&ctx, &proof)));
        body.approval = Some(Approval {
            circuit: CircuitVersion::V1,
            verifying_key: hex::encode(KEY.1.id()),
            pseudonym,
            as_of: self.as_of,
            disclosure: self.disclosed.clone(),
            proof: B64u(proof),
            certificate: certificate::sign(&self.claims, &signing_key(self.root_seed)),
            root: P256Jwk::from(*signing_key(self.root_seed).verifying_key()),
            passkey: Passkey {
                id: b64(&self.passkey.id),
                key: P256Jwk::from(*self.passkey.key.verifying_key()),
                counter: before,
                rp_id: "localhost".into(),
                origin: self.passkey.origin.clone(),
            },
            assertion: serde_json::from_value(assertion).unwrap(),
        });
        body
    }
}

/// A commitment to these slots.
pub fn disclosed(slots: &[&str]) -> Disclosed {
    serde_json::from_value(json!({"slots": slots, "commitment": encoding::fr_to_hex(&Fr::from(77_u64))})).unwrap()
}

/// The event of a body's end, as a service logs it.
pub fn event(body: &Body, seq: u64) -> Value {
    let mut data = json!({"receipt": body.digest()});
    if let Some(detail) = body.verdict.detail {
        data["detail"] = json!(detail.name());
    }
    json!({
        "seq": seq, "at": body.verdict.decided_at, "kind": body.verdict.state.event(), "log": body.statement.tenant,
        "verification": body.statement.verification, "operator": "sato", "device": "d_AAAAAAAAAAAAAAAAAAAAAA", "data": data,
    })
}

/// Entries around an event of interest.
pub fn entries(event: &Value) -> Vec<Entry> {
    let other = |seq: u64| {
        json!({"seq": seq, "at": ASKED, "kind": "operator.login", "log": "midori", "verification": null,
        "operator": "sato", "device": null, "data": {}})
    };
    let seq = event["seq"].as_u64().unwrap();
    let around = (1..seq).map(other).chain([event.clone()]).chain((seq + 1..12).map(other));
    around.map(|value| Entry::of(value).unwrap()).collect()
}

/// A receipt over an event in a log of eleven.
pub fn logged(body: Body, event: &Value) -> Receipt {
    let entries = entries(event);
    let index = event["seq"].as_u64().unwrap() - 1;
    let (size, mut frontier) = (entries.len() as u64, Frontier::new());
    for entry in &entries {
        frontier.append(entry.leaf()).unwrap();
    }
    let leaves: Vec<_> = entries.iter().map(Entry::leaf).collect();
    let inclusion = Plan::inclusion(index, size).unwrap().hashes(|_| Some(leaves.as_slice())).unwrap();
    let checkpoint = Checkpoint::of(&frontier, &log_key()).sign(&log_key()).unwrap();
    Receipt::new(body, &entries[index as usize], index, inclusion, checkpoint)
}

/// An honest receipt of a body.
pub fn receipt(body: Body) -> Receipt {
    let event = event(&body, 6);
    logged(body, &event)
}
