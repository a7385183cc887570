//! Short texts: base64url, dates, references, handles and everything that is shown on a screen.

use std::str::FromStr;

use honnin_circuits::credential::text_to_field;
use honnin_protocol::date::Date;
use honnin_protocol::encoding::{b64u, b64u_decode};
use honnin_protocol::guard;
use honnin_protocol::reference::Reference;

use super::{choice, chosen};
use crate::Target;

pub const TARGET: Target = Target { name: "texts", run, seeds };

fn run(data: &[u8]) {
    let (which, rest) = choice(data);
    if which % 5 == 4 {
        if let Ok(bytes) = <[u8; 4]>::try_from(rest)
            && let Ok(date) = Date::new(u32::from_le_bytes(bytes))
        {
            assert_eq!(Date::from_parts(date.year(), date.month(), date.day()), Ok(date));
        }
        return;
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match which % 5 {
        0 => {
            if let Ok(bytes) = b64u_decode(text) {
                assert_eq!(b64u(bytes), text);
            }
        }
        1 => {
            if let Ok(reference) = Reference::from_str(text) {
                assert_eq!(reference.to_string(), text);
            }
            if let Ok(reference) = Reference::from_typed(text) {
                assert_eq!(Reference::from_typed(&reference.to_string()), Ok(reference));
            }
        }
        2 => {
            if guard::handle(text).is_ok() {
                assert!(guard::display_text(text).is_ok());
            }
            let _ = guard::display_text(text);
        }
        _ => assert_eq!(text_to_field(text), text_to_field(text)),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        chosen(0, "AAECAwQFBgcICQoLDA0ODw"),
        chosen(1, "H7K2-93QD"),
        chosen(1, "h7k2 93qo"),
        chosen(2, "C-20481"),
        chosen(2, "090-1234-5678"),
        chosen(2, "山田太郎"),
        chosen(2, "a\u{202e}b"),
        chosen(3, "ガカ\u{3099}"),
        chosen(4, 20_261_122_u32.to_le_bytes()),
        chosen(4, 20_240_229_u32.to_le_bytes()),
    ]
}
