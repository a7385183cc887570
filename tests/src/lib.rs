//! Whole calls against the real programs: the harness that flows, demo, check and bench share.

pub mod authenticator;
pub mod balancer;
pub mod canary;
pub mod delay;
pub mod desk;
pub mod entropy;
pub mod http;
pub mod issuance;
pub mod keys;
pub mod lan;
pub mod load;
pub mod measure;
pub mod phone;
pub mod postgres;
pub mod process;
pub mod prospect;
pub mod proxy;
pub mod recipient;
pub mod scene;
pub mod secret;
pub mod sse;
pub mod stack;
pub mod tenant;
