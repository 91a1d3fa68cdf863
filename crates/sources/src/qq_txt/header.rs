//! The first line of a message: date, time and sender.

use crate::qq_manager::clock::{Day, Half, TimeOfDay, WallTime};

/// How the exporting computer writes hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hours {
    /// 0 to 23; a word like `PM` behind the time belongs to the name.
    WholeDay,
    /// With `AM` or `PM` behind the time.
    Halves,
}

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) wall: WallTime,
    /// Where in the line the sender begins.
    pub(super) sender_at: usize,
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
        let mut sender = [" ", "\t", "\u{a0}", "\u{202f}"]
            .into_iter()
            .find_map(|space| rest.strip_prefix(space.as_bytes()))?;
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
            sender_at: line.len() - sender.len(),
            has_half: before.is_some() || behind.is_some(),
        })
    }
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
        Some((time, line[header.sender_at..].to_owned()))
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
