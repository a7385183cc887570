//! What a login through an identity provider reads: the provider's documents and token, and the browser's part.

use honnin_server::http::bodies;
use honnin_server::oidc::provider::{Metadata, discovery_address};
use honnin_server::oidc::token::{Expected, Keys};
use honnin_server::telemetry::span::Parent;
use honnin_server::webhook::Reach;

use super::{choice, chosen};
use crate::Target;

pub const TARGET: Target = Target { name: "login", run, seeds };

const ISSUER: &str = "https://idp.example.com";
/// RFC 7515, A.3.
const KEY: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

fn run(data: &[u8]) {
    let (which, rest) = choice(data);
    let text = String::from_utf8_lossy(rest);
    match which % 6 {
        0 => nobody(Keys::read(rest).as_ref(), TOKEN),
        1 => nobody(Keys::read(KEY.as_bytes()).as_ref(), &text),
        2 => {
            if let Ok(read) = Metadata::read(Reach::Public, ISSUER, rest) {
                for url in [read.authorization_endpoint, read.token_endpoint, read.jwks_uri] {
                    assert_eq!(url.scheme(), "https");
                }
            }
        }
        3 => {
            if let Ok(url) = discovery_address(Reach::Public, &text) {
                assert!(url.scheme() == "https" && url.path().ends_with("/.well-known/openid-configuration"));
            }
        }
        4 => {
            if let Some(parent) = Parent::read(&text) {
                assert!(parent.trace != [0; 16] && parent.id != [0; 8] && text.len() == 55);
            }
        }
        _ => {
            let _ = serde_json::from_slice::<bodies::StartProviderLogin>(rest);
            let _ = serde_json::from_slice::<bodies::FinishProviderLogin>(rest);
        }
    }
}

/// Without the key that signs there is no token for this client: whatever comes names nobody.
fn nobody(keys: Option<&Keys>, token: &str) {
    let expected = Expected { issuer: ISSUER, client_id: "honnin", nonce: "n", since_s: 1, now_s: 1 };
    assert!(keys.is_none_or(|keys| keys.subject(token, &expected).is_err()));
}

fn seeds() -> Vec<Vec<u8>> {
    let rsa = r#"{"keys":[{"kty":"RSA","kid":"a","use":"sig","alg":"RS256","n":"AQAB","e":"AQAB"}]}"#;
    let configuration = r#"{"issuer":"https://idp.example.com","authorization_endpoint":"https://idp.example.com/a","token_endpoint":"https://idp.example.com/t","jwks_uri":"https://idp.example.com/k","token_endpoint_auth_methods_supported":["client_secret_post"],"authorization_response_iss_parameter_supported":true}"#;
    vec![
        chosen(0, KEY),
        chosen(0, rsa),
        chosen(1, TOKEN),
        chosen(2, configuration),
        chosen(3, "https://idp.example.com/realms/bank"),
        chosen(4, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        chosen(5, r#"{"page":"console","organisation":"midori"}"#),
        chosen(5, r#"{"state":"console.s","code":"c","iss":"https://idp.example.com"}"#),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each seed is what its decoder takes, else the target would see refusals alone.
    #[test]
    fn the_seeds_are_accepted() {
        assert_eq!(
            Keys::read(KEY.as_bytes())
                .expect("keys")
                .subject(TOKEN, &Expected { issuer: "joe", client_id: "honnin", nonce: "n", since_s: 1, now_s: 1 }),
            Err(honnin_server::oidc::token::TokenError::Malformed),
            "signed by the key; what it says is no ID token"
        );
        for seed in seeds() {
            let text = std::str::from_utf8(&seed[1..]).expect("text");
            let accepted = match seed[0] {
                0 => Keys::read(text.as_bytes()).is_some(),
                1 => text == TOKEN,
                2 => Metadata::read(Reach::Public, ISSUER, text.as_bytes()).is_ok(),
                3 => discovery_address(Reach::Public, text).is_ok(),
                4 => Parent::read(text).is_some(),
                _ => {
                    serde_json::from_str::<bodies::StartProviderLogin>(text).is_ok()
                        || serde_json::from_str::<bodies::FinishProviderLogin>(text).is_ok()
                }
            };
            assert!(accepted, "{text}");
        }
    }
}
