//! C2SP checkpoints: what a log says of itself, signed. Three lines: origin, size, root.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use honnin_protocol::encoding::B64u;

use crate::log::{Frontier, Hash, MAX_SIZE, empty_root};
use crate::note::{Algorithm, Note, NoteError, NoteKey, Signers, VerifierKey};

/// Why a checkpoint is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Not origin, size and root, or more than those.
    #[error("not a checkpoint")]
    Malformed,
    /// Signed by none of the trusted logs under its own origin.
    #[error("the log {0} has not signed with a trusted key")]
    UnknownLog(String),
}

/// What a log says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name of its key.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

/// A checkpoint whose signatures were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Who says it.
    pub signers: Signers,
}

impl Checkpoint {
    /// Of a log as it stands; the origin is the name of `key`.
    pub fn of(frontier: &Frontier, key: &NoteKey) -> Self {
        Self { origin: key.verifier().name().into(), size: frontier.size(), root: frontier.root() }
    }

    /// The signed note.
    ///
    /// # Errors
    /// [`NoteError`] when the origin cannot stand in a note.
    pub fn sign(&self, key: &NoteKey) -> Result<String, NoteError> {
        Note::sign(&self.to_string(), key).map(|note| note.to_string())
    }

    /// Checks a signed checkpoint: a trusted log key must have signed under the origin that is its name; further keys
    /// (witnesses) may be given too, and what they signed must hold.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(bytes: &[u8], keys: &[VerifierKey]) -> Result<Opened, CheckpointError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Self::parse(note.text()).ok_or(CheckpointError::Malformed)?;
        let unknown = || CheckpointError::UnknownLog(checkpoint.origin.clone());
        // A trusted log's key speaks for its own log only.
        let usable = |key: &&VerifierKey| key.algorithm() != Algorithm::Ed25519 || key.name() == checkpoint.origin;
        let usable: Vec<&VerifierKey> = keys.iter().filter(usable).collect();
        let signers = note.verify(&usable).map_err(|e| if e == NoteError::Unsigned { unknown() } else { e.into() })?;
        if !signers.trusted.iter().any(|(name, time)| *name == checkpoint.origin && time.is_none()) {
            return Err(unknown());
        }
        Ok(Opened { checkpoint, signers })
    }

    /// Reads the text of a note whose signatures are checked elsewhere.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let read = Self {
            origin: origin.into(),
            size: size.parse().ok()?,
            root: B64u(STANDARD.decode(root).ok()?.try_into().ok()?),
        };
        // Extension lines are refused, and every other spelling of the three.
        let empty = read.size > 0 || read.root == empty_root();
        (!origin.is_empty() && read.size <= MAX_SIZE && empty && read.to_string() == text).then_some(read)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }
}
