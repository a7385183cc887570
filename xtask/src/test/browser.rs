//! Whole calls in Chromium against the real programs, then the built applications' budgets.

use anyhow::Result;

use super::{Counts, counts, unit};
use crate::{
    build, install,
    sh::{self, cmd, tee},
    web,
};

/// Scripts that weigh a built application: each one check. (`npm run shots` draws every state; it takes minutes, by hand.)
const LOOKS: [(&str, &str); 1] = [("mobile-sdk/web", "size")];

pub fn run() -> Result<Counts> {
    install::browser()?;
    build::programs()?;
    web::build()?;
    let (ok, output) = tee(&mut cmd("npm", ["run", "--silent", "test", "--workspace", "tests/browser"]))?;
    let mut total = Counts::of(counts::node, ok, &output);
    for (dir, script) in LOOKS {
        if unit::has_script(dir, script)? {
            let result = sh::run(&mut cmd("npm", ["run", "--silent", script, "--workspace", dir]));
            println!("{} {dir} {script}", if result.is_ok() { "ok  " } else { "FAIL" });
            total += Counts::one(result.is_ok());
        }
    }
    Ok(total)
}
