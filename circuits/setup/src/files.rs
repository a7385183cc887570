//! Files read with a limit and written whole: beside their name first, synced, then renamed.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use crate::error::SetupError;

/// Largest powers-of-tau file read.
pub const PTAU_LIMIT: u64 = 4 << 30;
/// Largest of the other files: parameters of 4,096 rows are some three megabytes.
pub const KEY_LIMIT: u64 = 1 << 30;

/// The whole file, refused before reading when it is larger than the limit.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, SetupError> {
    let failed = |source| SetupError::File { path: path.into(), source };
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    if size > limit {
        return Err(SetupError::TooLarge { path: path.into(), limit });
    }
    let mut bytes = Vec::new();
    // A pipe says nothing about its size.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(SetupError::TooLarge { path: path.into(), limit });
    }
    Ok(bytes)
}

/// Writes all or nothing; an existing file is replaced.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), SetupError> {
    let failed = |source| SetupError::File { path: path.into(), source };
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // Nothing written here is secret: the server's own user must be able to read it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(dir).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path, 3).unwrap(), b"two");
        assert!(matches!(read(&path, 2), Err(SetupError::TooLarge { .. })));
        assert!(write(&dir.path().join("none/b"), b"x").is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
