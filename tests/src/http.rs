//! HTTP as the harness's phone and desk speak it.

use std::path::Path;

use anyhow::{Result, bail};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// A status and a JSON body (`null` when there is none).
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Body.
    pub body: Value,
}

impl Answer {
    /// The body of a 2xx answer.
    ///
    /// # Errors
    /// Any other status, with the body.
    pub fn ok(self) -> Result<Value> {
        if !self.status.is_success() {
            bail!("{}: {}", self.status, self.body);
        }
        Ok(self.body)
    }

    /// The problem's stable code, or the status in digits when there is none.
    pub fn code(&self) -> String {
        self.body["code"].as_str().map_or_else(|| self.status.as_str().to_owned(), str::to_owned)
    }

    /// Asserts that the answer is the RFC 9457 problem `code` and that it shows nothing internal.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn refused(&self, code: &str) {
        assert_eq!(self.code(), code, "{}: {}", self.status, self.body);
        assert!(self.status.is_client_error(), "{}: {}", self.status, self.body);
        assert_eq!(self.body["status"], self.status.as_u16(), "{}", self.body);
        assert_eq!(self.body["type"], format!("https://honnin.invalid/problems/{code}"), "{}", self.body);
        assert!(self.body["title"].as_str().is_some_and(|title| !title.is_empty()), "{}", self.body);
    }
}

/// A client that makes new connections to loopback and follows no redirect.
///
/// # Panics
/// Never with this fixed configuration.
pub fn client(cookies: bool) -> Client {
    Client::builder()
        .cookie_store(cookies)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .no_proxy()
        .build()
        .expect("a fixed configuration")
}

/// A client that trusts one local authority and finds `name` on this machine.
///
/// # Errors
/// When the authority's certificate cannot be read.
pub fn lan_client(ca: &Path, name: &str) -> Result<Client> {
    let certificate = reqwest::Certificate::from_pem(&std::fs::read(ca)?)?;
    Ok(Client::builder()
        .add_root_certificate(certificate)
        .resolve(name, ([127, 0, 0, 1], 0).into())
        .no_proxy()
        .build()?)
}

/// Sends a request and reads the answer's JSON.
///
/// # Errors
/// When the connection breaks or the body is not JSON.
pub async fn send(request: RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let status = response.status();
    let bytes = response.bytes().await?;
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into()))
    };
    Ok(Answer { status, body })
}

/// A download's bytes as they come.
///
/// # Errors
/// When the connection breaks, or the answer is no download.
pub async fn download(request: RequestBuilder) -> Result<Vec<u8>> {
    let response = request.send().await?;
    let named = response.headers().get("content-disposition").is_some_and(|v| v.as_bytes().starts_with(b"attachment"));
    if !response.status().is_success() || !named {
        bail!("{}: {}", response.status(), response.text().await?);
    }
    Ok(response.bytes().await?.into())
}

/// A request with a JSON body.
pub fn json(client: &Client, method: Method, url: &str, body: &Value) -> RequestBuilder {
    client.request(method, url).json(body)
}
