//! What the service is about, without HTTP and without SQL.

pub mod as_of;
pub mod calls;
pub mod fallback;
pub mod rights;
pub mod settings;
pub mod state;
pub mod suspicion;
