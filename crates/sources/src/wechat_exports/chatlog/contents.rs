//! The object in which chatlog keeps what is not text.

use hutong_model::{
    Attachment, File, Forward, ForwardedMessage, Image, Link, MiniApp, Part, Place, Quote,
    Timestamp,
};

use crate::json_stream::Node;
use crate::wechat::map::{self, Body};
use crate::wechat_exports::clock::Clock;
use crate::wechat_exports::content::{self, Stated};
use crate::wechat_exports::facts::is_username;
use crate::wechat_exports::json::words;
use crate::wechat_exports::labels::{self, Kind};

/// Bundles inside bundles that are opened.
const DEEPEST: usize = 16;
/// Messages of one bundle.
const MOST_ITEMS: usize = 100_000;

/// The body of a message: its words and what `contents` adds to them.
pub(super) fn body(clock: &mut Clock, node: &Node<'_>, depth: usize) -> Body {
    let number = |key: &str| {
        node.get(key)
            .integer()
            .and_then(|value| u32::try_from(value).ok())
            .unwrap_or(0)
    };
    let stated = Stated {
        word: None,
        base: number("type"),
        sub: number("subType"),
    };
    let text = node.get("content").text().unwrap_or_default();
    let contents = node.get("contents");
    let Some(kind) = stated.kind() else {
        let name = match (stated.base, stated.sub) {
            (base, 0) => base.to_string(),
            (base, sub) => format!("{base}/{sub}"),
        };
        let raw = if contents.is_object() {
            contents.to_json()
        } else {
            text.to_string()
        };
        if stated.base == 49
            && let Some(link) = link(contents)
        {
            return Body::of(link);
        }
        let mut part = labels::unknown(&name, &raw);
        if let Part::Unknown(unknown) = &mut part {
            unknown.text = words(contents.get("title"))
                .or_else(|| (!text.trim().is_empty()).then(|| text.to_string()));
        }
        return Body::of(part);
    };
    let rich = rich(clock, kind, contents, depth);
    let mut body = match (rich, kind) {
        (_, Kind::Text) => Body::of(Part::text(text.as_ref())),
        (Some(part), _) => Body::of(part),
        (None, Kind::Quote) => Body::of(Part::text(text.as_ref())),
        (None, _) => content::of_words(kind, &text),
    };
    if kind == Kind::Quote || contents.get("refer").is_object() {
        let quote = quote(clock, contents.get("refer"), depth);
        content::answer(&mut body, quote, Vec::new());
    }
    body
}

/// Media type and place of what is stored: `path`, `md5`, `rawmd5`.
fn attachment(contents: &Node<'_>) -> Attachment {
    Attachment {
        native_digest: words(contents.first(&["md5", "rawmd5"])),
        url: words(contents.first(&["cdnurl", "url"])),
        ..Attachment::default()
    }
}

fn rich(clock: &mut Clock, kind: Kind, contents: &Node<'_>, depth: usize) -> Option<Part> {
    if !contents.is_object() {
        return None;
    }
    Some(match kind {
        Kind::Image => Part::Image(Box::new(Image {
            attachment: attachment(contents),
            ..Image::default()
        })),
        Kind::Voice | Kind::Video | Kind::Sticker => {
            let mut part = labels::part_of(kind, "");
            let stated = attachment(contents);
            content::describe(
                std::slice::from_mut(&mut part),
                stated.url,
                stated.native_digest,
            );
            part
        }
        Kind::File => Part::File(Box::new(File {
            attachment: Attachment {
                name: words(contents.get("title")),
                ..attachment(contents)
            },
        })),
        Kind::Place => Part::Place(Box::new(Place {
            latitude: words(contents.get("x")),
            longitude: words(contents.get("y")),
            name: words(contents.first(&["poiname", "label"])),
            address: words(contents.get("label")).or_else(|| words(contents.get("cityname"))),
        })),
        Kind::Link | Kind::Music | Kind::Note => link(contents)?,
        Kind::MiniApp => Part::MiniApp(Box::new(MiniApp {
            title: words(contents.get("title")),
            description: words(contents.get("desc")),
            url: words(contents.get("url")),
            ..MiniApp::default()
        })),
        Kind::Forward => Part::Forward(Box::new(forward(clock, contents, depth))),
        Kind::ChannelPost | Kind::ChannelLive | Kind::Poll | Kind::Announcement | Kind::Contact => {
            labels::part_of(kind, &words(contents.first(&["title", "desc"]))?)
        }
        _ => return None,
    })
}

fn link(contents: &Node<'_>) -> Option<Part> {
    let link = Link {
        url: words(contents.get("url")),
        title: words(contents.get("title")),
        description: words(contents.get("desc")),
        source: None,
    };
    (link.url.is_some() || link.title.is_some()).then(|| Part::Link(Box::new(link)))
}

fn quote(clock: &mut Clock, refer: &Node<'_>, depth: usize) -> Quote {
    let sender = words(refer.get("sender"));
    let username = sender.clone().filter(|sender| is_username(sender));
    let sent_at = refer
        .get("time")
        .text()
        .and_then(|time| clock.read(&time))
        .map(|(at, _)| at)
        .filter(|at| at.0 > 0);
    let parts = if refer.is_object() && depth < DEEPEST {
        body(clock, refer, depth + 1).parts
    } else {
        Vec::new()
    };
    Quote {
        author: username.as_deref().map(map::account),
        author_native_id: username,
        author_name: words(refer.get("senderName")).or(sender),
        sent_at,
        native_id: None,
        parts,
    }
}

/// A bundle; its items have the names of fields in the Go language.
fn forward(clock: &mut Clock, contents: &Node<'_>, depth: usize) -> Forward {
    let record = contents.first(&["recordInfo", "RecordInfo"]);
    let list = record.first(&["DataList", "dataList"]);
    let items = list.first(&["DataItems", "dataItems"]).list();
    let messages = items
        .iter()
        .take(MOST_ITEMS)
        .map(|item| forwarded(clock, item, depth))
        .collect();
    let summary = words(contents.get("desc")).or_else(|| words(record.first(&["Desc", "desc"])));
    Forward {
        title: words(contents.get("title")).or_else(|| words(record.first(&["Title", "title"]))),
        summary: summary
            .map(|text| text.lines().map(str::to_owned).collect())
            .unwrap_or_default(),
        messages,
        stated_count: list.first(&["Count", "count"]).unsigned(),
        native_id: None,
        raw: record.is_object().then(|| record.to_json()),
    }
}

fn forwarded(clock: &mut Clock, item: &Node<'_>, depth: usize) -> ForwardedMessage {
    let time = words(item.first(&["SourceTime", "sourceTime"]));
    let exact = item
        .first(&["SrcMsgCreateTime", "srcMsgCreateTime"])
        .integer()
        .filter(|seconds| *seconds > 0)
        .map(Timestamp::from_seconds);
    let sent_at = exact.or_else(|| clock.read(time.as_deref()?).map(|(at, _)| at));
    let desc = words(item.first(&["DataDesc", "dataDesc"]));
    let title = words(item.first(&["DataTitle", "dataTitle"]));
    let attachment = Attachment {
        name: title.clone(),
        size_bytes: item
            .first(&["DataSize", "dataSize"])
            .unsigned()
            .filter(|size| *size > 0),
        native_digest: words(item.first(&["FullMD5", "Fullmd5", "fullmd5"])),
        ..Attachment::default()
    };
    let text = desc.clone().or_else(|| title.clone()).unwrap_or_default();
    let part = match item.first(&["DataType", "dataType"]).integer() {
        Some(1) => Part::text(text),
        Some(2) => Part::Image(Box::new(Image {
            attachment,
            ..Image::default()
        })),
        Some(3) => labels::part_of(Kind::Voice, ""),
        Some(4 | 15) => Part::Video(Box::new(hutong_model::Video {
            attachment,
            ..hutong_model::Video::default()
        })),
        Some(5) => Part::Link(Box::new(Link {
            url: words(item.first(&["Link", "link"])),
            title,
            description: desc,
            source: None,
        })),
        Some(6) => labels::part_of(Kind::Place, &text),
        Some(8) => Part::File(Box::new(File { attachment })),
        Some(16 | 26) => labels::part_of(Kind::Contact, &text),
        Some(17) => {
            let nested = item.first(&["RecordXML", "recordXML", "RecordInfo"]);
            let bundle = Node::Object(vec![(
                "recordInfo".into(),
                nested.first(&["RecordInfo", "recordInfo"]).clone(),
            )]);
            let mut inner = if depth < DEEPEST {
                forward(clock, &bundle, depth + 1)
            } else {
                Forward::default()
            };
            inner.title = inner.title.or(title);
            Part::Forward(Box::new(inner))
        }
        Some(19) => labels::part_of(Kind::MiniApp, &text),
        Some(22) => labels::part_of(Kind::ChannelPost, &text),
        Some(23) => labels::part_of(Kind::ChannelLive, &text),
        Some(36 | 37) => labels::part_of(Kind::Sticker, ""),
        _ if text.is_empty() => labels::unknown("record", &item.to_json()),
        _ => Part::text(text),
    };
    ForwardedMessage {
        sender: None,
        sender_native_id: None,
        sender_name: words(item.first(&["SourceName", "sourceName"])),
        sent_at,
        sent_at_text: time.filter(|_| sent_at.is_none()),
        native_id: words(item.first(&["FromNewMsgID", "fromnewmsgid"])),
        parts: vec![part],
    }
}
