//! Accepting connections: small packets leave at once, and whoever connects must also say something.
//!
//! Which protocol a connection speaks shows in its first bytes, and only then do the protocol's own time-outs begin. A
//! client that sends nothing, or goes on sending the beginning of HTTP/2's preface, would be waited for without end.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What HTTP/2 begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Accepts as `A` does and then gives the client so long for its first bytes.
#[derive(Clone, Debug)]
pub struct Prompt<A> {
    inner: A,
    within: Duration,
}

impl<A> Prompt<A> {
    /// Around another acceptor.
    pub fn new(inner: A, within: Duration) -> Self {
        Self { inner, within }
    }
}

impl<A, I, S> Accept<I, S> for Prompt<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = PromptStream<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let (accepted, within) = (self.inner.accept(stream, service), self.within);
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            Ok((PromptStream { inner: stream, seen: 0, deadline: Some(Box::pin(sleep(within))) }, service))
        })
    }
}

/// A connection whose first bytes must come in time.
pub struct PromptStream<T> {
    inner: T,
    /// Bytes of the preface so far.
    seen: usize,
    /// Gone once the protocol shows.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<T: AsyncRead + Unpin> AsyncRead for PromptStream<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        let Some(deadline) = &mut self.deadline else { return read };
        match read {
            Poll::Pending => deadline.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            Poll::Ready(_) => {
                let new = &buffer.filled()[before..];
                let wanted = &PREFACE[self.seen..];
                let enough = new.len() >= wanted.len() || !wanted.starts_with(new);
                self.seen += new.len();
                if enough {
                    self.deadline = None;
                }
                read
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for PromptStream<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
