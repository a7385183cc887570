//! Server-sent events as a client reads them.

use std::time::Duration;

use anyhow::{Context, Result, bail};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The `event` field; `message` when absent.
    pub name: String,
    /// The `id` field of this event.
    pub id: Option<String>,
    /// The `data` lines, joined.
    pub data: String,
}

/// An open stream.
pub struct Events {
    response: reqwest::Response,
    buffer: String,
}

impl Events {
    /// Takes a response whose body is an event stream.
    ///
    /// # Errors
    /// When the server answered something else.
    pub fn new(response: reqwest::Response) -> Result<Self> {
        if !response.status().is_success() {
            bail!("stream refused: {}", response.status());
        }
        Ok(Self { response, buffer: String::new() })
    }

    /// The next event, pings included; `None` when the server closed the stream.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            while let Some(end) = self.buffer.find("\n\n") {
                let block: String = self.buffer.drain(..end + 2).collect();
                if let Some(event) = parse(&block) {
                    return Ok(Some(event));
                }
            }
            match self.response.chunk().await? {
                Some(chunk) => self.buffer.push_str(&String::from_utf8_lossy(&chunk).replace("\r\n", "\n")),
                None => return Ok(None),
            }
        }
    }

    /// Reads on until `wanted` returns a value, at most `patience`.
    ///
    /// # Errors
    /// When the stream ends or the time runs out.
    pub async fn until<T>(&mut self, patience: Duration, mut wanted: impl FnMut(&Event) -> Option<T>) -> Result<T> {
        let search = async {
            loop {
                let event = self.next().await?.context("the stream ended")?;
                if let Some(found) = wanted(&event) {
                    return Ok(found);
                }
            }
        };
        tokio::time::timeout(patience, search).await.context("the event did not come in time")?
    }
}

/// An event from its lines; `None` for comments alone.
fn parse(block: &str) -> Option<Event> {
    let mut event = Event { name: "message".into(), id: None, data: String::new() };
    let mut any = false;
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => event.name = value.into(),
            "id" => event.id = Some(value.into()),
            "data" => {
                if !event.data.is_empty() {
                    event.data.push('\n');
                }
                event.data.push_str(value);
            }
            _ => continue,
        }
        any = true;
    }
    any.then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_fields_and_skips_comments() {
        let event = parse("event: verification\nid: 7\ndata: {\"a\":\ndata: 1}\n\n").unwrap();
        assert_eq!(event, Event { name: "verification".into(), id: Some("7".into()), data: "{\"a\":\n1}".into() });
        assert_eq!(parse(": hello\n\n"), None);
    }
}
