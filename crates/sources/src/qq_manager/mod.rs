//! What the message manager of QQ and TIM writes alike into its text and web-archive exports: titles, senders, times,
//! placeholders, and how a section of an export becomes a conversation.

pub(crate) mod clock;
pub(crate) mod files;
#[cfg(test)]
pub(crate) mod golden;
pub(crate) mod placeholder;
pub(crate) mod room;
pub(crate) mod sender;
pub(crate) mod tally;

/// What the file says before the name of a list of contacts, in the languages of the client.
const GROUP_LABELS: [&str; 2] = ["消息分组", "消息分組"];
/// What the file says before the name of a conversation.
const OBJECT_LABELS: [&str; 2] = ["消息对象", "消息對象"];

/// One line of an export's heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label<'a> {
    /// 消息分组: the list of contacts that the conversation stands in.
    Group(&'a str),
    /// 消息对象: the conversation's name.
    Object(&'a str),
}

impl<'a> Label<'a> {
    /// Takes a line of a heading apart; the colon may be full-width and a space may follow it.
    pub(crate) fn read(line: &'a str) -> Option<Self> {
        let line = line.trim_start_matches('\u{feff}').trim();
        let after = |labels: &[&str]| {
            labels.iter().find_map(|label| {
                let rest = line.strip_prefix(label)?.trim_start();
                Some(rest.strip_prefix([':', '：'])?.trim())
            })
        };
        after(&GROUP_LABELS)
            .map(Self::Group)
            .or_else(|| after(&OBJECT_LABELS).map(Self::Object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_with_either_colon() {
        assert_eq!(
            Label::read("消息分组:我的好友"),
            Some(Label::Group("我的好友"))
        );
        assert_eq!(Label::read("消息对象： 灯塔"), Some(Label::Object("灯塔")));
        assert_eq!(Label::read("消息对象"), None);
        assert_eq!(Label::read("看 消息对象:灯塔"), None);
    }
}
