//! The service behind its own listeners, as the program runs it.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::Service;

/// How long something may take that has to happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Listening {
    pub service: Service,
    /// Where everybody comes in.
    pub address: SocketAddr,
    served: Option<JoinHandle<std::io::Result<()>>>,
}

/// An address that was free a moment ago.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Listening {
    pub async fn start(mut changes: Value) -> Self {
        let address = free_address();
        changes["listen"] = json!(address);
        let service = Service::idle(changes).await;
        let app = service.app.clone();
        let served = tokio::spawn(honnin_server::serve::serve(app.clone()));
        let addresses = [Some(address), app.config().machines.as_ref().map(|m| m.listen)];
        let deadline = Instant::now() + PATIENCE;
        for address in addresses.into_iter().flatten() {
            while TcpStream::connect(address).is_err() {
                assert!(!served.is_finished() && Instant::now() < deadline, "not listening at {address}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Self { service, address, served: Some(served) }
    }

    /// A polite stop, which must end well.
    pub async fn stop(mut self) {
        self.service.app.stop();
        self.served.take().unwrap().await.unwrap().unwrap();
    }
}
