//! The `<username>:` line that rooms put before a received message.

/// The longest prefix that is looked at, in bytes.
const MAX_PREFIX_BYTES: usize = 128;

/// Content that begins with something like a username and a colon on a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefixed<'a> {
    /// What stands before the colon.
    pub(crate) username: &'a str,
    /// What follows the line.
    pub(crate) rest: &'a str,
}

/// Splits a first line that ends in a colon. Whether it is a prefix or part of the text is for the caller to decide.
#[inline]
pub(crate) fn split_prefix(content: &str) -> Option<Prefixed<'_>> {
    let window = content
        .as_bytes()
        .get(..content.len().min(MAX_PREFIX_BYTES + 8))?;
    let end = window.iter().position(|byte| *byte == b'\n')?;
    let line = content.get(..end)?.trim_end();
    let username = line.strip_suffix(':')?.trim();
    if username.is_empty()
        || username.len() > MAX_PREFIX_BYTES
        || username.contains(char::is_whitespace)
    {
        return None;
    }
    Some(Prefixed {
        username,
        rest: content.get(end + 1..)?,
    })
}

/// Whether a prefix looks like a username by itself, so that it can stand in for a sender who is not known otherwise.
pub(crate) fn is_id_like(username: &str) -> bool {
    username.len() <= MAX_PREFIX_BYTES
        && (username.starts_with("wxid_") || username.contains('@'))
        && !username.contains(char::is_whitespace)
        && !username.contains(['<', '>', '/'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_prefix_is_split() {
        for (content, username, rest) in [
            ("wxid_a:\nhi", "wxid_a", "hi"),
            ("zhang_san:\n<msg/>", "zhang_san", "<msg/>"),
            ("25984@openim:\nhi", "25984@openim", "hi"),
            ("wxid_a: \nhi", "wxid_a", "hi"),
            ("wxid_a:\r\nhi", "wxid_a", "hi"),
            ("todo:\nmilk", "todo", "milk"),
            ("wxid_a:\n", "wxid_a", ""),
        ] {
            assert_eq!(
                split_prefix(content),
                Some(Prefixed { username, rest }),
                "{content:?}"
            );
        }
        for content in [
            "",
            "hi",
            "a b:\nc",
            ":\nx",
            "\nwxid_a:\n",
            "wxid_a:hi",
            "wxid_a",
        ] {
            assert_eq!(split_prefix(content), None, "{content:?}");
        }
        assert_eq!(split_prefix(&format!("{}:\nx", "a".repeat(129))), None);
        assert_eq!(split_prefix(&format!("{}:\nx", "啊".repeat(60))), None);
    }

    #[test]
    fn only_ids_look_like_ids() {
        assert!(is_id_like("wxid_1") && is_id_like("1@openim"));
        assert!(!is_id_like("todo") && !is_id_like("<a@b"));
    }
}
