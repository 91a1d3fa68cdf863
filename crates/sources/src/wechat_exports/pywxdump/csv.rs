//! The tables of PyWxDump and of those who write like it (WeFlow's table for WeClone has no `room_name`).

use std::borrow::Cow;

use hutong_model::{At, NativeId, NativeIdName, Part};

use super::{author, content_of, is_file_place};
use crate::json_stream::{Node, parse};
use crate::wechat::map::is_room;
use crate::wechat_exports::compose::{Composer, Draft, ME};
use crate::wechat_exports::content::{self, Stated};
use crate::wechat_exports::csv::{Columns, CsvRecord};
use crate::wechat_exports::facts::{Facts, is_stated_username};
use crate::wechat_exports::files::Export;
use crate::wechat_exports::{labels, rows};
use crate::{Input, ReadError};

/// Places of the columns that are used.
struct Places {
    id: Option<usize>,
    server_id: Option<usize>,
    word: Option<usize>,
    is_sender: Option<usize>,
    talker: Option<usize>,
    room: Option<usize>,
    msg: Option<usize>,
    src: Option<usize>,
    /// Older versions write words and source together, as JSON.
    content: Option<usize>,
    time: Option<usize>,
    count: usize,
}

impl Places {
    fn new(columns: &Columns) -> Self {
        let find = |name| columns.find(name);
        let (msg, content, time) = (find("msg"), find("content"), find("CreateTime"));
        Self {
            id: find("id"),
            server_id: find("MsgSvrID"),
            word: find("type_name"),
            is_sender: find("is_sender"),
            talker: find("talker"),
            room: find("room_name"),
            src: find("src"),
            count: msg.max(content).max(time).map_or(0, |last| last + 1),
            msg,
            content,
            time,
        }
    }
}

fn field<'r>(record: &CsvRecord<'r>, place: Option<usize>) -> Cow<'r, str> {
    place
        .and_then(|place| record.text(place))
        .unwrap_or_default()
}

/// The words of a row and where it came from.
fn words<'r>(record: &CsvRecord<'r>, places: &Places) -> (Cow<'r, str>, Cow<'r, str>) {
    let src = field(record, places.src);
    if places.msg.is_some() {
        return (field(record, places.msg), src);
    }
    let content = field(record, places.content);
    if content.starts_with('{') {
        let mut spare = Vec::new();
        if let Ok((node, _)) = parse::<Node<'_>>(content.as_bytes(), &mut spare)
            && !node.get("msg").is_null()
        {
            let text = |key: &str| node.get(key).text().unwrap_or_default().into_owned();
            return (Cow::Owned(text("msg")), Cow::Owned(text("src")));
        }
    }
    (content, src)
}

fn is_true(text: &str) -> bool {
    matches!(text.trim(), "1" | "1.0" | "True" | "true" | "TRUE")
}

/// Whose copy it is, and where no conversation is named, who writes.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Facts, ReadError> {
    let mut facts = Facts::default();
    let mut places = None;
    let (mut is_settled, mut rows) = (false, 0_u32);
    rows::survey(input, export, |columns, record| {
        let places = places.get_or_insert_with(|| Places::new(columns));
        let talker = field(record, places.talker);
        let talker = talker.trim();
        let is_system =
            labels::kind_of(&field(record, places.word)).is_some_and(labels::Kind::is_system);
        if is_room(talker) {
            facts.talker = Some(talker.to_owned());
        } else if is_true(&field(record, places.is_sender)) {
            // Some versions write the other side into the owner's rows.
            if talker != field(record, places.room).trim() {
                facts.meet_owner(talker);
                is_settled |= talker == ME || facts.owner.is_some();
            }
        } else if !is_system && !matches!(talker, "未知" | "系统" | "系统消息") && talker != ME
        {
            facts.meet(talker);
        }
        facts.meet_id(&field(record, places.server_id));
        rows += 1;
        let is_chat_known = places.room.is_some() || facts.others.len() > 1;
        is_settled && is_chat_known && rows > 1_000
    })?;
    // The peer may stand in the owner's rows too.
    if facts.others.len() == 1 && facts.owner.as_ref() == facts.others.first() {
        facts.owner = None;
    }
    Ok(facts)
}

/// Reads a table.
pub(in crate::wechat_exports) fn read(
    input: &Input,
    export: &Export,
    facts: &Facts,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    let mut places = None;
    let title = export.title();
    let mut only = None;
    rows::each(input, export, composer, |composer, columns, record| {
        let places = places.get_or_insert_with(|| Places::new(columns));
        let at = At::Line(record.line);
        if record.count() < places.count {
            return composer.reject(at, "the row has fewer fields than the header");
        }
        let Some((sent_at, precision)) = composer.clock.read(&field(record, places.time)) else {
            return composer.reject(at, "the row has no time that can be read");
        };
        let room = field(record, places.room);
        let room = room.trim();
        let chat = if is_stated_username(room) {
            composer.chat(room, None)?
        } else if let Some(only) = only {
            only
        } else {
            let chat = match room {
                "" => facts.only_chat(composer, &title)?,
                room => {
                    let mut named = facts.clone();
                    named.title = Some(room.to_owned());
                    named.only_chat(composer, &title)?
                }
            };
            if room.is_empty() {
                only = Some(chat);
            }
            chat
        };
        let word = field(record, places.word);
        let (msg, src) = words(record, places);
        let text = if is_file_place(&word, &msg) {
            ""
        } else {
            content_of(&word, &msg, &src)
        };
        let mut body = content::body(composer, chat, Stated::word_or_number(word.trim()), text);
        let is_web = src.contains("://");
        content::describe(&mut body.parts, is_web.then(|| src.trim().to_owned()), None);
        if let (true, Some(Part::Link(link))) = (is_web, body.parts.first_mut()) {
            link.url.get_or_insert_with(|| src.trim().to_owned());
        }
        composer.find_file(&mut body.parts, &[&src, &msg]);
        let talker = field(record, places.talker);
        let talker = talker.trim();
        let author = author(is_true(&field(record, places.is_sender)), talker, &body);
        let id = field(record, places.id);
        composer.push(Draft {
            at,
            chat,
            author,
            author_name: None,
            sent_at,
            precision,
            server_id: facts.server_id(&field(record, places.server_id)),
            native_ids: id
                .trim()
                .parse()
                .ok()
                .map(|id| NativeId::integer(NativeIdName::Other("export_row".to_owned()), id))
                .into_iter()
                .collect(),
            body,
            raw: record.raw,
        })
    })
}
