//! A finished proof and what goes with it.

use honnin_circuits::encoding::fr_to_hex;
use honnin_protocol::sealed::Sent;
use honnin_protocol::spoken::{self, WordPair};
use honnin_protocol::statement::SessionStatement;
use serde::Serialize;

/// What the phone sends, and what its passkey signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finished {
    /// 128 bytes, b64u.
    pub proof: String,
    /// The session, hex.
    pub ctx: String,
    /// Challenge of the passkey's assertion, b64u of 32 bytes.
    pub approval: String,
    /// Day it was prepared for, YYYYMMDD.
    pub as_of: u32,
    /// The holder's name at the tenant, hex.
    pub pseudonym: String,
    /// What goes sealed to the statement's recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<Sent>,
}

/// The word pair of a statement that holds its number, if it asks for one.
pub fn words(statement: &SessionStatement) -> WordPair {
    spoken::pair(&statement.ctx())
}

/// `ctx` of a statement, hex.
pub fn ctx_hex(statement: &SessionStatement) -> String {
    fr_to_hex(&statement.ctx())
}
