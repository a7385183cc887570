//! Blind issuance: the phone's commitment goes in, a signed credential comes out, once for each token.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use honnin_circuits::Fr;
use honnin_circuits::encoding::f248;
use honnin_circuits::schema::SCHEMA_NAME;
use honnin_protocol::credential::{CredentialDocument, FORMAT, SignatureHex, Values};
use honnin_protocol::encoding::HexField;
use honnin_protocol::issuance::{CONFIGURATION, CredentialRequest, CredentialResponse, Issued};
use honnin_protocol::possession::{self, PossessionError};
use zeroize::Zeroizing;

use super::{OAuth, Problem, admin};
use crate::app::App;
use crate::customers::Customer;
use crate::entropy::secret_hash;
use crate::store::{customers, nonces, offers};

/// `POST /credential`.
pub async fn credential(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Json<CredentialRequest>, JsonRejection>,
) -> Result<Json<CredentialResponse>, OAuth> {
    let token = admin::bearer(&headers).ok_or(OAuth::InvalidToken)?;
    let handle = offers::by_token(app.store().pool(), token, app.now()).await?.ok_or(OAuth::InvalidToken)?;
    let Json(request) = body.map_err(|e| match Problem::from(e) {
        Problem::TooLarge => OAuth::Other(Problem::TooLarge),
        _ => {
            OAuth::Refused("invalid_credential_request", "credential_configuration_id and proofs.jwt, and nothing else")
        }
    })?;
    if request.credential_configuration_id != CONFIGURATION {
        return Err(OAuth::Refused("unknown_credential_configuration", "only honnin-jp-1"));
    }
    let [proof] = request.proofs.jwt.as_slice() else {
        return Err(OAuth::Refused("invalid_proof", "exactly one proof"));
    };
    let proven = possession::verify(proof, &app.config().issuer(), app.now_s()).map_err(refused)?;
    let customer = customers::find(app.store().pool(), &handle).await?;
    let customer = customer.ok_or(OAuth::Refused("credential_request_denied", "the customer is no longer on file"))?;

    // The nonce and the token are spent together with the signature, or not at all.
    let mut tx = app.store().write().await?;
    if !nonces::spend(&mut tx, &secret_hash(&proven.nonce), app.now()).await? {
        return Err(OAuth::Refused("invalid_nonce", "the nonce is unknown, used or expired"));
    }
    if !offers::issue(&mut tx, token, app.now()).await? {
        return Err(OAuth::InvalidToken);
    }
    let credential = sign(&app, &customer, proven.holder)?;
    tx.commit().await.map_err(Problem::from)?;
    tracing::info!("credential issued");
    Ok(Json(CredentialResponse { credentials: vec![Issued { credential }] }))
}

fn refused(e: PossessionError) -> OAuth {
    OAuth::Refused(
        "invalid_proof",
        match e {
            PossessionError::Malformed => "the proof is not a JWT with exactly the expected members",
            PossessionError::Algorithm => "the proof's alg is not ES256",
            PossessionError::Type => "the proof's typ is not openid4vci-proof+jwt",
            PossessionError::Signature => "the proof is not signed by its jwk",
            PossessionError::Audience => "the proof's aud is another issuer",
            PossessionError::Time => "the proof's iat is too far from now",
            PossessionError::Holder => "the holder commitment is zero",
        },
    )
}

fn sign(app: &App, customer: &Customer, holder: Fr) -> Result<CredentialDocument, Problem> {
    let issuing = app.keys().issuing(app.now_s())?;
    let expiry = app.day(app.config().credential_valid_days).ok_or(Problem::Internal)?;
    let seed = Zeroizing::new(app.entropy().bytes::<32>());
    let values = Values {
        expiry: expiry.get(),
        subject: customer.handle.clone(),
        kyc_level: customer.kyc_level.into(),
        method: customer.method.into(),
        birth: customer.birth,
        region: customer.region.into(),
        name: customer.name.clone(),
        address: customer.address.clone(),
        phone: customer.phone.clone(),
        account: customer.account.clone(),
        limit: customer.limit,
        payment_token: customer.payment_token.clone(),
        spare: customer.spare,
        holder: HexField(holder),
        blinding: HexField(f248("honnin/blinding/v1", &*seed)),
    };
    values.check().map_err(|e| {
        tracing::error!(error = %e, "a stored customer does not make a credential");
        Problem::Internal
    })?;
    let message = values.attributes().message();
    let signature = app.entropy().with(|mut rng| issuing.key.sign(message, &mut rng));
    Ok(CredentialDocument {
        format: FORMAT.into(),
        schema: SCHEMA_NAME.into(),
        tenant: app.config().tenant.clone(),
        values,
        signature: SignatureHex::of(&signature),
        issuer_certificate: issuing.certificate,
    })
}
