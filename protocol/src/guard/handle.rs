//! Handles: the tenant's opaque names of customers. A handle that says who somebody is, is refused.

use super::digits::{self, Looks, runs};

/// Why a handle is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// Nothing in it.
    #[error("the handle is empty")]
    Empty,
    /// More than 64 characters.
    #[error("a handle has at most 64 characters")]
    TooLong,
    /// Looks like an e-mail address.
    #[error("the handle looks like an e-mail address")]
    Email,
    /// Looks like a telephone number.
    #[error("the handle looks like a telephone number")]
    Phone,
    /// Looks like a card number.
    #[error("the handle looks like a card number")]
    Card,
    /// Looks like a My Number.
    #[error("the handle looks like a My Number")]
    MyNumber,
    /// Looks like a birth date.
    #[error("the handle looks like a birth date")]
    BirthDate,
    /// Looks like a person's name or a field that holds one.
    #[error("the handle looks like a name")]
    Name,
    /// Another character than letters, digits, `.`, `_`, `-`.
    #[error("a handle starts with a letter or digit and holds letters, digits, '.', '_', '-'")]
    Character,
}

/// Field names that announce personal data, when a sign of assignment follows.
const FIELDS: [&str; 14] = [
    "name",
    "fullname",
    "firstname",
    "lastname",
    "sei",
    "mei",
    "shimei",
    "namae",
    "kana",
    "mail",
    "email",
    "tel",
    "phone",
    "birth",
];

/// Accepts `[A-Za-z0-9][A-Za-z0-9._-]{0,63}` that does not look like personal data. What it looks like is said
/// first, so that an operator who pasted a telephone number reads why.
///
/// # Errors
/// [`HandleError`], the first that applies.
pub fn handle(text: &str) -> Result<(), HandleError> {
    if text.is_empty() {
        return Err(HandleError::Empty);
    }
    if text.chars().count() > 64 {
        return Err(HandleError::TooLong);
    }
    let narrow: String = text.chars().map(narrow).collect();
    if narrow.contains('@') {
        return Err(HandleError::Email);
    }
    if international(&narrow) {
        return Err(HandleError::Phone);
    }
    if let Some(looks) = runs(&narrow, separator).iter().find_map(|run| digits::judge(run)) {
        return Err(match looks {
            Looks::Phone => HandleError::Phone,
            Looks::Card => HandleError::Card,
            Looks::MyNumber => HandleError::MyNumber,
            Looks::BirthDate => HandleError::BirthDate,
        });
    }
    if text.chars().any(japanese) || field(&narrow) || words_alone(&narrow) {
        return Err(HandleError::Name);
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if !text.as_bytes()[0].is_ascii_alphanumeric() || !text.bytes().all(plain) {
        return Err(HandleError::Character);
    }
    Ok(())
}

/// Full-width forms of ASCII as ASCII.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        'ー' | '‐' | '‑' | '–' | '—' | '−' => '-',
        other => other,
    }
}

/// What people write between a number's groups.
fn separator(c: char) -> bool {
    matches!(c, '-' | '.' | '_' | ' ' | '/' | '(' | ')')
}

/// `+` and eight digits or more.
fn international(text: &str) -> bool {
    text.split('+').skip(1).any(|tail| tail.chars().filter(char::is_ascii_digit).count() >= 8)
}

/// Kana, ideographs and their marks.
fn japanese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}' | '々')
}

/// A field name right before `=` or `:`, or two words with a space between, as a romanised name has.
fn field(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let assigned = lower.match_indices(['=', ':']).any(|(i, _)| {
        let before = lower[..i].trim_end().replace(['_', '-', '.', ' '], "");
        FIELDS.iter().any(|f| before.ends_with(f))
    });
    let words: Vec<&str> = lower.split(' ').filter(|w| !w.is_empty()).collect();
    assigned || (words.len() >= 2 && words.iter().all(|w| w.len() >= 2 && w.bytes().all(|b| b.is_ascii_alphabetic())))
}

/// Two words or more of letters alone, joined as names in addresses are: a name sooner than a customer number.
fn words_alone(text: &str) -> bool {
    let words: Vec<&str> = text.split(['.', '_', '-']).collect();
    words.len() >= 2 && words.iter().all(|w| w.len() >= 2 && w.bytes().all(|b| b.is_ascii_alphabetic()))
}
