//! 通话: what the words of call records mean.

use hutong_model::{Call, CallKind, CallOutcome, Part};

use super::Mapper;

impl Mapper<'_> {
    /// A call between two: words, two numbers, and 0 for voice or 1 for video.
    pub(super) fn call(&mut self, data: &[u8]) -> Part {
        let fields = self.fields(data);
        let words = fields.first().cloned().unwrap_or_default();
        let kind = match fields.last().map(|last| last.trim()) {
            Some("1") if fields.len() > 1 => CallKind::Video,
            _ if words.contains("视频") => CallKind::Video,
            _ => CallKind::Voice,
        };
        Part::Call(Box::new(Call {
            kind,
            duration_ms: duration(&words),
            outcome: outcome(&words),
            text: Some(words).filter(|words| !words.trim().is_empty()),
        }))
    }

    /// A call in a group begins or ends.
    pub(super) fn group_call(&mut self, data: &[u8], is_start: bool) -> Part {
        let fields = self.fields(data);
        let words = fields
            .into_iter()
            .find(|field| !field.is_ascii())
            .or_else(|| super::words::readable(data));
        let text = words.as_deref().unwrap_or_default();
        Part::Call(Box::new(Call {
            kind: if text.contains("视频") {
                CallKind::Video
            } else {
                CallKind::Voice
            },
            duration_ms: duration(text),
            outcome: if is_start {
                CallOutcome::Started
            } else {
                CallOutcome::Finished
            },
            text: words,
        }))
    }
}

fn outcome(words: &str) -> CallOutcome {
    let has = |list: &[&str]| list.iter().any(|word| words.contains(word));
    if has(&["其他设备", "其它设备", "另一"]) {
        CallOutcome::Elsewhere
    } else if has(&["时长", "结束", "聊天时间"]) {
        CallOutcome::Finished
    } else if has(&["拒绝"]) {
        CallOutcome::Refused
    } else if has(&["取消"]) {
        CallOutcome::Cancelled
    } else if has(&["未接", "无应答", "无人接听", "未应答", "超时", "忙"]) {
        CallOutcome::Missed
    } else {
        CallOutcome::Unknown
    }
}

/// `通话时长 01:23` and `1:02:03`.
fn duration(words: &str) -> Option<u64> {
    let start = words.find(|letter: char| letter.is_ascii_digit())?;
    let clock: String = words
        .get(start..)?
        .chars()
        .take_while(|letter| letter.is_ascii_digit() || *letter == ':')
        .collect();
    let pieces: Vec<u64> = clock
        .split(':')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let seconds = match pieces.as_slice() {
        [minutes, seconds] => minutes.checked_mul(60)?.checked_add(*seconds)?,
        [hours, minutes, seconds] => hours
            .checked_mul(3600)?
            .checked_add(minutes.checked_mul(60)?)?
            .checked_add(*seconds)?,
        _ => return None,
    };
    seconds.checked_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_outcome_and_length() {
        assert_eq!(duration("通话时长 01:23"), Some(83_000));
        assert_eq!(duration("通话时长 1:00:01"), Some(3_601_000));
        assert_eq!(duration("已取消"), None);
        assert_eq!(duration("99999999999999999999:01"), None);
        assert_eq!(outcome("对方已拒绝"), CallOutcome::Refused);
        assert_eq!(outcome("通话时长 00:03"), CallOutcome::Finished);
        assert_eq!(outcome("已取消"), CallOutcome::Cancelled);
    }
}
