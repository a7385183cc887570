//! The project's build tool. `cargo xtask help` lists what it does.

mod bench;
mod build;
mod demo;
mod fuzz;
mod install;
#[allow(dead_code, reason = "the tests use the rest of it")]
#[path = "../../tests/src/postgres.rs"]
mod postgres;
mod sh;
mod stamp;
mod test;
mod wasm;
mod web;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds, runs, tests and measures Honnin.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build all, start issuer and server with demo data, print three links. Ctrl-C stops all.
    Demo {
        /// Make one call that passes, one that must fail and one that is refused, without a person; print JSON.
        #[arg(long)]
        check: bool,
        /// Serve HTTPS under this host name with a local certificate, to try it on a real phone.
        #[arg(long, value_name = "NAME", conflicts_with = "check")]
        lan: Option<String>,
    },
    /// Run all tests, or one group.
    Test {
        #[arg(value_enum, default_value = "all")]
        group: test::Group,
    },
    /// Measure; writes target/bench/summary.json.
    Bench {
        /// `proving`: the proving engine beside snarkjs and Semaphore; writes target/bench/proving.json. `service`:
        /// whole calls a second beside oidc-provider; writes target/bench/service.json. `flows`: notices, badges and
        /// payments, with a delay and without; writes target/bench/flows.json.
        #[arg(value_enum, default_value = "calls")]
        what: bench::What,
    },
    /// Run every decoder under libFuzzer for a bounded time, or the named ones.
    Fuzz {
        /// Targets, as the folders of tests/fuzz/corpus are named.
        targets: Vec<String>,
        /// Seconds for each.
        #[arg(long, default_value_t = 20)]
        seconds: u32,
        /// Keep in the corpus what reaches new code.
        #[arg(long)]
        keep: bool,
    },
    /// Build the phone's and the recipient's WASM modules.
    Wasm {
        /// The module of `bench proving` instead.
        #[arg(long)]
        bench: bool,
    },
    /// Build the phone's and the console's web applications.
    Web,
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Demo { check, lan } => demo::run_demo(check, lan.as_deref()),
        Task::Test { group } => test::run(group),
        Task::Bench { what: bench::What::Calls } => bench::calls::run_bench(),
        Task::Bench { what: bench::What::Flows } => bench::flows::run_bench(),
        Task::Bench { what: bench::What::Proving } => bench::proving::run_bench(),
        Task::Bench { what: bench::What::Service } => bench::service::run_bench(),
        Task::Wasm { bench: false } => wasm::build().and_then(|()| wasm::build_recipient()),
        Task::Wasm { bench: true } => wasm::build_bench(),
        Task::Fuzz { targets, seconds, keep } => fuzz::run_fuzz(seconds, &targets, keep),
        Task::Web => web::build(),
    }
}
