//! Segments become parts.

use hutong_model::{
    AccountId, Attachment, Card, Contact, File, Forward, ForwardedMessage, Image, Link, Mention,
    Nudge, Part, Payment, PaymentKind, Place, Sticker, Text, Unknown, Video, Voice,
};
use jiff::tz::TimeZone;

use super::cq;
use crate::json_export::{Files, QqPeople, moment, picture};
use crate::json_stream::Node;
use crate::qq::{bundle, card, faces};

/// Bundles inside bundles are followed to this depth.
const DEPTH: u8 = 16;

/// Turns segments into parts.
pub(super) struct Segments<'a> {
    pub(super) people: &'a mut QqPeople,
    pub(super) files: Files<'a>,
    pub(super) zone: &'a TimeZone,
    pub(super) sender: Option<AccountId>,
    /// The message that is answered: its id there, and its sequence.
    pub(super) reply: Option<(String, Option<i64>)>,
    pub(super) depth: u8,
}

#[derive(Default)]
struct Run {
    text: String,
    mentions: Vec<Mention>,
    is_begun: bool,
}

impl Run {
    fn push(&mut self, text: &str) {
        self.is_begun = true;
        self.text.push_str(text);
    }

    fn flush(&mut self, parts: &mut Vec<Part>) {
        if std::mem::take(&mut self.is_begun) {
            parts.push(Part::Text(Text {
                text: std::mem::take(&mut self.text),
                mentions: std::mem::take(&mut self.mentions),
            }));
        }
    }
}

/// The emoji of a reaction or face: short numbers name built-in faces, longer ones Unicode characters.
pub(super) fn emoji(id: &str) -> String {
    let Ok(number) = id.parse::<u32>() else {
        return id.to_owned();
    };
    if id.len() < 5 {
        return faces::name(u64::from(number))
            .map_or_else(|| id.to_owned(), |name| format!("/{name}"));
    }
    char::from_u32(number)
        .filter(|letter| !letter.is_control())
        .map_or_else(|| id.to_owned(), String::from)
}

/// `[贴贴]` and `/贴贴` mean 贴贴.
fn bare(words: &str) -> String {
    let words = words.trim();
    words
        .strip_prefix('[')
        .and_then(|words| words.strip_suffix(']'))
        .or_else(|| words.strip_prefix('/'))
        .filter(|words| !words.is_empty())
        .unwrap_or(words)
        .to_owned()
}

impl Segments<'_> {
    /// The parts of a message: a list of segments, one segment, or a CQ text.
    pub(super) fn message(&mut self, message: &Node<'_>) -> Vec<Part> {
        match message {
            Node::List(list) => self.parts(list),
            Node::Object(_) => self.parts(std::slice::from_ref(message)),
            Node::Text(text) => self.parts(&cq::segments(text)),
            Node::Null => Vec::new(),
            other => vec![Part::text(other.text().unwrap_or_default())],
        }
    }

    fn parts(&mut self, segments: &[Node<'_>]) -> Vec<Part> {
        let mut parts = Vec::with_capacity(segments.len().min(8));
        let mut run = Run::default();
        let mut nodes = Vec::new();
        let is_lone = segments.len() == 1;
        for segment in segments {
            let kind = segment.get("type").text().unwrap_or_default();
            let data = segment.get("data");
            if &*kind != "node" {
                self.bundle(&mut nodes, &mut parts);
            }
            match &*kind {
                "text" => run.push(&data.get("text").text().unwrap_or_default()),
                "at" | "mention" | "mention_all" => self.mention(&kind, data, &mut run),
                "face" if !(is_lone && is_big(data)) => run.push(&face_words(data)),
                // Says only that the sender is hidden.
                "anonymous" => {}
                "reply" => {
                    let id = data.first(&["id", "message_id"]).words();
                    if let Some(id) = id
                        && self.depth == 0
                    {
                        self.reply.get_or_insert((id, data.get("seq").integer()));
                    }
                }
                "node" => {
                    run.flush(&mut parts);
                    nodes.push(self.forwarded(segment));
                }
                _ => {
                    run.flush(&mut parts);
                    parts.push(self.part(&kind, data, segment));
                }
            }
        }
        run.flush(&mut parts);
        self.bundle(&mut nodes, &mut parts);
        parts
    }

    /// Nodes in a row are one bundle.
    fn bundle(&self, nodes: &mut Vec<ForwardedMessage>, parts: &mut Vec<Part>) {
        if !nodes.is_empty() {
            parts.push(Part::Forward(Box::new(Forward {
                messages: std::mem::take(nodes),
                ..Forward::default()
            })));
        }
    }

    fn mention(&mut self, kind: &str, data: &Node<'_>, run: &mut Run) {
        let id = data
            .first(&["qq", "user_id", "id"])
            .text()
            .unwrap_or_default()
            .trim()
            .to_owned();
        let is_everyone = kind == "mention_all" || id == "all" || id == "0";
        let name = data.first(&["name", "text"]).words();
        let shown = match name {
            Some(name) if name.starts_with('@') => name,
            Some(name) => format!("@{name}"),
            None if is_everyone => "@全体成员".to_owned(),
            None => format!("@{}", self.people.name_of(&id)),
        };
        let native_id = Some(id).filter(|id| !is_everyone && !id.is_empty());
        let account = native_id
            .as_deref()
            .map(|id| self.people.account(id, Some(shown.trim_start_matches('@'))));
        run.push(&shown);
        run.mentions.push(Mention {
            account,
            native_id,
            name: shown,
            is_everyone,
        });
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of segment")]
    fn part(&mut self, kind: &str, data: &Node<'_>, segment: &Node<'_>) -> Part {
        let words = |keys: &[&str]| data.first(keys).words();
        match kind {
            "image" | "cardimage" => {
                let attachment = self.attachment(data);
                let is_sticker = data.get("sub_type").integer() == Some(1)
                    || words(&["summary"]).as_deref() == Some("[动画表情]");
                if is_sticker {
                    return Part::Sticker(Box::new(Sticker {
                        attachment,
                        meaning: words(&["summary"]).map(|words| bare(&words)),
                        ..Sticker::default()
                    }));
                }
                let pixels = |key: &str| {
                    let number = data.get(key).unsigned()?;
                    u32::try_from(number).ok().filter(|number| *number > 0)
                };
                Part::Image(Box::new(Image {
                    attachment,
                    width: pixels("width"),
                    height: pixels("height"),
                    is_flash: data.get("type").str() == Some("flash"),
                    ..Image::default()
                }))
            }
            "record" | "voice" | "audio" => Part::Voice(Box::new(Voice {
                attachment: self.attachment(data),
                duration_ms: data
                    .get("duration")
                    .unsigned()
                    .filter(|seconds| *seconds > 0 && *seconds < 100_000)
                    .map(|seconds| seconds * 1000),
                transcript: words(&["text"]),
            })),
            "tts" => Part::Voice(Box::new(Voice {
                transcript: words(&["text"]),
                ..Voice::default()
            })),
            "video" => Part::Video(Box::new(Video {
                attachment: self.attachment(data),
                ..Video::default()
            })),
            "file" | "onlinefile" | "flashtransfer" => {
                let mut attachment = self.attachment(data);
                attachment.name = attachment
                    .name
                    .or_else(|| words(&["fileName", "fileSetId"]));
                Part::File(Box::new(File { attachment }))
            }
            "mface" | "bface" | "marketface" => Part::Sticker(Box::new(Sticker {
                attachment: Attachment {
                    name: words(&["emoji_id", "id"]),
                    url: words(&["url"]),
                    ..Attachment::default()
                },
                meaning: words(&["summary", "name", "text"]).map(|words| bare(&words)),
                pack: words(&["emoji_package_id", "package_id"]),
                result: None,
            })),
            "face" => Part::Sticker(Box::new(Sticker {
                meaning: Some(bare(&face_words(data))),
                result: words(&["resultId"]),
                ..Sticker::default()
            })),
            "dice" | "rps" => Part::Sticker(Box::new(Sticker {
                meaning: Some(if kind == "dice" { "骰子" } else { "猜拳" }.to_owned()),
                result: words(&["result", "value"]),
                ..Sticker::default()
            })),
            "shake" | "poke" => Part::Nudge(Box::new(Nudge {
                actor: self.sender,
                target: None,
                text: words(&["name"]).unwrap_or_else(|| {
                    if kind == "shake" {
                        "窗口抖动"
                    } else {
                        "戳一戳"
                    }
                    .to_owned()
                }),
            })),
            "share" => Part::Link(Box::new(Link {
                url: words(&["url"]),
                title: words(&["title"]),
                description: words(&["content"]),
                source: None,
            })),
            "music" => {
                let url = words(&["url", "jumpUrl", "audio"]);
                if url.is_none() {
                    let field = |key: &str| Some((key.to_owned(), words(&[key])?));
                    return Part::Card(Box::new(Card {
                        app: Some("music".to_owned()),
                        title: words(&["title"]),
                        fields: ["type", "id"].into_iter().filter_map(field).collect(),
                        raw: Some(segment.to_json()),
                        ..Card::default()
                    }));
                }
                Part::Link(Box::new(Link {
                    url,
                    title: words(&["title"]),
                    description: words(&["content", "singer"]),
                    source: words(&["type"]).filter(|kind| kind != "custom"),
                }))
            }
            "contact" => Part::Contact(Box::new(Contact {
                native_id: words(&["id"]),
                description: words(&["type"])
                    .map(|kind| if kind == "group" { "群" } else { "好友" }.to_owned()),
                ..Contact::default()
            })),
            "location" => Part::Place(Box::new(Place {
                latitude: words(&["lat", "latitude"]),
                longitude: words(&["lon", "longitude"]),
                name: words(&["title", "name"]),
                address: words(&["content", "address"]),
            })),
            "redbag" | "wallet" => Part::Payment(Box::new(Payment {
                kind: PaymentKind::RedPacket,
                note: words(&["title", "summary"]),
                payer: self.sender,
                ..Payment::default()
            })),
            "forward" => self.forward(data),
            "markdown" => Part::text(words(&["content"]).unwrap_or_default()),
            "json" | "miniapp" | "lightapp" => {
                let json = match data.first(&["data", "content"]) {
                    node @ (Node::Object(_) | Node::List(_)) => node.to_json(),
                    node => node.text().unwrap_or_default().into_owned(),
                };
                card::part(json).unwrap_or_else(|json| raw_card(kind, json))
            }
            "xml" => {
                let xml = data.get("data").text().unwrap_or_default().into_owned();
                if xml.contains("viewMultiMsg") {
                    let mut forward = bundle::preview(&xml);
                    forward.raw = Some(xml);
                    return Part::Forward(Box::new(forward));
                }
                raw_card(kind, xml)
            }
            _ => Part::Unknown(Box::new(Unknown {
                kind: format!("onebot {kind}"),
                text: words(&["text", "summary", "content"]),
                raw: segment.to_json().into_bytes(),
            })),
        }
    }

    fn attachment(&self, data: &Node<'_>) -> Attachment {
        let file = data.first(&["file", "file_name", "file_id"]).words();
        if let Some(encoded) = file
            .as_deref()
            .and_then(|file| file.strip_prefix("base64://"))
        {
            return picture(&format!("data:;base64,{encoded}")).unwrap_or_default();
        }
        let is_address = |text: &String| text.contains("://") && !text.starts_with("file:");
        let path = data.get("path").words();
        let name = data
            .first(&["name", "file_name"])
            .words()
            .or_else(|| file.clone().filter(|file| !is_address(file)))
            .or_else(|| path.clone());
        let name = name.map(|name| {
            let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
            last.to_owned()
        });
        let mut attachment = Attachment {
            name: name.filter(|name| !name.is_empty()),
            size_bytes: data
                .first(&["file_size", "size", "fileSize"])
                .unsigned()
                .filter(|size| *size > 0),
            url: data
                .get("url")
                .words()
                .or_else(|| file.clone().filter(is_address))
                .filter(is_address),
            ..Attachment::default()
        };
        self.files.locate(path.as_deref(), &mut attachment);
        attachment
    }

    fn forward(&mut self, data: &Node<'_>) -> Part {
        let mut messages = Vec::new();
        if self.depth < DEPTH {
            for message in data.first(&["content", "messages"]).list() {
                messages.push(self.forwarded(message));
            }
        }
        Part::Forward(Box::new(Forward {
            title: data.first(&["title", "source", "summary"]).words(),
            native_id: data.first(&["id", "resid"]).words(),
            messages,
            ..Forward::default()
        }))
    }

    /// A node, or an event inside a bundle.
    pub(super) fn forwarded(&mut self, message: &Node<'_>) -> ForwardedMessage {
        let is_node = message.get("type").str() == Some("node");
        let inner = if is_node && message.get("data").is_object() {
            message.get("data")
        } else {
            message
        };
        let sender = inner.get("sender");
        let id = sender
            .get("user_id")
            .words()
            .or_else(|| inner.first(&["user_id", "uin"]).words())
            .filter(|id| id != "0");
        let name = sender
            .first(&["card", "nickname"])
            .words()
            .or_else(|| inner.first(&["nickname", "name"]).words());
        let account = id
            .as_deref()
            .map(|id| self.people.account(id, name.as_deref()));
        let time = inner.get("time");
        let sent_at = moment(time, self.zone).map(|(at, _)| at);
        let content = inner.first(&["message", "content", "raw_message"]);
        let mut parts = if self.depth >= DEPTH {
            vec![Part::Unknown(Box::new(Unknown {
                kind: "onebot nested bundle".to_owned(),
                text: None,
                raw: inner.to_json().into_bytes(),
            }))]
        } else {
            let mut deeper = Segments {
                people: &mut *self.people,
                files: self.files,
                zone: self.zone,
                sender: account,
                reply: None,
                depth: self.depth + 1,
            };
            deeper.message(content)
        };
        let known = inner.first(&["id", "message_id"]).words();
        if parts.is_empty() {
            parts.push(Part::text(""));
        }
        ForwardedMessage {
            sender: account,
            sender_native_id: id,
            sender_name: name,
            sent_at,
            sent_at_text: time.words().filter(|_| sent_at.is_none()),
            native_id: known,
            parts,
        }
    }
}

/// Animated faces and games stand for themselves when they are alone.
fn is_big(data: &Node<'_>) -> bool {
    matches!(data.get("id").text().as_deref(), Some("358" | "359"))
        || !data.get("resultId").words().unwrap_or_default().is_empty()
}

fn face_words(data: &Node<'_>) -> String {
    let stated = data
        .get("raw")
        .get("faceText")
        .words()
        .or_else(|| data.first(&["text", "name"]).words());
    if let Some(stated) = stated {
        return format!("/{}", bare(&stated));
    }
    data.get("id")
        .unsigned()
        .and_then(faces::name)
        .map_or_else(|| "[表情]".to_owned(), |name| format!("/{name}"))
}

fn raw_card(kind: &str, raw: String) -> Part {
    Part::Card(Box::new(Card {
        app: Some(kind.to_owned()),
        raw: Some(raw),
        ..Card::default()
    }))
}
