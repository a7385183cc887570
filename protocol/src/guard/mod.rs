//! What may never enter the server as a handle, and what may never reach a screen.

mod digits;
mod handle;
mod screen;
mod term;

pub use handle::{HandleError, handle};
pub use screen::{MAX_CHARS, TextError, display_text, prose};
pub use term::{TermError, term};
