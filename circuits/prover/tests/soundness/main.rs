//! What stands between a cheating prover and the verifier: changed witnesses, exceptional points, missing rows.

mod exceptional;
mod mutation;
mod rank;
mod support;
