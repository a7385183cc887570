//! A link or a spoken code, brought to a phone of the customer that it is for.
//!
//! Who guesses learns nothing: a code leads only the phones of the customer who is asked, which could have asked for
//! their open requests anyway. Still guesses are counted, by customer, tenant and address, and the answer to every wrong,
//! used, lapsed or foreign one is the same.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::db::links::{self, Key};
use crate::entropy::token_hash;
use crate::http::extract::{AuthDevice, Body};
use crate::http::problem::Problem;

/// One of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brought {
    token: Option<String>,
    code: Option<String>,
}

/// `POST /v1/device/links`: the request that it leads to. It serves once.
pub async fn open(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    Body(brought): Body<Brought>,
) -> Result<Json<Value>, Problem> {
    let mut write = app.db().write().await?;
    let code = match (&brought.token, &brought.code) {
        // Of 128 bits: nobody guesses one, and an old link that is opened again is no attempt on anybody.
        (Some(token), None) if token.len() == 22 => {
            let found = links::take(&mut write, &device.customer, Key::Token(&token_hash(token))).await?;
            write.commit().await?;
            return found.map(led).ok_or(Problem::NotFound);
        }
        (None, Some(code)) if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) => code,
        _ => return Err(Problem::Malformed("a link's token, or a code of six digits")),
    };
    // Always in this order, so that no two wait for each other.
    let tenant = links::standing(&mut write, format!("t:{}", device.tenant)).await?;
    let customer = links::standing(&mut write, device.customer.clone()).await?;
    if customer.is_barred() || tenant.is_barred() {
        return Err(Problem::TooManyRequests);
    }
    let index = links::code_index(&write, &device.tenant, &device.customer, code)?;
    let found = links::take(&mut write, &device.customer, Key::Code(&index)).await?;
    if found.is_some() {
        links::right(&mut write, &customer).await?;
    } else {
        links::wrong(&mut write, &customer, links::CUSTOMER).await?;
        links::wrong(&mut write, &tenant, links::TENANT).await?;
    }
    write.commit().await?;
    found.map(led).ok_or(Problem::NotFound)
}

fn led(verification: String) -> Json<Value> {
    Json(json!({"verification": verification}))
}
