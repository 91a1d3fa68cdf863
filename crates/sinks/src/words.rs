//! The words of both languages for the kinds of things.

use hutong_model::{
    CallKind, CallOutcome, ConversationKind, Direction, PartKind, PaymentKind, PaymentState, State,
};

use crate::Language;

/// Kind of a part.
pub const fn part(language: Language, kind: PartKind) -> &'static str {
    let (zh, en) = match kind {
        PartKind::Text => ("文字", "Text"),
        PartKind::Image => ("图片", "Image"),
        PartKind::Voice => ("语音", "Voice message"),
        PartKind::Video => ("视频", "Video"),
        PartKind::File => ("文件", "File"),
        PartKind::Sticker => ("表情", "Sticker"),
        PartKind::Place => ("位置", "Place"),
        PartKind::Contact => ("名片", "Contact card"),
        PartKind::Link => ("链接", "Link"),
        PartKind::MiniApp => ("小程序", "Mini program"),
        PartKind::ChannelPost => ("视频号", "Channel post"),
        PartKind::Quote => ("引用", "Quote"),
        PartKind::Forward => ("聊天记录", "Chat history"),
        PartKind::Payment => ("支付", "Payment"),
        PartKind::Call => ("通话", "Call"),
        PartKind::Nudge => ("拍一拍", "Nudge"),
        PartKind::Announcement => ("公告", "Announcement"),
        PartKind::Poll => ("接龙", "Poll"),
        PartKind::System => ("系统消息", "Notice"),
        PartKind::Card => ("卡片", "Card"),
        PartKind::Unknown => ("未知消息", "Unknown message"),
    };
    language.pick(zh, en)
}

/// Kind of a payment.
pub const fn payment(language: Language, kind: PaymentKind) -> &'static str {
    match kind {
        PaymentKind::Transfer => language.pick("转账", "Transfer"),
        PaymentKind::RedPacket => language.pick("红包", "Red packet"),
        PaymentKind::Other => language.pick("支付", "Payment"),
    }
}

/// How far a payment has gone; nothing when that is not known.
pub const fn payment_state(language: Language, state: PaymentState) -> Option<&'static str> {
    let (zh, en) = match state {
        PaymentState::Unknown => return None,
        PaymentState::Sent => ("待收款", "Sent"),
        PaymentState::Received => ("已收款", "Received"),
        PaymentState::Refunded => ("已退还", "Returned"),
        PaymentState::Expired => ("已过期", "Expired"),
    };
    Some(language.pick(zh, en))
}

/// Kind of a call.
pub const fn call(language: Language, kind: CallKind) -> &'static str {
    let (zh, en) = match kind {
        CallKind::Voice => ("语音通话", "Voice call"),
        CallKind::Video => ("视频通话", "Video call"),
        CallKind::Screen => ("屏幕共享", "Screen sharing"),
        CallKind::Other => ("通话", "Call"),
    };
    language.pick(zh, en)
}

/// How a call ended; nothing when that is not known.
pub const fn call_outcome(language: Language, outcome: CallOutcome) -> Option<&'static str> {
    let (zh, en) = match outcome {
        CallOutcome::Unknown => return None,
        CallOutcome::Finished => ("已结束", "Ended"),
        CallOutcome::Cancelled => ("已取消", "Cancelled"),
        CallOutcome::Refused => ("已拒绝", "Declined"),
        CallOutcome::Missed => ("未接听", "Not answered"),
        CallOutcome::Elsewhere => ("已在其它设备处理", "Handled on another device"),
        CallOutcome::Started => ("已开始", "Started"),
    };
    Some(language.pick(zh, en))
}

/// Kind of a conversation.
pub const fn conversation(language: Language, kind: ConversationKind) -> &'static str {
    let (zh, en) = match kind {
        ConversationKind::Direct => ("私聊", "Direct chat"),
        ConversationKind::Group => ("群聊", "Group chat"),
        ConversationKind::Channel => ("频道", "Channel"),
        ConversationKind::Official => ("公众号", "Official account"),
        ConversationKind::Device => ("我的设备", "Own devices"),
        ConversationKind::System => ("系统通知", "Notices"),
    };
    language.pick(zh, en)
}

/// What became of a message; nothing when it stands.
pub const fn state(language: Language, state: &State) -> Option<&'static str> {
    match state {
        State::Normal => None,
        State::Recalled { .. } => Some(language.pick("已撤回", "Recalled")),
        State::Deleted => Some(language.pick("已删除", "Deleted")),
    }
}

/// Which way a message went.
pub const fn direction(language: Language, direction: Direction) -> &'static str {
    match direction {
        Direction::In => language.pick("收到", "in"),
        Direction::Out => language.pick("发出", "out"),
        Direction::None => "",
    }
}

/// A messenger's name.
pub fn platform(language: Language, platform: &hutong_model::Platform) -> &str {
    match platform {
        hutong_model::Platform::WeChat => language.pick("微信", "WeChat"),
        hutong_model::Platform::Qq => "QQ",
        hutong_model::Platform::Other(name) => name,
    }
}

/// `1,234` in words: messages.
pub fn messages(language: Language, count: u64) -> String {
    let number = grouped(count);
    match (language, count) {
        (Language::Zh, _) => format!("{number} 条消息"),
        (Language::En, 1) => "1 message".to_owned(),
        (Language::En, _) => format!("{number} messages"),
    }
}

/// A number with separators: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size as people say it: `512 B`, `1.2 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let mut tenths = u128::from(bytes) * 10;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512) / 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).unwrap_or(&"");
    if unit == 0 || tenths >= 1000 || tenths.is_multiple_of(10) {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

/// A length: `0:07`, `1:02:03`.
pub fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds.div_ceil(1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(size(512), "512 B");
        assert_eq!(size(1024), "1 KB");
        assert_eq!(size(1_258_291), "1.2 MB");
        assert_eq!(size(u64::MAX), "16777216 TB");
        assert_eq!(duration(6_100), "0:07");
        assert_eq!(duration(3_723_000), "1:02:03");
        assert_eq!(messages(Language::En, 1), "1 message");
        assert_eq!(messages(Language::Zh, 1200), "1,200 条消息");
    }
}
