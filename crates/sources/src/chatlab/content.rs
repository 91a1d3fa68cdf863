//! Type codes and words become parts.

use hutong_model::{
    Attachment, Call, CallKind, CallOutcome, Contact, File, Forward, Image, Link, MiniApp, Nudge,
    Part, Payment, PaymentKind, Place, Sticker, System, SystemEvent, Unknown, Video, Voice,
};

use crate::json_export::{clock, event_of};

/// Codes of events that have no sender.
pub(super) const SYSTEM: i64 = 80;
/// 撤回.
pub(super) const RECALL: i64 = 81;

/// The parts of a message with this type code.
pub(super) fn parts(code: Option<i64>, content: Option<&str>, raw: &[u8]) -> Vec<Part> {
    let content = content.unwrap_or_default();
    let (label, words) = split(content);
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let attachment = || attachment(words);
    let part = match code {
        // Text and reply; a link that stands in a text is text.
        Some(0 | 25) | None => Part::text(content),
        Some(1) => Part::Image(Box::new(Image {
            attachment: attachment(),
            ..Image::default()
        })),
        Some(2) => Part::Voice(Box::new(Voice {
            duration_ms: seconds(words).map(|seconds| seconds * 1000),
            transcript: given(words).filter(|words| seconds(words).is_none() && !is_file(words)),
            attachment: if is_file(words) {
                attachment()
            } else {
                Attachment::default()
            },
        })),
        Some(3) => Part::Video(Box::new(Video {
            attachment: attachment(),
            ..Video::default()
        })),
        Some(4) => Part::File(Box::new(File {
            attachment: Attachment {
                name: given(words),
                ..Attachment::default()
            },
        })),
        Some(5) => {
            let meaning = match label {
                Some("表情" | "动画表情" | "表情包" | "sticker" | "Sticker") | None => {
                    words
                }
                Some(label) if words.trim().is_empty() => label,
                Some(_) => words,
            };
            let is_address = meaning.starts_with("http");
            Part::Sticker(Box::new(Sticker {
                attachment: if is_address {
                    attachment()
                } else {
                    Attachment::default()
                },
                meaning: given(meaning).filter(|_| !is_address),
                ..Sticker::default()
            }))
        }
        Some(7 | 24) if label == Some("小程序") => Part::MiniApp(Box::new(MiniApp {
            title: given(words),
            ..MiniApp::default()
        })),
        Some(7 | 24) => {
            let (title, url) = address(words);
            Part::Link(Box::new(Link {
                url,
                title: given(&title),
                ..Link::default()
            }))
        }
        Some(8) => Part::Place(Box::new(Place {
            name: given(words),
            ..Place::default()
        })),
        Some(20) => payment(PaymentKind::RedPacket, words),
        Some(21) => payment(PaymentKind::Transfer, words),
        Some(22) => Part::Nudge(Box::new(Nudge {
            text: content.to_owned(),
            ..Nudge::default()
        })),
        Some(23) => call(content, words),
        Some(26) => {
            let mut lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
            Part::Forward(Box::new(Forward {
                title: lines.next().map(str::to_owned),
                summary: lines.map(str::to_owned).collect(),
                ..Forward::default()
            }))
        }
        Some(27) => Part::Contact(Box::new(Contact {
            name: given(words),
            ..Contact::default()
        })),
        Some(SYSTEM) => system(event_of(content), content),
        Some(RECALL) => system(SystemEvent::Recalled, content),
        Some(code) => Part::Unknown(Box::new(Unknown {
            kind: format!("chatlab {code}"),
            text: given(content),
            raw: raw.to_vec(),
        })),
    };
    // Words of a picture or film that are neither its name nor its address are said beside it.
    let mut parts = vec![part];
    if matches!(code, Some(1 | 3)) && !is_file(words) && !words.trim().is_empty() {
        parts.push(Part::text(words.trim()));
    }
    parts
}

/// The label in front and the words behind it: `[文件] a.pdf`, `[图片]`, `[位置: 广场]`.
fn split(content: &str) -> (Option<&str>, &str) {
    let text = content.trim();
    let Some(inside) = text.strip_prefix('[') else {
        return (None, text);
    };
    let Some((label, rest)) = inside.split_once(']') else {
        return (None, text);
    };
    if label.is_empty() || label.chars().count() > 12 && !label.contains([':', '：']) {
        return (None, text);
    }
    match label.split_once([':', '：']) {
        Some((label, words)) if rest.trim().is_empty() => (Some(label.trim()), words.trim()),
        _ => (
            Some(label.trim()),
            rest.trim_start_matches([':', '：']).trim(),
        ),
    }
}

/// Whether words are the name or address of a file.
fn is_file(words: &str) -> bool {
    let words = words.trim();
    if words.starts_with("http://") || words.starts_with("https://") {
        return !words.contains(char::is_whitespace);
    }
    let Some((stem, ending)) = words.rsplit_once('.') else {
        return false;
    };
    !stem.is_empty()
        && (2..=5).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !words.contains('\n')
}

fn attachment(words: &str) -> Attachment {
    let words = words.trim();
    if !is_file(words) {
        return Attachment::default();
    }
    let is_address = words.starts_with("http");
    let name = words.rsplit(['/', '\\']).next().map(str::to_owned);
    Attachment {
        name: name.filter(|_| !is_address),
        url: is_address.then(|| words.to_owned()),
        ..Attachment::default()
    }
}

/// Words without the first address in them, and the address.
fn address(words: &str) -> (String, Option<String>) {
    let Some(start) = ["https://", "http://"]
        .iter()
        .filter_map(|scheme| words.find(scheme))
        .min()
    else {
        return (words.to_owned(), None);
    };
    let (before, from) = words.split_at(start);
    let end = from
        .find(|letter: char| {
            letter.is_whitespace() || matches!(letter, ')' | ']' | '，' | '）' | '"')
        })
        .unwrap_or(from.len());
    let (url, after) = from.split_at(end);
    let before = before
        .trim()
        .trim_end_matches(['(', '[', '（', ':', '：'])
        .trim_end();
    let after = after.trim_start_matches([')', ']', '）']).trim();
    let title = [before, after].join(" ");
    (title.trim().to_owned(), Some(url.to_owned()))
}

fn payment(kind: PaymentKind, words: &str) -> Part {
    let amount = amount(words);
    Part::Payment(Box::new(Payment {
        kind,
        currency: amount.as_ref().map(|_| "CNY".to_owned()),
        amount,
        note: Some(words.trim().to_owned()).filter(|words| !words.is_empty()),
        ..Payment::default()
    }))
}

/// The number behind `¥` or before `元`.
fn amount(words: &str) -> Option<String> {
    let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
    let found = match words.find(['¥', '￥']) {
        Some(sign) => {
            let rest = words.get(sign..)?.trim_start_matches(['¥', '￥', ' ']);
            let end = rest.find(|letter| !is_digit(letter)).unwrap_or(rest.len());
            rest.get(..end)?
        }
        None => {
            let before = words.get(..words.find('元')?)?.trim_end();
            let start = before
                .char_indices()
                .rev()
                .take_while(|(_, letter)| is_digit(*letter))
                .last()?
                .0;
            before.get(start..)?
        }
    };
    (!found.is_empty() && found.bytes().any(|byte| byte.is_ascii_digit()))
        .then(|| found.trim_end_matches('.').to_owned())
}

fn call(content: &str, words: &str) -> Part {
    let has = |list: &[&str]| list.iter().any(|word| content.contains(word));
    let outcome = if has(&["取消"]) {
        CallOutcome::Cancelled
    } else if has(&["拒绝", "拒接"]) {
        CallOutcome::Refused
    } else if has(&["未接", "无应答", "未应答", "忙线"]) {
        CallOutcome::Missed
    } else if clock(content).is_some() || has(&["通话时长", "结束"]) {
        CallOutcome::Finished
    } else {
        CallOutcome::Unknown
    };
    Part::Call(Box::new(Call {
        kind: if has(&["视频"]) {
            CallKind::Video
        } else {
            CallKind::Voice
        },
        duration_ms: clock(content).map(|seconds| seconds * 1000),
        outcome,
        text: Some(if words.is_empty() { content } else { words }.to_owned())
            .filter(|text| !text.is_empty()),
    }))
}

/// `5"`, `5秒`, `5s` and nothing else.
fn seconds(words: &str) -> Option<u64> {
    let words = words.trim().trim_start_matches(['(', '（']);
    let words = words.trim_end_matches([')', '）']);
    let end = words.find(|letter: char| !letter.is_ascii_digit())?;
    let (digits, unit) = words.split_at(end);
    matches!(unit.trim(), "\"" | "″" | "''" | "秒" | "s")
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|seconds| *seconds < 100_000)
}

fn system(event: SystemEvent, text: &str) -> Part {
    Part::System(Box::new(System {
        event,
        text: text.to_owned(),
        accounts: Vec::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_told_from_words() {
        assert_eq!(split("[文件] a.pdf"), (Some("文件"), "a.pdf"));
        assert_eq!(split("[图片]"), (Some("图片"), ""));
        assert_eq!(split("[位置: 广场]"), (Some("位置"), "广场"));
        assert_eq!(
            split("[图片: 一张很长很长很长的名字.png]"),
            (Some("图片"), "一张很长很长很长的名字.png")
        );
        assert_eq!(split("随便 [图片]"), (None, "随便 [图片]"));
        assert_eq!(split(""), (None, ""));
    }

    #[test]
    fn words_say_amounts_lengths_and_addresses() {
        assert_eq!(amount("￥12.50 请你喝茶").as_deref(), Some("12.50"));
        assert_eq!(amount("转账 100元").as_deref(), Some("100"));
        assert_eq!(amount("恭喜发财"), None);
        assert_eq!(seconds("12\""), Some(12));
        assert_eq!(seconds("12 只猫"), None);
        assert_eq!(
            address("看这里 https://example.com/a?b=1 好"),
            (
                "看这里 好".to_owned(),
                Some("https://example.com/a?b=1".to_owned())
            )
        );
    }
}
