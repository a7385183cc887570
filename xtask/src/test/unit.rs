//! Tests inside each crate (nextest or cargo test) and each web package (vitest).

use anyhow::Result;

use super::{Counts, counts, filtered, rust};
use crate::{
    install,
    postgres::{Cluster, Durability},
    sh::{cmd, root, tee},
    wasm,
};

/// The web packages with tests and types.
pub const WEB: [&str; 5] =
    ["operator-ui/kit", "operator-ui/console", "operator-ui/admin", "mobile-sdk/web", "mobile-sdk/recipient/web"];

pub fn run() -> Result<Counts> {
    // Tests of the ceremony run snarkjs beside ours.
    install::npm()?;
    // One of the server's logs people in through somebody else's identity provider.
    install::oidc_provider()?;
    // Those of key-encryption keys talk to a PKCS#11 token.
    install::token()?;
    install::postgres()?;
    let mut total = rust(&["honnin-tests"], true)?;
    // The server's own tests once more, each on an empty database of a cluster that lives as long as they run.
    let cluster = Cluster::start(Durability::None)?;
    let env = [("HONNIN_TEST_POSTGRES", cluster.url("postgres"))];
    total +=
        filtered("package(honnin-server)", &["honnin-server"], false, &env.each_ref().map(|(k, v)| (*k, v.as_str())))?;
    drop(cluster);
    // The phone's types come from the module's glue.
    wasm::build()?;
    wasm::build_recipient()?;
    for dir in WEB {
        if has_script(dir, "test")? {
            let (ok, output) = tee(&mut cmd("npm", ["run", "--silent", "test", "--workspace", dir]))?;
            total += Counts::of(counts::vitest, ok, &output);
        }
    }
    Ok(total)
}

/// Whether the package in `dir` names this npm script.
pub fn has_script(dir: &str, script: &str) -> Result<bool> {
    let text = std::fs::read_to_string(root().join(dir).join("package.json"))?;
    let package: serde_json::Value = serde_json::from_str(&text)?;
    Ok(package["scripts"][script].is_string())
}
