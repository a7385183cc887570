//! The verification server. See `ARCHITECTURE.md`, `docs/protocol.md` and `server/README.md`.
//!
//! Invariants: only [`gate`] can make a verification pass; every state change is one compare-and-set in the
//! transaction that also writes its event; nothing here can name an attribute's value; the prover is not linked.

pub mod accept;
pub mod app;
pub mod bootstrap;
pub mod caller;
pub mod commands;
pub mod config;
pub mod db;
pub mod deliveries;
pub mod doctor;
pub mod domain;
pub mod entropy;
pub mod fallbacks;
pub mod fetched;
pub mod gate;
pub mod http;
pub mod issuer_keys;
pub mod limits;
pub mod links;
pub mod metrics;
pub mod notices;
pub mod oidc;
pub mod outbox;
pub mod parameters;
pub mod proofs;
pub mod push;
pub mod queue;
pub mod receipts;
pub mod requests;
pub mod rounds;
pub mod seats;
pub mod serve;
pub mod statements;
pub mod stream;
pub mod sweeper;
pub mod telemetry;
pub mod terms;
pub mod tls;
pub mod upkeep;
pub mod watch;
pub mod webauthn;
pub mod webhook;

pub use honnin_protocol::assertion;

pub use app::{App, StartError, build};
pub use config::Config;
pub use entropy::Entropy;
