//! The little HTML that the message manager writes, as tags and words; forgiving about everything.

/// A piece of HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Words, entities and all.
    Words(&'a str),
    /// `<name attributes>`.
    Open(&'a str, &'a str),
    /// `</name>`.
    Close(&'a str),
}

/// Takes HTML apart.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'a>(pub(super) &'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let text = self.0;
        if text.is_empty() {
            return None;
        }
        if let Some((token, rest)) = tag(text) {
            self.0 = rest;
            return Some(token);
        }
        // The next `<` that begins a tag; one that does not is a word.
        let end = text
            .char_indices()
            .skip(1)
            .find(|(at, character)| {
                *character == '<' && text.get(*at..).is_some_and(|rest| tag(rest).is_some())
            })
            .map_or(text.len(), |(at, _)| at);
        let (words, rest) = text.split_at_checked(end)?;
        self.0 = rest;
        Some(Token::Words(words))
    }
}

/// The tag that a text begins with, and the rest.
fn tag(text: &str) -> Option<(Token<'_>, &str)> {
    let inside = text.strip_prefix('<')?;
    let first = inside.bytes().next()?;
    if !(first.is_ascii_alphabetic() || first == b'/' || first == b'!') {
        return None;
    }
    let end = tag_end(inside)?;
    let (inside, rest) = (inside.get(..end)?, inside.get(end + 1..)?);
    if let Some(name) = inside.strip_prefix('/') {
        return Some((Token::Close(name.trim()), rest));
    }
    let inside = inside.strip_suffix('/').unwrap_or(inside);
    let split = inside
        .find(|character: char| character.is_ascii_whitespace())
        .unwrap_or(inside.len());
    let (name, attributes) = inside.split_at_checked(split)?;
    Some((Token::Open(name, attributes), rest))
}

/// Where the tag's `>` stands: the first one outside quotes. No tag holds a `<`, so looking ends there.
fn tag_end(inside: &str) -> Option<usize> {
    let mut quote = None;
    let mut first = None;
    for (at, byte) in inside.bytes().enumerate() {
        match (byte, quote) {
            (b'<', _) => break,
            (b'>', None) => return Some(at),
            (b'>', Some(_)) => first = first.or(Some(at)),
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    // A quote that never ends is none.
    first
}

/// The value of an attribute, quoted or not.
pub(super) fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|character: char| {
            character.is_ascii_whitespace() || character == '/'
        });
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .find(|character: char| character == '=' || character.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (found, behind) = rest.split_at_checked(end)?;
        let behind = behind.trim_start();
        let Some(value) = behind.strip_prefix('=') else {
            rest = if end == 0 { behind.get(1..)? } else { behind };
            continue;
        };
        let value = value.trim_start();
        let (value, behind) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let value = value.get(1..)?;
                value.split_once(quote).unwrap_or((value, ""))
            }
            _ => {
                let end = value
                    .find(|character: char| character.is_ascii_whitespace())
                    .unwrap_or(value.len());
                value.split_at_checked(end)?
            }
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = behind;
    }
}

/// Appends words with their entities resolved; what is no entity stays as it is.
pub(super) fn push_words(words: &str, out: &mut String) {
    let mut rest = words;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        match entity(behind) {
            Some((character, after)) => {
                out.push(character);
                rest = after;
            }
            None => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
}

/// The character of an entity, and what follows it.
fn entity(text: &str) -> Option<(char, &str)> {
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let (name, rest) = (text.get(..end)?, text.get(end + 1..)?);
    let character = match name {
        "nbsp" => ' ',
        "lt" => '<',
        // `get` is the message manager's own spelling.
        "gt" | "get" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            match char::from_u32(code)? {
                '\u{a0}' => ' ',
                other => other,
            }
        }
    };
    Some((character, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_and_words() {
        let tokens: Vec<_> =
            Tokens("a < b<DIV style=x>c</div ><IMG src=\"{A}.dat\"/>d<e").collect();
        assert_eq!(
            tokens,
            [
                Token::Words("a < b"),
                Token::Open("DIV", " style=x"),
                Token::Words("c"),
                Token::Close("div"),
                Token::Open("IMG", " src=\"{A}.dat\""),
                Token::Words("d<e"),
            ]
        );
    }

    #[test]
    fn attributes_with_and_without_quotes() {
        let attributes = " style=\"font:'a > b'\" color='000000' SRC={A}.dat";
        assert_eq!(attribute(attributes, "src"), Some("{A}.dat"));
        assert_eq!(attribute(attributes, "color"), Some("000000"));
        assert_eq!(attribute(attributes, "style"), Some("font:'a > b'"));
        assert_eq!(attribute(attributes, "href"), None);
        assert_eq!(attribute("= =", "href"), None);
    }

    #[test]
    fn entities() {
        let read = |text: &str| {
            let mut out = String::new();
            push_words(text, &mut out);
            out
        };
        assert_eq!(
            read("a&nbsp;&lt;b&get;&gt;&amp;&quot;&#39;&#x4f60;&#160;"),
            "a <b>>&\"'你 "
        );
        assert_eq!(read("R&D &foo; &"), "R&D &foo; &");
        assert_eq!(read("&amp;lt;"), "&lt;");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in "[<>/!a-c\"'= &;你\\n]{0,60}") {
            let mut words = String::new();
            for token in Tokens(&text) {
                match token {
                    Token::Words(text) => push_words(text, &mut words),
                    Token::Open(_, attributes) => { attribute(attributes, "src"); }
                    Token::Close(_) => {}
                }
            }
            prop_assert!(words.len() <= text.len());
        }
    }
}
