//! One of everything that can stand in a message.

use hutong_model::{
    Announcement, Attachment, AttachmentState, Call, CallKind, CallOutcome, Card, ChannelPost,
    Contact, Digest, File, Forward, ForwardedMessage, Image, Link, Mention, MiniApp, Nudge, Part,
    Payment, PaymentKind, PaymentState, Place, Poll, Quote, Sticker, System, SystemEvent, Text,
    Timestamp, Unknown, Video, Voice,
};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A file whose content, for whoever asks, is its own name.
fn stored(name: &str) -> Attachment {
    Attachment {
        name: some(name),
        size_bytes: Some(name.len() as u64),
        sha256: Some(Digest::of(name.as_bytes())),
        state: AttachmentState::Stored,
        ..Attachment::default()
    }
}

fn missing(name: &str, size_bytes: u64) -> Attachment {
    Attachment {
        name: some(name),
        size_bytes: Some(size_bytes),
        ..Attachment::default()
    }
}

fn forwarded(name: &str, second: i64, parts: Vec<Part>) -> ForwardedMessage {
    ForwardedMessage {
        sender_name: some(name),
        sent_at: Some(Timestamp::from_seconds(1_714_464_000 + second)),
        parts,
        ..ForwardedMessage::default()
    }
}

/// At least one part of every kind, with attachments present and missing.
#[must_use]
#[expect(
    clippy::too_many_lines,
    reason = "a list of examples, one for each kind of part"
)]
pub fn every_part() -> Vec<Part> {
    let mention = Mention {
        name: "@外婆".to_owned(),
        ..Mention::default()
    };
    let inner = Forward {
        title: some("里面的聊天记录"),
        messages: vec![forwarded("小北", 5, vec![Part::text("最里面一句")])],
        ..Forward::default()
    };
    vec![
        Part::Text(Text {
            text: "@外婆 周六中午见 https://example.com/menu?id=1".to_owned(),
            mentions: vec![mention],
        }),
        Part::Image(Box::new(Image {
            attachment: stored("photo.png"),
            width: Some(320),
            height: Some(240),
            ..Image::default()
        })),
        Part::Image(Box::new(Image {
            attachment: missing("IMG_2040.jpg", 2_411_724),
            is_flash: true,
            ..Image::default()
        })),
        Part::Voice(Box::new(Voice {
            attachment: stored("voice.mp3"),
            duration_ms: Some(6200),
            transcript: some("我晚一点到"),
        })),
        Part::Voice(Box::new(Voice {
            attachment: missing("voice.silk", 9000),
            duration_ms: Some(61_000),
            transcript: None,
        })),
        Part::Video(Box::new(Video {
            attachment: stored("film.mp4"),
            thumbnail: Some(stored("still.png")),
            duration_ms: Some(15_000),
            ..Video::default()
        })),
        Part::Video(Box::new(Video {
            attachment: missing("film2.mp4", 48_000_000),
            ..Video::default()
        })),
        Part::File(Box::new(File {
            attachment: stored("菜单.pdf"),
        })),
        Part::File(Box::new(File {
            attachment: missing("账目.xlsx", 18_944),
        })),
        Part::Sticker(Box::new(Sticker {
            meaning: some("微笑"),
            ..Sticker::default()
        })),
        Part::Sticker(Box::new(Sticker {
            attachment: stored("dance.gif"),
            meaning: some("跳舞"),
            ..Sticker::default()
        })),
        Part::Sticker(Box::new(Sticker {
            attachment: Attachment {
                native_digest: some("0123456789abcdef"),
                ..Attachment::default()
            },
            meaning: some("骰子"),
            result: some("4"),
            ..Sticker::default()
        })),
        Part::Place(Box::new(Place {
            latitude: some("31.2397"),
            longitude: some("121.4998"),
            name: some("河边小馆"),
            address: some("临江路 18 号"),
        })),
        Part::Contact(Box::new(Contact {
            native_id: some("wxid_uncle"),
            name: some("二舅"),
            alias: some("erjiu1970"),
            ..Contact::default()
        })),
        Part::Link(Box::new(Link {
            url: some("https://example.com/soup"),
            title: some("一锅好汤的三个秘密"),
            description: some("小火，时间，耐心。"),
            source: some("厨房笔记"),
        })),
        Part::Link(Box::new(Link {
            url: some("javascript:alert(1)"),
            title: some("坏链接"),
            ..Link::default()
        })),
        Part::MiniApp(Box::new(MiniApp {
            app: some("排队助手"),
            title: some("前面还有 3 桌"),
            description: some("河边小馆"),
            ..MiniApp::default()
        })),
        Part::ChannelPost(Box::new(ChannelPost {
            author: some("江边散步"),
            description: some("傍晚的桥"),
            duration_ms: Some(32_000),
            form: "post".to_owned(),
            ..ChannelPost::default()
        })),
        Part::Quote(Box::new(Quote {
            author_name: some("林海"),
            sent_at: Some(Timestamp::from_seconds(1_714_550_400)),
            parts: vec![Part::text("周六吃什么？")],
            ..Quote::default()
        })),
        Part::Forward(Box::new(Forward {
            title: some("群聊的聊天记录"),
            summary: vec!["外婆: 带伞".to_owned(), "小北: 好".to_owned()],
            messages: vec![
                forwarded("外婆", 0, vec![Part::text("带伞")]),
                forwarded(
                    "小北",
                    60,
                    vec![Part::text("好"), Part::Forward(Box::new(inner))],
                ),
            ],
            ..Forward::default()
        })),
        Part::Forward(Box::new(Forward {
            title: some("还在服务器上的记录"),
            summary: vec!["林海: 第一句".to_owned()],
            stated_count: Some(12),
            ..Forward::default()
        })),
        Part::Payment(Box::new(Payment {
            kind: PaymentKind::Transfer,
            amount: some("88.00"),
            currency: some("CNY"),
            state: PaymentState::Received,
            note: some("买菜"),
            ..Payment::default()
        })),
        Part::Payment(Box::new(Payment {
            kind: PaymentKind::RedPacket,
            note: some("恭喜发财，大吉大利"),
            ..Payment::default()
        })),
        Part::Call(Box::new(Call {
            kind: CallKind::Video,
            duration_ms: Some(754_000),
            outcome: CallOutcome::Finished,
            text: None,
        })),
        Part::Nudge(Box::new(Nudge {
            text: "小北 拍了拍 林海".to_owned(),
            ..Nudge::default()
        })),
        Part::Announcement(Box::new(Announcement {
            title: some("周六"),
            text: "中午十二点，河边小馆。".to_owned(),
        })),
        Part::Poll(Box::new(Poll {
            title: some("谁来？"),
            text: "接龙".to_owned(),
            options: vec!["1. 外婆".to_owned(), "2. 小北".to_owned()],
        })),
        Part::System(Box::new(System {
            event: SystemEvent::Joined,
            text: "林海 邀请 小北 加入了群聊".to_owned(),
            accounts: Vec::new(),
        })),
        Part::Card(Box::new(Card {
            app: some("com.example.card"),
            title: some("订座成功"),
            text: some("河边小馆"),
            fields: vec![
                ("时间".to_owned(), "周六 12:00".to_owned()),
                ("人数".to_owned(), "4".to_owned()),
            ],
            ..Card::default()
        })),
        Part::Unknown(Box::new(Unknown {
            kind: "49/2001".to_owned(),
            text: some("一条新种类的消息"),
            raw: b"<msg><x/></msg>".to_vec(),
        })),
    ]
}

/// Texts that have broken programs.
#[must_use]
pub fn hostile_texts() -> Vec<String> {
    vec![
        "<script>alert(1)</script>".to_owned(),
        "\"onload=\"alert(1)\" x='".to_owned(),
        "'><img src=x onerror=alert(1)>".to_owned(),
        "</p></div><!-- ".to_owned(),
        "]]>-->&lt;&#x3c;script&#x3e;".to_owned(),
        "=cmd()|' /C calc'!A0".to_owned(),
        "+1".to_owned(),
        "-1".to_owned(),
        "@SUM(A1)".to_owned(),
        "\t=1".to_owned(),
        "\r=1".to_owned(),
        "../../etc/passwd".to_owned(),
        "photo\u{202e}gpj.exe".to_owned(),
        "\u{2066}\u{202e}abc".to_owned(),
        format!("e{}", "\u{301}".repeat(10_000)),
        "字".repeat(350_000),
        "a".repeat(1_000_000),
        "\0 \u{1} \u{7f} \u{85} \u{1b}[31m".to_owned(),
        "一\r\n二\n\n三\u{2028}四".to_owned(),
        "\u{feff}# 标题\n---\n1. a\n![x](http://evil.example/x.png)".to_owned(),
        "javascript:alert(1) https://a.example/\"onclick=alert(1)".to_owned(),
        "{\"a\":1}\\u0000\\".to_owned(),
        "👩‍👩‍👧‍👦🏳️‍🌈🇨🇳".to_owned(),
        String::new(),
        " ".to_owned(),
    ]
}
