//! Who wrote a message: `card(number)`, `card<mail>`, or a name alone.

/// A sender as a header names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sender<'a> {
    /// Everything, without white space at the ends.
    pub(crate) whole: &'a str,
    /// The name before the id, or everything.
    pub(crate) name: &'a str,
    /// QQ number or mail address.
    pub(crate) id: Option<&'a str>,
}

/// Longest mail address, as mail has it.
const MAX_MAIL: usize = 320;

impl<'a> Sender<'a> {
    /// Takes a sender apart: the last bracket counts, if it ends the text and holds a number of 5 to 11 digits or a
    /// mail address. Everything else belongs to the name.
    pub(crate) fn read(text: &'a str) -> Self {
        let whole = text.trim();
        let (name, id) = split(whole).map_or((whole, None), |(name, id)| (name, Some(id)));
        Self {
            whole,
            name: name.trim(),
            id,
        }
    }

    /// Whether the messenger itself speaks.
    pub(crate) fn is_system(&self) -> bool {
        match self.id {
            Some(id) => matches!(id, "10000" | "1000000"),
            None => self.whole == "系统消息",
        }
    }
}

fn split(whole: &str) -> Option<(&str, &str)> {
    if let Some(inside) = whole.strip_suffix(')') {
        let (name, id) = inside.rsplit_once('(')?;
        return is_number(id).then_some((name, id));
    }
    let (name, id) = whole.strip_suffix('>')?.rsplit_once('<')?;
    (is_number(id) || is_mail(id)).then_some((name, id))
}

fn is_number(text: &str) -> bool {
    (5..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_mail(text: &str) -> bool {
    text.len() <= MAX_MAIL
        && !text.contains(char::is_whitespace)
        && text
            .rsplit_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (&str, Option<&str>) {
        let sender = Sender::read(text);
        (sender.name, sender.id)
    }

    #[test]
    fn the_last_bracket_holds_the_id() {
        assert_eq!(read("(A(123123)"), ("(A", Some("123123")));
        assert_eq!(read("(B)(456456)"), ("(B)", Some("456456")));
        assert_eq!(read("(10001234)"), ("", Some("10001234")));
        assert_eq!(
            read("名字(带(嵌套)括号) (12345)  "),
            ("名字(带(嵌套)括号)", Some("12345"))
        );
        assert_eq!(
            read("（*´▽｀)ノ)<kaomoji@example.com>"),
            ("（*´▽｀)ノ)", Some("kaomoji@example.com"))
        );
        assert_eq!(
            read("【管理员】小满(123456789)"),
            ("【管理员】小满", Some("123456789"))
        );
    }

    #[test]
    fn brackets_that_hold_no_id_belong_to_the_name() {
        for name in [
            "小满",
            "小满(1234)",
            "小满(123456789012)",
            "a<b>",
            "小满(12345",
            "12345)",
            "x<@>",
            "（12345）",
        ] {
            assert_eq!(read(name), (name, None));
        }
    }

    #[test]
    fn the_messenger_itself() {
        assert!(Sender::read("系统消息(10000)").is_system());
        assert!(Sender::read("系统消息(1000000)").is_system());
        assert!(Sender::read("系统消息").is_system());
        assert!(!Sender::read("系统消息(123456)").is_system());
    }
}
