//! Which files make up an export.

use std::sync::Arc;

use hutong_model::At;
use hutong_sqlite::ReadAt;

use crate::json_export::{self, open};
use crate::json_stream::{Choice, Found, JsonLines, JsonStream, Node, Outline, Shape, parse};
use crate::{Input, ReadError};

/// The manifest of a chunked export may be this large.
const LARGEST_MANIFEST: u64 = 64 << 20;

/// One conversation's export.
#[derive(Clone, Debug)]
pub(super) struct Export {
    /// The file with the header: the only file, or the manifest.
    pub(super) main: Option<String>,
    /// Chunks of JSON Lines, with the number of messages that the manifest states.
    pub(super) chunks: Vec<(String, Option<u64>)>,
    /// Pictures of people in a file of their own.
    pub(super) avatars: Option<String>,
    name: String,
}

impl Export {
    pub(super) fn description(&self) -> String {
        let name = if self.name.is_empty() {
            "qq-chat-exporter"
        } else {
            &self.name
        };
        match self.chunks.len() {
            0 => name.to_owned(),
            count => format!("{name}, {count} chunks"),
        }
    }

    /// Every file of it.
    pub(super) fn paths(&self) -> Vec<String> {
        let chunks = self.chunks.iter().map(|(path, _)| path.clone());
        self.main
            .iter()
            .cloned()
            .chain(chunks)
            .chain(self.avatars.clone())
            .collect()
    }
}

/// What a file is.
enum Kind {
    Single(String),
    /// Says what the chat is, but shows no messages: a manifest that names no chunks, perhaps.
    Bare(String),
    Manifest(String),
    Chunk,
}

fn kind(outline: &Outline) -> Option<Kind> {
    if outline.shape != Some(Shape::Object) {
        return None;
    }
    let name = outline.text("metadata.name").unwrap_or_default();
    let is_named = name.starts_with("QQChatExporter") || name.starts_with("QQ Chat Exporter");
    let is_chunked = outline.shape_of("chunked") == Some(Shape::Object)
        || outline.text("metadata.format") == Some("chunked-jsonl");
    let is_message = |prefix: &str| {
        let has = |field: &str| outline.has(&format!("{prefix}{field}"));
        (has("sender.uid") || has("sender.uin"))
            && (has("timestamp") || has("time"))
            && (has("id") || has("messageId"))
            && (has("content.elements") || has("content.text") || has("content.resources"))
    };
    let has_chat = outline.shape_of("chatInfo") == Some(Shape::Object);
    let title = outline
        .text("chatInfo.name")
        .map(|chat| format!("{name}: {chat}"))
        .unwrap_or_else(|| name.to_owned());
    if is_chunked && (is_named || has_chat) {
        return Some(Kind::Manifest(title));
    }
    if is_named && has_chat && !outline.has("messages") {
        return Some(Kind::Bare(title));
    }
    if (is_named && has_chat) || is_message("messages[].") {
        return Some(Kind::Single(title));
    }
    let has_list = outline.shape_of("messages") == Some(Shape::List);
    if has_chat && has_list && outline.has("chatInfo.type") && outline.has("metadata") {
        return Some(Kind::Single(title));
    }
    is_message("").then_some(Kind::Chunk)
}

/// Every export in an input.
pub(super) fn find(input: &Input) -> Vec<Export> {
    let mut exports = Vec::new();
    let mut loose = Vec::new();
    let found = json_export::find(input, kind);
    let has_manifest = found
        .iter()
        .any(|(_, kind)| matches!(kind, Kind::Manifest(_)));
    for (path, kind) in found {
        match kind {
            Kind::Single(name) => exports.push(Export {
                main: Some(path),
                chunks: Vec::new(),
                avatars: None,
                name,
            }),
            Kind::Bare(name) => exports.push(Export {
                chunks: match has_manifest {
                    true => Vec::new(),
                    false => chunks(input, &path),
                },
                avatars: None,
                main: Some(path),
                name,
            }),
            Kind::Manifest(name) => exports.push(Export {
                chunks: chunks(input, &path),
                avatars: input.real_path("avatars.json"),
                main: Some(path),
                name,
            }),
            Kind::Chunk => loose.push((path, None)),
        }
    }
    // Chunks whose manifest is lost; those that a manifest names are read with it.
    loose.retain(|(path, _)| {
        !exports
            .iter()
            .any(|export| export.chunks.iter().any(|(known, _)| known == path))
    });
    if !loose.is_empty() {
        exports.push(Export {
            main: None,
            chunks: loose,
            avatars: None,
            name: "qq-chat-exporter".to_owned(),
        });
    }
    exports
}

/// The chunks that a manifest names, and those beside them that it does not.
fn chunks(input: &Input, manifest: &str) -> Vec<(String, Option<u64>)> {
    let mut chunks: Vec<(String, Option<u64>)> = Vec::new();
    let mut folder = "chunks".to_owned();
    if input
        .size_bytes(manifest)
        .is_some_and(|size| size <= LARGEST_MANIFEST)
        && let Ok(source) = input.open_file(manifest)
        && let Ok(mut stream) = JsonStream::new(source)
    {
        while let Ok(Some(found)) = stream.next(|path, _| match path {
            "" | "chunked" | "chunked.chunks" | "chunks" => Choice::Enter,
            "chunked.chunksDir" | "chunked.chunks[]" | "chunks[]" => Choice::Take,
            _ => Choice::Skip,
        }) {
            let Found::Value(value) = found else { continue };
            let mut spare = Vec::new();
            let Ok((node, _)) = parse::<Node<'_>>(value.bytes, &mut spare) else {
                continue;
            };
            if value.path == "chunked.chunksDir" {
                folder = node.words().unwrap_or(folder);
            } else if let Some(path) = chunk_path(input, &node, &folder) {
                let count = node
                    .first(&["count", "messages", "messageCount"])
                    .unsigned();
                chunks.push((path, count));
            }
        }
    }
    for name in input.file_names(&folder) {
        let path = format!("{folder}/{name}");
        let is_lines = name.to_ascii_lowercase().ends_with(".jsonl");
        if is_lines
            && !chunks
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(&path))
        {
            chunks.push((path, None));
        }
    }
    chunks
}

/// By `relativePath`, then `file`, then `fileName` in the folder of chunks; the first that is there.
fn chunk_path(input: &Input, chunk: &Node<'_>, folder: &str) -> Option<String> {
    let mut candidates = Vec::new();
    for key in ["relativePath", "file", "fileName"] {
        if let Some(path) = chunk.get(key).words() {
            let path = path.replace('\\', "/");
            candidates.push(path.clone());
            candidates.push(format!("{folder}/{path}"));
            if let Some((_, name)) = path.rsplit_once('/') {
                candidates.push(format!("{folder}/{name}"));
            }
        }
    }
    if let Some(name) = chunk.str() {
        candidates.push(name.to_owned());
        candidates.push(format!("{folder}/{name}"));
    }
    let found = candidates.iter().find_map(|path| input.real_path(path));
    found.or_else(|| candidates.into_iter().next())
}

/// A piece of an export.
pub(super) enum Item<'a> {
    /// Named by its path in the file: `chatInfo`, `messages[]`, `avatars.<number>`, `statistics.senders[]`.
    Value(&'a str, At, u64, &'a [u8]),
    /// A message begins at this offset with these bytes, which go on behind it or end inside it. The answer is how many are
    /// its own; after 0 it comes again as a value.
    Message(u64, &'a [u8]),
    /// Something that could not be read; whether it was a message.
    Trouble(At, bool, &'static str),
}

/// Hands every piece of the main file to `visit`, whose answer counts for a [message](Item::Message) alone.
pub(super) fn walk(
    source: Arc<dyn ReadAt>,
    path: &str,
    visit: &mut dyn FnMut(Item<'_>) -> Result<usize, ReadError>,
) -> Result<(), ReadError> {
    let io = |source| ReadError::Io {
        file: path.to_owned(),
        source,
    };
    let mut stream = JsonStream::new(source)
        .map_err(io)?
        .with_landmarks(&["messages", "chatInfo"]);
    loop {
        let found = stream.next(|path, _| match path {
            "" | "messages" | "statistics" | "statistics.senders" | "avatars" => Choice::Enter,
            "messages[]" => Choice::Offer,
            "metadata" | "chatInfo" | "statistics.senders[]" => Choice::Take,
            _ if path.starts_with("avatars.") => Choice::Take,
            _ => Choice::Skip,
        });
        match found.map_err(io)? {
            None => return Ok(()),
            Some(Found::Trouble(trouble)) => {
                let is_message = trouble.is_element && trouble.path == "messages[]";
                let at = At::Bytes(trouble.start, trouble.length);
                visit(Item::Trouble(at, is_message, trouble.reason))?;
            }
            Some(Found::Value(value)) if value.is_offer => {
                let length = visit(Item::Message(value.start, value.bytes))?;
                stream.accept(length);
            }
            Some(Found::Value(value)) => {
                let at = At::Bytes(value.start, value.bytes.len() as u64);
                visit(Item::Value(value.path, at, value.start, value.bytes))?;
            }
        }
    }
}

/// Hands every line of a chunk to `visit`, as a message.
pub(super) fn walk_chunk(
    input: &Input,
    path: &str,
    visit: &mut dyn FnMut(Item<'_>) -> Result<usize, ReadError>,
) -> Result<(), ReadError> {
    let io = |source| ReadError::Io {
        file: path.to_owned(),
        source,
    };
    let mut lines = JsonLines::new(open(input, path)?).map_err(io)?;
    while let Some(line) = lines.next_line().map_err(io)? {
        let at = At::Line(line.number);
        match line.bytes {
            Some(bytes) => visit(Item::Value("messages[]", at, line.start, bytes))?,
            None => visit(Item::Trouble(at, true, "the line is longer than 64 MiB"))?,
        };
    }
    Ok(())
}

/// Hands the pictures of people in a file `{number: base64}` to `visit`.
pub(super) fn walk_avatars(
    source: Arc<dyn ReadAt>,
    visit: &mut dyn FnMut(&str, u64, &[u8]),
) -> std::io::Result<()> {
    let mut stream = JsonStream::new(source)?;
    while let Some(found) = stream.next(|path, shape| match path {
        "" => Choice::Enter,
        "avatars" if shape == Shape::Object => Choice::Enter,
        _ => Choice::Take,
    })? {
        if let Found::Value(value) = found {
            let number = value.path.strip_prefix("avatars.").unwrap_or(value.path);
            visit(number, value.start, value.bytes);
        }
    }
    Ok(())
}
