//! What one row of the table says.

use super::html::{self, Token, Tokens};
use crate::qq_manager::Label;
use crate::qq_manager::clock::{self, Day, Half, TimeOfDay};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// The export's title or 消息分组: a new conversation is about to begin.
    Heading,
    /// 消息对象: the conversation's title.
    Object(String),
    /// The day of the rows that follow; `None` when it cannot be read.
    Date(Option<Day>),
    /// A message.
    Message {
        /// As in the text export.
        sender: String,
        time: TimeOfDay,
        body: Vec<Piece>,
    },
    /// Nothing is said.
    Blank,
    /// Something else.
    Other,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Words(String),
    /// A picture by the name that the row gives it.
    Picture(String),
}

/// Where in a row the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    /// In the first `div`: the sender's own, and behind it the time.
    Head,
    /// Behind it.
    Body,
}

impl Row {
    /// Reads a row from its `<tr` on.
    pub(super) fn read(row: &str) -> Self {
        let mut place = Place::Before;
        let mut depth = 0_usize;
        let mut has_inner = false;
        // Words outside the head's inner `div`, and inside it.
        let (mut outer, mut inner) = (String::new(), String::new());
        let mut body = Body::default();
        for token in Tokens(row) {
            match (place, token) {
                (Place::Body, token) => body.take(token),
                (_, Token::Open(name, _)) if name.eq_ignore_ascii_case("div") => {
                    place = Place::Head;
                    depth += 1;
                    has_inner |= depth > 1;
                }
                (Place::Head, Token::Close(name)) if name.eq_ignore_ascii_case("div") => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        place = Place::Body;
                    }
                }
                (_, Token::Words(words)) => {
                    let to = if depth > 1 { &mut inner } else { &mut outer };
                    html::push_words(words, to);
                }
                _ => {}
            }
        }
        if place == Place::Body {
            if has_inner && let Some(time) = time(&outer) {
                return Self::Message {
                    sender: inner,
                    time,
                    body: body.finish(),
                };
            }
            // The head without a `div` of the sender's own.
            if !has_inner
                && body.has_block
                && let Some((sender, time)) = sender_and_time(&outer)
            {
                return Self::Message {
                    sender: sender.to_owned(),
                    time,
                    body: body.finish(),
                };
            }
        }
        let words = outer + &inner;
        let words = words.trim();
        match Label::read(words) {
            Some(Label::Group(_)) => return Self::Heading,
            Some(Label::Object(name)) => return Self::Object(name.to_owned()),
            None => {}
        }
        if words.starts_with("消息记录") {
            return Self::Heading;
        }
        if let Some(date) = date(words) {
            return Self::Date(date);
        }
        if words.is_empty() && body.finish().is_empty() {
            return Self::Blank;
        }
        Self::Other
    }
}

/// The body of a message while it is read.
#[derive(Debug, Default)]
struct Body {
    pieces: Vec<Piece>,
    words: String,
    has_block: bool,
}

impl Body {
    fn take(&mut self, token: Token<'_>) {
        match token {
            Token::Words(words) => html::push_words(words, &mut self.words),
            Token::Open(name, _) if name.eq_ignore_ascii_case("br") => self.words.push('\n'),
            Token::Open(name, attributes) if name.eq_ignore_ascii_case("img") => {
                self.flush();
                let mut source = String::new();
                html::push_words(
                    html::attribute(attributes, "src").unwrap_or_default(),
                    &mut source,
                );
                self.pieces.push(Piece::Picture(source));
            }
            Token::Open(name, _)
                if name.eq_ignore_ascii_case("div") || name.eq_ignore_ascii_case("p") =>
            {
                self.has_block = true;
                if !self.words.is_empty() && !self.words.ends_with('\n') {
                    self.words.push('\n');
                }
            }
            Token::Open(..) | Token::Close(_) => {}
        }
    }

    fn flush(&mut self) {
        if !self.words.is_empty() {
            self.pieces
                .push(Piece::Words(std::mem::take(&mut self.words)));
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        // The line end behind the row's last tag is none of the message's.
        while self.words.ends_with(['\r', '\n']) {
            self.words.pop();
        }
        self.flush();
        self.pieces
    }
}

/// `H:MM:SS`, with a half of the day before or behind it.
fn time(words: &str) -> Option<TimeOfDay> {
    let words = words.trim().as_bytes();
    let (before, words) =
        Half::read(words).map_or((None, words), |(half, rest)| (Some(half), rest));
    let (time, rest) = TimeOfDay::read(words.trim_ascii_start())?;
    let rest = rest.trim_ascii();
    let behind = Half::read(rest);
    if let Some((half, b"")) = behind {
        return Some(time.in_half(half));
    }
    rest.is_empty()
        .then(|| before.map_or(time, |half| time.in_half(half)))
}

/// A sender with a time behind it, in one.
fn sender_and_time(words: &str) -> Option<(&str, TimeOfDay)> {
    let words = words.trim();
    words
        .char_indices()
        .filter(|(_, character)| character.is_whitespace())
        .find_map(|(at, _)| {
            let (sender, rest) = words.split_at_checked(at)?;
            Some((sender.trim(), time(rest)?))
        })
}

/// The day that a date row names. `Some(None)` is a date row without a day.
fn date(words: &str) -> Option<Option<Day>> {
    const LABELS: [&str; 3] = ["日期", "Date", "date"];
    let rest = LABELS.iter().find_map(|label| words.strip_prefix(label))?;
    let rest = rest.trim_start().strip_prefix([':', '：'])?;
    let mut numbers = [0_i64; 3];
    let mut widths = [0; 3];
    let mut rest = rest.as_bytes();
    for (number, width) in numbers.iter_mut().zip(&mut widths) {
        let skip = rest
            .iter()
            .take_while(|byte| !byte.is_ascii_digit())
            .count();
        rest = rest.get(skip..).unwrap_or_default();
        let Some((value, behind)) = clock::number(rest, 4) else {
            return Some(None);
        };
        (*number, *width) = (value, rest.len() - behind.len());
        rest = behind;
    }
    let [one, two, three] = numbers;
    Some(match widths {
        [4, ..] => Day::new(one, two, three),
        // An American clock.
        [_, _, 4] => Day::new(three, one, two),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(row: &str) -> (String, i64, Vec<Piece>) {
        match Row::read(row) {
            Row::Message { sender, time, body } => (sender, time.0, body),
            other => panic!("{other:?}"),
        }
    }

    fn words(text: &str) -> Piece {
        Piece::Words(text.to_owned())
    }

    #[test]
    fn a_message_has_a_head_and_a_body() {
        let row = "<tr><td><div style=color:#42B475;padding-left:10px;><div style=float:left;margin-right:6px;>【群主】小满&lt;a@example.com&get;</div>8:43:38</div>\
            <div style=padding-left:20px;><font style=\"font-size:9pt;font-family:'宋体','MS Sans Serif',sans-serif;\" color='000000'>你好<br>再见&nbsp;&amp;</font>\
            <IMG src=\"{0A1B2C3D-0000-1111-2222-333344445555}.dat\"></div></td>\r\n";
        assert_eq!(
            message(row),
            (
                "【群主】小满<a@example.com>".to_owned(),
                8 * 3600 + 43 * 60 + 38,
                vec![
                    words("你好\n再见 &"),
                    Piece::Picture("{0A1B2C3D-0000-1111-2222-333344445555}.dat".to_owned())
                ]
            )
        );
    }

    #[test]
    fn the_english_clock_and_bare_attributes() {
        let row =
            "<TR><TD><DIV style=a><DIV>x</DIV> 8:43:38&nbsp;PM </DIV><DIV><IMG src={A}.dat></DIV>";
        let (sender, time, body) = message(row);
        assert_eq!((sender.as_str(), time), ("x", 20 * 3600 + 43 * 60 + 38));
        assert_eq!(body, [Piece::Picture("{A}.dat".to_owned())]);
        let row = "<tr><td><div>小满(10001)&nbsp;下午 8:43:38</div><div>好</div>";
        assert_eq!(message(row).0, "小满(10001)");
        assert_eq!(message(row).1, 20 * 3600 + 43 * 60 + 38);
    }

    #[test]
    fn an_empty_body_is_empty() {
        let row = "<tr><td><div><div>x</div>8:43:38</div><div></div></td>";
        assert!(message(row).2.is_empty());
        // Cut before the body.
        assert!(
            message("<tr><td><div><div>x</div>8:43:38</div>")
                .2
                .is_empty()
        );
    }

    #[test]
    fn other_rows() {
        let day = Day::new(2019, 9, 3);
        for text in [
            "日期: 2019-09-03",
            "日期：2019-9-3",
            "日期: 2019年9月3日",
            "Date: 9/3/2019",
        ] {
            assert_eq!(
                Row::read(&format!("<tr><td style=x:1;>{text}</td>")),
                Row::Date(day)
            );
        }
        assert_eq!(Row::read("<tr><td>日期: 2019-13-03</td>"), Row::Date(None));
        assert_eq!(
            Row::read("<tr><td><div style=padding-left:10px;>消息对象:小满 &amp; 友</div></td>"),
            Row::Object("小满 & 友".to_owned())
        );
        assert_eq!(
            Row::read("<tr><td><div style=padding-left:10px;>消息分组:我的好友</div></td>"),
            Row::Heading
        );
        assert_eq!(Row::read("<tr><td><div>&nbsp;</div></td>"), Row::Blank);
        assert_eq!(
            Row::read("<tr><td><div><br><b>消息记录</b></div></td>"),
            Row::Heading
        );
        assert_eq!(Row::read("<tr><td>x</td>"), Row::Other);
        assert_eq!(Row::read("<tr>"), Row::Blank);
    }
}
