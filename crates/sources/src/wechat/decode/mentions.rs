//! 提及: the list in `<msgsource>` and the words in the text.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::xml::Document;

/// The most mentions that are read from one message; a room has 500 members.
const MAX_MENTIONS: usize = 2_000;

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
        .take(MAX_MENTIONS)
        .map(str::to_owned)
        .collect()
}

/// The runs of text that the client wrote for mentions: an at sign up to the special space that follows the name.
pub(crate) fn mention_tokens(text: &str) -> Vec<&str> {
    let mut pieces: Vec<&str> = text.split('\u{2005}').take(MAX_MENTIONS + 1).collect();
    // What follows the last special space is no mention.
    pieces.pop();
    // Names may hold an at sign, so a run can only be cut rightly when the list tells the name.
    pieces
        .into_iter()
        .filter_map(|piece| piece.get(piece.rfind('@')?..))
        .collect()
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
