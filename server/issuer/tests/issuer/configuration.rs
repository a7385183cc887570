//! The configuration from file and environment.

use std::fs;
use std::process::Command;

const TOML: &str = "listen = '127.0.0.1:0'\npublic_url = 'http://localhost:1'\nserver_url = 'http://localhost:2'\n\
                    tenant = 'midori'\ndata_dir = '/no/such/dir'\ncustomers = '/no/such.csv'\n";

/// What the program says when it refuses.
fn refused(name: &str, value: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("issuer.toml");
    fs::write(&path, TOML).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_honnin-issuer"));
    let output = command.args(["offer", "--handle", "C-1", "--config"]).arg(&path).env(name, value).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_environment_goes_before_the_file() {
    let told = refused("HONNIN_ISSUER__TENANT", "not plain");
    assert!(told.contains("tenant must be letters"), "{told}");
    let told = refused("HONNIN_ISSUER__TENNANT", "midori");
    assert!(told.contains("HONNIN_ISSUER__TENNANT") && told.contains("`tenant`"), "{told}");
    let told = refused("HONNIN_ISSUER__OFFER_TTL_S", "soon");
    assert!(told.contains("HONNIN_ISSUER__OFFER_TTL_S") && !told.contains("soon"), "{told}");
    // The file alone is well formed TOML: it gets as far as the folder that is not there.
    let told = refused("UNRELATED", "1");
    assert!(!told.contains("configuration") && !told.contains("issuer.toml"), "{told}");
}
