//! The canary: everything an attribute's value could look like where it must not be.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use honnin_circuits::{Fr, credential::text_to_field, encoding, poseidon};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// One byte string to look for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needle {
    /// The customer, the attribute and the encoding: never the value itself.
    pub what: String,
    bytes: Vec<u8>,
}

/// Needles, ready to be searched for all at once.
pub struct Canary {
    needles: Vec<Needle>,
    matcher: AhoCorasick,
}

/// Shorter strings turn up by chance.
const SHORTEST: usize = 7;

impl Canary {
    /// From credential documents: each attribute that is no small code, in every encoding and under every hash.
    ///
    /// # Panics
    /// When a document holds no values.
    pub fn of<'a>(credentials: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut needles = BTreeSet::new();
        for credential in credentials {
            let values = credential["values"].as_object().expect("a credential document holds values");
            let who = values["subject"].as_str().unwrap_or_default();
            for (slot, value) in values {
                let label = format!("{who} {slot}");
                match (slot.as_str(), value) {
                    // The handle is the server's to know; small codes and the shared expiry are no one's alone.
                    ("subject" | "expiry" | "kyc_level" | "method" | "region" | "spare", _) => {}
                    ("holder" | "blinding", Value::String(hex)) => field(&mut needles, &label, &element(hex)),
                    (_, Value::String(text)) => {
                        spellings(&mut needles, &label, text);
                        hashes(&mut needles, &label, text.as_bytes());
                        field(&mut needles, &label, &text_to_field(text));
                    }
                    (_, number) => {
                        let text = number.to_string();
                        spellings(&mut needles, &label, &text);
                        hashes(&mut needles, &label, text.as_bytes());
                        let value = number.as_u64().expect("a number slot is an integer");
                        field(&mut needles, &label, &Fr::from(value));
                        // A small number among zeros is no one's alone: only its text and its hashes are looked for.
                        if value >= 1 << 24 {
                            add(&mut needles, &label, "u64", value.to_be_bytes().to_vec());
                            add(&mut needles, &label, "u64, little-endian", value.to_le_bytes().to_vec());
                            add(&mut needles, &label, "u64, hex", hex::encode(value.to_be_bytes()).into_bytes());
                        }
                        if slot == "birth" && text.len() == 8 {
                            spellings(&mut needles, &label, &format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
                            spellings(&mut needles, &label, &format!("{}/{}/{}", &text[..4], &text[4..6], &text[6..]));
                        }
                    }
                }
            }
        }
        Self::new(needles.into_iter().filter(|needle| needle.bytes.len() >= SHORTEST).collect())
    }

    /// From texts with their names: each in every encoding and under every hash.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut needles = BTreeSet::new();
        for (what, text) in texts {
            spellings(&mut needles, what, text);
            hashes(&mut needles, what, text.as_bytes());
            field(&mut needles, what, &text_to_field(text));
        }
        Self::new(needles.into_iter().filter(|needle| needle.bytes.len() >= SHORTEST).collect())
    }

    /// From secrets of many bits with their names: each in every encoding. A hash of such a one gives nothing away.
    pub fn of_secrets<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut needles = BTreeSet::new();
        for (what, secret) in secrets {
            encodings(&mut needles, what, secret);
        }
        Self::new(needles.into_iter().filter(|needle| needle.bytes.len() >= SHORTEST).collect())
    }

    fn new(needles: Vec<Needle>) -> Self {
        let matcher = AhoCorasick::new(needles.iter().map(|needle| &needle.bytes)).expect("few and short needles");
        Self { needles, matcher }
    }

    /// How many byte strings are looked for.
    pub fn len(&self) -> usize {
        self.needles.len()
    }

    /// Whether nothing is looked for: then a search proves nothing.
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Everything found in `haystack`, by name.
    pub fn find(&self, haystack: &[u8]) -> BTreeSet<&str> {
        self.matcher.find_overlapping_iter(haystack).map(|found| self.needles[found.pattern()].what.as_str()).collect()
    }

    /// The bytes of one needle, to plant it and see it found.
    pub fn sample(&self, index: usize) -> &[u8] {
        &self.needles[index].bytes
    }
}

fn element(hex: &str) -> Fr {
    encoding::fr_from_hex(hex).expect("a credential's field elements are canonical")
}

/// A text as people, JSON, URLs and Windows write it.
fn spellings(out: &mut BTreeSet<Needle>, label: &str, text: &str) {
    encodings(out, label, text.as_bytes());
    let utf16: Vec<u16> = text.encode_utf16().collect();
    add(out, label, "utf-16le", utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect());
    add(out, label, "utf-16be", utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect());
    let escaped = |upper: bool| {
        let mut json = String::new();
        for unit in &utf16 {
            match (unit, upper) {
                (0x20..0x7f, _) => json.push(*unit as u8 as char),
                (_, true) => json.push_str(&format!("\\u{unit:04X}")),
                (_, false) => json.push_str(&format!("\\u{unit:04x}")),
            }
        }
        json.into_bytes()
    };
    add(out, label, "json escapes", escaped(false));
    add(out, label, "json escapes, upper case", escaped(true));
    let percent = |upper: bool| {
        let mut url = String::new();
        for byte in text.bytes() {
            match (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte), upper) {
                (true, _) => url.push(byte as char),
                (false, true) => url.push_str(&format!("%{byte:02X}")),
                (false, false) => url.push_str(&format!("%{byte:02x}")),
            }
        }
        url.into_bytes()
    };
    add(out, label, "percent", percent(true));
    add(out, label, "percent, lower case", percent(false));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 9 && digits.len() != text.len() {
        add(out, label, "digits alone", digits.into_bytes());
    }
}

/// Every hash the project uses, over the value's bytes and over its field element.
fn hashes(out: &mut BTreeSet<Needle>, label: &str, bytes: &[u8]) {
    encodings(out, &format!("{label} sha256"), &Sha256::digest(bytes));
    let plain = encoding::f248("honnin/text/v1", bytes);
    field(out, &format!("{label} f248"), &plain);
}

/// A field element, and its Poseidon hash, as the project writes them and as others would.
fn field(out: &mut BTreeSet<Needle>, label: &str, element: &Fr) {
    let one = |out: &mut BTreeSet<Needle>, label: &str, element: &Fr| {
        let big = encoding::fr_to_bytes(element);
        encodings(out, &format!("{label} field"), &big);
        // F248's first byte is always zero: the 31 that matter, too.
        encodings(out, &format!("{label} field, 31 bytes"), &big[1..]);
        let little: Vec<u8> = big.iter().rev().copied().collect();
        encodings(out, &format!("{label} field, little-endian"), &little);
        add(out, label, "field, decimal", element.to_string().into_bytes());
        encodings(out, &format!("{label} field sha256"), &Sha256::digest(big));
    };
    // A small number's field element is mostly zeros: only its hashes are its own.
    if encoding::fr_to_bytes(element)[..16] != [0; 16] {
        one(out, label, element);
    }
    one(out, &format!("{label} poseidon"), &poseidon::hash1(*element));
}

/// Bytes raw, in hex and in base64 at each of its three alignments.
fn encodings(out: &mut BTreeSet<Needle>, label: &str, bytes: &[u8]) {
    add(out, label, "raw", bytes.to_vec());
    add(out, label, "hex", hex::encode(bytes).into_bytes());
    add(out, label, "hex, upper case", hex::encode_upper(bytes).into_bytes());
    for (name, alphabet) in [("base64", &STANDARD), ("base64url", &URL_SAFE)] {
        let engine = GeneralPurpose::new(alphabet, NO_PAD);
        for shift in 0..3 {
            let mut shifted = vec![0; shift];
            shifted.extend(bytes);
            let text = engine.encode(&shifted);
            // Characters that also hold bits of a neighbour are cut off.
            let start = [0, 2, 3][shift];
            let end = shifted.len() / 3 * 4;
            if let Some(text) = text.get(start..end) {
                add(out, label, &format!("{name}+{shift}"), text.as_bytes().to_vec());
            }
        }
    }
}

fn add(out: &mut BTreeSet<Needle>, label: &str, encoding: &str, bytes: Vec<u8>) {
    out.insert(Needle { what: format!("{label}: {encoding}"), bytes });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn canary() -> Canary {
        let zero = "0".repeat(63);
        Canary::of([
            &json!({"values": {"subject": "C-1", "name": "高橋 千尋", "birth": 19830217, "limit": 734_019_400_583_211_u64,
            "holder": format!("{zero}7"), "blinding": format!("{zero}9")}}),
        ])
    }

    #[test]
    fn finds_each_needle_that_is_planted() {
        let canary = canary();
        assert!(canary.len() > 150);
        for index in 0..canary.len() {
            let mut hay = b"INSERT INTO devices VALUES ('".to_vec();
            hay.extend(canary.sample(index));
            hay.extend(b"')");
            assert!(!canary.find(&hay).is_empty(), "{}", canary.needles[index].what);
        }
    }

    #[test]
    fn finds_a_name_inside_other_base64() {
        let text = GeneralPurpose::new(&STANDARD, NO_PAD).encode("{\"n\":\"高橋 千尋\"}");
        assert!(!canary().find(text.as_bytes()).is_empty());
        assert!(!canary().find("{\"n\":\"\\u9ad8\\u6a4b \\u5343\\u5c0b\"}".as_bytes()).is_empty());
    }

    #[test]
    fn leaves_the_innocent_alone() {
        assert!(canary().find(b"{\"handle\":\"C-1\",\"state\":\"passed\",\"at\":1700000000000}").is_empty());
    }
}
