//! CQ texts: `你好[CQ:face,id=14]` becomes the segments that say the same.

use std::borrow::Cow;

use crate::json_stream::Node;

/// The segments of a CQ text. What only looks like a code stays text.
#[must_use]
pub fn segments(text: &str) -> Vec<Node<'_>> {
    const OPENING: &str = "[CQ:";
    let mut segments = Vec::new();
    // Words begin at `begun` and go on at least to `at`.
    let (mut begun, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(OPENING)) {
        let start = at + found;
        let inside = start + OPENING.len();
        let rest = text.get(inside..).unwrap_or_default();
        // A code holds no brackets; those inside parameters are escaped.
        let end = rest.find(['[', ']']);
        let Some(end) = end.filter(|end| rest.as_bytes().get(*end) == Some(&b']')) else {
            at = inside;
            continue;
        };
        push_words(text.get(begun..start), &mut segments);
        segments.push(code_of(rest.get(..end).unwrap_or_default()));
        at = inside + end + 1;
        begun = at;
    }
    push_words(text.get(begun..), &mut segments);
    segments
}

fn push_words<'a>(words: Option<&'a str>, segments: &mut Vec<Node<'a>>) {
    if let Some(words) = words.filter(|words| !words.is_empty()) {
        let text = Node::Text(unescape(words));
        segments.push(segment("text", vec![("text".into(), text)]));
    }
}

/// `face,id=14`
fn code_of(code: &str) -> Node<'_> {
    let mut pieces = code.split(',');
    let kind = pieces.next().unwrap_or_default().trim();
    let data = pieces.filter_map(|piece| {
        let (key, value) = piece.split_once('=')?;
        Some((key.trim().into(), Node::Text(unescape(value))))
    });
    segment(kind, data.collect())
}

fn segment<'a>(kind: &'a str, data: Vec<(Cow<'a, str>, Node<'a>)>) -> Node<'a> {
    Node::Object(vec![
        ("type".into(), Node::Text(kind.into())),
        ("data".into(), Node::Object(data)),
    ])
}

/// `&#91;` and its like, each once.
fn unescape(text: &str) -> Cow<'_, str> {
    const SIGNS: [(&str, char); 4] = [
        ("&#91;", '['),
        ("&#93;", ']'),
        ("&#44;", ','),
        ("&amp;", '&'),
    ];
    let Some(first) = text.find('&') else {
        return Cow::Borrowed(text);
    };
    let (plain, mut rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len());
    out.push_str(plain);
    while !rest.is_empty() {
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        let length = match sign {
            Some((sign, letter)) => {
                out.push(*letter);
                sign.len()
            }
            // An ampersand that means itself, and what follows it.
            None => {
                let first = rest.chars().next().map_or(1, char::len_utf8);
                let tail = rest.get(first..).unwrap_or_default();
                let length = tail.find('&').map_or(rest.len(), |found| first + found);
                out.push_str(rest.get(..length).unwrap_or_default());
                length
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out)
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
        assert_eq!(
            written("[CQ:a[CQ:b]&x&amp"),
            r#"[{"type":"text","data":{"text":"[CQ:a"}},{"type":"b","data":{}},{"type":"text","data":{"text":"&x&amp"}}]"#
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
