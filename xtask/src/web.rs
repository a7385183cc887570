//! Builds the phone's and the operator's web applications.

use anyhow::Result;

use crate::{
    install,
    sh::{cmd, root, run},
    stamp, wasm,
};

/// The WASM module, then the applications; each skipped while its sources are unchanged.
pub fn build() -> Result<()> {
    install::npm()?;
    wasm::build()?;
    let wasm = stamp::hash(
        &["mobile-sdk/web/src/prover/gen/honnin_wasm_bg.wasm", "mobile-sdk/web/src/prover/gen/honnin_wasm.js"],
        "",
    )?;
    app("mobile-sdk/web", &wasm)?;
    app("operator-ui/console", "")?;
    app("operator-ui/admin", "")
}

fn app(dir: &str, salt: &str) -> Result<()> {
    let hash = stamp::hash(&[dir, "operator-ui/kit", "package-lock.json"], salt)?;
    let name = format!("web-{}", dir.replace('/', "-"));
    stamp::unless_current(&name, &hash, &root().join(dir).join("dist/index.html"), || {
        run(&mut cmd("npm", ["run", "--silent", "build", "--workspace", dir]))
    })
}
