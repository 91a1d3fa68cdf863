//! The table of contents.

use hutong_model::{Conversation, ConversationKind, Platform, Precision, Timestamp};

use super::{CHATS_FOLDER, page};
use crate::clock::Local;
use crate::paint::avatar;
use crate::paint::escape::{write_path, write_plain};
use crate::{Context, Language, words};

/// One chat in the table of contents.
pub(super) struct Entry {
    pub(super) title: String,
    /// File name of its pages, without page number and extension.
    pub(super) stem: String,
    pub(super) messages: u64,
    pub(super) last: Option<(Timestamp, Local)>,
    pub(super) preview: String,
    /// The days that each page covers.
    pub(super) pages: Vec<String>,
    id: [u8; 16],
    kind: ConversationKind,
    platform: Option<Platform>,
    number: usize,
}

impl Entry {
    pub(super) fn new(conversation: &Conversation, title: &str, stem: &str, number: usize) -> Self {
        Self {
            title: title.to_owned(),
            stem: stem.to_owned(),
            messages: 0,
            last: None,
            preview: String::new(),
            pages: Vec::new(),
            id: conversation.peer.map_or(conversation.id.0, |peer| peer.0),
            kind: conversation.kind,
            platform: conversation.platform.clone(),
            number,
        }
    }

    /// Where the chat's pages link back to.
    pub(super) fn anchor(&self) -> String {
        format!("c{}", self.number + 1)
    }
}

/// Writes the whole page.
pub(super) fn write(
    context: &Context<'_>,
    entries: &[Entry],
    made_at: Option<&str>,
    out: &mut Vec<u8>,
) {
    let language = context.language;
    let title = context.title.trim();
    let title = if title.is_empty() {
        language.pick("聊天记录", "Chat history")
    } else {
        title
    };
    page::open(context, title, out);
    out.extend_from_slice(b"<header>\n<h1><bdi>");
    write_plain(title, out);
    out.extend_from_slice(b"</bdi></h1>\n<p>");
    let chats = words::grouped(entries.len() as u64);
    let chats = match (language, entries.len()) {
        (Language::Zh, _) => format!("{chats} 个会话"),
        (Language::En, 1) => "1 chat".to_owned(),
        (Language::En, _) => format!("{chats} chats"),
    };
    write_plain(&chats, out);
    out.extend_from_slice(" · ".as_bytes());
    write_plain(
        &words::messages(language, entries.iter().map(|entry| entry.messages).sum()),
        out,
    );
    out.extend_from_slice(b"</p>\n</header>\n<main>\n<ul class=\"ls\">\n");
    for entry in entries {
        write_entry(language, entry, out);
    }
    out.extend_from_slice(b"</ul>\n</main>\n");
    page::close(context, made_at, out);
}

fn write_entry(language: Language, entry: &Entry, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<li id=\"");
    out.extend_from_slice(entry.anchor().as_bytes());
    out.extend_from_slice(b"\">");
    avatar(&entry.id, &entry.title, out);
    out.extend_from_slice(b"<div><div class=\"top\"><a href=\"");
    write_page(entry, 1, out);
    out.extend_from_slice(b"\"><bdi>");
    write_plain(&entry.title, out);
    out.extend_from_slice(b"</bdi></a><time>");
    if let Some((_, local)) = entry.last {
        local.write(Precision::Minute, out);
    }
    out.extend_from_slice(b"</time></div><p class=\"last\"><bdi>");
    write_plain(&entry.preview, out);
    out.extend_from_slice(b"</bdi></p><p>");
    if let Some(platform) = &entry.platform {
        write_plain(words::platform(language, platform), out);
        out.extend_from_slice(" · ".as_bytes());
    }
    write_plain(words::conversation(language, entry.kind), out);
    out.extend_from_slice(" · ".as_bytes());
    write_plain(&words::messages(language, entry.messages), out);
    let first = entry
        .pages
        .first()
        .and_then(|span| span.split(" – ").next())
        .unwrap_or_default();
    let last = entry
        .pages
        .last()
        .and_then(|span| span.split(" – ").last())
        .unwrap_or_default();
    if !first.is_empty() {
        out.extend_from_slice(" · ".as_bytes());
        write_plain(first, out);
        if first != last {
            out.extend_from_slice(" – ".as_bytes());
            write_plain(last, out);
        }
    }
    out.extend_from_slice(b"</p>");
    if entry.pages.len() > 1 {
        out.extend_from_slice(b"<details><summary>");
        let count = words::grouped(entry.pages.len() as u64);
        let count = match language {
            Language::Zh => format!("{count} 页"),
            Language::En => format!("{count} pages"),
        };
        write_plain(&count, out);
        out.extend_from_slice(b"</summary><ol>");
        for (number, span) in (1..).zip(&entry.pages) {
            out.extend_from_slice(b"<li><a href=\"");
            write_page(entry, number, out);
            out.extend_from_slice(b"\">");
            write_plain(span, out);
            out.extend_from_slice(b"</a></li>");
        }
        out.extend_from_slice(b"</ol></details>");
    }
    out.extend_from_slice(b"</div></li>\n");
}

fn write_page(entry: &Entry, number: u64, out: &mut Vec<u8>) {
    write_path(
        &format!("{CHATS_FOLDER}/{}", page::file_name(&entry.stem, number)),
        out,
    );
}
