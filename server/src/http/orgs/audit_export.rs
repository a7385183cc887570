//! The log as a download, in pieces: whatever its length, a chunk of it is in memory.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use honnin_evidence::bundle::Writer;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::audit::{Asked, CHUNK, Judge, view, viewed};
use crate::app::App;
use crate::db::audit::{self, Filter, Seen};
use crate::db::{checkpoints, events};
use crate::domain::suspicion::Flag;
use crate::http::extract::{AuthCaller, Path, Query};
use crate::http::problem::Problem;

/// Chunks that wait for a slow reader, and how long it may take for one.
const WAITING: usize = 2;
const PATIENCE: Duration = Duration::from_secs(30);

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// RFC 4180, for spreadsheets.
    Csv,
    /// One JSON document a line.
    Jsonl,
}

/// Why a download breaks off: the reader sees that it is not whole.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the reader left")]
    Left,
    #[error("{0}")]
    Failed(String),
}

impl<E: Into<Problem>> From<E> for Broken {
    fn from(e: E) -> Self {
        Self::Failed(e.into().to_string())
    }
}

type Sender = mpsc::Sender<Result<Bytes, io::Error>>;

/// `GET …/audit/export`.
pub(super) async fn export(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (filter, format) = (asked.filter()?, asked.format.ok_or(Problem::Malformed("format is csv or jsonl"))?);
    if asked.pages() {
        return Err(Problem::Malformed("an export is whole: no cursor, no limit"));
    }
    viewed(&app, &caller, &org, "export", &asked).await?;
    let judge = Judge::of(&app, &org).await?;
    let (kind, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "audit.csv"),
        Format::Jsonl => ("application/jsonl", "audit.jsonl"),
    };
    Ok(download(kind, name, async move |out| rows(&app, &org, &filter, &judge, asked.suspicious(), format, &out).await))
}

async fn rows(
    app: &App,
    org: &str,
    filter: &Filter,
    judge: &Judge,
    suspicious: bool,
    format: Format,
    out: &Sender,
) -> Result<(), Broken> {
    if format == Format::Csv {
        send(out, b"index,at,time,kind,person,verification,flags,data\r\n".to_vec()).await?;
    }
    let mut below = audit::size(&mut app.db().read().await?, org).await?;
    loop {
        // No connection is held while the reader reads.
        let page = audit::page(&mut app.db().read().await?, org, filter, below, CHUNK, &judge.suspicion).await?;
        let Some(last) = page.last() else { return Ok(()) };
        below = last.entry.place;
        let mut text = String::new();
        for seen in &page {
            let flags = judge.flags(seen);
            if suspicious && flags.is_empty() {
                continue;
            }
            match format {
                Format::Csv => text.push_str(&csv(seen, &flags)),
                Format::Jsonl => text.push_str(&view(seen, &flags).to_string()),
            }
            text.push_str(if format == Format::Csv { "\r\n" } else { "\n" });
        }
        send(out, text.into_bytes()).await?;
    }
}

fn csv(seen: &Seen, flags: &[Flag]) -> String {
    let entry = &seen.entry;
    let time = jiff::Timestamp::from_millisecond(entry.at).map(|t| t.to_string()).unwrap_or_default();
    let flags: Vec<&str> = flags.iter().map(|f| f.name()).collect();
    let (place, at, data) = (entry.place.to_string(), entry.at.to_string(), entry.data.to_string());
    let (actor, verification) = (entry.actor.as_deref().unwrap_or(""), entry.verification.as_deref().unwrap_or(""));
    let cells = [&place, &at, &time, &entry.kind, actor, verification, &flags.join(" "), &data];
    cells.map(cell).join(",")
}

/// A cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

/// `GET …/audit/bundle`: everything, up to a checkpoint signed now.
pub(super) async fn bundle(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Response, Problem> {
    viewed(&app, &caller, &org, "bundle", &Asked::default()).await?;
    let origin = app.log_origin(&org);
    let last = checkpoints::current(app.db(), &org, &origin).await?;
    let size = i64::try_from(last.size).map_err(|e| Problem::Internal(e.to_string()))?;
    Ok(download("application/jsonl", "audit-bundle.jsonl", async move |out| {
        lines(&app, &org, &origin, size, &out).await
    }))
}

async fn lines(app: &App, org: &str, origin: &str, size: i64, out: &Sender) -> Result<(), Broken> {
    let failed = |e: honnin_evidence::bundle::WriteError| Broken::Failed(e.to_string());
    let buffer = Buffer::default();
    let mut writer = Writer::new(buffer.clone(), origin).map_err(failed)?;
    let mut place = 0;
    while place < size {
        let until = size.min(place + CHUNK);
        let (entries, kept) = {
            let mut query = app.db().read().await?;
            let entries = events::from(&mut query, org, place, until - place).await?;
            (entries, checkpoints::of(&mut query, org, origin, place, until).await?)
        };
        let mut kept = kept.into_iter().peekable();
        for entry in entries {
            writer.entry(&entry.canonical(org)?).map_err(failed)?;
            place = entry.place + 1;
            if let Some(kept) = kept.next_if(|k| i64::try_from(k.size) == Ok(place)) {
                writer.checkpoint(&kept.note).map_err(failed)?;
            }
        }
        if place < until {
            return Err(Broken::Failed(format!("the log of {org} has a gap after {place}")));
        }
        send(out, buffer.take()).await?;
    }
    Ok(())
}

/// What the bundle's writer wrote and nobody sent yet.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs the body as a task of its own that ends when the reader leaves or stops reading.
fn download<F, R>(kind: &'static str, name: &str, run: F) -> Response
where
    F: FnOnce(Sender) -> R,
    R: Future<Output = Result<(), Broken>> + Send + 'static,
{
    let (out, mut chunks) = mpsc::channel(WAITING);
    let task = run(out.clone());
    tokio::spawn(async move {
        match task.await {
            Ok(()) | Err(Broken::Left) => {}
            Err(Broken::Failed(cause)) => {
                tracing::error!(cause, "a download broke off");
                // The connection is cut, so that nobody takes a part for the whole.
                let _ = out.send(Err(io::Error::other("broken off"))).await;
            }
        }
    });
    let body = Body::from_stream(futures_util::stream::poll_fn(move |cx| chunks.poll_recv(cx)));
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, body).into_response()
}

async fn send(out: &Sender, bytes: Vec<u8>) -> Result<(), Broken> {
    if bytes.is_empty() {
        return Ok(());
    }
    match tokio::time::timeout(PATIENCE, out.send(Ok(bytes.into()))).await {
        Ok(Ok(())) => Ok(()),
        // The stream would end as if it were whole.
        Err(_) => Err(Broken::Failed("the reader stopped reading".into())),
        Ok(Err(_)) => Err(Broken::Left),
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, written) in [
            ("=1+1", "\"'=1+1\""),
            ("+81", "\"'+81\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("\t=1", "\"'\t=1\""),
            ("a\"b,c", "\"a\"\"b,c\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
