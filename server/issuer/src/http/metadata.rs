//! Discovery documents.

use axum::Json;
use axum::extract::State;
use honnin_protocol::credential::FORMAT;
use honnin_protocol::issuance::{CONFIGURATION, GRANT, HonninMetadata};
use serde_json::{Value, json};

use super::Problem;
use crate::app::App;

/// `GET /.well-known/openid-credential-issuer`.
pub async fn issuer(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let issuer = app.config().issuer();
    let honnin = HonninMetadata {
        server: app.config().server(),
        tenant: app.config().tenant.clone(),
        root: app.keys().root_jwk()?,
    };
    Ok(Json(json!({
        "credential_issuer": issuer,
        "credential_endpoint": format!("{issuer}/credential"),
        "nonce_endpoint": format!("{issuer}/nonce"),
        "credential_configurations_supported": {
            CONFIGURATION: {
                "format": FORMAT,
                "cryptographic_binding_methods_supported": ["jwk"],
                "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
            },
        },
        "honnin": honnin,
    })))
}

/// `GET /.well-known/oauth-authorization-server`.
pub async fn authorization_server(State(app): State<App>) -> Json<Value> {
    let issuer = app.config().issuer();
    Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/token"),
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": true,
    }))
}
