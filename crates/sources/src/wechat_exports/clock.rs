//! Times as tools write them: Unix numbers, RFC 3339, and local times without a zone.

use hutong_model::{Precision, Timestamp};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::{ReadError, ReadOptions};

/// The zone of times that are written without one, unless the user names another.
const USUAL_ZONE: &str = "Asia/Shanghai";
/// Numbers above this are milliseconds: as seconds they would lie in the year 5138.
const MOST_SECONDS: i64 = 100_000_000_000;

/// A time and how precisely it is known.
pub(super) type Moment = (Timestamp, Precision);

/// Reads times.
#[derive(Debug)]
pub(super) struct Clock {
    zone: TimeZone,
    /// Whether the user said which zone it is.
    is_stated: bool,
    /// Whether a time without a zone was met.
    pub(super) has_guessed: bool,
    /// The hour that was looked up last, and its distance from UTC: neighbours in a file are neighbours in time.
    hour: Option<(i64, i64)>,
}

impl Clock {
    /// A clock for the zone that the options name.
    ///
    /// # Errors
    /// When there is no such zone.
    pub(super) fn new(options: &ReadOptions, file: &str) -> Result<Self, ReadError> {
        let name = options.zone.as_deref().unwrap_or(USUAL_ZONE);
        let zone = TimeZone::get(name).map_err(|_| ReadError::Layout {
            file: file.to_owned(),
            reason: format!("{name} is not the name of a time zone"),
        })?;
        Ok(Self {
            zone,
            is_stated: options.zone.is_some(),
            has_guessed: false,
            hour: None,
        })
    }

    /// The zone.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// A time in any of the forms that tools write.
    pub(super) fn read(&mut self, text: &str) -> Option<Moment> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && text.len() >= 9 {
            return of_number(text.parse().ok()?);
        }
        if let Some((whole, part)) = text.split_once('.')
            && whole.len() >= 9
            && whole
                .bytes()
                .chain(part.bytes())
                .all(|byte| byte.is_ascii_digit())
        {
            let (at, precision) = of_number(whole.parse().ok()?)?;
            let thousandths = part.bytes().chain([b'0'; 3]).take(3);
            let ms = thousandths.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
            return Some(match ms {
                0 => (at, precision),
                _ => (Timestamp(at.0 + ms), Precision::Millisecond),
            });
        }
        let civil = Civil::parse(text)?;
        let wall = civil.wall_seconds()?;
        let offset = match civil.offset {
            Some(offset) => offset,
            None => self.offset(wall, civil)?,
        };
        let seconds = wall.checked_sub(offset)?;
        let at = Timestamp(seconds.checked_mul(1000)? + civil.milliseconds);
        Some((at, civil.precision))
    }

    fn offset(&mut self, wall: i64, civil: Civil) -> Option<i64> {
        self.has_guessed |= !self.is_stated;
        let hour = wall.div_euclid(3600);
        if let Some((known, offset)) = self.hour
            && known == hour
        {
            return Some(offset);
        }
        let local = DateTime::from_parts(
            Date::new(civil.year, civil.month, civil.day).ok()?,
            jiff::civil::Time::new(civil.hour, civil.minute, civil.second, 0).ok()?,
        );
        let instant = self.zone.to_ambiguous_timestamp(local).compatible().ok()?;
        let offset = wall - instant.as_second();
        self.hour = Some((hour, offset));
        Some(offset)
    }
}

/// A time written as a number: seconds, or milliseconds where it is too large for seconds.
pub(super) fn of_number(number: i64) -> Option<Moment> {
    if number <= 0 {
        return None;
    }
    Some(if number > MOST_SECONDS {
        (Timestamp(number), Precision::Millisecond)
    } else {
        (Timestamp::from_seconds(number), Precision::Second)
    })
}

/// A date and time as it is written.
#[derive(Clone, Copy)]
struct Civil {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    milliseconds: i64,
    precision: Precision,
    /// Seconds east of UTC, where they are written.
    offset: Option<i64>,
}

impl Civil {
    /// `YYYY-MM-DD HH:MM[:SS[.fff]][zone]`, with `/` or `.` between the parts of the date and `T` before the time too.
    fn parse(text: &str) -> Option<Self> {
        let mut scan = Scan(text.as_bytes());
        let year = i16::try_from(scan.number(4)?).ok()?;
        let dash = scan.one_of(b"-/.")?;
        let month = scan.small()?;
        scan.one_of(&[dash])?;
        let day = scan.small()?;
        let mut civil = Self {
            year,
            month,
            day,
            hour: 0,
            minute: 0,
            second: 0,
            milliseconds: 0,
            precision: Precision::Day,
            offset: None,
        };
        if scan.0.is_empty() {
            return Some(civil);
        }
        scan.one_of(b"T t")?;
        scan.spaces();
        civil.hour = scan.small()?;
        scan.one_of(b":")?;
        civil.minute = scan.small()?;
        civil.precision = Precision::Minute;
        if scan.one_of(b":").is_some() {
            civil.second = scan.small()?.min(59);
            civil.precision = Precision::Second;
            if scan.one_of(b".,").is_some() {
                civil.milliseconds = scan.thousandths()?;
                if civil.milliseconds > 0 {
                    civil.precision = Precision::Millisecond;
                }
            }
        }
        scan.spaces();
        civil.offset = scan.offset()?;
        Some(civil)
    }

    /// Seconds since 1970 as the wall shows them.
    fn wall_seconds(self) -> Option<i64> {
        let date = Date::new(self.year, self.month, self.day).ok()?;
        if !(0..24).contains(&self.hour) || !(0..60).contains(&self.minute) {
            return None;
        }
        let day = Timestamp::from_date(
            i64::from(date.year()),
            u32::try_from(date.month()).ok()?,
            u32::try_from(date.day()).ok()?,
        );
        let [hour, minute, second] = [self.hour, self.minute, self.second].map(i64::from);
        Some(day.seconds() + hour * 3600 + minute * 60 + second)
    }
}

struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn digit(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        first.is_ascii_digit().then(|| {
            self.0 = rest;
            first - b'0'
        })
    }

    fn number(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |sum, _| Some(sum * 10 + u32::from(self.digit()?)))
    }

    /// One or two digits.
    fn small(&mut self) -> Option<i8> {
        let first = self.digit()?;
        let value = self.digit().map_or(first, |second| first * 10 + second);
        i8::try_from(value).ok()
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    fn spaces(&mut self) {
        while self.one_of(b" ").is_some() {}
    }

    fn thousandths(&mut self) -> Option<i64> {
        let mut value = 0;
        let mut digits = 0;
        while let Some(digit) = self.digit() {
            if digits < 3 {
                value = value * 10 + i64::from(digit);
            }
            digits += 1;
        }
        (digits > 0).then(|| (digits..3).fold(value, |value, _| value * 10))
    }

    /// The zone behind a time: `Some(None)` when there is none, `None` when something else stands there.
    fn offset(&mut self) -> Option<Option<i64>> {
        let Some(sign) = self.one_of(b"Zz+-") else {
            return self.0.is_empty().then_some(None);
        };
        if matches!(sign, b'Z' | b'z') {
            return self.0.is_empty().then_some(Some(0));
        }
        let hours = i64::from(self.number(2)?);
        self.one_of(b":");
        let minutes = if self.0.is_empty() {
            0
        } else {
            i64::from(self.number(2)?)
        };
        let east = hours * 3600 + minutes * 60;
        self.0
            .is_empty()
            .then_some(Some(if sign == b'-' { -east } else { east }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(zone: Option<&str>) -> Clock {
        let options = ReadOptions {
            zone: zone.map(str::to_owned),
            ..ReadOptions::default()
        };
        Clock::new(&options, "x").unwrap()
    }

    #[test]
    fn every_form_of_a_time_is_the_same_instant() {
        let mut clock = clock(None);
        for text in [
            "1700000000",
            "1700000000000",
            "1700000000.0",
            "2023-11-15 06:13:20",
            "2023/11/15 6:13:20",
            "2023-11-15T06:13:20+08:00",
            "2023-11-14T22:13:20Z",
            "2023-11-14T22:13:20.000Z",
            "2023-11-14 22:13:20 +0000",
        ] {
            assert_eq!(
                clock.read(text).map(|(at, _)| at),
                Some(Timestamp(1_700_000_000_000)),
                "{text}"
            );
        }
        assert!(clock.has_guessed);
    }

    #[test]
    fn precision_is_what_is_written() {
        let mut clock = clock(Some("UTC"));
        let precision =
            |clock: &mut Clock, text: &str| clock.read(text).map(|(_, precision)| precision);
        assert_eq!(
            precision(&mut clock, "2023-11-15 06:13"),
            Some(Precision::Minute)
        );
        assert_eq!(precision(&mut clock, "2023-11-15"), Some(Precision::Day));
        assert_eq!(
            precision(&mut clock, "2023-11-15T06:13:20.5Z"),
            Some(Precision::Millisecond)
        );
        assert!(!clock.has_guessed);
        for nothing in [
            "",
            "昨天",
            "2023-13-01 00:00:00",
            "2023-02-30",
            "12",
            "2023-11-15 25:00",
        ] {
            assert_eq!(clock.read(nothing), None, "{nothing}");
        }
    }
}
