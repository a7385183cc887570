//! Running other programs: from the repository's root, echoed, with an error that names the command.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use anyhow::{Context, Result, bail};

/// The repository's root: the folder above this crate's.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository").to_path_buf()
}

/// A command whose working directory is the repository's root.
pub fn cmd<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    command
}

/// The project's own cargo, free of variables that the outer `cargo xtask` set for this process alone.
pub fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = cmd("cargo", args);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_BIN_NAME" {
            command.env_remove(name);
        }
    }
    command
}

fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

/// Says what is about to run.
fn echo(command: &Command) {
    eprintln!("\x1b[2m$ {}\x1b[0m", shown(command));
}

/// Runs a command to its end; any failure is an error.
pub fn run(command: &mut Command) -> Result<()> {
    echo(command);
    let status = command.status().with_context(|| format!("could not start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed, or `None` when it failed or is not there.
pub fn capture(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command, passes its output on line by line and also returns it: (success, both streams' lines).
pub fn tee(command: &mut Command) -> Result<(bool, String)> {
    echo(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start `{}`", shown(command)))?;
    let all = Arc::new(Mutex::new(String::new()));
    let copy = |stream: Box<dyn Read + Send>| {
        let all = Arc::clone(&all);
        thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                // One lock for print and record keeps the two in the same order.
                let mut all = all.lock().expect("no thread panics while it holds the lock");
                let _ = writeln!(std::io::stdout(), "{line}");
                all.push_str(&line);
                all.push('\n');
            }
        })
    };
    let readers =
        [copy(Box::new(child.stdout.take().expect("piped"))), copy(Box::new(child.stderr.take().expect("piped")))];
    let status = child.wait()?;
    for reader in readers {
        let _ = reader.join();
    }
    let text = all.lock().expect("no thread panics while it holds the lock").clone();
    Ok((status.success(), text))
}

/// The program's full path when it is on `PATH`.
pub fn which(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}
