//! 合并转发 (19) and notes (24): records that hold items, and further records.

use hutong_model::{
    Attachment, Card, File, Forward, ForwardedMessage, Image, Link, MiniApp, Part, Place, Sticker,
    Timestamp, Unknown, Video, Voice,
};

use crate::wechat::decode::{Document, Element, nested};

use super::{Body, Scope, account, app, cards, is_room, positive, quote, seconds, web_address};

/// Records inside records are followed this far; what lies deeper is kept in [`Forward::raw`] only.
pub(crate) const MAX_FORWARD_DEPTH: usize = 16;

/// Items that are read from one bundle, all levels together.
pub(crate) const MAX_FORWARD_ITEMS: usize = 10_000;

/// Types of `<dataitem>`.
mod item {
    pub(super) const TEXT: i64 = 1;
    pub(super) const IMAGE: i64 = 2;
    pub(super) const VOICE: i64 = 3;
    pub(super) const VIDEO: i64 = 4;
    pub(super) const LINK: i64 = 5;
    pub(super) const LOCATION: i64 = 6;
    pub(super) const OLD_MUSIC: i64 = 7;
    pub(super) const FILE: i64 = 8;
    pub(super) const SHORT_VIDEO: i64 = 15;
    pub(super) const CARD: i64 = 16;
    pub(super) const RECORD: i64 = 17;
    pub(super) const MINI_APP: i64 = 19;
    pub(super) const CHANNEL_POST: i64 = 22;
    pub(super) const CHANNEL_LIVE: i64 = 23;
    pub(super) const CHANNEL_CARD: i64 = 26;
    pub(super) const SONG: i64 = 29;
    pub(super) const MUSIC: i64 = 32;
    pub(super) const STICKERS: std::ops::RangeInclusive<i64> = 36..=37;
}

/// An appmsg of type 19.
pub(super) fn body(scope: &Scope<'_>, app: Element<'_>, content: &str) -> Body {
    let mut forward = app
        .child("recorditem")
        .map_or_else(Forward::default, |record| {
            let mut budget = MAX_FORWARD_ITEMS;
            bundle(scope, &nested(record), 1, &mut budget)
        });
    forward.title = app.text_of("title").or(forward.title);
    if let Some(preview) = app.text_of("des") {
        forward.summary = preview_lines(&preview);
    }
    // An excerpt in a quote is not the place to keep the whole tree a second time.
    forward.raw = (!scope.is_excerpt).then(|| content.to_owned());
    let mut people = Vec::new();
    senders(&forward, &mut people);
    Body {
        people,
        ..Body::of(Part::Forward(Box::new(forward)))
    }
}

/// Usernames of everybody who wrote something in a bundle.
fn senders(forward: &Forward, people: &mut Vec<(String, Option<String>)>) {
    for message in &forward.messages {
        people.extend(
            message
                .sender_native_id
                .clone()
                .map(|username| (username, None)),
        );
        for part in &message.parts {
            if let Part::Forward(inner) = part {
                senders(inner, people);
            }
        }
    }
}

/// A note, which is a record without senders (24): its texts become the words of a card.
pub(super) fn note(scope: &Scope<'_>, app: Element<'_>, content: &str) -> Body {
    let mut budget = MAX_FORWARD_ITEMS;
    let record = app
        .child("recorditem")
        .map(|record| bundle(scope, &nested(record), MAX_FORWARD_DEPTH, &mut budget));
    let items = record.map(|record| record.messages).unwrap_or_default();
    let parts: Vec<Part> = items.into_iter().flat_map(|item| item.parts).collect();
    let words = parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.text.as_str()),
        _ => None,
    });
    let words = words.collect::<Vec<_>>().join("\n");
    let card = Part::Card(Box::new(Card {
        app: Some("笔记".to_owned()),
        title: app.text_of("title"),
        text: (!words.is_empty())
            .then_some(words)
            .or_else(|| app.text_of("des")),
        url: app.text_of("url"),
        fields: Vec::new(),
        raw: Some(content.to_owned()),
    }));
    // Pictures and files of the note stand behind its card.
    let attached = parts.into_iter().filter(|part| {
        let mut has_content = false;
        part.for_each_attachment(&mut |attachment| {
            has_content |= attachment.native_digest.is_some() || attachment.size_bytes.is_some();
        });
        has_content
    });
    Body {
        parts: std::iter::once(card).chain(attached).collect(),
        ..Body::default()
    }
}

fn preview_lines(preview: &str) -> Vec<String> {
    preview
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(20)
        .map(str::to_owned)
        .collect()
}

/// Reads a `<recordinfo>`, wrapped or not.
fn bundle(scope: &Scope<'_>, source: &str, depth: usize, budget: &mut usize) -> Forward {
    let document = Document::parse(source);
    let root = document.root();
    let info = root.find("recordinfo").unwrap_or(root);
    let list = info.child("datalist").or_else(|| info.find("datalist"));
    let mut forward = Forward {
        title: info.text_of_any(&["title", "info"]),
        summary: info
            .text_of("desc")
            .map(|preview| preview_lines(&preview))
            .unwrap_or_default(),
        stated_count: list.and_then(|list| positive(list.number("count"))),
        native_id: info.text_of("favid"),
        ..Forward::default()
    };
    for item in list
        .into_iter()
        .flat_map(Element::children)
        .filter(|child| child.is("dataitem"))
    {
        if *budget == 0 {
            break;
        }
        *budget -= 1;
        forward.messages.push(message(scope, item, depth, budget));
    }
    forward
}

fn message(
    scope: &Scope<'_>,
    item: Element<'_>,
    depth: usize,
    budget: &mut usize,
) -> ForwardedMessage {
    let source = item.child("dataitemsource");
    let sender = source
        .and_then(|source| source.text_of_any(&["realchatname", "fromusr"]))
        .filter(|username| !is_room(username));
    let stated = item.text_of("sourcetime");
    let sent_at = seconds(item.number_of("srcMsgCreateTime"))
        .or_else(|| written_time(stated.as_deref()?, scope.zone?));
    let mut parts: Vec<Part> = quote::of_item(scope, item).into_iter().collect();
    parts.push(content(scope, item, depth, budget));
    ForwardedMessage {
        sender: sender.as_deref().map(account),
        sender_native_id: sender,
        sender_name: item.text_of("sourcename"),
        sent_at_text: stated.filter(|_| sent_at.is_none()),
        sent_at,
        native_id: item.text_of("fromnewmsgid").filter(|id| id != "0"),
        parts,
    }
}

/// `2024-03-01 12:30[:05]` in the zone that the user named.
fn written_time(text: &str, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    let text = text.trim().replace('/', "-");
    let time = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y年%m月%d日 %H:%M"]
        .iter()
        .find_map(|form| jiff::civil::DateTime::strptime(form, &text).ok())?;
    Some(Timestamp(
        time.to_zoned(zone.clone())
            .ok()?
            .timestamp()
            .as_millisecond(),
    ))
}

fn content(scope: &Scope<'_>, item: Element<'_>, depth: usize, budget: &mut usize) -> Part {
    let kind = item
        .number("datatype")
        .or_else(|| item.number_of("datatype"))
        .unwrap_or(0);
    let title = || item.text_of("datatitle");
    let words = || item.text_of("datadesc");
    match kind {
        item::TEXT => text(item),
        item::IMAGE => Part::Image(Box::new(Image {
            attachment: attachment(item),
            ..Image::default()
        })),
        item::VOICE => Part::Voice(Box::new(Voice {
            attachment: attachment(item),
            duration_ms: duration_ms(item),
            transcript: None,
        })),
        item::VIDEO | item::SHORT_VIDEO => Part::Video(Box::new(Video {
            attachment: attachment(item),
            duration_ms: duration_ms(item),
            ..Video::default()
        })),
        item::LINK => link(item),
        item::OLD_MUSIC | item::SONG | item::MUSIC => Part::Link(Box::new(Link {
            url: item.text_of_any(&["streamweburl", "link", "streamdataurl"]),
            title: title(),
            description: words(),
            source: item.text_of("appname"),
        })),
        item::LOCATION => location(item),
        item::FILE => Part::File(Box::new(File {
            attachment: attachment(item),
        })),
        item::CARD => card(item),
        item::RECORD => Part::Forward(Box::new(record(scope, item, depth, budget))),
        item::MINI_APP => mini_app(item),
        item::CHANNEL_POST | item::CHANNEL_LIVE | item::CHANNEL_CARD => channel(item, kind),
        kind if item::STICKERS.contains(&kind) => Part::Sticker(Box::new(Sticker {
            attachment: attachment(item),
            meaning: title(),
            ..Sticker::default()
        })),
        kind => match words().or_else(title) {
            Some(words) => Part::text(words),
            None => Part::Unknown(Box::new(Unknown {
                kind: format!("dataitem/{kind}"),
                text: None,
                raw: item.inner_source().as_bytes().to_vec(),
            })),
        },
    }
}

fn text(item: Element<'_>) -> Part {
    // Only the ends that the writer of the XML added are taken off.
    let words = item
        .child("datadesc")
        .map(|words| words.text().trim_matches(['\n', '\0']).to_owned());
    Part::text(
        words
            .filter(|words| !words.is_empty())
            .or_else(|| item.text_of("datatitle"))
            .unwrap_or_default(),
    )
}

fn attachment(item: Element<'_>) -> Attachment {
    Attachment {
        name: item.text_of("datatitle"),
        size_bytes: positive(item.number_of("datasize")),
        native_digest: item.text_of_any(&["fullmd5", "head256md5"]),
        url: web_address(item.text_of_any(&["cdndataurl", "streamdataurl"])),
        ..Attachment::default()
    }
}

/// Films state seconds, voices milliseconds; no voice lasts a thousand seconds.
fn duration_ms(item: Element<'_>) -> Option<u64> {
    let stated = positive(item.number_of("duration"))?;
    Some(if stated >= 1000 {
        stated
    } else {
        stated.saturating_mul(1000)
    })
}

fn link(item: Element<'_>) -> Part {
    let page = item.child("weburlitem");
    let of_page = |names: &[&str]| page.and_then(|page| page.text_of_any(names));
    Part::Link(Box::new(Link {
        url: of_page(&["link", "url"]).or_else(|| item.text_of_any(&["link", "streamweburl"])),
        title: of_page(&["title"]).or_else(|| item.text_of("datatitle")),
        description: of_page(&["desc"]).or_else(|| item.text_of("datadesc")),
        source: of_page(&["appname"]).or_else(|| item.text_of("appname")),
    }))
}

fn location(item: Element<'_>) -> Part {
    let place = item
        .child("locitem")
        .or_else(|| item.child("location"))
        .unwrap_or(item);
    let value = |name: &str| {
        place
            .text_of(name)
            .or_else(|| place.attribute_of_any(&[name]))
    };
    Part::Place(Box::new(Place {
        latitude: value("lat"),
        longitude: value("lng"),
        name: value("poiname"),
        address: value("label"),
    }))
}

fn card(item: Element<'_>) -> Part {
    let Some(description) = item.child("datadesc") else {
        return text(item);
    };
    let source = nested(description);
    let document = Document::parse(&source);
    match document.root().find("msg") {
        Some(card) => cards::contact_part(card),
        None => text(item),
    }
}

fn record(scope: &Scope<'_>, item: Element<'_>, depth: usize, budget: &mut usize) -> Forward {
    let inner = item.child("recordxml").or_else(|| item.child("recordinfo"));
    let mut forward = match inner {
        Some(inner) if depth < MAX_FORWARD_DEPTH => {
            // Without its own tags the inner record is found by its list.
            bundle(scope, &nested(inner), depth + 1, budget)
        }
        _ => Forward::default(),
    };
    forward.title = forward.title.or_else(|| item.text_of("datatitle"));
    if forward.summary.is_empty() {
        forward.summary = item
            .text_of("datadesc")
            .map(|preview| preview_lines(&preview))
            .unwrap_or_default();
    }
    forward
}

fn mini_app(item: Element<'_>) -> Part {
    let brand = item.child("appbranditem");
    let of_brand = |names: &[&str]| brand.and_then(|brand| brand.text_of_any(names));
    Part::MiniApp(Box::new(MiniApp {
        app: of_brand(&["sourcedisplayname"]).or_else(|| item.text_of("appname")),
        app_id: of_brand(&["appid", "username"]),
        title: item.text_of("datatitle").or_else(|| of_brand(&["title"])),
        description: item.text_of("datadesc"),
        path: of_brand(&["pagepath"]),
        url: item.text_of_any(&["link", "streamweburl"]),
    }))
}

fn channel(item: Element<'_>, kind: i64) -> Part {
    let (blocks, form) = match kind {
        item::CHANNEL_LIVE => (["finderLive", "finderFeed"], "live"),
        item::CHANNEL_CARD => (["finderShareNameCard", "findernamecard"], "author"),
        _ => (["finderFeed", "finderLive"], "post"),
    };
    let block = blocks.into_iter().find_map(|name| item.child(name));
    let mut part = app::channel_part(block.unwrap_or(item), form);
    if let Part::ChannelPost(post) = &mut part {
        post.description = post
            .description
            .take()
            .or_else(|| item.text_of_any(&["datadesc", "datatitle"]));
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::tests::body_of;
    use hutong_model::PartKind;

    fn parsed(record: &str) -> Forward {
        let content = format!(
            "<msg><appmsg><title>记录</title><des>甲: 一\n乙: 二</des><type>19</type><recorditem><![CDATA[{record}]]></recorditem></appmsg></msg>"
        );
        match body_of(49, &content).parts.pop() {
            Some(Part::Forward(forward)) => *forward,
            other => panic!("{other:?}"),
        }
    }

    fn list(items: &str) -> String {
        format!(
            "<recordinfo><title>内</title><datalist count=\"9\">{items}</datalist></recordinfo>"
        )
    }

    #[test]
    fn a_bundle_keeps_items_names_and_times() {
        let forward = parsed(&list(
            "<dataitem datatype=\"1\"><sourcename>甲</sourcename><sourcetime>2024-03-01 12:30:00</sourcetime><srcMsgCreateTime>1709267400</srcMsgCreateTime><datadesc>一 &lt;&amp;&gt;</datadesc><fromnewmsgid>8</fromnewmsgid></dataitem><dataitem datatype=\"1\"><sourcetime>2024-03-01 12:30</sourcetime><datadesc>二</datadesc></dataitem>",
        ));
        assert_eq!(forward.summary, ["甲: 一", "乙: 二"]);
        assert_eq!(
            (
                forward.title.as_deref(),
                forward.stated_count,
                forward.messages.len()
            ),
            (Some("记录"), Some(9), 2)
        );
        assert_eq!(forward.messages[0].parts, [Part::text("一 <&>")]);
        assert_eq!(
            forward.messages[0].sent_at,
            Some(Timestamp::from_seconds(1_709_267_400))
        );
        assert_eq!(
            forward.messages[1].sent_at_text.as_deref(),
            Some("2024-03-01 12:30")
        );
        assert!(forward.raw.is_some());
    }

    #[test]
    fn every_kind_of_item_has_its_part() {
        let kind = |kind: u8, inner: &str| {
            parsed(&list(&format!(
                "<dataitem datatype=\"{kind}\">{inner}</dataitem>"
            )))
            .messages[0]
                .parts[0]
                .kind()
        };
        assert_eq!(kind(2, "<fullmd5>a</fullmd5>"), PartKind::Image);
        assert_eq!(kind(3, "<duration>2300</duration>"), PartKind::Voice);
        assert_eq!(
            kind(5, "<weburlitem><link>http://a</link></weburlitem>"),
            PartKind::Link
        );
        assert_eq!(kind(6, "<locitem><lat>1</lat></locitem>"), PartKind::Place);
        assert_eq!(
            kind(16, "<datadesc>&lt;msg username=\"a\"/&gt;</datadesc>"),
            PartKind::Contact
        );
        assert_eq!(kind(19, ""), PartKind::MiniApp);
        assert_eq!(kind(23, "<datadesc>播</datadesc>"), PartKind::ChannelPost);
        assert_eq!(kind(37, ""), PartKind::Sticker);
        assert_eq!(kind(99, "<datadesc>x</datadesc>"), PartKind::Text);
        assert_eq!(kind(99, ""), PartKind::Unknown);
    }

    #[test]
    fn bundles_in_bundles_end_at_the_limit() {
        let mut record = list("<dataitem datatype=\"1\"><datadesc>底</datadesc></dataitem>");
        for _ in 0..40 {
            record = list(&format!(
                "<dataitem datatype=\"17\"><recordxml>{record}</recordxml></dataitem>"
            ));
        }
        let mut forward = parsed(&record);
        let mut depth = 1;
        while let Some(Part::Forward(inner)) = forward
            .messages
            .pop()
            .and_then(|mut message| message.parts.pop())
        {
            forward = *inner;
            depth += 1;
        }
        assert_eq!(depth, MAX_FORWARD_DEPTH + 1);
    }

    #[test]
    fn a_bundle_has_a_limit_of_items() {
        let forward = parsed(&list(
            &"<dataitem datatype=\"1\"><datadesc>x</datadesc></dataitem>"
                .repeat(MAX_FORWARD_ITEMS + 5),
        ));
        assert_eq!(forward.messages.len(), MAX_FORWARD_ITEMS);
    }

    #[test]
    fn a_record_without_zone_or_number_keeps_its_written_time() {
        let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(
            written_time("2024-03-01 12:30", &zone),
            Some(Timestamp::from_seconds(1_709_267_400))
        );
        assert_eq!(written_time("昨天", &zone), None);
    }
}
