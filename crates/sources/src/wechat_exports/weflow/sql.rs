//! WeFlow's statements that fill the table `weflow_messages`.

use std::borrow::Cow;
use std::io::BufRead;

use hutong_model::{At, Stop};

use super::json::{Header, message};
use crate::json_stream::Node;
use crate::wechat_exports::compose::Composer;
use crate::wechat_exports::facts::{Facts, LOOK_BYTES, is_stated_username};
use crate::wechat_exports::files::Export;
use crate::wechat_exports::json::Item;
use crate::wechat_exports::lines;
use crate::wechat_exports::rows::Ended;
use crate::{Input, ReadError};

/// The columns in their order, where a statement does not name them.
pub(super) const COLUMNS: &[&str] = &[
    "session_id",
    "local_id",
    "message_id",
    "create_time",
    "sender",
    "is_send",
    "local_type",
    "media_type",
    "content",
    "media_path",
];
/// Longest value.
const MAX_VALUE: usize = 16 << 20;
/// Values of a row.
const MAX_VALUES: usize = 256;

/// A row of an `INSERT` statement.
struct Row {
    columns: Vec<String>,
    values: Vec<Option<String>>,
    start: u64,
    length: u64,
}

impl Row {
    fn get(&self, name: &str) -> Option<&str> {
        let place = if self.columns.is_empty() {
            COLUMNS.iter().position(|known| *known == name)
        } else {
            self.columns.iter().position(|known| known == name)
        }?;
        self.values.get(place)?.as_deref()
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

/// What the bytes between two values belong to.
#[derive(Default)]
struct Walk {
    /// Words before the first bracket of a statement.
    head: String,
    columns: Vec<String>,
    is_insert: bool,
    has_values: bool,
    depth: u32,
    values: Vec<Option<String>>,
    value: Vec<u8>,
    /// Whether the value in progress was in quotes.
    is_text: bool,
    quote: Option<u8>,
    /// Whether the quote just closed, which a second one opens again.
    may_double: bool,
    start: u64,
}

impl Walk {
    fn end_value(&mut self) {
        let bytes = std::mem::take(&mut self.value);
        let text = String::from_utf8_lossy(&bytes).replace('\0', "");
        let is_text = std::mem::take(&mut self.is_text);
        let value = if is_text {
            Some(text)
        } else {
            let bare = text.trim();
            (!bare.eq_ignore_ascii_case("null")).then(|| bare.to_owned())
        };
        if self.values.len() < MAX_VALUES {
            self.values.push(value);
        }
    }

    fn end_statement(&mut self) {
        *self = Self::default();
    }

    /// Takes one byte; a row when it ends one.
    fn take(&mut self, byte: u8, at: u64) -> Option<Row> {
        if std::mem::take(&mut self.may_double) {
            if Some(byte) == self.quote {
                self.value.push(byte);
                return None;
            }
            self.quote = None;
        }
        if let Some(quote) = self.quote {
            if byte == quote {
                self.may_double = true;
            } else if self.value.len() < MAX_VALUE {
                self.value.push(byte);
            }
            return None;
        }
        match byte {
            b'\'' | b'"' | b'`' => {
                self.quote = Some(byte);
                self.is_text = true;
                self.value.clear();
            }
            b';' if self.depth == 0 => self.end_statement(),
            b'(' => {
                if self.depth == 0 {
                    let head = self.head.to_ascii_lowercase();
                    self.is_insert |= head.contains("insert") || head.contains("replace");
                    self.has_values |= head.trim_end().ends_with("values");
                    self.values.clear();
                    self.value.clear();
                    self.is_text = false;
                    self.start = at;
                }
                self.depth += 1;
            }
            b')' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end_value();
                    self.head.clear();
                    let values = std::mem::take(&mut self.values);
                    if self.is_insert && !self.has_values {
                        self.columns = values
                            .into_iter()
                            .map(|name| {
                                name.unwrap_or_default()
                                    .trim_matches(['[', ']'])
                                    .to_lowercase()
                            })
                            .collect();
                    } else if self.is_insert {
                        return Some(Row {
                            columns: self.columns.clone(),
                            values,
                            start: self.start,
                            length: at + 1 - self.start,
                        });
                    }
                }
            }
            b',' if self.depth == 1 => self.end_value(),
            _ if self.depth > 0 && (self.is_text || self.value.len() >= MAX_VALUE) => {}
            _ if self.depth > 0 => self.value.push(byte),
            _ if self.head.len() < 4096 => {
                self.head.push(char::from(byte));
                // The name of the table in quotes.
                self.value.clear();
                self.is_text = false;
            }
            _ => {}
        }
        None
    }
}

/// Hands every row to `take` until that says no; whether the statements ended inside a row.
fn each(
    input: &Input,
    export: &Export,
    mut take: impl FnMut(&Row) -> Result<bool, Ended>,
) -> Result<Option<u64>, Ended> {
    let mut reader = lines::reader(export.open(input)?)?;
    let mut walk = Walk::default();
    let mut at = 0;
    loop {
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            break;
        }
        let length = piece.len();
        for byte in piece {
            if let Some(row) = walk.take(*byte, at)
                && !take(&row)?
            {
                return Ok(None);
            }
            at += 1;
        }
        reader.consume(length);
    }
    Ok((walk.depth > 0 && walk.is_insert).then_some(walk.start))
}

/// Who the owner is.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Header, ReadError> {
    let mut facts = Facts::default();
    each(input, export, |row| {
        if is_true(row.text("is_send")) {
            facts.meet_owner(row.text("sender"));
        }
        facts.meet_id(row.text("message_id"));
        Ok(row.start < LOOK_BYTES && facts.owner.is_none())
    })
    .map_err(|ended| ended.into_read(export))?;
    let mut header = Header::default();
    header.facts = facts;
    Ok(header)
}

pub(super) fn is_true(text: &str) -> bool {
    matches!(text.trim(), "1" | "true" | "TRUE")
}

/// Reads the statements.
pub(in crate::wechat_exports) fn read(
    input: &Input,
    export: &Export,
    header: &Header,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    let broken = each(input, export, |row| {
        let at = At::Bytes(row.start, row.length);
        take(composer, export, header, at, &|name| {
            row.get(name).map(Cow::Borrowed)
        })?;
        Ok(true)
    })
    .map_err(|ended| ended.into_read(export))?;
    if let Some(start) = broken {
        composer.reject(At::Bytes(start, 0), "the statements end inside a row")?;
    }
    Ok(())
}

/// Pushes the message of a row of `weflow_messages`.
pub(super) fn take<'r>(
    composer: &mut Composer<'_>,
    export: &Export,
    header: &Header,
    at: At,
    get: &dyn Fn(&str) -> Option<Cow<'r, str>>,
) -> Result<(), Stop> {
    let session = get("session_id").unwrap_or_default();
    let session = session.trim();
    let chat = if is_stated_username(session) {
        composer.chat(session, None)?
    } else {
        let mut named = header.facts.clone();
        named.title = (!session.is_empty()).then(|| session.to_owned());
        named.only_chat(composer, &export.title())?
    };
    let members = [
        ("localId", "local_id"),
        ("platformMessageId", "message_id"),
        ("createTime", "create_time"),
        ("senderUsername", "sender"),
        ("isSend", "is_send"),
        ("localType", "local_type"),
        ("type", "media_type"),
        ("content", "content"),
        ("mediaLocalPath", "media_path"),
    ];
    let has_number = get("local_type").is_some();
    let node = Node::Object(
        members
            .into_iter()
            .filter_map(|(key, column)| Some((Cow::Borrowed(key), get(column)?)))
            // The kind of the file says less than the number.
            .filter(|(key, value)| key != "type" || !value.is_empty() && !has_number)
            .map(|(key, value)| (key, Node::Text(value)))
            .collect(),
    );
    let item = Item {
        node: &node,
        raw: &[],
        at,
    };
    message(composer, chat, header, &item)
}
