//! Reads workbooks and documents as other programs do: unzips them, and takes their XML apart.

use std::collections::HashMap;
use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::words::unzip;

/// What comes out of XML.
pub(super) enum Token {
    Open(String, HashMap<String, String>),
    Text(String),
    Close(String),
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).unwrap().into_owned()
}

fn open(tag: &BytesStart<'_>) -> Token {
    let attributes = tag.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        (
            attribute.key.as_ref().to_owned(),
            unescaped(&attribute.value),
        )
    });
    Token::Open(tag.name().as_ref().to_owned(), attributes.collect())
}

/// Takes XML apart. It must be well-formed and hold only what XML 1.0 may hold.
pub(super) fn tokens(xml: &str) -> Vec<Token> {
    let is_allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(
        xml.chars().all(is_allowed),
        "a character that XML cannot hold"
    );
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut found = Vec::new();
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                depth += 1;
                found.push(open(&tag));
            }
            Event::Empty(tag) => {
                found.push(open(&tag));
                found.push(Token::Close(tag.name().as_ref().to_owned()));
            }
            Event::End(tag) => {
                depth -= 1;
                found.push(Token::Close(tag.name().as_ref().to_owned()));
            }
            Event::Text(text) => found.push(Token::Text(text.into_inner().into_owned())),
            Event::GeneralRef(reference) => {
                found.push(Token::Text(unescaped(&format!(
                    "&{};",
                    &*reference.into_inner()
                ))));
            }
            Event::Eof => break,
            Event::Decl(_) => {}
            other => panic!("not expected in an office document: {other:?}"),
        }
    }
    assert_eq!(depth, 0);
    found
}

/// A workbook as text: for each sheet its name and its rows, for each cell its column, style, kind and value.
pub(super) fn workbook(bytes: &[u8]) -> String {
    let parts = unzip(bytes);
    let xml = |name: &str| {
        let content = &parts.iter().find(|(found, _)| found == name).unwrap().1;
        String::from_utf8(content.clone()).unwrap()
    };
    // Every part is well-formed, also those that are not looked at below.
    for (name, content) in &parts {
        assert!(name.ends_with(".xml") || name.ends_with(".rels"));
        tokens(std::str::from_utf8(content).unwrap());
    }
    let shared = texts(&tokens(&xml("xl/sharedStrings.xml")), "si");
    let mut names = Vec::new();
    for token in tokens(&xml("xl/workbook.xml")) {
        if let Token::Open(tag, attributes) = token
            && tag == "sheet"
        {
            names.push((attributes["name"].clone(), attributes["sheetId"].clone()));
        }
    }
    let mut out = String::new();
    for (name, number) in names {
        writeln!(out, "== {name}").unwrap();
        sheet(
            &tokens(&xml(&format!("xl/worksheets/sheet{number}.xml"))),
            &shared,
            &mut out,
        );
    }
    for (name, content) in &parts {
        if name.contains("_rels/sheet") {
            for token in tokens(std::str::from_utf8(content).unwrap()) {
                if let Token::Open(_, attributes) = token
                    && let Some(target) = attributes.get("Target")
                {
                    writeln!(out, "{name} -> {target}").unwrap();
                }
            }
        }
    }
    out
}

/// The text inside each element of this name.
fn texts(tokens: &[Token], element: &str) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            Token::Open(tag, _) if tag == element => found.push(String::new()),
            Token::Text(text) => {
                if let Some(last) = found.last_mut() {
                    last.push_str(text);
                }
            }
            _ => {}
        }
    }
    found
}

fn sheet(tokens: &[Token], shared: &[String], out: &mut String) {
    let mut cell: Option<(String, String, String)> = None;
    let mut text = String::new();
    for token in tokens {
        match token {
            Token::Open(tag, attributes) => match tag.as_str() {
                "c" => {
                    let get = |key: &str| attributes.get(key).cloned().unwrap_or_default();
                    cell = Some((get("r"), get("s"), get("t")));
                    text.clear();
                }
                "row" => writeln!(out, "-- {}", attributes["r"]).unwrap(),
                "f" => panic!("a formula"),
                "hyperlink" => writeln!(
                    out,
                    "link {} {}",
                    attributes["ref"],
                    attributes.get("location").map_or("", String::as_str)
                )
                .unwrap(),
                _ => {}
            },
            Token::Text(piece) => text.push_str(piece),
            Token::Close(tag) if tag == "c" => {
                let (place, style, kind) = cell.take().unwrap();
                let value = match kind.as_str() {
                    "s" => shared[text.parse::<usize>().unwrap()].clone(),
                    "inlineStr" => text.clone(),
                    _ => {
                        text.parse::<f64>().unwrap();
                        text.clone()
                    }
                };
                assert!(value.encode_utf16().count() <= 32_767, "a cell is too long");
                let column = place.trim_end_matches(|character: char| character.is_ascii_digit());
                let kind = kind.get(..1).unwrap_or("n");
                writeln!(out, "{column}/{style}/{kind} {value}").unwrap();
            }
            Token::Close(_) => {}
        }
    }
}

/// A document as text: each paragraph with its style, and where links lead.
pub(super) fn document(bytes: &[u8]) -> String {
    let parts = unzip(bytes);
    let mut out = String::new();
    let mut styles = Vec::new();
    for (name, content) in &parts {
        if name.starts_with("word/media/") {
            writeln!(out, "picture {name}, {} bytes", content.len()).unwrap();
            continue;
        }
        let tokens = tokens(std::str::from_utf8(content).unwrap());
        let attribute = |wanted: &str, key: &str| -> Vec<String> {
            let found = tokens.iter().filter_map(|token| match token {
                Token::Open(tag, attributes) if tag == wanted => attributes.get(key).cloned(),
                _ => None,
            });
            found.collect()
        };
        match name.as_str() {
            "word/styles.xml" => styles = attribute("w:style", "w:styleId"),
            "word/document.xml" => paragraphs(&tokens, &mut out),
            "word/_rels/document.xml.rels" => {
                for target in attribute("Relationship", "Target") {
                    writeln!(out, "-> {target}").unwrap();
                    let is_inside = parts
                        .iter()
                        .any(|(name, _)| *name == format!("word/{target}"));
                    let is_outside = target.starts_with("media/") || target.contains("://");
                    assert!(is_inside || is_outside, "{target} leads nowhere");
                }
            }
            _ => {}
        }
    }
    // Every style that is used is defined.
    let document = &parts
        .iter()
        .find(|(name, _)| name == "word/document.xml")
        .unwrap()
        .1;
    for token in tokens(std::str::from_utf8(document).unwrap()) {
        if let Token::Open(tag, attributes) = token
            && (tag == "w:pStyle" || tag == "w:rStyle")
        {
            assert!(
                styles.contains(&attributes["w:val"]),
                "{}",
                attributes["w:val"]
            );
        }
    }
    out
}

fn paragraphs(tokens: &[Token], out: &mut String) {
    let mut style = String::new();
    let mut line = String::new();
    let mut is_text = false;
    for token in tokens {
        match token {
            Token::Open(tag, attributes) => match tag.as_str() {
                "w:p" => {
                    style.clear();
                    line.clear();
                }
                "w:pStyle" => style.clone_from(&attributes["w:val"]),
                "w:bidi" => style.push_str(" bidi"),
                "w:rStyle" => write!(line, "{{{}}}", attributes["w:val"]).unwrap(),
                "w:rtl" => line.push_str("{rtl}"),
                "w:br" => line.push('\n'),
                "w:tab" => line.push('\t'),
                "wp:extent" => {
                    write!(
                        line,
                        "[picture {} x {}]",
                        attributes["cx"], attributes["cy"]
                    )
                    .unwrap();
                }
                "w:t" => is_text = true,
                _ => {}
            },
            Token::Text(text) => {
                // A line end stands between the declaration and the first element.
                assert!(
                    is_text || text.trim().is_empty(),
                    "text outside of a run: {text:?}"
                );
                if is_text {
                    line.push_str(text);
                }
            }
            Token::Close(tag) if tag == "w:p" => {
                assert!(!style.is_empty(), "a paragraph without a style");
                writeln!(out, "{style}| {line}").unwrap();
            }
            Token::Close(tag) => is_text &= tag != "w:t",
        }
    }
}
