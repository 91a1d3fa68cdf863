//! 通话: the present form, the old form of three roots, and notices of group calls.

use hutong_model::{Call, CallKind, CallOutcome, Part};

use crate::wechat::decode::{Document, Element, visible_text};

use super::{Body, positive};

/// A call (50), an invitation (53) or a notice of one (52).
pub(super) fn call(content: &str) -> Body {
    let document = Document::parse(content);
    let root = document.root();
    let call = if let Some(bubble) = bubble(root) {
        from_bubble(bubble)
    } else if let Some(invite) = root.find("voipinvitemsg") {
        from_invite(root, invite)
    } else {
        let text = visible_text(content).trim().to_owned();
        let duration_ms = spoken_duration(&text);
        let outcome = outcome_of(&text, duration_ms);
        Call {
            kind: kind_of(&text),
            duration_ms,
            outcome,
            text: (!text.is_empty()).then_some(text),
        }
    };
    Body::of(Part::Call(Box::new(call)))
}

/// The inner element; the outer one is called alike but for its case.
fn bubble(root: Element<'_>) -> Option<Element<'_>> {
    let outer = root
        .find("VoIPBubbleMsg")
        .or_else(|| root.find("voipmsg"))?;
    Some(outer.child("VoIPBubbleMsg").unwrap_or(outer))
}

fn from_bubble(bubble: Element<'_>) -> Call {
    let text = bubble.text_of("msg");
    let words = text.as_deref().unwrap_or_default();
    let kind = match bubble.number_of("room_type") {
        Some(0) => CallKind::Video,
        Some(1) => CallKind::Voice,
        _ => kind_of(words),
    };
    // The words are what both sides saw; the number beside them is there even when nobody answered.
    let stated = positive(bubble.number_of("duration")).map(|seconds| seconds.saturating_mul(1000));
    let spoken = spoken_duration(words);
    let outcome = outcome_of(words, spoken.or(stated));
    let duration_ms = spoken.or_else(|| stated.filter(|_| outcome == CallOutcome::Finished));
    Call {
        kind,
        duration_ms,
        outcome,
        text,
    }
}

fn from_invite(root: Element<'_>, invite: Element<'_>) -> Call {
    let local = root.find("voiplocalinfo");
    let kind = match invite.number_of("invitetype") {
        Some(0) => CallKind::Video,
        Some(1) => CallKind::Voice,
        _ => CallKind::Other,
    };
    let duration_ms = local
        .and_then(|local| positive(local.number_of("duration")))
        .map(|seconds| seconds.saturating_mul(1000));
    let outcome = match local.and_then(|local| local.number_of("wordingtype")) {
        Some(1) => CallOutcome::Missed,
        Some(2) => CallOutcome::Cancelled,
        Some(4) => CallOutcome::Finished,
        // 3 is a call that broke off: it took place when it has a length.
        _ if duration_ms.is_some() => CallOutcome::Finished,
        _ => CallOutcome::Unknown,
    };
    Call {
        kind,
        duration_ms,
        outcome,
        text: None,
    }
}

/// A notice about a group call (64): JSON with the words in `msgContent`.
pub(super) fn group_notice(content: &str) -> Body {
    let json = content.find('{').and_then(|start| content.get(start..));
    let words = json
        .and_then(|json| serde_json::from_str::<serde_json::Value>(json).ok())
        .and_then(|value| {
            value
                .get("msgContent")
                .and_then(|words| words.as_str().map(str::to_owned))
        })
        .unwrap_or_else(|| visible_text(content).trim().to_owned());
    let outcome = if ["结束", "ended"].iter().any(|word| words.contains(word)) {
        CallOutcome::Finished
    } else if ["发起", "started", "initiated"]
        .iter()
        .any(|word| words.contains(word))
    {
        CallOutcome::Started
    } else {
        CallOutcome::Unknown
    };
    let kind = kind_of(&words);
    Body::of(Part::Call(Box::new(Call {
        kind,
        duration_ms: spoken_duration(&words),
        outcome,
        text: (!words.is_empty()).then_some(words),
    })))
}

fn kind_of(words: &str) -> CallKind {
    if ["视频", "video", "Video"]
        .iter()
        .any(|word| words.contains(word))
    {
        CallKind::Video
    } else if ["语音", "voice", "Voice"]
        .iter()
        .any(|word| words.contains(word))
    {
        CallKind::Voice
    } else {
        CallKind::Other
    }
}

fn outcome_of(words: &str, duration_ms: Option<u64>) -> CallOutcome {
    const WORDS: &[(&str, CallOutcome)] = &[
        ("其它设备", CallOutcome::Elsewhere),
        ("其他设备", CallOutcome::Elsewhere),
        ("another device", CallOutcome::Elsewhere),
        ("通话时长", CallOutcome::Finished),
        ("聊天时长", CallOutcome::Finished),
        ("Duration", CallOutcome::Finished),
        ("拒绝", CallOutcome::Refused),
        ("declined", CallOutcome::Refused),
        ("无应答", CallOutcome::Missed),
        ("未应答", CallOutcome::Missed),
        ("未接听", CallOutcome::Missed),
        ("No answer", CallOutcome::Missed),
        ("取消", CallOutcome::Cancelled),
        ("anceled", CallOutcome::Cancelled),
        ("ancelled", CallOutcome::Cancelled),
    ];
    WORDS
        .iter()
        .find(|(word, _)| words.contains(word))
        .map(|(_, outcome)| *outcome)
        .unwrap_or(match duration_ms {
            Some(_) => CallOutcome::Finished,
            None => CallOutcome::Unknown,
        })
}

/// `通话时长 01:02:03` in milliseconds.
fn spoken_duration(words: &str) -> Option<u64> {
    let clock = words
        .split(|letter: char| !letter.is_ascii_digit() && letter != ':')
        .find(|run| run.contains(':'))?;
    let mut seconds = 0_u64;
    for field in clock.split(':').take(3) {
        seconds = seconds.checked_mul(60)?.checked_add(field.parse().ok()?)?;
    }
    (seconds > 0).then(|| seconds.saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(content: &str) -> Call {
        match call(content).parts.pop() {
            Some(Part::Call(call)) => *call,
            _ => panic!("call"),
        }
    }

    #[test]
    fn the_present_form_is_read() {
        let form = |words: &str, room: u8| {
            parsed(&format!(
                "<voipmsg type=\"VoIPBubbleMsg\"><VoIPBubbleMsg><msg><![CDATA[{words}]]></msg><room_type>{room}</room_type><duration>9</duration></VoIPBubbleMsg></voipmsg>"
            ))
        };
        let call = form("通话时长 01:05", 0);
        assert_eq!(
            (call.kind, call.duration_ms, call.outcome),
            (CallKind::Video, Some(65_000), CallOutcome::Finished)
        );
        let outcomes = [
            "已取消",
            "对方已拒绝",
            "对方无应答",
            "忙线未接听",
            "已在其它设备接听",
        ]
        .map(|words| form(words, 1));
        use CallOutcome::{Cancelled, Elsewhere, Missed, Refused};
        assert_eq!(
            outcomes.clone().map(|call| call.outcome),
            [Cancelled, Refused, Missed, Missed, Elsewhere]
        );
        assert!(
            outcomes
                .iter()
                .all(|call| call.duration_ms.is_none() && call.kind == CallKind::Voice)
        );
    }

    #[test]
    fn the_old_form_has_three_roots() {
        let call = parsed(
            "<voipinvitemsg><roomid>1</roomid><invitetype>1</invitetype></voipinvitemsg><voipextinfo/><voiplocalinfo><wordingtype>4</wordingtype><duration>12</duration></voiplocalinfo>",
        );
        assert_eq!(
            (call.kind, call.duration_ms, call.outcome),
            (CallKind::Voice, Some(12_000), CallOutcome::Finished)
        );
    }

    #[test]
    fn a_group_call_is_told_in_json() {
        let Some(Part::Call(call)) = group_notice("{\"msgContent\":\"张三发起了语音通话\"}")
            .parts
            .pop()
        else {
            panic!("call")
        };
        assert_eq!(
            (call.outcome, call.text.as_deref()),
            (CallOutcome::Started, Some("张三发起了语音通话"))
        );
    }
}
