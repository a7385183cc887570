//! One service as a child process: started, watched until ready, stopped, its log kept in a file.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// How long a service may take to start, or to stop when asked to.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a condition is looked at while waiting for it.
const LOOK: Duration = Duration::from_millis(10);

/// A running service; killed when dropped, asked politely by [`Service::stop`].
pub struct Service {
    child: Child,
    name: &'static str,
    /// Its standard output and error.
    pub log: PathBuf,
}

/// A program of this workspace, beside the running one in the target folder.
///
/// # Errors
/// When it has not been built; the message says how to.
pub fn program(name: &str) -> Result<PathBuf> {
    let me = std::env::current_exe()?;
    // Tests lie in target/debug/deps, programs in target/debug.
    let found = me.ancestors().skip(1).take(2).map(|dir| dir.join(name)).find(|path| path.is_file());
    found.with_context(|| format!("{name} is not built: run `cargo build --workspace --bins` first"))
}

impl Service {
    /// Starts `name` with its log in `dir` and these environment variables added.
    ///
    /// # Errors
    /// When the program is missing or cannot start.
    pub fn start(name: &'static str, args: &[&str], dir: &Path, env: &[(&str, &str)]) -> Result<Self> {
        let log = dir.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        let child = Command::new(program(name)?)
            .args(args)
            .envs(env.iter().copied())
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        Ok(Self { child, name, log })
    }

    /// Waits until `url` answers 2xx.
    ///
    /// # Errors
    /// When the process ends first or the time runs out, with the end of its log.
    pub async fn ready(&mut self, client: &reqwest::Client, url: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if client.get(url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status} before it was ready:\n{}", self.name, self.tail());
            }
            if Instant::now() > deadline {
                bail!("{} was not ready at {url} within {PATIENCE:?}:\n{}", self.name, self.tail());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end (SIGTERM) and waits; true when it ended by itself with success.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub async fn stop(mut self) -> Result<bool> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.success());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(false)
    }

    fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
///
/// # Errors
/// When the system has none.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
