//! Elements of a content become parts.

use hutong_model::{
    AccountId, Call, CallKind, CallOutcome, Card, File, Forward, ForwardedMessage, Image, Mention,
    Nudge, Part, Payment, PaymentKind, Place, Precision, Quote, Sticker, System, SystemEvent, Text,
    Timestamp, Unknown, Video, Voice,
};
use jiff::tz::TimeZone;

use super::resource::attachment;
use crate::json_export::{Files, QqPeople, clock, event_of, is_poke, moment};
use crate::json_stream::Node;
use crate::qq::{card, faces};

/// Bundles inside bundles are followed to this depth.
const DEPTH: u8 = 16;
/// Ids of the dice and of rock, paper, scissors.
const GAMES: [&str; 2] = ["358", "359"];

/// What a message answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    /// Ids of the message, strongest first.
    pub(super) ids: Vec<i64>,
    /// Number of the one who wrote it, and when.
    pub(super) sender: Option<String>,
    pub(super) sent_at: Option<Timestamp>,
}

/// Turns contents into parts.
pub(super) struct Elements<'a> {
    pub(super) people: &'a mut QqPeople,
    pub(super) files: Files<'a>,
    pub(super) zone: &'a TimeZone,
    pub(super) sender: Option<AccountId>,
    pub(super) target: Option<Target>,
    pub(super) depth: u8,
}

/// Text, faces and mentions in a row are one text.
#[derive(Default)]
pub(super) struct Run {
    text: String,
    mentions: Vec<Mention>,
    is_begun: bool,
}

impl Run {
    pub(super) fn push(&mut self, text: &str) {
        self.is_begun = true;
        self.text.push_str(text);
    }

    pub(super) fn flush(&mut self, parts: &mut Vec<Part>) {
        if std::mem::take(&mut self.is_begun) {
            parts.push(Part::Text(Text {
                text: std::mem::take(&mut self.text),
                mentions: std::mem::take(&mut self.mentions),
            }));
        }
    }
}

/// Text of a member, as it stands.
fn words(node: &Node<'_>, keys: &[&str]) -> Option<String> {
    node.first(keys).words()
}

/// `[贴贴]` and `/贴贴` mean 贴贴.
pub(super) fn bare(words: &str) -> &str {
    let words = words.trim();
    words
        .strip_prefix('[')
        .and_then(|words| words.strip_suffix(']'))
        .or_else(|| words.strip_prefix('/'))
        .filter(|words| !words.is_empty())
        .unwrap_or(words)
}

impl Elements<'_> {
    /// The parts of a list of elements.
    pub(super) fn parts(&mut self, elements: &[Node<'_>], resources: &[Node<'_>]) -> Vec<Part> {
        let mut parts = Vec::with_capacity(elements.len().min(8));
        let mut run = Run::default();
        let is_lone = elements.len() == 1;
        for element in elements {
            let kind = element.get("type").text().unwrap_or_default();
            // Some writers put the fields beside the type.
            let data = match element.get("data") {
                Node::Null => element,
                data => data,
            };
            match &*kind {
                "text" => {
                    let text = data.first(&["text", "content"]).text();
                    run.push(&text.unwrap_or_default());
                }
                "at" => self.mention(data, &mut run),
                "face" if !(is_lone && is_big(data)) => run.push(&face_words(data)),
                _ => {
                    run.flush(&mut parts);
                    let part = self.part(&kind, data, element, resources);
                    parts.push(part);
                }
            }
        }
        run.flush(&mut parts);
        parts
    }

    pub(super) fn mention(&mut self, data: &Node<'_>, run: &mut Run) {
        let text = |keys: &[&str]| data.first(keys).text().unwrap_or_default().into_owned();
        let (uid, uin) = (text(&["uid"]), text(&["uin", "qq"]));
        let name = text(&["name", "text", "content"]);
        let is_everyone = uid == "all"
            || uin == "all"
            || matches!(data.get("atType").integer(), Some(1))
            || data.get("type").str() == Some("all")
            || data.get("atType").str() == Some("all");
        let shown = match name.trim() {
            "" if is_everyone => "@全体成员".to_owned(),
            "" if uin.is_empty() => format!("@{uid}"),
            "" => format!("@{uin}"),
            name if name.starts_with('@') => name.to_owned(),
            name => format!("@{name}"),
        };
        let native_id = self
            .people
            .native_id(&uid, &uin)
            .filter(|_| !is_everyone)
            .map(str::to_owned);
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

    pub(super) fn part(
        &mut self,
        kind: &str,
        data: &Node<'_>,
        element: &Node<'_>,
        resources: &[Node<'_>],
    ) -> Part {
        let seconds = || data.first(&["duration", "fileTime"]).float();
        let attached = || attachment(data, resources, self.files);
        match kind {
            "face" => Part::Sticker(Box::new(Sticker {
                meaning: Some(bare(&face_words(data)).to_owned()),
                result: words(data, &["resultId", "result"])
                    .filter(|_| GAMES.contains(&&*data.get("id").text().unwrap_or_default())),
                ..Sticker::default()
            })),
            "market_face" | "marketFace" | "mface" => {
                let mut attachment = attached();
                attachment.name = words(data, &["emojiId", "key"]);
                Part::Sticker(Box::new(Sticker {
                    attachment,
                    meaning: words(data, &["name", "faceName", "summary"])
                        .map(|words| bare(&words).to_owned()),
                    pack: words(data, &["emojiPackageId"]),
                    result: None,
                }))
            }
            "image" | "pic" => {
                let attachment = attached();
                let is_sticker =
                    matches!(data.get("subType").text().as_deref(), Some("sticker" | "1"))
                        || words(data, &["summary"]).as_deref() == Some("[动画表情]");
                if is_sticker {
                    return Part::Sticker(Box::new(Sticker {
                        attachment,
                        meaning: words(data, &["summary"]).map(|words| bare(&words).to_owned()),
                        ..Sticker::default()
                    }));
                }
                let pixels = |keys: &[&str]| {
                    let number = data.first(keys).unsigned()?;
                    u32::try_from(number).ok().filter(|number| *number > 0)
                };
                Part::Image(Box::new(Image {
                    attachment,
                    width: pixels(&["width", "picWidth"]),
                    height: pixels(&["height", "picHeight"]),
                    is_flash: data.first(&["isFlashPic", "isFlash"]).is_true(),
                    ..Image::default()
                }))
            }
            "file" | "onlinefile" | "online_file" => Part::File(Box::new(File {
                attachment: attached(),
            })),
            "video" => Part::Video(Box::new(Video {
                attachment: attached(),
                duration_ms: milliseconds(seconds()),
                ..Video::default()
            })),
            "audio" | "voice" | "ptt" => Part::Voice(Box::new(Voice {
                attachment: attached(),
                duration_ms: milliseconds(seconds()),
                transcript: words(data, &["transcript", "text", "translationText"]),
            })),
            "reply" => self.reply(data),
            "forward" | "multi_forward" => self.forward(data),
            "json" | "ark" => json_card(data),
            "location" | "share_location" => Part::Place(Box::new(Place {
                latitude: words(data, &["latitude", "lat"]),
                longitude: words(data, &["longitude", "lng", "lon"]),
                name: words(data, &["name", "title", "summary", "text"]),
                address: words(data, &["address", "content", "desc"]),
            })),
            "wallet" => self.wallet(data),
            "av_record" | "call" => call(data),
            "markdown" => Part::text(words(data, &["content", "text"]).unwrap_or_default()),
            "giphy" | "face_bubble" => Part::Sticker(Box::new(Sticker {
                meaning: words(data, &["summary", "name", "text"])
                    .map(|words| bare(&words).to_owned()),
                ..Sticker::default()
            })),
            "system" | "gray_tip" | "grayTip" => self.system(data),
            "inline_keyboard" | "calendar" | "tofu_record" | "task_top_msg" | "recommended_msg"
            | "action_bar" | "live_gift" | "long_message" | "structLongMsg" => {
                Part::Card(Box::new(Card {
                    app: Some(kind.to_owned()),
                    title: words(data, &["summary", "title", "name"]),
                    text: words(data, &["text", "content", "desc"]),
                    raw: Some(element.to_json()),
                    ..Card::default()
                }))
            }
            _ => Part::Unknown(Box::new(Unknown {
                kind: format!("qce {kind}"),
                text: words(data, &["summary", "text", "content"]),
                raw: element.to_json().into_bytes(),
            })),
        }
    }

    /// The excerpt of the answered message; which message that is waits in `target`.
    pub(super) fn reply(&mut self, data: &Node<'_>) -> Part {
        let text = |keys: &[&str]| data.first(keys).text().unwrap_or_default().into_owned();
        let (uid, uin) = (
            text(&["senderUid", "sourceMsgSenderUid"]),
            text(&["senderUin", "sourceMsgSenderUin"]),
        );
        let name = words(data, &["senderName", "senderNick", "name"]);
        let native_id = self.people.native_id(&uid, &uin).map(str::to_owned);
        let author = native_id
            .as_deref()
            .map(|id| self.people.account(id, name.as_deref()));
        let sent_at = moment(
            data.first(&["time", "timestamp", "replyMsgTime"]),
            self.zone,
        )
        .map(|(at, _)| at);
        let keys = [
            "referencedMessageId",
            "referencedMsgId",
            "sourceMsgId",
            "messageId",
            "replayMsgId",
            "msgId",
            "referencedMsgSeq",
            "replyMsgSeq",
            "seq",
        ];
        let ids: Vec<i64> = keys
            .iter()
            .filter_map(|key| data.get(key).integer())
            .filter(|id| *id > 0)
            .collect();
        let elements = data
            .first(&["elements", "previewElements", "sourceMsgElements"])
            .list();
        let mut quoted = if elements.is_empty() || self.depth >= DEPTH {
            Vec::new()
        } else {
            self.inner(|inner| inner.parts(elements, &[]))
        };
        if quoted.is_empty() {
            let content = words(data, &["content", "text", "summary", "referencedContent"]);
            quoted.extend(content.map(Part::text));
        }
        if self.depth == 0 && self.target.is_none() {
            self.target = Some(Target {
                ids: ids.clone(),
                sender: native_id.clone(),
                sent_at,
            });
        }
        Part::Quote(Box::new(Quote {
            author,
            author_native_id: native_id,
            author_name: name,
            sent_at,
            native_id: ids.first().map(i64::to_string),
            parts: quoted,
        }))
    }

    /// Runs `read` one level deeper.
    fn inner<T>(&mut self, read: impl FnOnce(&mut Elements<'_>) -> T) -> T {
        let mut inner = Elements {
            people: &mut *self.people,
            files: self.files,
            zone: self.zone,
            sender: None,
            target: None,
            depth: self.depth + 1,
        };
        read(&mut inner)
    }

    pub(super) fn forward(&mut self, data: &Node<'_>) -> Part {
        let raw = words(data, &["xmlContent", "xml"]);
        let mut messages = Vec::new();
        if self.depth < DEPTH {
            for message in data.get("messages").list() {
                let inner = self.inner(|inner| inner.forwarded(message));
                messages.push(inner);
            }
        }
        let lines = data.get("preview").list().iter();
        let mut summary: Vec<String> = lines
            .filter_map(|line| {
                line.words()
                    .or_else(|| words(line, &["text", "content", "summary"]))
            })
            .collect();
        if summary.is_empty() {
            summary.extend(words(data, &["preview"]));
        }
        Part::Forward(Box::new(Forward {
            title: words(data, &["title", "summary"]),
            summary,
            stated_count: data.first(&["messageCount", "count"]).unsigned(),
            native_id: words(data, &["resId", "resid", "forwardId"]),
            raw,
            messages,
        }))
    }

    fn forwarded(&mut self, message: &Node<'_>) -> ForwardedMessage {
        let sender = message.get("sender");
        let text = |node: &Node<'_>, keys: &[&str]| {
            node.first(keys).text().unwrap_or_default().into_owned()
        };
        let uid = match sender {
            Node::Object(_) => text(sender, &["uid"]),
            _ => text(message, &["senderUid", "uid"]),
        };
        let uin = match sender {
            Node::Object(_) => text(sender, &["uin"]),
            _ => text(message, &["senderUin", "uin", "user_id"]),
        };
        let name = words(sender, &["groupCard", "name", "nickname"])
            .or_else(|| words(message, &["senderName", "nickname", "name"]))
            .or_else(|| sender.words());
        let native_id = self.people.native_id(&uid, &uin).map(str::to_owned);
        let account = native_id
            .as_deref()
            .map(|id| self.people.account(id, name.as_deref()));
        let time = message.first(&["timestamp", "time", "msgTime"]);
        let sent_at: Option<(Timestamp, Precision)> = moment(time, self.zone);
        let mut parts = self.body(message);
        if parts.is_empty() {
            parts.push(Part::text(""));
        }
        ForwardedMessage {
            sender: account,
            sender_native_id: native_id,
            sender_name: name,
            sent_at: sent_at.map(|(at, _)| at),
            sent_at_text: time.words().filter(|_| sent_at.is_none()),
            native_id: words(message, &["id", "messageId", "msgId"]),
            parts,
        }
    }

    fn wallet(&self, data: &Node<'_>) -> Part {
        let note = words(data, &["summary", "title", "text"]);
        let is_transfer = note.as_deref().is_some_and(|note| note.contains("转账"));
        Part::Payment(Box::new(Payment {
            kind: if is_transfer {
                PaymentKind::Transfer
            } else {
                PaymentKind::RedPacket
            },
            note,
            native_id: words(data.get("payload"), &["billNo", "orderId"]),
            payer: self.sender,
            ..Payment::default()
        }))
    }

    fn system(&self, data: &Node<'_>) -> Part {
        let text = words(data, &["text", "summary", "content"]).unwrap_or_default();
        self.notice(&text)
    }

    /// A line of the messenger itself.
    pub(super) fn notice(&self, text: &str) -> Part {
        if is_poke(text) {
            return Part::Nudge(Box::new(Nudge {
                actor: self.sender,
                target: None,
                text: text.to_owned(),
            }));
        }
        let event: SystemEvent = event_of(text);
        Part::System(Box::new(System {
            event,
            text: text.to_owned(),
            accounts: Vec::new(),
        }))
    }
}

/// Seconds, as every generation of the exporter writes lengths.
fn milliseconds(seconds: Option<f64>) -> Option<u64> {
    let seconds = seconds.filter(|seconds| *seconds > 0.0 && *seconds < 1e9)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    Some((seconds * 1000.0).round() as u64)
}

/// Animated faces and games stand for themselves when they are alone.
fn is_big(data: &Node<'_>) -> bool {
    GAMES.contains(&&*data.get("id").text().unwrap_or_default())
        || data.get("faceType").integer() == Some(3)
}

pub(super) fn face_words(data: &Node<'_>) -> String {
    let named = words(data, &["name", "faceText", "text"]);
    if let Some(name) = named {
        let name = bare(&name);
        return format!("/{name}");
    }
    data.first(&["id", "faceIndex"])
        .unsigned()
        .and_then(faces::name)
        .map_or_else(|| "[表情]".to_owned(), |name| format!("/{name}"))
}

fn json_card(data: &Node<'_>) -> Part {
    let content = match data.first(&["content", "data", "bytesData"]) {
        node @ Node::Object(_) => Some(node.to_json()),
        node => node.words(),
    };
    let card = |raw: Option<String>| {
        Part::Card(Box::new(Card {
            app: words(data, &["appName", "app"]),
            title: words(data, &["title", "prompt", "preview"]),
            text: words(data, &["description", "desc", "summary"]),
            url: words(data, &["url"]),
            fields: Vec::new(),
            raw,
        }))
    };
    match content {
        Some(content) => card::part(content).unwrap_or_else(|content| card(Some(content))),
        None => card(Some(data.to_json())),
    }
}

fn call(data: &Node<'_>) -> Part {
    let text = words(data, &["text", "summary"]);
    let said = text.clone().unwrap_or_default();
    let has = |list: &[&str]| list.iter().any(|word| said.contains(word));
    let kind = match data.get("type").text().as_deref() {
        _ if has(&["视频"]) => CallKind::Video,
        Some("2" | "video") => CallKind::Video,
        Some("3" | "screen") => CallKind::Screen,
        _ => CallKind::Voice,
    };
    let outcome = if has(&["取消"]) {
        CallOutcome::Cancelled
    } else if has(&["拒绝", "拒接"]) {
        CallOutcome::Refused
    } else if has(&["未接", "无应答", "未应答"]) {
        CallOutcome::Missed
    } else if clock(&said).is_some() {
        CallOutcome::Finished
    } else {
        CallOutcome::Unknown
    };
    Part::Call(Box::new(Call {
        kind,
        duration_ms: clock(&said).map(|seconds| seconds * 1000),
        outcome,
        text,
    }))
}
