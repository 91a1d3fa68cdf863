//! Shares, cards, forward bundles and red packets: structured messages inside serialised objects.

use hutong_model::{Card, Link, Part, Payment, PaymentKind, Unknown};
use serde_json::Value as Json;

use super::super::java::{self, Value};
use super::super::tables::MessageRow;
use super::{Mapper, Scope, unread, words};
use crate::qq::bundle::preview;
use crate::qq::card;
use crate::qq::markup::{self, Token};

/// Texts taken from one body.
const MOST_TEXTS: usize = 200;

impl Mapper<'_> {
    /// A share, or a bundle of forwarded messages.
    pub(super) fn share(&mut self, row: &MessageRow, scope: Scope) -> Part {
        let data = row.data.as_slice();
        let texts = texts(data);
        let xml = texts.iter().find_map(|text| xml_in(text));
        let is_bundle = texts.iter().any(|text| text.contains("viewMultiMsg"))
            || contains(data, b"viewMultiMsg")
            || self.bundles.holds(row.unique);
        if is_bundle {
            let mut forward = xml.as_deref().map(preview).unwrap_or_default();
            if xml.is_none() {
                forward.summary = shown(&texts);
            }
            forward.raw = xml;
            forward.messages = self.bundled(row.unique, scope);
            return Part::Forward(Box::new(forward));
        }
        if let Some(xml) = xml {
            return shared(xml);
        }
        if let Some(json) = json_in(data, &texts)
            && let Ok(part) = card::part(json)
        {
            return part;
        }
        by_texts(row, &texts)
    }

    /// A card described by JSON.
    pub(super) fn card(&mut self, data: &[u8], row: &MessageRow, scope: Scope) -> Part {
        let texts = texts(data);
        let Some(json) = json_in(data, &texts) else {
            return by_texts(row, &texts);
        };
        match card::part(json) {
            Ok(Part::Forward(mut forward)) => {
                forward.messages = self.bundled(row.unique, scope);
                Part::Forward(forward)
            }
            Ok(part) => part,
            Err(json) => Part::Card(Box::new(Card {
                raw: Some(json),
                ..Card::default()
            })),
        }
    }

    /// JSON of kinds that only the client itself draws.
    pub(super) fn json(&mut self, row: &MessageRow) -> Part {
        let Some(json) = json_in(&row.data, &texts(&row.data)) else {
            return match words::readable(&row.data) {
                Some(text) => words::system(text, None),
                None => unread(row.kind, &row.data),
            };
        };
        let parsed: Json = serde_json::from_str(&json).unwrap_or_default();
        let field = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| parsed.get(name)?.as_str())
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned)
        };
        Part::Card(Box::new(Card {
            app: Some(row.kind.to_string()),
            title: field(&["title", "prompt", "name"]),
            text: field(&["text", "content", "msg", "desc", "summary"]),
            url: field(&["url", "jumpUrl", "jump_url"]),
            fields: Vec::new(),
            raw: Some(json),
        }))
    }

    /// A red packet; its words are the first that a person could have written.
    pub(super) fn red_packet(&mut self, data: &[u8]) -> Part {
        let object = java::read(data);
        let titled = object.as_ref().and_then(|object| {
            ["title", "wishing", "summary", "subTitle", "content"]
                .iter()
                .find_map(|field| object.text(field))
        });
        let note = titled.or_else(|| shown(&texts(data)).into_iter().next());
        Part::Payment(Box::new(Payment {
            kind: PaymentKind::RedPacket,
            note,
            ..Payment::default()
        }))
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}

/// Every text of a body: strings and byte arrays of the object, and what its classes wrote by themselves.
fn texts(data: &[u8]) -> Vec<String> {
    let Some(object) = java::read(data) else {
        return words::readable(data).into_iter().collect();
    };
    let mut texts: Vec<String> = object
        .values()
        .filter_map(|value| match value {
            Value::Text(text) => Some(text.to_string()),
            Value::Bytes(bytes) => words::readable(bytes),
            Value::Number(_) => None,
        })
        .filter(|text| !text.trim().is_empty())
        .take(MOST_TEXTS)
        .collect();
    texts.extend(block_texts(&object.blocks));
    texts
}

/// Texts that a class wrote with their length in front, among numbers that are passed over.
fn block_texts(mut block: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while !block.is_empty() && texts.len() < MOST_TEXTS {
        let text = block.split_first_chunk::<2>().and_then(|(length, rest)| {
            let length = usize::from(u16::from_be_bytes(*length));
            let (bytes, rest) = rest.split_at_checked(length)?;
            let text = words::readable(bytes).filter(|text| text.chars().count() > 1)?;
            Some((text, rest))
        });
        match text {
            Some((text, rest)) => {
                texts.push(text);
                block = rest;
            }
            None => block = block.get(1..).unwrap_or_default(),
        }
    }
    texts
}

/// The XML inside a text.
fn xml_in(text: &str) -> Option<String> {
    let start = text.find("<?xml").or_else(|| text.find("<msg"))?;
    let xml = text.get(start..)?;
    let end = xml.rfind("</msg>").map_or(xml.len(), |end| end + 6);
    xml.get(..end).map(str::to_owned)
}

/// The first JSON object in the texts, or else in the bytes themselves.
fn json_in(data: &[u8], texts: &[String]) -> Option<String> {
    texts
        .iter()
        .find_map(|text| json_at(text.as_bytes()))
        .or_else(|| json_at(data))
}

fn json_at(bytes: &[u8]) -> Option<String> {
    let start = memchr::memchr(b'{', bytes)?;
    let rest = bytes.get(start..)?;
    let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<Json>();
    let is_object = matches!(stream.next()?, Ok(Json::Object(_)));
    let json = rest.get(..stream.byte_offset())?;
    is_object
        .then(|| std::str::from_utf8(json).ok().map(str::to_owned))
        .flatten()
}

/// Texts that were meant to be seen: no class names, paths, addresses or markup.
fn shown(texts: &[String]) -> Vec<String> {
    texts
        .iter()
        .filter(|text| {
            let is_markup = text.contains("</") || text.starts_with(['<', '{']);
            let is_name = text.is_ascii() && !text.contains(' ');
            !is_markup && !is_name
        })
        .cloned()
        .collect()
}

/// A body of which only its texts are known.
fn by_texts(row: &MessageRow, texts: &[String]) -> Part {
    let shown = shown(texts);
    Part::Unknown(Box::new(Unknown {
        kind: row.kind.to_string(),
        text: (!shown.is_empty()).then(|| shown.join("\n")),
        raw: row.data.clone(),
    }))
}

/// What the XML of a share shows.
fn shared(xml: String) -> Part {
    let (mut url, mut brief, mut source) = (None, None, None);
    let (mut title, mut summary) = (String::new(), String::new());
    let mut inside = String::new();
    markup::walk(&xml, &mut |token| match token {
        Token::Open(name, attributes) => {
            name.clone_into(&mut inside);
            let attribute = |name: &str| {
                attributes
                    .get(name)
                    .filter(|value| !value.trim().is_empty())
                    .map(str::to_owned)
            };
            match name {
                "msg" => {
                    url = attribute("url").or_else(|| attribute("actionData"));
                    brief = attribute("brief");
                }
                "source" => source = attribute("name"),
                "audio" | "video" | "picture" if url.is_none() => url = attribute("url"),
                _ => {}
            }
        }
        Token::Text(text) => match inside.as_str() {
            "title" => title.push_str(text),
            "summary" => summary.push_str(text),
            _ => {}
        },
        Token::Close => inside.clear(),
    });
    let own = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let (title, summary) = (own(title), own(summary));
    let url = url.filter(|url| url.contains("://"));
    if url.is_some() {
        return Part::Link(Box::new(Link {
            url,
            title: title.or(brief),
            description: summary,
            source,
        }));
    }
    Part::Card(Box::new(Card {
        app: source,
        title: title.or(brief),
        text: summary,
        url: None,
        fields: Vec::new(),
        raw: Some(xml),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_xml_are_found_between_other_bytes() {
        assert_eq!(
            json_at(b"\x00\x12{\"app\":\"a\",\"x\":{}}tail").as_deref(),
            Some("{\"app\":\"a\",\"x\":{}}")
        );
        assert_eq!(json_at(b"{broken"), None);
        assert_eq!(
            xml_in("..<?xml version='1.0'?><msg a=\"1\"></msg>.."),
            Some("<?xml version='1.0'?><msg a=\"1\"></msg>".to_owned())
        );
        let mut block = vec![0, 0, 0, 35];
        block.extend([0, 6]);
        block.extend("你好".as_bytes());
        assert_eq!(block_texts(&block), ["你好"]);
    }
}
