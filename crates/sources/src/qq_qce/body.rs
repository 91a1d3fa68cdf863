//! The content of a message: elements where there are any, else text, resources and what the message type says.

use hutong_model::{Card, Forward, Part, Payment, PaymentKind, Sticker, Unknown};

use super::element::{Elements, Run, bare};
use crate::json_stream::Node;
use crate::qq::card;

/// Message types (40011) of the older generation that text and resources do not tell.
mod kind {
    pub(super) const FORWARD: i64 = 8;
    pub(super) const WALLET: i64 = 10;
    pub(super) const ARK: i64 = 11;
    pub(super) const STICKER: i64 = 17;
    pub(super) const CALL: i64 = 19;
}

/// Labels that stand in a text where a resource belongs.
const LABELS: &[(&str, &str)] = &[
    ("图片", "image"),
    ("动画表情", "image"),
    ("image", "image"),
    ("视频", "video"),
    ("video", "video"),
    ("语音", "audio"),
    ("音频", "audio"),
    ("audio", "audio"),
    ("文件", "file"),
    ("file", "file"),
];

impl Elements<'_> {
    /// The parts of a message; none when it holds nothing.
    pub(super) fn body(&mut self, message: &Node<'_>) -> Vec<Part> {
        let content = message.get("content");
        let resources = content.get("resources").list();
        let elements = content.get("elements").list();
        let elements = if elements.is_empty() {
            message.get("elements").list()
        } else {
            elements
        };
        // Elements of the client itself have other fields; the older generation keeps them in `rawMessage` only.
        let are_ours = elements
            .iter()
            .any(|element| !element.get("type").is_null());
        if are_ours {
            return match self.rendered(message, elements) {
                Some(parts) => parts,
                None => self.parts(elements, resources),
            };
        }
        let text = match content {
            Node::Object(_) => content.get("text").text(),
            _ => content.text().or_else(|| message.get("text").text()),
        };
        let text = text.unwrap_or_default();
        let mut parts = Vec::new();
        let reply = content.get("reply");
        if reply.is_object() {
            parts.push(self.reply(reply));
        }
        let code = message.get("messageType").integer();
        if let Some(part) = self.by_code(code, &text, content) {
            parts.push(part);
            return parts;
        }
        self.mixed(&text, resources, content, &mut parts);
        parts
    }

    /// Kinds that only the message type tells.
    fn by_code(&mut self, code: Option<i64>, text: &str, content: &Node<'_>) -> Option<Part> {
        let words = Some(text.trim().to_owned()).filter(|words| !words.is_empty());
        Some(match code? {
            kind::FORWARD => {
                let forward = content.first(&["forward", "multiForward"]);
                if forward.is_object() {
                    return Some(self.forward(forward));
                }
                Part::Forward(Box::new(Forward {
                    title: words.map(|words| bare(&words).to_owned()),
                    ..Forward::default()
                }))
            }
            kind::WALLET => Part::Payment(Box::new(Payment {
                kind: if text.contains("转账") {
                    PaymentKind::Transfer
                } else {
                    PaymentKind::RedPacket
                },
                note: words,
                payer: self.sender,
                ..Payment::default()
            })),
            kind::ARK => match card::part(text.to_owned()) {
                Ok(part) => part,
                Err(_) => Part::Card(Box::new(Card {
                    title: words,
                    ..Card::default()
                })),
            },
            kind::STICKER => Part::Sticker(Box::new(Sticker {
                meaning: words.map(|words| bare(&words).to_owned()),
                ..Sticker::default()
            })),
            kind::CALL => Part::Call(Box::new(hutong_model::Call {
                kind: if text.contains("视频") {
                    hutong_model::CallKind::Video
                } else {
                    hutong_model::CallKind::Voice
                },
                duration_ms: crate::json_export::clock(text).map(|seconds| seconds * 1000),
                text: words,
                ..hutong_model::Call::default()
            })),
            _ => return None,
        })
    }

    /// Text with the resources where their labels stand; those without a label follow.
    fn mixed(
        &mut self,
        text: &str,
        resources: &[Node<'_>],
        content: &Node<'_>,
        parts: &mut Vec<Part>,
    ) {
        let mut used = vec![false; resources.len()];
        let mut run = Run::default();
        let mut rest = text;
        while let Some(open) = rest.find('[') {
            let (before, from) = rest.split_at(open);
            let found = label(from).and_then(|(length, kind)| {
                let index = resources.iter().enumerate().position(|(index, resource)| {
                    used.get(index) == Some(&false)
                        && resource.get("type").str().unwrap_or("image") == kind
                })?;
                Some((length, kind, index))
            });
            let Some((length, kind, index)) = found else {
                let (bracket, after) = from.split_at(1);
                run.push(before);
                run.push(bracket);
                rest = after;
                continue;
            };
            if !before.is_empty() {
                run.push(before);
            }
            run.flush(parts);
            if let (Some(used), Some(resource)) = (used.get_mut(index), resources.get(index)) {
                *used = true;
                parts.push(self.resource(kind, resource));
            }
            rest = from.get(length..).unwrap_or_default();
        }
        if !rest.is_empty() {
            run.push(rest);
        }
        run.flush(parts);
        for (resource, _) in resources.iter().zip(&used).filter(|(_, used)| !**used) {
            let kind = resource.get("type").text().unwrap_or_default();
            parts.push(self.resource(&kind, resource));
        }
        let is_empty = parts.is_empty();
        for emoji in content.get("emojis").list().iter().filter(|_| is_empty) {
            let data = if emoji.get("data").is_object() {
                emoji.get("data")
            } else {
                emoji
            };
            let name = data.first(&["name", "text", "summary"]).words();
            parts.push(Part::Sticker(Box::new(Sticker {
                meaning: name.map(|name| bare(&name).to_owned()),
                ..Sticker::default()
            })));
        }
    }

    fn resource(&mut self, kind: &str, resource: &Node<'_>) -> Part {
        let kind = match kind {
            "image" | "video" | "audio" | "file" => kind,
            _ => {
                return Part::Unknown(Box::new(Unknown {
                    kind: format!("qce resource {kind}"),
                    text: resource.get("filename").words(),
                    raw: resource.to_json().into_bytes(),
                }));
            }
        };
        let element = Node::Object(vec![
            ("type".into(), Node::Text(kind.to_owned().into())),
            ("data".into(), resource.clone()),
        ]);
        self.parts(std::slice::from_ref(&element), &[])
            .into_iter()
            .next()
            .unwrap_or_else(|| Part::text(""))
    }
}

/// Length and kind of the label that a text begins with: `[图片]`, `[图片: a.jpg]`.
pub(super) fn label(text: &str) -> Option<(usize, &'static str)> {
    let inside = text.strip_prefix('[')?;
    let (name, kind) = LABELS.iter().find(|(name, _)| {
        inside
            .get(..name.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(name))
    })?;
    let rest = inside.get(name.len()..)?;
    if !rest.starts_with([']', ':', '：', ' ']) {
        return None;
    }
    let end = rest.find(']')?;
    Some((1 + name.len() + end + 1, kind))
}
