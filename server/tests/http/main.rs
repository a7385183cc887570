//! The service over HTTP, in process, on a temporary database.

mod bad_answers;
mod bad_enrolments;
mod bad_requests;
mod busy;
mod consents;
mod copied;
mod customers;
mod flows;
mod incidents;
mod keys;
mod log;
mod races;
mod re_enrolment;
mod sessions;
mod standing;
mod streams;
mod support;
mod surface;
