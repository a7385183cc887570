//! Searching the log. Whoever searches stands in it themselves.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::audit_export;
use crate::app::App;
use crate::caller::{Caller, admit};
use crate::db::audit::{self, Filter, Seen};
use crate::db::{Event, Millis, checkpoints, organisations};
use crate::domain::rights::{Resource, Verb};
use crate::domain::suspicion::{Flag, LOG_VIEWED, Suspicion};
use crate::http::extract::{AuthCaller, Path, Query};
use crate::http::problem::Problem;

/// Entries on a page, unless asked for fewer or more.
const PAGE: i64 = 50;
const MAX_PAGE: i64 = 200;
/// Entries read at a time, and at most for one page of suspicious ones: the cursor goes on from there.
pub(super) const CHUNK: i64 = 500;
const MAX_CHUNKS: usize = 20;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/audit", get(search))
        .route("/v1/orgs/{org}/audit/export", get(audit_export::export))
        .route("/v1/orgs/{org}/audit/bundle", get(audit_export::bundle))
        .route("/v1/orgs/{org}/audit/checkpoint", get(checkpoint))
}

/// The query string of a search and of an export. Times are milliseconds; `to` is not included.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asked {
    from: Option<Millis>,
    to: Option<Millis>,
    kind: Option<String>,
    person: Option<String>,
    verification: Option<String>,
    suspicious: Option<bool>,
    cursor: Option<String>,
    limit: Option<i64>,
    pub(super) format: Option<audit_export::Format>,
}

impl Asked {
    /// The filters, checked.
    pub(super) fn filter(&self) -> Result<Filter, Problem> {
        let text = |text: &Option<String>, extra: &[u8]| {
            let text = text.clone().unwrap_or_default();
            let plain = |b: u8| b.is_ascii_alphanumeric() || extra.contains(&b);
            if text.len() <= 128 && text.bytes().all(plain) {
                Ok(text)
            } else {
                Err(Problem::Malformed("a filter is a kind or an identifier"))
            }
        };
        Ok(Filter {
            from: self.from.unwrap_or(0),
            to: self.to.unwrap_or(i64::MAX),
            // No wildcard of LIKE.
            kind: text(&self.kind, b"-.")?,
            person: text(&self.person, b"-_.")?,
            verification: text(&self.verification, b"-_.")?,
        })
    }

    /// Whether a page is asked for: an export is everything.
    pub(super) fn pages(&self) -> bool {
        self.cursor.is_some() || self.limit.is_some()
    }

    pub(super) fn suspicious(&self) -> bool {
        self.suspicious == Some(true)
    }

    /// The filters' names, and never what was looked for.
    fn names(&self) -> Vec<&'static str> {
        let set = [
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("kind", self.kind.is_some()),
            ("person", self.person.is_some()),
            ("verification", self.verification.is_some()),
            ("suspicious", self.suspicious()),
        ];
        set.into_iter().filter_map(|(name, set)| set.then_some(name)).collect()
    }
}

/// How an organisation judges its entries.
pub(super) struct Judge {
    pub(super) suspicion: Suspicion,
    zone: TimeZone,
}

impl Judge {
    pub(super) async fn of(app: &App, org: &str) -> Result<Self, Problem> {
        let own = organisations::find(&mut app.db().read().await?, org).await?.ok_or(Problem::NotFound)?;
        Ok(Self { suspicion: app.config().suspicion.clone(), zone: own.settings.time_zone() })
    }

    pub(super) fn flags(&self, seen: &Seen) -> Vec<Flag> {
        self.suspicion.flags(&seen.entry.kind, seen.entry.at, &self.zone, &seen.counts)
    }
}

/// An entry as it is shown and exported.
pub(super) fn view(seen: &Seen, flags: &[Flag]) -> Value {
    let entry = &seen.entry;
    let flags: Vec<&str> = flags.iter().map(|f| f.name()).collect();
    json!({"index": entry.place, "at": entry.at, "kind": entry.kind, "person": entry.actor,
        "verification": entry.verification, "data": entry.data, "flags": flags})
}

/// Lets through who may view the log, and logs that they did.
pub(super) async fn viewed(
    app: &App,
    caller: &Caller,
    org: &str,
    what: &'static str,
    asked: &Asked,
) -> Result<(), Problem> {
    admit(app, caller, org, Verb::View, Resource::Audit).await?;
    let mut write = app.db().write().await?;
    let data = json!({"what": what, "filters": asked.names()});
    write.record(Event::new(org, LOG_VIEWED).by(caller.id()).with(data));
    Ok(write.commit().await?)
}

/// `GET …/audit`.
async fn search(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let filter = asked.filter()?;
    let limit = asked.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::Malformed("limit is 1 to 200"));
    }
    if asked.format.is_some() {
        return Err(Problem::Malformed("format is an export's"));
    }
    let cursor = asked.cursor.as_deref().map(str::parse::<u32>).transpose();
    let mut below =
        cursor.map_err(|_| Problem::Malformed("the cursor is not one of ours"))?.map_or(i64::MAX, i64::from);
    viewed(&app, &caller, &org, "search", &asked).await?;
    let judge = Judge::of(&app, &org).await?;
    let mut query = app.db().read().await?;
    let (mut events, wanted) = (Vec::new(), usize::try_from(limit).unwrap_or_default());
    let chunk = if asked.suspicious() { CHUNK } else { limit };
    let mut more = true;
    for _ in 0..MAX_CHUNKS {
        let page = audit::page(&mut query, &org, &filter, below, chunk, &judge.suspicion).await?;
        more = i64::try_from(page.len()).is_ok_and(|n| n == chunk);
        for seen in page {
            if events.len() == wanted {
                more = true;
                break;
            }
            below = seen.entry.place;
            let flags = judge.flags(&seen);
            if !asked.suspicious() || !flags.is_empty() {
                events.push(view(&seen, &flags));
            }
        }
        if !more || events.len() == wanted {
            break;
        }
    }
    let cursor = (more && below > 0).then(|| below.to_string());
    Ok(Json(json!({"events": events, "cursor": cursor})))
}

/// `GET …/audit/checkpoint`: the log as it stands, signed.
async fn checkpoint(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Response, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Audit).await?;
    let kept = checkpoints::current(app.db(), &org, &app.log_origin(&org)).await?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, kept.note).into_response())
}
