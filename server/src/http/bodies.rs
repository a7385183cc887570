//! The request bodies by name, for whoever feeds their decoders from outside (`tests/decoders`).

pub use super::operator::login::Finish as FinishLogin;
pub use super::operator::provider::{Finish as FinishProviderLogin, Start as StartProviderLogin};
pub use super::operator::verifications::Start as StartVerification;
pub use super::phone::answer::Refuse;
pub use super::phone::approve::Approve;
pub use super::phone::device_session::{Ask as DeviceChallenge, Signed as DeviceSession};
pub use super::phone::enrol_complete::Complete as CompleteEnrolment;
pub use super::phone::enrol_start::Start as StartEnrolment;
