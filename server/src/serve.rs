//! Listening: plain or TLS, until told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};

use crate::app::App;

/// How long open requests may take once the service stops.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until [`App::stop`]. Small events must leave at once, so Nagle's delay is off.
///
/// # Errors
/// Whatever the listener or the certificate files answer.
pub async fn serve(app: App) -> std::io::Result<()> {
    let handle = Handle::new();
    let sweeper = tokio::spawn({
        let app = app.clone();
        async move { app.work_until_stopped().await }
    });
    tokio::spawn(stop_with(app.clone(), handle.clone()));
    tokio::spawn(announce(handle.clone()));
    let service = app.router().into_make_service_with_connect_info::<SocketAddr>();
    let listen = app.config().listen;
    let served = match &app.config().tls {
        None => axum_server::bind(listen).acceptor(NoDelayAcceptor::new()).handle(handle).serve(service).await,
        Some(tls) => {
            // Fails only when one is installed already, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = RustlsConfig::from_pem_file(&tls.cert, &tls.key).await?;
            let acceptor = RustlsAcceptor::new(config).acceptor(NoDelayAcceptor::new());
            axum_server::bind(listen).acceptor(acceptor).handle(handle).serve(service).await
        }
    };
    app.stop();
    let _ = sweeper.await;
    let draining = app.clone();
    let _ = tokio::task::spawn_blocking(move || draining.verifier().close()).await;
    app.db().close().await;
    served
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
