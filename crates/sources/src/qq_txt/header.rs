//! The first line of a message: date, time and sender, or the other way about.

use std::ops::Range;

use crate::qq_manager::clock::{Day, Half, TimeOfDay, WallTime, number};

/// How the exporting computer writes hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hours {
    /// 0 to 23; a word like `PM` behind the time belongs to the name.
    WholeDay,
    /// With `AM` or `PM` behind the time.
    Halves,
}

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) wall: WallTime,
    /// Where in the line the sender stands.
    pub(super) sender: Range<usize>,
    /// Whether a word for a half of the day stands behind the time.
    pub(super) has_half: bool,
}

impl Header {
    /// Reads a line that could begin a message: a date, a time, a space and at least one character.
    pub(super) fn read(line: &[u8], hours: Hours) -> Option<Self> {
        if !line.first()?.is_ascii_digit() || line.len() < 16 {
            return None;
        }
        let (day, rest) = Day::read(line)?;
        let rest = spaces(rest)?;
        let (before, rest) = match Half::read(rest) {
            Some((half, rest)) => (Some(half), spaces(rest).unwrap_or(rest)),
            None => (None, rest),
        };
        let (mut time, rest) = TimeOfDay::read(rest)?;
        // Newer clocks write a space that does not break before `PM`.
        let mut sender = match rest {
            [b' ' | b'\t', sender @ ..] => sender,
            // U+00A0 and U+202F.
            [0xC2, 0xA0, sender @ ..] | [0xE2, 0x80, 0xAF, sender @ ..] => sender,
            _ => return None,
        };
        let behind = Half::read(sender.trim_ascii_start())
            .filter(|(_, rest)| rest.first().is_none_or(|next| matches!(next, b' ' | b'\t')));
        if let Some(half) = before {
            time = time.in_half(half);
        } else if hours == Hours::Halves
            && let Some((half, rest)) = behind
        {
            time = time.in_half(half);
            sender = rest.get(1..)?;
        }
        (!sender.is_empty()).then(|| Self {
            wall: day.at(time),
            sender: line.len() - sender.len()..line.len(),
            has_half: before.is_some() || behind.is_some(),
        })
    }
}

/// Longest line that is taken for the head of a message copied out of a window: names have some dozens of bytes.
const LONGEST_COPIED: usize = 240;

/// Reads heads of messages that were copied out of the messenger's windows, where the sender stands first: `name
/// 2024/5/1 10:00:00`, or `name 10:00:00` below a row with the date.
#[derive(Clone, Debug, Default)]
pub(super) struct CopiedHeads {
    /// The date of the last row that gave one.
    day: Option<Day>,
}

impl CopiedHeads {
    /// Whether a line is a row with a date alone, `— —  2020-2-21  — —`; it counts from then on.
    pub(super) fn take_date(&mut self, line: &[u8]) -> bool {
        if line.len() > LONGEST_COPIED || !line.starts_with("—".as_bytes()) {
            return false;
        }
        let Ok(text) = std::str::from_utf8(line) else {
            return false;
        };
        let is_frame = |letter: char| letter == '—' || letter.is_whitespace();
        let found = Day::read(text.trim_matches(is_frame).as_bytes());
        match found {
            Some((day, [])) => {
                self.day = Some(day);
                true
            }
            _ => false,
        }
    }

    /// Reads a line that could begin a message.
    pub(super) fn read(&self, line: &[u8]) -> Option<Header> {
        let line = line.trim_ascii_end();
        // Ends in a digit of the seconds, or in `AM`.
        if line.len() > LONGEST_COPIED
            || !line
                .last()
                .is_some_and(|last| last.is_ascii_digit() || *last == b'M')
        {
            return None;
        }
        let (before, half) = match line {
            [before @ .., b'A', b'M'] => (before.trim_ascii_end(), Some(Half::Morning)),
            [before @ .., b'P', b'M'] => (before.trim_ascii_end(), Some(Half::Afternoon)),
            _ => (line, None),
        };
        let (before, word) = last_word(before)?;
        let (time, []) = TimeOfDay::read(word)? else {
            return None;
        };
        let time = half.map_or(time, |half| time.in_half(half));
        let dated = last_word(before).and_then(|(before, word)| Some((before, date(word)?)));
        let (name, day) = match dated {
            Some((name, day)) => (name, day),
            None => (before, self.day?),
        };
        let name = name.trim_ascii_end();
        let from = name.len() - name.trim_ascii_start().len();
        (from < name.len()).then(|| Header {
            wall: day.at(time),
            sender: from..name.len(),
            has_half: half.is_some(),
        })
    }
}

/// The last word of a text and what stands before it with its space.
fn last_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_end();
    let at = text.iter().rposition(u8::is_ascii_whitespace)?;
    Some(text.split_at(at + 1))
}

/// A whole word that is a date: `2024-05-01`, `2024/5/1`, or `2/14/2020` as American computers write it.
fn date(word: &[u8]) -> Option<Day> {
    if let Some((day, [])) = Day::read(word) {
        return Some(day);
    }
    let (month, rest) = number(word, 2)?;
    let (day, rest) = number(rest.strip_prefix(b"/")?, 2)?;
    let (year, rest) = number(rest.strip_prefix(b"/")?, 4)?;
    (rest.is_empty() && year > 1000).then(|| Day::new(year, month, day))?
}

/// The text behind its spaces, of which there must be one.
fn spaces(text: &[u8]) -> Option<&[u8]> {
    let rest = text.trim_ascii_start();
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::Timestamp;

    fn read(line: &str, hours: Hours) -> Option<(String, String)> {
        let header = Header::read(line.as_bytes(), hours)?;
        let mut time = Timestamp::from_seconds(header.wall.0).to_rfc3339();
        time.truncate(19);
        Some((time, line[header.sender].to_owned()))
    }

    fn plain(line: &str) -> Option<(String, String)> {
        read(line, Hours::WholeDay)
    }

    fn pair(time: &str, sender: &str) -> Option<(String, String)> {
        Some((time.to_owned(), sender.to_owned()))
    }

    #[test]
    fn headers_of_both_clocks() {
        assert_eq!(
            plain("2019-09-23 8:43:38 小满(10001)"),
            pair("2019-09-23T08:43:38", "小满(10001)")
        );
        assert_eq!(
            plain("2022-05-10 1:2:3 名"),
            pair("2022-05-10T01:02:03", "名")
        );
        assert_eq!(
            plain("1969-12-31 23:59:59 甲"),
            pair("1969-12-31T23:59:59", "甲")
        );
        assert_eq!(
            read("2019-09-23 8:43:38 PM 骰娘(10001)", Hours::Halves),
            pair("2019-09-23T20:43:38", "骰娘(10001)")
        );
        assert_eq!(
            read("2020-03-04 12:12:29 AM 礼(10001)", Hours::Halves),
            pair("2020-03-04T00:12:29", "礼(10001)")
        );
        assert_eq!(
            plain("2020-03-04 下午 1:12:29 礼"),
            pair("2020-03-04T13:12:29", "礼")
        );
        // Somebody who calls themselves so.
        assert_eq!(
            plain("2020-03-04 10:12:29 PM 部"),
            pair("2020-03-04T10:12:29", "PM 部")
        );
        assert_eq!(
            read("2020-03-04 10:12:29 AMY", Hours::Halves),
            pair("2020-03-04T10:12:29", "AMY")
        );
        assert_eq!(
            read("2020-03-04 10:12:29\u{202f}PM 礼(10001)", Hours::Halves),
            pair("2020-03-04T22:12:29", "礼(10001)")
        );
    }

    fn copied(heads: &CopiedHeads, line: &str) -> Option<(String, String)> {
        let header = heads.read(line.as_bytes())?;
        let mut time = Timestamp::from_seconds(header.wall.0).to_rfc3339();
        time.truncate(19);
        Some((time, line[header.sender].to_owned()))
    }

    #[test]
    fn heads_that_were_copied_begin_with_the_sender() {
        let mut heads = CopiedHeads::default();
        assert_eq!(
            copied(&heads, "小满 2024/5/1 10:00:00 "),
            pair("2024-05-01T10:00:00", "小满")
        );
        assert_eq!(
            copied(&heads, "Li Lei(10001)  2/14/2020 9:16:13 PM"),
            pair("2020-02-14T21:16:13", "Li Lei(10001)")
        );
        assert_eq!(copied(&heads, "小满  9:16:13"), None);
        for row in ["2020-2-21", "— — 你好 — —", "— —"] {
            assert!(!heads.take_date(row.as_bytes()));
        }
        assert!(heads.take_date("— —  2020-2-21  — —".as_bytes()));
        assert_eq!(
            copied(&heads, "小满  9:16:13 AM"),
            pair("2020-02-21T09:16:13", "小满")
        );
        for line in [
            "",
            "9:16:13",
            "2024/5/1 10:00:00",
            "小满2024/5/1 24:00:00",
            "小满 9:16",
            "一点见 10",
        ] {
            assert_eq!(copied(&CopiedHeads::default(), line), None, "{line}");
        }
    }

    #[test]
    fn other_lines_are_no_headers() {
        for line in [
            "2019-09-23 8:43:38",
            "2019-09-23 8:43:38 ",
            "2019-13-23 8:43:38 甲",
            "2019-02-30 8:43:38 甲",
            "2019-09-23 24:00:00 甲",
            "2019-09-23 8:43 甲",
            "2019-09-23 甲",
            "x2019-09-23 8:43:38 甲",
            "2019-09-238:43:38 甲",
            "2019-09-23 8:43:38甲",
            "",
        ] {
            assert_eq!(plain(line), None, "{line}");
        }
        assert_eq!(read("2019-09-23 8:43:38 PM", Hours::Halves), None);
        assert_eq!(read("2019-09-23 8:43:38 PM ", Hours::Halves), None);
    }
}
