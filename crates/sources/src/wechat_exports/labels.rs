//! The words by which tools name kinds of messages, and what stands for content that was not exported.

use hutong_model::{
    Announcement, Attachment, Call, CallKind, ChannelPost, Contact, File, Forward, Link, MiniApp,
    Nudge, Part, Payment, PaymentKind, Place, Poll, Quote, Sticker, System, SystemEvent, Unknown,
    Voice,
};

use crate::wechat::decode::amount_and_currency;

/// Kinds that tools tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Text,
    Image,
    Voice,
    Video,
    Sticker,
    Place,
    File,
    Link,
    Music,
    Forward,
    Quote,
    Transfer,
    RedPacket,
    System,
    Recall,
    Joined,
    Nudge,
    VoiceCall,
    VideoCall,
    Contact,
    MiniApp,
    ChannelPost,
    ChannelLive,
    Announcement,
    Poll,
    Note,
}

/// Words of all tools, longest meaning first where one contains another. Compared whole.
const WORDS: &[(&str, Kind)] = &[
    ("文本", Kind::Text),
    ("文本消息", Kind::Text),
    ("文字", Kind::Text),
    ("text", Kind::Text),
    ("图片", Kind::Image),
    ("图片消息", Kind::Image),
    ("照片", Kind::Image),
    ("image", Kind::Image),
    ("photo", Kind::Image),
    ("语音", Kind::Voice),
    ("语音消息", Kind::Voice),
    ("voice", Kind::Voice),
    ("audio", Kind::Voice),
    ("视频", Kind::Video),
    ("视频消息", Kind::Video),
    ("小视频", Kind::Video),
    ("video", Kind::Video),
    ("动画表情", Kind::Sticker),
    ("表情", Kind::Sticker),
    ("表情包", Kind::Sticker),
    ("动态表情", Kind::Sticker),
    ("用户上传的gif表情", Kind::Sticker),
    ("emoji", Kind::Sticker),
    ("sticker", Kind::Sticker),
    ("位置", Kind::Place),
    ("位置消息", Kind::Place),
    ("位置共享", Kind::Place),
    ("地理位置", Kind::Place),
    ("实时位置共享", Kind::Place),
    ("location", Kind::Place),
    ("文件", Kind::File),
    ("文件消息", Kind::File),
    ("file", Kind::File),
    ("链接", Kind::Link),
    ("链接消息", Kind::Link),
    ("分享链接", Kind::Link),
    ("卡片式链接", Kind::Link),
    ("(分享)卡片式链接", Kind::Link),
    ("（分享）卡片式链接", Kind::Link),
    ("图文消息", Kind::Link),
    ("分享", Kind::Link),
    ("link", Kind::Link),
    ("share", Kind::Link),
    ("音乐", Kind::Music),
    ("音乐消息", Kind::Music),
    ("音乐链接", Kind::Music),
    ("(分享)音乐", Kind::Music),
    ("分享音乐", Kind::Music),
    ("music", Kind::Music),
    ("聊天记录", Kind::Forward),
    ("合并转发", Kind::Forward),
    ("合并转发的聊天记录", Kind::Forward),
    ("聊天记录合并转发", Kind::Forward),
    ("合并转发消息", Kind::Forward),
    ("forward", Kind::Forward),
    ("chathistory", Kind::Forward),
    ("chat_history", Kind::Forward),
    ("引用回复", Kind::Quote),
    ("引用消息", Kind::Quote),
    ("带有引用的文本消息", Kind::Quote),
    ("引用", Kind::Quote),
    ("回复", Kind::Quote),
    ("quote", Kind::Quote),
    ("reply", Kind::Quote),
    ("转账", Kind::Transfer),
    ("转账消息", Kind::Transfer),
    ("转账卡片", Kind::Transfer),
    ("微信转账", Kind::Transfer),
    ("transfer", Kind::Transfer),
    ("红包", Kind::RedPacket),
    ("红包消息", Kind::RedPacket),
    ("红包卡片", Kind::RedPacket),
    ("微信红包", Kind::RedPacket),
    ("红包封面", Kind::RedPacket),
    ("赠送红包封面", Kind::RedPacket),
    ("redpacket", Kind::RedPacket),
    ("red_packet", Kind::RedPacket),
    ("系统", Kind::System),
    ("系统消息", Kind::System),
    ("系统通知", Kind::System),
    ("通知", Kind::System),
    ("system", Kind::System),
    ("撤回", Kind::Recall),
    ("撤回消息", Kind::Recall),
    ("recall", Kind::Recall),
    ("邀请加群", Kind::Joined),
    ("拍一拍", Kind::Nudge),
    ("拍一拍消息", Kind::Nudge),
    ("pat", Kind::Nudge),
    ("语音通话", Kind::VoiceCall),
    ("通话", Kind::VoiceCall),
    ("通话消息", Kind::VoiceCall),
    ("voip", Kind::VoiceCall),
    ("call", Kind::VoiceCall),
    ("视频通话", Kind::VideoCall),
    ("名片", Kind::Contact),
    ("名片消息", Kind::Contact),
    ("个人名片", Kind::Contact),
    ("card", Kind::Contact),
    ("contact", Kind::Contact),
    ("小程序", Kind::MiniApp),
    ("小程序消息", Kind::MiniApp),
    ("小程序分享", Kind::MiniApp),
    ("分享的小程序", Kind::MiniApp),
    ("(分享)小程序", Kind::MiniApp),
    ("miniprogram", Kind::MiniApp),
    ("mini_program", Kind::MiniApp),
    ("视频号", Kind::ChannelPost),
    ("视频号视频", Kind::ChannelPost),
    ("视频号消息", Kind::ChannelPost),
    ("(分享)视频号视频", Kind::ChannelPost),
    ("视频号直播", Kind::ChannelLive),
    ("视频号直播卡片", Kind::ChannelLive),
    ("视频号直播或直播回放等", Kind::ChannelLive),
    ("群公告", Kind::Announcement),
    ("群公告消息", Kind::Announcement),
    ("接龙", Kind::Poll),
    ("笔记", Kind::Note),
    ("(分享)笔记", Kind::Note),
];

/// The kind that a word names.
pub(super) fn kind_of(word: &str) -> Option<Kind> {
    let word = word.trim();
    WORDS
        .iter()
        .find(|(known, _)| *known == word)
        .or_else(|| {
            let lower = word.to_lowercase();
            WORDS.iter().find(|(known, _)| *known == lower)
        })
        .map(|(_, kind)| *kind)
}

/// The kind of the numbers in a row's type; `sub` is the code of a card.
pub(super) fn kind_of_number(base: u32, sub: u32) -> Option<Kind> {
    Some(match (base, sub) {
        (1, _) => Kind::Text,
        (3, _) => Kind::Image,
        (34, _) => Kind::Voice,
        (42 | 66 | 67, _) => Kind::Contact,
        (43 | 62, _) => Kind::Video,
        (47, _) | (49, 8) => Kind::Sticker,
        (48, _) | (49, 17) => Kind::Place,
        (49, 3 | 76 | 92) => Kind::Music,
        (49, 1 | 4 | 5 | 68) => Kind::Link,
        (49, 6 | 74) => Kind::File,
        (49, 19) => Kind::Forward,
        (49, 24) => Kind::Note,
        (49, 33 | 36) => Kind::MiniApp,
        (49, 50 | 51) => Kind::ChannelPost,
        (49, 53) => Kind::Poll,
        (49, 57) => Kind::Quote,
        (49, 62) => Kind::Nudge,
        (49, 63 | 88) => Kind::ChannelLive,
        (49, 87) => Kind::Announcement,
        (49, 2000) => Kind::Transfer,
        (49, 2001 | 2003) => Kind::RedPacket,
        (50 | 52 | 53, _) => Kind::VoiceCall,
        (9999 | 10_000 | 10_002, _) => Kind::System,
        _ => return None,
    })
}

/// Base type and code of a card by which WeChat's own content of this kind is read.
pub(super) const fn numbers_of(kind: Kind) -> (u32, u32) {
    match kind {
        Kind::Text => (1, 0),
        Kind::Image => (3, 0),
        Kind::Voice => (34, 0),
        Kind::Contact => (42, 0),
        Kind::Video => (43, 0),
        Kind::Sticker => (47, 0),
        Kind::Place => (48, 0),
        Kind::VoiceCall | Kind::VideoCall => (50, 0),
        Kind::System | Kind::Recall | Kind::Joined => (10_000, 0),
        Kind::File => (49, 6),
        Kind::Link => (49, 5),
        Kind::Music => (49, 3),
        Kind::Forward => (49, 19),
        Kind::Note => (49, 24),
        Kind::MiniApp => (49, 33),
        Kind::ChannelPost => (49, 51),
        Kind::ChannelLive => (49, 63),
        Kind::Poll => (49, 53),
        Kind::Quote => (49, 57),
        Kind::Nudge => (49, 62),
        Kind::Announcement => (49, 87),
        Kind::Transfer => (49, 2000),
        Kind::RedPacket => (49, 2001),
    }
}

impl Kind {
    /// Whether messages of this kind have no sender.
    pub(super) const fn is_system(self) -> bool {
        matches!(self, Self::System | Self::Recall | Self::Joined)
    }
}

/// A label in brackets and what stands behind it: `[链接] 标题`.
pub(super) fn split_label(text: &str) -> Option<(Kind, &str)> {
    let inside = text.trim_start().strip_prefix(['[', '【'])?;
    let end = inside.find([']', '】'])?;
    let (word, rest) = inside.split_at_checked(end)?;
    if word.chars().count() > 16 {
        return None;
    }
    let mut rest = rest.chars();
    rest.next();
    kind_of(word).map(|kind| (kind, rest.as_str().trim()))
}

/// The part that a label stands for, when a text is nothing but the label.
pub(super) fn placeholder(text: &str) -> Option<Kind> {
    match split_label(text) {
        Some((kind, "")) if kind != Kind::Text => Some(kind),
        _ => None,
    }
}

/// A part of a kind of which only words are known, or nothing.
pub(super) fn part_of(kind: Kind, words: &str) -> Part {
    let words = words.trim();
    let some = || (!words.is_empty()).then(|| words.to_owned());
    let attachment = Attachment::default;
    match kind {
        Kind::Text => Part::text(words),
        Kind::Image => Part::Image(Box::default()),
        Kind::Voice => Part::Voice(Box::new(Voice {
            transcript: some(),
            ..Voice::default()
        })),
        Kind::Video => Part::Video(Box::default()),
        Kind::Sticker => Part::Sticker(Box::new(Sticker {
            meaning: some(),
            ..Sticker::default()
        })),
        Kind::Place => Part::Place(Box::new(Place {
            name: some(),
            ..Place::default()
        })),
        Kind::File => Part::File(Box::new(File {
            attachment: Attachment {
                name: some(),
                ..attachment()
            },
        })),
        Kind::Link | Kind::Music | Kind::Note => Part::Link(Box::new(link_of(words))),
        Kind::Forward => Part::Forward(Box::new(Forward {
            title: words.lines().next().map(str::to_owned),
            summary: words.lines().skip(1).map(str::to_owned).collect(),
            ..Forward::default()
        })),
        Kind::Quote => Part::Quote(Box::new(Quote {
            parts: some().map(Part::text).into_iter().collect(),
            ..Quote::default()
        })),
        Kind::Transfer | Kind::RedPacket => {
            let (amount, currency) = amount_and_currency(words);
            Part::Payment(Box::new(Payment {
                kind: if kind == Kind::Transfer {
                    PaymentKind::Transfer
                } else {
                    PaymentKind::RedPacket
                },
                amount,
                currency,
                note: some(),
                ..Payment::default()
            }))
        }
        Kind::System | Kind::Recall | Kind::Joined => Part::System(Box::new(System {
            event: match kind {
                Kind::Recall => SystemEvent::Recalled,
                Kind::Joined => SystemEvent::Joined,
                _ => SystemEvent::Notice,
            },
            text: words.to_owned(),
            ..System::default()
        })),
        Kind::Nudge => Part::Nudge(Box::new(Nudge {
            text: words.to_owned(),
            ..Nudge::default()
        })),
        Kind::VoiceCall | Kind::VideoCall => Part::Call(Box::new(Call {
            kind: if kind == Kind::VideoCall || words.contains("视频") {
                CallKind::Video
            } else {
                CallKind::Voice
            },
            text: some(),
            ..Call::default()
        })),
        Kind::Contact => Part::Contact(Box::new(Contact {
            name: some(),
            ..Contact::default()
        })),
        Kind::MiniApp => Part::MiniApp(Box::new(MiniApp {
            title: some(),
            ..MiniApp::default()
        })),
        Kind::ChannelPost | Kind::ChannelLive => Part::ChannelPost(Box::new(ChannelPost {
            description: some(),
            form: if kind == Kind::ChannelPost {
                "post"
            } else {
                "live"
            }
            .to_owned(),
            ..ChannelPost::default()
        })),
        Kind::Announcement => Part::Announcement(Box::new(Announcement {
            text: words.to_owned(),
            ..Announcement::default()
        })),
        Kind::Poll => Part::Poll(Box::new(Poll {
            text: words.to_owned(),
            ..Poll::default()
        })),
    }
}

/// A kind of which nobody knows more than its name.
pub(super) fn unknown(word: &str, content: &str) -> Part {
    Part::Unknown(Box::new(Unknown {
        kind: word.to_owned(),
        text: (!content.trim().is_empty()).then(|| content.to_owned()),
        raw: content.as_bytes().to_vec(),
    }))
}

/// The same, of a row without words: the row itself is kept.
pub(super) fn unknown_row(word: &str, row: String) -> Part {
    Part::Unknown(Box::new(Unknown {
        kind: word.to_owned(),
        text: None,
        raw: row.into_bytes(),
    }))
}

/// Words that hold an address: `标题 https://…`.
fn link_of(words: &str) -> Link {
    let at = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| words.find(scheme));
    let (title, url) = at
        .and_then(|at| words.split_at_checked(at))
        .unwrap_or((words, ""));
    let end = url.find([' ', '\n', '）', ')']).unwrap_or(url.len());
    let title = title.trim().trim_end_matches(['(', '（', '\n', ' ']);
    Link {
        url: url
            .get(..end)
            .filter(|url| !url.is_empty())
            .map(str::to_owned),
        title: (!title.is_empty()).then(|| title.to_owned()),
        description: None,
        source: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::PartKind;

    #[test]
    fn only_a_whole_label_stands_for_a_part() {
        assert_eq!(placeholder("[图片]"), Some(Kind::Image));
        assert_eq!(placeholder(" [语音] "), Some(Kind::Voice));
        assert_eq!(placeholder("看[图片]"), None);
        assert_eq!(placeholder("[图片]好看"), None);
        assert_eq!(placeholder("[微笑]"), None);
        assert_eq!(split_label("[链接] 标题"), Some((Kind::Link, "标题")));
    }

    #[test]
    fn every_kind_has_a_part_and_numbers() {
        for (word, kind) in WORDS {
            assert_eq!(kind_of(word), Some(*kind), "{word}");
            let part = part_of(*kind, "https://a.example/ 12");
            assert!(
                *kind == Kind::Text || part.kind() != PartKind::Text,
                "{word}"
            );
            let (base, sub) = numbers_of(*kind);
            assert!(kind_of_number(base, sub).is_some(), "{word}");
        }
        assert_eq!(kind_of("未知类型(77)"), None);
        assert_eq!(kind_of("Image"), Some(Kind::Image));
    }

    #[test]
    fn an_address_inside_words_is_found() {
        let link = link_of("标题 (https://a.example/x) 尾");
        assert_eq!(link.title.as_deref(), Some("标题"));
        assert_eq!(link.url.as_deref(), Some("https://a.example/x"));
    }
}
