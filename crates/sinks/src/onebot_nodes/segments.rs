//! Messages become nodes, and what they hold becomes segments.

use hutong_model::{Attachment, Forward, ForwardedMessage, Message, Part};

use super::people::{Face, Numbers};
use super::{MOST_NODES, mask};
use crate::WriteError;
use crate::attachments::Attachments;
use crate::json::Object;
use crate::paint::{Form, Placed, Shelf, base64};
use crate::scribe::Scribe;

/// Cards inside cards are sent down to this depth, which is as deep as QQ takes them; what lies deeper is told in words.
const DEEPEST: usize = 3;

/// Turns messages into nodes.
pub(super) struct Writer<'a> {
    pub(super) scribe: Scribe<'a>,
    pub(super) attachments: Attachments<'a>,
    pub(super) numbers: Numbers<'a>,
}

/// Segments of one node, and words that wait to become the next one.
#[derive(Default)]
struct Content {
    json: Vec<u8>,
    words: String,
}

impl Content {
    fn next(&mut self) -> &mut Vec<u8> {
        if !self.json.is_empty() {
            self.json.push(b',');
        }
        &mut self.json
    }

    fn flush(&mut self) {
        let words = self.words.trim_end_matches('\n');
        if words.is_empty() {
            self.words.clear();
            return;
        }
        let mut text = String::with_capacity(words.len());
        text.extend(
            words
                .chars()
                .map(|character| crate::text::control_picture(character).unwrap_or(character)),
        );
        self.words.clear();
        segment("text", "text", &text, self.next());
    }
}

/// `{"type":"text","data":{"text":"…"}}`.
fn segment(kind: &str, key: &str, value: &str, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.text("type", kind);
    let mut data = object.object("data");
    data.text(key, value);
    data.close();
    object.close();
}

impl Writer<'_> {
    /// Appends the nodes of a message: one, unless it holds bundles that are larger than a card.
    pub(super) fn message(
        &mut self,
        message: &Message,
        nodes: &mut Vec<Vec<u8>>,
    ) -> Result<(), WriteError> {
        let masked;
        let (person, shown) = self.scribe.sender(message);
        let is_somebody = message.sender.is_some() || message.sender_name.is_some();
        let shown = if is_somebody {
            shown
        } else {
            self.scribe.language.pick("系统消息", "Notice")
        };
        let face = self.numbers.face(message.sender, person.native_id, shown);
        let message = if self.numbers.hides() {
            masked = mask::message(message, &mut self.numbers);
            &masked
        } else {
            message
        };
        let mut words = String::new();
        self.scribe.write_notes(message, &mut words);
        let time = Some(message.sent_at.seconds());
        self.parts(&message.parts, &words, &face, time, 0, nodes)
    }

    /// Appends nodes that hold these parts and the notes behind them.
    fn parts(
        &mut self,
        parts: &[Part],
        notes: &str,
        face: &Face,
        time: Option<i64>,
        depth: usize,
        nodes: &mut Vec<Vec<u8>>,
    ) -> Result<(), WriteError> {
        let first = nodes.len();
        let mut content = Content::default();
        let mut from = 0;
        for (index, part) in parts.iter().enumerate() {
            let is_own = match part {
                Part::Image(_) | Part::Video(_) | Part::Sticker(_) => true,
                Part::Forward(forward) => !forward.messages.is_empty() && depth + 1 < DEEPEST,
                _ => false,
            };
            if !is_own {
                continue;
            }
            self.words(
                parts.get(from..index).unwrap_or_default(),
                depth,
                &mut content,
            );
            from = index + 1;
            match part {
                Part::Image(image) => {
                    self.picture("image", &image.attachment, part, depth, &mut content)?;
                }
                Part::Sticker(sticker) => {
                    self.picture("image", &sticker.attachment, part, depth, &mut content)?;
                }
                Part::Video(video) => {
                    self.picture("video", &video.attachment, part, depth, &mut content)?;
                }
                Part::Forward(forward) => {
                    // A card inside a card stands alone in its node.
                    content.flush();
                    if !content.json.is_empty() {
                        nodes.push(node(face, time, None, &std::mem::take(&mut content.json)));
                    }
                    self.bundle(forward, face, time, depth, nodes)?;
                }
                _ => {}
            }
        }
        self.words(parts.get(from..).unwrap_or_default(), depth, &mut content);
        content.words.push_str(notes);
        content.flush();
        if content.json.is_empty() && nodes.len() == first {
            // QQ refuses a message that holds nothing.
            let empty = self.scribe.language.pick("（空）", "(empty)");
            segment("text", "text", empty, content.next());
        }
        if !content.json.is_empty() {
            nodes.push(node(face, time, None, &content.json));
        }
        Ok(())
    }

    /// Appends words.
    fn words(&mut self, parts: &[Part], depth: usize, content: &mut Content) {
        self.scribe.write_parts(parts, depth, &mut content.words);
    }

    /// A picture or film as a segment, or in words where its bytes are not to be had or not wanted.
    fn picture(
        &mut self,
        kind: &str,
        attachment: &Attachment,
        part: &Part,
        depth: usize,
        content: &mut Content,
    ) -> Result<(), WriteError> {
        let placed = if attachment.is_present() {
            self.attachments.place(attachment, Form::Original)?
        } else {
            Placed::Missing
        };
        let file = match placed {
            Placed::Held(held) => held.address.clone(),
            Placed::Inline(inline) => {
                let mut file = b"base64://".to_vec();
                base64::write(&inline.content, &mut file);
                String::from_utf8(file).unwrap_or_default()
            }
            Placed::Missing | Placed::LeftOut => {
                self.words(std::slice::from_ref(part), depth, content);
                return Ok(());
            }
        };
        content.flush();
        let out = content.next();
        let mut object = Object::open(out);
        object.text("type", kind);
        let mut data = object.object("data");
        data.text("file", &file);
        if let Part::Sticker(sticker) = part {
            // 1 says that a picture is a sticker; clients that do not know the field show a picture.
            data.number("sub_type", 1);
            let meaning = sticker.meaning.as_deref();
            data.text_if(
                "summary",
                meaning.map(|words| format!("[{words}]")).as_deref(),
            );
        }
        data.text_if("name", attachment.name.as_deref());
        data.close();
        object.close();
        Ok(())
    }

    /// A bundle as nodes that hold nodes, at most a card full each.
    fn bundle(
        &mut self,
        forward: &Forward,
        face: &Face,
        time: Option<i64>,
        depth: usize,
        nodes: &mut Vec<Vec<u8>>,
    ) -> Result<(), WriteError> {
        let mut inner = Vec::new();
        for message in &forward.messages {
            self.forwarded(message, depth + 1, &mut inner)?;
        }
        let title = forward.title.as_deref();
        let title = title.filter(|title| !title.trim().is_empty());
        for card in inner.chunks(MOST_NODES) {
            nodes.push(node(face, time, title, &card.join(&b','.to_owned())));
        }
        Ok(())
    }

    fn forwarded(
        &mut self,
        message: &ForwardedMessage,
        depth: usize,
        nodes: &mut Vec<Vec<u8>>,
    ) -> Result<(), WriteError> {
        let name = self
            .scribe
            .name_of(
                message.sender,
                message.sender_name.as_deref(),
                message.sender_native_id.as_deref(),
            )
            .to_owned();
        let face = self
            .numbers
            .face(message.sender, message.sender_native_id.as_deref(), &name);
        let time = message.sent_at.map(hutong_model::Timestamp::seconds);
        self.parts(&message.parts, "", &face, time, depth, nodes)
    }
}

/// One node. Ids and names are said in both spellings that clients know; `title` is that of the card it holds.
fn node(face: &Face, time: Option<i64>, title: Option<&str>, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 160);
    let mut node = Object::open(&mut out);
    node.text("type", "node");
    let mut data = node.object("data");
    data.text("user_id", &face.number);
    data.text("nickname", &face.name);
    data.text("uin", &face.number);
    data.text("name", &face.name);
    if let Some(time) = time {
        data.number("time", time);
    }
    data.text_if("source", title);
    let list = data.key("content");
    list.push(b'[');
    list.extend_from_slice(content);
    list.push(b']');
    data.close();
    node.close();
    out
}
