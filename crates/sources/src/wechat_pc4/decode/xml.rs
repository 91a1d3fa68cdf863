//! A forgiving reader for the XML of chat messages, which is often not well-formed.
//!
//! It never fails: whatever is missing is absent, whatever is left over is text. Elements are kept as places in the
//! source, so a document costs one allocation for its nodes and one for its attributes.

use std::borrow::Cow;

use memchr::{memchr, memmem};

/// Elements nested deeper than this are passed over together with what they hold.
pub(crate) const MAX_DEPTH: usize = 64;

/// Reading ends after this many elements and texts.
pub(crate) const MAX_NODES: usize = 200_000;

/// How often an escaped document inside a document is unescaped before it is given up.
const MAX_ESCAPES: usize = 3;

const CDATA: &[u8] = b"<![CDATA[";

/// A range of the source.
type Span = (usize, usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Element,
    /// Text with entities.
    Escaped,
    /// CDATA.
    Verbatim,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    kind: Kind,
    /// Name of the element, or the text.
    span: Span,
    /// The element with its tags.
    whole: Span,
    /// First and last attribute.
    attributes: Span,
    /// Index behind the last node inside it.
    end: usize,
}

#[derive(Clone, Copy, Debug)]
struct Attribute {
    name: Span,
    value: Span,
}

/// A document, or what could be made of it.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    source: &'a str,
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
}

/// An element of a document; the root stands above all elements and has no name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'d> {
    document: &'d Document<'d>,
    index: usize,
}

impl<'a> Document<'a> {
    pub(crate) fn parse(source: &'a str) -> Self {
        let root = Node {
            kind: Kind::Element,
            span: (0, 0),
            whole: (0, source.len()),
            attributes: (0, 0),
            end: 0,
        };
        let mut nodes = Vec::with_capacity(48);
        nodes.push(root);
        let mut reader = Reader {
            source,
            at: 0,
            nodes,
            attributes: Vec::with_capacity(24),
            open: Vec::with_capacity(8),
            skipped: 0,
        };
        reader.read();
        Self {
            source,
            nodes: reader.nodes,
            attributes: reader.attributes,
        }
    }

    pub(crate) fn root(&self) -> Element<'_> {
        Element {
            document: self,
            index: 0,
        }
    }

    fn slice(&self, span: Span) -> &str {
        self.source.get(span.0..span.1).unwrap_or_default()
    }
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    /// Indexes of the elements around the place.
    open: Vec<usize>,
    /// Elements around the place that are too deep to be kept.
    skipped: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        self.source.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn read(&mut self) {
        while self.nodes.len() < MAX_NODES {
            let rest = self.rest();
            let Some(length) = memchr(b'<', rest) else {
                let end = self.source.len();
                self.text(self.at, end, Kind::Escaped);
                break;
            };
            self.text(self.at, self.at + length, Kind::Escaped);
            self.at += length;
            match self.rest().get(1) {
                Some(b'!') => self.declaration(),
                Some(b'?') => self.skip_past(b"?>", 2),
                Some(b'/') => self.close(),
                Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => self.start(),
                _ => {
                    self.text(self.at, self.at + 1, Kind::Escaped);
                    self.at += 1;
                }
            }
            if self.at >= self.source.len() {
                break;
            }
        }
        let end = self.nodes.len();
        let length = self.source.len();
        while let Some(index) = self.open.pop() {
            if let Some(node) = self.nodes.get_mut(index) {
                node.end = end;
                node.whole.1 = length;
            }
        }
        if let Some(root) = self.nodes.first_mut() {
            root.end = end;
        }
    }

    fn text(&mut self, start: usize, end: usize, kind: Kind) {
        if self.skipped > 0 {
            return;
        }
        let text = self.source.as_bytes().get(start..end).unwrap_or_default();
        // Line breaks between elements are most of the texts of a message, and nobody asks for them.
        let is_blank = text
            .iter()
            .all(|byte| matches!(byte, b'\n' | b'\r' | b'\t' | 0));
        if is_blank {
            return;
        }
        let index = self.nodes.len();
        let whole = match kind {
            Kind::Verbatim => (
                start.saturating_sub(CDATA.len()),
                (end + 3).min(self.source.len()),
            ),
            _ => (start, end),
        };
        self.nodes.push(Node {
            kind,
            span: (start, end),
            whole,
            attributes: (0, 0),
            end: index + 1,
        });
    }

    /// Goes behind the next `mark`, or behind the next `>`, or to the end.
    fn skip_past(&mut self, mark: &[u8], from: usize) {
        let rest = self.rest().get(from..).unwrap_or_default();
        let length = memmem::find(rest, mark).map(|found| found + mark.len());
        let length = length.or_else(|| memchr(b'>', rest).map(|found| found + 1));
        self.at += from + length.unwrap_or(rest.len());
    }

    fn declaration(&mut self) {
        let rest = self.rest();
        if rest.starts_with(CDATA) {
            let start = self.at + CDATA.len();
            let inner = rest.get(CDATA.len()..).unwrap_or_default();
            let length = memmem::find(inner, b"]]>");
            let end = start + length.unwrap_or(inner.len());
            self.text(start, end, Kind::Verbatim);
            self.at = (end + 3).min(self.source.len());
        } else if rest.starts_with(b"<!--") {
            self.skip_past(b"-->", 4);
        } else {
            self.skip_past(b">", 2);
        }
    }

    fn close(&mut self) {
        let rest = self.rest();
        let length = memchr(b'>', rest).unwrap_or(rest.len());
        let name = self
            .source
            .get(self.at + 2..self.at + length)
            .unwrap_or_default()
            .trim();
        let end = (self.at + length + 1).min(self.source.len());
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if let Some(depth) = self
            .open
            .iter()
            .rposition(|index| self.has_name(*index, name))
        {
            let last = self.nodes.len();
            for index in self.open.drain(depth..) {
                if let Some(node) = self.nodes.get_mut(index) {
                    node.end = last;
                    node.whole.1 = end;
                }
            }
        }
        self.at = end;
    }

    fn has_name(&self, index: usize, name: &str) -> bool {
        self.nodes.get(index).is_some_and(|node| {
            self.source
                .get(node.span.0..node.span.1)
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    }

    fn start(&mut self) {
        let whole = self.at;
        let rest = self.rest();
        let name_length = rest
            .iter()
            .skip(1)
            .take_while(|byte| {
                !matches!(
                    byte,
                    b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>' | b'<' | b'=' | 0
                )
            })
            .count();
        let name = (whole + 1, whole + 1 + name_length);
        self.at = name.1;
        let first = self.attributes.len();
        let is_empty = self.read_attributes();
        if self.skipped > 0 || self.open.len() >= MAX_DEPTH {
            self.attributes.truncate(first);
            self.skipped += usize::from(!is_empty);
            return;
        }
        let index = self.nodes.len();
        self.nodes.push(Node {
            kind: Kind::Element,
            span: name,
            whole: (whole, self.at),
            attributes: (first, self.attributes.len()),
            end: index + 1,
        });
        if !is_empty {
            self.open.push(index);
        }
    }

    /// Reads up to and behind the end of the tag; says whether the element is empty (`/>`).
    fn read_attributes(&mut self) -> bool {
        loop {
            match self.byte() {
                None | Some(b'<') => return false,
                Some(b'>') => {
                    self.at += 1;
                    return false;
                }
                Some(b'/') => {
                    self.at += 1;
                    if self.byte() == Some(b'>') {
                        self.at += 1;
                        return true;
                    }
                }
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0 | b'=' | b'"' | b'\'') => self.at += 1,
                Some(_) => self.attribute(),
            }
        }
    }

    fn attribute(&mut self) {
        let name = (
            self.at,
            self.at
                + self.run(|byte| {
                    matches!(
                        byte,
                        b'=' | b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>' | b'<'
                    )
                }),
        );
        self.at = name.1;
        self.at += self.run(|byte| !byte.is_ascii_whitespace());
        if self.byte() != Some(b'=') {
            return;
        }
        self.at += 1;
        self.at += self.run(|byte| !byte.is_ascii_whitespace());
        let value = match self.byte() {
            Some(quote @ (b'"' | b'\'')) => {
                let inner = self.rest().get(1..).unwrap_or_default();
                let start = self.at + 1;
                match memchr(quote, inner) {
                    Some(length) => {
                        self.at = start + length + 1;
                        (start, start + length)
                    }
                    // The quote is never closed: the value ends with the tag.
                    None => {
                        let length = memchr(b'>', inner).unwrap_or(inner.len());
                        self.at = start + length;
                        (start, start + length)
                    }
                }
            }
            _ => {
                let start = self.at;
                self.at +=
                    self.run(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'<'));
                (start, self.at)
            }
        };
        self.attributes.push(Attribute { name, value });
    }

    /// Number of bytes before the first one for which `is_end` holds.
    fn run(&self, is_end: impl Fn(u8) -> bool) -> usize {
        let rest = self.rest();
        rest.iter()
            .position(|byte| is_end(*byte))
            .unwrap_or(rest.len())
    }
}

impl<'d> Element<'d> {
    fn node(self) -> Option<&'d Node> {
        self.document.nodes.get(self.index)
    }

    /// The name as written; empty for the root.
    pub(crate) fn name(self) -> &'d str {
        self.node()
            .map_or("", |node| self.document.slice(node.span))
    }

    pub(crate) fn is(self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// Direct children, texts included.
    fn parts(self) -> impl Iterator<Item = (usize, &'d Node)> {
        let end = self.node().map_or(0, |node| node.end);
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let index = next;
            let node = (index < end)
                .then(|| self.document.nodes.get(index))
                .flatten()?;
            next = node.end.max(index + 1);
            Some((index, node))
        })
    }

    /// Direct child elements.
    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        self.parts()
            .filter(|(_, node)| node.kind == Kind::Element)
            .map(move |(index, _)| Self { document, index })
    }

    /// The first direct child with this name; case does not matter.
    pub(crate) fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.is(name))
    }

    /// The first element of this name at any depth.
    pub(crate) fn find(self, name: &str) -> Option<Self> {
        self.find_outside(name, "")
    }

    /// The first element of this name at any depth that does not stand inside an element named `skipped`.
    pub(crate) fn find_outside(self, name: &str, skipped: &str) -> Option<Self> {
        let end = self.node()?.end;
        let mut index = self.index + 1;
        while index < end {
            let node = self.document.nodes.get(index)?;
            if node.kind == Kind::Element {
                let element = Self {
                    document: self.document,
                    index,
                };
                if element.is(name) {
                    return Some(element);
                }
                if !skipped.is_empty() && element.is(skipped) {
                    index = node.end.max(index + 1);
                    continue;
                }
            }
            index += 1;
        }
        None
    }

    /// An attribute's value, unescaped; `None` when it is absent, blank or the word `(null)`.
    pub(crate) fn attribute(self, name: &str) -> Option<Cow<'d, str>> {
        let (first, last) = self.node()?.attributes;
        let attribute = self
            .document
            .attributes
            .get(first..last)?
            .iter()
            .find(|attribute| {
                self.document
                    .slice(attribute.name)
                    .eq_ignore_ascii_case(name)
            })?;
        meant(unescaped(self.document.slice(attribute.value)))
    }

    /// Its own text, without that of its children.
    pub(crate) fn text(self) -> Cow<'d, str> {
        let mut text = Cow::Borrowed("");
        for (_, node) in self.parts() {
            let piece = match node.kind {
                Kind::Element => continue,
                Kind::Escaped => unescaped(self.document.slice(node.span)),
                Kind::Verbatim => Cow::Borrowed(self.document.slice(node.span)),
            };
            if text.is_empty() {
                text = piece;
            } else {
                text.to_mut().push_str(&piece);
            }
        }
        text
    }

    /// The text of everything in it.
    pub(crate) fn deep_text(self) -> String {
        let mut text = String::new();
        let end = self.node().map_or(0, |node| node.end);
        for node in self
            .document
            .nodes
            .get(self.index + 1..end)
            .unwrap_or_default()
        {
            match node.kind {
                Kind::Element => {}
                Kind::Escaped => text.push_str(&unescaped(self.document.slice(node.span))),
                Kind::Verbatim => text.push_str(self.document.slice(node.span)),
            }
        }
        text
    }

    /// The text of a child, trimmed; `None` when it is absent, blank or the word `(null)`.
    pub(crate) fn text_of(self, child: &str) -> Option<String> {
        meant(self.child(child)?.text()).map(Cow::into_owned)
    }

    /// The first of these children that has a text.
    pub(crate) fn text_of_any(self, children: &[&str]) -> Option<String> {
        children.iter().find_map(|child| self.text_of(child))
    }

    /// A child's text as a number.
    pub(crate) fn number_of(self, child: &str) -> Option<i64> {
        self.child(child)?.text().trim().parse().ok()
    }

    /// An attribute as a number.
    pub(crate) fn number(self, attribute: &str) -> Option<i64> {
        self.attribute(attribute)?.parse().ok()
    }

    /// The first value of an attribute of this name in any element that does not stand inside `skipped`.
    pub(crate) fn find_attribute_outside(self, name: &str, skipped: &str) -> Option<String> {
        if self.is(skipped) {
            return None;
        }
        let own = self.attribute(name).map(Cow::into_owned);
        own.or_else(|| {
            self.children()
                .find_map(|child| child.find_attribute_outside(name, skipped))
        })
    }

    /// The first of these attributes that has a value.
    pub(crate) fn attribute_of_any(self, names: &[&str]) -> Option<String> {
        names
            .iter()
            .find_map(|name| self.attribute(name))
            .map(Cow::into_owned)
    }

    /// What stands between its tags, as it is written in the source, with markup.
    pub(crate) fn inner_source(self) -> &'d str {
        let mut parts = self.parts();
        let Some((_, first)) = parts.next() else {
            return "";
        };
        let last = parts.last().map_or(first, |(_, node)| node);
        self.document.slice((first.whole.0, last.whole.1))
    }

    /// Whether it holds elements.
    pub(crate) fn has_children(self) -> bool {
        self.children().next().is_some()
    }
}

/// A trimmed value, unless it is empty or says that there is none.
fn meant(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let trimmed = value.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0');
    if trimmed.is_empty() || trimmed == "(null)" {
        return None;
    }
    if trimmed.len() == value.len() {
        return Some(value);
    }
    Some(match value {
        Cow::Borrowed(text) => Cow::Borrowed(
            text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0'),
        ),
        Cow::Owned(_) => Cow::Owned(trimmed.to_owned()),
    })
}

/// Replaces the entities of XML; an ampersand that begins none stays.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    let (before, mut rest) = text.split_at(first);
    out.push_str(before);
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        out.push_str(rest.get(..at).unwrap_or_default());
        let tail = rest.get(at..).unwrap_or_default();
        let (letter, length) = entity(tail).unwrap_or(('&', 1));
        out.push(letter);
        rest = tail.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character that an entity at the beginning of the text stands for, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    const NAMED: &[(&str, char)] = &[
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&amp;", '&'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&nbsp;", '\u{a0}'),
    ];
    if let Some((name, letter)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*letter, name.len()));
    }
    let number = text.strip_prefix("&#")?;
    let length = number.bytes().take(9).position(|byte| byte == b';')?;
    let digits = number.get(..length)?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    // Line breaks and tabs are written so; other control characters have no place in text.
    let letter =
        char::from_u32(code).filter(|letter| !letter.is_control() || letter.is_whitespace())?;
    Some((letter, length + 3))
}

/// The source of a document that stands inside an element: as CDATA, escaped once or more often, or as it is.
pub(crate) fn nested<'d>(element: Element<'d>) -> Cow<'d, str> {
    if element.has_children() {
        return Cow::Borrowed(element.inner_source());
    }
    let mut text = element.text();
    for _ in 1..MAX_ESCAPES {
        let start = text.trim_start();
        if start.is_empty() || start.starts_with('<') || !text.contains("&lt;") {
            break;
        }
        text = Cow::Owned(unescaped(&text).into_owned());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn elements_attributes_and_texts_are_found() {
        let document = Document::parse(
            "<?xml version=\"1.0\"?>\n<msg>\n\t<img md5=\"ab\" length = '12' empty=\"\" flag/>\n<Title>a &amp; b</Title><x><![CDATA[<y>]]> z</x></msg>",
        );
        let message = document.root().child("msg").unwrap();
        let image = message.child("img").unwrap();
        assert_eq!(image.attribute("MD5").as_deref(), Some("ab"));
        assert_eq!(image.number("length"), Some(12));
        assert_eq!(image.attribute("empty"), None);
        assert_eq!(message.text_of("title").as_deref(), Some("a & b"));
        assert_eq!(message.text_of("x").as_deref(), Some("<y> z"));
        assert_eq!(
            message.child("x").unwrap().inner_source(),
            "<![CDATA[<y>]]> z"
        );
    }

    #[test]
    fn what_is_not_well_formed_is_read_as_far_as_it_goes() {
        let title = |source: &str| {
            Document::parse(source)
                .root()
                .find("title")
                .and_then(|found| meant(found.text()).map(Cow::into_owned))
        };
        assert_eq!(
            title("<msg><title>a & b < c</title>").as_deref(),
            Some("a & b < c")
        );
        assert_eq!(
            title("\n\"<msg><TITLE>a</Title></msg>\"").as_deref(),
            Some("a")
        );
        assert_eq!(
            title("<msg><a><b><title>x</title></a></msg>").as_deref(),
            Some("x")
        );
        assert_eq!(title("<title>cut o").as_deref(), Some("cut o"));
        assert_eq!(title("<title><![CDATA[cut o").as_deref(), Some("cut o"));
        assert_eq!(
            title("<title>\u{1}a&#x4f60;&#10;&bad;\0</title>").as_deref(),
            Some("\u{1}a你\n&bad;")
        );
        assert_eq!(title("<title>(null)</title>"), None);
        assert_eq!(
            title("<msg></wrong><title>x</title></msg>").as_deref(),
            Some("x")
        );
        let cut = Document::parse("<msg><img md5=\"ab\" len");
        assert_eq!(
            cut.root().find("img").unwrap().attribute("md5").as_deref(),
            Some("ab")
        );
        let unclosed = Document::parse("<msg a=\"1><b/>");
        assert_eq!(
            unclosed
                .root()
                .child("msg")
                .unwrap()
                .attribute("a")
                .as_deref(),
            Some("1")
        );
    }

    #[test]
    fn several_roots_stand_side_by_side() {
        let document = Document::parse("<a><k>1</k></a><b>2</b>");
        assert_eq!(
            document
                .root()
                .children()
                .map(Element::name)
                .collect::<Vec<_>>(),
            ["a", "b"]
        );
    }

    #[test]
    fn parts_inside_another_element_can_be_passed_over() {
        let document = Document::parse("<m><refermsg><from>x</from></refermsg><from>y</from></m>");
        assert_eq!(document.root().find("from").unwrap().text(), "x");
        assert_eq!(
            document
                .root()
                .find_outside("from", "refermsg")
                .unwrap()
                .text(),
            "y"
        );
    }

    #[test]
    fn documents_inside_documents_are_unwrapped() {
        for source in [
            "<r><![CDATA[<i>1</i>]]></r>",
            "<r>&lt;i&gt;1&lt;/i&gt;</r>",
            "<r>&amp;lt;i&amp;gt;1&amp;lt;/i&amp;gt;</r>",
            "<r><i>1</i></r>",
        ] {
            let document = Document::parse(source);
            assert_eq!(
                nested(document.root().child("r").unwrap()),
                "<i>1</i>",
                "{source}"
            );
        }
    }

    #[test]
    fn nesting_ends_at_the_limit() {
        let deep = format!(
            "{}x{}<after/>",
            "<a>".repeat(100_000),
            "</a>".repeat(100_000)
        );
        let document = Document::parse(&deep);
        assert_eq!(document.nodes.len(), MAX_DEPTH + 2);
        assert!(document.root().child("after").is_some());
        let many = "<a/>".repeat(MAX_NODES + 10);
        assert_eq!(Document::parse(&many).nodes.len(), MAX_NODES);
    }

    proptest! {
        #[test]
        fn any_text_is_read(source in "[<>/a-c =\"'!&;?\\[\\]CDAT\\-你]{0,80}") {
            let document = Document::parse(&source);
            for index in 0..document.nodes.len() {
                let element = Element { document: &document, index };
                let _ = (element.text(), element.deep_text(), element.inner_source(), element.attribute("a"));
            }
        }
    }
}
