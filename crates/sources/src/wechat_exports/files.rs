//! Which files of an input are exports, and of which tool: told by what is in them.

use std::sync::Arc;

use hutong_sqlite::{MAGIC, ReadAt};

use super::csv::{Columns, header_of};
use super::encoding::Encoding;
use super::wide::{Order, WideText};
use super::{chatlog, memotrace, weflow};
use crate::Input;
use crate::json_stream::Outline;

/// Bytes that tell whether a file is text at all.
const START: u64 = 16;
/// Bytes by which a file is recognised.
const HEAD: u64 = 32 << 10;
/// Bytes of a page in which its list of messages is looked for: the style of the page comes first.
const PAGE_HEAD: u64 = 512 << 10;
/// Folders below an export in which further ones are looked for.
const MAX_DEPTH: usize = 3;
/// Folders that hold media, never messages.
const MEDIA_FOLDERS: &[&str] = &[
    "avatar", "avatars", "emoji", "emojis", "file", "files", "image", "images", "img", "media",
    "video", "videos", "voice", "voices",
];
/// Files of one folder that are looked at.
const MOST_FILES: usize = 20_000;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    /// MemoTrace: the table of one chat or of all.
    MemoTraceCsv,
    /// MemoTrace: plain text.
    MemoTraceText,
    /// MemoTrace: a page with the messages as a list in its script.
    MemoTracePage,
    /// MemoTrace: turns for training a language model, without times.
    Training,
    /// PyWxDump: a table.
    PyWxDumpCsv,
    /// PyWxDump: a list of messages.
    PyWxDumpJson,
    /// PyWxDump: name, words and time only.
    PyWxDumpMini,
    /// chatlog: a list of messages.
    ChatlogJson,
    /// chatlog: what it sends to a webhook.
    ChatlogWebhook,
    /// chatlog: a table.
    ChatlogCsv,
    /// chatlog: plain text.
    ChatlogText,
    /// WeFlow: header and messages.
    WeFlowJson,
    /// WeFlow: an answer of its interface.
    WeFlowHttp,
    /// WeFlow: the table for WeClone.
    WeFlowCsv,
    /// WeFlow: statements that fill a database.
    WeFlowSql,
    /// WeFlow: the database that these statements fill.
    WeFlowTable,
    /// echotrace: header and messages.
    EchoTrace,
    /// WeChatDataAnalysis: the messages of one conversation.
    DataAnalysis,
    /// A list of contacts or rooms, of any tool.
    Contacts,
}

impl Shape {
    /// The tool and the form, for people.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::MemoTraceCsv => "MemoTrace (留痕) CSV",
            Self::MemoTraceText => "MemoTrace (留痕) text",
            Self::MemoTracePage => "MemoTrace (留痕) HTML",
            Self::Training => "MemoTrace (留痕) JSON for training language models",
            Self::PyWxDumpCsv => "PyWxDump CSV",
            Self::PyWxDumpJson => "PyWxDump JSON",
            Self::PyWxDumpMini => "PyWxDump short JSON",
            Self::ChatlogJson => "chatlog JSON",
            Self::ChatlogWebhook => "chatlog webhook body",
            Self::ChatlogCsv => "chatlog CSV",
            Self::ChatlogText => "chatlog text",
            Self::WeFlowJson => "WeFlow JSON",
            Self::WeFlowHttp => "WeFlow HTTP answer",
            Self::WeFlowCsv => "WeFlow CSV",
            Self::WeFlowSql => "WeFlow SQL",
            Self::WeFlowTable => "WeFlow database",
            Self::EchoTrace => "echotrace JSON",
            Self::DataAnalysis => "WeChatDataAnalysis export",
            Self::Contacts => "contact list",
        }
    }

    /// Whether there are messages in it that can be read.
    pub(super) const fn has_messages(self) -> bool {
        !matches!(self, Self::Training | Self::Contacts)
    }
}

/// A file that was recognised.
#[derive(Clone, Debug)]
pub(super) struct Export {
    /// Path inside the input.
    pub(super) path: String,
    pub(super) shape: Shape,
    pub(super) encoding: Encoding,
    /// Set where the file is UTF-16; it is then read as UTF-8.
    pub(super) wide: Option<Order>,
    /// Between the fields of a table.
    pub(super) delimiter: u8,
}

impl Export {
    /// Opens the file as text in [`Self::encoding`].
    pub(super) fn open(&self, input: &Input) -> std::io::Result<Arc<dyn ReadAt>> {
        let file = input.open_file(&self.path)?;
        Ok(match self.wide {
            Some(order) => Arc::new(WideText::new(file, order)?),
            None => file,
        })
    }

    /// The file's name without its ending and without what tools append: often the title of the chat.
    pub(super) fn title(&self) -> String {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let stem = stem.strip_suffix("_utf8").unwrap_or(stem).trim();
        if stem.is_empty() { name } else { stem }.to_owned()
    }
}

/// The exports of an input and the files that look like exports of something else.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) exports: Vec<Export>,
    /// Tables, lists and texts that no tool's shape fits.
    pub(super) others: Vec<String>,
}

/// Looks at every file of an input.
pub(super) fn find(input: &Input) -> Found {
    let mut found = Found::default();
    if let Some(only) = input.only_file() {
        found.exports.extend(recognize(input, only));
        return found;
    }
    let analysis = super::wechat_data_analysis::files(input);
    let is_analysis = !analysis.is_empty();
    for path in input
        .file_names("")
        .into_iter()
        .chain(analysis)
        .take(MOST_FILES)
    {
        match recognize(input, &path) {
            Some(export) => found.exports.push(export),
            None if has_usual_ending(&path) => found.others.push(path),
            None => {}
        }
    }
    // Whoever looks for inputs does not go below a folder that is one, so what lies below this one is ours to find.
    let has_messages = found
        .exports
        .iter()
        .any(|export| export.shape.has_messages());
    if has_messages && !is_analysis {
        below(input, &mut found.exports);
    }
    found
}

/// Adds the exports in the folders below.
fn below(input: &Input, exports: &mut Vec<Export>) {
    let mut files_left = MOST_FILES;
    let mut folders = vec![(String::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for name in input.folder_names(&folder) {
            let path = format!("{folder}{name}");
            if MEDIA_FOLDERS.contains(&name.to_ascii_lowercase().as_str()) {
                continue;
            }
            for file in input.file_names(&path) {
                let Some(left) = files_left.checked_sub(1) else {
                    return;
                };
                files_left = left;
                exports.extend(recognize(input, &format!("{path}/{file}")));
            }
            if depth + 1 < MAX_DEPTH {
                folders.push((format!("{path}/"), depth + 1));
            }
        }
    }
}

/// Whether people would take a file for an export by its name.
fn has_usual_ending(path: &str) -> bool {
    let ending = path
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| {
        ["csv", "json", "txt", "html", "htm", "sql"].contains(&ending.as_str())
    }) && !["manifest.json", "report.json", "meta.json"]
        .iter()
        .any(|name| path.rsplit('/').next() == Some(name))
}

/// What one file is.
pub(super) fn recognize(input: &Input, path: &str) -> Option<Export> {
    // Most files of a folder are pictures and databases: their first bytes tell.
    let start = input.first_bytes(path, START).ok()?;
    if start.starts_with(MAGIC) {
        return weflow::table::is_there(input, path).then(|| Export {
            path: path.to_owned(),
            shape: Shape::WeFlowTable,
            encoding: Encoding::Utf8,
            wide: None,
            delimiter: 0,
        });
    }
    let wide = Order::of(&start);
    if start.is_empty()
        || wide.is_none() && start.iter().any(|byte| matches!(byte, 0..=8 | 14..=26))
        || start.starts_with(b"\xFF\xD8")
    {
        return None;
    }
    let head = first_text(input, path, HEAD, wide)?;
    let encoding = match wide {
        Some(_) => Encoding::Utf8,
        None => Encoding::of(&head),
    };
    let is_page =
        || first_text(input, path, PAGE_HEAD, wide).is_some_and(|head| has_list_of_messages(&head));
    let (shape, delimiter) = shape_of(&head, encoding, &is_page)?;
    Some(Export {
        path: path.to_owned(),
        shape,
        encoding,
        wide,
        delimiter,
    })
}

/// The first bytes of a file; as UTF-8 where it is UTF-16.
fn first_text(input: &Input, path: &str, length: u64, wide: Option<Order>) -> Option<Vec<u8>> {
    let head = input.first_bytes(path, length).ok()?;
    Some(match wide {
        Some(order) => order.decode(head.get(2..).unwrap_or_default()).into_bytes(),
        None => head,
    })
}

fn shape_of(head: &[u8], encoding: Encoding, is_page: &dyn Fn() -> bool) -> Option<(Shape, u8)> {
    let start = head
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(head)
        .trim_ascii_start();
    match start.first()? {
        b'{' | b'[' => {
            let shape = shape_of_json(&Outline::of(head)).or_else(|| users(start));
            // Text may begin with a bracket too.
            if shape.is_some() || start.starts_with(b"{") {
                return shape.map(|shape| (shape, 0));
            }
        }
        b'<' => return (is_html(start) && is_page()).then_some((Shape::MemoTracePage, 0)),
        0..=8 => return None,
        _ => {}
    }
    if let Some((columns, delimiter)) = header_of(start, encoding)
        && let Some(shape) = shape_of_table(&columns)
    {
        return Some((shape, delimiter));
    }
    let text = encoding.decode(head);
    if is_sql(&text) {
        return Some((Shape::WeFlowSql, 0));
    }
    if chatlog::text::is_text(&text) {
        return Some((Shape::ChatlogText, 0));
    }
    memotrace::text::is_text(&text).then_some((Shape::MemoTraceText, 0))
}

fn shape_of_json(outline: &Outline) -> Option<Shape> {
    let has_all = |paths: &[&str]| paths.iter().all(|path| outline.has(path));
    if outline.has_any(&[
        "[].conversations[].role",
        "conversations[].role",
        "[].messages[].role",
        "messages[].role",
    ]) {
        return Some(Shape::Training);
    }
    if outline.has("weflow") || has_all(&["messages[].platformMessageId", "session"]) {
        return Some(Shape::WeFlowJson);
    }
    if outline.has_any(&["[].MsgSvrID", "[].type_name"])
        && outline.has_any(&["[].is_sender", "[].CreateTime"])
    {
        return Some(Shape::PyWxDumpJson);
    }
    if has_all(&["[].talker", "[].time"]) && outline.has_any(&["[].seq", "[].isSelf", "[].sender"])
    {
        return Some(Shape::ChatlogJson);
    }
    if has_all(&["messages[].talker", "messages[].time"])
        || (outline.has("messages") && has_all(&["keyword", "talker"]))
    {
        return Some(Shape::ChatlogWebhook);
    }
    if has_all(&["success", "messages"])
        && outline.has_any(&["talker", "messages[].serverId", "messages[].localType"])
    {
        return Some(Shape::WeFlowHttp);
    }
    if outline.has("messages")
        && outline.has_any(&[
            "messages[].renderType",
            "messages[].conversationUsername",
            "messages[].sortSeq",
        ])
        || has_all(&["schemaVersion", "messages", "username"])
    {
        return Some(Shape::DataAnalysis);
    }
    // A header that stands behind the messages is not among the first bytes.
    if has_all(&["messages[].isSend", "messages[].createTime"]) {
        return Some(if outline.has("messages[].platformMessageId") {
            Shape::WeFlowJson
        } else if outline.has_any(&["messages[].serverId", "messages[].rawContent"]) {
            Shape::WeFlowHttp
        } else {
            Shape::EchoTrace
        });
    }
    if outline.has_any(&["session.wxid", "session.displayName", "session.nickname"]) {
        return Some(Shape::EchoTrace);
    }
    if has_all(&["[].nickname", "[].message", "[].time"])
        || has_all(&["[].sender", "[].content", "[].timestamp"])
    {
        return Some(Shape::PyWxDumpMini);
    }
    outline
        .has_any(&["items[].userName", "items[].users", "items[].nickName"])
        .then_some(Shape::Contacts)
}

/// PyWxDump's `users.json`: usernames with an object each.
fn users(start: &[u8]) -> Option<Shape> {
    let has = |word: &[u8]| memchr::memmem::find(start, word).is_some();
    (start.starts_with(b"{")
        && has(b"\"wxid\"")
        && has(b"\"nickname\"")
        && (has(b"\"LabelIDList\"") || has(b"\"headImgUrl\"") || has(b"\"account\"")))
    .then_some(Shape::Contacts)
}

fn shape_of_table(columns: &Columns) -> Option<Shape> {
    if columns.has(&["strcontent"]) && (columns.has(&["issender"]) || columns.has(&["createtime"]))
    {
        return Some(Shape::MemoTraceCsv);
    }
    let has_words = columns.has(&["msg"]) || columns.has(&["content"]);
    if columns.has(&["type_name", "is_sender", "createtime"]) && has_words {
        let is_dump = columns.has(&["room_name"]);
        return Some(if is_dump {
            Shape::PyWxDumpCsv
        } else {
            Shape::WeFlowCsv
        });
    }
    if columns.has(&["time", "sender", "content"])
        && (columns.has(&["talker"]) || columns.has(&["sendername"]))
    {
        return Some(Shape::ChatlogCsv);
    }
    let is_contacts = columns.has(&["username", "nickname"]) || columns.has(&["用户名", "昵称"]);
    is_contacts.then_some(Shape::Contacts)
}

/// Whether a file begins as a page does.
fn is_html(start: &[u8]) -> bool {
    let begins = |with: &[u8]| {
        start
            .get(..with.len())
            .is_some_and(|first| first.eq_ignore_ascii_case(with))
    };
    begins(b"<!doctype html") || begins(b"<html") || begins(b"<script") || begins(b"<!--")
}

/// Whether a page holds MemoTrace's list of messages.
fn has_list_of_messages(head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    has(b"is_send") && (has(b"timestamp") || has(b"displayname"))
}

fn is_sql(text: &str) -> bool {
    let lower = text
        .get(..text.floor_char_boundary(4096))
        .unwrap_or(text)
        .to_ascii_lowercase();
    lower.contains("weflow_messages")
        && (lower.contains("create table") || lower.contains("insert into"))
}
