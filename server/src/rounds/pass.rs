//! Approvals on their way through the gate, and what recipients are owed of them.

use serde_json::json;

use super::{Passing, Round, own};
use crate::db::outbox::{self, Fresh, Kind};
use crate::gate::{self, Attempt, Place};
use crate::http::problem::Problem;
use crate::statements::identifier;

pub(super) async fn run(round: &mut Round<'_>, entries: &mut [&mut Passing]) -> Result<(), Problem> {
    if entries.is_empty() {
        return Ok(());
    }
    let app = round.app;
    let place = Place {
        origin: app.origin(),
        rp_id: app.config().rp_id(),
        verifying_key: app.verifying_key(),
        issuers: app.verifier().issuers(),
    };
    let attempts: Vec<&Attempt> = entries.iter().map(|e| &e.input).collect();
    let outcomes = gate::pass(&mut round.write, place, &attempts).await?;
    let mut owed = Vec::new();
    for (entry, outcome) in entries.iter().zip(&outcomes) {
        if let (Some(_), Ok(record)) = (&entry.input.sent, outcome)
            && let Some(recipient) = &record.recipient
        {
            let body = json!({"verification": record.id, "recipient": recipient}).to_string();
            owed.push(Fresh { id: identifier("msg_", app.entropy()), organisation: &record.tenant, body });
        }
    }
    outbox::put(&mut round.write, Kind::Delivery, &owed).await?;
    for (entry, outcome) in entries.iter_mut().zip(outcomes) {
        let outcome = own(outcome.map_err(Problem::from))?;
        if let Ok(record) = &outcome {
            round.ended.push(record.state.name());
        }
        entry.outcome = Some(outcome);
    }
    Ok(())
}
