//! The small XML of tips and bundles, read leniently: what comes before a mistake counts.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Longer XML is not looked at.
const MOST_BYTES: usize = 1 << 20;

/// One step through the XML.
pub(crate) enum Token<'a> {
    /// A tag opens; an empty one closes at once.
    Open(&'a str, Attributes),
    /// Text between tags, a run of it at a time.
    Text(&'a str),
    /// A tag closes.
    Close,
}

/// Attributes of a tag, unescaped.
#[derive(Debug, Default)]
pub(crate) struct Attributes(Vec<(String, String)>);

impl Attributes {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn read(tag: &BytesStart<'_>) -> Self {
        let mut attributes = tag.attributes();
        let read = attributes
            .with_checks(false)
            .filter_map(Result::ok)
            .map(|attribute| {
                let key: &str = attribute.key.as_ref();
                (key.to_owned(), unescaped(&attribute.value))
            });
        Self(read.collect())
    }
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// Calls `visit` for every tag and text up to the end or the first mistake.
pub(crate) fn walk(xml: &str, visit: &mut dyn FnMut(Token<'_>)) {
    if xml.len() > MOST_BYTES {
        return;
    }
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) => visit(Token::Open(tag.name().as_ref(), Attributes::read(&tag))),
            Event::Empty(tag) => {
                visit(Token::Open(tag.name().as_ref(), Attributes::read(&tag)));
                visit(Token::Close);
            }
            Event::Text(text) => visit(Token::Text(&text.into_inner())),
            Event::CData(text) => visit(Token::Text(&text.into_inner())),
            Event::GeneralRef(reference) => {
                let escaped = format!("&{};", reference.into_inner());
                visit(Token::Text(&unescaped(&escaped)));
            }
            Event::End(_) => visit(Token::Close),
            Event::Eof => return,
            _ => {}
        }
    }
}
