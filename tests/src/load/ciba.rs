//! What the service is compared with: CIBA flows in poll mode on the npm package oidc-provider, in a process of its own
//! (`tests/bench/ciba`), driven by the same client in the same closed loop.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    PATIENCE,
    connection::Connection,
    level::{self, Counted, Figures, Window, Work},
};

const FORM: &str = "application/x-www-form-urlencoded";
const GRANT: &str = "urn%3Aopenid%3Aparams%3Agrant-type%3Aciba";

/// Signature of the ID tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The package's default.
    Rs256,
    /// What is cheaper to sign.
    Es256,
}

impl Algorithm {
    /// Its JOSE name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// The running provider; killed when dropped.
pub struct Provider {
    child: Child,
    said: Said,
}

/// What it prints once it listens.
#[derive(Deserialize)]
struct Said {
    port: u16,
    client_secret: String,
}

impl Provider {
    /// Starts it from its folder, as it would run in production; its complaints go to this process's.
    ///
    /// # Errors
    /// When Node or the installed package is missing.
    pub fn start(dir: &Path) -> Result<Self> {
        let mut child = Command::new("node")
            .arg("provider.mjs")
            .current_dir(dir)
            .env("NODE_ENV", "production")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start node")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let said =
            serde_json::from_str(&line).with_context(|| format!("the provider in {} said {line:?}", dir.display()));
        match said {
            Ok(said) => Ok(Self { child, said }),
            Err(e) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(e)
            }
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Runs so many flows at once over the window.
    ///
    /// # Errors
    /// When any flow ends without tokens.
    pub async fn run(
        &self,
        flows: usize,
        algorithm: Algorithm,
        window: Window,
        counted: &[Counted],
    ) -> Result<Figures> {
        let mut all = Vec::with_capacity(flows);
        for index in 0..flows {
            all.push(Flow::open(&self.said, algorithm, index).await?);
        }
        Ok(level::run(all, window, counted).await?.0)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One party that asks, one flow after the other.
struct Flow {
    connection: Connection,
    ask: Vec<u8>,
}

#[derive(Deserialize)]
struct Begun {
    auth_req_id: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

impl Flow {
    async fn open(said: &Said, algorithm: Algorithm, index: usize) -> Result<Self> {
        let to: SocketAddr = ([127, 0, 0, 1], said.port).into();
        let credentials = STANDARD.encode(format!("desk-{}:{}", algorithm.name(), said.client_secret));
        let headers = format!("Authorization: Basic {credentials}\r\n");
        let connection = Connection::open(to, &format!("localhost:{}", said.port), &headers).await?;
        Ok(Self { connection, ask: format!("scope=openid&login_hint=C-{index}").into_bytes() })
    }

    async fn flow(&mut self) -> Result<(Duration, Instant)> {
        let start = Instant::now();
        let begun: Begun =
            serde_json::from_slice(self.connection.exchange("POST", "/backchannel", FORM, &self.ask).await?.ok()?)?;
        // The provider approved before it answered: the first poll brings the tokens.
        let poll = format!("grant_type={GRANT}&auth_req_id={}", begun.auth_req_id);
        let tokens: Tokens =
            serde_json::from_slice(self.connection.exchange("POST", "/token", FORM, poll.as_bytes()).await?.ok()?)?;
        let end = Instant::now();
        anyhow::ensure!(tokens.id_token.split('.').count() == 3, "no ID token");
        Ok((end - start, end))
    }
}

impl Work for Flow {
    async fn once(&mut self) -> Result<(Duration, Instant)> {
        timeout(PATIENCE, self.flow()).await.context("a flow did not end in time")?
    }
}
