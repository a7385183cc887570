//! What an issuer tells the server: that a customer's phones are over. Its root, which the tenant pinned, is all that
//! lets it in.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::revocation::{self, Revocation, RevocationError};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::db::issuers::{self, Issuer, Serves};
use crate::db::{Event, Millis, Query, customers, phones};
use crate::http::extract::Body;
use crate::http::problem::Problem;
use crate::requests;

/// Longer than a revocation is good for, by whichever clock.
const KEPT_MS: Millis = 3 * 1000 * revocation::SKEW_S as Millis;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/revocations", post(revoke))
}

/// A compact JWS.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    jws: String,
}

/// `POST /v1/revocations`: how many phones were revoked, for good and at once. Also of an issuer that stands suspended:
/// it can take away only what it gave.
async fn revoke(State(app): State<App>, Body(body): Body<Signed>) -> Result<Json<Value>, Problem> {
    let (kid, tenant) = revocation::claimed(&body.jws).map_err(|_| Problem::Malformed("not a revocation"))?;
    // A stranger's word takes no lock: everybody's verdicts wait for it.
    {
        let mut query = app.db().read().await?;
        let now = crate::db::now(&mut query).await?;
        checked(&mut query, now, &body.jws, &kid, &tenant).await?;
    }
    let mut write = app.db().write_standing().await?;
    let now = write.now;
    let (issuer, revocation) = checked(&mut write, now, &body.jws, &kid, &tenant).await?;
    requests::check_handle(&revocation.sub)?;
    let jti = hex::encode(Sha256::digest(format!("{} {}", issuer.id, revocation.jti)));
    if !phones::use_assertion(&mut write, &jti, KEPT_MS).await? {
        return Err(Problem::AlreadyDecided);
    }
    let mut stopped = phones::Stopped::default();
    if let Some(customer) = customers::find(&mut write, &tenant, &revocation.sub).await? {
        let theirs = phones::of_issuer(&mut write, &customer.id, &issuer.id).await?;
        let reason = revocation.reason.name();
        stopped = phones::remove(&mut write, &tenant, &customer.id, &theirs, &issuer.id, reason).await?;
        let data = json!({"customer": customer.id, "reason": reason, "phones": stopped.phones});
        write.record(Event::new(&tenant, "customer.revoked").by(&issuer.id).with(data));
    }
    write.commit().await?;
    (0..stopped.called_off).for_each(|_| app.metrics().ended("cancelled"));
    Ok(Json(json!({"phones": stopped.phones})))
}

/// The issuer whose root signed it, and what it says.
async fn checked(
    query: &mut Query,
    now: Millis,
    jws: &str,
    kid: &str,
    tenant: &str,
) -> Result<(Issuer, Revocation), Problem> {
    let known = issuers::of(query, tenant).await?;
    let theirs = |issuer: &Issuer| issuer.thumbprint == kid && issuer.serves() == Serves::Customers;
    let issuer = known.into_iter().find(theirs).ok_or(Problem::IssuerUnknown)?;
    let root: P256Jwk = requests::stored(&issuer.root)?;
    let now = u64::try_from(now / 1000).map_err(|e| Problem::Internal(e.to_string()))?;
    let revocation = revocation::verify(jws, &root, now).map_err(|e| match e {
        RevocationError::Malformed | RevocationError::Type => Problem::Malformed("not a revocation"),
        RevocationError::UnknownRoot => Problem::IssuerUnknown,
        RevocationError::Time => Problem::Expired,
    })?;
    // Its tenant is the one whose issuers were searched: both are the signed payload's.
    if revocation.iss != issuer.url {
        return Err(Problem::IssuerUnknown);
    }
    Ok((issuer, revocation))
}
