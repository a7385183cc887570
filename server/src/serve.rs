//! Listening: plain or TLS, for everybody and for machines, until told to stop.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum_server::accept::{DefaultAcceptor, NoDelayAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use crate::accept::Prompt;
use crate::app::App;
use crate::http::extract::Machines;
use crate::tls::Files;

/// How long open requests may take once the service stops.
const GRACE: Duration = Duration::from_secs(5);
/// How often certificate files are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// Longest head of a request, bytes; a request has a few hundred.
const HEAD: usize = 32 * 1024;
/// Most headers of a request.
const HEADERS: usize = 100;
/// A connection of HTTP/2 whose other end is gone is found out so.
const PING: Duration = Duration::from_secs(30);

/// Serves until [`App::stop`]. Small events must leave at once, so Nagle's delay is off.
///
/// # Errors
/// Whatever the listeners or the certificate files answer.
pub async fn serve(app: App) -> std::io::Result<()> {
    let config = app.config();
    // Wrong files are told before anything listens.
    let tls = config.tls.as_ref().map(|tls| Certificates::load(tls.into())).transpose()?;
    let machines =
        config.machines.as_ref().map(|at| Ok::<_, std::io::Error>((at.listen, Certificates::load(at.into())?)));
    let machines = machines.transpose()?;
    let reloading: Vec<Certificates> = tls.iter().chain(machines.iter().map(|(_, tls)| tls)).cloned().collect();
    let reloader = tokio::spawn(reload_until_stopped(app.clone(), reloading));
    let sweeper = tokio::spawn({
        let app = app.clone();
        async move { app.work_until_stopped().await }
    });
    let everybody = listen(&app, config.listen, tls, app.router());
    let served = match machines {
        None => everybody.await,
        Some((address, tls)) => {
            let theirs = listen(&app, address, Some(tls), app.router().layer(axum::Extension(Machines)));
            // One that ends ends the other.
            let stopping = async |result: std::io::Result<()>| {
                app.stop();
                result
            };
            let (one, other) =
                tokio::join!(async { stopping(everybody.await).await }, async { stopping(theirs.await).await });
            one.and(other)
        }
    };
    app.stop();
    let _ = sweeper.await;
    let _ = reloader.await;
    let draining = app.clone();
    let _ = tokio::task::spawn_blocking(move || draining.verifier().close()).await;
    app.db().close().await;
    served
}

async fn listen(app: &App, address: SocketAddr, tls: Option<Certificates>, router: Router) -> std::io::Result<()> {
    let handle = Handle::new();
    tokio::spawn(stop_with(app.clone(), handle.clone()));
    tokio::spawn(announce(handle.clone()));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let timeouts = &app.config().timeouts;
    let server = patient(axum_server::bind(address).handle(handle), timeouts.head());
    match tls {
        None => server.acceptor(Prompt::new(NoDelayAcceptor::new(), timeouts.head())).serve(service).await,
        Some(tls) => {
            let acceptor =
                RustlsAcceptor::new(tls.served).handshake_timeout(timeouts.head()).acceptor(NoDelayAcceptor::new());
            server.acceptor(Prompt::new(acceptor, timeouts.head())).serve(service).await
        }
    }
}

/// Bounds what a client may send before it is answered, and how slowly.
fn patient(mut server: Server<SocketAddr, DefaultAcceptor>, head: Duration) -> Server<SocketAddr, DefaultAcceptor> {
    let builder = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head).max_headers(HEADERS).max_buf_size(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEAD).unwrap_or(u32::MAX))
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    server
}

/// A listener's certificates, replaced while it serves.
#[derive(Clone)]
struct Certificates {
    files: Files,
    served: RustlsConfig,
    /// As the files were when they were last read.
    known: Vec<Option<SystemTime>>,
    /// They did not fit then. They may have been half written, and finished within the same tick of the files' clock.
    unfit: bool,
}

impl Certificates {
    fn load(files: Files) -> std::io::Result<Self> {
        // Before reading: what changes meanwhile is read again.
        let known = files.changed();
        let served = RustlsConfig::from_config(files.load().map_err(std::io::Error::other)?);
        Ok(Self { files, served, known, unfit: false })
    }

    /// Open connections stay as they are; a pair that does not fit leaves the old one in place.
    fn reload(&mut self, asked: bool) {
        let changed = self.files.changed();
        let news = asked || changed != self.known;
        if !news && !self.unfit {
            return;
        }
        self.known = changed;
        let cert = self.files.cert.display();
        match self.files.load() {
            Ok(config) => {
                self.served.reload_from_config(config);
                self.unfit = false;
                tracing::info!(%cert, "certificate read again");
            }
            Err(e) => {
                self.unfit = true;
                // Said once, not at each look.
                if news {
                    tracing::error!(cause = %e, %cert, "the old certificate stays in use");
                }
            }
        }
    }
}

/// Reads certificates again at SIGHUP, and when their files have changed.
async fn reload_until_stopped(app: App, mut all: Vec<Certificates>) {
    // Also without certificates: a reload must not end the process.
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let asked = tokio::select! {
            heard = hangup.recv() => heard.is_some(),
            _ = look.tick() => false,
            () = app.stopping().cancelled() => return,
        };
        for certificates in &mut all {
            certificates.reload(asked);
        }
    }
}

async fn announce(handle: Handle<SocketAddr>) {
    if let Some(address) = handle.listening().await {
        tracing::info!(%address, "listening");
    }
}

async fn stop_with(app: App, handle: Handle<SocketAddr>) {
    app.stopping().cancelled().await;
    tracing::info!("stopping");
    handle.graceful_shutdown(Some(GRACE));
}
