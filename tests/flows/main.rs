//! Whole calls over HTTP against the real issuer and server, each test with processes and data of its own.

mod announced;
mod answers;
mod assertions;
mod calls;
mod canary;
mod demo;
mod eligibility;
mod enrolment;
mod evidence;
mod fallbacks;
mod input;
mod linkage;
mod offers;
mod paid;
mod phones;
mod proofs;
