//! A plain TCP balancer: new connections go to the nodes in turn, or to one of them while a test says so; a node that
//! does not answer is passed over. It knows nothing of HTTP.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::net::{TcpListener, TcpStream};

#[derive(Default)]
struct State {
    nodes: Vec<u16>,
    next: usize,
    pinned: Option<usize>,
}

/// A running balancer; it ends with the runtime it was started on.
#[derive(Clone)]
pub struct Balancer(Arc<Mutex<State>>);

impl Balancer {
    /// Listens on `listener` for nodes on these ports of this machine.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn start(listener: std::net::TcpListener, nodes: Vec<u16>) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let balancer = Self(Arc::new(Mutex::new(State { nodes, ..State::default() })));
        let own = balancer.clone();
        tokio::spawn(async move {
            while let Ok((inbound, _)) = listener.accept().await {
                tokio::spawn(carry(inbound, own.order()));
            }
        });
        Ok(balancer)
    }

    /// Sends new connections to one node while it answers; `None`: in turn.
    pub fn pin(&self, node: Option<usize>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pinned = node;
    }

    /// The ports to try for a new connection, in order.
    fn order(&self) -> Vec<u16> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = match state.pinned {
            Some(node) => node,
            None => {
                state.next += 1;
                state.next
            }
        };
        let count = state.nodes.len();
        (0..count).map(|n| state.nodes[(first + n) % count]).collect()
    }
}

async fn carry(mut inbound: TcpStream, ports: Vec<u16>) {
    for port in ports {
        let Ok(mut outbound) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
        let _ = inbound.set_nodelay(true);
        let _ = outbound.set_nodelay(true);
        // Ends when either side does; a killed node cuts its connections.
        let _ = tokio::io::copy_bidirectional(&mut inbound, &mut outbound).await;
        return;
    }
}
