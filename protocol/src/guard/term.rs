//! Texts that a customer agrees to: payee, order, instrument. Fit for a screen, and no number that names a person.

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::digits::{self, Looks, runs};
use super::screen::{TextError, display_text};

/// Why a text cannot be a term of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// Unfit for a screen.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Looks like a card number.
    #[error("the text looks like a card number")]
    Card,
    /// Looks like a My Number.
    #[error("the text looks like a My Number")]
    MyNumber,
    /// Digits of another script, which could hide either.
    #[error("the text holds digits other than 0 to 9")]
    Digits,
}

/// Accepts a payee, an order's reference or an instrument's label. Digits count as one number whatever stands between
/// them but letters, and full-width, circled and other compatibility forms count as the digits they show.
///
/// # Errors
/// [`TermError`], the first that applies.
pub fn term(text: &str) -> Result<(), TermError> {
    display_text(text)?;
    let plain: String = text.nfkc().collect();
    if plain.chars().any(|c| c.general_category() == GeneralCategory::DecimalNumber && !c.is_ascii_digit()) {
        return Err(TermError::Digits);
    }
    let looks = runs(&plain, |c| !c.is_alphabetic());
    match looks.iter().filter_map(|run| digits::judge(run)).find(|l| matches!(l, Looks::Card | Looks::MyNumber)) {
        Some(Looks::Card) => Err(TermError::Card),
        Some(_) => Err(TermError::MyNumber),
        None => Ok(()),
    }
}
