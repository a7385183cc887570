//! One file a family of decoders.

mod assertion;
mod bodies;
mod ceremony;
mod credential;
mod elements;
mod evidence;
mod issuance;
mod keys;
mod login;
mod policy;
mod prepared;
mod proof;
mod sealed;
mod statement;
mod texts;
mod tokens;

use serde::{Serialize, de::DeserializeOwned};

use crate::Target;

/// All of them.
pub const TARGETS: &[Target] = &[
    assertion::TARGET,
    bodies::TARGET,
    ceremony::TARGET,
    credential::TARGET,
    elements::TARGET,
    evidence::TARGET,
    issuance::TARGET,
    keys::PROVING,
    keys::VERIFYING,
    login::TARGET,
    policy::TARGET,
    prepared::HOLDER,
    prepared::PREPARED,
    prepared::STATE,
    proof::TARGET,
    sealed::TARGET,
    statement::TARGET,
    texts::TARGET,
    tokens::TARGET,
];

/// Reads JSON; what is accepted is written, read again and written alike.
fn json<T: Serialize + DeserializeOwned>(data: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(data).ok()?;
    let written = serde_json::to_vec(&read).expect("what was read can be written");
    let again: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(serde_json::to_vec(&again).expect("as before"), written);
    Some(read)
}

/// The first byte chooses, the rest is the input.
fn choice(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (*first, rest))
}

/// A seed for one choice.
fn chosen(choice: u8, input: impl AsRef<[u8]>) -> Vec<u8> {
    [&[choice], input.as_ref()].concat()
}
