//! A TCP proxy that passes everything on later: a network some way off.

use std::time::Duration;

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::mpsc,
    time::Instant,
};

/// Pieces on their way in one direction; beyond that the sender waits.
const UNDER_WAY: usize = 1024;

/// Listens on `listener` and passes every connection on to `127.0.0.1:target`, each piece `each_way` later. Ends with the
/// runtime it was started on.
///
/// # Errors
/// When the listener cannot be used.
pub fn start(listener: std::net::TcpListener, target: u16, each_way: Duration) -> Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    tokio::spawn(async move {
        while let Ok((inbound, _)) = listener.accept().await {
            tokio::spawn(pass(inbound, target, each_way));
        }
    });
    Ok(())
}

async fn pass(inbound: TcpStream, target: u16, each_way: Duration) {
    let Ok(outbound) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    let _ = inbound.set_nodelay(true);
    let _ = outbound.set_nodelay(true);
    let (in_read, in_write) = inbound.into_split();
    let (out_read, out_write) = outbound.into_split();
    tokio::join!(carry(in_read, out_write, each_way), carry(out_read, in_write, each_way));
}

/// Reads on while earlier pieces are still under way: a delay, not a brake.
async fn carry(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, each_way: Duration) {
    let (sender, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    let read = async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(n @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now() + each_way, buffer[..n].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, piece)) = pieces.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(read, write);
}
