//! Type 49: cards of many kinds in one frame.

use hutong_model::{Attachment, Card, ChannelPost, File, Link, MiniApp, Part, Place, Sticker};

use crate::wechat::decode::{Document, Element, unescaped};

use super::{
    Body, Scope, Upload, announcement, forward, kind, nudge, payment, positive, quote, unknown,
    web_address,
};

/// Codes of appmsg.
mod code {
    pub(super) const MUSIC: i64 = 3;
    pub(super) const VIDEO_LINK: i64 = 4;
    pub(super) const LINK: i64 = 5;
    pub(super) const FILE: i64 = 6;
    pub(super) const GIF: i64 = 8;
    pub(super) const LIVE_LOCATION: i64 = 17;
    pub(super) const FORWARD: i64 = 19;
    pub(super) const NOTE: i64 = 24;
    pub(super) const MINI_APP: i64 = 33;
    pub(super) const MINI_APP_LINK: i64 = 36;
    pub(super) const CHANNEL_PLACEHOLDER: i64 = 46;
    pub(super) const CHANNEL_CARD: i64 = 50;
    pub(super) const CHANNEL_POST: i64 = 51;
    pub(super) const POLL: i64 = 53;
    pub(super) const QUOTE: i64 = 57;
    pub(super) const NUDGE: i64 = 62;
    pub(super) const LIVE: i64 = 63;
    pub(super) const LINK_VARIANT: i64 = 68;
    pub(super) const FILE_UPLOADING: i64 = 74;
    pub(super) const MUSIC_NEW: i64 = 76;
    pub(super) const ANNOUNCEMENT: i64 = 87;
    pub(super) const LIVE_REPLAY: i64 = 88;
    pub(super) const MUSIC_NEWEST: i64 = 92;
    pub(super) const TRANSFER: i64 = 2000;
    pub(super) const RED_PACKET_COVER: i64 = 2003;
    pub(super) const READER: i64 = 100_001;
}

/// The content of a row of type 49; `sub` is the high half of the row's type, which is only believed when the XML does
/// not say better.
pub(super) fn body(scope: &Scope<'_>, sub: u32, content: &str) -> Body {
    // Some rows are escaped as a whole.
    let whole = if !content.contains('<') && content.contains("&lt;") {
        unescaped(content)
    } else {
        content.into()
    };
    let document = Document::parse(&whole);
    let root = document.root();
    let Some(app) = root
        .find("appmsg")
        .or_else(|| root.child("msg"))
        .or_else(|| root.has_children().then_some(root))
    else {
        let text = content.trim();
        return Body::of(unknown(
            kind::APP,
            sub,
            (!text.is_empty()).then(|| text.to_owned()),
            content.as_bytes(),
        ));
    };
    // Only the direct child counts: nested blocks have types of their own.
    let code = app.number_of("type").unwrap_or_else(|| i64::from(sub));
    match code {
        code::VIDEO_LINK | code::LINK | code::LINK_VARIANT | code::READER => links(root, app),
        code::MUSIC | code::MUSIC_NEW | code::MUSIC_NEWEST => Body::of(music(root, app)),
        code::FILE | code::FILE_UPLOADING => file(app, code == code::FILE),
        code::GIF => gif(app),
        code::LIVE_LOCATION => Body::of(live_location(app)),
        code::FORWARD => forward::body(scope, app, &whole),
        code::MINI_APP | code::MINI_APP_LINK => Body::of(mini_app(app)),
        code::CHANNEL_CARD
        | code::CHANNEL_POST
        | code::CHANNEL_PLACEHOLDER
        | code::LIVE
        | code::LIVE_REPLAY => {
            Body::of(channel(app, code).unwrap_or_else(|| other(root, app, code, &whole)))
        }
        code::NOTE => forward::note(scope, app, &whole),
        code::POLL => Body::of(announcement::poll(app)),
        code::QUOTE => quote::body(scope, app),
        code::NUDGE => nudge::card(scope, app),
        code::ANNOUNCEMENT => Body::of(announcement::announcement(app)),
        code::TRANSFER..=code::RED_PACKET_COVER => payment::payment(app, code),
        _ => Body::of(other(root, app, code, &whole)),
    }
}

/// The program or account that a card came from.
fn source(root: Element<'_>, app: Element<'_>) -> Option<String> {
    app.text_of("sourcedisplayname")
        .or_else(|| root.find("appinfo")?.text_of("appname"))
}

fn link(root: Element<'_>, app: Element<'_>) -> Part {
    Part::Link(Box::new(Link {
        url: app.text_of_any(&["url", "lowurl", "dataurl"]),
        title: app.text_of("title"),
        description: app.text_of("des"),
        source: source(root, app),
    }))
}

/// An article, or the articles of one issue of an official account.
fn links(root: Element<'_>, app: Element<'_>) -> Body {
    const MAX_ARTICLES: usize = 50;
    let mut parts = vec![link(root, app)];
    let first = app.text_of("title");
    let articles = root
        .find("mmreader")
        .and_then(|reader| reader.find("category"));
    let items = articles
        .into_iter()
        .flat_map(Element::children)
        .filter(|child| child.is("item"));
    for item in items.take(MAX_ARTICLES) {
        let title = item.text_of("title");
        if title.is_none() || title == first {
            continue;
        }
        parts.push(Part::Link(Box::new(Link {
            url: item.text_of_any(&["url", "longurl", "shorturl"]),
            title,
            description: item.text_of_any(&["digest", "summary"]),
            source: source(root, app),
        })));
    }
    Body {
        parts,
        ..Body::default()
    }
}

fn music(root: Element<'_>, app: Element<'_>) -> Part {
    let share = app.child("musicShareItem");
    let artist = app
        .text_of("des")
        .or_else(|| share?.text_of("mvSingerName"));
    Part::Link(Box::new(Link {
        url: app.text_of_any(&["url", "dataurl", "lowurl", "lowdataurl"]),
        title: app.text_of("title"),
        description: artist,
        source: source(root, app),
    }))
}

fn file(app: Element<'_>, is_complete: bool) -> Body {
    let attach = app.child("appattach");
    let digest = app.text_of("md5").or_else(|| attach?.text_of("md5"));
    let part = Part::File(Box::new(File {
        attachment: Attachment {
            name: app.text_of("title"),
            size_bytes: attach.and_then(|attach| positive(attach.number_of("totallen"))),
            native_digest: digest.clone(),
            ..Attachment::default()
        },
    }));
    let upload = Upload {
        attach_id: attach.and_then(|attach| attach.text_of("attachid")),
        is_complete,
    };
    Body {
        digests: digest.into_iter().collect(),
        upload: Some(upload),
        ..Body::of(part)
    }
}

fn gif(app: Element<'_>) -> Body {
    let attach = app.child("appattach");
    let digest = attach
        .and_then(|attach| attach.text_of("emoticonmd5"))
        .or_else(|| app.text_of("md5"));
    Body::of(Part::Sticker(Box::new(Sticker {
        attachment: Attachment {
            size_bytes: attach.and_then(|attach| positive(attach.number_of("totallen"))),
            native_digest: digest,
            url: web_address(app.text_of("url")),
            ..Attachment::default()
        },
        meaning: app.text_of("title"),
        ..Sticker::default()
    })))
}

fn live_location(app: Element<'_>) -> Part {
    Part::Place(Box::new(Place {
        name: app.text_of("title"),
        address: app.text_of("des"),
        ..Place::default()
    }))
}

fn mini_app(app: Element<'_>) -> Part {
    let info = app.child("weappinfo");
    Part::MiniApp(Box::new(MiniApp {
        app: app.text_of("sourcedisplayname"),
        app_id: info.and_then(|info| info.text_of_any(&["appid", "username"])),
        title: app.text_of("title"),
        description: app.text_of("des"),
        path: info.and_then(|info| info.text_of("pagepath")),
        url: app.text_of("url"),
    }))
}

/// 视频号; `None` when none of its blocks is there.
fn channel(app: Element<'_>, code: i64) -> Option<Part> {
    let post = |block: Element<'_>, form: &str| channel_part(block, form);
    let author = || {
        app.child("findernamecard")
            .or_else(|| app.child("finderShareNameCard"))
            .map(|card| post(card, "author"))
    };
    let live = || app.child("finderLive").map(|live| post(live, "live"));
    let feed = || app.child("finderFeed").map(|feed| post(feed, "post"));
    match code {
        code::CHANNEL_CARD => author(),
        code::LIVE | code::LIVE_REPLAY => live().or_else(feed),
        code::CHANNEL_POST => feed().or_else(live),
        _ => feed().or_else(live).or_else(author),
    }
}

/// One of the blocks that describe a post, a live show or an author.
pub(super) fn channel_part(block: Element<'_>, form: &str) -> Part {
    let media = block.find("media");
    let medium = |names: &[&str]| media.and_then(|media| media.text_of_any(names));
    let duration = media.and_then(|media| positive(media.number_of("videoPlayDuration")));
    Part::ChannelPost(Box::new(ChannelPost {
        author: block.text_of("nickname"),
        author_id: block.text_of_any(&["username", "finderUsername"]),
        description: block.text_of_any(&["desc", "auth_job"]),
        post_id: block.text_of_any(&["objectId", "finderLiveID", "finderObjectID"]),
        url: medium(&["url", "coverUrl", "thumbUrl"]).or_else(|| block.text_of("coverUrl")),
        duration_ms: duration.map(|seconds| seconds.saturating_mul(1000)),
        form: form.to_owned(),
    }))
}

/// A code that has no kind of its own: a link when it has an address, otherwise a card that keeps the original form.
fn other(root: Element<'_>, app: Element<'_>, code: i64, content: &str) -> Part {
    let url = app.text_of("url").filter(|url| !url.is_empty());
    if url.is_some() {
        return link(root, app);
    }
    Part::Card(Box::new(Card {
        app: source(root, app),
        title: app.text_of("title"),
        text: app.text_of_any(&["des", "content"]),
        url: None,
        fields: vec![("type".to_owned(), code.to_string())],
        raw: Some(content.to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::tests::body_of;
    use hutong_model::PartKind;

    fn kind_of(inner: &str) -> PartKind {
        body_of(
            49,
            &format!("<msg><appmsg appid=\"\">{inner}</appmsg></msg>"),
        )
        .parts[0]
            .kind()
    }

    #[test]
    fn only_the_direct_type_counts() {
        assert_eq!(
            kind_of(
                "<refermsg><type>1</type></refermsg><patMsg/><title>a</title><type>5</type><url>http://a</url>"
            ),
            PartKind::Link
        );
        assert_eq!(
            kind_of("<title>a</title><weappinfo><type>2</type></weappinfo><type>33</type>"),
            PartKind::MiniApp
        );
    }

    #[test]
    fn codes_without_a_kind_become_links_or_cards() {
        assert_eq!(
            kind_of("<title>a</title><type>115</type><url>https://a</url>"),
            PartKind::Link
        );
        assert_eq!(
            kind_of("<title>a</title><type>115</type><url></url>"),
            PartKind::Card
        );
        assert_eq!(kind_of("<title>a</title>"), PartKind::Card);
        let body = body_of(
            49,
            "<msg><appmsg><title>票</title><des>一张</des><type>16</type></appmsg></msg>",
        );
        let [Part::Card(card)] = &body.parts[..] else {
            panic!("card")
        };
        assert_eq!(
            (card.title.as_deref(), card.text.as_deref()),
            (Some("票"), Some("一张"))
        );
        assert!(
            card.raw
                .as_deref()
                .is_some_and(|raw| raw.starts_with("<msg>"))
        );
    }

    #[test]
    fn the_half_of_the_row_type_helps_when_the_xml_is_cut_off() {
        let body = crate::wechat::map::tests::with_scope(|scope| {
            super::body(scope, 5, "<msg><appmsg><title>a</title><url>http")
        });
        assert_eq!(body.parts[0].kind(), PartKind::Link);
        assert_eq!(body_of(49, "nothing").parts[0].kind(), PartKind::Unknown);
        assert_eq!(
            body_of(
                49,
                "&lt;msg&gt;&lt;appmsg&gt;&lt;title&gt;a&lt;/title&gt;&lt;type&gt;33&lt;/type&gt;"
            )
            .parts[0]
                .kind(),
            PartKind::MiniApp
        );
    }

    #[test]
    fn a_file_keeps_name_size_and_digest() {
        let body = body_of(
            49,
            "<msg><appmsg><title>a.pdf</title><type>6</type><appattach><totallen>12</totallen><attachid>@x</attachid><fileext>pdf</fileext></appattach><md5>ab</md5></appmsg></msg>",
        );
        let [Part::File(file)] = &body.parts[..] else {
            panic!("file")
        };
        assert_eq!(
            (file.attachment.name.as_deref(), file.attachment.size_bytes),
            (Some("a.pdf"), Some(12))
        );
        assert_eq!(
            body.upload,
            Some(Upload {
                attach_id: Some("@x".into()),
                is_complete: true
            })
        );
    }

    #[test]
    fn a_channel_post_is_not_its_placeholder() {
        let body = body_of(
            49,
            "<msg><appmsg><title>当前版本不支持展示该内容</title><type>51</type><finderFeed><objectId>9</objectId><nickname>号</nickname><username>v2_@finder</username><desc>词</desc><mediaList><media><url>http://f</url><videoPlayDuration>7</videoPlayDuration></media></mediaList></finderFeed></appmsg></msg>",
        );
        let [Part::ChannelPost(post)] = &body.parts[..] else {
            panic!("post")
        };
        assert_eq!(
            (
                post.description.as_deref(),
                post.form.as_str(),
                post.duration_ms
            ),
            (Some("词"), "post", Some(7000))
        );
    }
}
