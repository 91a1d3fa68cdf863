//! A forgiving reader for the XML of chat messages, which is often not well-formed.
//!
//! It never fails: whatever is missing is absent, whatever is left over is text. Elements are kept as places in the
//! source, so a document costs one allocation for its nodes and one for its attributes.

mod escape;
mod reader;

use std::borrow::Cow;

use self::escape::meant;
pub(crate) use self::escape::{nested, unescaped};
use self::reader::Reader;

/// Elements nested deeper than this are passed over together with what they hold.
pub(crate) const MAX_DEPTH: usize = 64;

/// Reading ends after this many elements and texts.
pub(crate) const MAX_NODES: usize = 200_000;

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
        let (nodes, attributes) = Reader::read(source);
        Self {
            source,
            nodes,
            attributes,
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

    #[test]
    fn marks_that_never_end_are_looked_for_once() {
        let many = "<!-- ><?x >".repeat(100_000);
        let start = std::time::Instant::now();
        assert!(Document::parse(&many).nodes.len() <= MAX_NODES);
        // Looking every time would take minutes.
        assert!(start.elapsed().as_secs() < 20);
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
