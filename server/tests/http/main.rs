//! The service over HTTP, in process, on a temporary database.

mod alerts;
mod audit;
mod bad_answers;
mod bad_enrolments;
mod bad_requests;
mod boundaries;
mod busy;
mod consents;
mod copied;
mod customers;
mod flows;
mod incidents;
mod keys;
mod log;
mod machines;
mod partners;
mod people;
mod policies;
mod races;
mod re_enrolment;
mod receipts;
mod sessions;
mod standing;
mod streams;
mod support;
mod surface;
