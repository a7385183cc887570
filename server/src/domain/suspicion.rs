//! What looks suspicious in a log. Pure: counts come from the database, thresholds from the configuration.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// From when on something is suspicious (`suspicion` in the configuration).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Suspicion {
    /// Hour, in the organisation's zone, at which work begins.
    pub day_begins: i8,
    /// Hour at which it ends.
    pub day_ends: i8,
    /// Verifications that one person starts within `burst_window_s`.
    pub burst_starts: i64,
    /// Seconds.
    pub burst_window_s: i64,
    /// Different customers of one person within 24 hours.
    pub customers_per_day: i64,
    /// Refusals and reports, against one person or customer, within `refusals_window_s`.
    pub refusals: i64,
    /// Seconds.
    pub refusals_window_s: i64,
}

impl Default for Suspicion {
    fn default() -> Self {
        Self {
            day_begins: 7,
            day_ends: 22,
            burst_starts: 15,
            burst_window_s: 300,
            customers_per_day: 200,
            refusals: 3,
            refusals_window_s: 3600,
        }
    }
}

impl Suspicion {
    /// Whether the numbers make sense.
    pub fn is_possible(&self) -> bool {
        let window = |s: i64| (60..=86_400).contains(&s);
        0 <= self.day_begins
            && self.day_begins < self.day_ends
            && self.day_ends <= 24
            && [self.burst_starts, self.customers_per_day, self.refusals].iter().all(|n| *n >= 1)
            && window(self.burst_window_s)
            && window(self.refusals_window_s)
    }

    /// Whether an instant lies outside working hours.
    pub fn is_odd_hour(&self, at: i64, zone: &TimeZone) -> bool {
        let Ok(instant) = Timestamp::from_millisecond(at) else { return false };
        !(self.day_begins..self.day_ends).contains(&instant.to_zoned(zone.clone()).hour())
    }

    /// The flags of an entry.
    pub fn flags(&self, kind: &str, at: i64, zone: &TimeZone, counts: &Counts) -> Vec<Flag> {
        let holds = [
            (Flag::OddHours, counts.by_person && is_act(kind) && self.is_odd_hour(at, zone)),
            (Flag::Burst, counts.by_person && counts.starts >= self.burst_starts),
            (Flag::ManyCustomers, counts.by_person && counts.customers >= self.customers_per_day),
            (
                Flag::RepeatedRefusals,
                counts.refusals_of_actor >= self.refusals || counts.refusals_of_customer >= self.refusals,
            ),
            (Flag::LogViewed, kind == LOG_VIEWED),
        ];
        holds.into_iter().filter_map(|(flag, holds)| holds.then_some(flag)).collect()
    }
}

/// Kind of the entry that says that somebody looked at the log.
pub const LOG_VIEWED: &str = "audit.viewed";

/// What happened around an entry, up to and with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// A person did it, no machine, device or the service.
    pub by_person: bool,
    /// Verifications that the actor started within the burst window; 0 for entries that start none.
    pub starts: i64,
    /// Different customers that the actor asked within a day; 0 likewise.
    pub customers: i64,
    /// Refusals of the actor's verifications within the window; 0 for entries that are no refusal.
    pub refusals_of_actor: i64,
    /// Refusals by the customer within the window; 0 likewise.
    pub refusals_of_customer: i64,
}

/// A reason to look at an entry; also a kind of alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Somebody worked outside working hours.
    OddHours,
    /// Many starts in a short time by one person.
    Burst,
    /// Many different customers by one person in a day.
    ManyCustomers,
    /// Several refusals or reports against one person or customer.
    RepeatedRefusals,
    /// Somebody looked at the log.
    LogViewed,
}

impl Flag {
    /// Name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::OddHours => "odd-hours",
            Self::Burst => "burst",
            Self::ManyCustomers => "many-customers",
            Self::RepeatedRefusals => "repeated-refusals",
            Self::LogViewed => "log-viewed",
        }
    }
}

/// Whether an entry of this kind is something that its actor did then: of a verification only its start and calling
/// it off, the rest is the phone's or the clock's.
pub fn is_act(kind: &str) -> bool {
    match kind.strip_prefix("verification.") {
        Some(step) => matches!(step, "created" | "cancelled"),
        None => !matches!(kind, "alert.raised" | "session.locked-idle"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokyo() -> TimeZone {
        TimeZone::get("Asia/Tokyo").unwrap()
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn odd_hours_are_the_organisations_own() {
        let s = Suspicion::default();
        for (instant, odd) in [
            ("2026-11-21T21:59:59Z", true),  // 06:59:59 in Tokyo
            ("2026-11-21T22:00:00Z", false), // 07:00
            ("2026-11-22T12:59:59Z", false), // 21:59:59
            ("2026-11-22T13:00:00Z", true),  // 22:00
        ] {
            assert_eq!(s.is_odd_hour(at(instant), &tokyo()), odd, "{instant}");
        }
        assert!(!s.is_odd_hour(at("2026-11-21T21:59:59Z"), &TimeZone::UTC));
    }

    #[test]
    fn flags_need_their_threshold_and_a_person() {
        let s = Suspicion::default();
        let noon = at("2026-11-22T03:00:00Z");
        let counts = Counts { by_person: true, starts: 15, customers: 199, ..Counts::default() };
        assert_eq!(s.flags("verification.created", noon, &tokyo(), &counts), [Flag::Burst]);
        let machine = Counts { by_person: false, customers: 200, ..counts };
        assert_eq!(s.flags("verification.created", noon, &tokyo(), &machine), []);
        let night = at("2026-11-22T15:00:00Z");
        let person = Counts { by_person: true, ..Counts::default() };
        assert_eq!(s.flags("settings.changed", night, &tokyo(), &person), [Flag::OddHours]);
        // The customer's answer at night is no act of the operator.
        assert_eq!(s.flags("verification.passed", night, &tokyo(), &person), []);
        let refused = Counts { by_person: true, refusals_of_customer: 3, ..Counts::default() };
        assert_eq!(s.flags("verification.denied", noon, &tokyo(), &refused), [Flag::RepeatedRefusals]);
        assert_eq!(s.flags(LOG_VIEWED, noon, &tokyo(), &person), [Flag::LogViewed]);
    }

    #[test]
    fn impossible_numbers_are_refused() {
        assert!(Suspicion::default().is_possible());
        assert!(!Suspicion { day_begins: 22, ..Suspicion::default() }.is_possible());
        assert!(!Suspicion { day_ends: 25, ..Suspicion::default() }.is_possible());
        assert!(!Suspicion { burst_starts: 0, ..Suspicion::default() }.is_possible());
        assert!(!Suspicion { refusals_window_s: 30, ..Suspicion::default() }.is_possible());
    }
}
