//! HTTP/1.1 over one kept connection, by hand: one write a request, no task and next to no allocation, so that both
//! sides of the comparison pay the same little for their client.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Headers that an answer may have.
const HEADERS: usize = 40;
/// The largest answer that is read.
const LIMIT: usize = 1 << 20;

/// A connection that asks one thing at a time.
pub struct Connection {
    socket: TcpStream,
    /// Header lines of each request.
    headers: String,
    out: Vec<u8>,
    buffer: Vec<u8>,
    /// Where the answer that was handed out ends in the buffer.
    consumed: usize,
}

/// An answer, valid until the next request.
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// The last `Set-Cookie`, attributes and all.
    pub cookie: Option<String>,
    /// Body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The body of a 2xx answer.
    ///
    /// # Errors
    /// Any other status, with the body.
    pub fn ok(&self) -> Result<&[u8]> {
        if !(200..300).contains(&self.status) {
            bail!("{}: {}", self.status, String::from_utf8_lossy(self.body));
        }
        Ok(self.body)
    }
}

/// What an answer's head says.
struct Head {
    status: u16,
    /// Bytes of the head.
    end: usize,
    length: Option<usize>,
    chunked: bool,
    cookie: Option<String>,
}

impl Connection {
    /// Connects; `headers` are whole lines, each with its line end, sent with each request.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn open(to: SocketAddr, host: &str, headers: &str) -> Result<Self> {
        let socket = TcpStream::connect(to).await.with_context(|| format!("connecting to {to}"))?;
        socket.set_nodelay(true)?;
        let headers = format!("Host: {host}\r\n{headers}");
        Ok(Self { socket, headers, out: Vec::with_capacity(4096), buffer: Vec::with_capacity(4096), consumed: 0 })
    }

    /// Asks and reads the whole answer. `kind` is the body's media type; none without a body.
    ///
    /// # Errors
    /// When the connection breaks or the answer has no length.
    pub async fn exchange(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Answer<'_>> {
        self.send(method, path, kind, body).await?;
        let head = self.head().await?;
        let length = match head.length {
            Some(length) if !head.chunked => length,
            None if head.status == 204 => 0,
            _ => bail!("{method} {path}: an answer without a length"),
        };
        let end = head.end + length;
        if end > LIMIT {
            bail!("{method} {path}: an answer of {length} bytes");
        }
        while self.buffer.len() < end {
            self.more().await?;
        }
        self.consumed = end;
        Ok(Answer { status: head.status, cookie: head.cookie, body: &self.buffer[head.end..end] })
    }

    /// Asks for a stream; what follows the head stays for [`Connection::into_parts`].
    ///
    /// # Errors
    /// When the answer is not a chunked 200.
    pub async fn subscribe(&mut self, path: &str) -> Result<()> {
        self.send("GET", path, "", b"").await?;
        let head = self.head().await?;
        if head.status != 200 || !head.chunked {
            bail!("GET {path}: {} and no stream", head.status);
        }
        self.consumed = head.end;
        Ok(())
    }

    /// The socket, and what was read past the last answer.
    pub fn into_parts(mut self) -> (TcpStream, Vec<u8>) {
        self.buffer.drain(..self.consumed);
        (self.socket, self.buffer)
    }

    async fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<()> {
        self.buffer.drain(..self.consumed);
        self.consumed = 0;
        self.out.clear();
        for part in [method, " ", path, " HTTP/1.1\r\n", &self.headers] {
            self.out.extend_from_slice(part.as_bytes());
        }
        if !kind.is_empty() {
            self.out.extend_from_slice(format!("Content-Type: {kind}\r\n").as_bytes());
        }
        if method != "GET" {
            self.out.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        self.out.extend_from_slice(b"\r\n");
        self.out.extend_from_slice(body);
        Ok(self.socket.write_all(&self.out).await?)
    }

    async fn head(&mut self) -> Result<Head> {
        loop {
            if let Some(head) = head(&self.buffer)? {
                return Ok(head);
            }
            if self.buffer.len() > LIMIT {
                bail!("an endless head");
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<()> {
        if self.socket.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn head(bytes: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(end) = response.parse(bytes)? else { return Ok(None) };
    let status = response.code.context("no status")?;
    let mut head = Head { status, end, length: None, chunked: false, cookie: None };
    for header in response.headers {
        let value = std::str::from_utf8(header.value).unwrap_or_default();
        if header.name.eq_ignore_ascii_case("content-length") {
            head.length = Some(value.trim().parse()?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            head.chunked = value.eq_ignore_ascii_case("chunked");
        } else if header.name.eq_ignore_ascii_case("set-cookie") {
            head.cookie = Some(value.to_owned());
        }
    }
    Ok(Some(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_head_only_when_it_is_whole() {
        let whole = b"HTTP/1.1 201 Created\r\ncontent-length: 7\r\nSet-Cookie: a=b; Path=/\r\n\r\n{\"a\"";
        let read = head(whole).unwrap().unwrap();
        assert_eq!((read.status, read.length, read.chunked), (201, Some(7), false));
        assert_eq!(read.cookie.as_deref(), Some("a=b; Path=/"));
        assert_eq!(&whole[read.end..], b"{\"a\"");
        assert!(head(&whole[..read.end - 1]).unwrap().is_none());
    }
}
