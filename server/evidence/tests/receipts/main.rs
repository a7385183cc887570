//! Receipts and audit bundles: what holds, and what must not.

#[path = "../../../tests/http/support/authenticator.rs"]
#[allow(dead_code)]
mod authenticator;
mod bundles;
mod eligibility;
mod forged;
mod mutated;
#[path = "../../../tests/http/support/simulator.rs"]
mod simulator;
mod world;
