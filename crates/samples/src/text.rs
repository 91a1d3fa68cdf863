//! Composes chat-like text from the vocabulary.

use std::fmt::Write as _;

use crate::rng::Rng;
use crate::sentences::{GENERAL, SHORT, Topic};
use crate::words::{EMOJI, LISTS, TOKENS};

/// One stretch of a template.
#[derive(Clone, Copy, Debug)]
enum Segment {
    Words(&'static str),
    List(&'static [&'static str]),
    Number,
    Money,
    Phone,
    Url,
    Code,
    Clock,
    Door,
}

type Template = Vec<Segment>;

/// The templates, taken apart once.
#[derive(Debug)]
pub(crate) struct Composer {
    general: Vec<Template>,
    topics: Vec<(Topic, Vec<Template>)>,
}

impl Composer {
    pub(crate) fn new() -> Self {
        let parse_all =
            |list: &[&'static str]| list.iter().map(|template| parse(template)).collect();
        Self {
            general: parse_all(GENERAL),
            topics: Topic::ALL
                .iter()
                .map(|topic| (*topic, parse_all(topic.templates())))
                .collect(),
        }
    }

    /// Appends what somebody might write: mostly one sentence, sometimes a word or a page.
    pub(crate) fn say(&self, rng: &mut Rng, topic: Topic, out: &mut String) {
        match rng.below(100) {
            0..13 => out.push_str(rng.pick_word(SHORT)),
            13..15 => {
                for _ in 0..rng.range(5, 14) {
                    self.sentence(rng, topic, out);
                    out.push_str(rng.pick_word(&["。", "。", "；", "\n", "！"]));
                }
                return;
            }
            15..17 => {
                for _ in 0..rng.range(1, 4) {
                    out.push_str(rng.pick_word(EMOJI));
                }
                return;
            }
            17..50 => {
                self.sentence(rng, topic, out);
                out.push_str(rng.pick_word(&["，", " ", "。", "\n", "~ "]));
                self.sentence(rng, topic, out);
            }
            _ => self.sentence(rng, topic, out),
        }
        if rng.chance(120) {
            out.push_str(if rng.chance(500) {
                rng.pick_word(EMOJI)
            } else {
                rng.pick_word(TOKENS)
            });
        }
    }

    /// Appends exactly one sentence without an end mark.
    pub(crate) fn sentence(&self, rng: &mut Rng, topic: Topic, out: &mut String) {
        let templates = if rng.chance(250) {
            &self.general
        } else {
            self.topics
                .iter()
                .find(|(known, _)| *known == topic)
                .map_or(&self.general, |(_, list)| list)
        };
        for segment in rng.pick(templates) {
            fill(rng, *segment, out);
        }
    }
}

fn fill(rng: &mut Rng, segment: Segment, out: &mut String) {
    let written = match segment {
        Segment::Words(words) => {
            out.push_str(words);
            Ok(())
        }
        Segment::List(list) => {
            out.push_str(rng.pick_word(list));
            Ok(())
        }
        Segment::Number => write!(out, "{}", rng.range(2, 99)),
        Segment::Money => write!(out, "{}.{}", rng.range(3, 2000), rng.range(0, 9)),
        // No mobile number begins with 100.
        Segment::Phone => write!(out, "100{:08}", rng.below(100_000_000)),
        Segment::Url => write!(
            out,
            "https://docs.example.com/p/{:x}?from=chat&v={}",
            rng.draw32(),
            rng.below(9)
        ),
        Segment::Code => write!(
            out,
            "{}-{}-{:04}",
            rng.range(1, 9),
            rng.range(1, 30),
            rng.below(10_000)
        ),
        Segment::Clock => write!(out, "{}:{:02}", rng.range(7, 22), rng.below(12) * 5),
        Segment::Door => write!(
            out,
            "{}-{}0{}",
            rng.range(1, 19),
            rng.range(1, 28),
            rng.range(1, 4)
        ),
    };
    written.expect("writing to a string succeeds");
}

fn parse(template: &'static str) -> Template {
    let mut segments = Vec::new();
    let mut rest = template;
    while let Some((words, tail)) = rest.split_once('{') {
        if !words.is_empty() {
            segments.push(Segment::Words(words));
        }
        let (name, tail) = tail
            .split_once('}')
            .expect("every gap of a template is closed");
        segments.push(gap(name));
        rest = tail;
    }
    if !rest.is_empty() {
        segments.push(Segment::Words(rest));
    }
    segments
}

fn gap(name: &str) -> Segment {
    match name {
        "n" => Segment::Number,
        "money" => Segment::Money,
        "phone" => Segment::Phone,
        "url" => Segment::Url,
        "code" => Segment::Code,
        "clock" => Segment::Clock,
        "door" => Segment::Door,
        _ => LISTS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, list)| Segment::List(list))
            .expect("every gap of a template has a list"),
    }
}

/// Appends `text` as XML character data.
pub(crate) fn escape_xml(text: &str, out: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(
            text.get(from..at)
                .expect("entities are ASCII, so cuts are between characters"),
        );
        out.push_str(entity);
        from = at + 1;
    }
    out.push_str(
        text.get(from..)
            .expect("entities are ASCII, so cuts are between characters"),
    );
}

/// `text` as XML character data.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    escape_xml(text, &mut out);
    out
}

/// At most `limit` characters of `text`.
pub(crate) fn excerpt(text: &str, limit: usize) -> &str {
    // A character has at least one byte, so most texts need no count.
    if text.len() <= limit {
        return text;
    }
    text.char_indices()
        .nth(limit)
        .and_then(|(end, _)| text.get(..end))
        .unwrap_or(text)
}

/// Year, month, day, hour, minute and second in UTC+8 of a Unix time.
pub(crate) fn civil(time: i64) -> (i64, i64, i64, i64, i64, i64) {
    let local = time + 8 * 3600;
    let (days, seconds) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    // Days of a civil calendar that begins its years in March.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (
        year,
        month,
        day,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
    )
}

/// `2024-03` of a Unix time, UTC+8.
pub(crate) fn month_of(time: i64) -> String {
    let (year, month, ..) = civil(time);
    format!("{year:04}-{month:02}")
}

/// `2024-03-01 12:30:00` of a Unix time, UTC+8.
pub(crate) fn wall_clock(time: i64) -> String {
    let (year, month, day, hour, minute, second) = civil(time);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_filled() {
        let composer = Composer::new();
        let mut rng = Rng::new(1, 1);
        for topic in Topic::ALL {
            for _ in 0..300 {
                let mut out = String::new();
                composer.say(&mut rng, *topic, &mut out);
                assert!(
                    !out.is_empty() && !out.contains('{') && !out.contains('}'),
                    "{out}"
                );
            }
        }
    }

    #[test]
    fn civil_time_is_utc_plus_eight() {
        assert_eq!(wall_clock(0), "1970-01-01 08:00:00");
        assert_eq!(wall_clock(1_709_222_400), "2024-03-01 00:00:00");
        assert_eq!(month_of(1_735_660_799), "2024-12");
        assert_eq!(month_of(1_735_660_800), "2025-01");
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escaped("R&D <3 \"x\""), "R&amp;D &lt;3 &quot;x&quot;");
        assert_eq!(excerpt("灯塔下面", 2), "灯塔");
    }
}
