//! What the words of Chinese messengers say.

use hutong_model::SystemEvent;

/// `01:05` or `1:01:05` in seconds.
pub(crate) fn clock(text: &str) -> Option<u64> {
    text.split(|letter: char| !letter.is_ascii_digit() && letter != ':')
        .find(|word| word.contains(':') && word.len() >= 4)
        .and_then(|word| {
            word.split(':').try_fold(0_u64, |sum, piece| {
                Some(sum * 60 + piece.parse::<u64>().ok().filter(|piece| *piece < 10_000)?)
            })
        })
}

/// What a line of the platform announces, where its words leave no doubt.
pub(crate) fn event_of(text: &str) -> SystemEvent {
    let has = |list: &[&str]| list.iter().any(|word| text.contains(word));
    if has(&[
        "加入了群聊",
        "加入群聊",
        "加入本群",
        "加入了本群",
        "进入了群聊",
    ]) {
        SystemEvent::Joined
    } else if has(&[
        "退出了群聊",
        "退出群聊",
        "退出了本群",
        "移出了群聊",
        "移出群聊",
    ]) {
        SystemEvent::Left
    } else if has(&["修改群名为", "群名修改为"]) {
        SystemEvent::Renamed
    } else if text.contains("撤回") && text.contains("消息") {
        SystemEvent::Recalled
    } else {
        SystemEvent::Notice
    }
}

/// Whether a line tells of a poke.
#[cfg(feature = "qq")]
pub(crate) fn is_poke(text: &str) -> bool {
    ["戳了戳", "拍了拍", "戳一戳"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_events_are_read_from_words() {
        assert_eq!(clock("通话时长 01:05"), Some(65));
        assert_eq!(clock("1:01:05"), Some(3665));
        assert_eq!(clock("无"), None);
        assert_eq!(event_of("小明加入了群聊。"), SystemEvent::Joined);
        assert_eq!(event_of("小明撤回了一条消息"), SystemEvent::Recalled);
        #[cfg(feature = "qq")]
        assert!(is_poke("我戳了戳自己"));
    }
}
