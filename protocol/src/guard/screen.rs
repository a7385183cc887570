//! Texts for screens: nothing invisible, nothing that reorders, nothing that passes for something else.

use unicode_normalization::is_nfc;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Longest text, in characters.
pub const MAX_CHARS: usize = 120;

/// Why a text is unfit for a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or only spaces.
    #[error("the text is empty")]
    Empty,
    /// Over [`MAX_CHARS`].
    #[error("the text has more than {MAX_CHARS} characters")]
    TooLong,
    /// A control character or a line break.
    #[error("the text holds a control character")]
    Control,
    /// A character that changes direction.
    #[error("the text holds a bidirectional control")]
    Bidi,
    /// A character without a width.
    #[error("the text holds an invisible character")]
    Invisible,
    /// A private-use character: every font shows another.
    #[error("the text holds a private-use character")]
    PrivateUse,
    /// A code point that stands for nothing.
    #[error("the text holds an unassigned code point")]
    Unassigned,
    /// A space other than U+0020 and U+3000.
    #[error("the text holds an unusual space")]
    Space,
    /// Not in normal form C.
    #[error("the text is not in Unicode normal form C")]
    NotNormal,
    /// More than two combining marks on one letter.
    #[error("the text stacks combining marks")]
    Marks,
    /// Letters of look-alike scripts in one word.
    #[error("a word mixes scripts that look alike")]
    MixedScripts,
}

/// Accepts what may stand on a screen.
///
/// # Errors
/// [`TextError`], the first that applies.
pub fn display_text(text: &str) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > MAX_CHARS {
        return Err(TextError::TooLong);
    }
    let mut previous = ' ';
    let mut marks = 0;
    for c in text.chars() {
        character(c, previous)?;
        marks = if matches!(c.general_category(), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark) {
            marks + 1
        } else {
            0
        };
        if marks > 2 {
            return Err(TextError::Marks);
        }
        previous = c;
    }
    if !is_nfc(text) {
        return Err(TextError::NotNormal);
    }
    if text.split(|c: char| !c.is_alphanumeric()).any(mixes) {
        return Err(TextError::MixedScripts);
    }
    Ok(())
}

/// Accepts lines that may stand on a screen: of at most so many characters together, empty or not.
///
/// # Errors
/// [`TextError::TooLong`], or what is wrong with a character.
pub fn prose(text: &str, most: usize) -> Result<(), TextError> {
    if text.chars().count() > most {
        return Err(TextError::TooLong);
    }
    let mut previous = ' ';
    for c in text.chars().filter(|c| *c != '\n') {
        character(c, previous)?;
        previous = c;
    }
    Ok(())
}

fn character(c: char, previous: char) -> Result<(), TextError> {
    match c {
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            return Err(TextError::Bidi);
        }
        // Letters and symbols that draw nothing, and selectors that change nothing visible here.
        '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{ffa0}'
        | '\u{fe00}'..='\u{fe0f}' => return Err(TextError::Invisible),
        // Ideographic variants, as names of places have them.
        '\u{e0100}'..='\u{e01ef}' => {
            let ideograph =
                matches!(previous, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}');
            return if ideograph { Ok(()) } else { Err(TextError::Invisible) };
        }
        ' ' | '\u{3000}' => return Ok(()),
        _ => {}
    }
    match c.general_category() {
        GeneralCategory::Control | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => {
            Err(TextError::Control)
        }
        GeneralCategory::Format => Err(TextError::Invisible),
        GeneralCategory::PrivateUse | GeneralCategory::Surrogate => Err(TextError::PrivateUse),
        GeneralCategory::Unassigned => Err(TextError::Unassigned),
        GeneralCategory::SpaceSeparator => Err(TextError::Space),
        _ => Ok(()),
    }
}

/// Scripts whose letters pass for one another.
#[derive(PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Other,
}

fn script(c: char) -> Option<Script> {
    match c {
        'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some(Script::Latin),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}' => {
            Some(Script::Cyrillic)
        }
        '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' | '\u{1d400}'..='\u{1d7ff}' => {
            Some(Script::Other)
        }
        _ => None,
    }
}

fn mixes(word: &str) -> bool {
    let mut found = word.chars().filter_map(script);
    found.next().is_some_and(|first| found.any(|other| other != first))
}
