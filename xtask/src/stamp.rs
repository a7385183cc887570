//! Skips a step whose inputs have not changed since it last succeeded: a content hash kept under `target/stamps`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::sh::root;

/// The hash of every file below the given paths (relative to the root), names and contents, in a fixed order.
///
/// Folders that builds make (`node_modules`, `dist`, `gen`, `target`) are left out.
pub fn hash(paths: &[&str], salt: &str) -> Result<String> {
    let mut files = Vec::new();
    for path in paths {
        collect(&root().join(path), &mut files)?;
    }
    files.sort();
    let mut sha = Sha256::new();
    sha.update(salt.as_bytes());
    for file in files {
        let body = fs::read(&file)?;
        let name = file.strip_prefix(root()).unwrap_or(&file).to_string_lossy().into_owned();
        sha.update((name.len() as u64).to_be_bytes());
        sha.update(name.as_bytes());
        sha.update((body.len() as u64).to_be_bytes());
        sha.update(&body);
    }
    Ok(hex::encode(sha.finalize()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if path.is_dir() {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name();
            if !["node_modules", "dist", "gen", "target"].iter().any(|skip| name == *skip) {
                collect(&entry.path(), files)?;
            }
        }
    }
    Ok(())
}

/// Runs `work` unless the stamp `name` already holds `hash` and `made` exists; writes the stamp afterwards.
pub fn unless_current(name: &str, hash: &str, made: &Path, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = root().join("target/stamps").join(name);
    if made.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == hash) {
        return Ok(());
    }
    work()?;
    fs::create_dir_all(stamp.parent().expect("a folder above"))?;
    fs::write(stamp, hash)?;
    Ok(())
}
