//! Messages and headers of JSON files.

use hutong_model::{At, NativeId, NativeIdName, Stop};

use super::compose::Composer;
use super::facts::LOOK_BYTES;
use super::files::Export;
use super::rows::io_error;
use crate::json_stream::{Choice, Found, JsonStream, Node, Shape, parse};
use crate::{Input, ReadError};

/// Keys at which reading goes on when something around them is damaged.
const LANDMARKS: &[&str] = &["messages"];

/// One message object.
pub(super) struct Item<'a> {
    pub(super) node: &'a Node<'a>,
    pub(super) raw: &'a [u8],
    pub(super) at: At,
}

fn open(input: &Input, export: &Export) -> Result<JsonStream, ReadError> {
    let failed = io_error(export);
    let file = export.open(input).map_err(&failed)?;
    Ok(JsonStream::new(file)
        .map_err(failed)?
        .with_landmarks(LANDMARKS))
}

/// Whether a path is that of a message: an element of the outermost list, or of `messages`.
fn is_message(path: &str) -> bool {
    matches!(path, "[]" | "messages[]" | "[].messages[]")
}

fn choose(path: &str, shape: Shape, is_header_wanted: bool) -> Choice {
    match (path, shape) {
        ("" | "messages" | "[].messages", Shape::Object | Shape::List) => Choice::Enter,
        _ if is_message(path) => Choice::Take,
        // Pictures of people are not messages, and large.
        ("avatars", _) => Choice::Skip,
        _ if is_header_wanted => Choice::Take,
        _ => Choice::Skip,
    }
}

/// Gives the header's members by path, and messages to `look` until it has seen enough.
///
/// When the header stands before the messages, as tools write it, only the beginning of the file is read.
pub(super) fn survey(
    input: &Input,
    export: &Export,
    mut header: impl FnMut(&str, &Node<'_>),
    mut look: impl FnMut(&Node<'_>) -> bool,
    is_header_complete: impl Fn(&[String]) -> bool,
) -> Result<(), ReadError> {
    let failed = io_error(export);
    let mut stream = open(input, export)?;
    let mut is_seen = false;
    let mut seen: Vec<String> = Vec::new();
    loop {
        if (is_seen || stream.offset() > LOOK_BYTES) && is_header_complete(&seen) {
            return Ok(());
        }
        let is_enough = is_seen || stream.offset() > LOOK_BYTES;
        let found = stream
            .next(|path, shape| {
                if is_enough && (is_message(path) || matches!(path, "messages" | "[].messages")) {
                    Choice::Skip
                } else {
                    choose(path, shape, true)
                }
            })
            .map_err(&failed)?;
        let Some(found) = found else {
            return Ok(());
        };
        let Found::Value(value) = found else {
            continue;
        };
        let mut spare = Vec::new();
        let Ok((node, _)) = parse::<Node<'_>>(value.bytes, &mut spare) else {
            continue;
        };
        if is_message(value.path) {
            is_seen |= look(&node);
        } else {
            seen.push(value.path.to_owned());
            header(value.path, &node);
        }
    }
}

/// Hands every message to `item`; damage is told.
pub(super) fn each(
    input: &Input,
    export: &Export,
    composer: &mut Composer<'_>,
    mut item: impl FnMut(&mut Composer<'_>, &Item<'_>) -> Result<(), Stop>,
) -> Result<(), ReadError> {
    let failed = io_error(export);
    let mut stream = open(input, export)?;
    while let Some(found) = stream
        .next(|path, shape| choose(path, shape, false))
        .map_err(&failed)?
    {
        match found {
            Found::Trouble(trouble) => {
                let at = At::Bytes(trouble.start, trouble.length);
                if trouble.is_element && is_message(trouble.path) {
                    composer.reject(at, trouble.reason)?;
                } else {
                    composer.damage(at, trouble.reason)?;
                }
            }
            Found::Value(value) if is_message(value.path) => {
                let at = At::Bytes(value.start, value.bytes.len() as u64);
                let mut spare = Vec::new();
                match parse::<Node<'_>>(value.bytes, &mut spare) {
                    Ok((node, _)) if node.is_object() => item(
                        composer,
                        &Item {
                            node: &node,
                            raw: value.bytes,
                            at,
                        },
                    )?,
                    Ok(_) => composer.reject(at, "this is not an object with a message")?,
                    Err(_) => composer.reject(at, "the object cannot be read")?,
                }
            }
            Found::Value(_) => {}
        }
    }
    Ok(())
}

/// Reads a whole small file.
pub(super) fn whole<T>(
    input: &Input,
    path: &str,
    most_bytes: u64,
    use_it: impl FnOnce(&Node<'_>) -> T,
) -> Option<T> {
    if input.size_bytes(path)? > most_bytes {
        return None;
    }
    let bytes = input.first_bytes(path, most_bytes).ok()?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let mut spare = Vec::new();
    let (node, _) = parse::<Node<'_>>(bytes, &mut spare).ok()?;
    Some(use_it(&node))
}

/// A numeric id of a message, where it has one.
pub(super) fn integer_id(name: NativeIdName, node: &Node<'_>) -> Option<NativeId> {
    node.integer().map(|id| NativeId::integer(name, id))
}

/// A text that says something.
pub(super) fn words(node: &Node<'_>) -> Option<String> {
    node.words()
        .filter(|words| !matches!(words.trim(), "(null)" | "null"))
}
