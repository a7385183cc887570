//! Whole calls in Chromium against the real programs, then every state of both applications against mocked ones.

use anyhow::Result;

use super::{Counts, counts, unit};
use crate::{
    build, install,
    sh::{self, cmd, tee},
    web,
};

/// Scripts that look at a built application: each one check. `shots` draws every state and runs axe on it.
const LOOKS: [(&str, &str); 3] =
    [("mobile-sdk/web", "size"), ("mobile-sdk/web", "shots"), ("operator-ui/console", "shots")];

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
