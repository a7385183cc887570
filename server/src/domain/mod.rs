//! What a verification may do, without HTTP and without SQL.

pub mod as_of;
pub mod state;
