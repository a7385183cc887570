//! Bodies of the issuance flow, as issuer and phone exchange them.

use honnin_protocol::issuance::{
    CredentialOffer, CredentialRequest, CredentialResponse, HonninMetadata, NonceResponse, OAuthError, TokenRequest,
    TokenResponse,
};

use super::{choice, chosen, json};
use crate::Target;

pub const TARGET: Target = Target { name: "issuance", run, seeds };

fn run(data: &[u8]) {
    let (which, rest) = choice(data);
    match which % 8 {
        0 => drop(json::<CredentialOffer>(rest)),
        1 => drop(json::<HonninMetadata>(rest)),
        2 => drop(json::<TokenRequest>(rest)),
        3 => drop(json::<TokenResponse>(rest)),
        4 => drop(json::<NonceResponse>(rest)),
        5 => drop(json::<CredentialRequest>(rest)),
        6 => drop(json::<CredentialResponse>(rest)),
        _ => drop(json::<OAuthError>(rest)),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let offer = serde_json::to_vec(&CredentialOffer::new("https://issuer.example", "code")).expect("a plain struct");
    let grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    vec![
        chosen(0, offer),
        chosen(1, format!(r#"{{"server":"https://s.example","tenant":"midori","root":{jwk}}}"#)),
        chosen(2, format!(r#"{{"grant_type":"{grant}","pre-authorized_code":"code"}}"#)),
        chosen(3, r#"{"access_token":"t","token_type":"Bearer","expires_in":300}"#),
        chosen(4, r#"{"c_nonce":"n"}"#),
        chosen(5, r#"{"credential_configuration_id":"honnin-jp-1","proofs":{"jwt":["a.b.c"]}}"#),
        chosen(6, r#"{"credentials":[]}"#),
        chosen(7, r#"{"error":"invalid_grant","error_description":"spent"}"#),
    ]
}
