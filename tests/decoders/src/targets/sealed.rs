//! Sealed boxes: what a phone hands in, what stands in a box, a recipient's key.

use honnin_protocol::sealed::Sent;
use honnin_recipient::{Contents, RecipientKey};

use super::{choice, chosen, json};
use crate::Target;

pub const TARGET: Target = Target { name: "sealed", run, seeds };

fn run(data: &[u8]) {
    let (which, rest) = choice(data);
    match which % 3 {
        0 => {
            if let Some(sent) = json::<Sent>(rest) {
                let size = sent.r#box.ct.as_bytes().len();
                assert!((16..=8 * 1024 + 16).contains(&size) && !sent.disclosed().slots.as_slice().is_empty());
            }
        }
        1 => {
            if let Some(contents) = Contents::from_bytes(rest) {
                assert_eq!(**contents.to_bytes().expect("it was read"), *rest, "one spelling");
                assert_eq!(contents.disclosed(), contents.disclosed());
            }
        }
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            if let Ok(key) = RecipientKey::from_jwk(text) {
                let again = RecipientKey::from_jwk(&key.to_jwk()).expect("what was written can be read");
                assert_eq!(again.public(), key.public());
            }
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let hex = "0".repeat(64);
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let (enc, ct) = ("A".repeat(86) + "A", "A".repeat(22));
    let sent = format!(
        r#"{{"slots":["name"],"commitment":"{hex}","box":{{"v":1,"key":"{key}","ctx":"{hex}","enc":"{enc}","ct":"{ct}"}}}}"#
    );
    let contents = format!(r#"{{"opening":"{hex}","v":1,"values":{{"name":"見本 花子","phone":"090-0000-0000"}}}}"#);
    let jwk = RecipientKey::generate(&[1; 32]).to_jwk();
    vec![chosen(0, sent), chosen(1, contents), chosen(2, jwk.as_bytes())]
}
