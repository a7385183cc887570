//! A look at an answer before its proof is checked: whose it is, whether the request is open, and whether the number
//! is the one that the customer heard.

use std::collections::HashMap;

use super::{Examining, Round, own};
use crate::db::devices::{self, Device};
use crate::db::standing::{self, Standing};
use crate::db::steps;
use crate::db::verifications::{self, Record};
use crate::db::{Millis, Write};
use crate::http::problem::Problem;
use crate::requests;

/// Which answer.
#[derive(Debug)]
pub struct Examine {
    /// SHA-256 of the phone's token, hex.
    pub token_hash: String,
    /// What it answers.
    pub verification: String,
    /// The number that the customer typed.
    pub match_code: Option<String>,
}

/// A request as it stands, with what a proof is to be checked against. The gate reads all of it anew.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The phone.
    pub device: Device,
    /// The request.
    pub record: Record,
    /// What it rests on.
    pub standing: Option<Standing>,
    /// The database's clock.
    pub now: Millis,
}

pub(super) async fn run(round: &mut Round<'_>, entries: &mut [&mut Examining]) -> Result<(), Problem> {
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
    for entry in entries {
        let Examine { token_hash, verification, match_code } = &entry.input;
        let examined = async {
            let device = phones.get(token_hash).cloned().ok_or(Problem::Unauthenticated)?;
            let record = records.remove(verification).ok_or(Problem::NotFound)?;
            let standing = standings.remove(verification);
            let record = look(round, &device, record, match_code.as_deref()).await?;
            Ok(Examined { device, record, standing, now: round.write.now })
        };
        entry.outcome = Some(own(examined.await)?);
    }
    Ok(())
}

async fn look(round: &mut Round<'_>, device: &Device, record: Record, typed: Option<&str>) -> Result<Record, Problem> {
    let mut record = of_device(&mut round.write, &mut round.ended, device, record).await?;
    requests::must_be_open(&record)?;
    let checked = requests::check_number(&mut round.write, &mut record, typed).await;
    if record.state.is_ended() {
        round.ended.push(record.state.name());
    }
    checked.map(|()| record)
}

/// Which phone answers each verification (verification, token's hash), of those whose token is one.
pub(super) fn answers<'a>(
    asked: impl Iterator<Item = (&'a String, &'a String)>,
    phones: &'a HashMap<String, Device>,
) -> Vec<(&'a str, &'a str)> {
    asked.filter_map(|(id, token)| Some((id.as_str(), phones.get(token)?.id.as_str()))).collect()
}

/// The record if this phone's customer is asked, ended first if its time is up. Whatever step follows is this phone's.
pub(super) async fn of_device(
    write: &mut Write,
    ended: &mut Vec<&'static str>,
    device: &Device,
    mut record: Record,
) -> Result<Record, Problem> {
    if record.customer != device.customer {
        return Err(Problem::NotFound);
    }
    if steps::time_out_if_due(write, &mut record).await? {
        ended.push(record.state.name());
    }
    record.device = Some(device.id.clone());
    Ok(record)
}
