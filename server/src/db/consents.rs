//! What customers agreed to, word for word, and when they took it back.

use honnin_protocol::policy::{Policy, Words};
use honnin_protocol::statement::{Display, Purpose};
use honnin_protocol::text::Localized;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row as _;

use super::organisations::{document, stored};
use super::{Event, Millis, Query, Write};

/// The purpose of the consent that every enrolment asks for.
pub const ENROLMENT: &str = "enrolment";
/// The purpose of the consent that an invitation to prove conditions asks for.
pub const ELIGIBILITY: &str = "eligibility";
/// The wording's version: raised when [`words`] or [`eligibility_words`] changes.
pub const WORDING: u32 = 1;

/// The language in which somebody read what they agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Japanese.
    Ja,
    /// English.
    En,
}

/// What the phone asks to be agreed to, and by which wording and policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Japanese and English.
    pub text: Localized,
    /// Of the wording.
    pub wording: u32,
    /// The policy whose words stand in the text.
    pub policy: String,
    /// Its version.
    pub policy_version: u32,
}

/// What was agreed to, in both languages, and in which of them it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// The words.
    #[serde(flatten)]
    pub asked: Asked,
    /// What stood on the screen.
    pub language: Language,
}

/// A consent as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// `k_…`.
    pub id: String,
    /// By which phone.
    pub device: String,
    /// [`ENROLMENT`], or the code of a purpose.
    pub purpose: String,
    /// What was agreed to.
    pub agreed: Agreed,
    /// When.
    pub given_at: Millis,
    /// When it was taken back.
    pub withdrawn_at: Option<Millis>,
}

/// The words of an enrolment's consent: who will ask, and what the phone shows them.
pub fn words(display: &Display, policy: &Policy) -> Asked {
    let words = honnin_protocol::policy::words(policy);
    let proves = |pick, between| proven(&words, pick, between);
    let ja = format!(
        "{}（{}、{}）からの本人確認の依頼をこの端末で受け取り、答えることに同意します。この登録で証明するのは次のことだけです：{}。送らないもの：{}。この同意はいつでも取り消せます。取り消すとこの端末の登録は直ちに解除されます。",
        display.name.ja,
        display.desk.ja,
        display.number,
        proves(|l| &l.ja, "、"),
        words.not_sent.ja.join("、"),
    );
    let en = format!(
        "I agree to receive and answer identity checks of {} ({}, {}) on this device. Registering it proves only this: {}. Not sent: {}. I may withdraw this at any time; the device is then removed at once.",
        display.name.en,
        display.desk.en,
        display.number,
        proves(|l| &l.en, "; "),
        words.not_sent.en.join(", "),
    );
    Asked { text: Localized::new(ja, en), wording: WORDING, policy: policy.id.clone(), policy_version: policy.version }
}

fn proven(words: &Words, pick: fn(&Localized) -> &str, between: &str) -> String {
    words.proves.iter().map(pick).collect::<Vec<_>>().join(between)
}

/// The words of a prospect's consent: who asks, why, and that it is this once.
pub fn eligibility_words(display: &Display, purpose: &Purpose, policy: &Policy) -> Asked {
    let words = honnin_protocol::policy::words(policy);
    let ja = format!(
        "{}（{}、{}）に、「{}」のため、次のことだけをこの端末で一度だけ証明することに同意します：{}。送らないもの：{}。お名前や口座は伝わりません。この同意は、証明を終えるまでいつでも取り消せます。",
        display.name.ja,
        display.desk.ja,
        display.number,
        purpose.ja,
        proven(&words, |l| &l.ja, "、"),
        words.not_sent.ja.join("、"),
    );
    let en = format!(
        "I agree to prove only this to {} ({}, {}), once, on this device, for \"{}\": {}. Not sent: {}. Neither my name nor an account is told. I may withdraw this until it is proven.",
        display.name.en,
        display.desk.en,
        display.number,
        purpose.en,
        proven(&words, |l| &l.en, "; "),
        words.not_sent.en.join(", "),
    );
    Asked { text: Localized::new(ja, en), wording: WORDING, policy: policy.id.clone(), policy_version: policy.version }
}

/// Keeps a consent.
///
/// # Errors
/// Whatever the database answers.
pub async fn give(write: &mut Write, tenant: &str, customer: &str, consent: &Consent) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO consents (id, tenant, customer, device, purpose, text, given_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&consent.id)
    .bind(tenant)
    .bind(customer)
    .bind(&consent.device)
    .bind(&consent.purpose)
    .bind(document(&consent.agreed)?)
    .bind(consent.given_at)
    .execute(write.conn())
    .await?;
    write.record(Event::new(tenant, "consent.given").by(&consent.device).with(json!({
        "consent": consent.id, "customer": customer, "purpose": consent.purpose, "wording": consent.agreed.asked.wording,
        "policy": consent.agreed.asked.policy, "version": consent.agreed.asked.policy_version,
        "language": consent.agreed.language,
    })));
    Ok(())
}

fn read(r: &sqlx::any::AnyRow) -> Result<Consent, sqlx::Error> {
    Ok(Consent {
        id: r.try_get(0)?,
        device: r.try_get(1)?,
        purpose: r.try_get(2)?,
        agreed: stored(&r.try_get::<String, _>(3)?)?,
        given_at: r.try_get(4)?,
        withdrawn_at: r.try_get(5)?,
    })
}

/// What a phone agreed to, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_device(query: &mut Query, device: &str) -> Result<Vec<Consent>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, device, purpose, text, given_at, withdrawn_at FROM consents WHERE device = $1 ORDER BY given_at DESC, id",
    )
    .bind(device)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(read).collect()
}

/// What a customer agreed to on any phone, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_customer(query: &mut Query, tenant: &str, customer: &str) -> Result<Vec<Consent>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, device, purpose, text, given_at, withdrawn_at FROM consents WHERE tenant = $1 AND customer = $2
         ORDER BY given_at DESC, id",
    )
    .bind(tenant)
    .bind(customer)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(read).collect()
}

/// Takes a consent back; its purpose, or `None` when the phone gave none such or took it back before.
///
/// # Errors
/// Whatever the database answers.
pub async fn withdraw(write: &mut Write, tenant: &str, device: &str, id: &str) -> Result<Option<String>, sqlx::Error> {
    let now = write.now;
    let row = sqlx::query(
        "UPDATE consents SET withdrawn_at = $1 WHERE id = $2 AND device = $3 AND withdrawn_at IS NULL RETURNING purpose",
    )
    .bind(now)
    .bind(id)
    .bind(device)
    .fetch_optional(write.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let purpose: String = row.try_get(0)?;
    write.record(Event::new(tenant, "consent.withdrawn").by(device).with(json!({"consent": id, "purpose": purpose})));
    Ok(Some(purpose))
}
