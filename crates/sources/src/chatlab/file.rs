//! Walks through one file, JSON or JSON Lines.

use std::sync::Arc;

use hutong_model::At;
use hutong_sqlite::ReadAt;

use crate::json_export;
use crate::json_stream::{Choice, Found, JsonLines, JsonStream, Node, Outline, Shape, parse};
use crate::{Input, ReadError};

/// A file that was recognised.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) is_lines: bool,
    pub(super) version: String,
    pub(super) platform: String,
}

/// The files of this format in an input.
pub(super) fn find(input: &Input) -> Vec<(String, Kind)> {
    json_export::find(input, kind)
}

fn kind(outline: &Outline) -> Option<Kind> {
    if outline.shape != Some(Shape::Object) {
        return None;
    }
    let is_lines = outline.has("_type");
    let is_element = |path: &str| {
        ["sender", "accountName", "timestamp", "type", "content"]
            .iter()
            .all(|field| outline.has(&format!("{path}{field}")))
    };
    let is_ours = if is_lines {
        outline.has("chatlab")
            || (outline.text("_type") == Some("message") && is_element(""))
            || (outline.text("_type") == Some("member") && outline.has("platformId"))
    } else {
        outline.shape_of("chatlab") == Some(Shape::Object)
            || (outline.shape_of("messages") == Some(Shape::List) && is_element("messages[]."))
            || (outline.shape_of("members") == Some(Shape::List)
                && outline.has("members[].platformId")
                && outline.has("members[].accountName"))
    };
    is_ours.then(|| Kind {
        is_lines,
        version: outline
            .text("chatlab.version")
            .unwrap_or_default()
            .to_owned(),
        platform: outline.text("meta.platform").unwrap_or_default().to_owned(),
    })
}

/// What a piece of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Meta,
    Member,
    Message,
}

/// A piece of a file.
pub(super) enum Item<'a> {
    /// A value, at its place.
    Value(Section, At, &'a [u8]),
    /// Something that could not be read; whether it was a message.
    Trouble(At, bool, &'static str),
}

const BAD_LINE: &str = "the line is not JSON";
const LONG_LINE: &str = "the line is longer than 64 MiB";

/// Hands every piece of a file to `visit`.
pub(super) fn walk(
    source: Arc<dyn ReadAt>,
    path: &str,
    is_lines: bool,
    visit: &mut dyn FnMut(Item<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let io = |source| ReadError::Io {
        file: path.to_owned(),
        source,
    };
    if is_lines {
        return walk_lines(JsonLines::new(source).map_err(io)?, &io, visit);
    }
    let mut stream = JsonStream::new(source)
        .map_err(io)?
        .with_landmarks(&["messages", "members", "meta"]);
    loop {
        let found = stream.next(|path, _| match path {
            "" | "members" | "messages" => Choice::Enter,
            "meta" | "members[]" | "messages[]" => Choice::Take,
            _ => Choice::Skip,
        });
        match found.map_err(io)? {
            None => return Ok(()),
            Some(Found::Trouble(trouble)) => {
                let is_message = trouble.is_element && trouble.path == "messages[]";
                let at = At::Bytes(trouble.start, trouble.length);
                visit(Item::Trouble(at, is_message, trouble.reason))?;
            }
            Some(Found::Value(value)) => {
                let section = match value.path {
                    "members[]" => Section::Member,
                    "messages[]" => Section::Message,
                    "meta" => Section::Meta,
                    // A list where a text stands.
                    _ => continue,
                };
                let at = At::Bytes(value.start, value.bytes.len() as u64);
                visit(Item::Value(section, at, value.bytes))?;
            }
        }
    }
}

fn walk_lines(
    mut lines: JsonLines,
    io: &dyn Fn(std::io::Error) -> ReadError,
    visit: &mut dyn FnMut(Item<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    while let Some(line) = lines.next_line().map_err(io)? {
        let at = At::Line(line.number);
        let Some(bytes) = line.bytes else {
            visit(Item::Trouble(at, true, LONG_LINE))?;
            continue;
        };
        let bytes = bytes.trim_ascii_start();
        if bytes.starts_with(b"#") {
            continue;
        }
        if bytes.starts_with(br#"{"_type":"message","#) {
            visit(Item::Value(Section::Message, at, bytes))?;
            continue;
        }
        let mut spare = Vec::new();
        let Ok((node, _)) = parse::<Node<'_>>(bytes, &mut spare) else {
            visit(Item::Trouble(at, true, BAD_LINE))?;
            continue;
        };
        match node.get("_type").str() {
            Some("header") => {
                let meta = node.get("meta").to_json();
                visit(Item::Value(Section::Meta, at, meta.as_bytes()))?;
            }
            Some("member") => visit(Item::Value(Section::Member, at, bytes))?,
            Some("message") => visit(Item::Value(Section::Message, at, bytes))?,
            _ => visit(Item::Trouble(
                at,
                true,
                "the line is neither header, member nor message",
            ))?,
        }
    }
    Ok(())
}
