//! What an organisation's auditor gets: all entries of its log and all checkpoints, as lines, in order. Whoever holds an
//! older checkpoint sees besides that the log was not rewritten since.
//!
//! A line is `{"entry":…}` with an entry's canonical JSON or `{"checkpoint":"…"}` with a signed note; the first line is
//! the header. A checkpoint stands right after the last entry that it covers. Reading takes one line of memory.

mod write;

use std::io::{BufRead, Read as _};

use serde::{Deserialize, Serialize};

use honnin_protocol::statement::V1;

use crate::checkpoint::{Checkpoint, CheckpointError, Opened};
use crate::entry::{self, Entry, EntryError};
use crate::log::{Frontier, FrontierError};
use crate::note::{self, VerifierKey};

pub use write::{WriteError, Writer};

/// Longest line, bytes: an entry or an escaped note and its wrapping.
pub const MAX_LINE: usize =
    32 + if entry::MAX_BYTES > 2 * note::MAX_BYTES { entry::MAX_BYTES } else { 2 * note::MAX_BYTES };

const ENTRY: &[u8] = b"{\"entry\":";
const CHECKPOINT: &[u8] = b"{\"checkpoint\":";

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: Format,
    origin: String,
    v: V1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "honnin-audit-bundle")]
    Bundle,
}

/// What the auditor trusts and kept.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Keys of the log, and of witnesses whose cosignatures must hold where they stand.
    pub log_keys: Vec<VerifierKey>,
    /// Signed checkpoints that the auditor kept from earlier.
    pub kept: Vec<Vec<u8>>,
}

/// A bundle that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Which log.
    pub origin: String,
    /// Its entries.
    pub entries: u64,
    /// Its checkpoints.
    pub checkpoints: u64,
    /// The last one: what to keep for next time.
    pub last: String,
    /// Kept checkpoints that the log continues.
    pub kept: usize,
}

/// The first thing that is wrong. Entries are counted from 0, lines from 1.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Reading failed.
    #[error("the bundle cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// A line longer than [`MAX_LINE`], without an end, or of no known kind.
    #[error("line {line} is no line of a bundle")]
    Line {
        /// Where.
        line: u64,
    },
    /// The first line is no header.
    #[error("the first line is no bundle's header")]
    Header,
    /// An entry does not read.
    #[error("line {line}: {error}")]
    Entry {
        /// Where.
        line: u64,
        /// Why.
        error: EntryError,
    },
    /// A checkpoint does not read or is not signed by a trusted key.
    #[error("line {line}: {error}")]
    Checkpoint {
        /// Where.
        line: u64,
        /// Why.
        error: CheckpointError,
    },
    /// A kept checkpoint does not read or is not signed by a trusted key.
    #[error("kept checkpoint {number}: {error}")]
    Kept {
        /// From 1.
        number: usize,
        /// Why.
        error: CheckpointError,
    },
    /// A checkpoint of another log.
    #[error("a checkpoint is of the log {origin}")]
    OtherLog {
        /// Which.
        origin: String,
    },
    /// An entry's number does not rise, or a checkpoint stands before its place.
    #[error("line {line} is out of order")]
    Reordered {
        /// Where.
        line: u64,
    },
    /// A signed checkpoint, in the bundle or kept, covers more entries than there are.
    #[error("the log was cut: {signed} entries were signed, {found} are there")]
    Truncated {
        /// Signed.
        signed: u64,
        /// There.
        found: u64,
    },
    /// The entries do not give the root that was signed.
    #[error("entries {from} to {to} are not those that were signed: one was changed, removed, added or moved")]
    Edited {
        /// First that no earlier checkpoint vouches for.
        from: u64,
        /// The last that the checkpoint covers.
        to: u64,
    },
    /// Two signed checkpoints of which neither continues the other.
    #[error("the log was forked: two signed checkpoints contradict each other over its first {size} entries")]
    Forked {
        /// Size at which they part.
        size: u64,
    },
    /// Entries after the last checkpoint, or no checkpoint at all.
    #[error("the last {entries} entries are under no checkpoint")]
    Unsigned {
        /// How many.
        entries: u64,
    },
    /// More entries than a log can have.
    #[error(transparent)]
    Log(#[from] FrontierError),
}

impl Fault {
    /// A stable name for machines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Read(_) => "unreadable",
            Self::Line { .. } | Self::Header | Self::Entry { .. } => "malformed",
            Self::Checkpoint { .. } | Self::Kept { .. } => "checkpoint",
            Self::OtherLog { .. } => "other_log",
            Self::Reordered { .. } => "reordered",
            Self::Truncated { .. } => "truncated",
            Self::Edited { .. } => "edited",
            Self::Forked { .. } => "forked",
            Self::Unsigned { .. } => "unsigned",
            Self::Log(_) => "full",
        }
    }
}

/// Checks a bundle from its first line to its last.
///
/// # Errors
/// The first [`Fault`].
pub fn verify(mut reader: impl BufRead, trust: &Trust) -> Result<Verified, Fault> {
    let mut lines = Lines { reader: &mut reader, line: 0, buffer: Vec::new() };
    let header: Header = match lines.next()? {
        Some(line) => canonical(line).ok_or(Fault::Header)?,
        None => return Err(Fault::Header),
    };
    let mut audit = Audit::new(header.origin, trust)?;
    while let Some(line) = lines.next()? {
        let (line, number) = (line.to_vec(), lines.line);
        let inner = |prefix: &[u8]| line.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(b"}"));
        if let Some(bytes) = inner(ENTRY) {
            audit.entry(bytes, number)?;
        } else if let Some(bytes) = inner(CHECKPOINT) {
            let text: String = canonical(bytes).ok_or(Fault::Line { line: number })?;
            audit.checkpoint(&text, number)?;
        } else {
            return Err(Fault::Line { line: number });
        }
    }
    audit.finish()
}

struct Audit<'a> {
    origin: String,
    trust: &'a Trust,
    frontier: Frontier,
    last_seq: Option<u64>,
    /// The last checkpoint that held.
    last: Option<(Checkpoint, String)>,
    checkpoints: u64,
    /// Kept checkpoints still ahead, the smallest last.
    ahead: Vec<Checkpoint>,
    kept: usize,
}

impl<'a> Audit<'a> {
    fn new(origin: String, trust: &'a Trust) -> Result<Self, Fault> {
        let mut ahead = Vec::new();
        for (i, bytes) in trust.kept.iter().enumerate() {
            let kept = |error| Fault::Kept { number: i + 1, error };
            let Opened { checkpoint, .. } = Checkpoint::open(bytes, &trust.log_keys).map_err(kept)?;
            if checkpoint.origin != origin {
                return Err(Fault::OtherLog { origin: checkpoint.origin });
            }
            ahead.push(checkpoint);
        }
        ahead.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
        let frontier = Frontier::new();
        let mut audit = Self { origin, trust, frontier, last_seq: None, last: None, checkpoints: 0, ahead, kept: 0 };
        audit.meet_kept()?;
        Ok(audit)
    }

    fn entry(&mut self, bytes: &[u8], line: u64) -> Result<(), Fault> {
        let entry = Entry::parse(bytes).map_err(|error| Fault::Entry { line, error })?;
        if self.last_seq.is_some_and(|last| entry.seq() <= last) {
            return Err(Fault::Reordered { line });
        }
        self.last_seq = Some(entry.seq());
        self.frontier.append(entry.leaf())?;
        self.meet_kept()
    }

    /// A kept checkpoint was signed once: a log that says otherwise at its size has two histories.
    fn meet_kept(&mut self) -> Result<(), Fault> {
        while let Some(kept) = self.ahead.pop_if(|kept| kept.size == self.frontier.size()) {
            if kept.root != self.frontier.root() {
                return Err(Fault::Forked { size: kept.size });
            }
            self.kept += 1;
        }
        Ok(())
    }

    fn checkpoint(&mut self, text: &str, line: u64) -> Result<(), Fault> {
        let opened = Checkpoint::open(text.as_bytes(), &self.trust.log_keys);
        let checkpoint = opened.map_err(|error| Fault::Checkpoint { line, error })?.checkpoint;
        if checkpoint.origin != self.origin {
            return Err(Fault::OtherLog { origin: checkpoint.origin });
        }
        let found = self.frontier.size();
        if checkpoint.size > found {
            return Err(Fault::Truncated { signed: checkpoint.size, found });
        }
        if checkpoint.size < found {
            return Err(Fault::Reordered { line });
        }
        if checkpoint.root != self.frontier.root() {
            let from = self.last.as_ref().map_or(0, |(last, _)| last.size);
            // The last one held for these very entries.
            return Err(if from == found && self.last.is_some() {
                Fault::Forked { size: found }
            } else {
                Fault::Edited { from, to: found.saturating_sub(1) }
            });
        }
        self.last = Some((checkpoint, text.to_owned()));
        self.checkpoints += 1;
        Ok(())
    }

    fn finish(self) -> Result<Verified, Fault> {
        let entries = self.frontier.size();
        if let Some(kept) = self.ahead.first() {
            return Err(Fault::Truncated { signed: kept.size, found: entries });
        }
        let signed = self.last.as_ref().map_or(0, |(last, _)| last.size);
        match self.last {
            Some((_, last)) if signed == entries => {
                Ok(Verified { origin: self.origin, entries, checkpoints: self.checkpoints, last, kept: self.kept })
            }
            _ => Err(Fault::Unsigned { entries: entries - signed }),
        }
    }
}

/// Lines that end in a newline, each of bounded length.
struct Lines<'a, R> {
    reader: &'a mut R,
    line: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<'_, R> {
    fn next(&mut self) -> Result<Option<&[u8]>, Fault> {
        self.buffer.clear();
        self.line += 1;
        self.reader.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut self.buffer)?;
        if self.buffer.is_empty() {
            return Ok(None);
        }
        self.buffer.strip_suffix(b"\n").map(Some).ok_or(Fault::Line { line: self.line })
    }
}

/// Reads JSON whose bytes are its canonical form.
fn canonical<T: Serialize + for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(bytes).ok()?;
    (serde_jcs::to_vec(&read).ok()? == bytes).then_some(read)
}
