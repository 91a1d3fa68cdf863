//! Local days and hours of instants.

use hutong_model::Timestamp;
use jiff::tz::TimeZone;

const DAY_MS: i64 = 86_400_000;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year.
    pub year: i32,
    /// Month, from 1.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The date of a day counted from 1970-01-01.
#[must_use]
pub fn date_of(day: i32) -> Date {
    let (year, month, day) = Timestamp(i64::from(day).saturating_mul(DAY_MS)).date();
    Date {
        year: i32::try_from(year).unwrap_or(i32::MAX),
        month: u8::try_from(month).unwrap_or(1),
        day: u8::try_from(day).unwrap_or(1),
    }
}

/// The day counted from 1970-01-01 of a date.
#[must_use]
pub fn day_of(date: Date) -> i32 {
    let start = Timestamp::from_date(
        i64::from(date.year),
        u32::from(date.month),
        u32::from(date.day),
    );
    i32::try_from(start.0.div_euclid(DAY_MS)).unwrap_or(i32::MAX)
}

/// An instant as a clock and a calendar on the wall show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Local year.
    pub year: i32,
    /// Local day, counted from 1970-01-01.
    pub day: i32,
    /// Day of the week, Monday is 0.
    pub weekday: u8,
    /// Second of the local day.
    pub second: u32,
}

impl Moment {
    /// Hour of the day.
    #[must_use]
    pub const fn hour(&self) -> u32 {
        self.second / 3600
    }
}

/// Turns instants into local time. Remembers between which instants the offset stays as it is: asking the zone's table
/// for every message would cost more than everything else.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    /// Where the offset holds.
    since_ms: i64,
    before_ms: i64,
    offset_ms: i64,
    /// The year that began last, with its first and last day.
    year: (i32, i32, i32),
}

impl Calendar {
    /// A calendar of a time zone.
    #[must_use]
    pub const fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            since_ms: 0,
            before_ms: 0,
            offset_ms: 0,
            year: (0, 0, -1),
        }
    }

    /// Local time of an instant, milliseconds since 1970. Instants beyond year 9999 count as in the last offset.
    pub fn local(&mut self, at_ms: i64) -> Moment {
        if at_ms < self.since_ms || at_ms >= self.before_ms {
            self.find_offset(at_ms);
        }
        let local_ms = at_ms.saturating_add(self.offset_ms);
        let day = i32::try_from(local_ms.div_euclid(DAY_MS)).unwrap_or(if local_ms < 0 {
            i32::MIN
        } else {
            i32::MAX
        });
        let (_, first, last) = self.year;
        if day < first || day > last {
            let year = date_of(day).year;
            let start = |year| {
                day_of(Date {
                    year,
                    month: 1,
                    day: 1,
                })
            };
            self.year = (
                year,
                start(year),
                start(year.saturating_add(1)).saturating_sub(1),
            );
        }
        Moment {
            year: self.year.0,
            day,
            // 1970-01-01 was a Thursday.
            weekday: u8::try_from((i64::from(day) + 3).rem_euclid(7)).unwrap_or(0),
            second: u32::try_from(local_ms.rem_euclid(DAY_MS) / 1000).unwrap_or(0),
        }
    }

    /// The first instant of a local year, milliseconds since 1970.
    #[must_use]
    pub fn start_of_year(&self, year: i32) -> i64 {
        let civil = i16::try_from(year)
            .ok()
            .and_then(|year| jiff::civil::Date::new(year, 1, 1).ok());
        civil
            .and_then(|date| date.to_zoned(self.zone.clone()).ok())
            .map_or_else(
                || Timestamp::from_date(i64::from(year), 1, 1).0,
                |start| start.timestamp().as_millisecond(),
            )
    }

    fn find_offset(&mut self, at_ms: i64) {
        let Ok(instant) = jiff::Timestamp::from_millisecond(at_ms) else {
            (self.since_ms, self.before_ms, self.offset_ms) = (at_ms, at_ms.saturating_add(1), 0);
            return;
        };
        self.offset_ms = i64::from(self.zone.to_offset(instant).seconds()) * 1000;
        self.before_ms = self
            .zone
            .following(instant)
            .next()
            .map_or(i64::MAX, |change| change.timestamp().as_millisecond());
        // A change at this very instant is already behind it.
        let after = jiff::Timestamp::from_millisecond(at_ms.saturating_add(1)).unwrap_or(instant);
        self.since_ms = self
            .zone
            .preceding(after)
            .next()
            .map_or(i64::MIN, |change| change.timestamp().as_millisecond());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn local_time_is_what_the_zone_says(
            at_ms in -1_000_000_000_000_i64..4_000_000_000_000,
            step in -20_000_000_000_i64..20_000_000_000,
            zone in prop_oneof!["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"],
        ) {
            let zone = TimeZone::get(&zone).unwrap();
            let mut calendar = Calendar::new(zone.clone());
            // The second one may be answered from what the first one left.
            for at_ms in [at_ms, at_ms + step] {
                let moment = calendar.local(at_ms);
                let expected = zone.to_datetime(jiff::Timestamp::from_millisecond(at_ms).unwrap());
                let date = date_of(moment.day);
                prop_assert_eq!(date.to_string(), expected.date().to_string());
                prop_assert_eq!(moment.year, i32::from(expected.year()));
                prop_assert_eq!(moment.hour(), u32::try_from(expected.hour()).unwrap());
                prop_assert_eq!(i32::from(moment.weekday), i32::from(expected.weekday().to_monday_zero_offset()));
                prop_assert_eq!(day_of(date), moment.day);
                prop_assert!(calendar.start_of_year(moment.year) <= at_ms);
                prop_assert!(calendar.start_of_year(moment.year + 1) > at_ms);
            }
        }
    }

    #[test]
    fn instants_at_the_ends_of_the_range_do_not_panic() {
        let mut calendar = Calendar::new(TimeZone::UTC);
        for at_ms in [i64::MIN, i64::MIN + 1, i64::MAX, 0] {
            calendar.local(at_ms);
        }
    }
}
