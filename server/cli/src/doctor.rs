//! `honnin doctor`: the server knows what it needs, so its own program answers. This one links the prover, which a
//! server never does, and so cannot hold the server's code.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};

#[derive(clap::Args)]
pub struct Doctor {
    /// The server's configuration; else what HONNIN_CONFIG names; else the environment alone.
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Doctor {
    /// True when nothing failed.
    pub fn run(self) -> Result<bool> {
        let me = std::env::current_exe()?;
        let server = me.with_file_name("honnin-server");
        let mut command = Command::new(&server);
        command.arg("doctor");
        if let Some(config) = self.config {
            command.arg("--config").arg(config);
        }
        let status =
            command.status().with_context(|| format!("{}: install it beside this program", server.display()))?;
        Ok(status.success())
    }
}
