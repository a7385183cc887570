//! Writing a bundle.

use std::io::Write;

use honnin_protocol::statement::V1;

use super::{CHECKPOINT, ENTRY, Format, Header};
use crate::entry::{Entry, EntryError};

/// Why a bundle cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// What was to be written is no entry.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A text that is no JSON string.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The writer failed.
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

/// Writes the lines of a bundle: entries in the log's order, each checkpoint after the last entry that it covers.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Writes the header of a log's bundle.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn new(mut out: W, origin: &str) -> Result<Self, WriteError> {
        let header = Header { format: Format::Bundle, origin: origin.into(), v: V1 };
        out.write_all(&serde_jcs::to_vec(&header)?)?;
        out.write_all(b"\n")?;
        Ok(Self { out })
    }

    /// Writes an entry's canonical JSON.
    ///
    /// # Errors
    /// [`WriteError`]; what is not canonical is refused.
    pub fn entry(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let entry = Entry::parse(bytes)?;
        self.line(ENTRY, entry.bytes())
    }

    /// Writes a signed checkpoint.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn checkpoint(&mut self, note: &str) -> Result<(), WriteError> {
        let text = serde_jcs::to_vec(note)?;
        self.line(CHECKPOINT, &text)
    }

    /// The writer, with everything written.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn line(&mut self, prefix: &[u8], inner: &[u8]) -> Result<(), WriteError> {
        for part in [prefix, inner, b"}\n"] {
            self.out.write_all(part)?;
        }
        Ok(())
    }
}
