//! The canonical session statement: what a screen shows and a proof is bound to.

use honnin_protocol::statement::SessionStatement;

use super::json;
use crate::Target;

pub const TARGET: Target = Target { name: "statement", run, seeds };

fn run(data: &[u8]) {
    let Some(statement) = json::<SessionStatement>(data) else { return };
    let again: SessionStatement =
        serde_json::from_slice(&serde_json::to_vec(&statement).expect("as before")).expect("as before");
    assert_eq!(again.ctx(), statement.ctx());
}

fn seeds() -> Vec<Vec<u8>> {
    let base = |kind: &str, id: &str, operator: &str, matching: &str| {
        format!(
            r#"{{"v":1,"kind":"{kind}","tenant":"midori","verification":"{id}","nonce":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","direction":"inbound","purpose":{{"code":"address-change","ja":"住所変更のお手続き","en":"Address change"}},"policy":{{"id":"standard","version":1,"digest":"I82ZgvJU4bUWjz__I88YNVM81hTd7ANOCtV-yVpqp4A"}},"display":{{"name":{{"ja":"みどり銀行","en":"Midori Bank"}},"desk":{{"ja":"カスタマーセンター","en":"Customer centre"}},"number":"0120-000-123"}},"operator":{operator},"match":{matching},"call":null,"payment":null,"recipient":null,"not_before":1795300000000,"expires_at":1795300120000}}"#
        )
        .into_bytes()
    };
    let sato = r#"{"ja":"佐藤","en":"Sato"}"#;
    let paid = String::from_utf8(base("verification", "v_AAAAAAAAAAAAAAAAAAAAAA", sato, r#"{"mode":"say","code":"08"}"#))
        .expect("JSON")
        .replace(r#""inbound""#, r#""outbound""#)
        .replace(r#""call":null"#, r#""call":{"id":"c_AAAAAAAAAAAAAAAAAAAAAA","number":"03-1234-5678","from":1,"until":2,"offered":[{"from":3,"until":4}]}"#)
        .replace(r#""payment":null"#, r#""payment":{"amount":48000,"currency":"JPY","payee":"△△株式会社","order":"A-2210","instrument":"みどりカード"}"#)
        .replace(r#""recipient":null"#, r#""recipient":{"id":"r_AAAAAAAAAAAAAAAAAAAAAA","name":{"ja":"みどりペイ","en":"Midori Pay"},"key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","slots":["payment_token"]}"#);
    vec![
        paid.into_bytes(),
        base("verification", "v_AAAAAAAAAAAAAAAAAAAAAA", sato, r#"{"mode":"enter","code":"47"}"#),
        base("verification", "v_AAAAAAAAAAAAAAAAAAAAAA", sato, r#"{"mode":"enter"}"#),
        base("enrolment", "e_AAAAAAAAAAAAAAAAAAAAAA", "null", r#"{"mode":"none"}"#),
    ]
}
