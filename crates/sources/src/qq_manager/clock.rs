//! Times that are written as a clock on the wall shows them, without a zone.

use hutong_model::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::{ReadError, ReadOptions};

/// The zone of an export when the user names none: that of nearly all users.
pub(crate) const USUAL_ZONE: &str = "Asia/Shanghai";
/// What the import report says about that.
pub(crate) const ZONE_NOTE: &str =
    "times carry no zone; they are taken as those of Asia/Shanghai, unless a zone is named";
/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// Seconds since 1970-01-01 0:00 of a clock on the wall; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WallTime(pub(crate) i64);

/// A time of day, in seconds since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeOfDay(pub(crate) i64);

/// First or second half of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// AM, 上午.
    Morning,
    /// PM, 下午.
    Afternoon,
}

impl Half {
    /// The word for a half that a text begins with, and the rest.
    pub(crate) fn read(text: &[u8]) -> Option<(Self, &[u8])> {
        const WORDS: [(&str, Half); 8] = [
            ("AM", Half::Morning),
            ("PM", Half::Afternoon),
            ("am", Half::Morning),
            ("pm", Half::Afternoon),
            ("上午", Half::Morning),
            ("下午", Half::Afternoon),
            ("A.M.", Half::Morning),
            ("P.M.", Half::Afternoon),
        ];
        // Nearly always a name or a number stands here.
        if !matches!(text.first(), Some(b'A' | b'P' | b'a' | b'p' | 0xE4)) {
            return None;
        }
        WORDS
            .iter()
            .find_map(|(word, half)| Some((*half, text.strip_prefix(word.as_bytes())?)))
    }
}

impl TimeOfDay {
    /// Puts a 12-hour time into its half; hours above 12 are meant as they stand.
    pub(crate) const fn in_half(self, half: Half) -> Self {
        let noon = DAY / 2;
        match half {
            Half::Morning if self.0 >= noon && self.0 < noon + 3600 => Self(self.0 - noon),
            Half::Afternoon if self.0 < noon => Self(self.0 + noon),
            _ => self,
        }
    }

    /// `H:MM:SS` at the beginning of a text, and the rest.
    pub(crate) fn read(text: &[u8]) -> Option<(Self, &[u8])> {
        let (hour, rest) = number(text, 2)?;
        let (minute, rest) = number(rest.strip_prefix(b":")?, 2)?;
        let (second, rest) = number(rest.strip_prefix(b":")?, 2)?;
        if hour > 23 || minute > 59 || second > 59 || rest.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        Some((Self(hour * 3600 + minute * 60 + second), rest))
    }
}

/// A day, as midnight of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day(i64);

impl Day {
    /// This day, if the calendar has it.
    pub(crate) fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        let month = u32::try_from(month)
            .ok()
            .filter(|month| (1..=12).contains(month))?;
        let day = u32::try_from(day).ok().filter(|day| *day >= 1)?;
        let length = match month {
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => 31,
        };
        (day <= length).then(|| Self(Timestamp::from_date(year, month, day).seconds()))
    }

    /// `YYYY-MM-DD` at the beginning of a text (also with slashes or dots), and the rest.
    pub(crate) fn read(text: &[u8]) -> Option<(Self, &[u8])> {
        let (year, rest) = number(text, 4)?;
        if text.len() - rest.len() != 4 {
            return None;
        }
        let mark = rest.first().filter(|mark| b"-/.".contains(mark))?;
        let (month, rest) = number(rest.get(1..)?, 2)?;
        let (day, rest) = number(rest.strip_prefix(&[*mark])?, 2)?;
        Some((Self::new(year, month, day)?, rest))
    }

    /// This time on this day.
    pub(crate) const fn at(self, time: TimeOfDay) -> WallTime {
        WallTime(self.0 + time.0)
    }
}

/// A number of at most so many digits, and the rest.
pub(crate) fn number(text: &[u8], most: usize) -> Option<(i64, &[u8])> {
    let mut value = 0;
    let mut length = 0;
    for digit in text
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
    {
        value = value * 10 + i64::from(digit - b'0');
        length += 1;
    }
    (length > 0).then(|| (value, text.get(length..).unwrap_or_default()))
}

/// Turns times on the wall into instants.
#[derive(Debug)]
pub(crate) struct Clock {
    zone: TimeZone,
    /// The day asked for last, and the offset if it is the same all day long.
    day: i64,
    offset: Option<i64>,
    /// Whether the user named the zone.
    pub(crate) is_named: bool,
}

impl Clock {
    /// The clock of the zone that the user names, else the usual one.
    pub(crate) fn new(options: &ReadOptions, file: &str) -> Result<Self, ReadError> {
        let name = options.zone.as_deref().unwrap_or(USUAL_ZONE);
        let zone = TimeZone::get(name).map_err(|_| ReadError::Layout {
            file: file.to_owned(),
            reason: format!("{name} is not the name of a time zone"),
        })?;
        Ok(Self {
            zone,
            day: i64::MIN,
            offset: None,
            is_named: options.zone.is_some(),
        })
    }

    /// The instant, and whether the clock ever showed that time.
    ///
    /// A time that came twice (end of summer time) is the first of the two; one that never came (its beginning) counts on
    /// from before.
    pub(crate) fn instant(&mut self, wall: WallTime) -> (Timestamp, bool) {
        let day = wall.0.div_euclid(DAY);
        if day != self.day {
            self.day = day;
            let midnight = self.ambiguous(day * DAY);
            let next = self.ambiguous((day + 1) * DAY);
            self.offset = match (midnight, next) {
                (
                    Some(AmbiguousOffset::Unambiguous { offset: one }),
                    Some(AmbiguousOffset::Unambiguous { offset: other }),
                ) if one == other => Some(i64::from(one.seconds())),
                _ => None,
            };
        }
        if let Some(offset) = self.offset {
            return (Timestamp::from_seconds(wall.0 - offset), true);
        }
        let (offset, was_shown) = match self.ambiguous(wall.0) {
            Some(AmbiguousOffset::Unambiguous { offset }) => (offset.seconds(), true),
            Some(AmbiguousOffset::Fold { before, .. }) => (before.seconds(), true),
            Some(AmbiguousOffset::Gap { before, .. }) => (before.seconds(), false),
            None => (0, false),
        };
        (
            Timestamp::from_seconds(wall.0 - i64::from(offset)),
            was_shown,
        )
    }

    fn ambiguous(&self, wall: i64) -> Option<AmbiguousOffset> {
        let (year, month, day) = Timestamp::from_seconds(wall).date();
        let date = jiff::civil::Date::new(
            i16::try_from(year).ok()?,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
        )
        .ok()?;
        let second = wall.rem_euclid(DAY);
        let part = |value: i64| i8::try_from(value).ok();
        let time = jiff::civil::Time::new(
            part(second / 3600)?,
            part(second / 60 % 60)?,
            part(second % 60)?,
            0,
        )
        .ok()?;
        Some(
            self.zone
                .to_ambiguous_timestamp(date.to_datetime(time))
                .offset(),
        )
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

    fn wall(text: &str) -> WallTime {
        let (day, rest) = Day::read(text.as_bytes()).unwrap();
        let (time, rest) = TimeOfDay::read(rest.strip_prefix(b" ").unwrap()).unwrap();
        assert!(rest.is_empty());
        day.at(time)
    }

    #[test]
    fn shanghai_is_eight_hours_ahead_even_before_1970() {
        let mut clock = clock(None);
        let instant = |clock: &mut Clock, text| clock.instant(wall(text)).0.to_rfc3339();
        assert_eq!(
            instant(&mut clock, "2019-09-23 8:43:38"),
            "2019-09-23T00:43:38.000Z"
        );
        assert_eq!(
            instant(&mut clock, "1969-12-31 23:59:59"),
            "1969-12-31T15:59:59.000Z"
        );
        // Shanghai had summer time in 1988.
        assert_eq!(
            instant(&mut clock, "1988-07-01 12:00:00"),
            "1988-07-01T03:00:00.000Z"
        );
    }

    #[test]
    fn hours_that_never_came_and_hours_that_came_twice() {
        let mut clock = clock(Some("America/New_York"));
        assert_eq!(
            clock.instant(wall("2024-03-10 02:30:00")),
            (Timestamp::from_seconds(1_710_055_800), false)
        );
        let (instant, was_shown) = clock.instant(wall("2024-11-03 01:30:00"));
        assert_eq!(instant.to_rfc3339(), "2024-11-03T05:30:00.000Z");
        assert!(was_shown);
        let options = ReadOptions {
            zone: Some("Nowhere/At_All".to_owned()),
            ..ReadOptions::default()
        };
        assert!(Clock::new(&options, "x").is_err());
    }

    #[test]
    fn odd_dates_and_times_are_refused() {
        assert!(Day::read(b"2023-02-29").is_none());
        assert!(Day::read(b"2024-02-29").is_some());
        assert!(Day::read(b"123-02-29").is_none());
        assert!(Day::read(b"2024-2-9 ").is_some());
        assert!(TimeOfDay::read(b"24:00:00").is_none());
        assert!(TimeOfDay::read(b"1:2:3").is_some());
        assert!(TimeOfDay::read(b"11:22:333").is_none());
    }

    #[test]
    fn halves_of_the_day() {
        let at = |hour: i64| TimeOfDay(hour * 3600);
        assert_eq!(at(12).in_half(Half::Morning), at(0));
        assert_eq!(at(12).in_half(Half::Afternoon), at(12));
        assert_eq!(at(8).in_half(Half::Afternoon), at(20));
        assert_eq!(at(13).in_half(Half::Afternoon), at(13));
    }
}
