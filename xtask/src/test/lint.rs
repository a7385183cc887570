//! Formatting, clippy, TypeScript's types, migrations and `tidy`, each one check.

use anyhow::Result;

use super::{Counts, deploy, deps, migrations, tidy, unit};
use crate::{
    install,
    sh::{self, cargo, cmd},
    wasm,
};

pub fn run() -> Result<Counts> {
    let mut total = Counts::default();
    total += check("fmt", sh::run(&mut cargo(["fmt", "--all", "--check"])));
    total += check(
        "clippy",
        sh::run(&mut cargo(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])),
    );
    total += check("tidy", tidy::check());
    total += check("dependencies", deps::check());
    total += check("migrations", migrations::check());
    total += check("systemd unit", deploy::check());
    install::npm()?;
    wasm::build()?;
    wasm::build_recipient()?;
    for dir in unit::WEB {
        for script in ["check"] {
            if unit::has_script(dir, script)? {
                total += check(dir, sh::run(&mut cmd("npm", ["run", "--silent", script, "--workspace", dir])));
            }
        }
    }
    Ok(total)
}

fn check(what: &str, result: Result<()>) -> Counts {
    match &result {
        Ok(()) => println!("ok   {what}"),
        Err(error) => println!("FAIL {what}: {error:#}"),
    }
    Counts::one(result.is_ok())
}
