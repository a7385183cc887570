//! A server-sent event stream read off a chunked answer, without a task of its own.

use anyhow::{Context, Result, bail};
use tokio::{io::AsyncReadExt, net::TcpStream};

use super::connection::Connection;

/// The longest event that is read.
const LIMIT: usize = 1 << 20;

/// An open stream.
pub struct Stream {
    socket: TcpStream,
    raw: Vec<u8>,
    chunks: Chunks,
    text: Vec<u8>,
    /// Where the event that was handed out ends in the text.
    consumed: usize,
}

/// One event, valid until the next is read.
pub struct Event<'a> {
    /// The `event` field.
    pub name: &'a str,
    /// The `data` field; the server writes one line.
    pub data: &'a str,
}

impl Stream {
    /// Asks for the stream at `path`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn open(mut connection: Connection, path: &str) -> Result<Self> {
        connection.subscribe(path).await?;
        let (socket, raw) = connection.into_parts();
        Ok(Self { socket, raw, chunks: Chunks::default(), text: Vec::new(), consumed: 0 })
    }

    /// The next event, pings included.
    ///
    /// # Errors
    /// When the stream ends: it should not.
    pub async fn next(&mut self) -> Result<Event<'_>> {
        self.text.drain(..self.consumed);
        self.consumed = 0;
        let end = loop {
            let used = self.chunks.decode(&self.raw, &mut self.text)?;
            self.raw.drain(..used);
            if let Some(at) = self.text.windows(2).position(|pair| pair == b"\n\n") {
                break at + 2;
            }
            if self.text.len() > LIMIT {
                bail!("an endless event");
            }
            if self.chunks.ended() || self.socket.read_buf(&mut self.raw).await? == 0 {
                bail!("the stream ended");
            }
        };
        self.consumed = end;
        event(&self.text[..end])
    }
}

fn event(block: &[u8]) -> Result<Event<'_>> {
    let mut event = Event { name: "", data: "" };
    for line in std::str::from_utf8(block)?.lines() {
        if let Some(name) = line.strip_prefix("event: ") {
            event.name = name;
        } else if let Some(data) = line.strip_prefix("data: ") {
            event.data = data;
        }
    }
    Ok(event)
}

/// Where a chunked body's decoder stands.
#[derive(Default)]
enum Chunks {
    /// Before a chunk's size.
    #[default]
    Size,
    /// Inside a chunk, so many bytes before its end.
    Data(usize),
    /// Before the line end behind a chunk.
    Behind,
    /// Past the last.
    Ended,
}

impl Chunks {
    fn ended(&self) -> bool {
        matches!(self, Self::Ended)
    }

    /// Decodes what is there; returns how many bytes it used.
    fn decode(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Result<usize> {
        let mut at = 0;
        loop {
            let rest = &raw[at..];
            match self {
                Self::Size => {
                    let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { return Ok(at) };
                    let size =
                        usize::from_str_radix(std::str::from_utf8(&rest[..end])?, 16).context("a chunk's size")?;
                    at += end + 2;
                    *self = if size == 0 { Self::Ended } else { Self::Data(size) };
                }
                Self::Data(left) => {
                    if rest.is_empty() {
                        return Ok(at);
                    }
                    let taken = rest.len().min(*left);
                    out.extend_from_slice(&rest[..taken]);
                    at += taken;
                    *self = if taken == *left { Self::Behind } else { Self::Data(*left - taken) };
                }
                Self::Behind => {
                    if rest.len() < 2 {
                        return Ok(at);
                    }
                    at += 2;
                    *self = Self::Size;
                }
                Self::Ended => return Ok(at),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_may_be_cut_anywhere() {
        let raw = b"c\r\nevent: a\ndat\r\n6\r\na: {}\n\r\n1\r\n\n\r\n0\r\n\r\n";
        for cut in 0..raw.len() {
            let (mut chunks, mut out, mut held) = (Chunks::default(), Vec::new(), Vec::new());
            for part in [&raw[..cut], &raw[cut..]] {
                held.extend_from_slice(part);
                let used = chunks.decode(&held, &mut out).unwrap();
                held.drain(..used);
            }
            assert_eq!(out, b"event: a\ndata: {}\n\n", "cut at {cut}");
            assert!(chunks.ended());
        }
        let read = event(b"event: a\nid: 4\ndata: {}\n\n").unwrap();
        assert_eq!((read.name, read.data), ("a", "{}"));
    }
}
