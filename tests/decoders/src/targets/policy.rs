//! Policies, as the phone and the server read them.

use honnin_protocol::policy::{Policy, words};
use honnin_protocol::statement::Payment;
use honnin_protocol::subject::Party;

use super::json;
use crate::Target;

pub const TARGET: Target = Target { name: "policy", run, seeds };

fn run(data: &[u8]) {
    let Some(policy) = json::<Policy>(data) else { return };
    let valid = policy.validate().is_ok();
    let paid: Payment = serde_json::from_str(
        r#"{"amount":1,"currency":"JPY","payee":"△△株式会社","order":"A-2210","instrument":"みどりカード"}"#,
    )
    .expect("a payment");
    assert_eq!(valid, policy.compile(Party::Customer("C-1"), 20_261_122, Some(&paid)).is_ok());
    let parsed = honnin_sdk::policy::parse(std::str::from_utf8(data).expect("JSON is UTF-8"));
    assert_eq!(parsed.is_ok(), valid);
    if valid {
        assert_eq!(words(&policy).proves.len(), policy.predicates.len() + 1);
        let written = serde_json::to_string(&policy).expect("as before");
        assert_eq!(serde_json::from_str::<Policy>(&written).expect("as before").digest(), policy.digest());
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let with = |predicates: &str| {
        format!(
            r#"{{"v":1,"id":"standard","version":1,"schema":"honnin-jp-1","name":{{"ja":"標準","en":"Standard"}},"predicates":{predicates},"disclose":[],"user_verification":true,"number_match":true,"ttl_s":120,"valid_s":600}}"#
        )
        .into_bytes()
    };
    let disclosing = String::from_utf8(with(r#"[{"slot":"limit","op":"GE","value":"amount"}]"#))
        .expect("JSON")
        .replace(r#""disclose":[]"#, r#""disclose":["name","payment_token"]"#)
        .into_bytes();
    vec![
        with("[]"),
        with(r#"[{"slot":"subject","op":"EQ","value":"handle"}]"#),
        disclosing,
        with(r#"[{"slot":"kyc_level","op":"GE","value":2},{"slot":"limit","op":"GE","value":18446744073709551615}]"#),
        with(
            r#"[{"slot":"birth","op":"LE","value":{"years_before":20}},{"slot":"region","op":"INSET","value":[8,13,47]}]"#,
        ),
    ]
}
