//! Bodies of the server's requests, and its configuration.

use honnin_server::Config;
use honnin_server::http::bodies;
use serde::de::DeserializeOwned;

use super::{choice, chosen};
use crate::Target;

pub const TARGET: Target = Target { name: "bodies", run, seeds };

fn run(data: &[u8]) {
    let (which, rest) = choice(data);
    match which % 9 {
        0 => read::<bodies::Approve>(rest),
        1 => read::<bodies::Refuse>(rest),
        2 => read::<bodies::DeviceChallenge>(rest),
        3 => read::<bodies::DeviceSession>(rest),
        4 => read::<bodies::StartEnrolment>(rest),
        5 => read::<bodies::CompleteEnrolment>(rest),
        6 => read::<bodies::StartVerification>(rest),
        7 => read::<bodies::FinishLogin>(rest),
        _ => {
            if let Ok(config) = serde_json::from_slice::<Config>(rest) {
                let _ = config.check();
                let _ = (config.origin(), config.rp_id());
            }
        }
    }
}

/// They are read, never written: no panic is all there is to ask, and that nothing but one document is accepted.
fn read<T: DeserializeOwned>(body: &[u8]) {
    if serde_json::from_slice::<T>(body).is_ok() {
        let twice = [body, body].concat();
        assert!(serde_json::from_slice::<T>(&twice).is_err(), "trailing bytes are refused");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let assertion = r#"{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}"#;
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    vec![
        chosen(0, format!(r#"{{"proof":"AA","as_of":20261122,"match_code":"47","assertion":{assertion}}}"#)),
        chosen(1, r#"{"report":false}"#),
        chosen(2, r#"{"device":"d_AA"}"#),
        chosen(3, r#"{"device":"d_AA","challenge":"AA","signature":"AA"}"#),
        chosen(4, r#"{"tenant":"midori","handle":"C-1"}"#),
        chosen(
            5,
            format!(
                r#"{{"proof":"AA","as_of":20261122,"pseudonym":"00","issuer_certificate":"a.b.c","device_key":{jwk},"device_signature":"AA","passkey":{{}},"label":"Android","others":"keep","consent":{{"wording":1,"language":"ja"}}}}"#
            ),
        ),
        chosen(6, r#"{"handle":"C-1","purpose":"address-change","direction":"inbound"}"#),
        chosen(7, r#"{"login":"l_AA","response":{}}"#),
        chosen(
            8,
            r#"{"listen":"127.0.0.1:8080","public_origin":"http://localhost:8080","database":"sqlite://t.db","key_encryption":[{"file":"kek"}],"static":{"phone":"a","console":"b"},"keys":{"dir":"k","verifying_key_sha256":"00","proving_key_sha256":"00"},"tenants":[]}"#,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each seed is a document of its own type, else the target would see refusals alone.
    #[test]
    fn the_seeds_are_accepted() {
        let accepted = |seed: &[u8]| match seed[0] {
            0 => serde_json::from_slice::<bodies::Approve>(&seed[1..]).is_ok(),
            1 => serde_json::from_slice::<bodies::Refuse>(&seed[1..]).is_ok(),
            2 => serde_json::from_slice::<bodies::DeviceChallenge>(&seed[1..]).is_ok(),
            3 => serde_json::from_slice::<bodies::DeviceSession>(&seed[1..]).is_ok(),
            4 => serde_json::from_slice::<bodies::StartEnrolment>(&seed[1..]).is_ok(),
            5 => serde_json::from_slice::<bodies::CompleteEnrolment>(&seed[1..]).is_ok(),
            6 => serde_json::from_slice::<bodies::StartVerification>(&seed[1..]).is_ok(),
            7 => serde_json::from_slice::<bodies::FinishLogin>(&seed[1..]).is_ok(),
            _ => serde_json::from_slice::<Config>(&seed[1..]).is_ok(),
        };
        for seed in seeds() {
            assert!(accepted(&seed), "{}", String::from_utf8_lossy(&seed[1..]));
        }
    }
}
