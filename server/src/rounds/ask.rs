//! Asking customers.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use honnin_protocol::disclosure::Slots;
use honnin_protocol::encoding::B64u;
use honnin_protocol::policy::Policy;
use honnin_protocol::statement::{Payment, Recipient, Window};
use honnin_protocol::text::Localized;
use uuid::Uuid;

use super::{Asking, Round, own};
use crate::caller::{Caller, Mandate, choose};
use crate::db::customers::{self, Asked};
use crate::db::machines::Machine;
use crate::db::organisations::Organisation;
use crate::db::policies::{self, Purpose, PurposeKind};
use crate::db::prospects::{self, Ceremony};
use crate::db::sessions::{self, Session, Standing};
use crate::db::verifications::{Asker, Record};
use crate::db::{Millis, calls, people, push, recipients, steps};
use crate::domain::rights::{Resource, Role, Verb};
use crate::domain::state::State;
use crate::http::extract::unfrozen;
use crate::http::problem::Problem;
use crate::{domain, requests, statements};

/// Who asks.
#[derive(Debug)]
pub enum By {
    /// Whoever holds a session: SHA-256 of its token, hex.
    Session(String),
    /// A machine whose key or token was looked up.
    Machine(Box<Machine>),
}

/// Who is asked, and why. Handle and purpose have the right form already.
#[derive(Debug)]
pub struct Ask {
    /// Who asks.
    pub by: By,
    /// For whom, where there are several.
    pub tenant: Option<String>,
    /// Who is asked.
    pub whom: Whom,
    /// Code of the purpose; it decides the policy.
    pub purpose: String,
    /// `inbound` or `outbound`.
    pub direction: &'static str,
    /// What makes it a call that is announced.
    pub call: Option<NewCall>,
    /// What makes it a payment or an order.
    pub terms: Option<NewTerms>,
    /// Counted against the ceilings, which happens once however often a round is tried.
    pub counted: bool,
}

/// Who is asked.
#[derive(Clone, Debug)]
pub enum Whom {
    /// A customer, by their handle.
    Customer(String),
    /// Whoever opens an invitation: somebody without an account.
    Prospect(Invite),
}

impl Whom {
    fn handle(&self) -> Option<&str> {
        match self {
            Self::Customer(handle) => Some(handle),
            Self::Prospect(_) => None,
        }
    }
}

/// An invitation to prove conditions.
#[derive(Clone, Debug)]
pub struct Invite {
    /// SHA-256 of the link's token, hex.
    pub token_hash: String,
    /// How long it is open.
    pub open_ms: Millis,
}

/// A call to announce. The texts have the right form already.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// One of the tenant's own numbers.
    pub number: String,
    /// The announced window, then those that the customer may pick instead.
    pub windows: Vec<Window>,
    /// Who will call, where that is not whoever asks.
    pub alias: Option<Localized>,
    /// The policy that the asker expects; the purpose decides.
    pub policy: Option<String>,
}

impl NewCall {
    /// Checks what only the tenant and its clock can say.
    fn check(&self, tenant: &Organisation, policy: &Policy, now: Millis) -> Result<(), Problem> {
        if !tenant.settings.numbers().any(|number| number == self.number) {
            return Err(Problem::Refused("number is not one of the tenant's own".into()));
        }
        if self.policy.as_ref().is_some_and(|id| *id != policy.id) {
            return Err(Problem::UnknownPolicy);
        }
        if self.windows.is_empty() || self.windows.len() > domain::calls::WINDOWS {
            return Err(Problem::Refused("windows: one to four".into()));
        }
        for window in &self.windows {
            let (Ok(from), Ok(until)) = (Millis::try_from(window.from()), Millis::try_from(window.until())) else {
                return Err(Problem::Malformed("a window is no time"));
            };
            if until <= now {
                return Err(Problem::Refused("a window is in the past".into()));
            }
            if until - from > domain::calls::WINDOW_MS {
                return Err(Problem::Refused("a window is at most four hours long".into()));
            }
            if until > now + domain::calls::AHEAD_MS {
                return Err(Problem::Refused("a window ends within fourteen days".into()));
            }
        }
        Ok(())
    }
}

/// A payment or an order. The texts have the right form already.
#[derive(Clone, Debug)]
pub struct NewTerms {
    /// `r_…`: who opens what is sealed.
    pub recipient: String,
    /// What is to be paid.
    pub payment: Option<Payment>,
    /// What is delivered.
    pub order: Option<String>,
}

/// What is known of one question by the time its customer is looked up.
struct Sound {
    asker: Asker,
    label: Localized,
    mandate: Mandate,
    purpose: Purpose,
    policy: Policy,
    recipient: Option<Recipient>,
}

pub(super) async fn run(round: &mut Round<'_>, entries: &mut [&mut Asking]) -> Result<(), Problem> {
    if entries.is_empty() {
        return Ok(());
    }
    let callers = callers(round, entries).await?;
    let people = {
        let ids: Vec<&str> = callers.iter().filter_map(|c| c.as_ref().ok()).filter_map(Caller::person).collect();
        people::all_active(&mut round.write, &ids).await?
    };
    let mut known = Known::default();
    let mut sound: Vec<Result<Sound, Problem>> = Vec::with_capacity(entries.len());
    for (entry, caller) in entries.iter_mut().zip(callers) {
        let checked = async {
            let caller = caller?;
            let (asker, label) = match &caller {
                Caller::Person(session) => {
                    let person = people.get(&session.person).ok_or(Problem::Unauthenticated)?;
                    let asker = Asker::Person { person: session.person.clone(), session: session.id.clone() };
                    (asker, person.profile.label.clone())
                }
                Caller::Machine(machine) => (Asker::Machine(machine.id.clone()), machine.label.clone()),
            };
            known.check(round, &caller, &mut entry.input, asker, label).await
        };
        sound.push(own(checked.await)?);
    }
    let handles: Vec<(&str, &str)> = entries
        .iter()
        .zip(&sound)
        .filter_map(|(entry, sound)| {
            Some((sound.as_ref().ok()?.mandate.tenant.id.as_str(), entry.input.whom.handle()?))
        })
        .collect();
    let mut customers = customers::all_known(&mut round.write, &handles, round.app.entropy()).await?;
    let mut records: Vec<Result<Record, Problem>> = Vec::with_capacity(entries.len());
    for (entry, sound) in entries.iter().zip(&sound) {
        let record = match sound {
            Ok(sound) => {
                let tenant = sound.mandate.tenant.id.as_str();
                let Some(handle) = entry.input.whom.handle() else {
                    records.push(own(invited(round, &entry.input, sound).await)?);
                    continue;
                };
                let asked = customers
                    .get_mut(&(tenant, handle))
                    .ok_or_else(|| Problem::Internal("a customer vanished".into()))?;
                let crowded = entry.input.call.is_some()
                    && calls::upcoming(&mut round.write, &asked.customer.id).await? >= domain::calls::UPCOMING;
                if crowded { Err(Problem::TooManyRequests) } else { record(round, &entry.input, sound, asked) }
            }
            // Its own problem is moved out below.
            Err(_) => Err(Problem::NotFound),
        };
        records.push(own(record)?);
    }
    // Without a phone it ends at once, one by one: nobody waits for many of those.
    let unreachable = |r: &Record| r.device.is_none() && !r.prospect;
    for record in records.iter_mut().filter_map(|r| r.as_mut().ok()).filter(|r| unreachable(r)) {
        steps::insert_all(&mut round.write, &[record]).await?;
        let step = record.state.no_device(round.write.now).map_err(|_| Problem::Internal("out of order".into()))?;
        steps::take(&mut round.write, record, step).await?;
        round.ended.push(record.state.name());
    }
    let fresh: Vec<&Record> = records.iter().filter_map(|r| r.as_ref().ok()).filter(|r| !r.state.is_ended()).collect();
    steps::insert_all(&mut round.write, &fresh).await?;
    for (entry, record) in entries.iter().zip(&records) {
        if let (Whom::Prospect(invite), Ok(record)) = (&entry.input.whom, record) {
            let ceremony = ceremony(round, record)?;
            prospects::invite(&mut round.write, record, &invite.token_hash, &ceremony).await?;
        }
    }
    let phones: HashMap<&str, &[String]> =
        customers.values().map(|c| (c.customer.id.as_str(), c.subscribed.as_slice())).collect();
    let wake: Vec<(&Record, &[String])> =
        fresh.iter().filter_map(|r| Some((*r, *phones.get(r.customer.as_str())?))).collect();
    push::owe(&mut round.write, &wake).await?;
    for ((entry, sound), record) in entries.iter_mut().zip(sound).zip(records) {
        entry.outcome = Some(sound.and(record));
    }
    Ok(())
}

/// Who asks, each in good standing and with the right to; their activity and the use of their role are noted.
async fn callers(round: &mut Round<'_>, entries: &[&mut Asking]) -> Result<Vec<Result<Caller, Problem>>, Problem> {
    let hashes: Vec<&str> = entries
        .iter()
        .filter_map(|e| match &e.input.by {
            By::Session(hash) => Some(hash.as_str()),
            By::Machine(_) => None,
        })
        .collect();
    let mut standings = sessions::by_tokens(&mut round.write, &hashes).await?;
    let mut callers = Vec::with_capacity(entries.len());
    for entry in entries {
        let caller = match &entry.input.by {
            By::Machine(machine) => Ok(Caller::Machine((**machine).clone())),
            By::Session(hash) => match standings.get_mut(hash) {
                Some(standing) => active(round, standing).await.map(Caller::Person),
                None => Err(Problem::Unauthenticated),
            },
        };
        let caller = caller.and_then(|caller| {
            caller.require(Verb::Change, Resource::Verifications)?;
            Ok(caller)
        });
        if let Ok(Caller::Person(session)) = &caller
            && round.app.role_uses().is_due(&session.person, Role::Operator, session.now)
        {
            people::touch_role(&mut round.write, &session.person, Role::Operator).await?;
        }
        callers.push(own(caller)?);
    }
    Ok(callers)
}

async fn active(round: &mut Round<'_>, standing: &mut Standing) -> Result<Session, Problem> {
    match standing {
        Standing::Gone => Err(Problem::Unauthenticated),
        Standing::Locked(_) => Err(Problem::SessionLocked),
        Standing::Idle(session) => {
            sessions::lock(&mut round.write, session, true).await?;
            Err(Problem::SessionLocked)
        }
        Standing::Active(session) => {
            if session.should_touch() {
                sessions::touch(&mut round.write, &session.id).await?;
                session.last_seen_at = session.now;
            }
            unfrozen(session.clone())
        }
    }
}

/// What several questions of a round share: few organisations ask, for few purposes.
#[derive(Default)]
struct Known {
    mandates: HashMap<String, Vec<Mandate>>,
    purposes: HashMap<(String, String), Option<(Purpose, Policy)>>,
}

impl Known {
    async fn check(
        &mut self,
        round: &mut Round<'_>,
        caller: &Caller,
        ask: &mut Ask,
        asker: Asker,
        label: Localized,
    ) -> Result<Sound, Problem> {
        let organisation = caller.organisation();
        if !self.mandates.contains_key(organisation) {
            let mandates = caller.mandates(&mut round.write).await?;
            self.mandates.insert(organisation.to_owned(), mandates);
        }
        let mandates = self.mandates.get(organisation).map_or(&[][..], Vec::as_slice);
        let mandate = choose(mandates, ask.tenant.as_deref(), &ask.purpose)?.clone();
        if !mandate.covers(&ask.purpose) {
            return Err(requests::unknown_code(&ask.purpose));
        }
        let named = (mandate.tenant.id.clone(), ask.purpose.clone());
        let found = match self.purposes.get(&named) {
            Some(found) => found.clone(),
            None => {
                let found = policies::for_purpose(&mut round.write, &named.0, &named.1).await?;
                self.purposes.insert(named, found.clone());
                found
            }
        };
        let (purpose, policy) = found.ok_or_else(|| requests::unknown_code(&ask.purpose))?;
        // A purpose serves either customers or people without an account, and so does its policy, whichever version of
        // it is published by now.
        let prospect = purpose.kind == Some(PurposeKind::Eligibility);
        if prospect != matches!(ask.whom, Whom::Prospect(_)) || !purpose.fits(&policy) {
            return Err(requests::unknown_code(&ask.purpose));
        }
        let recipient = recipient(round, ask, &mandate.tenant.id, &policy).await?;
        if let Some(call) = &ask.call {
            call.check(&mandate.tenant, &policy, round.write.now)?;
        }
        if !std::mem::replace(&mut ask.counted, true) {
            let machine = if asker.person().is_none() { Some(asker.id()) } else { None };
            let limiter = round.app.limiter();
            limiter.start(&mandate.tenant.id, asker.person(), machine).map_err(|_| Problem::TooManyRequests)?;
        }
        Ok(Sound { asker, label, mandate, purpose, policy, recipient })
    }
}

/// To whom a question's policy has something sealed. Without terms a policy that waits for them could never be met, and
/// with them a plain one would say nothing about them.
async fn recipient(
    round: &mut Round<'_>,
    ask: &Ask,
    tenant: &str,
    policy: &Policy,
) -> Result<Option<Recipient>, Problem> {
    let Some(terms) = &ask.terms else {
        return if policy.is_plain() { Ok(None) } else { Err(Problem::PolicyNeedsTerms) };
    };
    let refused = |why: &str| Problem::Refused(why.to_owned());
    let slots = Slots::try_from(policy.disclose.clone()).map_err(|_| refused("the purpose has nothing sealed"))?;
    let found = recipients::find(&mut round.write, tenant, &terms.recipient).await?;
    let found = found.ok_or_else(|| refused("there is no such recipient"))?;
    let id = found.id.parse().map_err(|_| Problem::Internal("a recipient's identifier does not read".into()))?;
    let key: [u8; 32] = requests::b64u(&found.key.thumbprint())?;
    let recipient = Recipient::new(id, found.name, B64u(key), slots).map_err(|e| Problem::Internal(e.to_string()))?;
    let recipient = match &terms.order {
        Some(order) => recipient.with_order(order.clone()).map_err(|_| Problem::UnsafeText)?,
        None => recipient,
    };
    if terms.payment.is_some() && !policy.asks_for_amount() {
        return Err(refused("the purpose is not for payments: its policy does not compare with the amount"));
    }
    policy.fits(terms.payment.as_ref(), Some(&recipient)).map_err(|e| Problem::Refused(e.to_string()))?;
    Ok(Some(recipient))
}

/// A verification of somebody whom nobody knows yet.
async fn invited(round: &mut Round<'_>, ask: &Ask, sound: &Sound) -> Result<Record, Problem> {
    let customer = prospects::unknown(&mut round.write, &sound.mandate.tenant.id, round.app.entropy()).await?;
    let mut asked = Asked { customer, started: 0, open: 0, device: None, subscribed: Vec::new() };
    record(round, ask, sound, &mut asked)
}

/// What their phone registers with.
fn ceremony(round: &Round<'_>, record: &Record) -> Result<Ceremony, Problem> {
    let entropy = round.app.entropy();
    let session = requests::statement(record)?;
    // As at an enrolment: the authenticator's list names the company and nobody else.
    let user = Uuid::from_bytes(entropy.bytes());
    let (options, registration) = round.app.relying_party().start_registration(user, &session.display.name.ja)?;
    Ok(Ceremony { challenge: URL_SAFE_NO_PAD.encode(entropy.bytes::<32>()), options, registration })
}

/// The verification, unless its customer is to be left alone.
fn record(round: &Round<'_>, ask: &Ask, sound: &Sound, asked: &mut Asked) -> Result<Record, Problem> {
    let (now, limits) = (round.write.now, &round.app.config().limits);
    if asked.customer.frozen_until.is_some_and(|until| until > now) {
        return Err(Problem::CustomerFrozen);
    }
    if asked.started >= limits.verifications_per_handle_per_minute || asked.open >= limits.open_per_handle {
        return Err(Problem::TooManyRequests);
    }
    // The next one of this round sees this one.
    asked.started += 1;
    asked.open += i64::from(asked.device.is_some());
    let tenant = &sound.mandate.tenant;
    let display =
        tenant.settings.display.as_ref().ok_or_else(|| Problem::Internal("a tenant without display".into()))?;
    let statement = statements::Asked {
        tenant: &tenant.id,
        display,
        operator: ask.call.as_ref().and_then(|call| call.alias.as_ref()).unwrap_or(&sound.label),
        purpose: &sound.purpose,
        policy: &sound.policy,
        direction: ask.direction,
        call: ask.call.as_ref().map(|call| (call.number.as_str(), call.windows.as_slice())),
        payment: ask.terms.as_ref().and_then(|terms| terms.payment.as_ref()),
        recipient: sound.recipient.as_ref(),
        invited_until: match &ask.whom {
            Whom::Customer(_) => None,
            Whom::Prospect(invite) => Some(now + invite.open_ms),
        },
        now,
    };
    let fresh = statement.make(round.app.entropy())?;
    Ok(Record {
        call: fresh.call,
        recipient: ask.terms.as_ref().map(|terms| terms.recipient.clone()),
        id: fresh.id,
        tenant: tenant.id.clone(),
        asker: sound.asker.clone(),
        delegation: sound.mandate.delegation.as_ref().map(|d| d.id.clone()),
        customer: asked.customer.id.clone(),
        handle: ask.whom.handle().map(Into::into),
        prospect: ask.whom.handle().is_none(),
        device: asked.device.clone(),
        reference: fresh.reference,
        direction: ask.direction.to_owned(),
        purpose: sound.purpose.code.clone(),
        policy: sound.policy.clone(),
        statement: fresh.statement,
        state: State::Created,
        wrong_numbers: 0,
        refused_proofs: 0,
        noted: 0,
        created_at: now,
        expires_at: fresh.expires_at,
        changed_at: now,
        fallback: None,
    })
}
