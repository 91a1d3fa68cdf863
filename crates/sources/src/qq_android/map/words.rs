//! Texts, faces inside them, tips and other things that the client says.

use std::borrow::Cow;

use hutong_model::{Nudge, Part, System, SystemEvent};
use serde_json::Value;

use super::super::body::{Tip, TipMore};
use super::super::tables::MessageRow;
use super::{BAD_TEXT, Mapper, unread};
use crate::qq::wire::{Fields, length_delimited};

/// Stands before the number of a face.
const FACE: char = '\u{14}';
/// Stands before the fields of files and calls.
const MARK: char = '\u{16}';
/// Nested bodies are searched for words to this depth.
const DEPTH: u8 = 4;

impl Mapper<'_> {
    /// Bytes as text; what is not UTF-8 is noted and replaced.
    pub(super) fn words<'t>(&mut self, bytes: &'t [u8]) -> Cow<'t, str> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => {
                self.note(BAD_TEXT);
                String::from_utf8_lossy(bytes)
            }
        }
    }

    pub(super) fn text_part(&mut self, data: &[u8]) -> Part {
        let text = self.words(data);
        Part::text(with_faces(&text))
    }

    /// The fields of a text that begins with a mark and has bars between them.
    pub(super) fn fields(&mut self, data: &[u8]) -> Vec<String> {
        let text = self.words(data);
        text.trim_start_matches(MARK)
            .split('|')
            .map(str::to_owned)
            .collect()
    }

    /// A gray tip, as protobuf or as text.
    pub(super) fn tip(&mut self, row: &MessageRow) -> Part {
        match tip_words(&row.data) {
            Some(text) => system(text, None),
            None => unread(row.kind, &row.data),
        }
    }

    /// What the client says in words.
    pub(super) fn notice(&mut self, row: &MessageRow, event: Option<SystemEvent>) -> Part {
        match readable(&row.data).or_else(|| tip_words(&row.data)) {
            Some(text) => system(text, event),
            None if row.data.is_empty() => system(String::new(), event),
            None => unread(row.kind, &row.data),
        }
    }

    /// A poke or a bouncing face: JSON with the words in `msg`.
    pub(super) fn nudge(&mut self, row: &MessageRow) -> Part {
        let text = serde_json::from_slice::<Value>(&row.data)
            .ok()
            .and_then(|json| {
                ["msg", "text", "summary"]
                    .iter()
                    .find_map(|name| json.get(name)?.as_str().map(str::to_owned))
            })
            .or_else(|| embedded_message(&row.data));
        let Some(text) = text else {
            return unread(row.kind, &row.data);
        };
        let actor = self.sender(row);
        let peer = (row.friend != row.sender).then_some(&row.friend);
        let own = Some(&row.own).filter(|own| **own != row.sender && !own.is_empty());
        // Between two, the one who did not poke was poked.
        let target = peer
            .filter(|_| row.sender == row.own)
            .or(own)
            .filter(|_| row.kind == -5012)
            .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            .cloned();
        let target = target
            .filter(|number| !number.is_empty())
            .map(|number| self.book.account(&number));
        Part::Nudge(Box::new(Nudge {
            actor,
            target,
            text,
        }))
    }
}

/// The value of `"msg"` in JSON that other bytes surround.
fn embedded_message(data: &[u8]) -> Option<String> {
    let start = data.iter().position(|byte| *byte == b'{')?;
    let mut stream = serde_json::Deserializer::from_slice(data.get(start..)?).into_iter::<Value>();
    let json = stream.next()?.ok()?;
    json.get("msg")?.as_str().map(str::to_owned)
}

/// The words of a tip.
pub(super) fn tip_words(data: &[u8]) -> Option<String> {
    let mut fields = Fields::new(data);
    let is_whole = fields.by_ref().count() > 0 && fields.unread().is_empty();
    if is_whole {
        let tip = Tip::read(data);
        let detail = tip
            .more
            .and_then(|more| TipMore::read(more).detail.and_then(readable));
        if let Some(text) = tip.text.and_then(readable).or(detail) {
            return Some(text);
        }
    }
    readable(data).or_else(|| {
        let found = inner_words(data, 0);
        (!found.is_empty()).then(|| found.join(" "))
    })
}

/// Texts inside a protobuf body whose fields are not known.
pub(super) fn inner_words(data: &[u8], depth: u8) -> Vec<String> {
    let mut found = Vec::new();
    for bytes in length_delimited(data) {
        let text = readable(bytes).filter(|text| !text.is_ascii() || text.contains(' '));
        match text {
            Some(text) => found.push(text),
            None if depth < DEPTH => found.extend(inner_words(bytes, depth + 1)),
            None => {}
        }
        if found.len() > 100 {
            break;
        }
    }
    found
}

/// A system event; what happened is told by its words where the kind does not.
pub(super) fn system(text: String, event: Option<SystemEvent>) -> Part {
    let event = event.unwrap_or_else(|| meaning(&text));
    Part::System(Box::new(System {
        event,
        text,
        accounts: Vec::new(),
    }))
}

fn meaning(text: &str) -> SystemEvent {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["撤回"]) {
        SystemEvent::Recalled
    } else if has(&["加入了", "加入本群", "进群", "加入群"]) {
        SystemEvent::Joined
    } else if has(&["退出了", "移出了", "被移出", "退群"]) {
        SystemEvent::Left
    } else if has(&["群名称", "群名改", "修改群名"]) {
        SystemEvent::Renamed
    } else if has(&["禁言"]) {
        SystemEvent::Muted
    } else if has(&["红包", "转账"]) {
        SystemEvent::Payment
    } else {
        SystemEvent::Notice
    }
}

/// Text without control characters; absent when the bytes are something else, or blank.
pub(super) fn readable(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_text = text
        .chars()
        .all(|letter| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t' | MARK | FACE));
    let text = text.trim_start_matches(MARK);
    (is_text && !text.trim().is_empty()).then(|| text.to_owned())
}

/// Faces as labels, and one kind of line break.
pub(super) fn with_faces(text: &str) -> String {
    if !text.contains([FACE, '\r']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            FACE => match letters.next() {
                Some(number) => {
                    out.push_str("[表情");
                    out.push_str(&u32::from(number).to_string());
                    out.push(']');
                }
                None => out.push(letter),
            },
            '\r' => {
                letters.next_if_eq(&'\n');
                out.push('\n');
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_become_labels() {
        assert_eq!(with_faces("好\u{14}\u{17}的\r\n行\r"), "好[表情23]的\n行\n");
        assert_eq!(with_faces("\u{14}"), "\u{14}");
    }

    #[test]
    fn tips_are_protobuf_or_text() {
        assert_eq!(
            tip_words("小明撤回了一条消息".as_bytes()).unwrap(),
            "小明撤回了一条消息"
        );
        let text = "邀请你";
        let mut body = vec![0x2A, u8::try_from(text.len()).unwrap()];
        body.extend(text.as_bytes());
        assert_eq!(tip_words(&body).unwrap(), text);
        // 9 { 8: detail }
        let mut inner = vec![0x42, u8::try_from(text.len()).unwrap()];
        inner.extend(text.as_bytes());
        let mut body = vec![0x4A, u8::try_from(inner.len()).unwrap()];
        body.extend(&inner);
        assert_eq!(tip_words(&body).unwrap(), text);
        assert_eq!(tip_words(&[0xFF, 0xFE, 0]), None);
    }
}
