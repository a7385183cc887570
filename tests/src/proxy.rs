//! A TCP proxy that records everything that passes: the canary searches the recording.

use std::sync::{Arc, Mutex};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
};

/// All bytes of one direction of one connection, in order.
type Tape = Arc<Mutex<Vec<u8>>>;

/// A running proxy; it ends with the runtime it was started on.
#[derive(Clone, Default)]
pub struct Recorder {
    tapes: Arc<Mutex<Vec<Tape>>>,
}

impl Recorder {
    /// Listens on `listener` and passes every connection on to `127.0.0.1:target`.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn start(listener: std::net::TcpListener, target: u16) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let recorder = Self::default();
        let taken = recorder.clone();
        tokio::spawn(async move {
            while let Ok((inbound, _)) = listener.accept().await {
                let Ok(outbound) = TcpStream::connect(("127.0.0.1", target)).await else { continue };
                // Latency is measured through this proxy too: no waiting for full segments.
                let _ = inbound.set_nodelay(true);
                let _ = outbound.set_nodelay(true);
                let (in_read, in_write) = inbound.into_split();
                let (out_read, out_write) = outbound.into_split();
                tokio::spawn(copy(in_read, out_write, taken.tape()));
                tokio::spawn(copy(out_read, in_write, taken.tape()));
            }
        });
        Ok(recorder)
    }

    fn tape(&self) -> Tape {
        let tape = Tape::default();
        self.tapes.lock().expect("no holder panics").push(Arc::clone(&tape));
        tape
    }

    /// Each direction of each connection so far.
    pub fn recorded(&self) -> Vec<Vec<u8>> {
        let tapes = self.tapes.lock().expect("no holder panics");
        tapes.iter().map(|tape| tape.lock().expect("no holder panics").clone()).collect()
    }
}

async fn copy(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, tape: Tape) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        tape.lock().expect("no holder panics").extend_from_slice(&buffer[..n]);
        if to.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
