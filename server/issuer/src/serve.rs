//! Listening: plain or TLS, until told to stop.

use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;

use crate::app::App;
use crate::http;

/// How long open requests may take once the service stops.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until `app.stopping()` is cancelled.
///
/// # Errors
/// Whatever the listener or the certificate files answer.
pub async fn serve(app: App) -> std::io::Result<()> {
    let handle = Handle::new();
    tokio::spawn({
        let (app, handle) = (app.clone(), handle.clone());
        async move {
            app.stopping().cancelled().await;
            tracing::info!("stopping");
            handle.graceful_shutdown(Some(GRACE));
        }
    });
    tokio::spawn({
        let handle = handle.clone();
        async move {
            if let Some(address) = handle.listening().await {
                tracing::info!(%address, "listening");
            }
        }
    });
    let service = http::router(app.clone()).into_make_service();
    let listen = app.config().listen;
    let served = match &app.config().tls {
        None => axum_server::bind(listen).handle(handle).serve(service).await,
        Some(tls) => {
            // Fails only when one is installed already, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = RustlsConfig::from_pem_file(&tls.cert, &tls.key).await?;
            axum_server::bind_rustls(listen, config).handle(handle).serve(service).await
        }
    };
    app.store().close().await;
    served
}

/// Cancels the service at SIGTERM or ctrl-c.
pub async fn stop_at_signal(app: App) {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} },
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
    app.stopping().cancel();
}
