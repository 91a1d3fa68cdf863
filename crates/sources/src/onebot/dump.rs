//! Walks through one file: a list, lines, or an answer of the API.

use std::sync::Arc;

use hutong_model::At;
use hutong_sqlite::ReadAt;

use crate::json_export;
use crate::json_stream::{Choice, Found, JsonLines, JsonStream, Node, Outline, Shape, parse};
use crate::{Input, ReadError};

/// A first line longer than this is looked at as a file of one value.
const LONGEST_FIRST_LINE: u64 = 4 << 20;

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A list of events, messages or answers.
    List,
    /// Values one after the other.
    Values { is_v12: bool },
    /// One object that holds a list of messages.
    Answer,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Values { is_v12: true } => "OneBot v12 events",
            Self::List | Self::Values { is_v12: false } => "OneBot events",
            Self::Answer => "answer of a OneBot API",
        }
    }
}

/// The dumps in an input.
pub(super) fn find(input: &Input) -> Vec<(String, Kind)> {
    json_export::find(input, kind)
}

fn kind(outline: &Outline) -> Option<Kind> {
    let event = |prefix: &str| is_event(outline, prefix);
    let answer = |prefix: &str| is_answer(outline, prefix);
    match outline.shape? {
        Shape::List => {
            // What is sent as a card is a list of nodes.
            let is_card = outline.text("[].type") == Some("node") && outline.has("[].data.content");
            (event("[].") || answer("[].") || is_card).then_some(Kind::List)
        }
        Shape::Object => {
            let is_v12 = outline.has("detail_type") && outline.has("type");
            if event("") || (answer("") && outline.roots > 1) {
                return Some(Kind::Values { is_v12 });
            }
            let holds = |path: &str| {
                outline.shape_of(path) == Some(Shape::List) && {
                    let prefix = format!("{path}[].");
                    event(&prefix)
                        || outline.text(&format!("{prefix}type")) == Some("node")
                        || (outline.has(&format!("{prefix}content"))
                            && outline.has_any(&[
                                &format!("{prefix}sender.user_id"),
                                &format!("{prefix}user_id"),
                            ]))
                }
            };
            let is_wrapped = ["data.messages", "messages", "data"]
                .iter()
                .any(|path| holds(path));
            // An answer without messages says nothing, yet it is one.
            let is_empty = answer("") && outline.shape_of("data.messages") == Some(Shape::List);
            (is_wrapped || is_empty).then_some(Kind::Answer)
        }
        Shape::Text | Shape::Scalar => None,
    }
}

/// Whether an event or message of OneBot stands at a path.
fn is_event(outline: &Outline, prefix: &str) -> bool {
    let has = |field: &str| outline.has(&format!("{prefix}{field}"));
    let is_v11 = has("post_type") && has("time") && (has("self_id") || has("user_id"));
    let is_v12 = has("detail_type") && has("type") && has("time") && (has("self") || has("id"));
    let is_message = has("message_id")
        && (has("message") || has("raw_message"))
        && (has("sender.user_id") || has("user_id"))
        && has("time");
    is_v11 || is_v12 || is_message
}

fn is_answer(outline: &Outline, prefix: &str) -> bool {
    let has = |field: &str| outline.has(&format!("{prefix}{field}"));
    has("retcode") && has("status") && has("data")
}

/// A piece of a file.
pub(super) enum Item<'a> {
    /// An event, a message or a whole answer.
    Value(At, &'a [u8]),
    /// An element of a list begins at this offset with these bytes, which go on behind it or end inside it.
    Offer(u64, &'a [u8]),
    /// Something that could not be read; whether it was an event.
    Trouble(At, bool, &'static str),
}

/// What a visitor says.
pub(super) enum Answer {
    GoOn,
    /// It has seen enough.
    Enough,
    /// So many bytes of what was offered are the element's own. Without this answer it comes again as a value.
    Taken(usize),
}

/// Hands every piece of a file to `visit`.
pub(super) fn walk(
    source: &Arc<dyn ReadAt>,
    path: &str,
    kind: Kind,
    visit: &mut dyn FnMut(Item<'_>) -> Result<Answer, ReadError>,
) -> Result<(), ReadError> {
    let io = |source| ReadError::Io {
        file: path.to_owned(),
        source,
    };
    if kind != Kind::List && has_lines(source).map_err(io)? {
        let mut lines = JsonLines::new(Arc::clone(source)).map_err(io)?;
        while let Some(line) = lines.next_line().map_err(io)? {
            let at = At::Line(line.number);
            let answer = match line.bytes {
                // Some writers put a comma behind each line.
                Some(bytes) => {
                    let bytes = bytes.strip_suffix(b",").unwrap_or(bytes);
                    visit(Item::Value(at, bytes))?
                }
                None => visit(Item::Trouble(at, true, "the line is longer than 64 MiB"))?,
            };
            if matches!(answer, Answer::Enough) {
                break;
            }
        }
        return Ok(());
    }
    let mut stream = JsonStream::new(Arc::clone(source))
        .map_err(io)?
        .with_landmarks(&["messages", "data"]);
    loop {
        let found = stream.next(|path, shape| match path {
            "" if shape == Shape::List || kind == Kind::Answer => Choice::Enter,
            "" => Choice::Take,
            "[]" | "data[]" | "messages[]" | "data.messages[]" => Choice::Offer,
            "data" | "messages" | "data.messages"
                if kind == Kind::Answer && matches!(shape, Shape::List | Shape::Object) =>
            {
                Choice::Enter
            }
            _ => Choice::Skip,
        });
        let answer = match found.map_err(io)? {
            None => return Ok(()),
            Some(Found::Trouble(trouble)) => {
                let at = At::Bytes(trouble.start, trouble.length);
                let is_event = trouble.is_element || trouble.path.is_empty();
                visit(Item::Trouble(at, is_event, trouble.reason))?
            }
            Some(Found::Value(value)) if value.is_offer => {
                visit(Item::Offer(value.start, value.bytes))?
            }
            Some(Found::Value(value)) => {
                let at = At::Bytes(value.start, value.bytes.len() as u64);
                visit(Item::Value(at, value.bytes))?
            }
        };
        match answer {
            Answer::GoOn => {}
            Answer::Enough => return Ok(()),
            Answer::Taken(length) => stream.accept(length),
        }
    }
}

/// Whether the first line is a whole value and others follow.
fn has_lines(source: &Arc<dyn ReadAt>) -> std::io::Result<bool> {
    let length = source.len()?.min(LONGEST_FIRST_LINE);
    let mut head = vec![0; usize::try_from(length).unwrap_or(0)];
    source.read_exact_at(&mut head, 0)?;
    let mut lines = JsonLines::new(Arc::new(head))?;
    let Some(line) = lines.next_line()? else {
        return Ok(false);
    };
    let is_whole = line.is_ended
        && line.bytes.is_some_and(|bytes| {
            let mut spare = Vec::new();
            let bytes = bytes.strip_suffix(b",").unwrap_or(bytes);
            parse::<Node<'_>>(bytes, &mut spare).is_ok()
        });
    Ok(is_whole && lines.next_line()?.is_some())
}
