//! A phone has a request, or shows it.

use super::examine::{Examined, answers, of_device};
use super::{Acknowledging, Round, own};
use crate::db::steps::{self, Move};
use crate::db::{devices, standing, verifications};
use crate::gate::steps_to_opened;
use crate::http::problem::Problem;
use crate::requests;

/// What a phone says.
#[derive(Debug)]
pub struct Acknowledge {
    /// SHA-256 of the phone's token, hex.
    pub token_hash: String,
    /// Which request.
    pub verification: String,
    /// Not only fetched: shown.
    pub opened: bool,
}

pub(super) async fn run(round: &mut Round<'_>, entries: &mut [&mut Acknowledging]) -> Result<(), Problem> {
    if entries.is_empty() {
        return Ok(());
    }
    let tokens: Vec<&str> = entries.iter().map(|e| e.input.token_hash.as_str()).collect();
    let ids: Vec<&str> = entries.iter().map(|e| e.input.verification.as_str()).collect();
    let phones = devices::by_tokens(&mut round.write, &tokens).await?;
    let mut records = verifications::find_all(&mut round.write, &ids).await?;
    let mut standings = standing::of_verifications(
        &mut round.write,
        &answers(entries.iter().map(|e| (&e.input.verification, &e.input.token_hash)), &phones),
    )
    .await?;
    let now = round.write.now;
    let mut found = Vec::with_capacity(entries.len());
    for entry in entries.iter() {
        let Acknowledge { token_hash, verification, opened } = &entry.input;
        let looked = async {
            let device = phones.get(token_hash).cloned().ok_or(Problem::Unauthenticated)?;
            let record = records.remove(verification).ok_or(Problem::NotFound)?;
            let record = of_device(&mut round.write, &mut round.ended, &device, record).await?;
            if *opened {
                requests::must_be_open(&record)?;
            }
            Ok(Examined { device, record, standing: standings.remove(verification), now })
        };
        found.push(own(looked.await)?);
    }
    let mut moves = Vec::new();
    for (entry, found) in entries.iter().zip(&mut found) {
        let Ok(found) = found else { continue };
        let mut steps = steps_to_opened(found.record.state, now);
        if !entry.input.opened {
            // Fetched is the first step only, of a request that nobody fetched before.
            steps.truncate(usize::from(found.record.state.deliver(now).is_ok()));
        }
        if !steps.is_empty() {
            moves.push(Move { record: &mut found.record, steps, approval: None });
        }
    }
    // Not taken is only what timed out this instant: the sweeper's.
    steps::take_all(&mut round.write, &mut moves).await?;
    for (entry, found) in entries.iter_mut().zip(found) {
        entry.outcome = Some(found);
    }
    Ok(())
}
