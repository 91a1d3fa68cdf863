//! Instants and how precisely they are known.

use serde::{Deserialize, Serialize};

use crate::part::words;

/// An instant: milliseconds since 1970-01-01T00:00:00 UTC; may be negative.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Timestamp(pub i64);

words! {
    /// How precisely a source states its times.
    Precision {
        /// Milliseconds.
        Millisecond = "ms",
        /// Whole seconds.
        #[default]
        Second = "s",
        /// Whole minutes.
        Minute = "min",
        /// Only the day is known.
        Day = "day",
    }
}

impl Precision {
    /// Milliseconds within which the times of two copies of a text count as the same.
    #[must_use]
    pub const fn text_step_ms(self) -> i64 {
        match self {
            Self::Millisecond | Self::Second => 1_000,
            Self::Minute => 60_000,
            Self::Day => DAY_MS,
        }
    }
}

const DAY_MS: i64 = 86_400_000;

impl Timestamp {
    /// From whole seconds since 1970; saturates at the ends of the range.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Year, month (1–12) and day (1–31) in UTC, proleptic Gregorian.
    #[must_use]
    pub const fn date(self) -> (i64, u32, u32) {
        civil_from_days(self.0.div_euclid(DAY_MS))
    }

    /// The first instant of this UTC date.
    #[must_use]
    pub const fn from_date(year: i64, month: u32, day: u32) -> Self {
        Self(days_from_civil(year, month, day).saturating_mul(DAY_MS))
    }

    /// Appends RFC 3339 in UTC with milliseconds: `2024-05-01T08:00:00.123Z`.
    ///
    /// Years outside 0–9999 are written with a sign and six digits, as ECMAScript does.
    pub fn write_rfc3339(self, out: &mut Vec<u8>) {
        let (year, month, day) = self.date();
        let rest = self.0.rem_euclid(DAY_MS);
        if (0..=9999).contains(&year) {
            digits(out, year, 4);
        } else {
            out.push(if year < 0 { b'-' } else { b'+' });
            digits(out, year.abs(), 6);
        }
        out.push(b'-');
        digits(out, i64::from(month), 2);
        out.push(b'-');
        digits(out, i64::from(day), 2);
        out.push(b'T');
        digits(out, rest / 3_600_000, 2);
        out.push(b':');
        digits(out, rest / 60_000 % 60, 2);
        out.push(b':');
        digits(out, rest / 1000 % 60, 2);
        out.push(b'.');
        digits(out, rest % 1000, 3);
        out.push(b'Z');
    }

    /// The form that [`Self::write_rfc3339`] writes.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let mut out = Vec::with_capacity(24);
        self.write_rfc3339(&mut out);
        out.into_iter().map(char::from).collect()
    }
}

impl Timestamp {
    /// Reads exactly what [`Self::write_rfc3339`] writes: UTC, milliseconds, nothing else.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let (year, rest) = match text.as_bytes().first()? {
            b'+' | b'-' => text.split_at_checked(7)?,
            _ => text.split_at_checked(4)?,
        };
        let number = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| text.parse::<i64>().ok())
                .flatten()
        };
        let year = match year.strip_prefix('-') {
            Some(year) => -number(year)?,
            None => number(year.strip_prefix('+').unwrap_or(year))?,
        };
        let fields: Vec<&str> = rest.split(['-', 'T', ':', '.', 'Z']).collect();
        let ["", month, day, hour, minute, second, milliseconds, ""] = fields.as_slice() else {
            return None;
        };
        let (month, day) = (number(month)?, number(day)?);
        let time = number(hour)? * 3_600_000
            + number(minute)? * 60_000
            + number(second)? * 1000
            + number(milliseconds)?;
        let days = days_from_civil(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?);
        let read = Self(days.checked_mul(DAY_MS)?.checked_add(time)?);
        // One spelling for each instant: whatever is written otherwise is no instant.
        (read.to_rfc3339() == text).then_some(read)
    }
}

/// Appends `value` in decimal, padded with zeros to `width` digits.
fn digits(out: &mut Vec<u8>, value: i64, width: u32) {
    let mut divisor = 10_i64.pow(width - 1);
    for _ in 0..width {
        let digit = u8::try_from(value / divisor % 10).unwrap_or(0);
        out.push(b'0' + digit);
        divisor /= 10;
    }
}

/// Days since 1970-01-01 to a date; the usual era arithmetic (400-year cycles from 1 March).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "day and month lie in 1..=31"
)]
const fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_index + 2) / 5 + 1) as u32;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    } as u32;
    (year_of_era + era * 400 + (month <= 2) as i64, month, day)
}

const fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = year - (month <= 2) as i64;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_index = (month as i64 + 9) % 12;
    let day_of_year = (153 * month_index + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_instants_are_written_as_rfc3339() {
        assert_eq!(
            Timestamp(1_714_550_400_123).to_rfc3339(),
            "2024-05-01T08:00:00.123Z"
        );
        assert_eq!(Timestamp(0).to_rfc3339(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(-1).to_rfc3339(), "1969-12-31T23:59:59.999Z");
        assert_eq!(
            Timestamp(951_782_400_000).to_rfc3339(),
            "2000-02-29T00:00:00.000Z"
        );
    }

    #[test]
    fn an_instant_has_one_spelling() {
        for milliseconds in [
            0,
            -1,
            1_714_550_400_123,
            253_402_300_800_000,
            -62_198_755_200_000,
        ] {
            let time = Timestamp(milliseconds);
            assert_eq!(Timestamp::from_rfc3339(&time.to_rfc3339()), Some(time));
        }
        for text in [
            "",
            "2024-05-01",
            "2024-05-01T08:00:00Z",
            "2024-05-01T08:00:00.123+00:00",
            "2024-05-01t08:00:00.123z",
            "2024-02-30T08:00:00.123Z",
            "2024-05-01T24:00:00.000Z",
            "2024-05-01T08:00:60.000Z",
            "+002024-05-01T08:00:00.123Z",
            "-000000-01-01T00:00:00.000Z",
            "2024-13-01T08:00:00.123Z",
            "2024-0é-01T08:00:00.123Z",
        ] {
            assert_eq!(Timestamp::from_rfc3339(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn dates_go_both_ways(days in -4_000_000_i64..4_000_000) {
            let (year, month, day) = civil_from_days(days);
            prop_assert_eq!(days_from_civil(year, month, day), days);
        }
    }
}
