//! `honnin-bindgen IN.wasm OUT_DIR NAME`: the same work as the `wasm-bindgen` command for target `web`, as a library.

use std::path::PathBuf;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1);
    let input = PathBuf::from(args.next().context("usage: honnin-bindgen IN.wasm OUT_DIR NAME")?);
    let out = PathBuf::from(args.next().context("usage: honnin-bindgen IN.wasm OUT_DIR NAME")?);
    let name = args.next().and_then(|n| n.into_string().ok()).context("usage: honnin-bindgen IN.wasm OUT_DIR NAME")?;
    Bindgen::new()
        .input_path(&input)
        .out_name(&name)
        .web(true)?
        .typescript(true)
        .generate(&out)
        .with_context(|| format!("writing the glue of {} to {}", input.display(), out.display()))
}
