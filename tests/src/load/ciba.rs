//! CIBA flows.
