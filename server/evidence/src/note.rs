//! C2SP's signed note: a text, a blank line, and signature lines. Ed25519 signatures of the text, and the timestamped
//! cosignatures of witnesses (tlog-cosignature).

mod keys;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use keys::{Algorithm, KeyError, NoteKey, VerifierKey};

/// Longest note read, bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// Signature lines at most.
pub const MAX_SIGNATURES: usize = 32;

const MARK: &str = "\u{2014} ";

/// Why bytes are no note, or no note of the keys given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Too long, not UTF-8, a control character, no blank line, or a signature line that does not read.
    #[error("not a signed note")]
    Malformed,
    /// A trusted key's line is there and does not hold.
    #[error("the signature of {0} does not hold")]
    Signature(String),
    /// None of the keys given has signed.
    #[error("no trusted key has signed")]
    Unsigned,
}

/// A signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: String,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

/// A note taken apart; nothing in it may be believed before [`Note::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    lines: Vec<Line>,
}

/// Who signed a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signers {
    /// Names of trusted keys whose signatures hold, with the time (seconds) that a cosignature says.
    pub trusted: Vec<(String, Option<u64>)>,
    /// Lines by keys that were not given, which say nothing here.
    pub unknown: usize,
}

impl Note {
    /// Takes a note apart.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        Self::read(bytes).ok_or(NoteError::Malformed)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_BYTES {
            return None;
        }
        let whole = std::str::from_utf8(bytes).ok()?;
        if whole.chars().any(|c| c.is_control() && c != '\n') {
            return None;
        }
        // The last blank line divides; the text keeps its own last newline.
        let at = whole.rfind("\n\n")?;
        let (text, signatures) = (&whole[..=at], whole[at + 2..].strip_suffix('\n')?);
        let lines = signatures.split('\n').map(Line::parse).collect::<Option<Vec<_>>>()?;
        let apart =
            |i: usize| lines[..i].iter().all(|l: &Line| (&l.name, l.key_id) != (&lines[i].name, lines[i].key_id));
        let good = at > 0 && lines.len() <= MAX_SIGNATURES && (0..lines.len()).all(apart);
        good.then(|| Self { text: text.into(), lines })
    }

    /// A text that ends in a newline, to be signed.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] on a text that no note can hold.
    pub fn sign(text: &str, key: &NoteKey) -> Result<Self, NoteError> {
        let note = Self { text: text.into(), lines: vec![Line::of(key.verifier(), key.sign(text).to_vec())] };
        if Self::parse(note.to_string().as_bytes()).as_ref() == Ok(&note) {
            Ok(note)
        } else {
            Err(NoteError::Malformed)
        }
    }

    /// Adds a witness's cosignature made at a time in seconds.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] when the key has signed already or there is no room.
    pub fn cosign(mut self, key: &NoteKey, seconds: u64) -> Result<Self, NoteError> {
        let signature = [&seconds.to_be_bytes()[..], &key.sign(&cosigned(seconds, &self.text))].concat();
        self.lines.push(Line::of(key.verifier(), signature));
        Self::parse(self.to_string().as_bytes())
    }

    /// The text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Who of the keys given has signed. Lines of other keys are counted and otherwise ignored, as C2SP wants it.
    ///
    /// # Errors
    /// [`NoteError::Signature`] when a known key's line does not hold, [`NoteError::Unsigned`] when there is none.
    pub fn verify(&self, keys: &[&VerifierKey]) -> Result<Signers, NoteError> {
        let mut signers = Signers { trusted: Vec::new(), unknown: 0 };
        for line in &self.lines {
            let Some(key) = keys.iter().find(|key| key.name() == line.name && key.id() == line.key_id) else {
                signers.unknown += 1;
                continue;
            };
            let time = self.check(line, key).ok_or_else(|| NoteError::Signature(line.name.clone()))?;
            signers.trusted.push((line.name.clone(), time));
        }
        if signers.trusted.is_empty() { Err(NoteError::Unsigned) } else { Ok(signers) }
    }

    fn check(&self, line: &Line, key: &VerifierKey) -> Option<Option<u64>> {
        match key.algorithm() {
            Algorithm::Ed25519 => key.holds(&self.text, &line.signature).then_some(None),
            Algorithm::Cosignature => {
                let (seconds, signature) = line.signature.split_first_chunk::<8>()?;
                let seconds = u64::from_be_bytes(*seconds);
                key.holds(&cosigned(seconds, &self.text), signature).then_some(Some(seconds))
            }
        }
    }
}

/// The message of a cosignature/v1.
fn cosigned(seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

impl Line {
    fn of(key: &VerifierKey, signature: Vec<u8>) -> Self {
        Self { name: key.name().into(), key_id: key.id(), signature }
    }

    fn parse(text: &str) -> Option<Self> {
        let (name, encoded) = text.strip_prefix(MARK)?.split_once(' ')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (key_id, signature) = bytes.split_first_chunk::<4>()?;
        (keys::is_name(name) && !signature.is_empty()).then(|| Self {
            name: name.into(),
            key_id: *key_id,
            signature: signature.into(),
        })
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.lines {
            writeln!(f, "{MARK}{} {}", line.name, STANDARD.encode([&line.key_id[..], &line.signature].concat()))?;
        }
        Ok(())
    }
}
