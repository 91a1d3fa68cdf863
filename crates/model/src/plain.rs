//! A message as plain text.
//!
//! The words that a person typed stand as they are; everything else becomes the label in square brackets that
//! Chinese messengers themselves show (`[图片]`). A quoted excerpt is left out: it belongs to the other message.

use crate::{CallOutcome, Part};

/// The plain text of all parts together.
#[must_use]
pub fn plain_text(parts: &[Part]) -> String {
    let mut out = String::new();
    write_plain_text(parts, &mut out);
    out
}

/// Appends the plain text of all parts.
pub fn write_plain_text(parts: &[Part], out: &mut String) {
    for part in parts {
        let before = out.len();
        write_part(part, out);
        // Text runs follow each other directly; anything else is set off by a space.
        if before > 0 && before < out.len() && !matches!(part, Part::Text(_)) {
            let needs_space = out
                .as_bytes()
                .get(before - 1)
                .is_some_and(|byte| !byte.is_ascii_whitespace());
            if needs_space && !out[before..].starts_with('[') {
                out.insert(before, ' ');
            }
        }
    }
}

/// `[label]` or `[label] text`.
fn labelled(label: &str, text: Option<&str>, out: &mut String) {
    out.push('[');
    out.push_str(label);
    out.push(']');
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        out.push(' ');
        out.push_str(text);
    }
}

fn write_part(part: &Part, out: &mut String) {
    match part {
        Part::Text(text) => out.push_str(&text.text),
        Part::Image(_) => labelled("图片", None, out),
        Part::Voice(voice) => labelled("语音", voice.transcript.as_deref(), out),
        Part::Video(_) => labelled("视频", None, out),
        Part::File(file) => labelled("文件", file.attachment.name.as_deref(), out),
        Part::Sticker(sticker) => {
            let words = [&sticker.meaning, &sticker.result].into_iter().flatten();
            let text = words.map(String::as_str).collect::<Vec<_>>().join(" ");
            labelled("表情", Some(&text), out);
        }
        Part::Place(place) => {
            let words = [&place.name, &place.address].into_iter().flatten();
            labelled(
                "位置",
                Some(&words.map(String::as_str).collect::<Vec<_>>().join(" ")),
                out,
            );
        }
        Part::Contact(contact) => labelled("名片", contact.name.as_deref(), out),
        Part::Link(link) => labelled("链接", link.title.as_deref().or(link.url.as_deref()), out),
        Part::MiniApp(app) => labelled("小程序", app.title.as_deref().or(app.app.as_deref()), out),
        Part::ChannelPost(post) => labelled(
            "视频号",
            post.description.as_deref().or(post.author.as_deref()),
            out,
        ),
        Part::Quote(_) => {}
        Part::Forward(forward) => labelled("聊天记录", forward.title.as_deref(), out),
        Part::Payment(payment) => {
            let label = match payment.kind {
                crate::PaymentKind::RedPacket => "红包",
                crate::PaymentKind::Transfer => "转账",
                crate::PaymentKind::Other => "支付",
            };
            let words = [&payment.amount, &payment.note].into_iter().flatten();
            labelled(
                label,
                Some(&words.map(String::as_str).collect::<Vec<_>>().join(" ")),
                out,
            );
        }
        Part::Call(call) => {
            let words = call.text.as_deref().or(match call.outcome {
                CallOutcome::Unknown => None,
                CallOutcome::Finished => Some("已结束"),
                CallOutcome::Cancelled => Some("已取消"),
                CallOutcome::Refused => Some("已拒绝"),
                CallOutcome::Missed => Some("未接听"),
                CallOutcome::Elsewhere => Some("已在其它设备处理"),
                CallOutcome::Started => Some("已开始"),
            });
            labelled("通话", words, out);
        }
        Part::Nudge(nudge) => out.push_str(&nudge.text),
        Part::Announcement(announcement) => labelled("公告", Some(&announcement.text), out),
        Part::Poll(poll) => labelled("接龙", Some(&poll.text), out),
        Part::System(system) => out.push_str(&system.text),
        Part::Card(card) => labelled("卡片", card.title.as_deref().or(card.text.as_deref()), out),
        Part::Unknown(unknown) => labelled("未知消息", unknown.text.as_deref(), out),
    }
}
