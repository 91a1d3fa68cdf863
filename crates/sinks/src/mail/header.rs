//! Fields in the head of a mail (RFC 5322, 2047, 2231): what people wrote stays words and never becomes a field.

use std::borrow::Cow;

use crate::clock::Local;
use crate::paint::base64;
use crate::text::{MAX_MARKS, is_direction_control, is_mark};

/// A line holds so many characters; only a word without a blank in it can make it longer.
const LINE: usize = 76;

/// Bytes of a name or title that are told in a field; the rest is cut.
const MAX_FIELD_BYTES: usize = 600;

/// Longer local parts than this are not allowed in addresses.
const MAX_LOCAL_BYTES: usize = 60;

/// How lines end: CRLF in a mail of its own, LF in a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnd {
    CrLf,
    Lf,
}

impl LineEnd {
    pub(crate) const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::CrLf => b"\r\n",
            Self::Lf => b"\n",
        }
    }
}

/// Somebody with an address; the address leads nowhere, its domain ends in `.invalid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) name: String,
    pub(crate) address: String,
}

impl Mailbox {
    /// `id` becomes the part before the at sign, whatever it is made of.
    pub(crate) fn new(name: &str, id: &str, domain: &str) -> Self {
        Self {
            name: one_line(name).into_owned(),
            address: format!("{}@{domain}", local_part(id)),
        }
    }
}

/// Letters, digits and a few signs stand for themselves, every other byte as `=` and two digits.
fn local_part(id: &str) -> String {
    let mut out = String::new();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("={byte:02X}"));
        }
        if out.len() > MAX_LOCAL_BYTES {
            // Long ids stay different from each other by their digest.
            let digest = hutong_model::Digest::of(id.as_bytes()).to_string();
            return format!("id-{}", digest.get(..32).unwrap_or_default());
        }
    }
    if out.is_empty() {
        out.push_str("unknown");
    }
    out
}

/// A label of a domain: lower-case letters, digits and hyphens.
pub(crate) fn label(text: &str) -> String {
    let label: String = text
        .bytes()
        .take(40)
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte.to_ascii_lowercase())
            } else {
                '-'
            }
        })
        .collect();
    let label = label.trim_matches('-');
    if label.is_empty() {
        "chat".to_owned()
    } else {
        label.to_owned()
    }
}

/// Text for a field: no line ends, no controls, nothing that turns the writing direction, of bounded length.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let is_plain = text.len() <= MAX_FIELD_BYTES
        && text.bytes().all(|byte| matches!(byte, b'!'..=b'~'))
        && !text.is_empty();
    if is_plain {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut marks = 0;
    for character in text.chars() {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        let is_line_end = matches!(character, '\u{2028}' | '\u{2029}');
        if character.is_whitespace() || character.is_control() || is_line_end {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_direction_control(character) && character != '\u{feff}' && marks <= MAX_MARKS
        {
            out.push(character);
        }
        if out.len() >= MAX_FIELD_BYTES {
            out.push('…');
            break;
        }
    }
    Cow::Owned(out.trim().to_owned())
}

/// The head of a mail as it grows.
pub(crate) struct Head<'o> {
    out: &'o mut Vec<u8>,
    line_end: LineEnd,
    /// Characters on the last line.
    column: usize,
}

impl<'o> Head<'o> {
    pub(crate) const fn new(out: &'o mut Vec<u8>, line_end: LineEnd) -> Self {
        Self {
            out,
            line_end,
            column: 0,
        }
    }

    fn begin(&mut self, name: &str) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b':');
        self.column = name.len() + 1;
    }

    fn end(&mut self) {
        self.out.extend_from_slice(self.line_end.as_bytes());
    }

    /// A piece that is not broken; on a new line when this one is too full for it, unless it is the field's first.
    fn piece(&mut self, piece: &str) {
        let is_first = self.out.last() == Some(&b':');
        if self.column + 1 + piece.len() > LINE && !is_first {
            self.end();
            self.column = 0;
        }
        self.out.push(b' ');
        self.out.extend_from_slice(piece.as_bytes());
        self.column += 1 + piece.len();
    }

    /// A field of our own making: ASCII without line ends, broken at its blanks where it is long.
    pub(crate) fn ours(&mut self, name: &str, value: &str) {
        self.begin(name);
        for piece in value.split(' ') {
            self.piece(piece);
        }
        self.end();
    }

    /// A field whose text others chose.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.begin(name);
        let text = one_line(text);
        if is_plain(&text) && name.len() + text.len() + 2 <= LINE {
            self.piece(&text);
        } else {
            self.encoded_words(&text);
        }
        self.end();
    }

    /// A line that is no field: a boundary, or the empty line after the head.
    pub(crate) fn raw(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.end();
    }

    /// A field of names with commas between them, however many there are.
    pub(crate) fn list(&mut self, name: &str, names: &[&str]) {
        self.begin(name);
        let names: Vec<String> = names
            .iter()
            .map(|name| one_line(name).replace(',', " "))
            .collect();
        let text = names.join(", ");
        if is_plain(&text) && name.len() + text.len() + 2 <= LINE {
            self.piece(&text);
        } else {
            self.encoded_words(&text);
        }
        self.end();
    }

    /// A field of people.
    pub(crate) fn people(&mut self, name: &str, people: &[Mailbox]) {
        self.begin(name);
        for (index, person) in people.iter().enumerate() {
            let comma = if index + 1 < people.len() { "," } else { "" };
            if person.name.is_empty() {
                self.piece(&format!("{}{comma}", person.address));
                continue;
            }
            if is_plain(&person.name) && person.name.len() < 60 {
                let quoted = person.name.replace('\\', "\\\\").replace('"', "\\\"");
                self.piece(&format!("\"{quoted}\""));
            } else {
                // Some readers put a blank between two encoded words of a name, so it gets one where that is possible.
                if self.column + 1 + encoded_length(person.name.len()) > LINE {
                    self.end();
                    self.column = 0;
                }
                self.encoded_words(&person.name);
            }
            self.piece(&format!("<{}>{comma}", person.address));
        }
        self.end();
    }

    /// `=?UTF-8?B?…?=`, as many as are needed, none longer than the line.
    fn encoded_words(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            // Between `=?UTF-8?B?` and `?=`, three bytes take four characters.
            let mut room = LINE.saturating_sub(self.column + 1 + 12) / 4 * 3;
            if room < 6 {
                self.end();
                self.column = 0;
                room = (LINE - 13) / 4 * 3;
            }
            let mut cut = room.min(45).min(rest.len());
            while !rest.is_char_boundary(cut) {
                cut -= 1;
            }
            let (word, after) = rest.split_at(cut);
            let mut piece = b" =?UTF-8?B?".to_vec();
            base64::write(word.as_bytes(), &mut piece);
            piece.extend_from_slice(b"?=");
            self.column += piece.len();
            self.out.extend_from_slice(&piece);
            rest = after;
        }
    }

    /// A field with a file name as its parameter (RFC 2231 where plain quotes will not do).
    pub(crate) fn file(&mut self, name: &str, value: &str, parameter: &str, file: &str) {
        self.begin(name);
        let file = one_line(file);
        if is_plain(&file) && file.len() <= 60 && !file.contains(['"', '\\', '%']) {
            self.piece(&format!("{value};"));
            self.piece(&format!("{parameter}=\"{file}\""));
        } else {
            self.piece(&format!("{value};"));
            let mut section = String::new();
            let mut sections = Vec::new();
            for character in file.chars() {
                let mut buffer = [0; 4];
                let mut encoded = String::new();
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
                        encoded.push(char::from(byte));
                    } else {
                        encoded.push_str(&format!("%{byte:02X}"));
                    }
                }
                if section.len() + encoded.len() > 48 {
                    sections.push(std::mem::take(&mut section));
                }
                section.push_str(&encoded);
            }
            sections.push(section);
            let last = sections.len() - 1;
            for (number, section) in sections.iter().enumerate() {
                let charset = if number == 0 { "UTF-8''" } else { "" };
                let semicolon = if number < last { ";" } else { "" };
                if last == 0 {
                    self.piece(&format!("{parameter}*={charset}{section}"));
                } else {
                    self.piece(&format!(
                        "{parameter}*{number}*={charset}{section}{semicolon}"
                    ));
                }
            }
        }
        self.end();
    }
}

/// Length of one encoded word that holds so many bytes.
const fn encoded_length(bytes: usize) -> usize {
    12 + bytes.div_ceil(3) * 4
}

/// Whether text may stand in a field as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && !text.contains("=?")
        && !text.contains("  ")
        && !text.starts_with(' ')
        && !text.ends_with(' ')
}

/// `Wed, 1 May 2024 16:00:00 +0800`; `None` for years that mails cannot bear.
pub(crate) fn date(local: Local) -> Option<String> {
    let (year, month, day) = local.date();
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    if !(1900..=9999).contains(&year) {
        return None;
    }
    let (hour, minute, second) = (
        local.second / 3600,
        local.second / 60 % 60,
        local.second % 60,
    );
    let offset = local.offset_seconds();
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    Some(format!(
        "{}, {day} {} {year} {hour:02}:{minute:02}:{second:02} {sign}{hours:02}{minutes:02}",
        weekday(local),
        MONTHS.get(month)?
    ))
}

/// `Wed May  1 08:00:00 2024`, as the line between two mails of a mailbox has it.
pub(crate) fn separator_date(utc: Local) -> String {
    let (year, month, day) = utc.date();
    let month = usize::try_from(month)
        .ok()
        .and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match month.filter(|_| (1900..=9999).contains(&year)) {
        Some(month) => format!(
            "{} {month} {day:>2} {:02}:{:02}:{:02} {year}",
            weekday(utc),
            utc.second / 3600,
            utc.second / 60 % 60,
            utc.second % 60
        ),
        None => "Thu Jan  1 00:00:00 1970".to_owned(),
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn weekday(local: Local) -> &'static str {
    // 1970-01-01 was a Thursday.
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    usize::try_from(local.day.rem_euclid(7))
        .ok()
        .and_then(|day| DAYS.get(day))
        .unwrap_or(&"Thu")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use hutong_model::Timestamp;
    use proptest::prelude::*;

    fn field(write: impl FnOnce(&mut Head<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Head::new(&mut out, LineEnd::CrLf));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fields_are_as_the_standards_want_them() {
        assert_eq!(
            field(|head| head.text("Subject", "hello")),
            "Subject: hello\r\n"
        );
        assert_eq!(
            field(|head| head.text("Subject", "周末")),
            "Subject: =?UTF-8?B?5ZGo5pyr?=\r\n"
        );
        let person = Mailbox::new("O\"Brien, Bob\\", "a b@c", "qq.invalid");
        assert_eq!(
            field(|head| head.people("From", &[person])),
            "From: \"O\\\"Brien, Bob\\\\\" <a=20b=40c@qq.invalid>\r\n"
        );
        assert_eq!(
            field(|head| head.file("Content-Disposition", "attachment", "filename", "a b.txt")),
            "Content-Disposition: attachment; filename=\"a b.txt\"\r\n"
        );
        assert_eq!(
            field(|head| head.file("Content-Disposition", "attachment", "filename", "账.txt")),
            "Content-Disposition: attachment; filename*=UTF-8''%E8%B4%A6.txt\r\n"
        );
    }

    #[test]
    fn a_line_end_in_a_name_makes_no_field() {
        let text = field(|head| head.text("Subject", "a\r\nBcc: evil@example.com\u{2028}x\u{85}y"));
        assert_eq!(text, "Subject: a Bcc: evil@example.com x y\r\n");
        let person = Mailbox::new("x\"\r\nBcc: evil", "a\r\nb", "qq.invalid");
        let text = field(|head| head.people("From", &[person]));
        assert_eq!(text.matches("\r\n").count(), 1, "{text}");
    }

    #[test]
    fn dates_are_those_of_mails() {
        let mut clock = Clock::new(&jiff::tz::TimeZone::get("Asia/Shanghai").unwrap());
        let at = clock.local(Timestamp(1_714_550_400_123));
        assert_eq!(date(at).unwrap(), "Wed, 1 May 2024 16:00:00 +0800");
        let mut utc = Clock::new(&jiff::tz::TimeZone::UTC);
        let at = utc.local(Timestamp(1_714_550_400_123));
        assert_eq!(separator_date(at), "Wed May  1 08:00:00 2024");
        assert_eq!(date(utc.local(Timestamp(i64::MAX))), None);
        assert_eq!(date(utc.local(Timestamp(i64::MIN))), None);
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_none_begins_a_field(text in "\\PC{0,300}|[a-z =?\\r\\n\\u{4e00}-\\u{4eff}]{0,300}") {
            let person = Mailbox::new(&text, &text, "wechat.invalid");
            let fields = field(|head| {
                head.text("Subject", &text);
                head.people("To", &[person.clone(), person]);
                head.file("Content-Disposition", "attachment", "filename", &text);
            });
            prop_assert!(fields.is_ascii());
            for line in fields.split_terminator("\r\n") {
                prop_assert!(line.len() <= 100, "{}", line);
                let is_field = ["Subject:", "To:", "Content-Disposition:"].iter().any(|name| line.starts_with(name));
                prop_assert!(is_field || line.starts_with(' '), "{}", line);
                prop_assert!(!line.trim().is_empty());
            }
        }
    }
}
