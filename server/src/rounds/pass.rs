//! Approvals on their way through the gate.

use super::{Passing, Round, own};
use crate::gate::{self, Attempt, Place};
use crate::http::problem::Problem;

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
    for (entry, outcome) in entries.iter_mut().zip(outcomes) {
        let outcome = own(outcome.map_err(Problem::from))?;
        if let Ok(record) = &outcome {
            round.ended.push(record.state.name());
        }
        entry.outcome = Some(outcome);
    }
    Ok(())
}
