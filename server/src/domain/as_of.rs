//! Which days a proof may speak of: today or yesterday where the tenant is.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Today and yesterday (YYYYMMDD) in a time zone at an instant in milliseconds; `None` outside the calendar.
pub fn allowed(now_ms: i64, zone: &TimeZone) -> Option<[u32; 2]> {
    let today = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(zone.clone()).date();
    Some([number(today)?, number(today.yesterday().ok()?)?])
}

/// Start of the current day in a time zone, milliseconds.
pub fn day_start(now_ms: i64, zone: &TimeZone) -> Option<i64> {
    let now = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(zone.clone());
    Some(now.start_of_day().ok()?.timestamp().as_millisecond())
}

fn number(date: jiff::civil::Date) -> Option<u32> {
    let year = u32::try_from(date.year()).ok()?;
    Some(year * 10_000 + u32::from(date.month().unsigned_abs()) * 100 + u32::from(date.day().unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_the_tenants_midnight() {
        let tokyo = TimeZone::get("Asia/Tokyo").expect("bundled");
        // 2026-03-01T00:00:00+09:00 is 2026-02-28T15:00:00Z.
        let midnight = "2026-02-28T15:00:00Z".parse::<Timestamp>().expect("valid").as_millisecond();
        assert_eq!(allowed(midnight, &tokyo), Some([20_260_301, 20_260_228]));
        assert_eq!(allowed(midnight - 1, &tokyo), Some([20_260_228, 20_260_227]));
        assert_eq!(allowed(midnight, &TimeZone::UTC), Some([20_260_228, 20_260_227]));
        assert_eq!(day_start(midnight + 5_000, &tokyo), Some(midnight));
    }

    #[test]
    fn an_instant_outside_the_calendar_has_no_day() {
        assert_eq!(allowed(i64::MAX, &TimeZone::UTC), None);
    }
}
