//! 引用 (57): an answer with the excerpt of an earlier message.

use hutong_model::{Part, Quote};

use crate::wechat::decode::{Document, Element, PackedInfo, is_id_like, nested, split_prefix};

use super::{Body, Scope, account, body as body_of, is_room, kind, message_id, seconds};

pub(super) fn body(scope: &Scope<'_>, app: Element<'_>) -> Body {
    // The words of an answer are kept as they were typed, line breaks at the end included.
    let title = app
        .child("title")
        .map(|title| title.text().trim_matches('\0').to_owned());
    let text = title
        .filter(|title| !title.trim().is_empty())
        .map(Part::text);
    let Some(refer) = app.child("refermsg").filter(|_| !scope.is_excerpt) else {
        return Body {
            parts: vec![text.unwrap_or_else(|| Part::text(""))],
            ..Body::default()
        };
    };
    let conversation = refer.text_of("fromusr");
    let author = refer
        .text_of("chatusr")
        .or_else(|| conversation.clone())
        .filter(|username| !is_room(username));
    let native_id = refer.text_of("svrid").filter(|id| id != "0");
    let server_id: Option<i64> = native_id.as_deref().and_then(number);
    let mut reply_to = Vec::new();
    if let Some(server_id) = server_id {
        reply_to.push(message_id(scope.conversation, server_id));
        // An answer can be carried into another room together with its quote.
        if let Some(room) = conversation.filter(|room| is_room(room) && room != scope.username) {
            let other = hutong_model::ConversationId::group(&hutong_model::Platform::WeChat, &room);
            reply_to.push(message_id(other, server_id));
        }
    }
    let quote = Part::Quote(Box::new(Quote {
        author: author.as_deref().map(account),
        author_name: refer.text_of("displayname"),
        sent_at: seconds(refer.number_of("createtime")),
        native_id,
        parts: excerpt(scope, refer, author.as_deref()),
        author_native_id: author.clone(),
    }));
    let people = author.map(|author| (author, None)).into_iter().collect();
    Body {
        parts: std::iter::once(quote).chain(text).collect(),
        reply_to,
        people,
        ..Body::default()
    }
}

/// A server id; some writers leave the sign bit out.
fn number(text: &str) -> Option<i64> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<u64>().ok().map(u64::cast_signed))
}

/// The quoted content, one level deep.
pub(super) fn excerpt(scope: &Scope<'_>, refer: Element<'_>, author: Option<&str>) -> Vec<Part> {
    let base = refer
        .number_of("type")
        .and_then(|base| u32::try_from(base & 0xFFFF_FFFF).ok())
        .unwrap_or(kind::TEXT);
    let Some(content) = refer.child("content") else {
        return Vec::new();
    };
    let content = if base == kind::TEXT && !content.has_children() {
        content.text()
    } else {
        nested(content)
    };
    let content = match split_prefix(&content) {
        Some(prefixed)
            if Some(prefixed.username) == author
                || is_id_like(prefixed.username)
                || prefixed.rest.trim_start().starts_with('<') =>
        {
            prefixed.rest
        }
        _ => content.as_ref(),
    };
    let inner = Scope {
        is_excerpt: true,
        ..*scope
    };
    // A quoted card can be named by its own code (57) instead of the base type.
    let base = if base == 57 { kind::APP } else { base };
    let has_markup = content.trim_start().starts_with('<');
    match base {
        kind::TEXT | kind::APP if base == kind::TEXT || !has_markup => {
            let text = content.trim_end_matches('\0');
            if text.is_empty() {
                Vec::new()
            } else {
                vec![Part::text(text)]
            }
        }
        _ => body_of(&inner, base, 0, content, &PackedInfo::default()).parts,
    }
}

/// The excerpt inside an item of a forward bundle.
///
/// Inside an excerpt there is none: quotes and bundles could hold each other without end.
pub(super) fn of_item(scope: &Scope<'_>, item: Element<'_>) -> Option<Part> {
    let refer = item.child("refermsgitem").filter(|_| !scope.is_excerpt)?;
    let source = nested(refer);
    let document = Document::parse(&source);
    let root = document.root();
    let refer = root.find("refermsg").unwrap_or(root);
    let author = refer
        .text_of("chatusr")
        .or_else(|| refer.text_of("fromusr"))
        .filter(|username| !is_room(username));
    Some(Part::Quote(Box::new(Quote {
        author: author.as_deref().map(account),
        author_name: refer.text_of("displayname"),
        sent_at: seconds(refer.number_of("createtime")),
        native_id: refer.text_of("svrid").filter(|id| id != "0"),
        parts: excerpt(scope, refer, author.as_deref()),
        author_native_id: author,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::tests::{body_of as parsed, with_scope};
    use hutong_model::PartKind;

    fn reply(base: u32, content: &str) -> Body {
        parsed(
            49,
            &format!(
                "<msg><appmsg><title>回答</title><type>57</type><refermsg><type>{base}</type><svrid>77</svrid><fromusr>1@chatroom</fromusr><chatusr>wxid_a</chatusr><displayname>阿</displayname><createtime>1700000000</createtime><content>{content}</content></refermsg></appmsg></msg>"
            ),
        )
    }

    fn quoted(base: u32, content: &str) -> Vec<Part> {
        match reply(base, content).parts.into_iter().next() {
            Some(Part::Quote(quote)) => quote.parts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_points_to_its_message() {
        let body = reply(1, "wxid_a:\n原文 &amp;amp;");
        let [Part::Quote(quote), Part::Text(text)] = &body.parts[..] else {
            panic!("{:?}", body.parts)
        };
        assert_eq!(text.text, "回答");
        assert_eq!(quote.author, Some(account("wxid_a")));
        assert_eq!(quote.parts, [Part::text("原文 &amp;")]);
        let expected = with_scope(|scope| message_id(scope.conversation, 77));
        assert_eq!(body.reply_to, [expected]);
    }

    #[test]
    fn every_kind_of_message_can_be_quoted() {
        let kind = |base, content| quoted(base, content).first().map(Part::kind);
        assert_eq!(
            kind(3, "wxid_a:\n&lt;msg&gt;&lt;img md5=\"a\"/&gt;&lt;/msg&gt;"),
            Some(PartKind::Image)
        );
        assert_eq!(
            kind(3, "&amp;lt;msg&amp;gt;&amp;lt;img md5=\"a\"/&amp;gt;"),
            Some(PartKind::Image)
        );
        assert_eq!(kind(34, "wxid_a:15369:1:"), Some(PartKind::Voice));
        assert_eq!(
            kind(
                49,
                "&lt;msg&gt;&lt;appmsg&gt;&lt;title&gt;f&lt;/title&gt;&lt;type&gt;6&lt;/type&gt;&lt;/appmsg&gt;&lt;/msg&gt;"
            ),
            Some(PartKind::File)
        );
        assert_eq!(kind(49, "just words"), Some(PartKind::Text));
        assert_eq!(kind(57, "just words"), Some(PartKind::Text));
        assert_eq!(kind(1, ""), None);
    }

    #[test]
    fn a_quoted_answer_is_only_its_words() {
        let inner = "&lt;msg&gt;&lt;appmsg&gt;&lt;title&gt;内&lt;/title&gt;&lt;type&gt;57&lt;/type&gt;&lt;refermsg&gt;&lt;type&gt;1&lt;/type&gt;&lt;content&gt;x&lt;/content&gt;&lt;/refermsg&gt;&lt;/appmsg&gt;&lt;/msg&gt;";
        assert_eq!(quoted(49, inner), [Part::text("内")]);
    }

    #[test]
    fn text_that_only_looks_like_a_prefix_stays() {
        assert_eq!(quoted(1, "todo:\nmilk"), [Part::text("todo:\nmilk")]);
    }
}
