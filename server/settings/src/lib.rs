//! A program's configuration: a file (JSON when it is named `*.json`, else TOML), and over it what the environment
//! sets as `PREFIX__KEY` or `PREFIX__TABLE__KEY`. Texts say which file, line and key, and never repeat a value: it may
//! be a password.

mod environment;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

pub use environment::{Environment, refuse_unknown};

/// Longest file, in bytes.
const MOST: u64 = 4 << 20;

/// Why a configuration was refused; for the person who starts the program.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file asked for.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The file is longer than 4 MiB.
    #[error("{path}: too long for a configuration")]
    TooLong {
        /// The file asked for.
        path: PathBuf,
    },
    /// The file is not the expected document.
    #[error("{path}{at}: {reason}")]
    File {
        /// The file asked for.
        path: PathBuf,
        /// `, line N`, or nothing.
        at: String,
        /// Key and reason, without the value.
        reason: String,
    },
    /// A variable is not what its key wants.
    #[error("environment variable {name}: {reason}")]
    Variable {
        /// Its name.
        name: String,
        /// The reason, without the value.
        reason: String,
    },
    /// File and environment together are not the expected document.
    #[error("configuration: {0}")]
    Together(String),
    /// A variable that looks like ours and is none.
    #[error("environment variable {0} is not known (docs/configuration.md)")]
    Unknown(String),
}

/// Reads `path`, if there is one, and lays the environment over it.
///
/// # Errors
/// [`SettingsError`] names the file or variable, and the key.
pub fn load<T: DeserializeOwned>(path: Option<&Path>, environment: &Environment) -> Result<T, SettingsError> {
    let text = path.map(|path| read(path).map(|text| (path, text))).transpose()?;
    if let Some((path, text)) = &text
        && environment.is_empty()
    {
        // Alone, the file's own reader knows the line.
        return parse(path, text);
    }
    let mut document = match &text {
        Some((path, text)) => parse::<Value>(path, text)?,
        None => Value::Object(serde_json::Map::new()),
    };
    environment.lay_over(&mut document)?;
    serde_path_to_error::deserialize(document).map_err(|e| {
        let (at, reason) = (e.path().to_string(), without_value(&e.inner().to_string()));
        match environment.blame(&at, &reason) {
            Some(name) => SettingsError::Variable { name: name.to_owned(), reason },
            None => SettingsError::Together(under(&at, &reason)),
        }
    })
}

fn read(path: &Path) -> Result<String, SettingsError> {
    let failed = |source| SettingsError::Read { path: path.into(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    file.take(MOST + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MOST { Err(SettingsError::TooLong { path: path.into() }) } else { Ok(text) }
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, SettingsError> {
    let refused = |line: Option<usize>, at: &str, reason: &str| SettingsError::File {
        path: path.into(),
        at: line.map_or_else(String::new, |line| format!(", line {line}")),
        reason: under(at, &without_value(reason)),
    };
    if path.extension().is_some_and(|e| e == "json") {
        let mut reader = serde_json::Deserializer::from_str(text);
        let document = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
            let (at, inner) = (e.path().to_string(), e.inner());
            let reason = inner.to_string();
            // serde_json adds the place to its text.
            let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason);
            refused(Some(inner.line()), &at, reason)
        })?;
        return match reader.end() {
            Ok(()) => Ok(document),
            Err(e) => Err(refused(Some(e.line()), ".", "something follows the document")),
        };
    }
    let line = |e: &toml::de::Error| {
        let before = text.get(..e.span()?.start)?;
        Some(before.matches('\n').count() + 1)
    };
    let reader = toml::Deserializer::parse(text).map_err(|e| refused(line(&e), ".", e.message()))?;
    serde_path_to_error::deserialize(reader)
        .map_err(|e| refused(line(e.inner()), &e.path().to_string(), e.inner().message()))
}

/// A reason with its key, where there is one.
fn under(at: &str, reason: &str) -> String {
    if matches!(at, "." | "?" | "") { reason.to_owned() } else { format!("{at}: {reason}") }
}

/// serde repeats the value that it did not take; here it may be a secret.
fn without_value(reason: &str) -> String {
    for kind in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let Some(rest) = reason.strip_prefix(kind) {
            let wanted = rest.rsplit_once(", expected ").map_or("something else", |(_, wanted)| wanted);
            return format!("expected {wanted}");
        }
    }
    reason.to_owned()
}

#[cfg(test)]
mod tests;
