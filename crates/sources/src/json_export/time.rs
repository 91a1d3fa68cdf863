//! Times as exports write them.

use hutong_model::{Precision, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::ReadOptions;
use crate::json_stream::Node;

/// Numbers from here on are milliseconds: as seconds they would lie beyond the year 5000.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// The zone for times without one; UTC+8 where the user names none.
pub(crate) fn zone(options: &ReadOptions) -> TimeZone {
    let named = options
        .zone
        .as_deref()
        .and_then(|name| TimeZone::get(name).ok());
    named.unwrap_or_else(|| TimeZone::fixed(jiff::tz::offset(8)))
}

/// An instant given as seconds or milliseconds (number or text), or written out.
pub(crate) fn moment(node: &Node<'_>, zone: &TimeZone) -> Option<(Timestamp, Precision)> {
    if let Some(number) = node.integer() {
        return of_number(number);
    }
    match node {
        Node::Float(seconds) => {
            let scaled = if seconds.abs() >= 1e11 {
                *seconds
            } else {
                seconds * 1000.0
            };
            // A time before 1970 or past the year 5000 is none of a message.
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the range is checked, and a fraction of a millisecond does not matter"
            )]
            (scaled > 0.0 && scaled < 1e14)
                .then(|| (Timestamp(scaled.round() as i64), Precision::Millisecond))
        }
        Node::Text(text) => written(text, zone),
        _ => None,
    }
}

fn of_number(number: i64) -> Option<(Timestamp, Precision)> {
    match number {
        ..=0 => None,
        MILLISECONDS_FROM.. => Some((Timestamp(number), precision_of(number))),
        _ => Some((Timestamp::from_seconds(number), Precision::Second)),
    }
}

/// Writers that know only seconds write zeros.
const fn precision_of(milliseconds: i64) -> Precision {
    if milliseconds % 1000 == 0 {
        Precision::Second
    } else {
        Precision::Millisecond
    }
}

/// `2024-05-01T08:00:00.123Z`, `…+08:00`, or `2024-05-01 16:00:00` (also with slashes) in the given zone.
pub(crate) fn written(text: &str, zone: &TimeZone) -> Option<(Timestamp, Precision)> {
    let text = text.trim();
    let first = text.bytes().next()?;
    if !first.is_ascii_digit() || text.len() > 64 {
        return None;
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        let at = instant.as_millisecond();
        return Some((Timestamp(at), precision_of(at)));
    }
    let plain = text.replace('/', "-").replace('T', " ");
    let padded = pad(&plain)?;
    let local = padded.parse::<DateTime>().ok()?;
    let instant = zone.to_ambiguous_zoned(local).compatible().ok()?;
    let at = instant.timestamp().as_millisecond();
    Some((Timestamp(at), precision_of(at)))
}

/// `2024-5-1 8:00` with all its zeros.
fn pad(text: &str) -> Option<String> {
    let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let mut date = date.splitn(3, '-').map(|piece| piece.parse::<u32>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, fraction) = clock.trim().split_once('.').unwrap_or((clock.trim(), ""));
    let mut clock = clock.splitn(3, ':').map(|piece| piece.parse::<u32>().ok());
    let (hour, minute) = (clock.next()??, clock.next()??);
    let second = clock.next().unwrap_or(Some(0))?;
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_spelling() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let at = Some(Timestamp(1_714_550_400_000));
        for text in [
            "2024-05-01T08:00:00Z",
            "2024-05-01T08:00:00.000Z",
            "2024-05-01T16:00:00+08:00",
            "2024-05-01 16:00:00",
            "2024/5/1 16:00",
        ] {
            assert_eq!(written(text, &zone).map(|(at, _)| at), at, "{text}");
        }
        assert_eq!(written("昨天", &zone), None);
        assert_eq!(written("12", &zone), None);
        let number = |number| moment(&Node::Integer(number), &zone).map(|(at, _)| at);
        assert_eq!(number(1_714_550_400), at);
        assert_eq!(number(1_714_550_400_000), at);
        assert_eq!(number(0), None);
        assert_eq!(
            moment(&Node::Float(1_714_550_400.25), &zone).map(|(at, _)| at),
            Some(Timestamp(1_714_550_400_250))
        );
    }
}
