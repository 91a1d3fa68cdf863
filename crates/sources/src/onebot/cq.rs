//! CQ texts: `你好[CQ:face,id=14]` becomes the segments that say the same.

use crate::json_stream::Node;

/// The segments of a CQ text. What only looks like a code stays text.
#[must_use]
pub fn segments(text: &str) -> Vec<Node<'static>> {
    let mut segments = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("[CQ:") {
        let (before, from) = rest.split_at(start);
        words.push_str(before);
        // A code holds no brackets; those inside parameters are escaped.
        let end = from
            .get(1..)
            .and_then(|inside| inside.find(['[', ']']))
            .map(|end| end + 1);
        let code = end.filter(|end| from.as_bytes().get(*end) == Some(&b']'));
        let Some(end) = code else {
            let (head, tail) = from.split_at(4);
            words.push_str(head);
            rest = tail;
            continue;
        };
        flush(&mut words, &mut segments);
        segments.push(code_of(from.get(4..end).unwrap_or_default()));
        rest = from.get(end + 1..).unwrap_or_default();
    }
    words.push_str(rest);
    flush(&mut words, &mut segments);
    segments
}

fn flush(words: &mut String, segments: &mut Vec<Node<'static>>) {
    if !words.is_empty() {
        let text = unescape(&std::mem::take(words));
        segments.push(segment("text", vec![("text".to_owned(), text)]));
    }
}

/// `face,id=14`
fn code_of(code: &str) -> Node<'static> {
    let mut pieces = code.split(',');
    let kind = pieces.next().unwrap_or_default().trim().to_owned();
    let data = pieces.filter_map(|piece| {
        let (key, value) = piece.split_once('=')?;
        Some((key.trim().to_owned(), unescape(value)))
    });
    segment(&kind, data.collect())
}

fn segment(kind: &str, data: Vec<(String, String)>) -> Node<'static> {
    let data = data
        .into_iter()
        .map(|(key, value)| (key.into(), Node::Text(value.into())));
    Node::Object(vec![
        ("type".into(), Node::Text(kind.to_owned().into())),
        ("data".into(), Node::Object(data.collect())),
    ])
}

/// `&#91;` and its like; the ampersand last, so that nothing is unescaped twice.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&#91;", "[")
        .replace("&#93;", "]")
        .replace("&#44;", ",")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        Node::List(segments(text)).to_json()
    }

    #[test]
    fn codes_are_told_from_text() {
        assert_eq!(
            written("看[CQ:face,id=14]&#91;好&#93;&amp;#44;"),
            r#"[{"type":"text","data":{"text":"看"}},{"type":"face","data":{"id":"14"}},{"type":"text","data":{"text":"[好]&#44;"}}]"#
        );
        assert_eq!(
            written("[CQ:image,file=a&#44;b.jpg,url=https://x.example/?a=1&amp;b=2]"),
            r#"[{"type":"image","data":{"file":"a,b.jpg","url":"https://x.example/?a=1&b=2"}}]"#
        );
        assert_eq!(written("[CQ:shake]"), r#"[{"type":"shake","data":{}}]"#);
        assert_eq!(
            written("[CQ:face,id=1"),
            r#"[{"type":"text","data":{"text":"[CQ:face,id=1"}}]"#
        );
        assert_eq!(written(""), "[]");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in ".{0,60}(\\[CQ:[a-z]{0,4}[,=\\]\\[]{0,4}.{0,9}){0,4}") {
            let _ = segments(&text);
        }

        #[test]
        fn escaped_text_comes_back(text in ".{0,40}") {
            let escaped = text.replace('&', "&amp;").replace('[', "&#91;").replace(']', "&#93;");
            let joined: String = segments(&escaped)
                .iter()
                .map(|segment| segment.get("data").get("text").text().unwrap_or_default().into_owned())
                .collect();
            prop_assert_eq!(joined, text);
        }
    }
}
