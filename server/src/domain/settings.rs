//! What an organisation decides about itself. Stored as one JSON document with a revision.

use honnin_protocol::statement::{Display, calling_number};
use honnin_protocol::text::Localized;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::fallback::Method;

/// Tenant or partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A client enterprise.
    Tenant,
    /// A BPO.
    Partner,
}

impl Kind {
    /// Name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Partner => "partner",
        }
    }
}

/// An organisation's settings. What only a tenant has is absent for a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// IANA time zone that decides what day it is and which hours are odd.
    pub zone: String,
    /// Seconds without a request after which a session locks.
    pub idle_lock_s: i64,
    /// What the phone shows about the asking party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<Display>,
    /// Seconds that a spoken check takes, for the dashboard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_s: Option<i64>,
    /// Days that decided verifications are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<i64>,
    /// Numbers that it calls from, beside the displayed one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbound_numbers: Vec<String>,
    /// Which policy enrolment proves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_policy: Option<String>,
    /// What may stand in for a proof, by purpose; none where a purpose is not named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<Fallbacks>,
}

/// What may stand in for a purpose's proof when the phone is lost, dead or new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallbacks {
    /// Its code.
    pub purpose: String,
    /// At least one, each once.
    pub methods: Vec<Method>,
}

/// Why settings were refused: for the person who wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not an IANA name.
    #[error("unknown time zone")]
    Zone,
    /// Not 10 seconds to 12 hours.
    #[error("idle_lock_s must be 10 to 43200")]
    IdleLock,
    /// Not 1 to 600 seconds.
    #[error("baseline_s must be 1 to 600")]
    Baseline,
    /// Not 30 to 3650 days.
    #[error("retention_days must be 30 to 3650")]
    Retention,
    /// More than 20 numbers, or one that is no telephone number.
    #[error("outbound_numbers holds at most 20 telephone numbers")]
    Numbers,
    /// More than 100 purposes, one that is none or stands twice, or a purpose without methods or with one twice.
    #[error("fallbacks names at most 100 purposes, each once, with one to three different methods")]
    Fallbacks,
    /// A text that may not be displayed or looks like personal data.
    #[error("a display text is refused")]
    Text,
    /// A tenant lacks something, or a partner has what only tenants have.
    #[error("the settings do not fit the kind of organisation")]
    Kind,
}

impl Settings {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, kind: Kind) -> Result<(), SettingsError> {
        TimeZone::get(&self.zone).map_err(|_| SettingsError::Zone)?;
        within(self.idle_lock_s, 10, 43_200, SettingsError::IdleLock)?;
        match (kind, &self.display, self.baseline_s, self.retention_days, &self.enrolment_policy) {
            (Kind::Tenant, Some(display), Some(baseline), Some(retention), Some(_)) => {
                within(baseline, 1, 600, SettingsError::Baseline)?;
                within(retention, 30, 3650, SettingsError::Retention)?;
                check_texts([&display.name, &display.desk])?;
                if self.outbound_numbers.len() > 20 || !self.outbound_numbers.iter().all(|n| calling_number(n).is_ok())
                {
                    return Err(SettingsError::Numbers);
                }
                self.check_fallbacks()?;
                honnin_protocol::guard::display_text(&display.number).map_err(|_| SettingsError::Text)
            }
            (Kind::Partner, None, None, None, None)
                if self.outbound_numbers.is_empty() && self.fallbacks.is_empty() =>
            {
                Ok(())
            }
            _ => Err(SettingsError::Kind),
        }
    }

    fn check_fallbacks(&self) -> Result<(), SettingsError> {
        let once = |place: usize, f: &Fallbacks| self.fallbacks[..place].iter().all(|other| other.purpose != f.purpose);
        let sound = |f: &Fallbacks| {
            (1..=Method::ALL.len()).contains(&f.methods.len())
                && f.methods.iter().enumerate().all(|(n, method)| !f.methods[..n].contains(method))
                && (1..=64).contains(&f.purpose.len())
                && f.purpose.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        if self.fallbacks.len() <= 100 && self.fallbacks.iter().enumerate().all(|(n, f)| once(n, f) && sound(f)) {
            Ok(())
        } else {
            Err(SettingsError::Fallbacks)
        }
    }

    /// Whether a method may stand in for a purpose's proof.
    pub fn allows(&self, purpose: &str, method: Method) -> bool {
        self.fallbacks.iter().any(|f| f.purpose == purpose && f.methods.contains(&method))
    }

    /// Numbers that a call of this tenant may come from, as they are displayed.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        self.display.iter().map(|d| d.number.as_str()).chain(self.outbound_numbers.iter().map(String::as_str))
    }

    /// The time zone; UTC if the stored name is no longer known.
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// Milliseconds without a request after which a session locks.
    pub fn idle_ms(&self) -> i64 {
        self.idle_lock_s * 1000
    }
}

/// Checks that texts may be displayed.
///
/// # Errors
/// [`SettingsError::Text`].
pub fn check_texts<'a>(texts: impl IntoIterator<Item = &'a Localized>) -> Result<(), SettingsError> {
    for text in texts {
        for text in [&text.ja, &text.en] {
            honnin_protocol::guard::display_text(text).map_err(|_| SettingsError::Text)?;
        }
    }
    Ok(())
}

fn within(value: i64, low: i64, high: i64, error: SettingsError) -> Result<(), SettingsError> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(error) }
}
