//! Reads server-sent events.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

/// One event.
#[derive(Debug, PartialEq)]
pub struct Event {
    pub name: String,
    pub id: Option<i64>,
    pub data: Value,
}

pub struct Events {
    response: reqwest::Response,
    buffer: String,
}

impl Events {
    pub fn new(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        Self { response, buffer: String::new() }
    }

    /// The next event that is no ping; `None` when the stream ended. Fails after ten seconds.
    pub async fn next(&mut self) -> Option<Event> {
        timeout(Duration::from_secs(10), async {
            loop {
                while let Some((block, rest)) =
                    self.buffer.split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned()))
                {
                    self.buffer = rest;
                    let field =
                        |name: &str| block.lines().find_map(|l| l.strip_prefix(name)).map(|v| v.trim().to_owned());
                    let (Some(name), Some(data)) = (field("event:"), field("data:")) else { continue };
                    if name != "ping" {
                        let id = field("id:").map(|v| v.parse().unwrap());
                        return Some(Event { name, id, data: serde_json::from_str(&data).unwrap() });
                    }
                }
                match self.response.chunk().await {
                    Ok(Some(bytes)) => self.buffer.push_str(std::str::from_utf8(&bytes).unwrap()),
                    Ok(None) | Err(_) => return None,
                }
            }
        })
        .await
        .expect("nothing came for ten seconds")
    }
}
