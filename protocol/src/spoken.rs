//! The word pair: two words that phone and desk both show, for the ear to compare.

use std::sync::LazyLock;

use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_to_bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::text::Localized;

/// Domain tag of the word pair.
pub const TAG: &str = "honnin/words/v1";

/// The list, for other languages: 256 entries, each a Japanese and an English word of one meaning.
pub const WORDS_JSON: &str = include_str!("../words.json");

static WORDS: LazyLock<Vec<Localized>> = LazyLock::new(|| serde_json::from_str(WORDS_JSON).unwrap_or_default());

/// Two words in each language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordPair {
    /// Japanese, in kana.
    pub ja: [String; 2],
    /// English.
    pub en: [String; 2],
}

/// The word pair of a session: `SHA-256(tag ‖ 0 ‖ ctx)`, its first two bytes each an index into the list.
///
/// # Panics
/// Never: the list has 256 entries, which a test counts.
pub fn pair(ctx: &Fr) -> WordPair {
    let hash = Sha256::new().chain_update(TAG).chain_update([0]).chain_update(fr_to_bytes(ctx)).finalize();
    let [first, second] = [hash[0], hash[1]].map(|index| WORDS[usize::from(index)].clone());
    WordPair { ja: [first.ja, second.ja], en: [first.en, second.en] }
}
