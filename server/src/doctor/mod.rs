//! `honnin-server doctor`: whether this machine, this configuration and this database can serve, and what to do about
//! what cannot. Looks only; prints no secret.

mod database;
mod machine;

use std::fmt;
use std::path::PathBuf;

use crate::config::{Config, ConfigError};
use crate::db::Millis;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It serves, and somebody should look.
    Warn,
    /// It does not serve, or soon will not.
    Fail,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub level: Level,
    /// What was looked at.
    pub what: &'static str,
    /// What was found.
    pub found: String,
    /// What to do about it; empty when there is nothing to do.
    pub way_out: String,
}

/// What the process brings along: passed in, so that tests choose it.
#[derive(Clone, Copy, Debug)]
pub struct Here {
    /// This machine's clock.
    pub now: Millis,
    /// How many files this process may open.
    pub open_files: Option<u64>,
}

impl Here {
    /// This process, now.
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        Self { now: i64::try_from(since.as_millis()).unwrap_or(i64::MAX), open_files: limit.current }
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(pub Vec<Finding>);

impl Report {
    fn ok(&mut self, what: &'static str, found: impl Into<String>) {
        self.push(Level::Ok, what, found, "");
    }

    fn warn(&mut self, what: &'static str, found: impl Into<String>, way_out: &str) {
        self.push(Level::Warn, what, found, way_out);
    }

    fn fail(&mut self, what: &'static str, found: impl Into<String>, way_out: &str) {
        self.push(Level::Fail, what, found, way_out);
    }

    fn push(&mut self, level: Level, what: &'static str, found: impl Into<String>, way_out: &str) {
        // One line each, whatever a library's message holds.
        let found = found.into().split_whitespace().collect::<Vec<_>>().join(" ");
        self.0.push(Finding { level, what, found, way_out: way_out.to_owned() });
    }

    /// Whether the service can be started, or go on.
    pub fn serves(&self) -> bool {
        self.0.iter().all(|finding| finding.level != Level::Fail)
    }

    /// The worst that was found about something.
    pub fn of(&self, what: &str) -> Option<&Finding> {
        self.0.iter().filter(|finding| finding.what == what).max_by_key(|finding| finding.level)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { level, what, found, way_out } in &self.0 {
            let level = match level {
                Level::Ok => "ok  ",
                Level::Warn => "warn",
                Level::Fail => "FAIL",
            };
            write!(f, "{level}  {what:<14}  {found}")?;
            if !way_out.is_empty() {
                write!(f, "  ->  {way_out}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Looks at everything that a configuration names.
pub async fn examine(config: Result<Config, ConfigError>, path: Option<PathBuf>, here: Here) -> Report {
    let mut report = Report::default();
    let config = match config {
        Ok(config) => config,
        Err(e) => {
            report.fail("configuration", e.to_string(), "every key: docs/configuration.md");
            return report;
        }
    };
    let from = path.map_or_else(|| "the environment".to_owned(), |path| path.display().to_string());
    if config.development {
        let found =
            format!("{from}; development = true: one party made the circuit's parameters and could forge proofs");
        report.warn("configuration", found, "leave it out where real people are verified");
    } else {
        report.ok("configuration", from);
    }
    machine::parameters(&mut report, &config);
    machine::pages(&mut report, &config);
    machine::certificates(&mut report, &config, here.now);
    machine::open_files(&mut report, here.open_files);
    let keks = machine::key_encryption(&mut report, &config).await;
    machine::room(&mut report, &config);
    database::examine(&mut report, &config, keks, here).await;
    report
}
