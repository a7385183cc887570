//! The load generator of `cargo xtask bench service`: whole calls in a closed loop, as many at once as asked, from one
//! process that spends as little as it can, since it shares the cores with what it measures.

pub mod ciba;
pub mod connection;
pub mod console;
pub mod cpu;
pub mod customer;
pub mod fleet;
pub mod idle;
pub mod level;
pub mod stream;

use std::time::Duration;

/// Calls in progress at once.
pub const LEVELS: [usize; 4] = [1, 16, 64, 256];
/// How long anything may take that must come.
pub const PATIENCE: Duration = Duration::from_secs(20);
