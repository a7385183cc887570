//! A request as somebody else is to send it, and what its answer means.

use std::time::Duration;

use zeroize::Zeroizing;

/// A POST request. Redirects must not be followed.
pub struct Outgoing {
    /// Where to.
    pub url: String,
    /// Names in lower case; values may be secrets.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// Body.
    pub body: Vec<u8>,
}

/// How much a phone should be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody waits on the telephone: woken at once, the customer sees a text.
    High,
    /// May wait for the phone to wake by itself; nothing is shown by the platform.
    Low,
}

/// What a push service said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It took the message. That is no word of the phone's.
    Accepted,
    /// This phone is not to be reached here any more: forget the subscription.
    Gone,
    /// Our own token is stale: make a new one, then try again.
    Token,
    /// Not now; perhaps it says when.
    Later(Option<Duration>),
    /// Never, as it stands.
    Refused(u16),
}

/// Waits longer than this are cut: a push service must not put us off for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// What is common to all: too much, or its own trouble, is for later. `Retry-After` counts in seconds; its other form,
/// a date, is read as silence.
pub(crate) fn later(status: u16, retry_after: Option<&str>) -> Option<Answer> {
    if !matches!(status, 408 | 425 | 429 | 500..=599) {
        return None;
    }
    let wait = retry_after.and_then(|text| text.trim().parse::<u32>().ok());
    Some(Answer::Later(wait.map(|s| Duration::from_secs(s.into()).min(LONGEST_WAIT))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_when_to_come_again() {
        assert_eq!(later(429, Some("7")), Some(Answer::Later(Some(Duration::from_secs(7)))));
        assert_eq!(later(503, Some("99999999")), Some(Answer::Later(Some(LONGEST_WAIT))));
        assert_eq!(later(500, Some("Wed, 21 Oct 2015 07:28:00 GMT")), Some(Answer::Later(None)));
        assert_eq!(later(503, Some("-1")), Some(Answer::Later(None)));
        assert_eq!([later(201, None), later(404, Some("1")), later(400, None)], [None; 3]);
    }
}
