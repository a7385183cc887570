//! Every decoder of bytes that come from outside, as a function of bytes that must not panic and must keep its
//! properties: what it accepts it writes back alike, and there is one encoding of a value where the format says so.
//!
//! A target is one file in `targets/` and one line in [`TARGETS`]. `cargo xtask fuzz` runs them under libFuzzer
//! (`tests/fuzz`); the test here replays `tests/fuzz/corpus/<target>/`, so that what was found once stays found.

mod targets;

/// A decoder under test.
pub struct Target {
    /// Its name, and that of its corpus folder.
    pub name: &'static str,
    /// Decodes; panics where a property fails.
    pub run: fn(&[u8]),
    /// Real values to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub use targets::TARGETS;

/// A target by name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|t| t.name == name)
}
