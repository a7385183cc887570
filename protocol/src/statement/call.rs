//! The call that a statement announces.

use serde::{Deserialize, Serialize};

use crate::encoding::safe_integer;
use crate::guard;
use crate::ids::CallId;

/// Most windows that a notice offers besides its own.
pub const MAX_OFFERED: usize = 3;

/// Longest calling number, in characters.
pub const MAX_NUMBER: usize = 32;

/// Why a call cannot stand in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Not a number that a phone could show on its display.
    #[error("a calling number is 3 to {MAX_NUMBER} digits, spaces and + - ( ) # *")]
    Number,
    /// A window that ends before it starts.
    #[error("a window starts before it ends")]
    Window,
    /// Too many to choose from.
    #[error("at most {MAX_OFFERED} other windows")]
    Offered,
}

/// When somebody may call. Milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawWindow")]
pub struct Window {
    from: u64,
    until: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWindow {
    #[serde(deserialize_with = "safe_integer")]
    from: u64,
    #[serde(deserialize_with = "safe_integer")]
    until: u64,
}

impl TryFrom<RawWindow> for Window {
    type Error = CallError;
    fn try_from(raw: RawWindow) -> Result<Self, CallError> {
        Self::new(raw.from, raw.until)
    }
}

impl Window {
    /// From its ends.
    ///
    /// # Errors
    /// [`CallError::Window`].
    pub fn new(from: u64, until: u64) -> Result<Self, CallError> {
        if from < until { Ok(Self { from, until }) } else { Err(CallError::Window) }
    }

    /// Its start.
    pub fn from(&self) -> u64 {
        self.from
    }

    /// Its end.
    pub fn until(&self) -> u64 {
        self.until
    }
}

/// An announced call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawCall")]
pub struct Call {
    id: CallId,
    number: String,
    #[serde(flatten)]
    window: Window,
    offered: Vec<Window>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall {
    id: CallId,
    number: String,
    #[serde(deserialize_with = "safe_integer")]
    from: u64,
    #[serde(deserialize_with = "safe_integer")]
    until: u64,
    offered: Vec<Window>,
}

impl TryFrom<RawCall> for Call {
    type Error = CallError;
    fn try_from(raw: RawCall) -> Result<Self, CallError> {
        Self::new(raw.id, raw.number, Window::new(raw.from, raw.until)?, raw.offered)
    }
}

impl Call {
    /// From its parts.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn new(id: CallId, number: String, window: Window, offered: Vec<Window>) -> Result<Self, CallError> {
        calling_number(&number)?;
        if offered.len() > MAX_OFFERED {
            return Err(CallError::Offered);
        }
        Ok(Self { id, number, window, offered })
    }

    /// `c_…`.
    pub fn id(&self) -> CallId {
        self.id
    }

    /// The number that the phone will see calling.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// When the call comes.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Other windows that the customer may pick.
    pub fn offered(&self) -> &[Window] {
        &self.offered
    }
}

/// Accepts a number that a phone's display could show of a caller.
///
/// # Errors
/// [`CallError::Number`].
pub fn calling_number(text: &str) -> Result<(), CallError> {
    let plain = |c: char| c.is_ascii_digit() || " +-()#*".contains(c);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let fits = text.len() <= MAX_NUMBER && digits >= 3 && text.chars().all(plain);
    if fits && guard::display_text(text).is_ok() { Ok(()) } else { Err(CallError::Number) }
}
