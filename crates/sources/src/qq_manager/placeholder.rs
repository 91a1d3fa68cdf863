//! Words in brackets that stand for what an export cannot show, and what notices say.

use std::ops::Range;

use hutong_model::{
    Call, CallKind, File, Forward, Image, Link, Nudge, Part, Payment, PaymentKind, Place, Sticker,
    System, SystemEvent, Video, Voice,
};

/// More placeholders in one message stay text.
const MAX_PLACEHOLDERS: usize = 200;

/// The parts of a body that is plain text: one part, and where it is nothing but placeholders, parts of their kinds
/// without their files.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    placeholders(text).unwrap_or_else(|| vec![Part::text(text)])
}

/// A text that is nothing but placeholders.
fn placeholders(text: &str) -> Option<Vec<Part>> {
    let mut rest = text.trim();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if !rest.starts_with('[') || parts.len() >= MAX_PLACEHOLDERS {
            return None;
        }
        let end = rest.find(']')? + 1;
        let (word, behind) = rest.split_at_checked(end)?;
        parts.push(whole(word)?);
        rest = behind.trim_start();
    }
    (!parts.is_empty()).then_some(parts)
}

/// A text without blank lines at its beginning and end.
pub(crate) fn without_blank_ends(text: &str) -> &str {
    text.get(lines_with_words(text)).unwrap_or_default()
}

/// Where the lines of a text stand, from the first to the last that is not blank.
pub(crate) fn lines_with_words(text: &str) -> Range<usize> {
    let first = text.len() - text.trim_start().len();
    let last = text.trim_end().len();
    if first >= last {
        return 0..0;
    }
    let (before, behind) = (text.get(..first), text.get(last..));
    let start = before.and_then(|before| before.rfind('\n'));
    let end = behind.and_then(|behind| behind.find('\n'));
    start.map_or(0, |at| at + 1)..end.map_or(text.len(), |at| last + at)
}

/// The part that a placeholder stands for.
fn whole(text: &str) -> Option<Part> {
    let word = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let payment = |kind| {
        Part::Payment(Box::new(Payment {
            kind,
            ..Payment::default()
        }))
    };
    let call = |kind| {
        Part::Call(Box::new(Call {
            kind,
            ..Call::default()
        }))
    };
    Some(match word {
        "图片" => Part::Image(Box::default()),
        "闪照" => Part::Image(Box::new(Image {
            is_flash: true,
            ..Image::default()
        })),
        "表情" | "动画表情" | "原创表情" | "魔法表情" => {
            Part::Sticker(Box::<Sticker>::default())
        }
        "语音" => Part::Voice(Box::<Voice>::default()),
        "视频" | "短视频" => Part::Video(Box::<Video>::default()),
        "文件" => Part::File(Box::<File>::default()),
        "红包" | "QQ红包" => payment(PaymentKind::RedPacket),
        "转账" | "QQ转账" => payment(PaymentKind::Transfer),
        "链接" => Part::Link(Box::<Link>::default()),
        "位置" => Part::Place(Box::<Place>::default()),
        "戳一戳" | "窗口抖动" => Part::Nudge(Box::new(Nudge {
            text: text.trim().to_owned(),
            ..Nudge::default()
        })),
        "语音通话" => call(CallKind::Voice),
        "视频通话" => call(CallKind::Video),
        "合并转发" | "聊天记录" => Part::Forward(Box::<Forward>::default()),
        _ => return None,
    })
}

/// A notice of the messenger.
pub(crate) fn notice(text: String) -> Part {
    Part::System(Box::new(System {
        event: event(&text),
        text,
        ..System::default()
    }))
}

fn event(text: &str) -> SystemEvent {
    const WORDS: &[(&[&str], SystemEvent)] = &[
        (
            &["撤回了一条消息", "撤回一条消息", "recalled a message"],
            SystemEvent::Recalled,
        ),
        (&["解散"], SystemEvent::Disbanded),
        (&["禁言"], SystemEvent::Muted),
        (
            &[
                "退出了本群",
                "退出本群",
                "移出本群",
                "移出了本群",
                "离开本群",
                "被移出",
                "踢出",
                "left the group",
            ],
            SystemEvent::Left,
        ),
        (
            &[
                "加入本群",
                "加入了本群",
                "加入群",
                "加入了群",
                "进群",
                "joined the group",
            ],
            SystemEvent::Joined,
        ),
        (
            &["修改群名", "修改了群名", "群名称为", "群名为"],
            SystemEvent::Renamed,
        ),
        (
            &["创建了本群", "创建了群", "创建本群"],
            SystemEvent::Created,
        ),
        (&["红包", "转账"], SystemEvent::Payment),
        (
            &[
                "接收了你发送的",
                "下载了你",
                "上传了文件",
                "发送的文件",
                "离线文件",
            ],
            SystemEvent::FileReceived,
        ),
    ];
    WORDS
        .iter()
        .find(|(words, _)| words.iter().any(|word| text.contains(word)))
        .map_or(SystemEvent::Notice, |(_, event)| *event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::{PartKind, comparable_text};
    use proptest::prelude::*;

    #[test]
    fn only_a_whole_text_is_a_placeholder() {
        let kind = |text| parts(text).first().map(Part::kind);
        assert_eq!(kind("[图片]"), Some(PartKind::Image));
        assert_eq!(kind(" [表情]\n"), Some(PartKind::Sticker));
        assert_eq!(kind("[QQ红包]"), Some(PartKind::Payment));
        assert_eq!(kind("[窗口抖动]"), Some(PartKind::Nudge));
        assert_eq!(kind("看[图片]"), Some(PartKind::Text));
        assert_eq!(kind("[图片][摇头]"), Some(PartKind::Text));
        assert_eq!(parts("[图片] [语音]\n[图片]").len(), 3);
        assert_eq!(kind(""), Some(PartKind::Text));
        for text in ["[图片]", "[戳一戳]", "[位置]", "[语音]"] {
            assert_eq!(comparable_text(&parts(text)), "");
        }
    }

    proptest! {
        #[test]
        fn a_placeholder_compares_as_its_words_do(text in "[a \\n\\[\\]图片戳一戳语音，]{0,40}", whole in "(\\[(图片|戳一戳|窗口抖动|语音通话|QQ红包)\\] ?){1,4}") {
            for text in [text, whole] {
                let mut words = String::new();
                hutong_model::write_comparable(&text, &mut words);
                prop_assert_eq!(words, comparable_text(&parts(&text)));
            }
        }

        #[test]
        fn blank_lines_go_and_lines_with_words_stay_whole(text in "[a \\n\\r\u{3000}]{0,12}") {
            let lines: Vec<&str> = text.split('\n').collect();
            let has_words = |line: &&str| !line.trim().is_empty();
            let first = lines.iter().position(has_words).unwrap_or(lines.len());
            let last = lines.iter().rposition(has_words).map_or(first, |at| at + 1);
            prop_assert_eq!(without_blank_ends(&text), lines[first..last].join("\n"));
        }
    }

    #[test]
    fn notices_are_told_apart() {
        assert_eq!(event("小满加入本群。"), SystemEvent::Joined);
        assert_eq!(event("小满被管理员移出本群。"), SystemEvent::Left);
        assert_eq!(event("小满撤回了一条消息"), SystemEvent::Recalled);
        assert_eq!(event("今天天气好"), SystemEvent::Notice);
    }
}
