//! Making the canonical statement: everything that a proof is bound to and that the phone's screen shows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use honnin_protocol::policy::Policy;
use honnin_protocol::statement::SessionStatement;
use serde_json::{Value, json};

use honnin_protocol::statement::{Display, Kind, Payment, Recipient, Window};
use honnin_protocol::text::Localized;

use crate::db::Millis;
use crate::db::calls::Call;
use crate::db::enrolments::ENROLMENT_MS;
use crate::db::policies::Purpose;
use crate::domain::calls::Stage;
use crate::entropy::Entropy;
use crate::http::problem::Problem;

/// A verification as an operator asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// For whom.
    pub tenant: &'a str,
    /// What the phone shows of them.
    pub display: &'a Display,
    /// By whom, as the phone shows it.
    pub operator: &'a Localized,
    /// Why.
    pub purpose: &'a Purpose,
    /// What is to be proven.
    pub policy: &'a Policy,
    /// `inbound` or `outbound`.
    pub direction: &'a str,
    /// Of a call that is announced: the number it comes from, its window and the others on offer.
    pub call: Option<(&'a str, &'a [Window])>,
    /// What is paid, if anything.
    pub payment: Option<&'a Payment>,
    /// To whom something goes sealed, if anything does.
    pub recipient: Option<&'a Recipient>,
    /// Of somebody without an account: until when their invitation is open.
    pub invited_until: Option<Millis>,
    /// The database's clock.
    pub now: Millis,
}

/// A statement ready to be stored.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// `v_…` or `e_…`.
    pub id: String,
    /// `XXXX-XXXX`.
    pub reference: String,
    /// Canonical, with the match code.
    pub statement: String,
    /// When it lapses.
    pub expires_at: Millis,
    /// The call, if it is one.
    pub call: Option<Call>,
}

impl Asked<'_> {
    /// Draws identifier, nonce, reference and match code and writes the statement.
    ///
    /// # Errors
    /// `internal` when the statement does not fit its own type.
    pub fn make(&self, entropy: &Entropy) -> Result<Fresh, Problem> {
        let id = identifier("v_", entropy);
        let call = self.call(entropy)?;
        let expires_at = match (&call, self.invited_until) {
            (Some((call, _)), _) => call.until,
            // Nobody holds the telephone while a link finds its way.
            (None, Some(until)) => until,
            (None, None) => self.now + i64::from(self.policy.ttl_s) * 1000,
        };
        let kind = if self.invited_until.is_some() { Kind::Eligibility } else { Kind::Verification };
        // Nobody is on the line yet when a call is announced: there the word pair does what a number does. Who calls
        // the customer says the number first; who was called hears it typed.
        let matching = if self.policy.number_match && call.is_none() {
            let mode = if self.direction == "outbound" { "say" } else { "enter" };
            json!({"mode": mode, "code": format!("{:02}", entropy.below(100))})
        } else {
            json!({"mode": "none"})
        };
        let (call, announced) = call.map_or((None, None), |(call, announced)| (Some(call), Some(announced)));
        let statement = json!({
            "v": 1, "kind": kind, "tenant": self.tenant, "verification": id, "nonce": nonce(entropy),
            "direction": self.direction,
            "purpose": {"code": self.purpose.code, "ja": self.purpose.ja, "en": self.purpose.en},
            "policy": reference_to(self.policy), "display": self.display, "operator": self.operator,
            "match": matching, "call": announced, "payment": self.payment, "recipient": self.recipient,
            "not_before": self.now,
            "expires_at": expires_at,
        });
        Ok(Fresh { call, ..fresh(id, statement, expires_at, entropy)? })
    }

    /// The call and its part of the statement.
    fn call(&self, entropy: &Entropy) -> Result<Option<(Call, Value)>, Problem> {
        let Some((number, [window, offered @ ..])) = self.call else { return Ok(None) };
        let time = |at: u64| Millis::try_from(at).map_err(|_| Problem::Malformed("a window is no time"));
        let call = Call {
            id: identifier("c_", entropy),
            stage: Stage::Announced,
            from: time(window.from())?,
            until: time(window.until())?,
            instead: None,
            changed_at: self.now,
        };
        let announced = json!({
            "id": call.id, "number": number, "from": window.from(), "until": window.until(), "offered": offered,
        });
        Ok(Some((call, announced)))
    }
}

/// The statement of an enrolment.
///
/// # Errors
/// `internal` when the statement does not fit its own type.
pub fn enrolment(
    tenant: &str,
    display: &Display,
    policy: &Policy,
    now: Millis,
    entropy: &Entropy,
) -> Result<Fresh, Problem> {
    let id = identifier("e_", entropy);
    let expires_at = now + ENROLMENT_MS;
    let statement = json!({
        "v": 1, "kind": "enrolment", "tenant": tenant, "verification": id, "nonce": nonce(entropy), "direction": "inbound",
        "purpose": {"code": "enrolment", "ja": "この端末の登録", "en": "Registering this phone"},
        "policy": reference_to(policy), "display": display, "operator": null, "match": {"mode": "none"},
        "call": null, "payment": null, "recipient": null, "not_before": now, "expires_at": expires_at,
    });
    fresh(id, statement, expires_at, entropy)
}

/// The statement as the phone receives it: a number that the customer types stays behind.
///
/// # Errors
/// `internal` when the stored statement does not read.
pub fn for_phone(stored: &str) -> Result<Value, Problem> {
    let mut statement: Value = crate::requests::stored(stored)?;
    if let Some(matching) = statement["match"].as_object_mut().filter(|m| m.get("mode") == Some(&json!("enter"))) {
        matching.remove("code");
    }
    Ok(statement)
}

fn fresh(id: String, statement: Value, expires_at: Millis, entropy: &Entropy) -> Result<Fresh, Problem> {
    let internal = |e: serde_json::Error| Problem::Internal(format!("statement: {e}"));
    // Through the type: what is stored is what the phone and the gate can read.
    let typed: SessionStatement = serde_json::from_value(statement).map_err(internal)?;
    let mut reference = String::new();
    entropy.with(|rng| reference = honnin_protocol::reference::Reference::generate(rng).to_string());
    Ok(Fresh { id, reference, statement: serde_jcs::to_string(&typed).map_err(internal)?, expires_at, call: None })
}

fn reference_to(policy: &Policy) -> Value {
    json!({"id": policy.id, "version": policy.version, "digest": policy.digest()})
}

/// A prefixed identifier of 128 random bits.
pub fn identifier(prefix: &str, entropy: &Entropy) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(entropy.bytes::<16>()))
}

fn nonce(entropy: &Entropy) -> String {
    URL_SAFE_NO_PAD.encode(entropy.bytes::<32>())
}
