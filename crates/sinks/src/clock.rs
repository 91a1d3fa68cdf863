//! Instants as the reader's wall clock shows them.

use hutong_model::{Precision, Timestamp};
use jiff::tz::TimeZone;

use crate::Language;

const DAY_SECONDS: i64 = 86_400;

/// Turns instants into local times; the offset is looked up once for each stretch in which it holds.
pub struct Clock {
    zone: TimeZone,
    /// Seconds since 1970 from which, and up to which, `offset` holds.
    from: i64,
    until: i64,
    offset: i64,
}

/// A local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Days since 1970-01-01 in the zone.
    pub day: i64,
    /// Second of that day.
    pub second: i64,
    millisecond: i64,
    /// Seconds east of Greenwich.
    offset: i64,
}

impl Clock {
    /// A clock of this zone.
    #[must_use]
    pub fn new(zone: &TimeZone) -> Self {
        Self {
            zone: zone.clone(),
            from: 0,
            until: 0,
            offset: 0,
        }
    }

    /// The local time of an instant.
    pub fn local(&mut self, instant: Timestamp) -> Local {
        let seconds = instant.seconds();
        if !(self.from..self.until).contains(&seconds) {
            self.look_up(seconds);
        }
        let local = seconds.saturating_add(self.offset);
        Local {
            day: local.div_euclid(DAY_SECONDS),
            second: local.rem_euclid(DAY_SECONDS),
            millisecond: instant.0.rem_euclid(1000),
            offset: self.offset,
        }
    }

    /// Finds the offset and how long it holds; instants beyond what calendars cover are shown in UTC.
    fn look_up(&mut self, seconds: i64) {
        let Ok(instant) = jiff::Timestamp::from_second(seconds) else {
            (self.from, self.until, self.offset) = (seconds, seconds.saturating_add(1), 0);
            return;
        };
        self.offset = i64::from(self.zone.to_offset(instant).seconds());
        // A transition at the instant itself belongs to the stretch that it begins.
        let before = instant
            .checked_add(jiff::SignedDuration::from_secs(1))
            .unwrap_or(instant);
        let previous = self
            .zone
            .preceding(before)
            .next()
            .map(|change| change.timestamp().as_second());
        let next = self
            .zone
            .following(instant)
            .next()
            .map(|change| change.timestamp().as_second());
        self.from = previous
            .unwrap_or_else(|| jiff::Timestamp::MIN.as_second())
            .min(seconds);
        self.until = next
            .unwrap_or_else(|| jiff::Timestamp::MAX.as_second())
            .max(seconds.saturating_add(1));
    }
}

/// Appends two digits.
fn two(out: &mut Vec<u8>, value: i64) {
    let digit = |value: i64| b'0' + u8::try_from(value.rem_euclid(10)).unwrap_or(0);
    out.extend_from_slice(&[digit(value / 10), digit(value)]);
}

impl Local {
    /// Seconds east of Greenwich.
    pub(crate) const fn offset_seconds(self) -> i64 {
        self.offset
    }

    /// Year, month and day.
    pub fn date(self) -> (i64, u32, u32) {
        Timestamp(self.day.saturating_mul(DAY_SECONDS * 1000)).date()
    }

    /// Thousandths of a second since the day began.
    pub fn millisecond_of_day(self) -> i64 {
        self.second * 1000 + self.millisecond
    }

    /// `2024-05-01`.
    pub fn write_date(self, out: &mut Vec<u8>) {
        let (year, month, day) = self.date();
        if (0..=9999).contains(&year) {
            two(out, year / 100);
            two(out, year % 100);
        } else {
            out.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
        }
        out.push(b'-');
        two(out, i64::from(month));
        out.push(b'-');
        two(out, i64::from(day));
    }

    /// `16:00`; nothing when only the day is known.
    pub fn write_minute(self, precision: Precision, out: &mut Vec<u8>) {
        if precision != Precision::Day {
            two(out, self.second / 3600);
            out.push(b':');
            two(out, self.second / 60 % 60);
        }
    }

    /// `16:00:05`, as precise as it is known; nothing when only the day is.
    pub fn write_second(self, precision: Precision, out: &mut Vec<u8>) {
        self.write_minute(precision, out);
        if !matches!(precision, Precision::Day | Precision::Minute) {
            out.push(b':');
            two(out, self.second % 60);
        }
    }

    /// `2024-05-01 16:00:00`, as precise as it is known, up to seconds.
    pub fn write(self, precision: Precision, out: &mut Vec<u8>) {
        self.write_date(out);
        if precision == Precision::Day {
            return;
        }
        out.push(b' ');
        self.write_minute(precision, out);
        if precision != Precision::Minute {
            out.push(b':');
            two(out, self.second % 60);
        }
    }

    /// As [`Self::write`], with milliseconds where they are known.
    pub fn write_precisely(self, precision: Precision, out: &mut Vec<u8>) {
        self.write(precision, out);
        if precision == Precision::Millisecond {
            out.push(b'.');
            out.push(b'0' + u8::try_from(self.millisecond / 100).unwrap_or(0));
            two(out, self.millisecond % 100);
        }
    }

    /// `2024-05-01T16:00:00+08:00`, for programs.
    pub fn write_machine(self, precision: Precision, out: &mut Vec<u8>) {
        self.write_date(out);
        if precision == Precision::Day {
            return;
        }
        out.push(b'T');
        self.write_minute(precision, out);
        if precision != Precision::Minute {
            out.push(b':');
            two(out, self.second % 60);
        }
        out.push(if self.offset < 0 { b'-' } else { b'+' });
        two(out, self.offset.abs() / 3600);
        out.push(b':');
        two(out, self.offset.abs() / 60 % 60);
    }

    /// `2024年5月1日 星期三`, `Wednesday, 1 May 2024`.
    pub fn long_date(self, language: Language) -> String {
        const ZH: [&str; 7] = ["四", "五", "六", "日", "一", "二", "三"];
        const EN: [&str; 7] = [
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
            "Monday",
            "Tuesday",
            "Wednesday",
        ];
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let (year, month, day) = self.date();
        // 1970-01-01 was a Thursday.
        let weekday = usize::try_from(self.day.rem_euclid(7)).unwrap_or(0);
        match language {
            Language::Zh => {
                format!(
                    "{year}年{month}月{day}日 星期{}",
                    ZH.get(weekday).unwrap_or(&"")
                )
            }
            Language::En => {
                let month = usize::try_from(month)
                    .ok()
                    .and_then(|month| MONTHS.get(month.checked_sub(1)?));
                format!(
                    "{}, {day} {} {year}",
                    EN.get(weekday).unwrap_or(&""),
                    month.unwrap_or(&"")
                )
            }
        }
    }

    /// The date as text.
    pub fn to_date(self) -> String {
        let mut out = Vec::with_capacity(10);
        self.write_date(&mut out);
        out.into_iter().map(char::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(clock: &mut Clock, instant: i64) -> String {
        let mut out = Vec::new();
        clock
            .local(Timestamp(instant))
            .write_precisely(Precision::Millisecond, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn local_time_follows_the_zone() {
        let mut shanghai = Clock::new(&TimeZone::get("Asia/Shanghai").unwrap());
        assert_eq!(
            shown(&mut shanghai, 1_714_550_400_123),
            "2024-05-01 16:00:00.123"
        );
        // China kept summer time in 1988.
        assert_eq!(
            shown(&mut shanghai, 583_200_000_000),
            "1988-06-25 09:00:00.000"
        );
        let local = shanghai.local(Timestamp(1_714_550_400_123));
        assert_eq!(local.long_date(Language::Zh), "2024年5月1日 星期三");
        assert_eq!(local.long_date(Language::En), "Wednesday, 1 May 2024");
        let mut out = Vec::new();
        local.write_machine(Precision::Second, &mut out);
        assert_eq!(out, b"2024-05-01T16:00:00+08:00");
    }

    #[test]
    fn instants_beyond_the_calendar_are_shown_somehow() {
        let mut clock = Clock::new(&TimeZone::get("Asia/Shanghai").unwrap());
        for instant in [i64::MIN, i64::MAX, -62_200_000_000_000] {
            assert!(!shown(&mut clock, instant).is_empty());
        }
        assert_eq!(
            shown(&mut clock, 1_714_550_400_123),
            "2024-05-01 16:00:00.123"
        );
    }

    proptest! {
        #[test]
        fn the_cached_offset_is_the_right_one(seconds in proptest::collection::vec(-4_000_000_000_i64..8_000_000_000, 1..20)) {
            let zone = TimeZone::get("America/New_York").unwrap();
            let mut clock = Clock::new(&zone);
            for second in seconds {
                let expected = jiff::Timestamp::from_second(second).unwrap().to_zoned(zone.clone());
                let expected = expected.strftime("%Y-%m-%d %H:%M:%S.000").to_string();
                prop_assert_eq!(shown(&mut clock, second * 1000), expected);
            }
        }
    }
}
