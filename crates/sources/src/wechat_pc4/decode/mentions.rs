//! 提及: the list in `<msgsource>` and the words in the text.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::xml::Document;

/// Finds the list without building a searcher for every row.
static LIST: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("atuserlist"));

/// The usernames in `atuserlist`; `notify@all` means everybody.
pub(crate) fn list_of_mentions(source: &[u8]) -> Vec<String> {
    // Most rows have a source and hardly any has a list.
    if LIST.find(source).is_none() {
        return Vec::new();
    }
    let source = String::from_utf8_lossy(source);
    let document = Document::parse(&source);
    let Some(list) = document.root().find("atuserlist") else {
        return Vec::new();
    };
    let list = list.text();
    list.split([',', ';'])
        .map(str::trim)
        .filter(|name| !name.is_empty() && *name != "(null)")
        .map(str::to_owned)
        .collect()
}

/// The runs of text that the client wrote for mentions: an at sign up to the special space that follows the name.
pub(crate) fn mention_tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('@') {
        let Some(tail) = rest.get(start..) else { break };
        let end = tail.find('\u{2005}');
        let next = tail
            .get(1..)
            .and_then(|after| after.find('@'))
            .map(|at| at + 1);
        match (end, next) {
            (Some(end), next) if next.is_none_or(|next| end < next) => {
                tokens.extend(tail.get(..end));
                rest = tail.get(end..).unwrap_or_default();
            }
            // Names may hold an at sign, so a token can only be cut when the list tells the name.
            (_, Some(next)) => rest = tail.get(next..).unwrap_or_default(),
            (_, None) => break,
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_found_in_every_spelling() {
        let source = "<msgsource><atuserlist><![CDATA[,wxid_a,wxid_b]]></atuserlist><silence>0</silence></msgsource>";
        assert_eq!(list_of_mentions(source.as_bytes()), ["wxid_a", "wxid_b"]);
        assert_eq!(
            list_of_mentions(b"<msgsource><atuserlist>notify@all</atuserlist></msgsource>"),
            ["notify@all"]
        );
        assert!(list_of_mentions(b"<msgsource><atuserlist/></msgsource>").is_empty());
        assert!(list_of_mentions(b"<msgsource><silence>1</silence></msgsource>").is_empty());
    }

    #[test]
    fn tokens_end_at_the_special_space() {
        assert_eq!(
            mention_tokens("@张三\u{2005}@李 四\u{2005}看 a@b.c"),
            ["@张三", "@李 四"]
        );
        assert!(mention_tokens("a@b.c").is_empty());
        assert_eq!(mention_tokens("a@b.c @张三\u{2005}"), ["@张三"]);
    }
}
