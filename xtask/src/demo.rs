//! `cargo xtask demo`: builds everything, then hands over to the program that starts and watches the services.

use anyhow::Result;

use crate::{
    build,
    sh::{cmd, root, run},
    web,
};

/// Builds all and runs the demo; with `check` one scripted call, with `lan` over HTTPS under that name.
pub fn run_demo(check: bool, lan: Option<&str>) -> Result<()> {
    build::programs()?;
    if !check {
        web::build()?;
    }
    let program = root().join("target/debug").join(if check { "honnin-check" } else { "honnin-demo" });
    let mut command = cmd(&program.to_string_lossy(), [] as [&str; 0]);
    if let Some(name) = lan {
        command.args(["--lan", name]);
    }
    run(&mut command)
}
