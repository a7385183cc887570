//! Figures of the last days.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::app::App;
use crate::caller::admit;
use crate::db::{Millis, Query as Db, fallbacks, organisations};
use crate::domain::as_of;
use crate::domain::rights::{Resource, Verb};
use crate::domain::settings::Kind;
use crate::http::extract::{AuthCaller, Path, Query};
use crate::http::problem::Problem;

const DAY_MS: Millis = 86_400_000;
/// Somebody is online who was heard of so lately.
const ONLINE_MS: Millis = 5 * 60 * 1000;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/orgs/{org}/dashboard", get(dashboard))
}

/// How many days back, today included.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    #[serde(default = "month")]
    days: i64,
}

fn month() -> i64 {
    30
}

/// Milliseconds from start to verdict, by day.
type Times = BTreeMap<String, Vec<i64>>;

/// `GET /v1/orgs/{org}/dashboard`.
async fn dashboard(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Query(range): Query<Range>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Dashboard).await?;
    if !(1..=90).contains(&range.days) {
        return Err(Problem::Malformed("days is 1 to 90"));
    }
    let mut query = app.db().read().await?;
    let own = organisations::find(&mut query, &org).await?.ok_or(Problem::NotFound)?;
    let zone = own.settings.time_zone();
    let now = crate::db::now(&mut query).await?;
    let calendar = || Problem::Internal("the clock is outside the calendar".into());
    let since = as_of::day_start(now - (range.days - 1) * DAY_MS, &zone).ok_or_else(calendar)?;
    let mut days: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for n in 0..range.days {
        days.entry(day(now - n * DAY_MS, &zone)).or_default();
    }
    let (mut times, mut refusals, mut reports) = (Times::new(), 0, 0);
    for row in ended(&mut query, &org, own.kind, since).await? {
        *days.entry(day(row.decided_at, &zone)).or_default().entry(row.state.clone()).or_default() += 1;
        refusals += i64::from(row.state == "denied");
        reports += i64::from(row.reported);
        if row.state == "passed" {
            times.entry(day(row.decided_at, &zone)).or_default().push(row.decided_at - row.created_at);
        }
    }
    let outcomes: Vec<Value> = days
        .iter()
        .map(|(day, states)| {
            let of = |state: &str| states.get(state).copied().unwrap_or(0);
            json!({"day": day, "passed": of("passed"), "failed": of("failed"), "denied": of("denied"),
                   "expired": of("expired"), "cancelled": of("cancelled"), "unreachable": of("unreachable")})
        })
        .collect();
    let by_day: Vec<Value> = times
        .iter()
        .map(|(day, t)| json!({"day": day, "median_ms": quantile(t, 50), "p95_ms": quantile(t, 95)}))
        .collect();
    let all: Vec<i64> = times.into_values().flatten().collect();
    // What a spoken check would have taken, less what these took.
    let baseline_s = own.settings.baseline_s;
    let saved_ms = baseline_s.map(|s| all.iter().map(|took| s * 1000 - took).sum::<i64>());
    // Accepted without a proof: never among what passed.
    let weaker = fallbacks::accepted_since(&mut query, &org, since).await?;
    let counts = counts(&mut query, &org, own.kind, now).await?;
    Ok(Json(json!({
        "outcomes": outcomes,
        "start_to_verdict": {"count": all.len(), "median_ms": quantile(&all, 50), "p95_ms": quantile(&all, 95), "by_day": by_day},
        "saved": {"baseline_s": baseline_s, "minutes": saved_ms.map(|ms| ms / 60_000)},
        "refusals": refusals, "reports": reports, "weaker": weaker,
        "open": counts[0], "devices": counts[1], "people_online": counts[2],
    })))
}

struct Ended {
    state: String,
    reported: bool,
    created_at: Millis,
    decided_at: Millis,
}

/// What ended since: a tenant's verifications, or those that a partner's people asked.
async fn ended(query: &mut Db, org: &str, kind: Kind, since: Millis) -> Result<Vec<Ended>, sqlx::Error> {
    let statement = match kind {
        Kind::Tenant => {
            "SELECT state, detail, created_at, decided_at FROM verifications
             WHERE tenant = $1 AND created_at >= $2 AND decided_at >= $2"
        }
        Kind::Partner => {
            "SELECT v.state, v.detail, v.created_at, v.decided_at FROM verifications v
             JOIN delegations d ON d.id = v.delegation
             WHERE d.partner = $1 AND v.created_at >= $2 AND v.decided_at >= $2"
        }
    };
    let rows = sqlx::query(statement).bind(org).bind(since).fetch_all(query.conn()).await?;
    rows.iter()
        .map(|r| {
            let detail: Option<String> = r.try_get(1)?;
            Ok(Ended {
                state: r.try_get(0)?,
                reported: detail.as_deref() == Some("reported"),
                created_at: r.try_get(2)?,
                decided_at: r.try_get(3)?,
            })
        })
        .collect()
}

/// Open verifications, active devices, people online.
async fn counts(query: &mut Db, org: &str, kind: Kind, now: Millis) -> Result<[i64; 3], sqlx::Error> {
    let open = match kind {
        Kind::Tenant => "SELECT COUNT(*) FROM verifications WHERE tenant = $1 AND decided_at IS NULL",
        Kind::Partner => {
            "SELECT COUNT(*) FROM verifications v JOIN delegations d ON d.id = v.delegation
             WHERE d.partner = $1 AND v.decided_at IS NULL"
        }
    };
    let open = sqlx::query(open).bind(org).fetch_one(query.conn()).await?.try_get(0)?;
    let devices = sqlx::query("SELECT COUNT(*) FROM devices WHERE tenant = $1 AND status = 'active'")
        .bind(org)
        .fetch_one(query.conn())
        .await?
        .try_get(0)?;
    let online = sqlx::query(
        "SELECT COUNT(DISTINCT s.person) FROM sessions s JOIN people p ON p.id = s.person
         WHERE p.organisation = $1 AND s.status = 'active' AND s.last_seen_at > $2",
    )
    .bind(org)
    .bind(now - ONLINE_MS)
    .fetch_one(query.conn())
    .await?
    .try_get(0)?;
    Ok([open, devices, online])
}

/// The calendar day of an instant where the organisation is.
fn day(at: Millis, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| String::new(), |t| t.to_zoned(zone.clone()).date().to_string())
}

/// The value that so many of a hundred do not exceed.
fn quantile(values: &[i64], percent: usize) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_are_of_the_values() {
        assert_eq!(quantile(&[], 50), None);
        assert_eq!(quantile(&[7], 95), Some(7));
        let values: Vec<i64> = (1..=100).rev().collect();
        assert_eq!((quantile(&values, 50), quantile(&values, 95)), (Some(50), Some(95)));
    }
}
