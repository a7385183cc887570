//! What `deploy/` says about the server is true of the server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of `deploy/`, without comments.
fn read(name: &str) -> String {
    let path = root().join("deploy").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs the server with the deployment's arguments and `--help` after them: it refuses unknown ones before it helps.
fn accepts<'a>(arguments: impl IntoIterator<Item = &'a str>) -> bool {
    let server = env!("CARGO_BIN_EXE_honnin-server");
    Command::new(server).args(arguments).arg("--help").output().unwrap().status.success()
}

#[test]
fn the_unit_starts_the_server_with_arguments_it_knows() {
    let unit = read("honnin-server.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let mut words = start.split_whitespace();
    assert_eq!(words.next(), Some("/usr/bin/honnin-server"));
    let arguments: Vec<&str> = words.collect();
    assert!(accepts(arguments.iter().copied()), "{arguments:?}");
    // The check can fail.
    assert!(!accepts(arguments.iter().copied().chain(["--no-such-flag"])));
    // What it reads is what systemd hands it.
    for credential in arguments.iter().filter_map(|a| a.strip_prefix("%d/")) {
        assert!(unit.contains(&format!("LoadCredential={credential}:")), "{credential}");
    }
    let documentation = unit.lines().find_map(|line| line.strip_prefix("Documentation=file:///usr/share/doc/honnin/"));
    assert!(root().join("docs").join(documentation.unwrap()).is_file());
}

#[test]
fn the_container_is_built_from_what_is_there() {
    let container = read("Containerfile").replace("\\\n", " ");
    let (mut stages, mut copied) = (Vec::new(), 0);
    for line in container.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["FROM", _, "AS", stage] => stages.push((*stage).to_owned()),
            ["COPY", rest @ ..] => {
                let (flags, paths): (Vec<&str>, Vec<&str>) = rest.iter().partition(|word| word.starts_with("--"));
                let sources = &paths[..paths.len() - 1];
                match flags.iter().find_map(|flag| flag.strip_prefix("--from=")) {
                    Some(stage) => assert!(stages.iter().any(|known| known == stage), "no stage {stage}"),
                    None => sources.iter().for_each(|source| assert!(root().join(source).exists(), "{source}")),
                }
                copied += sources.len();
            }
            ["ENTRYPOINT" | "CMD", ..] => {
                let json = line.split_once(' ').unwrap().1;
                let words: Vec<String> = serde_json::from_str(json).unwrap();
                let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
                // ENTRYPOINT names the program, CMD only arguments.
                let arguments = arguments.strip_prefix(&["/usr/bin/honnin-server"]).unwrap_or(&arguments);
                assert!(accepts(arguments.iter().copied()), "{arguments:?}");
            }
            ["RUN", command @ ..] => {
                for package in command.windows(2).filter(|pair| pair[0] == "-p").map(|pair| pair[1]) {
                    let known = ["server", "server/cli"]
                        .map(|dir| fs::read_to_string(root().join(dir).join("Cargo.toml")).unwrap());
                    let name = format!("name = \"{package}\"");
                    assert!(known.iter().any(|manifest| manifest.contains(&name)), "no package {package}");
                }
            }
            _ => {}
        }
    }
    assert!(stages.len() >= 2 && copied >= 3, "{stages:?}, {copied} copied");
    assert!(container.lines().any(|line| line.starts_with("USER ") && !line.contains("root")));
}
