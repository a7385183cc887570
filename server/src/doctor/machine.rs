//! What lies on this machine: files, folders, certificates, limits.

use std::path::{Path, PathBuf};

use honnin_vault::KeyEncryptionKey;

use super::Report;
use crate::config::Config;
use crate::db::Millis;
use crate::parameters;
use crate::tls::{self, Files};

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// A certificate that ends within so many days wants renewing.
const RENEW_DAYS: Millis = 21;
/// Below this an SQLite file may soon be full, bytes.
const LITTLE_ROOM: u64 = 1 << 30;
const NO_ROOM: u64 = 64 << 20;
/// A stream is an open file: with fewer a busy node runs out.
const FEW_FILES: u64 = 16_384;
const TOO_FEW_FILES: u64 = 1024;

pub(super) fn parameters(report: &mut Report, config: &Config) {
    match parameters::load(&config.keys, config.development) {
        Ok(_) => report.ok("circuit keys", "pinned, and the manifest fits"),
        Err(e) => report.fail("circuit keys", e.to_string(), "[keys] names their folder and hashes; docs/ceremony.md"),
    }
}

pub(super) fn pages(report: &mut Report, config: &Config) {
    let dirs = &config.static_dirs;
    let mut there = Vec::new();
    for (name, dir) in [("phone", &dirs.phone), ("console", &dirs.console), ("admin", &dirs.admin)] {
        match dir {
            Some(dir) if dir.join("index.html").is_file() => there.push(name),
            Some(dir) => {
                let found = format!("{name}: no index.html in {}", dir.display());
                report.fail("pages", found, "build it (cargo xtask demo does), or leave [static] out for 404");
            }
            None => report.warn(
                "pages",
                format!("{name}: not served here"),
                "set it under [static] if nobody else serves it",
            ),
        }
    }
    if !there.is_empty() {
        report.ok("pages", there.join(", "));
    }
}

pub(super) fn certificates(report: &mut Report, config: &Config, now: Millis) {
    let listeners: Vec<(&str, Files)> = config
        .tls
        .iter()
        .map(|tls| ("listen", tls.into()))
        .chain(config.machines.iter().map(|machines| ("machines.listen", machines.into())))
        .collect();
    if config.tls.is_none() && !config.listen.ip().is_loopback() {
        let found = format!("{} takes plain HTTP from other machines", config.listen);
        report.warn("tls", found, "set [tls], unless a proxy on the same trusted network ends TLS");
    }
    for (name, files) in listeners {
        if let Err(e) = files.load() {
            report.fail("tls", format!("{name}: {e}"), "put the certificate's own key and full chain there, as PEM");
            continue;
        }
        let ends = match tls::valid_until(&files.cert) {
            Ok(seconds) => seconds.saturating_mul(1000),
            Err(e) => {
                report.fail("tls", format!("{name}: {e}"), "put a certificate there, as PEM");
                continue;
            }
        };
        expiry(
            report,
            "tls",
            &format!("{name}: {}", files.cert.display()),
            ends,
            now,
            "renew it; the server reads it again by itself",
        );
    }
}

/// Says of a certificate how long it is good.
pub(super) fn expiry(report: &mut Report, what: &'static str, whose: &str, ends: Millis, now: Millis, way_out: &str) {
    let days = ends.saturating_sub(now).div_euclid(DAY_MS);
    if ends <= now {
        report.fail(what, format!("{whose} expired"), way_out);
    } else if days < RENEW_DAYS {
        report.warn(what, format!("{whose} ends in {days} days"), way_out);
    } else {
        report.ok(what, format!("{whose} is good for {days} days"));
    }
}

pub(super) fn open_files(report: &mut Report, limit: Option<u64>) {
    let way_out = "LimitNOFILE=65536 in the unit, ulimit -n 65536 in a shell: every stream is an open file";
    match limit {
        Some(files) if files < TOO_FEW_FILES => report.fail("open files", files.to_string(), way_out),
        Some(files) if files < FEW_FILES => report.warn("open files", files.to_string(), way_out),
        Some(files) => report.ok("open files", files.to_string()),
        None => report.ok("open files", "unlimited"),
    }
}

/// The key-encryption keys, when all of them are there.
pub(super) async fn key_encryption(report: &mut Report, config: &Config) -> Option<Vec<KeyEncryptionKey>> {
    let sources = config.key_encryption.clone();
    // A token may take its time.
    let loaded = tokio::task::spawn_blocking(move || sources.iter().map(|s| s.load()).collect::<Vec<_>>()).await;
    let mut keks = Vec::new();
    for (place, kek) in loaded.unwrap_or_default().into_iter().enumerate() {
        let role = if place == 0 { "wraps" } else { "opens" };
        match kek {
            Ok(kek) => {
                report.ok("key-encryption", format!("{} {role}", kek.id().as_str()));
                keks.push(kek);
            }
            Err(e) => report.fail("key-encryption", e.to_string(), "docs/operations.md, \"Keys\""),
        }
    }
    (keks.len() == config.key_encryption.len()).then_some(keks)
}

/// The file of an SQLite database, if it is one with a file.
pub(super) fn sqlite_file(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or_default();
    (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path))
}

pub(super) fn room(report: &mut Report, config: &Config) {
    let Some(file) = sqlite_file(&config.database) else { return };
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let shown = folder.display();
    match rustix::fs::statvfs(folder) {
        Err(e) => report.fail("disk", format!("{shown}: {e}"), "make the database's folder, writable for the service"),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let found = format!("{shown}: {} MiB free", free >> 20);
            let way_out = "make room: when it is full, requests are answered 503 until there is";
            if free < NO_ROOM {
                report.fail("disk", found, way_out);
            } else if free < LITTLE_ROOM {
                report.warn("disk", found, way_out);
            } else {
                report.ok("disk", found);
            }
        }
    }
}
