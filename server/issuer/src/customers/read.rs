//! Reading customer files: CSV with a header, or a JSON array. An error names line and column, never a value.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{BadValue, COLUMNS, Customer};

/// Largest file read, in bytes.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Why a customer file is refused. Nothing of it was taken over.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// Over 256 MiB.
    #[error("the customer file is larger than 256 MiB")]
    TooLarge,
    /// The name ends neither in `.csv` nor in `.json`.
    #[error("a customer file's name ends in .csv or .json")]
    Kind,
    /// Another character set.
    #[error("the customer file is not UTF-8 (Shift_JIS must be converted first)")]
    Encoding,
    /// The header line.
    #[error("line 1: {0}")]
    Header(String),
    /// A row that is no row.
    #[error("line {line}: {reason}")]
    Row {
        /// Line of the file, from 1.
        line: u64,
        /// Why.
        reason: String,
    },
    /// A value out of its range.
    #[error("line {line}: {bad}")]
    Value {
        /// Line of the file, from 1.
        line: u64,
        /// Column and reason.
        bad: BadValue,
    },
    /// JSON that is no array of customers.
    #[error("line {line}: {reason}")]
    Json {
        /// Line of the file, from 1.
        line: usize,
        /// Why.
        reason: &'static str,
    },
    /// An entry of a JSON array.
    #[error("entry {entry}: {bad}")]
    Entry {
        /// Place in the array, from 1.
        entry: usize,
        /// Column and reason.
        bad: BadValue,
    },
}

/// Reads a whole file.
///
/// # Errors
/// [`ReadError`], the first fault found.
pub fn load(path: &Path) -> Result<Vec<Customer>, ReadError> {
    let io = |source| ReadError::Io { path: path.into(), source };
    if std::fs::metadata(path).map_err(io)?.len() > MAX_BYTES {
        return Err(ReadError::TooLarge);
    }
    let bytes = Zeroizing::new(std::fs::read(path).map_err(io)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| ReadError::Encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match path.extension().and_then(|e| e.to_str()) {
        Some("csv") => csv(text),
        Some("json") => json(text),
        _ => Err(ReadError::Kind),
    }
}

fn json(text: &str) -> Result<Vec<Customer>, ReadError> {
    // serde's own message may quote a value, so only its place is passed on.
    let all: Vec<Customer> = serde_json::from_str(text).map_err(|e| ReadError::Json {
        line: e.line(),
        reason: match e.classify() {
            serde_json::error::Category::Data => "a member is missing, unknown or of the wrong type",
            _ => "not JSON",
        },
    })?;
    let mut handles = HashSet::new();
    for (i, customer) in all.iter().enumerate() {
        let entry = i + 1;
        customer.check().map_err(|bad| ReadError::Entry { entry, bad })?;
        if !handles.insert(customer.handle.as_str()) {
            return Err(ReadError::Entry { entry, bad: twice() });
        }
    }
    Ok(all)
}

fn csv(text: &str) -> Result<Vec<Customer>, ReadError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| ReadError::Header("no header".into()))?.clone();
    let place = columns(&header)?;
    let mut all = Vec::new();
    let mut handles = HashSet::new();
    for row in reader.records() {
        let row = row.map_err(|e| ReadError::Row {
            line: e.position().map_or(0, csv::Position::line),
            reason: match e.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    format!("{len} values where the header has {expected_len}")
                }
                _ => "the row cannot be read".into(),
            },
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        let customer = customer(&row, &place).map_err(|bad| ReadError::Value { line, bad })?;
        customer.check().map_err(|bad| ReadError::Value { line, bad })?;
        if !handles.insert(customer.handle.clone()) {
            return Err(ReadError::Value { line, bad: twice() });
        }
        all.push(customer);
    }
    Ok(all)
}

/// Where each column stands; `spare` may be missing.
fn columns(header: &csv::StringRecord) -> Result<[Option<usize>; COLUMNS.len()], ReadError> {
    let mut place = [None; COLUMNS.len()];
    for (i, name) in header.iter().enumerate() {
        let known = COLUMNS.iter().position(|c| *c == name);
        let known = known.ok_or_else(|| ReadError::Header(format!("column {} is not known", i + 1)))?;
        if place[known].replace(i).is_some() {
            return Err(ReadError::Header(format!("column {name} stands twice")));
        }
    }
    match COLUMNS.iter().zip(&place).find(|(name, at)| at.is_none() && **name != "spare") {
        Some((name, _)) => Err(ReadError::Header(format!("column {name} is missing"))),
        None => Ok(place),
    }
}

fn customer(row: &csv::StringRecord, place: &[Option<usize>; COLUMNS.len()]) -> Result<Customer, BadValue> {
    let text = |i: usize| place[i].and_then(|at| row.get(at)).unwrap_or_default().to_owned();
    Ok(Customer {
        handle: text(0),
        name: text(1),
        birth: number(2, &text(2))?,
        region: number(3, &text(3))?,
        address: text(4),
        phone: text(5),
        account: text(6),
        limit: number(7, &text(7))?,
        kyc_level: number(8, &text(8))?,
        method: number(9, &text(9))?,
        payment_token: text(10),
        spare: if place[11].is_none() { 0 } else { number(11, &text(11))? },
    })
}

fn number<T: std::str::FromStr>(column: usize, text: &str) -> Result<T, BadValue> {
    let wrong = || BadValue { column: COLUMNS[column], reason: "is no number of the right size".into() };
    // Digits only: "+1" and "1e3" are typing errors here.
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

fn twice() -> BadValue {
    BadValue { column: "handle", reason: "stands twice in the file".into() }
}
