//! A body becomes parts: text and faces run together, everything else stands alone.

use std::borrow::Cow;

use hutong_model::{Mention, Part, Text, Unknown};

use super::super::decode::{self, Element, Elements, kind};
use super::super::tables::MessageRow;
use super::{Mapper, Scope, is_placeholder, kind as message_kind, unknown};

const BROKEN: &str = "the body ends inside a field; the unread bytes are kept";

/// Text, faces and mentions that follow each other.
#[derive(Debug, Default)]
pub(super) struct Run {
    text: String,
    mentions: Vec<Mention>,
    is_open: bool,
}

impl Run {
    pub(super) fn push(&mut self, text: Cow<'_, str>) {
        self.is_open = true;
        if self.text.is_empty() {
            self.text = text.into_owned();
        } else {
            self.text.push_str(&text);
        }
    }

    fn flush(&mut self, parts: &mut Vec<Part>) {
        if self.is_open {
            let run = std::mem::take(self);
            if parts.is_empty() {
                parts.reserve_exact(1);
            }
            parts.push(Part::Text(Text {
                text: run.text,
                mentions: run.mentions,
            }));
        }
    }
}

impl Mapper<'_> {
    /// The parts of a row; never empty.
    pub(super) fn row_parts(&mut self, row: &MessageRow<'_>, scope: Scope) -> Vec<Part> {
        let mut parts = self.parts(row.body, row.cached, scope);
        let has = |parts: &[Part], wanted: fn(&Part) -> bool| parts.iter().any(wanted);
        match row.kind {
            message_kind::FORWARD if !has(&parts, |part| matches!(part, Part::Forward(_))) => {
                parts.extend(self.cached_forward(row.cached, scope));
            }
            message_kind::REPLY if !has(&parts, |part| matches!(part, Part::Quote(_))) => {
                if let Some(quote) = self.cached_quote(row.cached, scope) {
                    parts.insert(0, quote);
                }
            }
            _ => {}
        }
        let kind = || format!("message {}/{}", row.kind, row.sub_kind);
        if parts.is_empty() {
            parts.push(unknown(kind(), row.body));
        } else if is_placeholder(row) {
            // The row counts as unknown, yet what is left of the message stays.
            parts.insert(0, unknown(kind(), &[]));
        }
        parts
    }

    /// The parts of a body; `cached` holds the messages that came with it.
    pub(super) fn parts(&mut self, body: &[u8], cached: &[u8], scope: Scope) -> Vec<Part> {
        let mut elements = Elements::new(body);
        let mut parts = self.element_parts(
            &mut elements,
            &|| is_lone(Elements::new(body)),
            cached,
            scope,
        );
        if !elements.unread().is_empty() {
            self.note(BROKEN);
            parts.push(unknown("damaged body", elements.unread()));
        }
        parts
    }

    /// The parts of elements that stand one after another.
    pub(super) fn element_parts<'e>(
        &mut self,
        elements: &mut dyn Iterator<Item = Element<'e>>,
        is_lone: &dyn Fn() -> bool,
        cached: &[u8],
        scope: Scope,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut run = Run::default();
        for element in elements {
            match element.kind {
                Some(kind::TEXT) => self.push_text(element.raw, &mut run),
                Some(kind::FACE) => {
                    if let Some(part) = self.face(element.raw, is_lone, scope, &mut run) {
                        run.flush(&mut parts);
                        parts.push(part);
                    }
                }
                _ => {
                    run.flush(&mut parts);
                    self.push_element(element, is_lone, cached, scope, &mut parts);
                }
            }
        }
        run.flush(&mut parts);
        parts
    }

    fn push_text(&mut self, raw: &[u8], run: &mut Run) {
        let element = decode::Text::read(raw);
        let text = self.text(element.text.unwrap_or_default());
        let uin = element.at_uin.unwrap_or(0);
        let at_type = element.at_type.unwrap_or(0);
        if at_type != 0 || uin != 0 || element.at_uid.is_some() {
            let mention = self.mention(
                text.trim(),
                at_type,
                uin,
                element.at_uid.unwrap_or_default(),
            );
            run.mentions.push(mention);
        }
        run.push(with_line_breaks(text));
    }

    fn mention(&mut self, name: &str, at_type: u64, uin: u64, uid: &[u8]) -> Mention {
        let is_everyone = at_type == 1 || uid == b"all";
        let person = if is_everyone {
            None
        } else {
            self.directory.person(uid, uin)
        };
        Mention {
            account: person.map(|person| self.directory.account(person)),
            native_id: person.map(|person| self.directory.native_id(person)),
            name: name.to_owned(),
            is_everyone,
        }
    }

    fn push_element(
        &mut self,
        element: Element<'_>,
        is_lone: &dyn Fn() -> bool,
        cached: &[u8],
        scope: Scope,
        parts: &mut Vec<Part>,
    ) {
        let raw = element.raw;
        let part = match element.kind {
            Some(kind::PICTURE) => self.picture(raw, is_lone, scope),
            Some(kind::FILE | kind::ONLINE_FILE | kind::ONLINE_FOLDER) => self.file(raw, scope),
            Some(kind::VOICE) => self.voice(raw, scope),
            Some(kind::VIDEO) => self.video(raw, scope),
            Some(kind::REPLY) => self.quote(raw, cached, scope),
            Some(kind::GRAY_TIP) => return self.gray_tip(raw, scope, parts),
            Some(kind::WALLET) => self.payment(raw, scope),
            Some(kind::ARK) => self.ark(raw, cached, scope),
            Some(kind::MARKET_FACE) => self.market_face(raw),
            Some(kind::MARKDOWN) => return self.markdown(raw, parts),
            Some(kind::FORWARD) => self.forward(raw, cached, scope),
            Some(kind::KEYBOARD) => self.keyboard(raw),
            Some(kind::CALL) => self.call(raw),
            Some(kind::QZONE) => self.qzone(raw),
            Some(kind::BUBBLE) => self.bubble(raw),
            Some(kind::SHARED_PLACE) => self.shared_place(raw),
            Some(other) => unknown_element(format!("element {other}"), raw),
            None => unknown_element("element without a type".to_owned(), raw),
        };
        parts.push(part);
    }
}

/// An element of a kind that we do not know: its bytes, and what in them reads like words.
fn unknown_element(kind: String, raw: &[u8]) -> Part {
    let words = decode::words(raw);
    let text = (!words.is_empty()).then(|| words.join(" "));
    Part::Unknown(Box::new(Unknown {
        kind,
        text,
        raw: raw.to_vec(),
    }))
}

/// Whether an element stands alone, a quote before it left aside.
pub(super) fn is_lone<'e>(elements: impl Iterator<Item = Element<'e>>) -> bool {
    elements
        .filter(|element| element.kind != Some(kind::REPLY))
        .nth(1)
        .is_none()
}

/// Old clients broke lines with carriage returns, and rows brought over from still older ones with NUL.
pub(super) fn with_line_breaks(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'\r' | 0)) {
        return text;
    }
    Cow::Owned(text.replace("\r\n", "\n").replace(['\r', '\0'], "\n"))
}
