//! The statement as constraints, and everything a phone does with it: parameters, prove, prepare, finish.
//!
//! Invariant: no HTTP, no SQL, no clock, no randomness of its own.

pub mod circuit;
pub mod direct;
pub mod example;
pub mod gadgets;
pub mod keys;
pub mod orient;
pub mod prepared;
pub mod qap;
pub mod r1cs;
