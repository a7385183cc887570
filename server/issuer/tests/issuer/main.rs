//! The issuer over real HTTP. One program for all tests: it links once.

mod clerk;
mod common;
mod configuration;
mod files;
mod issuance;
mod revocations;
