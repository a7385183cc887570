//! Number matching: two digits that tie the ear to the screen.

use serde::{Deserialize, Serialize};

/// Why a number cannot stand in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not two ASCII digits.
    #[error("a match code is two digits")]
    Digits,
    /// The statement asks the customer for no number.
    #[error("this statement asks for no number")]
    NotAsked,
    /// The agent is to say a number that is not there.
    #[error("this statement lacks the number that the agent says")]
    Missing,
}

/// Who compares the number, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchMode {
    /// No number.
    None,
    /// The customer types the number that the agent says: the phone receives the statement without it.
    Enter,
    /// The phone shows the number, and the agent must say it first: every copy holds it.
    Say,
}

/// Two digits, as text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MatchCode([u8; 2]);

impl MatchCode {
    /// Checks two ASCII digits.
    ///
    /// # Errors
    /// [`CodeError::Digits`].
    pub fn new(text: &str) -> Result<Self, CodeError> {
        match text.as_bytes() {
            &[a, b] if a.is_ascii_digit() && b.is_ascii_digit() => Ok(Self([a, b])),
            _ => Err(CodeError::Digits),
        }
    }
}

impl std::fmt::Debug for MatchCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MatchCode(..)")
    }
}

impl TryFrom<String> for MatchCode {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        Self::new(&text)
    }
}

impl From<MatchCode> for String {
    fn from(code: MatchCode) -> String {
        code.0.iter().map(|b| char::from(*b)).collect()
    }
}

/// Number matching of this session. Where the customer types the number, the phone receives it without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawMatch")]
pub struct Match {
    mode: MatchMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<MatchCode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMatch {
    mode: MatchMode,
    code: Option<MatchCode>,
}

impl TryFrom<RawMatch> for Match {
    type Error = CodeError;
    fn try_from(raw: RawMatch) -> Result<Self, CodeError> {
        match (raw.mode, &raw.code) {
            (MatchMode::None, Some(_)) => Err(CodeError::NotAsked),
            (MatchMode::Say, None) => Err(CodeError::Missing),
            _ => Ok(Self { mode: raw.mode, code: raw.code }),
        }
    }
}

impl Match {
    /// Mode.
    pub fn mode(&self) -> MatchMode {
        self.mode
    }

    /// The number, where this copy holds it.
    pub fn code(&self) -> Option<&MatchCode> {
        self.code.as_ref()
    }

    /// What the phone receives: a number that the customer types stays behind.
    pub(super) fn for_phone(&self) -> Self {
        let code = if self.mode == MatchMode::Enter { None } else { self.code.clone() };
        Self { mode: self.mode, code }
    }

    /// With the number that the customer typed.
    pub(super) fn typed(&self, code: &str) -> Result<Self, CodeError> {
        if self.mode != MatchMode::Enter {
            return Err(CodeError::NotAsked);
        }
        Ok(Self { mode: self.mode, code: Some(MatchCode::new(code)?) })
    }
}
